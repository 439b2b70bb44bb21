"""People: what work a fleet makes, who is called for it, and how long it waits for somebody."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from simulator.metrics import statistics
from simulator.metrics.capacity import by_fleet, live
from simulator.metrics.statistics import Interval

if TYPE_CHECKING:
    from simulator.metrics.summary import Tables
    from simulator.run import Run

TASKS = ("repair", "upgrade", "look")
DAY = 86400.0


def people(run: Run) -> pd.DataFrame:
    """The work that each fleet makes over (warmup, horizon], by `fleet`: `person_minutes` of it, and of each task (`repair_minutes`, `upgrade_minutes` and
    `look_minutes`, for false alarms); `per_repair`, minutes for each time somebody was called, and `per_upgrade`, for each job (NaN where there is none);
    `toil`, person-minutes per 1,000 server-days;
    `pages`, those `out_of_hours`, and `crew_wait_s`, for how long a repair, an upgrade or a look waited for free people in all (seconds, in the mean; 0 where
    there is none).

    They are the minutes of the tasks that are modelled only, and never full-time equivalents.
    """
    start, end = run.scenario.warmup, run.scenario.horizon
    work, pages = (run.record.frame(name) for name in ("work", "pages"))
    rows = []
    for fleet, own in by_fleet(run):
        mine, called = work[work["fleet"] == fleet], pages[(pages["fleet"] == fleet) & (pages["time_s"] >= start)]
        minutes = (mine["end_s"].clip(upper=end) - mine["time_s"].clip(lower=start)).clip(lower=0) / 60
        by_task = minutes.groupby(mine["task"].astype(str)).sum().reindex(TASKS, fill_value=0.0)
        begun = mine[mine["time_s"] >= start]
        # One repair may take several people, one after another.
        jobs = {**begun["task"].astype(str).value_counts().reindex(TASKS, fill_value=0).to_dict(), "repair": len(called)}
        days = live(own).integral(start, end) / DAY
        rows.append(
            {
                "fleet": fleet,
                "person_minutes": float(minutes.sum()),
                **{f"{task}_minutes": float(by_task[task]) for task in TASKS},
                **{f"per_{task}": float(by_task[task] / jobs[task]) if jobs[task] else np.nan for task in ("repair", "upgrade")},
                "toil": 1000 * float(minutes.sum()) / days if days else 0.0,
                "pages": len(called),
                "out_of_hours": int(called["out_of_hours"].sum()),
                "crew_wait_s": float((begun["time_s"] - begun["asked_s"]).sum() / sum(jobs.values())) if sum(jobs.values()) else 0.0,
            }
        )
    return pd.DataFrame(rows).set_index("fleet")


def toil_slope(tables: Tables, fleet: str, confidence: float = 0.95) -> Interval:
    """Person-minutes per 1,000 more server-days: the slope of toil against the size of a fleet, over policies that differ in it, replication by
    replication. Above the `toil` of the smallest, a larger fleet takes more work a server; ValueError where all have one size.
    """
    summary = tables["summary"]
    own = summary[summary["fleet"] == fleet]
    days = own["capacity_paid"] / 24
    if np.isclose(days.min(), days.max()):
        raise ValueError(f"all policies have as many servers in {fleet}; a slope needs fleets of two sizes")
    minutes = own["toil"] * days / 1000
    slopes = [np.polyfit(days[rows], minutes[rows], 1)[0] for rows in own.groupby("replication").groups.values()]
    return statistics.mean(1000 * np.array(slopes), confidence)
