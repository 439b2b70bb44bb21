"""Availability: by requests, by time, and in the worst window."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from simulator.metrics.capacity import by_fleet, gaps, needed, nominal, serving

if TYPE_CHECKING:
    from simulator.run import Run

WINDOWS = {"1m": 60, "5m": 300, "1h": 3600, "6h": 21600, "1d": 86400, "7d": 604800, "30d": 2592000}
LOST = [
    "abandoned",
    "rejected",
    "failed",
]  # what becomes of requests that are not served: their client leaves the queue, finds it full, or gives up for another reason


def availability(run: Run) -> pd.DataFrame:
    """Each fleet after the warm-up: requests `offered`, `served`, `abandoned`, `rejected` and `failed`, and `shortfall` (needed and not there); its
    availability `by_requests` = served / offered (NaN where none were offered), and `by_time`, the share of time with at least the needed capacity;
    `failed_share` = failed / offered; `mean_wait_s`, the time in the queue of all requests offered; and `idle`, the share of the capacity paid for that was
    not needed (NaN without traffic).
    """
    start, end = run.scenario.warmup, run.scenario.horizon
    sums = counted(run).groupby("fleet", observed=True)[["offered", "served", *LOST, "waited"]].sum()
    offered = sums["offered"].where(sums["offered"] > 0)
    # What a backlog before the warm-up adds to served was not offered after it.
    sums["by_requests"] = (sums["served"] / offered).clip(upper=1.0)
    sums["failed_share"] = sums["failed"] / offered
    sums["mean_wait_s"] = sums.pop("waited") / offered
    for fleet, moves in by_fleet(run):
        need, paid = needed(run, fleet), nominal(run, fleet, moves)
        pieces = gaps(serving(moves), need, start, end)
        sums.loc[fleet, ["by_time", "shortfall"]] = 1 - pieces.time_short() / (end - start), pieces.shortfall()
        area = paid.integral(start, end)
        sums.loc[fleet, "idle"] = gaps(paid, need, start, end).surplus() / area if area and need.values.any() else np.nan
    return sums


def worst_windows(run: Run) -> pd.DataFrame:
    """The least share of requests not lost in any window of each length, by fleet (Hauer et al., NSDI 2020): lengths from 1 min to 30 d that the run covers."""
    rows = []
    for fleet, own in counted(run).groupby("fleet", observed=True):
        lost, offered = own[LOST].sum(axis=1).to_numpy(), own["offered"].to_numpy()
        width = float(own["end_s"].iloc[0] - own["time_s"].iloc[0])
        for name, seconds in WINDOWS.items():
            steps = round(seconds / width)
            if 1 <= steps <= len(own) and abs(steps * width - seconds) < 1e-6 * seconds:
                missing, asked = (np.convolve(column, np.ones(steps), "valid") for column in (lost, offered))
                # What was asked for earlier may be lost later: no window loses more than all.
                share = np.divide(missing, np.maximum(missing, asked), out=np.zeros_like(missing), where=missing > 0)
                rows.append((str(fleet), name, float(1 - share.max())))
    return pd.DataFrame(rows, columns=["fleet", "window", "worst"])


def counted(run: Run) -> pd.DataFrame:
    """The windows after the warm-up, whose end is the edge of one."""
    windows = run.record.frame("windows")
    return windows[windows["time_s"] >= run.scenario.warmup - 1e-9]
