"""The summary of a run: one number for each metric of each fleet."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from simulator.metrics.attempts import CAUSES, attempts
from simulator.metrics.availability import availability, worst_windows
from simulator.metrics.capacity import by_fleet, live
from simulator.metrics.changes import changes
from simulator.metrics.configuration_drift import configuration_drift, corrections
from simulator.metrics.cost import cost
from simulator.metrics.curves import curves
from simulator.metrics.environment_drift import environment_drift
from simulator.metrics.images import GB, imaged, pulls
from simulator.metrics.latency import latencies, latency, within
from simulator.metrics.people import people
from simulator.metrics.recovery import recovery
from simulator.metrics.reliability import deaths_noticed
from simulator.metrics.restores import restores
from simulator.metrics.sessions import session_totals, sessions
from simulator.metrics.state import state, state_totals
from simulator.metrics.steps import steps
from simulator.metrics.survived import found, survived
from simulator.metrics.version_drift import rollouts, version_drift
from simulator.metrics.waiting import longest_wait

if TYPE_CHECKING:
    from simulator.run import Run


OF_IMAGES = {"disk": GB, "pulled": GB, "cold_starts": 1.0, "hosts_used": 1.0}  # and the unit they are told in
OF_LATENCY = {f"{name}_s": f"latency_{name}" for name in ("p50", "p95", "p99", "p999")}
OF_SESSIONS = {"started": "sessions_started", "lost": "sessions_lost", "lost_share": "sessions_lost_share", "imbalance": "imbalance"}
OF_STATE = {"written_mb": "state_written", "lost_mb": "state_lost", "found_again": "found_again", "skew_state": "skew_state"}
NONE_LOST = dict.fromkeys(("sessions_started", "sessions_lost", "sessions_lost_share", "state_written", "state_lost"), 0.0)  # where there was nothing to lose


class Tables(dict[str, pd.DataFrame]):
    """The tables of one run, or of many together: `summary`, `incidents`, `rollouts`, `curves` and `events`, each with `policy` and `replication`.

    Where there are images, `pulls` are there, and where there are pets, `restores` (what was lost), `upgrades` (each that was tried) and `corrections` (each
    setting that drifted) are there too. Where a scenario has `steps` there is `steps`, with what each left.
    Where there are sessions, or users write anything, `sessions` and `state` tell of each stop of a server what was on it and what was lost.
    Where every request is simulated there are `latencies` (how many took how long, in buckets) too, and with `keep: all` the `requests`, attempt by attempt.
    """

    def rows(self, table: str, policy: str, fleet: str) -> pd.DataFrame:
        """What a table holds of one fleet of one policy, in the order of replications."""
        found = self[table]
        return found[(found["policy"] == policy) & (found["fleet"] == fleet)]


def summary(run: Run, incidents: pd.DataFrame, releases: pd.DataFrame, drift: pd.DataFrame, config: pd.DataFrame) -> pd.DataFrame:
    """A row a fleet, a column a metric of `simulator.checks.METRICS`, over (warmup, horizon]; units as there, capacity in server-hours.

    `recovery` is the run's longest (0 without an incident) and `rollout` its longest (NaN without a release); each has a `_censored` beside it.
    """
    start, end = run.scenario.warmup, run.scenario.horizon
    requests, tried = availability(run), attempts(run)
    objective = run.scenario.objectives.latency
    worst = worst_windows(run)
    hours = worst[worst["window"] == "1h"].set_index("fleet")["worst"]
    changed, apart = changes(run, incidents, releases), environment_drift(run)
    work, restored, money, noticed = people(run), restores(run), cost(run), deaths_noticed(run, incidents)
    extra = {str(fleet): {str(name): value for name, value in told.items()} for fleet, told in _told(run).to_dict("index").items()}
    rows = []
    for fleet, own in by_fleet(run):
        mine, rolled, copied = (table[table["fleet"] == fleet] for table in (incidents, releases, restored))
        behind, exposed, versions, software = (steps(drift, fleet, name) for name in ("behind", "exposed", "skew", "skew_version"))
        out_of_sync, states, settings = (steps(config, fleet, name) for name in ("drifted", "states", "skew"))
        rows.append(
            {
                "fleet": fleet,
                "recovery": mine["recovery_s"].max() if len(mine) else 0.0,
                "recovery_censored": bool(mine["censored"].any()),
                "availability": requests["by_requests"][fleet],
                "burn_rate": (1 - requests["by_requests"][fleet]) / (1 - run.scenario.objectives.availability),
                "availability_by_time": requests["by_time"][fleet],
                "worst_hour": hours.get(fleet, float("nan")),
                "mean_wait": requests["mean_wait_s"][fleet],
                "longest_wait": longest_wait(run, fleet),
                **extra[fleet],
                "on_time": within(run, fleet, objective.below) if objective else float("nan"),
                "attempts_per_request": tried["per_request"][fleet],
                "failed": requests["failed_share"][fleet],
                "incidents": float(len(mine)),
                "time_in_incident": float(mine["recovery_s"].sum()),
                "shortfall": requests["shortfall"][fleet],
                "version_drift": behind.integral(start, end) / (end - start),
                "rollout": rolled["rollout_s"].max() if len(rolled) else float("nan"),
                "rollout_censored": bool(rolled["censored"].any()),
                "configuration_drift": out_of_sync.integral(start, end) / (end - start),
                "all_alike": states._replace(values=(states.values <= 1).astype(float)).integral(start, end) / (end - start),
                "answer_skew": (versions.integral(start, end) + settings.integral(start, end)) / (end - start),
                "skew_version": software.integral(start, end) / (end - start),
                "skew_configuration": (versions.integral(start, end) - software.integral(start, end) + settings.integral(start, end)) / (end - start),
                "environment_drift": apart[str(fleet)],
                "exposure": exposed.integral(start, end) / 86400,
                "deployments_wanted": float((rolled["start_s"] >= start).sum()),
                "deployments": float((~rolled["censored"] & (rolled["start_s"] >= start)).sum()),
                "change_fail_rate": float(changed["fail_rate"].fillna(0.0)[fleet]),
                "lead_time": changed["lead_time_s"][fleet],
                "failed_deployment_recovery": changed["recovery_s"][fleet],
                "rolled_back": float(changed["rolled_back"][fleet]),
                "toil": work["toil"][fleet],
                "pages": float(work["pages"][fleet]),
                "pages_out_of_hours": float(work["out_of_hours"][fleet]),
                "crew_wait": work["crew_wait_s"][fleet],
                "data_lost": copied["lost_s"].max() if len(copied) else 0.0,
                "restore_time": copied["took_s"].max() if len(copied) else 0.0,
                "cost": money["cost"][fleet] if "cost" in money else float("nan"),
                "deaths_noticed": noticed[fleet],
                "idle": requests["idle"][fleet],
                "capacity_paid": live(own).integral(start, end) / 3600,
                "capacity_paid_requests": live(own).integral(start, end) * run.scenario.server_rps(run.policy, fleet),
                "offered": requests["offered"][fleet],
                "served": requests["served"][fleet],
                "abandoned": requests["abandoned"][fleet],
                "rejected": requests["rejected"][fleet],
                "failed_requests": requests["failed"][fleet],
                **{name: tried[name][fleet] for name in ("attempts", *CAUSES)},
            }
        )
    return pd.DataFrame(rows)


def _told(run: Run) -> pd.DataFrame:
    """By fleet, what only some scenarios have anything to tell of; a table that would be empty is not made."""
    scenario, fleets = run.scenario, pd.Index(list(run.scenario.policies[run.policy].fleets), name="fleet")
    names = [*OF_LATENCY.values(), "found", *OF_IMAGES, *OF_SESSIONS.values(), *OF_STATE.values()]
    made = pd.DataFrame({name: NONE_LOST.get(name, float("nan")) for name in names}, index=fleets)
    if scenario.requests.detail == "requests":
        made.update(latency(run).rename(columns=OF_LATENCY))
    if scenario.steps:
        made["found"] = found(run)
    if scenario.imaged:
        made.update(imaged(run) / pd.Series(OF_IMAGES))
    if scenario.with_sessions:
        made.update(session_totals(run).rename(columns=OF_SESSIONS))
    if scenario.with_state:
        made.update(state_totals(run).rename(columns=OF_STATE))
    return made


def measure(run: Run) -> Tables:
    """All tables of one run."""
    incidents, drift, config = recovery(run), version_drift(run), configuration_drift(run)
    releases = rollouts(run, drift)
    tables = Tables(
        incidents=incidents,
        rollouts=releases,
        summary=summary(run, incidents, releases, drift, config),
        curves=curves(run, drift, config),
        events=run.record.frame("transitions").copy(),
    )
    if any(policy.crews for policy in run.scenario.policies.values()):
        tables |= {"restores": restores(run), "corrections": corrections(run), "upgrades": run.record.frame("upgrades").copy()}
    if run.scenario.imaged:
        tables["pulls"] = pulls(run)
    if run.scenario.with_sessions:
        tables["sessions"] = sessions(run)
    if run.scenario.with_state:
        tables["state"] = state(run)
    if run.scenario.steps:
        tables["steps"] = survived(run)
    if run.scenario.requests.detail == "requests":
        tables["latencies"] = latencies(run)
    if run.scenario.requests.keep == "all":
        tables["requests"] = run.record.frame("requests").copy()
    for table in tables.values():
        table.insert(0, "policy", run.policy)
        table.insert(1, "replication", run.replication)
    return tables
