"""Nodes: the hosts as containers meet them, each with a platform, a line to the registry and a disk on which layers lie."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Literal

from simulator.component import Name, assumed, meant, published
from simulator.fleets.disk import Disk
from simulator.fleets.image import AMD64, Platform
from simulator.fleets.part import Part
from simulator.problems import Path
from simulator.units import Bandwidth

if TYPE_CHECKING:
    from simulator.simulation import Simulation
    from simulator.sites import Sites


class Nodes(Part):
    """All hosts of a policy, whatever fleets are on them."""

    kind: Literal["nodes"] = "nodes"
    bandwidth: Annotated[Bandwidth, assumed("a gigabit a second")] = 125e6  # of each
    unpack: Annotated[Bandwidth, published("10 to 30 s for 500 MB as they were pulled: reports quoted with Harter et al., FAST 2016")] = 25e6
    platform: Annotated[Platform, assumed("the most usual machines")] = AMD64
    platforms: Mapping[Name, Platform] = {}  # by zone, where they differ

    def open(self, world: Simulation, name: str) -> None:
        for host in world.ground.hosts:
            host.disk = Disk(world, host, self.bandwidth, self.unpack, self.of(host.zone))

    def of(self, zone: str) -> str:
        """The platform of the hosts in a zone."""
        return self.platforms.get(zone, self.platform)

    def unknown(self, sites: Sites) -> Iterator[tuple[Path, str, str]]:
        """Zones that are not there: where, class and sentence."""
        for zone in self.platforms:
            if zone not in sites.zones:
                hint = meant(zone, sites.zones) or f"; known: {', '.join(sites.zones)}"
                yield ("platforms", zone), "ConfigChoice", f"no zone {zone!r}{hint}"
