"""A fleet in one run: its servers by slot, and how many are in which state."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from heapq import heappop, heappush
from typing import TYPE_CHECKING, Protocol

from simpy import Event

from simulator.record import PLANNED
from simulator.server import Leave, Server, State

if TYPE_CHECKING:
    from simulator.fleets.analysis import Analysis
    from simulator.fleets.backups import Vault
    from simulator.fleets.connections import Connections, Holder
    from simulator.fleets.deployment import Deployment
    from simulator.fleets.drift import Ledger
    from simulator.fleets.files import Files
    from simulator.fleets.flaws import Flaws
    from simulator.fleets.part import FleetPart
    from simulator.fleets.repository import Repository
    from simulator.fleets.volume import Volumes
    from simulator.fleets.written import Written
    from simulator.simulation import Simulation


class Keeper(Protocol):
    """Who keeps account of what a fleet's servers hold."""

    def told(self, server: Server) -> None:
        """A server has come into another state, phase or hold."""

    def stop(self) -> None:
        """The run is over."""


class Fleet:
    """The servers of one fleet, kept by slot and counted by stack and state, so that no controller has to walk them."""

    def __init__(self, world: Simulation, name: str, part: FleetPart, server_rps: float) -> None:
        self.world, self.name, self.part, self.server_rps = world, name, part, server_rps
        self.items = part.items
        self.wanted = world.record.stack(self.items)
        self.servers: dict[int, Server] = {}
        self.rollout: Event | None = None  # the one under way, or the last
        self.turn = Event(world)  # happens when something else is wanted
        self.going_back = False  # whether what is wanted now is what ran before
        self.announced: dict[str, float] = {}  # when the version of an item that it got last was announced (seconds)
        self.watched: Callable[[Server], None] = lambda server: None  # told of every change of the counts, by whom
        self.frozen_until = 0.0  # seconds, of upgrades after one that failed
        self.vault: Vault | None = None  # backups, where there are any
        self.losses: dict[Server, float] = {}  # when those lost their data (seconds) that have none back yet
        self.files: Files | None = None  # what pets have on them
        self.ledger: Ledger | None = None  # what was changed by hand, where that is simulated
        self.repository: Repository | None = None  # its images, where they are told apart
        self.hosts = world.ground.hosts  # those it may be on
        self.deployment: Deployment | None = None  # who keeps containers, where they are such
        self.flaws: Flaws | None = None  # what is wrong with its versions, where something may be
        self.analysis: Analysis | None = None  # of the rollout under way, or the last, where one is looked at
        self.watchers: list[Callable[[], None]] = []  # told of every change of the counts as well
        self.names: set[str] = set()  # those taken
        self.keepers: list[Keeper] = []
        self.holders: list[Holder] = []  # of connections to others, by the fleet they need
        self.written: Written | None = None  # by users, where that is simulated
        self.connections: Connections | None = None  # that others hold to it, where they say how many
        self.volumes: Volumes | None = None  # on which containers keep it
        self._templates = {self.wanted: self.items}
        self.releases, self._wanted_at = 0, {self.wanted: 0}  # how many releases there were, in all and when each stack was wanted last
        self._members: dict[tuple[int, State], dict[Server, None]] = {}
        self._free: list[int] = []
        self._lives: dict[int, int] = {}
        self._launched = 0

    def entity(self, slot: int) -> str:
        """What draws are keyed by: the slot, so that a new server never shifts an old one."""
        return f"{self.name}/{slot}"

    def next_life(self, slot: int) -> int:
        """The number of the life that begins in a slot, from 0."""
        self._lives[slot] = self._lives.get(slot, -1) + 1
        return self._lives[slot]

    def want(self, item: str, version: str) -> None:
        """A new version of an item is announced; a fleet that has no such item is not concerned."""
        if item not in self.items:
            return
        before, self.items = self.wanted, {**self.items, item: version}
        self.wanted = self.world.record.stack(self.items)
        self._templates[self.wanted] = self.items
        if self.repository:
            self.repository.build(self.wanted, self.items)
        self.releases += 1
        self._wanted_at[self.wanted] = self.releases
        self._turn(back=False)
        self.part.announced(self, before)

    def go_back(self, stack: int, why: str) -> None:
        """What is wanted from now on is what was before, whatever has been announced since."""
        self.world.record.write("rollbacks", self.world.now, self.name, self.wanted, stack, why)
        self.wanted, self.items = stack, self._templates[stack]
        self._turn(back=True)
        self.part.went_back(self)

    def _turn(self, back: bool) -> None:
        """Something else is wanted from now on."""
        self.going_back = back
        self.turn.succeed()
        self.turn = Event(self.world)
        if self.flaws:
            self.flaws.look()

    def template(self, stack: int) -> str:
        """What is in the image of a stack, in words."""
        return ",".join(f"{item}={version}" for item, version in sorted(self._templates[stack].items()))

    def defect(self, stack: int) -> str:
        """What keeps a stack from ever serving; empty where nothing does."""
        return self.flaws.hinders(stack) if self.flaws else ""

    def versions(self, stack: int) -> Mapping[str, str]:
        """The version of each item in a stack that was wanted at some time."""
        return self._templates[stack]

    def runs(self, item: str, version: str) -> bool:
        """Whether all its servers run a version of an item, and it is wanted."""
        return self.items.get(item) == version and all(self._templates[stack][item] == version for stack, _ in self._members)

    def behind(self, server: Server) -> int:
        """How many releases, of all items together, a server lacks."""
        return self.releases - self._wanted_at[server.stack]

    def members(self, stack: int, state: State) -> dict[Server, None]:
        """Who is in a state on a stack, in the order of their coming into it."""
        return self._members.get((stack, state), {})

    @property
    def outdated(self) -> list[int]:
        """The stacks other than the wanted one that somebody is still on, oldest first."""
        return sorted({stack for stack, _ in self._members} - {self.wanted})

    @property
    def placeable(self) -> bool:
        """Whether a host is up on which a new server can be."""
        ground = self.world.ground
        return ground.up > 0 and (self.hosts is ground.hosts or any(host.up for host in self.hosts))

    def add(self, stack: int | None = None, name: str | None = None) -> Server:
        """A new server under a fresh name or the one given, on a stack or the wanted one, in the lowest free slot, on a host that is up."""
        slot, stack = heappop(self._free) if self._free else len(self.servers), self.wanted if stack is None else stack
        server = Server(self, slot, name or self.part.christen(self, self._launched, stack), self.world.ground.place(slot, self.hosts), stack)
        self._launched += 1
        self.servers[slot] = server
        server.host.servers[server] = None
        return server

    def remove(self, server: Server, cause: str) -> None:
        """The server is gone for good and its slot is free."""
        server.enter(State.RETIRED, cause=cause)
        server.host.servers.pop(server)
        del self.servers[server.slot]
        heappush(self._free, server.slot)

    def count(self, server: Server) -> None:
        """Keep the server under its stack and state."""
        now = None if server.state is State.RETIRED else (server.stack, State.DOWN if server.given_up else server.state)
        if server.counted == now:
            return
        if server.counted:
            left = self._members[server.counted]
            del left[server]
            if not left:
                del self._members[server.counted]
        if now:
            self._members.setdefault(now, {})[server] = None
        server.counted = now
        self.watched(server)
        for tell in self.watchers:
            tell()

    def stop(self) -> None:
        """The run is over: who has no data back yet is told of, with what there was to be had; and the releases that are still bad."""
        for keeper in self.keepers:
            keeper.stop()
        if self.flaws:
            self.flaws.stop()
        for server, failed in self.losses.items():
            copies = self.vault.copies(server, failed) if self.vault else ()
            content = next((copy.content for copy in copies if copy.good), server.data_since)
            self.world.record.write("restores", failed, self.world.now, self.name, server.name, content, True)

    def serves(self, server: Server, in_service: bool) -> None:
        """Tell the balancer, after traffic has been brought up to now."""
        serving = self.world.serving
        serving.advance(self.world.now)
        if in_service:
            serving.join(server)
        else:
            silent = server.holds or server.cause == "hang"
            drained = server.cause in PLANNED or server.state is State.STANDBY
            serving.leave(server, Leave.SILENT if silent else Leave.DRAINED if drained else Leave.REFUSING)
            if self.flaws:
                self.flaws.ends(server)
