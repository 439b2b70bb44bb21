"""Polyline: a rate (requests per second) over time (seconds), linear between its knots."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from math import ceil, isfinite

FINEST = 60.0  # seconds between the knots that stand in for a curve


class Polyline:
    """A rate over time, right-continuous; two knots at one time are a jump, and the end rates hold for ever."""

    __slots__ = ("_sums", "rates", "times")

    def __init__(self, knots: Iterable[tuple[float, float]]) -> None:
        self.times: list[float] = []
        self.rates: list[float] = []
        self._sums: list[float] = []  # integral from the first knot to each
        total = 0.0
        for time, rate in knots:
            if not (isfinite(time) and isfinite(rate)) or rate < 0:
                raise ValueError(f"knot ({time}, {rate}): times must be finite, rates finite and at least 0")
            if self.times:
                if time < self.times[-1]:
                    raise ValueError(f"knot ({time}, {rate}): times must not decrease, the knot before is at {self.times[-1]}")
                total += (time - self.times[-1]) * (self.rates[-1] + rate) / 2
            self.times.append(float(time))
            self.rates.append(float(rate))
            self._sums.append(total)
        if not self.times:
            raise ValueError("a polyline needs at least one knot")

    def __repr__(self) -> str:
        return f"Polyline({list(zip(self.times, self.rates, strict=True))})"

    def __call__(self, time: float) -> float:
        """The rate from `time` on: at a jump, the rate after it."""
        after = bisect_right(self.times, time)
        if after == 0:
            return self.rates[0]
        if after == len(self.times):
            return self.rates[-1]
        return self._between(after, time)

    def before(self, time: float) -> float:
        """The rate up to `time`: at a jump, the rate before it."""
        after = bisect_left(self.times, time)
        if after == 0:
            return self.rates[0]
        if after == len(self.times):
            return self.rates[-1]
        return self._between(after, time)

    def __add__(self, other: Polyline | int) -> Polyline:
        if not isinstance(other, Polyline):
            if other != 0:
                return NotImplemented
            return self
        return Polyline(_joined((time, mine + theirs) for time, mine, theirs in _pairs(self, other)))

    __radd__ = __add__

    def __mul__(self, other: Polyline | float) -> Polyline:
        if not isinstance(other, Polyline):
            return Polyline(zip(self.times, [rate * other for rate in self.rates], strict=True))
        return Polyline(_joined((time, mine * theirs) for time, mine, theirs in _curved(_pairs(self, other))))

    __rmul__ = __mul__

    def integral(self, start: float, end: float) -> float:
        """The requests of [start, end)."""
        if end < start:
            return -self.integral(end, start)
        times, rates = self.times, self.rates
        first = bisect_right(times, start)
        last = bisect_left(times, end)
        if first >= last:  # no knot strictly between
            return (end - start) * (self(start) + self.before(end)) / 2
        last -= 1
        head = (times[first] - start) * (self(start) + rates[bisect_left(times, times[first])]) / 2
        tail = (end - times[last]) * (rates[last] + self.before(end)) / 2
        return head + (self._sums[last] - self._sums[first]) + tail

    def mean(self, start: float, end: float) -> float:
        """The mean rate over [start, end); the rate itself when that is empty."""
        return self.integral(start, end) / (end - start) if end != start else self(start)

    def ends(self, times: list[float]) -> Iterator[tuple[float, float]]:
        """The rates before and after each of the rising `times`."""
        own, rates, size, at = self.times, self.rates, len(self.times), 0
        for time in times:
            while at < size and own[at] < time:
                at += 1
            if at == size:
                yield rates[-1], rates[-1]
            elif own[at] > time:
                rate = self._between(at, time) if at else rates[0]
                yield rate, rate
            else:
                before = rates[at]
                while at + 1 < size and own[at + 1] == time:
                    at += 1
                yield before, rates[at]

    def _between(self, after: int, time: float) -> float:
        start, low = self.times[after - 1], self.rates[after - 1]
        end, high = self.times[after], self.rates[after]
        return low if low == high else low + (high - low) * ((time - start) / (end - start))


def _pairs(one: Polyline, other: Polyline) -> Iterator[tuple[float, float, float]]:
    """Both rates at every knot of either, before and after it."""
    times = sorted({*one.times, *other.times})
    for time, (mine, mine_after), (theirs, theirs_after) in zip(times, one.ends(times), other.ends(times), strict=True):
        yield time, mine, theirs
        yield time, mine_after, theirs_after


def _curved(pairs: Iterable[tuple[float, float, float]]) -> Iterator[tuple[float, float, float]]:
    """The pairs, with more between them where both vary: a product of two slopes is no line."""
    start, low, base = 0.0, 0.0, 0.0
    for number, (time, high, top) in enumerate(pairs):
        if number and high != low and top != base:
            steps = ceil((time - start) / FINEST)
            for step in range(1, steps):
                share = step / steps
                yield start + (time - start) * share, low + (high - low) * share, base + (top - base) * share
        yield time, high, top
        start, low, base = time, high, top


def _joined(knots: Iterable[tuple[float, float]]) -> Iterator[tuple[float, float]]:
    """The knots without repetition."""
    last = None
    for knot in knots:
        if knot != last:
            yield knot
        last = knot
