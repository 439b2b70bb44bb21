"""Changes: how the releases of each policy went, where any of them may be bad."""

from __future__ import annotations

from collections.abc import Iterable

from simulator.experiment import Results
from simulator.fleets.part import FleetPart
from simulator.metrics import mean
from simulator.report.findings import Fleet, Table, column
from simulator.text import interval, plain, span

NONE = "—"


def changes(results: Results, fleet: Fleet) -> Table:
    """A row a policy; none where no release has a defect, nothing is sent back and no gate looks."""
    if not fleet.summary["deployments_wanted"].any() or not _at_risk(results, fleet):
        return [], []
    return ["policy", "releases a run", "change fail rate", "rolled back", "lead time", "failed deployment recovery"], [
        _row(results, fleet, policy) for policy in fleet.policies
    ]


def gated(parts: Iterable[FleetPart]) -> bool:
    """Whether a gate looks at what is rolled out to any of some fleets."""
    rules = (getattr(part, "rollout", None) for part in parts)
    return any(rule.looked_at for rule in rules if rule)


def _at_risk(results: Results, fleet: Fleet) -> bool:
    scenario = results.scenario
    bad = any(release.defect or release.breaks for release in scenario.releases)
    return bad or gated(scenario.policies[policy].fleets[fleet.name] for policy in fleet.policies) or bool(fleet.summary["rolled_back"].any())


def _row(results: Results, fleet: Fleet, policy: str) -> list[str]:
    """Means over runs; of durations over those runs that have one."""
    wanted, rate, back = (column(fleet, policy, name) for name in ("deployments_wanted", "change_fail_rate", "rolled_back"))
    lead, recovery = column(fleet, policy, "lead_time").dropna(), column(fleet, policy, "failed_deployment_recovery")
    felt = recovery[recovery > 0]
    share = mean(rate, results.scenario.confidence)
    told = interval(share.value, max(share.low, 0.0), min(share.high, 1.0), "share")
    return [policy, plain(wanted.mean()), told, plain(back.mean()), *(span(times.mean()) if len(times) else NONE for times in (lead, felt))]
