"""The record of a run: what happened, written on change and kept as columns; every metric is a function of it."""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from math import nan
from typing import TYPE_CHECKING, Any, NamedTuple

from simulator.units import show_duration

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    Column = Sequence[Any] | np.ndarray[Any, Any]

GATHERED = 4096

PLANNED = ("upgrade", "scale in", "rollout", "by hand", "reboot")  # causes for which a server is taken out of service on purpose

# Each table's columns; the letter is the array's: d a number, i and q a whole number, s a text (kept as the number of its first appearance).
TABLES = {
    "servers": {"fleet": "s", "server": "s", "slot": "i"},
    "transitions": {"time_s": "d", "id": "i", "host": "s", "state": "s", "phase": "s", "stack": "i", "capacity_rps": "d", "cause": "s"},
    "stacks": {"stack": "i", "item": "s", "release": "s"},
    "signals": {"time_s": "d", "fleet": "s", "signal": "s", "value": "d"},
    "releases": {"time_s": "d", "item": "s", "release": "s", "security": "i"},
    "pages": {"time_s": "d", "fleet": "s", "server": "s", "out_of_hours": "i"},
    "work": {"time_s": "d", "end_s": "d", "asked_s": "d", "crew": "s", "task": "s", "fleet": "s", "server": "s"},
    "restores": {"time_s": "d", "end_s": "d", "fleet": "s", "server": "s", "content_s": "d", "censored": "i"},
    "upgrades": {"time_s": "d", "end_s": "d", "fleet": "s", "server": "s", "releases": "i", "tries": "i", "outcome": "s"},
    "drift": {"time_s": "d", "id": "i", "setting": "i", "step": "i", "change": "s"},
    "errors": {"time_s": "d", "id": "i", "share": "d"},
    "steps": {
        **dict.fromkeys(("time_s", "end_s"), "d"),
        **dict.fromkeys(("fleet", "server"), "s"),
        "step": "i",
        **dict.fromkeys(("verb", "command", "container", "path", "before", "after", "outcome"), "s"),
    },
    "sessions": {"time_s": "d", "of": "s", "id": "i", "cause": "s", "live": "i", "lost": "i"},
    "session_counts": {"time_s": "d", "fleet": "s", **dict.fromkeys(("started", "turned_away", "live", "held", "busiest", "servers"), "d")},
    "state": {"time_s": "d", "id": "i", "place": "s", "written": "d", "lost": "d", "why": "s"},
    "volumes": {"time_s": "d", "id": "i", "volume": "i", "change": "s"},
    "defects": {"time_s": "d", "end_s": "d", "shown_s": "d", "fleet": "s", "item": "s", "release": "s", "does": "s"},
    "rollbacks": {"time_s": "d", "fleet": "s", "stack_from": "i", "stack_to": "i", "why": "s"},
    "checks": {"id": "i", "first_s": "d", "every_s": "d"},
    "images": {
        "time_s": "d",
        "fleet": "s",
        "stack": "i",
        "tag": "s",
        "digest": "s",
        "place": "i",
        "item": "s",
        "release": "s",
        "layer": "s",
        "bytes": "d",
    },
    "pulls": {"time_s": "d", "end_s": "d", "fleet": "s", "host": "s", "digest": "s", "layers": "i", "bytes": "d", "outcome": "s"},
    "disks": {"time_s": "d", "host": "s", "fleet": "s", "layer": "s", "bytes": "d"},
    "windows": {
        "time_s": "d",
        "end_s": "d",
        "fleet": "s",
        **dict.fromkeys(("offered", "served", "abandoned", "rejected", "failed", "waited", "backlog"), "d"),
        **dict.fromkeys(("attempts", "timed_out", "refused", "lost", "full", "unanswered", "errors", "in_flight", "longest_s"), "d"),
    },
    "latencies": {"time_s": "d", "fleet": "s", "bucket": "i", "count": "i"},
    "requests": {
        "fleet": "s",
        "request": "q",
        **dict.fromkeys(("attempt", "server"), "i"),
        **dict.fromkeys(("born_s", "came_s", "start_s", "end_s"), "d"),
        "outcome": "s",
    },
    "events": {"time_s": "d", "event": "s", "end_s": "d"},
}


class Event(NamedTuple):
    """What a reader would mark on a chart: when it begins (seconds), what it is, and when it ends, where that is known beforehand."""

    start_s: float
    name: str
    end_s: float = nan


def told_apart(events: list[Event]) -> list[Event]:
    """The events, with their time in the name of those that come under one name twice."""
    names = [event.name for event in events]
    return [event._replace(name=f"{event.name} at {show_duration(event.start_s)}") if names.count(event.name) > 1 else event for event in events]


class Table:
    """The columns of one table: rows are gathered as they come and laid into arrays by the thousand, which is quick and small."""

    __slots__ = ("_rows", "columns", "kinds", "names")

    def __init__(self, columns: dict[str, str]) -> None:
        self.columns = {name: array("i" if kind == "s" else kind) for name, kind in columns.items()}
        self.kinds = columns
        self.names: dict[str, int] = {}
        self._rows: list[tuple[Any, ...]] = []

    def write(self, *row: Any) -> None:
        """One row, in the order of the columns."""
        self._rows.append(row)
        if len(self._rows) >= GATHERED:
            self.lay()

    def lay(self) -> None:
        """Put the rows gathered so far into the columns."""
        if self._rows:
            self.extend(dict(zip(self.columns, zip(*self._rows, strict=True), strict=True)))
            self._rows.clear()

    def extend(self, columns: Mapping[str, Column]) -> None:
        """Many rows at once, by column."""
        names = self.names
        for name, values in columns.items():
            column = self.columns[name]
            if self.kinds[name] == "s":
                column.extend([names.setdefault(value, len(names)) for value in values])
            elif isinstance(values, Sequence):
                column.extend(values)
            else:
                column.frombytes(values.astype(column.typecode).tobytes())

    def __len__(self) -> int:
        return len(next(iter(self.columns.values()))) + len(self._rows)

    def frame(self) -> pd.DataFrame:
        """The table as a DataFrame; texts are categories."""
        import numpy as np
        import pandas as pd

        self.lay()
        names = pd.Index(list(self.names), dtype=object)
        made = {}
        for name, column in self.columns.items():
            values = np.array(column)
            made[name] = pd.Categorical.from_codes(values, categories=names) if self.kinds[name] == "s" else values
        frame = pd.DataFrame(made)
        for name, kind in self.kinds.items():
            if kind == "s":
                frame[name] = frame[name].cat.remove_unused_categories()
        return frame


class Record:
    """All tables of one run: `transitions` of servers, `signals` that hold until their next row, `windows` of requests, people's `work`, and the rest."""

    def __init__(self) -> None:
        self.tables = {name: Table(columns) for name, columns in TABLES.items()}
        self.transition = self.tables["transitions"].write
        self._servers = 0
        self._frames: dict[str, pd.DataFrame] = {}
        self._stacks: dict[tuple[tuple[str, str], ...], int] = {}

    def server(self, fleet: str, server: str, slot: int) -> int:
        """The id of a new server: its row in `servers`."""
        self._servers += 1
        self.tables["servers"].write(fleet, server, slot)
        return self._servers - 1

    def signal(self, time_s: float, fleet: str, signal: str, value: float) -> None:
        """A value that holds until the next row of this fleet and signal."""
        self.tables["signals"].write(time_s, fleet, signal, value)

    def extend(self, table: str, columns: Mapping[str, Column], **texts: str) -> None:
        """Many rows at once: numbers by column, texts the same in every row."""
        length = len(next(iter(columns.values())))
        self.tables[table].lay()
        self.tables[table].extend({**columns, **{name: [text] * length for name, text in texts.items()}})

    def stack(self, items: dict[str, str]) -> int:
        """The id of a software stack, such as {"app": "1.1"}."""
        key = tuple(sorted(items.items()))
        if key not in self._stacks:
            self._stacks[key] = len(self._stacks)
            for item, release in key:
                self.tables["stacks"].write(self._stacks[key], item, release)
        return self._stacks[key]

    def write(self, table: str, *row: Any) -> None:
        """One row of another table."""
        self.tables[table].write(*row)

    def frame(self, name: str) -> pd.DataFrame:
        """One table, those that tell of a server by its id with its fleet, name and slot filled in; made once, as a record does not change after its run."""
        if name not in self._frames:
            self._frames[name] = self._frame(name)
        return self._frames[name]

    def _frame(self, name: str) -> pd.DataFrame:
        frame = self.tables[name].frame()
        if "id" not in frame:
            return frame
        who = self.tables["servers"].frame().take(frame["id"].to_numpy())
        first = list(frame).index("id")
        for place, column in enumerate(("fleet", "server", "slot")):
            frame.insert(first + place, column, who[column].array)
        return frame.drop(columns="id")
