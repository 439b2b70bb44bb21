"""Registries: where images lie that hosts pull."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from simulator.component import assumed
from simulator.fleets.link import Link
from simulator.fleets.part import Part
from simulator.units import Bandwidth, PositiveDuration

if TYPE_CHECKING:
    from simpy import Event

    from simulator.simulation import Simulation

DOWN, GONE = "registry down", "image gone"  # why a pull fails


class Registry(Part):
    """What fleets share: who pulls at once shares its bandwidth, and it deletes images that were pushed too long ago, whoever runs them."""

    kind: Literal["registry"] = "registry"
    bandwidth: Annotated[Bandwidth, assumed("ten gigabits a second")] = 1.25e9
    retention: Annotated[PositiveDuration | None, assumed("images are kept for ever")] = None

    def open(self, world: Simulation, name: str) -> None:
        world.registries[name] = Depot(world, self)


class Depot:
    """A registry in one run: what was pushed to it when, and who pulls."""

    def __init__(self, world: Simulation, registry: Registry) -> None:
        self.world, self.registry = world, registry
        self._pushed: dict[str, float] = {}  # by the digest of an image, seconds
        self._link: Link | None = None
        self._causes: list[str] = []  # of its being down

    def push(self, digest: str) -> None:
        """An image is there from now on; the same one again is the old one."""
        self._pushed.setdefault(digest, self.world.now)

    def refuses(self, digest: str) -> str:
        """Why nobody can have this image now; empty where they can."""
        if self._causes:
            return DOWN
        kept = self.registry.retention
        return GONE if kept is not None and self.world.now > self._pushed[digest] + kept else ""

    def copy(self, size: float, most: float) -> Event:
        """What happens when so many bytes are over, at no more than a host takes a second; its value says what went wrong."""
        if self._link is None:
            self._link = Link(self.world, self.registry.bandwidth, most)
        return self._link.copy(size)

    def drop(self, done: Event) -> None:
        """A host no longer pulls."""
        assert self._link
        self._link.drop(done)

    # What an outage does to it, as to any domain

    def hold(self, cause: str) -> None:
        self._causes.append(cause)
        if self._link:
            self._link.fail(DOWN)

    def release(self, cause: str) -> None:
        self._causes.remove(cause)

    def fail(self, cause: str) -> None:
        """Nothing in it breaks for good."""
