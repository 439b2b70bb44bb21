"""Attempts: how often clients tried, and why it was in vain."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from simulator.metrics.availability import counted

if TYPE_CHECKING:
    from simulator.run import Run

CAUSES = {  # why an attempt fails
    "timed_out": "the client waited no longer",
    "refused": "by a dead server, not yet out of rotation",
    "lost": "with a server that died",
    "full": "the queue was, or no server was in rotation",
    "unanswered": "a call to another fleet failed for good",
    "errors": "answered with an error",
}


def attempts(run: Run) -> pd.DataFrame:
    """Each fleet after the warm-up, by `fleet`: the `attempts` made, how many of them failed, by cause, and how many requests `failed` in the end; and of those
    offered `per_request` = attempts / offered, and `failed_share` = failed / offered (NaN where none were). All NaN where traffic is a flow.
    """
    sums = counted(run).groupby("fleet", observed=True)[["offered", "attempts", *CAUSES, "failed"]].sum()
    offered = sums.pop("offered")
    sums["per_request"], sums["failed_share"] = (sums[column] / offered.where(offered > 0) for column in ("attempts", "failed"))
    return sums if run.scenario.requests.detail == "requests" else sums * np.nan
