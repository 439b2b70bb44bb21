"""Weibull: the lifetime of what ages, or of what fails young."""

from __future__ import annotations

import math
from functools import cached_property
from typing import Literal, Self

from pydantic import model_validator

from simulator.laws.law import Law, given_by
from simulator.units import PositiveDuration, PositiveNumber


class Weibull(Law):
    """Ageing (shape above 1) or infant mortality (below 1): given by its shape and its mean or scale."""

    law: Literal["weibull"] = "weibull"
    shape: PositiveNumber
    mean: PositiveDuration | None = None
    scale: PositiveDuration | None = None

    @model_validator(mode="after")
    def _one_number(self) -> Self:
        given_by(self, {"mean"}, {"scale"})
        return self

    @cached_property
    def breadth(self) -> float:
        """The scale (seconds): what 63 % stay below."""
        return self.scale or (self.mean or 0) / math.gamma(1 + 1 / self.shape)

    @property
    def expected(self) -> float:
        return float(self.breadth * math.gamma(1 + 1 / self.shape))

    def quantile(self, u: float) -> float:
        return float(self.breadth * (-math.log1p(-u)) ** (1 / self.shape))

    def residual(self, u: float) -> float:
        from scipy.special import gammaincinv  # where a scenario is only read, scipy stays out

        return float(self.breadth * gammaincinv(1 / self.shape, u) ** (1 / self.shape))
