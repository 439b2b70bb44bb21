"""Empirical: what was measured, each value as likely as the others."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from functools import cached_property
from itertools import accumulate
from math import floor, fsum, nan
from typing import Annotated, Literal

from pydantic import Field

from simulator.laws.law import Law
from simulator.units import Duration

MOST_VALUES = 100_000  # in a scenario; more of them lie in a file


class Sample(Law):
    """A law of measured values: any of them, all alike."""

    @property
    def sequence(self) -> Sequence[float]:
        """The values (seconds), in the order in which they were given."""
        raise NotImplementedError

    @cached_property
    def ordered(self) -> list[float]:
        """The values (seconds), shortest first."""
        return sorted(self.sequence)

    @cached_property
    def below(self) -> list[float]:
        """The share of the residual law below each: the integral of 1 - F up to it, by the mean."""
        n, total = len(self.ordered), fsum(self.ordered)
        widths = [high - low for low, high in zip([0.0, *self.ordered], self.ordered, strict=False)]
        return list(accumulate((n - k) * width / total for k, width in enumerate(widths)))

    @property
    def expected(self) -> float:
        return fsum(self.sequence) / len(self.sequence) if self.sequence else nan  # a report leaves a file of them unread

    def quantile(self, u: float) -> float:
        return self.ordered[floor(u * len(self.ordered))]

    def residual(self, u: float) -> float:
        if not self.ordered[-1]:
            return 0.0
        place = min(bisect_left(self.below, u), len(self.below) - 1)
        low, start = (self.ordered[place - 1], self.below[place - 1]) if place else (0.0, 0.0)
        return low + (self.ordered[place] - low) * min(1.0, (u - start) / (self.below[place] - start))


class Empirical(Sample):
    """One of the values given, all alike; the order in which they stand does not matter."""

    law: Literal["empirical"] = "empirical"
    values: Annotated[tuple[Duration, ...], Field(min_length=1, max_length=MOST_VALUES)]

    @property
    def sequence(self) -> Sequence[float]:
        return self.values
