"""Volumes: disks outside the containers that write to them, one writer at a time."""

from __future__ import annotations

from collections.abc import Iterator
from heapq import heappop, heappush
from typing import TYPE_CHECKING, Annotated

from pydantic import StrictBool
from simpy import Event

from simulator.component import Model, assumed, published
from simulator.problems import Path
from simulator.server import State
from simulator.units import Duration

if TYPE_CHECKING:
    from simulator.fleet import Fleet
    from simulator.fleets.part import FleetPart
    from simulator.server import Life, Server
    from simulator.simulation import Simulation


class Volume(Model):
    """How long a volume takes from one container to the next. That of a container whose host is lost is taken off it by force, after a wait."""

    detach: Annotated[Duration, assumed("ten seconds; clouds publish no figure")] = 10.0
    attach: Annotated[Duration, assumed("likewise")] = 10.0
    lost_host: Annotated[Duration, published("Kubernetes attach/detach controller: maxWaitForUnmountDuration")] = 360.0
    shared: Annotated[StrictBool, assumed("a volume for each container, as a StatefulSet has it")] = False

    def unfit(self, part: FleetPart) -> Iterator[tuple[Path, str, str]]:
        """What of it does not fit its fleet: where, class and sentence."""
        if self.shared and part.most > 1:
            yield (
                ("state", "volume", "shared"),
                "ConfigConflict",
                f"a volume has one writer at a time, and here are {part.most}; have one replica, a volume for each (`shared: false`) or a `store`",
            )
        elif part.surge:
            yield (
                ("rollout",),
                "ConfigConflict",
                f"{part.surge} more would start while {part.most} have the volumes, and a volume has one writer at a time: "
                "roll with `max_surge: 0` and some `max_unavailable`, or with `kind: recreate`",
            )


class Volumes:
    """The volumes of one fleet in one run, by number, and who has each; a container takes the lowest that nobody has, as many as are wanted."""

    def __init__(self, world: Simulation, fleet: Fleet, volume: Volume) -> None:
        self.world, self.fleet, self.volume = world, fleet, volume
        self._of: dict[Server, int] = {}
        self._let_go: list[int] = []  # the numbers of those that somebody had and nobody has, as a heap
        self._made = 0
        self._attached: set[Server] = set()
        self._free_at: dict[int, float] = {}  # when those that somebody had are detached (seconds)
        self._waiting: dict[Server, Event] = {}  # for those who have one to be gone

    def told(self, server: Server) -> None:
        if server.state is State.RETIRED:
            self.let_go(server)
        elif server.in_service and server not in self._attached:  # there from the start on
            self._take(server, self._made + 1)
            self._attach(server)

    def stop(self) -> None:
        """What is attached stays so."""

    def mount(self, server: Server, cause: str) -> Life:
        """Get a volume that nobody writes to; returns what came between."""
        if server not in self._of and not self._take(server, self._wanted):
            self._waiting[server] = self.world.event()
            broken_off = yield from server.wait(self._waiting[server], "attach", State.STARTING, cause)
            self._waiting.pop(server, None)
            if broken_off:
                return broken_off
        free = max(0.0, self._free_at.get(self._of[server], 0.0) - self.world.now)
        broken_off = yield from server.wait(free + self.volume.attach, "attach", State.STARTING, cause)
        if not broken_off:
            self._attach(server)
        return broken_off

    def attached(self, server: Server) -> bool:
        return server in self._attached

    def let_go(self, server: Server) -> None:
        """A container is gone: its volume is detached, and whoever has waited longest gets it."""
        if server not in self._of:
            return
        number = self._of.pop(server)
        heappush(self._let_go, number)
        if server in self._attached:
            self._attached.discard(server)
            free = self._free_at[number] = self.world.now + self.volume.detach + (self.volume.lost_host if server.holds else 0.0)
            self.world.call(free, lambda: self.world.record.write("volumes", self.world.now, server.id, number, "detached"))
        for waiting, event in self._waiting.items():
            if not event.triggered and self._take(waiting, self._wanted):
                event.succeed()

    @property
    def _wanted(self) -> int:
        assert self.fleet.deployment
        return self.fleet.deployment.desired

    def _take(self, server: Server, most: int) -> bool:
        """Have the lowest number that nobody has, of so many; returns whether there is one."""
        if self._let_go and self._let_go[0] < most:
            self._of[server] = heappop(self._let_go)
        elif self._made < most:
            self._of[server], self._made = self._made, self._made + 1
        return server in self._of

    def _attach(self, server: Server) -> None:
        self._attached.add(server)
        self.world.record.write("volumes", self.world.now, server.id, self._of[server], "attached")


def mounted(server: Server, cause: str) -> Life:
    """Wait for a volume, where containers of the fleet have one and this one has none yet; returns what came between."""
    volumes = server.fleet.volumes
    if volumes is None or volumes.attached(server):
        return None
    return (yield from volumes.mount(server, cause))
