"""Capacity: what is in service, what is needed, what is paid for, and what is missing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from simulator.metrics.steps import Numbers, Steps, changes, summed

if TYPE_CHECKING:
    from simulator.run import Run


class Line(NamedTuple):
    """A value that is linear between knots; two knots at one time are a jump."""

    times: Numbers
    values: Numbers

    def at(self, times: Numbers, left: bool = False) -> Numbers:
        """The value at each time; just before it, with `left`."""
        place = np.searchsorted(self.times, times, side="left" if left else "right") - 1
        here, after = np.clip(place, 0, len(self.times) - 1), np.clip(place + 1, 0, len(self.times) - 1)
        width = self.times[after] - self.times[here]
        share = np.where(width > 0, np.clip(times - self.times[here], 0, None) / np.where(width > 0, width, 1), 0.0)
        return self.values[here] + np.clip(share, 0, 1) * (self.values[after] - self.values[here])

    def means(self, edges: Numbers) -> Numbers:
        """The mean between each two successive times."""
        return np.diff(self.area(edges)) / np.diff(edges)

    def area(self, times: Numbers) -> Numbers:
        """The area under it from its first knot to each time."""
        sums = np.append(0.0, np.cumsum((self.values[:-1] + self.values[1:]) / 2 * np.diff(self.times)))
        place = np.maximum(np.searchsorted(self.times, times, side="left") - 1, 0)
        return sums[place] + (self.at(self.times[place]) + self.at(times, left=True)) / 2 * (times - self.times[place])


def by_fleet(run: Run) -> Iterator[tuple[str, pd.DataFrame]]:
    """The fleets of a run, each with its transitions: none where it never had a server."""
    moves = run.record.frame("transitions")
    known = {str(fleet): own for fleet, own in moves.groupby("fleet", observed=True)}
    yield from ((fleet, known.get(fleet, moves.head(0))) for fleet in run.scenario.policies[run.policy].fleets)


def capacity(run: Run) -> pd.DataFrame:
    """Serving capacity of each fleet (requests per second): a row a change, indexed by `time_s`, exact between rows."""
    moves = run.record.frame("transitions")
    change = pd.Series(changes(moves, moves["capacity_rps"]), index=moves.index)
    return change.groupby([moves["time_s"], moves["fleet"]], observed=True).sum().unstack("fleet", fill_value=0).cumsum()


def serving(moves: pd.DataFrame) -> Steps:
    """Serving capacity (requests per second) from one fleet's transitions."""
    return summed(moves["time_s"].to_numpy(), changes(moves, moves["capacity_rps"]))


def live(moves: pd.DataFrame) -> Steps:
    """Servers that are paid for, in service or not, from one fleet's transitions."""
    return summed(moves["time_s"].to_numpy(), changes(moves, (moves["state"] != "retired").astype(int)))


def nominal(run: Run, fleet: str, moves: pd.DataFrame) -> Steps:
    """What a fleet could serve if all its servers did (requests per second), from its transitions."""
    there = live(moves)
    return there._replace(values=there.values * run.scenario.server_rps(run.policy, fleet))


def demand(run: Run, fleet: str) -> Line:
    """What is offered to a fleet (requests per second)."""
    return Line(*signal(run, fleet, "demand"))


def limit(run: Run, fleet: str) -> Steps:
    """How much of its own traffic a fleet may serve (requests per second) while more of it comes or waits, infinite while not."""
    times, values = signal(run, fleet, "limit")
    return Steps(np.append(0.0, times), np.append(np.inf, values))


def signal(run: Run, fleet: str, name: str) -> tuple[Numbers, Numbers]:
    """The times (seconds) and values of one signal of a fleet."""
    signals = run.record.frame("signals")
    rows = signals[(signals["fleet"] == fleet) & (signals["signal"] == name)]
    return rows["time_s"].to_numpy(), rows["value"].to_numpy()


def needed(run: Run, fleet: str) -> Line:
    """The capacity that what is offered needs, below the ceiling (requests per second)."""
    offered = demand(run, fleet)
    return offered._replace(values=offered.values / run.scenario.objectives.ceiling)


class Pieces(NamedTuple):
    """Stretches of time in which capacity is constant and the need linear, cut where they cross: start, end, and need minus capacity at both."""

    start: Numbers
    end: Numbers
    gap_at_start: Numbers
    gap_at_end: Numbers

    @property
    def short(self) -> NDArray[np.bool_]:
        """Where more is needed than serves, beyond what rounding makes of equality."""
        return self.gap_at_start + self.gap_at_end > 1e-9

    def between(self, start: float, end: float) -> Pieces:
        """Those that lie between two times, or across one of them."""
        first, last = int(np.searchsorted(self.end, start, side="right")), int(np.searchsorted(self.start, end, side="left"))
        return Pieces(*(column[first:last] for column in self))

    def time_short(self) -> float:
        """How long (seconds) capacity is short."""
        return float(np.sum((self.end - self.start)[self.short]))

    def shortfall(self) -> float:
        """The integral of what is missing (requests)."""
        return float(np.sum(self._areas[self.short]))

    def surplus(self) -> float:
        """The integral of what is there and not needed (requests)."""
        return -float(np.sum(self._areas[~self.short]))

    @property
    def _areas(self) -> Numbers:
        return (self.gap_at_start + self.gap_at_end) / 2 * (self.end - self.start)


def gaps(have: Steps, need: Line, start: float, end: float) -> Pieces:
    """Need minus capacity between two times (seconds)."""
    edges = np.unique(np.concatenate(([start, end], have.times, need.times)))
    edges = edges[(edges >= start) & (edges <= end)]
    low, high = edges[:-1], edges[1:]
    carried = have.at(low)
    first, last = need.at(low) - carried, need.at(high, left=True) - carried
    crossing = np.flatnonzero(first * last < 0)
    cross = low[crossing] + (high - low)[crossing] * first[crossing] / (first - last)[crossing]
    return Pieces(
        np.insert(low, crossing + 1, cross),
        np.insert(high, crossing, cross),
        np.insert(first, crossing + 1, 0.0),
        np.insert(last, crossing, 0.0),
    )
