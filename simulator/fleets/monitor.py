"""Monitors: how the loss of a server is noticed."""

from __future__ import annotations

from simulator.component import Model
from simulator.simulation import Simulation
from simulator.units import Duration, PositiveCount


class Monitor(Model):
    """A check that polls; a server is lost to it after so many misses in a row.

    Defaults are those of a classic load balancer's health check (PARAMETERS lb.health: 30 s, 2 failures; time-out of 5 s assumed).
    """

    every: Duration = 30.0
    misses: PositiveCount = 2
    timeout: Duration = 5.0

    def notice(self, world: Simulation, entity: str) -> float:
        """How long (seconds) from now until a loss at this moment is noticed: computed, as nothing is gained by polling."""
        if not self.every:
            return self.timeout
        return world.first_tick(world.now, self.every, f"monitor/{entity}") + (self.misses - 1) * self.every + self.timeout - world.now
