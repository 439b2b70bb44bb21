"""Latency: how long clients waited for the answers they got, counted in buckets of times."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from simulator.metrics.availability import counted
from simulator.metrics.steps import Numbers

if TYPE_CHECKING:
    from simulator.run import Run

BUCKETS = 1024
A_DOUBLING = 32  # buckets, so that one is as wide as 1/32 of what is in it, or less
SMALLEST = -20  # the first bucket begins at 2^-20 s, about a microsecond; the last ends at 2^12 s and holds what took longer, too
QUANTILES = {"p50": 0.5, "p95": 0.95, "p99": 0.99, "p999": 0.999, "p9999": 0.9999}


def edges() -> Numbers:
    """Where the buckets begin and end (seconds): bucket b lies between edges b and b + 1."""
    bucket = np.arange(BUCKETS + 1)
    return np.ldexp(1 + bucket % A_DOUBLING / A_DOUBLING, bucket // A_DOUBLING + SMALLEST)


def latency(run: Run) -> pd.DataFrame:
    """How long requests took, from the first attempt to the answer, of those that came after the warm-up and were served: by `fleet`, how many (`served`),
    `mean_s`, and the quantiles `p50_s` to `p9999_s`, to a bucket's width of 3.1 %.

    A fleet that served none has no row; where traffic is a flow, none has.
    """
    counts = latencies(run)
    middles = (edges()[:-1] + edges()[1:]) / 2
    sums = counts.assign(time=counts["count"] * middles[counts["bucket"]]).groupby("fleet", observed=True)[["count", "time"]].sum()
    found = pd.DataFrame({"served": sums["count"], "mean_s": sums["time"] / sums["count"]})
    return found.join(quantiles(counts, ["fleet"]).add_suffix("_s"))


def latencies(run: Run) -> pd.DataFrame:
    """How many of the requests that came after the warm-up and were served took how long: `fleet`, `bucket` and `count`."""
    counts = run.record.frame("latencies")
    return merged(counts[counts["time_s"] >= run.scenario.warmup - 1e-9], ["fleet"]).astype({"fleet": str})


def within(run: Run, fleet: str, seconds: float) -> float:
    """The share of the requests offered after the warm-up that were answered within a time; what is in one bucket with it is taken as evenly spread.

    NaN where none were offered, and where traffic is a flow.
    """
    windows = counted(run)
    offered = windows[windows["fleet"] == fleet]["offered"].sum()
    if run.scenario.requests.detail == "rate" or not offered:
        return float("nan")
    counts = latencies(run)
    own = counts[counts["fleet"] == fleet]
    answered = np.append(0, np.bincount(own["bucket"], own["count"], BUCKETS).cumsum())
    return float(np.interp(seconds, edges(), answered) / offered)


def merged(counts: pd.DataFrame, by: Sequence[str]) -> pd.DataFrame:
    """The counts of windows, fleets or replications in one: a row for each group and bucket, in order."""
    return counts.groupby([*by, "bucket"], observed=True)["count"].sum().reset_index()


def quantiles(counts: pd.DataFrame, by: Sequence[str], wanted: Mapping[str, float] = QUANTILES) -> pd.DataFrame:
    """Quantiles (seconds) of each group of counts: of n values the one that q n of them, rounded up, do not exceed, the values of a bucket evenly spread in it.

    That is right to a bucket's width of 3.1 %, and to 1.6 % where the bucket holds one value. Of few values a high quantile is the largest: p99 of a hundred.
    """
    rows = merged(counts, by)
    groups = rows.groupby(list(by), observed=True)["count"]
    passed, all_ = groups.cumsum(), groups.transform("sum")
    low, high = edges()[rows["bucket"]], edges()[rows["bucket"] + 1]
    found = {}
    for name, q in wanted.items():
        rank = np.ceil(q * all_ * (1 - 1e-12))
        rows["time"] = high - (high - low) * (passed - rank + 0.5) / rows["count"]
        found[name] = rows[passed >= rank].groupby(list(by), observed=True)["time"].first()
    return pd.DataFrame(found)
