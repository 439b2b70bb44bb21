"""Uniform: anything between two bounds."""

from __future__ import annotations

import math
from typing import Literal, Self

from pydantic import model_validator

from simulator.component import refuse
from simulator.laws.law import Law
from simulator.units import Duration, PositiveDuration


class Uniform(Law):
    """Anything between two bounds, all alike."""

    law: Literal["uniform"] = "uniform"
    low: Duration
    high: PositiveDuration

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.low > self.high:
            raise refuse("ConfigConflict", "`low` is above `high`")
        return self

    @property
    def expected(self) -> float:
        return (self.low + self.high) / 2

    def quantile(self, u: float) -> float:
        return self.low + u * (self.high - self.low)

    def residual(self, u: float) -> float:
        beyond = u * self.expected - self.low
        if beyond <= 0:
            return u * self.expected
        width = self.high - self.low
        return self.high - math.sqrt(max(0.0, width * width - 2 * width * beyond))
