"""Autoscalers: the rule that turns load into a number of servers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Self

from pydantic import model_validator

from simulator.component import Component, published, refuse
from simulator.units import Duration, PositiveDuration, ServerCount

if TYPE_CHECKING:
    from simulator.serving import Load


class Autoscaler(Component):
    """A rule that polls the load and says how many servers it wants; the bounds are applied once, by the fleet."""

    min: ServerCount
    max: ServerCount
    every: Annotated[PositiveDuration, published("Kubernetes HPA sync period")] = 15.0
    shrink_after: Annotated[Duration, published("Kubernetes HPA downscale stabilisation")] = 300.0

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.min > self.max:
            raise refuse("ConfigConflict", f"`min` {self.min} is above `max` {self.max}")
        return self

    def wanted(self, load: Load, server_rps: float) -> int:
        """The number of servers for this load, each of which serves so many requests per second."""
        raise NotImplementedError

    def bound(self, servers: int) -> int:
        """The number within its bounds."""
        return max(self.min, min(servers, self.max))
