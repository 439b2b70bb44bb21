"""Rows: stretches of a recording with one rate each, and the gaps between them."""

from __future__ import annotations

import math
from array import array
from collections import Counter
from collections.abc import Iterator
from itertools import chain, pairwise
from statistics import median_low
from typing import NamedTuple

from simulator import text
from simulator.recorded.recording import Recording
from simulator.recorded.refusal import counted, wrong
from simulator.units import SECONDS, show_duration

LATE = 1.5  # steps after which a row was due and did not come
HUGE = 1e15  # from which a number is not shown in all its digits
ALIKE = 0.1  # by what share two distances of one step may differ


class Rows(NamedTuple):
    """When each begins and ends (seconds since the first), its rate (requests per second), the usual length of one (seconds), and all requests."""

    starts: array[float]
    ends: array[float]
    rates: array[float]
    step: float
    total: float
    stamps: bool = False  # each a request, so that a row is an interval which has some

    @property
    def length(self) -> float:
        """How long the recording is (seconds), gaps included."""
        return self.ends[-1]

    @property
    def gaps(self) -> list[tuple[float, float]]:
        """From when to when (seconds) nothing was recorded."""
        return [(end, start) for end, start in zip(self.ends, self.starts[1:], strict=False) if start > end]

    @property
    def note(self) -> str:
        """What was read, in a line."""
        what = f"{'stamps in intervals' if self.stamps else counted(len(self.starts), 'row')} of {_about(self.step)} over {_about(self.length)}"
        mean, peak = _number(self.total / self.length), _number(max(self.rates))
        total = f"{self.total:,.0f}" if 1 <= self.total < HUGE else _number(self.total)
        return f"{what}, {'' if self.stamps else self._lost}{total} requests, mean {mean}/s, peak {peak}/s"

    @property
    def _lost(self) -> str:
        gaps = self.gaps
        share = math.fsum(end - start for start, end in gaps) / self.length
        return f"{counted(len(gaps), 'gap')} ({text.percent(share)} of the time), " if gaps else "no gaps, "


def rows_of(recording: Recording, per: float | None) -> Rows:
    """The rows of counts or of stamps: a value counts the requests of its row, or of a time `per` (seconds) that is not about as long."""
    times, counts = recording.times, recording.values
    stamps = not counts
    step = _step(times, stamps, per)
    if stamps:
        times, counts = _intervals(times, step)
        ends = array("d", [*(min(start + step, after) for start, after in pairwise(times)), times[-1] + step])
    else:
        ends = array("d", _ends(times, step))
    widths = [end - start for start, end in zip(times, ends, strict=True)]
    if not min(widths):
        raise wrong("TraceValue", f"a row is too short for a trace of {show_duration(ends[-1])}")
    rates = array("d", [count / (width if per is None or abs(width - per) <= per / 2 else per) for count, width in zip(counts, widths, strict=True)])
    if not math.isfinite(max(rates) * ends[-1]):
        raise wrong("TraceValue", "has more requests than a computer can hold")
    total = math.fsum(width * rate for width, rate in zip(widths, rates, strict=True))
    if not total and any(counts):
        raise wrong("TraceValue", "has fewer requests than a computer can tell from none")
    return Rows(times, ends, rates, step, total, stamps)


def _step(times: array[float], stamps: bool, per: float | None) -> float:
    """How long a row usually lasts (seconds), or the interval in which stamps are counted."""
    if not stamps and len(times) > 1:
        step = median_low(after - start for start, after in pairwise(times))
    elif per is None:
        why = "each row is one request: say in which intervals they are counted" if stamps else "a single row does not say how long it lasts: say so"
        raise wrong("ConfigMissing", f"{why}, such as `per: 1m`", "per")
    else:
        step = per
    if not times[-1] + step > times[-1]:
        raise wrong("TraceValue", f"a step of {show_duration(step)} is too short for a trace of {show_duration(times[-1])}")
    return step


def _ends(starts: array[float], step: float) -> Iterator[float]:
    """When each row ends: as the next begins, or where that is late and its distance unlike those beside it, after the step of its neighbourhood."""
    distances = array("d", [after - start for start, after in pairwise(starts)])
    before = chain(distances[1:2] or distances, distances)
    after = chain(distances[1:], distances[-2:-1] or distances)
    usual = step
    for start, end, one, distance, other in zip(starts, starts[1:], before, distances, after, strict=False):
        alike = math.isclose(one, distance, rel_tol=ALIKE), math.isclose(distance, other, rel_tol=ALIKE)
        if all(alike):
            usual = distance
        yield end if any(alike) or distance <= LATE * max(step, usual) else start + usual
    yield starts[-1] + usual


def _intervals(stamps: array[float], step: float) -> tuple[array[float], array[float]]:
    """When the intervals begin in which there are any stamps, and how many; a time at an interval's edge is rounded to it."""
    requests = Counter(math.floor(time / step + 1e-6) for time in stamps)
    return array("d", [step * number for number in requests]), array("d", requests.values())


def _about(seconds: float) -> str:
    """A duration in three digits of the largest unit that it fills."""
    unit = next((unit for unit in ("y", "d", "h", "m") if seconds >= SECONDS[unit]), "s")
    return f"{seconds / float(SECONDS[unit]):.3g}{unit}"


def _number(value: float) -> str:
    return text.plain(value) if value < HUGE else f"{value:.2g}"
