"""Failures: part of the weather, the same for every policy."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from simulator.component import Component
from simulator.record import Event

if TYPE_CHECKING:
    from simulator.simulation import Simulation
    from simulator.sites import Sites


class Failure(Component):
    """Something that strikes; the n-th of a scenario draws under its own name."""

    def strike(self, world: Simulation, name: str) -> None:
        """Be at work from the start of the run."""
        raise NotImplementedError

    def event(self) -> Event | None:
        """What a reader would mark on a chart."""
        return None

    def rate(self, servers: int, hosts: int) -> float:
        """About how many strikes a second a run of so many servers sees."""
        return 0.0

    def unknown(self, sites: Sites, fleets: set[str], registries: set[str]) -> Iterator[tuple[str, str]]:
        """The keys that name what is not there, and what to say of each."""
        yield from ()
