"""Waiting: the backlogs of a fleet, and how long requests stand in them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from simulator.metrics.capacity import demand, gaps, serving
from simulator.metrics.steps import Numbers, Steps

if TYPE_CHECKING:
    from simulator.run import Run

COLUMNS = ["fleet", "start_s", "end_s", "censored", "peak", "peak_s", "delayed", "longest_s"]


def waiting(run: Run) -> pd.DataFrame:
    """The backlogs of every fleet, a row each: from `start_s` to `end_s`, when it was gone (`censored`: the horizon, and it was not); `peak` (requests),
    first reached at `peak_s`; `delayed`, the requests that came meanwhile; and `longest_s`, the longest that one of them waited, first come first served.

    Exact where demand is steps; where it slopes, `longest_s` takes it as even between the knots of the record. It is NaN where clients leave at random.
    """
    signals, windows = run.record.frame("signals"), run.record.frame("windows")
    left = windows[windows["abandoned"] > 0]
    rows = []
    for fleet in run.scenario.policies[run.policy].fleets:
        own = signals[signals["fleet"] == fleet]
        trail, limit = (own[own["signal"] == signal] for signal in ("backlog", "limit"))
        offered, limits = demand(run, fleet), Steps(limit["time_s"].to_numpy(), limit["value"].to_numpy())
        for times, backlog in _spells(trail["time_s"].to_numpy(), trail["value"].to_numpy()):
            top = int(np.argmax(backlog))
            start, end = times[0], times[-1]
            # Who leaves has waited as long as anybody would.
            given_up = ((left["fleet"] == fleet) & (left["time_s"] < end) & (left["end_s"] > start)).any()
            longest = _patience(run) if given_up else _longest(times, backlog, limits.at(times[:-1]))
            rows.append((fleet, start, end, backlog[-1] > 0, backlog[top], times[top], offered.integral(start, end), longest))
    return pd.DataFrame(rows, columns=COLUMNS).astype({name: {"fleet": "str", "censored": "bool"}.get(name, "float64") for name in COLUMNS})


def saturated(run: Run, fleet: str, start: float, end: float) -> float:
    """The share of time between two times (seconds) in which all capacity of a fleet was busy: as much came as it may serve, or more, or some still waited."""
    signals, moves = run.record.frame("signals"), run.record.frame("transitions")
    rows = signals[(signals["fleet"] == fleet) & (signals["signal"] == "limit")]
    offered, have = demand(run, fleet), serving(moves[moves["fleet"] == fleet])
    pieces = gaps(have, offered, start, end)
    edges = np.unique(np.concatenate((pieces.start, pieces.end, np.clip(rows["time_s"], start, end))))
    low, high = edges[:-1], edges[1:]
    pressed = np.isfinite(Steps(np.append(-np.inf, rows["time_s"]), np.append(np.inf, rows["value"])).at(low))
    middle = (low + high) / 2
    busy = pressed | ((offered.at(middle) >= have.at(low) * (1 - 1e-12)) & (offered.at(middle) > 0))
    return float(np.sum((high - low)[busy]) / (end - start))


def _spells(times: Numbers, backlog: Numbers) -> list[tuple[Numbers, Numbers]]:
    """Each backlog by itself, from the row before it began to the one at which it was gone."""
    begins = np.flatnonzero((backlog[:-1] == 0) & (backlog[1:] > 0))
    ends = np.append(np.flatnonzero(backlog == 0), len(backlog) - 1)
    return [(times[first : last + 1], backlog[first : last + 1]) for first in begins for last in [ends[ends > first][0]]]


def _patience(run: Run) -> float:
    """How long (seconds) a client waits at most; NaN where that is random."""
    patience = run.scenario.requests.patience
    return patience.expected if patience and patience.law == "constant" else np.nan  # type: ignore[attr-defined]


def _longest(times: Numbers, backlog: Numbers, limits: Numbers) -> float:
    """The longest wait (seconds) in a backlog that nobody left, with so much (requests per second) served between its rows."""
    served = np.append(0.0, np.cumsum(limits * np.diff(times)))
    come = served + backlog
    # Who comes at a row is served when as many have been, the last of such moments; who is served at a row came when as many had come.
    last = np.append(served[1:] > served[:-1], True)
    waits = np.append(np.interp(come, served[last], times[last]) - times, times - np.interp(served, come, times))
    return float(waits.max())
