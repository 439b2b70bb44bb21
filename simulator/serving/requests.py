"""Requests: traffic as single requests, each of which finds its server, waits, is served, fails, and is tried again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import islice
from math import inf
from typing import TYPE_CHECKING

from simulator.serving.acts import Acts
from simulator.serving.build import Stream, build, grow
from simulator.serving.kept import keep
from simulator.serving.kernel.world import ABSENT, CENTRAL, DRAINING, REFUSING, SILENT, SPARE
from simulator.serving.roster import Roster
from simulator.serving.serving import Leave, Load, Worker

if TYPE_CHECKING:
    from simulator.fleets import FleetPart
    from simulator.record import Record
    from simulator.requests import Requests as Clients
    from simulator.simulation import Simulation

LOOKS = 4  # servers that are away, of which one sees whether their numbers are free
MODES = {Leave.DRAINED: DRAINING, Leave.REFUSING: REFUSING, Leave.SILENT: SILENT}


class Requests:
    """The engine that follows every request, in kernels that are called once between two changes of the servers."""

    def __init__(self, world: Simulation, fleets: Mapping[str, FleetPart], clients: Clients, streams: Mapping[str, Stream], window: float) -> None:
        self.fleets = list(fleets)
        self.parts, self.clients, self.window = dict(fleets), clients, window
        self._rosters = {name: Roster(name, fleet.concurrency) for name, fleet in fleets.items()}
        self.w = build(fleets, clients, streams, world.draws, world.horizon, window)
        self._world = world
        self._now = 0.0
        self._numbers: dict[Worker, int] = {}
        self._away: dict[int, Worker] = {}  # numbers of servers that are out of service
        self._epochs: list[int] = []  # how often a number was given a server, or its server came or went: what was planned before is void
        self.kernel = Acts(self.w)
        self.kernel.draw_first()

    @property
    def now(self) -> float:
        """The time of the last `advance`."""
        return self._now

    def advance(self, until: float) -> None:
        """Carry all traffic up to `until`; any number of calls gives the same bits."""
        if until <= 0:  # whoever comes at the very start finds the servers that are there from the start
            return
        w, record = self.w, self.w.record
        while self.kernel.play(until):
            grow(w, slots=len(w["slots"]) if record["room"] < SPARE else SPARE, held=2 * int(record["top"][0]))
        self._now = max(until, self._now)

    def join(self, server: Worker) -> None:
        """The server answers from now on; the balancer comes to trust it as its health check has it, at the start of the run at once."""
        fleet = self.fleets.index(server.fleet.name)
        part, now = self.parts[server.fleet.name], self._now
        s = self._numbers.get(server)
        if s is None:
            s = self._numbers[server] = self._number()
            fresh = self.w["servers"][s]
            fresh["fleet"], fresh["slot"], fresh["lazy"], fresh["mode"] = fleet, server.slot, self.w["fleets"][fleet]["lazy"], ABSENT
            fresh["head"] = fresh["tail"] = -1
        self._away.pop(s, None)
        self.w["servers"][s]["speed"], self.w["servers"][s]["stretch"] = server.speed, 1 / server.speed
        self._epochs[s] += 1
        self._make_room(s)
        self.kernel.come(s, now)
        if server.errors or self.w["servers"][s]["errors"]:
            self._err(s, server.errors)
        if self.w["fleets"][fleet]["balancer"] != CENTRAL and not self.w["servers"][s]["rotating"]:
            if now:
                self._plan(part.health.trusted(self._world, server.entity), s, lambda: self.kernel.trust(s))
            else:
                self.kernel.trust(s)
        self._rosters[server.fleet.name].rate(server, server.capacity_rps * server.speed, now)

    def leave(self, server: Worker, how: Leave) -> None:
        """The server goes out of service; the balancer learns of it when its health check does, unless it was meant."""
        s, now = self._numbers[server], self._now
        self._epochs[s] += 1
        self._make_room(s)
        self.kernel.go(s, MODES[how], now)
        if self.w["servers"][s]["rotating"]:
            health = self.parts[server.fleet.name].health
            self._plan(health.noticed(self._world, server.entity, how is Leave.SILENT), s, lambda: self._distrust(s))
        self._away[s] = server
        self._rosters[server.fleet.name].rate(server, None, now)

    def pace(self, server: Worker, speed: float) -> None:
        """The server serves at this part of its nominal rate from now on; nothing if it is out of service."""
        roster = self._rosters[server.fleet.name]
        if roster.station.serves(server):
            s = self._numbers[server]
            self._make_room(s)
            self.kernel.pace(s, speed, self._now)
            roster.rate(server, server.capacity_rps * speed, self._now)

    def err(self, server: Worker, share: float) -> None:
        """This share of the server's answers are errors from now on; nothing if it is out of service."""
        if self._rosters[server.fleet.name].station.serves(server):
            self._err(self._numbers[server], share)

    def load(self, fleet: str, window: float) -> Load:
        """Attempts that came and workers that were busy since the look at the load that was `window` seconds ago, or the last before it."""
        number, now = self.fleets.index(fleet), self._now
        return self._rosters[fleet].load(int(self.w["fleets"][number]["attempts"]), self.kernel.worked(number, now), now, window)

    def finish(self, horizon: float) -> None:
        """Carry traffic to the end of the run, and follow what is under way for as long as clients' `drain` says."""
        self.advance(horizon)
        self.w.record["next"] = inf
        self.advance(horizon + self.clients.drain)
        grow(self.w, slots=SPARE)
        self.kernel.close(horizon + self.clients.drain)

    def keep(self, record: Record, horizon: float) -> None:
        """Write down what was counted."""
        keep(self.w, self.fleets, {name: roster.staff for name, roster in self._rosters.items()}, record)

    def _plan(self, time: float, s: int, act: Callable[[], None]) -> None:
        """Do this to a server at a time, if nothing has happened to it until then."""
        epoch = self._epochs[s]

        def now() -> None:
            if self._epochs[s] == epoch:
                self.advance(self._world.now)
                act()

        self._world.call(time, now)

    def _err(self, s: int, share: float) -> None:
        grow(self.w, slots=int(self.w["servers"][s]["held"]) + SPARE)  # as many entries in what is due
        self.kernel.err(s, share, self._now)

    def _distrust(self, s: int) -> None:
        self._make_room(s)
        self.kernel.distrust(s, self._now)

    def _make_room(self, s: int) -> None:
        """Slots for all that a server holds, should it be lost."""
        grow(self.w, slots=int(self.w["servers"][s]["held"]) + SPARE)

    def _number(self) -> int:
        """A number for a server: that of one which is away and means nothing to clients any more, or a new one."""
        for s, server in list(islice(self._away.items(), LOOKS)):
            del self._away[s]
            if not self.kernel.held(s, self._now) and not self.w["servers"][s]["rotating"]:
                del self._numbers[server]
                return s
            self._away[s] = server  # asked again after all others
        s = len(self._epochs)
        self._epochs.append(0)
        if s >= len(self.w["servers"]):
            grow(self.w, servers=2 * s)
        self.w.record["known"] = s + 1
        return s
