"""Traces: traffic that somebody recorded."""

from __future__ import annotations

import math
import re
from array import array
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator
from functools import cached_property
from itertools import groupby, pairwise
from operator import itemgetter
from statistics import median_low
from typing import Annotated, Literal, NamedTuple, Self

from pydantic import AfterValidator, Field, PrivateAttr, StrictBool, model_validator

from simulator.component import refuse
from simulator.polyline import Polyline
from simulator.recorded import Recording, folders, record_of, wrong
from simulator.traffic.source import Traffic
from simulator.units import PositiveDuration, PositiveNumber, Rate, show_duration

LATE = 1.5  # steps after which a row was due and did not come


def _digest(value: str) -> str:
    if not re.fullmatch(r"[0-9a-fA-F]{64}", value):
        raise refuse("ConfigType", f"should be the 64 hexadecimal digits that `sha256sum` prints, not {value!r:.60}")
    return value.lower()


ColumnName = Annotated[str, Field(max_length=1000)]


class Rows(NamedTuple):
    """When each row begins and ends (seconds since the first), its rate (requests per second), and the usual distance of two (seconds)."""

    starts: array[float]
    ends: array[float]
    rates: array[float]
    step: float

    @property
    def length(self) -> float:
        """How long the recording is (seconds), gaps included."""
        return self.ends[-1]

    @property
    def total(self) -> float:
        """All its requests."""
        return math.fsum((end - start) * rate for start, end, rate in zip(self.starts, self.ends, self.rates, strict=True))

    @property
    def gaps(self) -> list[tuple[float, float]]:
        """From when to when (seconds) nothing was recorded."""
        return [(end, start) for end, start in zip(self.ends, self.starts[1:], strict=False) if start > end]


class Trace(Traffic):
    """What a file says, from its first row on: `column` counts the requests of each row, or of a time `per`; where nothing was recorded, there is nothing."""

    kind: Literal["trace"] = "trace"
    file: str
    time: ColumnName | None = None
    column: ColumnName | None = None
    stamps: StrictBool = False
    per: PositiveDuration | None = None
    mean: Rate | None = None
    scale: PositiveNumber | None = None
    beyond: Literal["repeat", "hold", "zero"] | None = None
    sha256: Annotated[str, AfterValidator(_digest)] | None = None
    _rows: Rows | None = PrivateAttr(None)

    @model_validator(mode="after")
    def _read(self) -> Self:
        if self.mean is not None and self.scale is not None:
            raise wrong("ConfigConflict", "give `mean` or `scale`, not both", "scale")
        if self.stamps and self.column is not None:
            raise wrong("ConfigConflict", "with `stamps` each row is one request, and no `column` counts them", "column")
        if folders.get() is not None:
            recording = record_of(self.file, self.time, self.column, self.stamps, self.sha256)
            object.__setattr__(self, "sha256", recording.sha256)  # what is dumped says what was read
            self._rows = self._told(recording)
            self._refuse_immense()
        return self

    def _told(self, recording: Recording) -> Rows:
        """What the recording says of each row: a row lasts until the next, or one step where that is late."""
        starts, counts = recording.times, recording.values
        step = self._step(starts, bool(counts))
        if not counts:
            requests = Counter(math.floor(time / step + 1e-6) for time in starts)  # a time at an interval's edge is rounded to it
            starts, counts = array("d", [step * number for number in requests]), array("d", requests.values())
        ends = array("d", [after if after - start <= LATE * step else start + step for start, after in pairwise(starts)])
        ends.append(starts[-1] + step)
        if self.per is None or math.isclose(self.per, step, rel_tol=1e-9):
            rates = array("d", [count / (end - start) for start, end, count in zip(starts, ends, counts, strict=True)])
        else:
            rates = array("d", [count / self.per for count in counts])
        return Rows(starts, ends, rates, step)

    def _step(self, times: array[float], counted: bool) -> float:
        """How long a row usually lasts (seconds), or the interval in which stamps are counted."""
        if counted and len(times) > 1:
            step = median_low(after - start for start, after in pairwise(times))
        elif self.per is None:
            why = "a single row does not say how long it lasts: say so" if counted else "each row is one request: say in which intervals they are counted"
            raise wrong("ConfigMissing", f"{why}, such as `per: 1m`", "per")
        else:
            step = self.per
        if not times[-1] + step > times[-1]:
            raise wrong("TraceValue", f"a step of {show_duration(step)} is too short for a trace of {show_duration(times[-1])}")
        return step

    def _refuse_immense(self) -> None:
        if not math.isfinite(max(self.rows.rates) * self.rows.length):
            raise wrong("TraceValue", "has more requests than a computer can hold")
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

    @cached_property
    def lines(self) -> dict[tuple[object, ...], Polyline]:
        """The rates drawn so far: every run of a scenario asks for the same."""
        return {}

    def mistakes(self, horizon: float) -> Iterator[tuple[str, str, str]]:
        if self._rows and self.beyond is None and self._rows.length < horizon * (1 - 1e-9):
            lengths = f"the trace lasts {show_duration(self._rows.length)} and `horizon` is {show_duration(horizon)}"
            yield "beyond", "TraceTooShort", f"{lengths}: say what comes after it (repeat, hold or zero), or shorten `horizon`"

    def knots(self, horizon: float) -> float:
        if not self._rows:
            return 0.0
        within = bisect_left(self._rows.starts, horizon) + len(self._rows.gaps)
        return 2.0 * within * (max(1.0, horizon / self._rows.length) if self.beyond == "repeat" else 1.0)

    def shape(self, before: Polyline, horizon: float) -> Polyline:
        key = (horizon, self.mean, self.scale, self.beyond)
        if key not in self.lines:
            self.lines[key] = Polyline(_merged(self._knots(horizon)))
        return before + self.lines[key]

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
