"""Exponential: what is left does not depend on what has passed."""

from __future__ import annotations

import math
from typing import Literal, Self

from pydantic import model_validator

from simulator.component import refuse
from simulator.laws.law import Law, given_by
from simulator.units import PositiveDuration, Rate


class Exponential(Law):
    """Without memory: given by its mean, or by the rate of what it waits for."""

    law: Literal["exponential"] = "exponential"
    mean: PositiveDuration | None = None
    rate: Rate | None = None

    @model_validator(mode="after")
    def _one_number(self) -> Self:
        given_by(self, {"mean"}, {"rate"})
        if self.rate == 0:
            raise refuse("ConfigRange", "`rate` should be above zero; leave out what never happens")
        return self

    @property
    def expected(self) -> float:
        return self.mean or 1 / (self.rate or 1)

    def quantile(self, u: float) -> float:
        return -self.expected * math.log1p(-u)

    def residual(self, u: float) -> float:
        return self.quantile(u)
