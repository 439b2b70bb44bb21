"""Fluid: a backlog of waiting clients, each of whom may leave at any moment, in closed form."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from math import exp, expm1, factorial, inf, log1p, sqrt, ulp
from typing import NamedTuple


class Phase(Enum):
    """What the backlog does until something changes."""

    idle = "idle"  # empty, and all arrivals are served
    open = "open"  # there is a backlog, and room for more
    full = "full"  # every place is taken


class Flow(NamedTuple):
    """Requests of one step."""

    offered: float
    served: float
    abandoned: float
    rejected: float
    waited: float = 0.0  # the integral of the backlog (request-seconds)


class Fluid:
    """A backlog B with dB/dt = rate + slope t - limit - theta B, between 0 and `places`."""

    __slots__ = ("_limit", "_outcome", "_rate", "_slope", "_start", "backlog", "due", "phase", "places", "theta")

    def __init__(self, places: float = inf, theta: float = 0.0) -> None:
        self.places = places
        self.theta = theta
        self.backlog = 0.0
        self.phase = Phase.idle
        self.due = 0.0
        self._outcome: float | None = None  # the exact backlog at `due`, where it is known
        self._start = self._rate = self._slope = self._limit = 0.0

    def begin(self, start: float, rate: float, slope: float, limit: float, end: float) -> float:
        """From `start` on, arrivals are linear and at most `limit` are served; returns when the phase ends, at most `end`."""
        self._start, self._rate, self._slope, self._limit = start, rate, slope, limit
        self._outcome = None
        leaving = self.theta * self.backlog
        growth = settled(rate - limit - leaving, slope, start, max(rate, limit, leaving))
        rising = growth > 0 or growth == 0 < slope
        if rising and self.backlog >= self.places:
            self.phase = Phase.full
            self.due = min(end, start - growth / slope) if slope < 0 else end
        elif rising or self.backlog > 0:
            self.phase = Phase.open
            self.due = self._monotone(growth, rising, end)
        else:
            self.phase = Phase.idle
            self.due = min(end, start - growth / slope) if slope > 0 else end
        return self.due

    def move(self, until: float) -> Flow:
        """Flow up to `until`, at most the end of the phase."""
        s = until - self._start
        offered = max(0.0, s * (self._rate + self._slope * s / 2))
        if self.phase is Phase.idle:
            return Flow(offered, offered, 0.0, 0.0)
        served = s * self._limit
        if self.phase is Phase.full:
            left = self.theta * self.places * s
            excess = self._rate - self._limit - self.theta * self.places
            return Flow(offered, served, left, max(0.0, s * (excess + self._slope * s / 2)), s * self.places)
        waited = self._waited(s)
        known = self._outcome if until == self.due else None
        self.backlog = max(0.0, self._after(s)) if known is None else known
        return Flow(offered, served, self.theta * waited, 0.0, waited)

    def _monotone(self, growth: float, rising: bool, end: float) -> float:
        """When a backlog that only rises, or only falls, meets its bound or turns round."""
        slope, theta = self._slope, self.theta
        turn = inf
        if growth * slope < 0:
            turn = log1p(-theta * growth / slope) / theta if theta else -growth / slope
        span, due = (turn, self._start + turn) if turn < end - self._start else (end - self._start, end)
        if rising:
            bound = self.places
        elif growth < 0 or slope < 0:
            bound = 0.0
        else:
            return due
        if bound == inf or ((self._after(span) < bound) == rising and self._after(span) != bound):
            return due
        self._outcome = bound
        return min(due, self._start + self._crossing(bound, span))

    def _crossing(self, bound: float, span: float) -> float:
        """How long until the backlog is at `bound`, known to be within `span`."""
        if not self.theta:
            sign = 1.0 if bound > self.backlog else -1.0
            return reach(abs(bound - self.backlog), sign * (self._rate - self._limit), sign * self._slope, span)
        pace = self._rate - self._limit
        return root(lambda s: self._after(s) - bound, lambda s: pace + self._slope * s - self.theta * self._after(s), span)

    def _after(self, s: float) -> float:
        net = self._rate - self._limit
        if not self.theta:
            return self.backlog + s * (net + self._slope * s / 2)
        x = self.theta * s
        one, two, _ = phis(x)
        return self.backlog * exp(-x) + s * (net * one + self._slope * s * two)

    def _waited(self, s: float) -> float:
        """The integral of the backlog: a sum of its own, so that conservation is a check."""
        one, two, three = phis(self.theta * s)
        return max(0.0, s * (self.backlog * one + s * ((self._rate - self._limit) * two + self._slope * s * three)))


def settled(net: float, slope: float, time: float, scale: float) -> float:
    """The net rate, or 0 where it is no more than what rounding of rates and of the clock leaves of 0."""
    return 0.0 if abs(net) <= 1e-13 * scale + 4 * abs(slope) * ulp(time) else net


def reach(distance: float, speed: float, gain: float, span: float) -> float:
    """How long, at most `span`, to cover a distance at a speed that gains linearly."""
    divisor = speed + sqrt(max(0.0, speed * speed + 2 * gain * distance))
    return min(span, 2 * distance / divisor) if divisor > 0 else span


def root(value: Callable[[float], float], pace: Callable[[float], float], span: float) -> float:
    """Where a monotone function with this derivative is zero, between 0 and `span`."""
    low, high, s = 0.0, span, span / 2
    rises = value(span) > value(0.0)
    for _ in range(200):
        v, p = value(s), pace(s)
        if (v > 0) == rises:
            high = s
        else:
            low = s
        newton = s - v / p if p else inf
        if abs(newton - s) <= 2 * ulp(s) or high - low <= 2 * ulp(high):
            break
        s = newton if low < newton < high else (low + high) / 2
    return s


def phis(x: float) -> tuple[float, float, float]:
    """(1 - e^-x)/x and its two successors, (1/k! - phi_k)/x: 1, 1/2 and 1/6 at 0."""
    if x < 1:
        three = 0.0
        for term in SERIES:
            three = term - x * three
        two = 0.5 - x * three
        return 1 - x * two, two, three
    one = -expm1(-x) / x
    two = (1 - one) / x
    return one, two, (0.5 - two) / x


SERIES = [1 / factorial(k + 3) for k in reversed(range(16))]
