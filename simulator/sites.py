"""Sites: where servers stand, as failure domains within each other: zone > host > server."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Annotated, Protocol

from pydantic import Field

from simulator.component import Model, Name, assumed
from simulator.units import ServerCount

if TYPE_CHECKING:
    from simpy import Event

    from simulator.fleets.disk import Disk
    from simulator.server import Server


class Sites(Model):
    """The zones of a scenario and the hosts in each; a scenario that names none gets three zones of ten hosts."""

    zones: Annotated[tuple[Name, ...], Field(min_length=1), assumed("three zones, as cloud regions have")] = ("a", "b", "c")
    hosts_per_zone: Annotated[ServerCount, assumed("ten hosts a zone")] = 10

    @property
    def hosts(self) -> list[str]:
        """Their names, zone by zone in turn, so that neighbouring slots stand in different zones."""
        return [f"{zone}-{rank}" for rank in range(self.hosts_per_zone) for zone in self.zones]


class Held(Protocol):
    """What a domain can hold: another domain, or a server."""

    def hold(self, cause: str) -> None: ...

    def release(self, cause: str) -> None: ...

    def fail(self, cause: str) -> None: ...


class Domain:
    """A failure domain: while it is down it holds everything in it, whatever that is doing."""

    __slots__ = ("inside",)

    def __init__(self, inside: Sequence[Held]) -> None:
        self.inside = inside

    def hold(self, cause: str) -> None:
        """Take everything in it down; holds of several causes add up."""
        for held in self.inside:
            held.hold(cause)

    def release(self, cause: str) -> None:
        """Let go what this cause held."""
        for held in self.inside:
            held.release(cause)

    def fail(self, cause: str) -> None:
        """Give what serves in it a trouble of its own."""
        for held in self.inside:
            held.fail(cause)


class Host:
    """A machine: the servers on it are held with it."""

    __slots__ = ("causes", "disk", "ground", "name", "servers")

    def __init__(self, name: str, ground: Ground) -> None:
        self.name, self.ground = name, ground
        self.servers: dict[Server, None] = {}
        self.causes: list[str] = []
        self.disk: Disk | None = None  # where images are pulled

    @property
    def zone(self) -> str:
        return self.name.rsplit("-", 1)[0]

    @property
    def up(self) -> bool:
        return not self.causes

    def hold(self, cause: str) -> None:
        self.ground.up -= self.up
        self.causes.append(cause)
        if self.disk:
            self.disk.lost()
        for server in list(self.servers):
            server.hold(cause)

    def release(self, cause: str) -> None:
        self.causes.remove(cause)
        for server in list(self.servers):
            server.release(cause)
        if self.up:
            self.ground.up += 1
            for watcher in list(self.ground.watchers):
                watcher()

    def fail(self, cause: str) -> None:
        for server in list(self.servers):
            server.fail(cause)


class Ground:
    """One policy's own copy of the sites, with what is down in it."""

    def __init__(self, sites: Sites) -> None:
        self.by_name = {name: Host(name, self) for name in sites.hosts}
        self.up = len(self.by_name)
        self.watchers: list[Callable[[], None]] = []  # told when a host is back
        self.hosts = list(self.by_name.values())
        self.zones = {zone: Domain(self.hosts[turn :: len(sites.zones)]) for turn, zone in enumerate(sites.zones)}

    def back(self, event: Event) -> Event:
        """What happens when the next host is back."""

        def watcher() -> None:
            self.watchers.remove(watcher)
            event.succeed()

        self.watchers.append(watcher)
        return event

    def place(self, slot: int, hosts: Sequence[Host]) -> Host:
        """The host for a slot among some: its home, or where that is down another that is up; the search begins elsewhere for each slot, so that a lost zone
        spreads.
        """
        home, zones = hosts[slot % len(hosts)], len(self.zones)
        if home.up:
            return home
        start = slot + 1 + slot // zones % max(1, zones - 1)
        return next(host for step in range(len(hosts)) if (host := hosts[(start + step) % len(hosts)]).up)
