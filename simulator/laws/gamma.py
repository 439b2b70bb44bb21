"""Gamma: a duration made of stages that are exponential alike; with a whole number of them it is called Erlang's."""

from __future__ import annotations

import math
from typing import Literal, Self

from pydantic import model_validator

from simulator.component import refuse
from simulator.laws.law import Law, inverted
from simulator.units import PositiveDuration, PositiveNumber


class Gamma(Law):
    """Less spread than an exponential where `shape` is above 1 (Erlang's k stages), more where it is below; given by its shape and its mean."""

    law: Literal["gamma"] = "gamma"
    shape: PositiveNumber
    mean: PositiveDuration

    @model_validator(mode="after")
    def _computable(self) -> Self:
        if not 0.001 <= self.shape <= 1e6:
            raise refuse("ConfigRange", f"`shape` should lie between 0.001 and 1,000,000, not {self.shape:g}")
        return self

    @property
    def expected(self) -> float:
        return self.mean

    def quantile(self, u: float) -> float:
        from scipy.special import gammaincinv  # where a scenario is only read, scipy stays out

        return float(self.mean / self.shape * gammaincinv(self.shape, u))

    def residual(self, u: float) -> float:
        from scipy.special import gammainc, gammaincc

        def below(z: float) -> float:
            """Share of the residual law below exp(z) scales: E[min(X, x)] / mean."""
            x = math.exp(z)
            return float(gammainc(self.shape + 1, x) + x / self.shape * gammaincc(self.shape, x))

        return self.mean / self.shape * math.exp(inverted(below, u, -60.0, 60.0))
