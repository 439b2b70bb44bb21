"""Autoscalers: the rule that turns load into a number of servers."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator
from math import inf
from typing import TYPE_CHECKING, Annotated, NamedTuple, Self

from pydantic import model_validator

from simulator.autoscalers.schedule import Schedule
from simulator.component import Component, published, refuse
from simulator.units import Duration, PositiveDuration, ServerCount

if TYPE_CHECKING:
    from simulator.serving import Load


class Group(NamedTuple):
    """Containers that an autoscaler cannot tell apart."""

    servers: int
    running: bool  # else they are still pulled or started
    ready: bool
    measured: bool  # whether there is a measurement of them
    started: float = -inf  # when their containers were started (seconds since the scenario's start)
    changed: float = -inf  # when they last became ready, or ceased to be


class Sight(NamedTuple):
    """What an autoscaler sees when it looks."""

    time: float  # seconds since the scenario's start
    replicas: int  # wanted until now
    least: int  # its `min`, or more where its schedule says so
    load: Load
    server_rps: float  # what each serves
    workers: int  # of each
    groups: list[Group]


# Gives the number of servers it wants for what it is sent; the first thing it gives is nothing.
Decisions = Generator[int, Sight, None]


class Autoscaler(Component):
    """A rule that polls and says how many servers it wants; the bounds are applied once, by the fleet."""

    min: ServerCount
    max: ServerCount
    every: Annotated[PositiveDuration, published("Kubernetes HPA sync period")] = 15.0
    schedule: Schedule = ()

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.min > self.max:
            raise refuse("ConfigConflict", f"`min` {self.min} is above `max` {self.max}")
        if (most := max((entry.min for entry in self.schedule), default=0)) > self.max:
            raise refuse("ConfigConflict", f"the schedule's `min` {most} is above `max` {self.max}")
        return self

    @property
    def recent(self) -> float:
        """For how long (seconds) a server that has become ready is told apart from the others."""
        return 0.0

    def decisions(self, replicas: int) -> Decisions:
        """What it wants, look by look, from so many at the start; its memory lives in here."""
        raise NotImplementedError

    def bound(self, servers: int) -> int:
        """The number within its bounds."""
        return max(self.min, min(servers, self.max))


class LoadAutoscaler(Autoscaler):
    """One that wants what its rule says of the load now, and shrinks only to the most it wanted within its look back."""

    shrink_after: Annotated[Duration, published("Kubernetes HPA downscale stabilisation")] = 300.0

    def wanted(self, load: Load, server_rps: float) -> int:
        """The number of servers for this load, each of which serves so many requests per second."""
        raise NotImplementedError

    def decisions(self, replicas: int) -> Decisions:
        sight = yield replicas
        asked, looks = deque([(0, replicas)]), 0
        while True:
            servers = self.bound(self.wanted(sight.load, sight.server_rps))
            asked.append((looks, servers))
            while (looks - asked[0][0]) * self.every > self.shrink_after:
                asked.popleft()
            looks += 1
            sight = yield max(servers, min(sight.replicas, max(number for _, number in asked)))
