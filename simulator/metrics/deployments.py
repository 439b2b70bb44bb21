"""Deployments: how often a fleet was to get something new, and how often it got it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from simulator.run import Run

WEEK = 7 * 86400.0


def deployments(run: Run, rollouts: pd.DataFrame) -> pd.DataFrame:
    """Each fleet over (warmup, horizon], by `fleet`: releases `wanted` and rollouts that reached all in service (`achieved`), both a week; the share of
    releases that were `superseded`, as the next of their item came first; and of upgrades of single pets how many were `tried`, which share `failed`, and
    the mean number of releases that came together (`batch`; both NaN where none was tried).
    """
    start, end = run.scenario.warmup, run.scenario.horizon
    weeks = (end - start) / WEEK
    tried = run.record.frame("upgrades")
    rows = []
    for fleet in run.scenario.policies[run.policy].fleets:
        own = rollouts[(rollouts["fleet"] == fleet) & (rollouts["start_s"] >= start)]
        mine = tried[(tried["fleet"] == fleet) & (tried["end_s"] >= start)]
        over = own["censored"] & (own["start_s"] + own["rollout_s"] < end)
        failed = mine["outcome"].isin(("leave", "half", "outage")) | (mine["tries"] > 1)
        rows.append(
            {
                "fleet": fleet,
                "wanted": len(own) / weeks,
                "achieved": float((~own["censored"]).sum()) / weeks,
                "superseded": float(over.mean()) if len(own) else np.nan,
                "tried": len(mine),
                "failed": float(failed.mean()) if len(mine) else np.nan,
                "batch": float(mine["releases"].mean()) if len(mine) else np.nan,
            }
        )
    return pd.DataFrame(rows).set_index("fleet")
