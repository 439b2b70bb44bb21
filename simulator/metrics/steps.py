"""Steps: values that hold until they change, and what can be asked of them exactly."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Numbers = NDArray[np.float64]


class Steps(NamedTuple):
    """Values from their times on; before the first time it is 0."""

    times: Numbers
    values: Numbers

    def at(self, times: Numbers) -> Numbers:
        """The value that holds at each time."""
        place = np.searchsorted(self.times, times, side="right") - 1
        return np.where(place < 0, 0.0, self.values[np.maximum(place, 0)]) if len(self.values) else np.zeros(len(times))

    def between(self, start: float, end: float) -> Steps:
        """What matters from a start to before an end: the value that holds at the start, and the changes after it."""
        first, last = max(0, int(np.searchsorted(self.times, start, side="right")) - 1), int(np.searchsorted(self.times, end, side="left"))
        return Steps(self.times[first:last], self.values[first:last])

    def means(self, edges: Numbers) -> Numbers:
        """The mean between each two successive times."""
        return np.diff(self.area(edges)) / np.diff(edges)

    def integral(self, start: float, end: float) -> float:
        """The area under it between two times."""
        low, high = self.area(np.array([start, end]))
        return float(high - low)

    def area(self, times: Numbers) -> Numbers:
        """The area under it up to each time."""
        if not len(self.times):
            return np.zeros(len(times))
        sums = np.append(0.0, np.cumsum(self.values[:-1] * np.diff(self.times)))
        place = np.searchsorted(self.times, times, side="right") - 1
        here = np.maximum(place, 0)
        return np.where(place < 0, 0.0, sums[here] + self.values[here] * (times - self.times[here]))


def steps(table: pd.DataFrame, fleet: str, column: str) -> Steps:
    """A column of a table of changes (`time_s`), of one fleet."""
    own = table[table["fleet"] == fleet]
    return Steps(own["time_s"].to_numpy(), own[column].to_numpy(float))


def summed(times: Numbers, changes: Numbers) -> Steps:
    """The running sum of changes, one value a time; times in order."""
    if not len(times):
        return Steps(np.zeros(0), np.zeros(0))
    last = np.append(times[1:] != times[:-1], True)
    return Steps(times[last], np.cumsum(changes)[last])


def stacked(moves: pd.DataFrame, there: pd.Series[bool] | None = None) -> pd.DataFrame:
    """The transitions by which a server comes, goes or changes its stack: `time_s`, `server`, and the `stack` it is on from then on (-1: it is not there,
    which is so once it has retired, where nothing else is said).
    """
    on = moves["stack"].where(moves["state"] != "retired" if there is None else there, -1)
    before = on.groupby(moves["server"], observed=True, sort=False).shift(fill_value=-1)
    return moves.loc[on != before, ["time_s", "server"]].assign(stack=on)


def changes(moves: pd.DataFrame, values: pd.Series) -> Numbers:
    """By how much each transition changes its server's value, from 0 before its first."""
    return (values - values.groupby(moves["server"], observed=True, sort=False).shift(fill_value=0)).to_numpy(float)
