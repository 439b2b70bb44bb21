"""Connections: how many servers of other fleets may hold to a fleet, each so many for as long as it lives."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simpy import Event

from simulator.server import READY, State

if TYPE_CHECKING:
    from simulator.fleet import Fleet
    from simulator.server import Life, Server
    from simulator.simulation import Simulation

HANGING = ("hang", "detect", "kill")  # phases of a process that is still there


class Connections:
    """Those to one fleet in one run. Who finds too few free waits, and gets them in turn."""

    def __init__(self, world: Simulation, store: Fleet, most: int) -> None:
        self.world, self.store, self.most, self.used = world, store, most, 0
        self._waiting: dict[Event, int] = {}

    def hand_to(self, fleet: Fleet, each: int) -> None:
        """The servers of a fleet open so many each."""
        holder = Holder(self, each)
        fleet.holders.append(holder)
        fleet.keepers.append(holder)

    def take(self, many: int) -> Event | None:
        """Have so many at once, where there are as many and nobody waits; else what happens when they are there."""
        if self.used + many <= self.most and not self._waiting:
            self._use(many)
            return None
        event = self.world.event()
        self._waiting[event] = many
        return event

    def give_up(self, event: Event) -> None:
        """Nobody waits for them any more."""
        del self._waiting[event]
        self._serve()

    def give_back(self, many: int) -> None:
        self._use(-many)
        self._serve()

    def _serve(self) -> None:
        """Those who have waited longest get theirs, as far as there are any."""
        for event, many in list(self._waiting.items()):
            if self.used + many > self.most:
                return
            del self._waiting[event]
            self._use(many)
            event.succeed()

    def _use(self, many: int) -> None:
        self.used += many
        self.world.record.signal(self.world.now, self.store.name, "connections", self.used)


class Holder:
    """Who of a fleet has its connections to another."""

    def __init__(self, connections: Connections, each: int) -> None:
        self.connections, self.each = connections, each
        self._held: set[Server] = set()

    def told(self, server: Server) -> None:
        """Its connections end with its process; a host that is down has none."""
        if server in self._held and not self.alive(server):
            self._held.discard(server)
            self.connections.give_back(self.each)

    def stop(self) -> None:
        """What is open stays so."""

    def alive(self, server: Server) -> bool:
        """Whether its process is there: it serves, waits for connections, drains, or hangs."""
        hangs = server.cause == "hang" and server.phase in HANGING
        return not server.holds and (server.state in READY or server.phase == "connect" or server.drains or hangs)

    def open(self, server: Server) -> Life:
        """Have its connections, if need be once others have given theirs back; returns what came between. On a host that is down nothing is opened."""
        if server in self._held or server.holds:
            return None
        if event := self.connections.take(self.each):
            broken_off = yield from server.wait(event, "connect", State.STARTING, server.cause)
            if not event.triggered:
                self.connections.give_up(event)
            elif broken_off or server.holds:
                self.connections.give_back(self.each)
            if broken_off or server.holds:
                return broken_off
        self._held.add(server)
        return None


def connected(server: Server) -> Life:
    """Open the connections that a server of its fleet needs; returns what came between."""
    for holder in server.fleet.holders:
        if broken_off := (yield from holder.open(server)):
            return broken_off
    return None
