"""The world of one run: one policy under one replication of the weather."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from simpy import Environment, Timeout

from simulator.draws import Draws
from simulator.record import Record
from simulator.sites import Ground, Sites

if TYPE_CHECKING:
    from simulator.fleet import Fleet
    from simulator.fleets.crew import People
    from simulator.fleets.registry import Depot
    from simulator.server import Server
    from simulator.serving import Serving


class Simulation(Environment):
    """SimPy's environment with the draws, the ground, the fleets and the record of one run; time is in seconds since the scenario's start."""

    def __init__(self, sites: Sites, draws: Draws, horizon: float, week: float = 0.0, warmup: float = 0.0) -> None:
        super().__init__()
        self.horizon, self.warmup = horizon, warmup
        self.week = week  # seconds from a Monday's 00:00 to the start
        self.record = Record()
        self.ground = Ground(sites)
        self.draws = draws
        self.draw = draws.draw
        self.uniform = draws.uniform
        self.fleets: dict[str, Fleet] = {}
        self.crews: dict[str, People] = {}
        self.registries: dict[str, Depot] = {}
        self.serving: Serving
        self.watchers: list[Callable[[Server], None]] = []

    def until(self, time: float) -> Timeout:
        """A wait until a time; at once where it has passed."""
        return self.timeout(max(0.0, time - self.now))

    def call(self, time: float, act: Callable[[], None]) -> None:
        """Do this at a time, without a process of its own; nothing is kept for what lies beyond the horizon."""
        if time <= self.horizon:
            self.until(time).callbacks.append(lambda _: act())

    def began(self, server: Server) -> None:
        """A server's process has begun to serve, or to age at another pace: who strikes processes wants to know."""
        for watcher in self.watchers:
            watcher(server)

    def first_tick(self, after: float, period: float, entity: str) -> float:
        """The first tick at or after a time of what polls with this period, at a phase that is the poller's own."""
        phase = self.uniform("phase", entity) * period
        return phase + max(0, -((phase - after) // period)) * period

    def play(self) -> None:
        """Let everything happen up to the horizon and at it, traffic included."""
        self.run(until=self.horizon)
        while self.peek() <= self.horizon:  # SimPy stops before what is due at this very moment
            self.step()
        self.serving.finish(self.horizon)
        for crew in self.crews.values():
            crew.stop()
        for fleet in self.fleets.values():
            fleet.stop()
