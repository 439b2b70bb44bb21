"""Health checks: what a balancer believes of its servers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from simulator.component import Model, published
from simulator.units import Duration, PositiveCount, PositiveDuration

if TYPE_CHECKING:
    from simulator.simulation import Simulation


class HealthCheck(Model):
    """A check that polls each server: out of rotation after `fall` failures in a row, and in again after `rise` successes."""

    interval: Annotated[PositiveDuration, published("HAProxy's `inter`: 2 s")] = 2.0
    timeout: Annotated[Duration, published("HAProxy: where nothing is said, as long as `inter`")] = 2.0
    rise: Annotated[PositiveCount, published("HAProxy's `rise`: 2")] = 2
    fall: Annotated[PositiveCount, published("HAProxy's `fall`: 3")] = 3

    def noticed(self, world: Simulation, entity: str, silent: bool) -> float:
        """When a server that stopped just now goes out of rotation (seconds); one that refuses connections fails its checks at once."""
        return self._tick(world, entity) + (self.fall - 1) * self.interval + (self.timeout if silent else 0.0)

    def trusted(self, world: Simulation, entity: str) -> float:
        """When a server that answers from now on comes into rotation (seconds)."""
        return self._tick(world, entity) + (self.rise - 1) * self.interval

    def _tick(self, world: Simulation, entity: str) -> float:
        return world.first_tick(world.now, self.interval, f"health/{entity}")
