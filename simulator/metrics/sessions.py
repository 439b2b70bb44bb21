"""Sessions: how many were lost with servers, and how evenly the others lie."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from simulator.metrics.steps import Steps, steps, summed

if TYPE_CHECKING:
    from simulator.run import Run


def sessions(run: Run) -> pd.DataFrame:
    """Each stop of a server with which sessions lived, after the warm-up, a row each: `time_s`, `fleet` and `server` (of the cache, where that had them), whose
    sessions they are (`of`), the `cause` (`standby` where traffic was turned to others), how many were `live` when it went out of service, and how many of
    these were `lost`.

    Of one that drains it is told once that is over.
    """
    stops = run.record.frame("sessions").astype({"of": str, "fleet": str, "server": str, "cause": str})
    return stops.loc[stops["time_s"] > run.scenario.warmup, ["time_s", "of", "fleet", "server", "cause", "live", "lost"]].reset_index(drop=True)


def live_sessions(run: Run, fleet: str) -> Steps:
    """How many sessions a fleet has, over time (seconds), from the first look at the end of the warm-up on."""
    return steps(run.record.frame("session_counts"), fleet, "live")


def lost_so_far(stops: pd.DataFrame, fleet: str) -> Steps:
    """How many sessions of a fleet have been lost since the warm-up, over time (seconds), from the stops that `sessions` tells of."""
    own = stops[stops["of"] == fleet]
    return summed(own["time_s"].to_numpy(), own["lost"].to_numpy(float))


def session_totals(run: Run) -> pd.DataFrame:
    """The sessions of each fleet over (warmup, horizon], by `fleet`: `started`, `turned_away` (nobody was in service), `lost`, `lost_share` = lost / started,
    those `live` at the end, and `imbalance`: sessions on the busiest server / mean of the servers in service, in the mean of
    1,000 looks (NaN without any).
    """
    counts, stops = run.record.frame("session_counts"), sessions(run)
    rows = []
    for fleet in run.scenario.policies[run.policy].fleets:
        own, lost = counts[counts["fleet"] == fleet], float(stops.loc[stops["of"] == fleet, "lost"].sum())
        if not len(own):
            rows.append((fleet, 0.0, 0.0, lost, 0.0, 0.0, np.nan))
            continue
        first, last = own.iloc[0], own.iloc[-1]
        started = float(last["started"] - first["started"])
        seen = own.iloc[1:].query("held > 0 and servers > 0")
        uneven = (seen["busiest"] * seen["servers"] / seen["held"]).mean()
        away = float(last["turned_away"] - first["turned_away"])
        rows.append((fleet, started, away, lost, lost / started if started else 0.0, float(last["live"]), float(uneven)))
    return pd.DataFrame(rows, columns=["fleet", "started", "turned_away", "lost", "lost_share", "live", "imbalance"]).set_index("fleet")
