"""Hyperexponential: mostly short, now and then long."""

from __future__ import annotations

import math
from functools import cached_property
from typing import TYPE_CHECKING, Literal, Self

from pydantic import model_validator

from simulator.component import refuse
from simulator.laws.law import Law, inverted
from simulator.units import PositiveDuration, PositiveNumber

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Hyperexponential(Law):
    """One of two exponentials, each of which carries half of the time (balanced means; Whitt 1982): given by its mean and cv, which is above 1."""

    law: Literal["hyperexponential"] = "hyperexponential"
    mean: PositiveDuration
    cv: PositiveNumber

    @model_validator(mode="after")
    def _spread(self) -> Self:
        if not 1 < self.cv <= 1000:
            raise refuse("ConfigRange", f"`cv` should be above 1 and at most 1000, not {self.cv:g}; at 1 the law is exponential")
        return self

    @cached_property
    def phases(self) -> tuple[tuple[float, float], tuple[float, float]]:
        """Share and mean (seconds) of the short and of the long ones."""
        square = self.cv * self.cv
        # 1 - p without cancellation, as it is small where cv is large.
        long = 1 / (square + 1) / (1 + math.sqrt((square - 1) / (square + 1)))
        return (1 - long, self.mean / (2 * (1 - long))), (long, self.mean / (2 * long))

    @property
    def expected(self) -> float:
        return self.mean

    def quantile(self, u: float) -> float:
        return self._reached(u, [share for share, _ in self.phases])

    def quantiles(self, shares: NDArray[np.float64]) -> NDArray[np.float64]:
        """The same of many at once, to 2^-60 of the range in which each must lie."""
        import numpy as np

        low, high = (np.log(-mean * np.log1p(-shares)) for _, mean in self.phases)
        for _ in range(60):
            middle = (low + high) / 2
            under = sum(share * -np.expm1(-np.exp(middle) / mean) for share, mean in self.phases) < shares
            low, high = np.where(under, middle, low), np.where(under, high, middle)
        return np.exp(low)

    def residual(self, u: float) -> float:
        return self._reached(u, [0.5, 0.5])

    def _reached(self, u: float, shares: list[float]) -> float:
        """Where the mixture with these shares has u below it."""
        means = [mean for _, mean in self.phases]

        def below(z: float) -> float:
            """Share of the mixture below exp(z) seconds."""
            return sum([share * -math.expm1(-math.exp(z) / mean) for share, mean in zip(shares, means, strict=True)])

        low, high = (math.log(-mean * math.log1p(-u)) for mean in means)  # where each of the two alone would have it
        return math.exp(inverted(below, u, low, high))
