"""Roster: who serves in one fleet, since when, and how hard they have worked; times are in seconds."""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

from simulator.serving.serving import Load
from simulator.serving.station import Station


class Staff(NamedTuple):
    """The workers of a fleet that are in service from a time on, and what they serve (requests per second)."""

    time: float
    workers: int
    capacity: float


class Sample(NamedTuple):
    """What a fleet had done by a time: attempts that came to it, and worker-seconds spent and paid for."""

    time: float
    attempts: int
    worked: float
    paid: float


class Roster:
    """The servers of a fleet that are in service, with so many workers each."""

    def __init__(self, fleet: str, concurrency: int) -> None:
        self.station, self.concurrency = Station(fleet), concurrency
        self.staff = [Staff(0.0, 0, 0.0)]  # a row a change
        self._paid = self._since = 0.0  # worker-seconds in service, and up to which time
        self._samples = deque([Sample(0.0, 0, 0.0, 0.0)])

    def rate(self, server: object, rate: float | None, now: float) -> None:
        """From now on a server serves at this rate (requests per second), or not at all."""
        self._pay(now)
        if self.station.serves(server):
            self.station.leave(server)
        if rate is not None:
            self.station.join(server, rate)
        self.staff.append(Staff(now, self.station.servers * self.concurrency, self.station.capacity))

    def load(self, attempts: int, worked: float, now: float, window: float) -> Load:
        """The load since the look at it that was `window` seconds ago, or the last before that, by what the fleet has done up to now."""
        self._pay(now)
        sample, samples = Sample(now, attempts, worked, self._paid), self._samples
        while len(samples) > 1 and samples[1].time <= now - window * (1 - 1e-9):
            samples.popleft()
        before = samples[0]
        if now > before.time:
            samples.append(sample)
        width, paid = now - before.time, sample.paid - before.paid
        demand = (sample.attempts - before.attempts) / width if width else 0.0
        utilisation = min(1.0, (sample.worked - before.worked) / paid) if paid else float(demand > 0)
        return Load(demand, self.staff[-1].capacity, utilisation, self.station.servers)

    def _pay(self, now: float) -> None:
        self._paid, self._since = self._paid + self.staff[-1].workers * (now - self._since), now
