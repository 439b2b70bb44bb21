"""Columns: one of times and one of values, each cell checked as it is read."""

from __future__ import annotations

import math
from array import array
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from simulator.component import meant, refuse

LARGEST = 200_000_000  # bytes, of a file and of what its columns unpack to
MOST_ROWS = 2_000_000
LISTED = 10  # columns named in a message
MILLISECONDS = 1e11  # as seconds since 1970, the year 5138


class Columns:
    """The columns that a scenario wants of a file, as far as they are read."""

    def __init__(self, file: str, time: str | None, column: str | None, stamps: bool) -> None:
        self.file, self.time, self.column, self.stamps = file, time, column, stamps
        self.times, self.values = array("d"), array("d")
        self.unit = "line"
        self._seconds: Callable[[Any], float] | None = None
        self._before: Any = None

    def among(self, names: Sequence[str]) -> tuple[int, int | None]:
        """Where the times stand in a row, and where the values, unless each row is one request."""
        time = 0 if self.time is None else self._place(names, "time", self.time)
        others = [place for place in range(len(names)) if place != time]
        self.stamps = self.stamps or (not others and self.column is None)
        if self.stamps:
            return time, None
        if self.column is None:
            if len(others) > 1:
                raise wrong("ConfigMissing", f"say which `column` of {self.file} counts: {_listed([names[place] for place in others])}", "column")
            self.column = names[others[0]]
        value = self._place(names, "column", self.column)
        if value == time:
            raise wrong("ConfigConflict", f"{self.column!r:.60} is the column of times", "column")
        return time, value

    def _place(self, names: Sequence[str], key: str, name: str) -> int:
        if name not in names:
            raise wrong("ConfigChoice", f"no column {name!r:.60} in {self.file}{meant(name, names)}; it has {_listed(names)}", key)
        if names.count(name) > 1:
            raise wrong("TraceFormat", f"{self.file} has several columns named {name!r:.60}; give each its own name")
        return names.index(name)

    def add(self, number: int, time: Any, value: Any) -> None:
        """One row more."""
        if len(self.times) == MOST_ROWS:
            raise self.wrong("TraceTooLarge", number, f"more than {MOST_ROWS:,} rows; give sums over longer intervals")
        seconds = self._since_first(number, time)
        if self.times and (seconds < self.times[-1] or (seconds == self.times[-1] and not self.stamps)):
            should, remedy = ("not come before", "") if self.stamps else ("come after", ", and keep one of a time")
            raise self.wrong("TraceOrder", number, f"{shown(time)} should {should} {shown(self._before)}, the time of the row before; sort the rows{remedy}")
        self.times.append(seconds)
        self._before = time
        if not self.stamps:
            self.values.append(self._value(number, value))

    def _since_first(self, number: int, cell: Any) -> float:
        if _empty(cell):
            raise self.wrong("TraceValue", number, "the time is empty; leave the row out where nothing was measured")
        try:
            if self._seconds is None:
                self._seconds = _clock(cell)
            return self._seconds(cell)
        except TypeError:
            raise self.wrong("TraceValue", number, f"{shown(cell)} and the first time should both have an offset from UTC, or both none") from None
        except ValueError:
            remedy = "write all times like '2026-06-01T09:00:00', or all in seconds"
            raise self.wrong("TraceValue", number, f"cannot read {shown(cell)} as a time; {remedy}") from None

    def _value(self, number: int, cell: Any) -> float:
        what = f"the value of {self.column!r:.60}"
        if _empty(cell):
            raise self.wrong("TraceValue", number, f"{what} is empty; leave the row out where nothing was measured")
        try:
            value = float(cell)
        except ValueError:
            hint = "; write it with a decimal point" if "," in cell else ""
            raise self.wrong("TraceValue", number, f"{what} should be a number, not {shown(cell)}{hint}") from None
        if not 0 <= value < math.inf:
            hint = "; leave the row out where nothing was measured" if math.isnan(value) else ""
            raise self.wrong("TraceValue", number, f"{what} should be a finite number, at least 0, not {shown(cell)}{hint}")
        return value

    def wrong(self, kind: str, number: int, message: str) -> ValidationError:
        """The error of one line or row."""
        return wrong(kind, f"{self.file}, {self.unit} {number}: {message}")


def _clock(first: Any) -> Callable[[Any], float]:
    """What reads a time as seconds since the first one: numbers are seconds, other texts ISO 8601."""
    if is_number(first):
        begin = _seconds(first)
        return lambda cell: _seconds(cell) - begin
    start = datetime.fromisoformat(first.strip())
    return lambda cell: (datetime.fromisoformat(cell.strip()) - start).total_seconds()


def _seconds(cell: Any) -> float:
    seconds = float(cell)
    if not abs(seconds) < MILLISECONDS:
        raise ValueError(cell)
    return seconds


def is_number(cell: Any) -> bool:
    try:
        return math.isfinite(float(cell))
    except ValueError:
        return False


def _empty(cell: Any) -> bool:
    return cell is None or (isinstance(cell, str) and not cell.strip())


def wrong(kind: str, message: str, key: str = "file") -> ValidationError:
    """The error at one key of what names the recording."""
    return ValidationError.from_exception_data("Recording", [{"type": refuse(kind, message), "loc": (key,), "input": None}])


def quoted(file: str) -> str:
    return f"{file!r:.200}"


def shown(cell: Any) -> str:
    return f"{cell!r:.60}"


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - LISTED} more" if len(names) > LISTED else ""
    return ", ".join(f"{name!r:.40}" for name in names[:LISTED]) + more
