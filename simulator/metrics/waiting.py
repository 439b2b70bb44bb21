"""Waiting: the backlogs of a fleet, and how long requests stand in them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from simulator.metrics.availability import counted
from simulator.metrics.capacity import demand, gaps, limit, serving, signal
from simulator.metrics.steps import Numbers, Steps

if TYPE_CHECKING:
    from simulator.run import Run

Spell = tuple[Numbers, Numbers]  # times (seconds) and how many waited then


def backlog(run: Run, fleet: str) -> Steps:
    """The requests that wait for a fleet, at each moment (seconds) when their number changed its course; 0 where a backlog began and where it was gone.

    Where every request is simulated some nearly always wait: there it is told only while more wait than there are workers, sixty times a window.
    """
    return Steps(*signal(run, fleet, "backlog"))


def waiting(run: Run) -> pd.DataFrame:
    """The backlogs of every fleet after the warm-up, a row each: from `start_s` to `end_s`, when it was gone (`censored`: the horizon, and it was not);
    `peak` (requests); `delayed`, the requests that came meanwhile; and `longest_s`, the longest that one of them waited, first come first served.

    Exact where demand is steps; where it slopes, `longest_s` takes it as even between the knots of the record. It is NaN where clients leave at random.

    Where every request is simulated these are the backlogs that `backlog` tells, `delayed` is what demand has in the mean, and `longest_s` is of the windows
    that the backlog touches.
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
    over = np.where(waits[ends] > 0, run.scenario.horizon, times[ends])
    come = demand(run, fleet)
    spells = [slice(first, last + 1) for first, last in zip(begins, ends, strict=True)]
    longest = _told if run.scenario.requests.detail == "requests" else _found
    return pd.DataFrame(
        {
            "fleet": pd.Series([fleet] * len(spells), dtype="str"),
            "start_s": times[begins],
            "end_s": over,
            "censored": waits[ends] > 0,
            "peak": np.array([waits[spell].max() for spell in spells], float),
            "delayed": come.area(over) - come.area(times[begins]),
            "longest_s": np.array(longest(run, fleet, [(times[spell], waits[spell]) for spell in spells]), float),
        }
    )


def longest_wait(run: Run, fleet: str) -> float:
    """The longest wait (seconds) of a fleet after the warm-up: 0 where nobody waited, NaN where it is not known."""
    if run.scenario.requests.detail == "requests":
        windows = counted(run)
        return float(windows[windows["fleet"] == fleet]["longest_s"].max())
    spells = _waiting(run, fleet)
    after = spells[spells["end_s"] > run.scenario.warmup]
    return float(after["longest_s"].max(skipna=False)) if len(after) else 0.0


def _told(run: Run, fleet: str, spells: list[Spell]) -> list[float]:
    """The longest wait (seconds) of those who came in the windows of each backlog, as the record has it."""
    windows = run.record.frame("windows")
    own = windows[windows["fleet"] == fleet]
    start, end, longest = (own[column].to_numpy() for column in ("time_s", "end_s", "longest_s"))
    return [float(longest[(end > times[0]) & (start < times[-1])].max(initial=0.0)) for times, _ in spells]


def _found(run: Run, fleet: str, spells: list[Spell]) -> list[float]:
    """The longest wait (seconds) in each backlog of a flow."""
    limits, patience = limit(run, fleet), _patience(run)
    return [_longest(times, waits, limits.at(times)[:-1], patience) for times, waits in spells]


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

    Raises ValueError where fleets need each other: then what waits for one may be held up by another; and where every request is simulated, as all capacity
    is busy at times, and the record does not say for how long.
    """
    if run.scenario.requests.detail == "requests":
        raise ValueError("saturation is told of traffic that is a flow, `detail: rate`")
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
