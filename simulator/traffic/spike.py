"""Spikes: a crowd comes, stays, and goes."""

from __future__ import annotations

from typing import Literal

from simulator.polyline import Polyline
from simulator.record import Event
from simulator.traffic.source import Traffic
from simulator.units import Duration, Moment, PositiveNumber


class Spike(Traffic):
    """A surge: the rate before it, multiplied while it rises, holds and falls."""

    multiplies = True
    kind: Literal["spike"] = "spike"
    at: Moment
    factor: PositiveNumber
    rise: Duration = 0.0
    hold: Duration
    fall: Duration = 0.0

    def knots(self, horizon: float) -> float:
        return 4 + min(horizon, self.rise + self.fall) / 60  # where it meets another slope, a knot a minute

    def shape(self, before: Polyline, horizon: float) -> Polyline:
        top, end = self.at + self.rise, self.at + self.rise + self.hold
        return before * Polyline([(self.at, 1.0), (top, self.factor), (end, self.factor), (end + self.fall, 1.0)])

    def event(self) -> Event:
        return Event(self.at, f"{self.factor:g}x traffic", self.at + self.rise + self.hold + self.fall)
