"""Curves: what a chart draws, sampled where the run's windows begin and end."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from simulator.metrics.capacity import demand, live, serving
from simulator.metrics.steps import Steps

if TYPE_CHECKING:
    from simulator.run import Run


def curves(run: Run, drift: pd.DataFrame) -> pd.DataFrame:
    """A row a fleet and window edge (`time_s`): `serving_rps` (in service just then), `offered_rps`, `needed_rps`, `served_rps` (mean of the window
    that begins), `live` servers, `backlog` (requests) and `behind` (share of servers not on the newest version).
    """
    moves, windows = (run.record.frame(name) for name in ("transitions", "windows"))
    tables = []
    for fleet, own in moves.groupby("fleet", observed=True):
        mine, drifted = windows[windows["fleet"] == fleet], drift[drift["fleet"] == fleet]
        times = np.append(mine["time_s"].to_numpy(), run.scenario.horizon)
        served = (mine["served"] / (mine["end_s"] - mine["time_s"])).to_numpy()
        offered = demand(run, str(fleet)).at(times)
        tables.append(
            pd.DataFrame(
                {
                    "time_s": times,
                    "fleet": str(fleet),
                    "serving_rps": serving(own).at(times),
                    "offered_rps": offered,
                    "needed_rps": offered / run.scenario.objectives.ceiling,
                    "served_rps": np.append(served, served[-1:]),
                    "live": live(own).at(times),
                    "backlog": np.append(0.0, mine["backlog"].to_numpy()),
                    "behind": Steps(drifted["time_s"].to_numpy(), drifted["behind"].to_numpy()).at(times),
                }
            )
        )
    return pd.concat(tables, ignore_index=True)
