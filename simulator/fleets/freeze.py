"""Change freezes: times in which nobody begins an upgrade."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

from pydantic import model_validator

from simulator.component import Model, refuse
from simulator.units import Moment, PositiveDuration


class Freeze(Model):
    """From a time on, for so long; again and again, where it says `every`."""

    at: Moment
    lasts: PositiveDuration
    every: PositiveDuration | None = None

    @model_validator(mode="after")
    def _thaws(self) -> Self:
        if self.every is not None and self.lasts >= self.every:
            raise refuse("ConfigConflict", "`lasts` should be shorter than `every`, or nothing is ever changed again")
        return self

    def over(self, time: float) -> float:
        """When it is over, if it is on at a time (seconds); else that time."""
        if time < self.at:
            return time
        turn = 0.0 if self.every is None else (time - self.at) // self.every * self.every
        return max(time, self.at + turn + self.lasts)


def thawed(freezes: Sequence[Freeze], time: float) -> float:
    """The first moment from a time on (seconds) at which none of them is on."""
    while (later := max((freeze.over(time) for freeze in freezes), default=time)) > time:
        time = later
    return time
