"""Constant: the same each time."""

from __future__ import annotations

from typing import Literal

from simulator.laws.law import Law
from simulator.units import Duration


class Constant(Law):
    """Always the same."""

    law: Literal["constant"] = "constant"
    value: Duration

    @property
    def expected(self) -> float:
        return self.value

    def quantile(self, u: float) -> float:
        return self.value

    def residual(self, u: float) -> float:
        return u * self.value
