"""Traces: traffic that somebody recorded."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Iterator
from itertools import groupby
from operator import itemgetter
from typing import Annotated, Literal, Self

from pydantic import Field, PrivateAttr, StrictBool, model_validator

from simulator import text
from simulator.polyline import Polyline
from simulator.recorded import Rows, Sha256, folders, record_of, rows_of, wrong
from simulator.traffic.source import Traffic
from simulator.units import PositiveDuration, PositiveNumber, Rate, show_duration

ColumnName = Annotated[str, Field(max_length=1000)]


class Trace(Traffic):
    """What a file says, from its first row on: `column` counts the requests of each row; where nothing was recorded, there is nothing.

    With `per`, a value counts the requests of such a time, unless its row is about as long as that. `mean` is over the whole file, gaps included, and not
    over the horizon.
    """

    condition = "recorded traffic"
    kind: Literal["trace"] = "trace"
    file: str
    time: ColumnName | None = None
    column: ColumnName | None = None
    stamps: StrictBool = False
    per: PositiveDuration | None = None
    mean: Rate | None = None
    scale: PositiveNumber | None = None
    beyond: Literal["repeat", "hold", "zero"] | None = None
    sha256: Sha256 | None = None
    _rows: Rows | None = PrivateAttr(None)
    _stamps: list[float] | None = PrivateAttr(None)

    @model_validator(mode="after")
    def _read(self) -> Self:
        if self.mean is not None and self.scale is not None:
            raise wrong("ConfigConflict", "give `mean` or `scale`, not both", "scale")
        if self.stamps and self.column is not None:
            raise wrong("ConfigConflict", "with `stamps` each row is one request, and no `column` counts them", "column")
        if folders.get() is not None:
            recording = record_of(self.file, self.time, self.column, self.stamps, self.sha256)
            object.__setattr__(self, "sha256", recording.sha256)  # what is dumped says what was read
            self._rows = rows_of(recording, self.per)
            if not recording.values and self.mean is None and self.scale is None:
                self._stamps = list(recording.times)
            self._refuse_factor()
        return self

    def _refuse_factor(self) -> None:
        if self.mean is not None and not self.rows.total:
            raise wrong("ConfigRange", "the trace has no requests, and no factor gives it a mean", "mean")
        if not math.isfinite(max(self.rows.rates) * self.rows.length * self.factor):
            raise wrong("ConfigRange", "makes more requests than a computer can hold", "scale" if self.mean is None else "mean")

    @property
    def rows(self) -> Rows:
        """The rows as recorded, before `mean` or `scale`."""
        assert self._rows, "the scenario of a report is not to be run"
        return self._rows

    @property
    def factor(self) -> float:
        """By what the recorded rates are multiplied."""
        return self.scale or 1.0 if self.mean is None else self.mean * self.rows.length / self.rows.total

    @property
    def note(self) -> str:
        """What was read, in a line; nothing where the rows were not."""
        if not self._rows:
            return ""
        return self._rows.note + ("" if self.mean is None and self.scale is None else f"; times {text.plain(self.factor)}")

    def mistakes(self, horizon: float) -> Iterator[tuple[str, str, str]]:
        if self._rows and self.beyond is None and self._rows.length < horizon * (1 - 1e-9):
            lengths = f"the trace lasts {show_duration(self._rows.length)} and `horizon` is {show_duration(horizon)}"
            yield "beyond", "TraceTooShort", f"{lengths}: say what comes after it (repeat, hold or zero), or shorten `horizon`"

    def knots(self, horizon: float) -> float:
        if not self._rows:
            return 0.0
        within = bisect_left(self._rows.starts, horizon) + len(self._rows.gaps)
        return 2.0 * within * (max(1.0, horizon / self._rows.length) if self.beyond == "repeat" else 1.0)

    def times(self, horizon: float) -> list[float] | None:
        """The stamps themselves, where nothing is made of them."""
        stamps, length = self._stamps, self.rows.length
        if stamps is None or (self.beyond == "hold" and length < horizon):
            return None
        turns = math.ceil(horizon / length) if self.beyond == "repeat" else 1
        return [turn * length + stamp for turn in range(turns) for stamp in stamps if turn * length + stamp <= horizon]

    def shape(self, before: Polyline, horizon: float) -> Polyline:
        return before + Polyline(_merged(self._knots(horizon)))

    def _knots(self, horizon: float) -> Iterator[tuple[float, float]]:
        """Two a row and two a gap, up to the one that spans the horizon."""
        rows, factor = self.rows, self.factor
        for turn in range(math.ceil(horizon / rows.length) if self.beyond == "repeat" else 1):
            begin = last = turn * rows.length
            for start, end, rate in zip(rows.starts, rows.ends, rows.rates, strict=True):
                if begin + start > last:
                    yield last, 0.0
                    yield begin + start, 0.0
                if begin + start >= horizon:
                    return
                last = begin + end if end < rows.length else (turn + 1) * rows.length
                yield begin + start, rate * factor
                yield last, rate * factor
        if self.beyond == "zero":
            yield last, 0.0


def _merged(knots: Iterator[tuple[float, float]]) -> Iterator[tuple[float, float]]:
    """The first and the last of successive knots that have one rate."""
    for rate, same in groupby(knots, key=itemgetter(1)):
        times = [time for time, _ in same]
        yield times[0], rate
        if len(times) > 1:
            yield times[-1], rate
