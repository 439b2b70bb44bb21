"""The decision: one sentence that says who did better, under which condition, how sure that is, and what it cost."""

from __future__ import annotations

from simulator.checks import METRICS
from simulator.experiment import Results
from simulator.metrics import Paired, paired
from simulator.report.findings import Fleet, column, fleets
from simulator.text import interval, percent, plain, span

MUCH = 0.10  # from this difference in capacity paid for a comparison is not one of like with like


def decided(results: Results) -> str:
    """The baseline against the policy that did best, in the fleet that clients talk to: by requests served, or by version drift where there is no traffic."""
    scenario, base, fleet = results.scenario, results.scenario.measured_with, fleets(results)[0]
    metric = "availability" if fleet.summary["offered"].sum() > 0 else "version_drift" if scenario.releases else None
    others = [policy for policy in fleet.policies if policy != base]
    if not others or metric is None or base not in fleet.policies:
        return f"There is nothing to compare here. {_evidence(results)}"
    sign = 1 if METRICS[metric].more_is_better else -1
    rival = max(others, key=lambda policy: sign * column(fleet, policy, metric).mean())
    found = paired(column(fleet, rival, metric), column(fleet, base, metric), scenario.confidence)
    low, high = sorted((sign * found.difference.low, sign * found.difference.high))
    winner, loser = (rival, base) if low > 0 else (base, rival) if high < 0 else (None, None)
    if winner is None or loser is None:
        verdict, price = f"no difference between {rival} and {base} is shown", _price(fleet, rival, base, "and")
    else:
        verdict, price = f"{winner} did better than {loser}", _price(fleet, winner, loser, "but")
    ours, theirs = (percent(column(fleet, policy, metric).mean()) for policy in (rival, base))
    who = (
        f"{rival} served {ours} of requests, {base} {theirs}"
        if metric == "availability"
        else f"{ours} of the servers of {rival} ran an old version, {theirs} of {base}"
    )
    return f"{_condition(results)}, {verdict}: {who} ({_difference(found, METRICS[metric].unit, scenario.confidence)}), {price}. {_evidence(results)}"


def _difference(found: Paired, unit: str, confidence: float) -> str:
    """`paired difference +13.0 points (+12.8 to +13.2), 95 % CI`."""
    text = f"paired difference {interval(*found.difference, unit, signed=True)}, {100 * confidence:g} % CI"
    return text if found.correlation != found.correlation else f"{text}, correlation of the pairs {found.correlation:.2f}".replace("-", "−")


def _price(fleet: Fleet, ours: str, theirs: str, contrast: str) -> str:
    """How the capacity paid for compares; a winner that paid for much more has bought part of the difference."""
    paid, other = (column(fleet, policy, "capacity_paid").mean() for policy in (ours, theirs))
    if not other:
        return "and no capacity was paid for"
    more = paid / other - 1
    hours = f"({plain(paid)} against {plain(other)} server-hours a run)"
    if abs(more) < 0.005:
        return f"for the same capacity paid for {hours}"
    text = f"{ours} paid for {plain(100 * abs(more))} % {'more' if more > 0 else 'less'} capacity {hours}"
    return f"{contrast} {text}, which is part of the difference" if more > MUCH else f"and {text}"


def _condition(results: Results) -> str:
    named = [event.name for event in results.scenario.events]
    return f"Under {' and '.join(named)}" if named else "In this weather"


def _evidence(results: Results) -> str:
    scenario = results.scenario
    runs = f"{scenario.replications} {'paired ' if len(scenario.policies) > 1 else ''}replication{'s' if scenario.replications > 1 else ''}"
    return f"{runs} of {span(scenario.horizon)}, seed {scenario.seed}."
