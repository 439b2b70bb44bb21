"""Waiting: the backlogs of a fleet, and how long requests stand in them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from simulator.metrics.capacity import demand, gaps, limit, serving, signal
from simulator.metrics.steps import Numbers, Steps

if TYPE_CHECKING:
    from simulator.run import Run


def backlog(run: Run, fleet: str) -> Steps:
    """The requests that wait for a fleet, at each moment (seconds) when their number changed its course; 0 where a backlog began and where it was gone."""
    return Steps(*signal(run, fleet, "backlog"))


def waiting(run: Run) -> pd.DataFrame:
    """The backlogs of every fleet after the warm-up, a row each: from `start_s` to `end_s`, when it was gone (`censored`: the horizon, and it was not);
    `peak` (requests); `delayed`, the requests that came meanwhile; and `longest_s`, the longest that one of them waited, first come first served.

    Exact where demand is steps; where it slopes, `longest_s` takes it as even between the knots of the record. It is NaN where clients leave at random.
    """
    return pd.concat([_waiting(run, fleet) for fleet in run.scenario.policies[run.policy].fleets], ignore_index=True)


def _waiting(run: Run, fleet: str) -> pd.DataFrame:
    rows = backlog(run, fleet)
    after = rows.times >= run.scenario.warmup  # where a window ends, and so a row stands wherever there is a backlog
    times, waits = rows.times[after], rows.values[after]
    begins = np.flatnonzero((waits > 0) & (np.append(0.0, waits[:-1]) == 0))
    begins = np.maximum(begins - 1, 0)  # the row before, at which it was none, unless the warm-up cut that off
    gone = np.append(np.flatnonzero(waits == 0), len(waits) - 1)
    ends = gone[np.searchsorted(gone, begins, side="right")]
    limits, come = limit(run, fleet).at(times), demand(run, fleet).area(times)
    spells, patience = [slice(first, last + 1) for first, last in zip(begins, ends, strict=True)], _patience(run)
    return pd.DataFrame(
        {
            "fleet": pd.Series([fleet] * len(spells), dtype="str"),
            "start_s": times[begins],
            "end_s": times[ends],
            "censored": waits[ends] > 0,
            "peak": np.array([waits[spell].max() for spell in spells], float),
            "delayed": come[ends] - come[begins],
            "longest_s": np.array([_longest(times[spell], waits[spell], limits[spell][:-1], patience) for spell in spells], float),
        }
    )


def _patience(run: Run) -> float:
    """How long (seconds) clients wait at most; NaN where that is random."""
    patience = run.scenario.requests.patience
    if patience is None:
        return np.inf
    return patience.expected if patience.law == "constant" else np.nan  # type: ignore[attr-defined]


def _longest(times: Numbers, waits: Numbers, limits: Numbers, patience: float) -> float:
    """The longest wait (seconds) in one backlog, with so much (requests per second) served between its rows.

    Who comes at a row is served when as many have been, the last of such moments; who is served at a row came when as many had come. Clients who leave
    make this too long for those behind them, but only after somebody has waited for as long as he would.
    """
    served = np.append(0.0, np.cumsum(limits * np.diff(times)))
    come = served + waits
    last = np.append(served[1:] > served[:-1], True)
    waited = np.append(np.interp(come, served[last], times[last]) - times, times - np.interp(served, np.maximum.accumulate(come), times))
    return float(np.minimum(waited.max(), patience))


def saturated(run: Run, fleet: str, start: float, end: float) -> float:
    """The share of time between two times (seconds) in which all capacity of a fleet was busy: as much came as it may serve, or more, or some still waited.

    Raises ValueError where fleets need each other: then what waits for one may be held up by another.
    """
    if any(part.needs for part in run.scenario.policies[run.policy].fleets.values()):
        raise ValueError("saturation is told of fleets that do not need each other")
    moves = run.record.frame("transitions")
    offered, have, limits = demand(run, fleet), serving(moves[moves["fleet"] == fleet]), limit(run, fleet)
    pieces = gaps(have, offered, start, end)
    edges = np.unique(np.concatenate((pieces.start, pieces.end, np.clip(limits.times, start, end))))
    low, high = edges[:-1], edges[1:]
    come = offered.at((low + high) / 2)
    busy = np.isfinite(limits.at(low)) | ((come >= have.at(low) * (1 - 1e-12)) & (come > 0))
    return float(np.sum((high - low)[busy]) / (end - start))
