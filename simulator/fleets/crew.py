"""Crews: people who repair and upgrade, one job each at a time."""

from __future__ import annotations

from dataclasses import dataclass
from heapq import heappop, heappush
from itertools import count
from typing import TYPE_CHECKING, Annotated, Literal

from simpy import Event

from simulator.component import assumed
from simulator.fleets.part import Part
from simulator.units import PositiveCount

if TYPE_CHECKING:
    from simulator.server import Life, Server
    from simulator.simulation import Simulation

URGENCY = {"repair": 0, "upgrade": 1, "look": 2}  # repairs before upgrades before false alarms, first come first served within each


class Crew(Part):
    """People that fleets share."""

    kind: Literal["crew"] = "crew"
    people: Annotated[PositiveCount, assumed("a primary and a secondary on call")] = 2

    def open(self, world: Simulation, name: str) -> None:
        world.crews[name] = People(world, name, self.people)


@dataclass(frozen=True, eq=False, slots=True)
class Job:
    """What a person has begun; two of one moment are two."""

    task: str
    server: Server
    asked: float
    start: float


class People:
    """A crew at work; nobody is taken off a job. (With SimPy's PriorityResource a year of 10,000 pets took a fifth longer: an event for every turn.)"""

    def __init__(self, world: Simulation, name: str, people: int) -> None:
        self.world, self.name, self.free = world, name, people
        self._waiting: list[tuple[int, int, Event]] = []
        self._begun: dict[Job, None] = {}
        self._serial = count()

    def take(self, task: str, server: Server) -> Life:
        """Wait for a free person; returns the job, which `done` ends."""
        asked = self.world.now
        if self.free:
            self.free -= 1
        else:
            turn = self.world.event()
            heappush(self._waiting, (URGENCY[task], next(self._serial), turn))
            yield turn
        job = Job(task, server, asked, self.world.now)
        self._begun[job] = None
        return job

    def done(self, job: Job) -> None:
        """The person is free, and turns to whoever is next."""
        del self._begun[job]
        self._write(job)
        if self._waiting:
            heappop(self._waiting)[2].succeed()
        else:
            self.free += 1

    def stop(self) -> None:
        """The run is over: what is under way has lasted until now."""
        for job in self._begun:
            self._write(job)

    def _write(self, job: Job) -> None:
        if self.world.now > job.start:
            server = job.server
            self.world.record.write("work", job.start, self.world.now, job.asked, self.name, job.task, server.fleet.name, server.name)
