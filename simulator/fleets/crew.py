"""Crews: people who repair and upgrade, one job each at a time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Literal

from simpy import PriorityResource
from simpy.resources.resource import PriorityRequest

from simulator.component import assumed
from simulator.fleets.part import Part
from simulator.units import PositiveCount

if TYPE_CHECKING:
    from simulator.server import Server
    from simulator.simulation import Simulation

URGENCY = {"repair": 0, "upgrade": 1}  # repairs before upgrades, first come first served within each


class Crew(Part):
    """People that fleets share."""

    kind: Literal["crew"] = "crew"
    people: Annotated[PositiveCount, assumed("a primary and a secondary on call")] = 2

    def open(self, world: Simulation, name: str) -> None:
        world.crews[name] = People(world, name, self.people)


class People:
    """A crew at work."""

    def __init__(self, world: Simulation, name: str, people: int) -> None:
        self.world, self.name = world, name
        self._desk = PriorityResource(world, people)

    @contextmanager
    def turn(self, task: str, server: Server) -> Iterator[PriorityRequest]:
        """A person's time for one task: wait for what it yields, and the person is free again at the end of the block."""
        turn = self._desk.request(priority=URGENCY[task])
        with turn:
            yield turn
            # Reached when the work is done, not where the run ends in the midst of it.
            self.world.record.write("work", turn.usage_since, self.world.now, self.name, task, server.name)
