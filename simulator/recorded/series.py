"""A series: rising times and a value each, every cell checked as it comes in."""

from __future__ import annotations

import math
import re
from array import array
from typing import Any

from simulator.recorded.clock import Clock
from simulator.recorded.columns import Columns
from simulator.recorded.refusal import shown
from simulator.recorded.table import MOST_ROWS, Table, number

MEASURED = "leave the row out where nothing was measured"
THOUSANDS = re.compile(r"\d{1,3}(,\d{3})+(\.\d*)?")


class Series:
    """What was read so far: times (seconds since the first) and values, or no values where each row is one request."""

    def __init__(self, table: Table, columns: Columns) -> None:
        self.table, self.columns = table, columns
        self.times, self.values = array("d"), array("d")
        self._clock: Clock | None = None
        self._before: Any = None

    def add(self, row: int, time: Any, value: Any) -> None:
        """One row more."""
        if len(self.times) == MOST_ROWS:
            raise self.table.wrong("TraceTooLarge", row, f"more than {MOST_ROWS:,} rows; give sums over longer intervals")
        seconds = self._since_first(row, time)
        column = self.columns.value
        stamps = column is None
        if self.times and (seconds < self.times[-1] or (seconds == self.times[-1] and not stamps)):
            raise self.table.wrong("TraceOrder", row, self._out_of_order(time, stamps))
        self.times.append(seconds)
        self._before = time
        if column is not None:
            self.values.append(_value(self.table, column, row, value))

    def _since_first(self, row: int, cell: Any) -> float:
        try:
            if self._clock is None:
                self._clock = Clock(cell)
            return self._clock(cell)
        except (TypeError, ValueError) as error:
            raise self.table.wrong("TraceValue", row, self._no_time(cell, isinstance(error, TypeError))) from None

    def _no_time(self, cell: Any, offset: bool) -> str:
        if _empty(cell):
            return f"the time is empty; {MEASURED}{self.columns.hint}"
        if offset:
            return f"{shown(cell)} and the first time should both have an offset from UTC, or both none"
        return f"cannot read {shown(cell)} as a time; write all times like '2026-06-01T09:00:00', or all in seconds{self.columns.hint}"

    def _out_of_order(self, time: Any, stamps: bool) -> str:
        should, remedy = ("not come before", "sort the rows") if stamps else ("come after", "sort the rows, and keep one of a time")
        if self._clock and self._clock.local:
            remedy += ", or write the times with an offset from UTC, if clocks were set back"
        return f"{shown(time)} should {should} {shown(self._before)}, the time of the row before; {remedy}{self.columns.hint}"


def values_in(table: Table, column: int) -> array[float]:
    """The cells of one column, whatever else the rows hold."""
    values = array("d")
    for row, _, cell in table.cells(None, column):
        if len(values) == MOST_ROWS:
            raise table.wrong("TraceTooLarge", row, f"more than {MOST_ROWS:,} rows")
        values.append(_value(table, column, row, cell))
    return values


def _value(table: Table, column: int, row: int, cell: Any) -> float:
    try:
        value = number(cell)
    except (TypeError, ValueError):
        value = None
    if value is None or not 0 <= value < math.inf:
        raise table.wrong("TraceValue", row, f"the value of {shown(table.names[column])} {_no_value(cell, value)}")
    return value


def _no_value(cell: Any, value: float | None) -> str:
    if _empty(cell):
        return f"is empty; {MEASURED}"
    if value is None:
        return f"should be a number, not {shown(cell)}{_plainer(cell)}"
    return f"should be a finite number, at least 0, not {shown(cell)}{f'; {MEASURED}' if math.isnan(value) else ''}"


def _empty(cell: Any) -> bool:
    return cell is None or (isinstance(cell, str) and not cell.strip())


def _plainer(cell: str) -> str:
    """How to write a number that has commas or underscores in it."""
    if "_" in cell or THOUSANDS.fullmatch(cell.strip()):
        return "; write it without thousands separators"
    return "; write it with a decimal point" if "," in cell else ""
