"""Releases at random: whenever somebody is done with something."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from itertools import accumulate, count
from typing import Literal

from simulator.releases.counted import Counted
from simulator.units import PositiveRate


class Poisson(Counted):
    """New versions at a mean rate, each independent of the others: the gaps between them are exponential."""

    drawn = True
    kind: Literal["poisson"] = "poisson"
    rate: PositiveRate

    def times(self, uniform: Callable[[int], float]) -> Iterator[float]:
        return accumulate(-math.log1p(-uniform(k)) / self.rate for k in count())

    def expected(self, horizon: float) -> float:
        return self.rate * horizon
