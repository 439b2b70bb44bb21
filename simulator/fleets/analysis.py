"""Analyses: looks at a rollout under way, which send it back where the new version does worse than its gate lets pass."""

from __future__ import annotations

from itertools import count
from math import inf
from typing import TYPE_CHECKING

from simulator.server import IN_SERVICE, Server

if TYPE_CHECKING:
    from simulator.fleet import Fleet
    from simulator.rollouts import Gate
    from simulator.server import Life


class Analysis:
    """The looks at one rollout: from its announcement until so long after its end, or until something else is wanted."""

    def __init__(self, fleet: Fleet, gate: Gate, base: int) -> None:
        self.fleet, self.gate, self.stack = fleet, gate, fleet.wanted
        self.base = base  # the last stack that has passed
        self.failed = 0  # looks in a row
        self.over = inf  # when the rollout was seen to be over (seconds)
        fleet.world.process(self.looks())

    def looks(self) -> Life:
        """Look again and again, and go back to all that ran before after so many failures in a row."""
        fleet, gate, world = self.fleet, self.gate, self.fleet.world
        first = world.first_tick(world.now, gate.every, f"gate/{fleet.name}")
        for k in count():
            yield world.until(first + k * gate.every)
            if fleet.analysis is not self or fleet.wanted != self.stack or world.now > self.over + gate.watch:
                return
            if self.over == inf and fleet.part.rolled(fleet):
                self.over = world.now
            passes = self.passes()
            self.failed = 0 if passes else self.failed + 1
            if self.failed >= gate.failures:
                fleet.go_back(self.base, "gate")
                return
            if passes and fleet.deployment:
                fleet.deployment.nudge()

    def passes(self) -> bool:
        """One look; while no new server is in service there is nothing to see."""
        new, old = list[Server](), list[Server]()
        for stack in (self.fleet.wanted, *self.fleet.outdated):
            mine = new if stack == self.fleet.wanted else old
            mine += [server for state in IN_SERVICE for server in self.fleet.members(stack, state) if server.in_service]
        return not new or self.gate.passes(_means(new), _means(old) if old else (0.0, 1.0))


def _means(servers: list[Server]) -> tuple[float, float]:
    """The share of errors and the speed of some servers, in the mean."""
    return sum(server.errors for server in servers) / len(servers), sum(server.speed for server in servers) / len(servers)


def analyse(fleet: Fleet, gate: Gate | None, before: int) -> None:
    """A rollout begins: look at it, if somebody does. What is still looked at then has not passed, and who goes back goes back past it as well."""
    if gate:
        last = fleet.analysis
        within = last and last.stack == before and fleet.world.now <= last.over + gate.watch
        fleet.analysis = Analysis(fleet, gate, last.base if last and within else before)
