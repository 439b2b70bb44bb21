"""Curves: what a chart draws, a mean for each of the run's windows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from simulator.metrics.capacity import demand, live, needed, serving
from simulator.metrics.steps import Steps

if TYPE_CHECKING:
    from simulator.run import Run


def curves(run: Run, drift: pd.DataFrame) -> pd.DataFrame:
    """A row a fleet and window edge (`time_s`): `backlog` (requests) just then, and means over the window that begins there (at the horizon: of the last):
    `serving_rps` (in service), `offered_rps`, `needed_rps`, `served_rps`, `live` servers and `behind` (share of them not on the newest version).
    """
    moves, windows = (run.record.frame(name) for name in ("transitions", "windows"))
    tables = []
    for fleet, own in moves.groupby("fleet", observed=True):
        mine, drifted = windows[windows["fleet"] == fleet], drift[drift["fleet"] == fleet]
        times = np.append(mine["time_s"].to_numpy(), run.scenario.horizon)
        means = {
            "serving_rps": serving(own).means(times),
            "offered_rps": demand(run, str(fleet)).means(times),
            "needed_rps": needed(run, str(fleet)).means(times),
            "served_rps": (mine["served"] / (mine["end_s"] - mine["time_s"])).to_numpy(),
            "live": live(own).means(times),
            "behind": Steps(drifted["time_s"].to_numpy(), drifted["behind"].to_numpy()).means(times),
        }
        tables.append(
            pd.DataFrame(
                {
                    "time_s": times,
                    "fleet": str(fleet),
                    "backlog": np.append(0.0, mine["backlog"].to_numpy()),
                    **{name: np.append(values, values[-1:]) for name, values in means.items()},
                }
            )
        )
    return pd.concat(tables, ignore_index=True)
