"""The session book of a fleet: which sessions live, and on which server; it is brought up to date only when a server comes or goes."""

from __future__ import annotations

from array import array
from bisect import insort
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from simulator.fleet import Fleet
    from simulator.fleets.sessions import Sessions
    from simulator.server import Server
    from simulator.simulation import Simulation

CHUNK = 4096  # sessions drawn at once
LOOKS = 1000  # at the book, evenly over the time after the warm-up
NOBODY = -1
OVER = -1.0  # seconds: before all times
TURN = 40  # bits: sessions that move are numbered anew each time


class Crowd(NamedTuple):
    """Sessions by column: their numbers, when they end (seconds), the slot of their server, and that of the server of the cache which has them."""

    number: NDArray[np.int64]
    ends: NDArray[np.float64]
    slot: NDArray[np.int64]
    shard: NDArray[np.int64]

    def those(self, which: NDArray[np.bool_] | slice) -> Crowd:
        return Crowd(self.number[which], self.ends[which], self.slot[which], self.shard[which])


class SessionBook:
    """The sessions of one fleet in one run. They come as a Poisson process, whoever serves; each server in service is as likely to get one."""

    def __init__(self, world: Simulation, fleet: Fleet, sessions: Sessions, shards: Shards | None) -> None:
        import numpy as np

        self.world, self.fleet, self.sessions, self.shards = world, fleet, sessions, shards
        self.entity = f"sessions/{fleet.name}"
        self.servers: set[Server] = set()  # in service, and
        self.slots = array("q")  # theirs, in order
        # Those that are over stay in it, with an end that has passed, until more come.
        none = np.zeros(0, np.int64)
        self.live = Crowd(none, np.zeros(0), none, none)
        self.started = self.turned_away = self._moves = 0
        self._ending: dict[Server, NDArray[np.float64]] = {}  # when the sessions end on servers that drain
        self._looks = iter(np.linspace(world.warmup, world.horizon, LOOKS + 1).tolist())
        self._look = next(self._looks)
        self._chunk, self._came, self._next = self.live, np.zeros(0), 0  # sessions drawn, when each starts, and which is the next
        self._drawn, self._last = 0, 0.0

    def told(self, server: Server) -> None:
        if server.in_service:
            if server not in self.servers:
                self.join(server)
        elif server in self.servers:
            self.leave(server)
        elif server in self._ending and not server.drains:
            ends = self._ending.pop(server)
            self.note(server, len(ends), int((ends > self.world.now).sum()))

    def stop(self) -> None:
        self.advance(self.world.horizon)

    # Servers

    def join(self, server: Server) -> None:
        """It gets its part of those that start from now on; and those that have no server, where it is the first."""
        self.advance(self.world.now)
        self.servers.add(server)
        insort(self.slots, server.slot)
        if len(self.slots) == 1:
            self.live.slot[self.live.slot == NOBODY] = server.slot

    def leave(self, server: Server) -> None:
        """What it had is lost at once, or when it has drained, or goes to others where it was not in its memory."""
        self.advance(self.world.now)
        self.servers.remove(server)
        self.slots.remove(server.slot)
        own = (self.live.slot == server.slot) & (self.live.ends > self.world.now)
        live = int(own.sum())
        if self.sessions.held != "memory":
            self.live.slot[own] = self.moved(self.live.number[own])
            self.note(server, live, 0)
            return
        ends = self.live.ends[own]
        self.live.ends[own] = OVER
        if server.drains:
            self._ending[server] = ends
        else:
            self.note(server, live, live)

    def moved(self, numbers: NDArray[np.int64]) -> NDArray[np.int64]:
        """The slots of the servers that sessions go to whose own is gone."""
        self._moves += 1
        return self.chosen("moves to", numbers + (self._moves << TURN), self.slots)

    def lost_shard(self, server: Server) -> None:
        """One of the servers of the cache is lost, with the sessions that it has."""
        self.advance(self.world.now)
        own = (self.live.shard == server.slot) & (self.live.ends > self.world.now)
        self.live.ends[own] = OVER
        self.note(server, int(own.sum()), int(own.sum()))

    def note(self, server: Server, live: int, lost: int) -> None:
        """Put into the record that a server has stopped which had so many sessions, of which so many are lost."""
        self.world.record.write("sessions", self.world.now, self.fleet.name, server.id, server.trouble or server.phase, live, lost)

    # Sessions

    def advance(self, time: float) -> None:
        """Bring the book up to a time (seconds), with a look at it wherever one is due."""
        while self._look <= time:
            self._go_on(self._look)
            self._count(self._look)
            self._look = next(self._looks, float("inf"))
        self._go_on(time)

    def _go_on(self, time: float) -> None:
        import numpy as np

        kept = []
        for crowd in self._arrived(time):
            if not self.servers or (self.shards and not self.shards.slots):
                self.turned_away += len(crowd.number)
                continue
            self.started += len(crowd.number)
            staying = crowd.those(crowd.ends > time)
            shard = self.chosen("held by", staying.number, self.shards.slots) if self.shards else staying.shard
            kept.append(staying._replace(slot=self.chosen("goes to", staying.number, self.slots), shard=shard))
        if kept:
            self.live = Crowd(*map(np.concatenate, zip(self.live.those(self.live.ends > time), *kept, strict=True)))

    def chosen(self, purpose: str, numbers: NDArray[np.int64], slots: array[int]) -> NDArray[np.int64]:
        """For each of these sessions one of the slots, all as likely; nobody's where there is none."""
        import numpy as np

        some = np.array(slots or [NOBODY], np.int64)
        return some[(self.world.draws.uniforms(purpose, self.entity, numbers) * len(some)).astype(np.int64)]

    def _arrived(self, time: float) -> Iterator[Crowd]:
        """Those that have come up to a time (seconds) and have not been asked for yet."""
        import numpy as np

        while True:
            last = int(np.searchsorted(self._came, time, side="right"))
            if last > self._next:
                yield self._chunk.those(slice(self._next, last))
            self._next = last
            if last < len(self._came):
                return
            self._draw()

    def _draw(self) -> None:
        """The next sessions; whose they become is not said yet."""
        import numpy as np

        draws, law = self.world.draws, self.sessions.lasts
        numbers = np.arange(self._drawn, self._drawn + CHUNK)
        self._came = self._last - np.cumsum(np.log1p(-draws.uniforms("gap", self.entity, numbers))) / self.sessions.starts
        lasts = np.array([law.quantile(u) for u in draws.uniforms("lasts", self.entity, numbers).tolist()])
        nobody = np.full(CHUNK, NOBODY)
        self._chunk, self._next = Crowd(numbers, self._came + lasts, nobody, nobody), 0
        self._drawn, self._last = self._drawn + CHUNK, float(self._came[-1])

    def _count(self, time: float) -> None:
        """Put into the record how many there are."""
        import numpy as np

        there = self.live.slot[self.live.ends > time]
        held = there[there != NOBODY]
        ending = sum(int((ends > time).sum()) for ends in self._ending.values())
        even = not self.sessions.sticky and len(self.servers)
        busiest = len(held) / len(self.servers) if even else np.bincount(held).max(initial=0)
        counts = (self.started, self.turned_away, len(there) + ending, len(held), busiest, len(self.servers))
        self.world.record.write("session_counts", time, self.fleet.name, *map(float, counts))


class Shards:
    """The servers of a cache. A session is kept on one of those in service when it starts, each as likely, until it is over or that is lost."""

    def __init__(self) -> None:
        self.slots = array("q")  # of those in service, in order
        self.book: SessionBook

    def told(self, server: Server) -> None:
        if server.in_service is (server.slot in self.slots):
            return
        if server.in_service:
            self.book.advance(server.fleet.world.now)
            insort(self.slots, server.slot)
        else:
            self.book.lost_shard(server)
            self.slots.remove(server.slot)

    def stop(self) -> None:
        """The book has counted all."""
