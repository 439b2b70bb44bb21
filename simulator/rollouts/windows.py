"""Windows: pets are upgraded at set times only."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count, takewhile
from math import inf
from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import model_validator

from simulator.component import assumed, refuse
from simulator.rollouts.rollout import AtOnce, Attempt, PetsRollout, outdated, tried
from simulator.units import Moment, PositiveDuration

if TYPE_CHECKING:
    from simulator.fleet import Fleet
    from simulator.server import Life


class Windows(PetsRollout):
    """A maintenance window every so often: each pet that is not on what is wanted is tried once, and none is begun after the window's end."""

    kind: Literal["windows"] = "windows"
    every: Annotated[PositiveDuration, assumed("weekly")] = 604800.0
    first: Annotated[Moment | None, assumed("after the first period")] = None
    lasts: Annotated[PositiveDuration, assumed("two hours at night")] = 7200.0
    at_once: Annotated[AtOnce, assumed("one by one")] = 1

    @model_validator(mode="after")
    def _apart(self) -> Self:
        if self.lasts > self.every:
            raise refuse("ConfigConflict", "`lasts` is longer than `every`: the window would never close")
        return self

    def standing(self, fleet: Fleet, attempt: Attempt) -> Life:
        for begin, end in self.openings(inf):
            yield fleet.world.until(begin)
            yield from tried(fleet, outdated(fleet), attempt, self.at_once, until=end)

    def over(self, fleet: Fleet) -> bool:
        return not fleet.outdated

    def openings(self, horizon: float) -> Iterator[tuple[float, float]]:
        first = self.every if self.first is None else self.first
        return takewhile(lambda window: window[0] < horizon, ((first + k * self.every, first + k * self.every + self.lasts) for k in count()))
