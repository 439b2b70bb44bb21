"""Outages: a shared cause takes part of a fleet down at once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal, Self

from pydantic import model_validator

from simulator.component import Name, meant, refuse
from simulator.failures.failure import Failure
from simulator.laws import Law
from simulator.record import Event
from simulator.sites import Domain, Held, Sites
from simulator.units import Moment, PositiveShare

if TYPE_CHECKING:
    from simulator.server import Life
    from simulator.simulation import Simulation


class Outage(Failure):
    """A zone, a host, or a share of every fleet is down for a while."""

    kind: Literal["outage"] = "outage"
    at: Moment
    lasts: Law
    zone: Name | None = None
    host: Name | None = None
    share: PositiveShare | None = None

    @model_validator(mode="after")
    def _one_domain(self) -> Self:
        if sum(place is not None for place in (self.zone, self.host, self.share)) != 1:
            raise refuse("ConfigConflict", "an outage takes one of `zone`, `host` and `share`")
        return self

    @property
    def place(self) -> str:
        """What is down, in words."""
        return f"zone {self.zone}" if self.zone else f"host {self.host}" if self.host else f"{100 * (self.share or 0):g} % of the servers"

    def event(self) -> Event:
        return Event(self.at, f"outage of {self.place}")

    def strike(self, world: Simulation, name: str) -> None:
        world.process(self.run(world, name))

    def run(self, world: Simulation, name: str) -> Life:
        """Come, last, and go."""
        lasts = world.draw(self.lasts, f"{name}/lasts", "")
        yield world.until(self.at)
        domain = self.domain(world, name)
        cause = self.event().name
        world.record.write("events", self.at, cause, self.at + lasts)
        domain.hold(cause)
        yield world.until(self.at + lasts)
        domain.release(cause)

    def domain(self, world: Simulation, name: str) -> Domain:
        """What it takes down; of a share of a fleet, the slots whose numbers come out lowest, rounded to whole servers."""
        if self.zone is not None:
            return world.ground.zones[self.zone]
        if self.host is not None:
            return Domain([world.ground.by_name[self.host]])
        struck: list[Held] = []
        for fleet in world.fleets.values():
            slots = sorted(fleet.servers, key=lambda slot: world.uniform(name, fleet.entity(slot)))
            struck += [fleet.servers[slot] for slot in slots[: round((self.share or 0) * len(slots))]]
        return Domain(struck)

    def unknown(self, sites: Sites, fleets: set[str]) -> Iterator[tuple[str, str]]:
        if self.zone and self.zone not in sites.zones:
            yield "zone", f"no zone {self.zone!r}; known: {', '.join(sites.zones)}"
        if self.host and self.host not in sites.hosts:
            yield "host", f"no host {self.host!r}{meant(self.host, sites.hosts)}; they are called {sites.hosts[0]!r} to {sites.hosts[-1]!r}"
