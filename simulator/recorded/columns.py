"""Columns: which one of a table holds the times, and which one the values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from simulator.component import meant
from simulator.recorded.refusal import listed, shown, wrong
from simulator.recorded.table import Table

NAME_TIMES = "; name the times with `time: ...`"


class Columns(NamedTuple):
    """Where the times stand in a row, where the values (None where each row is one request), and what to add where the times seem to be none."""

    time: int
    value: int | None
    hint: str


class Wanted(NamedTuple):
    """The columns that a scenario names, and whether each row is one request."""

    time: str | None = None
    column: str | None = None
    stamps: bool = False

    def among(self, table: Table) -> Columns:
        """The columns of a table; raises ValidationError at the key that is wrong."""
        value = None if self.column is None else _place(table, "column", self.column)
        time = self._time(table, value)
        if time == value:
            raise wrong("ConfigConflict", f"{shown(self.column)} is the column of times{NAME_TIMES}", "column")
        if value is None and not self.stamps and len(table.names) > 1:
            value = _only(table, time)
        for place in (time, value):
            if place is not None and table.names[place]:
                _place(table, "file", table.names[place])
        return Columns(time, value, NAME_TIMES if self.time is None and table.dated != [time] else "")

    def _time(self, table: Table, value: int | None) -> int:
        """The column of that name, or else the only one of dates, or else the first that does not hold the values."""
        if self.time is not None:
            return _place(table, "time", self.time)
        if len(table.dated) == 1:
            return table.dated[0]
        others = [place for place in range(len(table.names)) if place != value]
        if not others:
            raise wrong("ConfigConflict", f"{shown(self.column)} is the only column of {table.file}, which has no times", "column")
        return others[0]


def of_values(table: Table, column: str | None) -> int:
    """Where the values stand in a table of which the times do not matter: in the column of that name, or the only one."""
    names = [name for name in table.names if name]
    if column is None and len(names) > 1:
        raise wrong("ConfigMissing", f"say which `column` of {table.file} holds the values: {listed(names)}", "column")
    return _place(table, "column", names[0] if column is None else column)


def _only(table: Table, time: int) -> int:
    """The one column besides the times; those without a name come from a sign at the end of each line."""
    others = [place for place, name in enumerate(table.names) if place != time and name]
    if not others:
        raise wrong("ConfigMissing", f"only one column of {table.file} has a name: name the `column` that counts, or write `stamps: true`", "column")
    if len(others) > 1:
        raise wrong("ConfigMissing", f"say which `column` of {table.file} counts: {listed([table.names[place] for place in others])}", "column")
    return others[0]


def _place(table: Table, key: str, name: str) -> int:
    names: Sequence[str] = [known for known in table.names if known]
    if name not in table.names:
        raise wrong("ConfigChoice", f"no column {shown(name)} in {table.file}; it has {listed(names)}{meant(name, names)}", key)
    if table.names.count(name) > 1:
        raise wrong("TraceFormat", f"{table.file} has several columns named {shown(name)}; give each its own name")
    return table.names.index(name)
