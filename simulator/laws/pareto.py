"""Pareto: most are short, and the few long ones make up much of the sum."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import model_validator

from simulator.component import refuse
from simulator.laws.law import Law, given_by
from simulator.units import PositiveDuration, PositiveNumber


class Pareto(Law):
    """A share (scale / x)^shape of all is longer than x: given by its shape, which is above 1, and its mean or scale (the shortest)."""

    law: Literal["pareto"] = "pareto"
    shape: PositiveNumber
    mean: PositiveDuration | None = None
    scale: PositiveDuration | None = None

    @model_validator(mode="after")
    def _with_mean(self) -> Self:
        if self.shape <= 1:
            raise refuse("ConfigRange", f"`shape` should be above 1, not {self.shape:g}: at or below 1 there is no mean")
        given_by(self, {"mean"}, {"scale"})
        return self

    @property
    def shortest(self) -> float:
        """What all are at least (seconds)."""
        return self.scale or (self.mean or 0) * (self.shape - 1) / self.shape

    @property
    def expected(self) -> float:
        return self.shortest * self.shape / (self.shape - 1)

    def quantile(self, u: float) -> float:
        return float(self.shortest * (1 - u) ** (-1 / self.shape))

    def residual(self, u: float) -> float:
        left = (1 - u) * self.shape  # of what is longer than the shortest: the mean less the shortest is 1 / shape of the mean
        return float(self.shortest * left ** (-1 / (self.shape - 1))) if left < 1 else u * self.expected
