"""Periodic releases: a train that leaves on time."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from itertools import count, islice
from typing import Literal

from pydantic import Field

from simulator.releases.counted import Counted
from simulator.units import Moment, PositiveCount, PositiveDuration


class Periodic(Counted):
    """A new version every so often, at most `count` of them."""

    kind: Literal["periodic"] = "periodic"
    every: PositiveDuration
    first: Moment | None = Field(None, description="When the first one comes; without it after one period.")
    count: PositiveCount | None = None

    def times(self, uniform: Callable[[int], float]) -> Iterator[float]:
        return islice((self.begin + k * self.every for k in count()), self.count)

    def expected(self, horizon: float) -> float:
        return 0.0 if self.begin > horizon else min(self.count or math.inf, 1 + (horizon - self.begin) // self.every)

    @property
    def begin(self) -> float:
        """When the first one comes (seconds)."""
        return self.every if self.first is None else self.first
