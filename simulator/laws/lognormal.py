"""Lognormal: the product of many small causes, as service and repair times are."""

from __future__ import annotations

import math
from functools import cached_property
from statistics import NormalDist
from typing import Literal, Self

from pydantic import model_validator

from simulator.component import refuse
from simulator.laws.law import Law, given_by, inverted
from simulator.units import PositiveDuration, PositiveNumber

NORMAL = NormalDist()
Z95 = NORMAL.inv_cdf(0.95)


class Lognormal(Law):
    """The logarithm is normal: given by mean and cv (of the duration itself), or by its median and sigma or p95, or by its mean and sigma."""

    law: Literal["lognormal"] = "lognormal"
    mean: PositiveDuration | None = None
    median: PositiveDuration | None = None
    cv: PositiveNumber | None = None
    sigma: PositiveNumber | None = None
    p95: PositiveDuration | None = None

    @model_validator(mode="after")
    def _two_numbers(self) -> Self:
        given_by(self, {"mean", "cv"}, {"median", "sigma"}, {"median", "p95"}, {"mean", "sigma"})
        if self.p95 and self.median and self.p95 <= self.median:
            raise refuse("ConfigConflict", "`p95` should be above `median`")
        return self

    @cached_property
    def parameters(self) -> tuple[float, float]:
        """Mean and standard deviation of the logarithm."""
        if self.median is not None:
            return math.log(self.median), self.sigma or math.log((self.p95 or 0) / self.median) / Z95
        sigma = self.sigma or math.sqrt(math.log1p((self.cv or 0) ** 2))
        return math.log(self.mean or 0) - sigma * sigma / 2, sigma

    @property
    def expected(self) -> float:
        mu, sigma = self.parameters
        return math.exp(mu + sigma * sigma / 2)

    def quantile(self, u: float) -> float:
        mu, sigma = self.parameters
        return math.exp(mu + sigma * NORMAL.inv_cdf(u))

    def residual(self, u: float) -> float:
        mu, sigma = self.parameters

        def below(z: float) -> float:
            """Share of the residual law below exp(mu + sigma z): E[min(X, x)] / mean."""
            return NORMAL.cdf(z - sigma) + math.exp(sigma * z - sigma * sigma / 2) * NORMAL.cdf(-z)

        shortest = (math.log(u * self.expected) - mu) / sigma  # as E[min(X, x)] is at most x
        return math.exp(mu + sigma * inverted(below, u, shortest, 60.0))
