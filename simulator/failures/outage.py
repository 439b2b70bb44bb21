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
from simulator.units import Moment, PositiveShare, ServerCount

if TYPE_CHECKING:
    from simulator.server import Life
    from simulator.simulation import Simulation


class Outage(Failure):
    """A zone, a host, a share of every fleet or so many servers of it (of one `fleet` alone, where it is named) are down for a while; or a `registry` is.

    At its end servers start again by themselves; what it leaves `broken` needs to be repaired or replaced.
    """

    kind: Literal["outage"] = "outage"
    at: Moment
    lasts: Law
    zone: Name | None = None
    host: Name | None = None
    share: PositiveShare | None = None
    servers: ServerCount | None = None
    fleet: Name | None = None
    registry: Name | None = None
    leaves: Literal["stopped", "broken"] = "stopped"

    @model_validator(mode="after")
    def _one_domain(self) -> Self:
        if sum(place is not None for place in (self.zone, self.host, self.share, self.servers, self.registry)) != 1:
            raise refuse("ConfigConflict", "an outage takes one of `zone`, `host`, `share`, `servers` and `registry`")
        if self.fleet and (self.zone or self.host or self.registry):
            raise refuse("ConfigConflict", "`fleet` goes with `share` or `servers`; a zone, a host or a registry is down for every fleet")
        if self.registry and self.leaves == "broken":
            raise refuse("ConfigConflict", "a registry is down and comes back; `leaves: broken` is for servers")
        return self

    @property
    def place(self) -> str:
        """What is down, in words."""
        if self.zone:
            return f"zone {self.zone}"
        if self.host:
            return f"host {self.host}"
        if self.registry:
            return f"registry {self.registry}" if self.registry != "registry" else "the registry"
        number = f"{100 * self.share:g} % of the" if self.share else f"{self.servers}"
        return f"{number} server{'' if self.servers == 1 else 's'}{f' of {self.fleet}' if self.fleet else ''}"

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
        if self.leaves == "broken":
            domain.fail("broken")
        domain.release(cause)

    def domain(self, world: Simulation, name: str) -> Domain:
        """What it takes down; of some servers of a fleet, the slots whose numbers come out lowest; a share is rounded to whole servers."""
        if self.zone is not None:
            return world.ground.zones[self.zone]
        if self.host is not None:
            return Domain([world.ground.by_name[self.host]])
        if self.registry is not None:
            return Domain([world.registries[self.registry]] if self.registry in world.registries else [])
        struck: list[Held] = []
        for fleet in world.fleets.values():
            if self.fleet in (None, fleet.name):
                slots = sorted(fleet.servers, key=lambda slot: world.uniform(name, fleet.entity(slot)))
                struck += [fleet.servers[slot] for slot in slots[: self.servers or round((self.share or 0) * len(slots))]]
        return Domain(struck)

    def unknown(self, sites: Sites, fleets: set[str], registries: set[str]) -> Iterator[tuple[str, str]]:
        if self.zone and self.zone not in sites.zones:
            yield "zone", f"no zone {self.zone!r}; known: {', '.join(sites.zones)}"
        if self.host and self.host not in sites.hosts:
            yield "host", f"no host {self.host!r}{meant(self.host, sites.hosts)}; they are called {sites.hosts[0]!r} to {sites.hosts[-1]!r}"
        if self.registry and self.registry not in registries:
            yield "registry", f"no registry {self.registry!r} in any policy{meant(self.registry, registries)}"
        if self.fleet and self.fleet not in fleets:
            yield "fleet", f"no fleet {self.fleet!r} in any policy{meant(self.fleet, fleets)}"
