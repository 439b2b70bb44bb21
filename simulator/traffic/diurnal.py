"""Diurnal traffic: it rises and falls with the day."""

from __future__ import annotations

import math
from typing import Annotated, Literal, Self

from pydantic import model_validator

from simulator.component import assumed, refuse
from simulator.polyline import Polyline
from simulator.traffic.source import Traffic
from simulator.units import Moment, PositiveDuration, Rate


class Diurnal(Traffic):
    """A cosine about its mean, highest at `peak_at`."""

    kind: Literal["diurnal"] = "diurnal"
    mean: Rate
    peak: Rate
    peak_at: Annotated[Moment, assumed("six hours in")] = 21600.0
    period: PositiveDuration = 86400.0

    @model_validator(mode="after")
    def _never_negative(self) -> Self:
        if not self.mean <= self.peak <= 2 * self.mean:
            raise refuse(
                "ConfigRange",
                f"`peak` should lie between the mean and twice the mean, else the trough is negative; it is {self.peak:g}/s and the mean {self.mean:g}/s",
            )
        return self

    def knots(self, horizon: float) -> float:
        return 200 * horizon / self.period

    def shape(self, before: Polyline, horizon: float) -> Polyline:
        # 200 knots a period: the chord of a cosine is then off by at most 1.3e-4 of its swing, and its mean is exact.
        step = self.period / 200
        knots = math.ceil(horizon / step) + 1
        swing = self.peak - self.mean
        return before + Polyline([(k * step, self.mean + swing * math.cos(math.tau * (k * step - self.peak_at) / self.period)) for k in range(knots)])
