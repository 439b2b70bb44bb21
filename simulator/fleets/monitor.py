"""Monitors: how the loss of a server is noticed."""

from __future__ import annotations

from typing import Annotated

from simulator.component import Model, assumed
from simulator.simulation import Simulation
from simulator.units import Duration, PositiveCount


class Monitor(Model):
    """A check that polls; a server is lost to it after so many misses in a row. With `every: 0s` it notices after the time-out alone."""

    every: Annotated[Duration, assumed("as the health check of AWS's classic load balancer")] = 30.0
    misses: Annotated[PositiveCount, assumed("as its unhealthy threshold")] = 2
    timeout: Annotated[Duration, assumed("as its response time-out")] = 5.0

    def notice(self, world: Simulation, entity: str) -> float:
        """How long (seconds) from now until a loss at this moment is noticed: computed, as nothing is gained by polling."""
        if not self.every:
            return self.timeout
        return world.first_tick(world.now, self.every, f"monitor/{entity}") + (self.misses - 1) * self.every + self.timeout - world.now
