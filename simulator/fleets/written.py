"""Written data: what of it lies on which server of a fleet, exact at every moment, without an event for each write."""

from __future__ import annotations

from bisect import bisect_right
from math import inf
from typing import TYPE_CHECKING

from simulator.server import State

if TYPE_CHECKING:
    from simulator.fleet import Fleet
    from simulator.server import Server
    from simulator.simulation import Simulation


class Written:
    """The bytes that each server in service has got of what users write, an even share at each moment; and what they could not write.

    A share grows in straight lines, which bend when a server comes or goes: `_knots` are the times of that, and `_shares` what one that served all along
    would have got by then.
    """

    def __init__(self, world: Simulation, fleet: Fleet, place: str, rate: float, store: Store | None) -> None:
        self.world, self.fleet, self.place, self.rate, self.store = world, fleet, place, rate, store  # rate: bytes per second
        self.refused = self.total = 0.0
        self._serving: dict[Server, float] = {}  # since when (seconds)
        self._spells: dict[Server, list[tuple[float, float]]] = {}  # in which it served, from and to, as far as what was written then is there
        self._knots, self._shares = [0.0], [0.0]

    def told(self, server: Server) -> None:
        if server.in_service:
            if server not in self._serving:
                self.advance()
                self._serving[server] = self.world.now
        elif server in self._serving:
            self._left(server)
            if self.place == "disk" or (self.place == "store" and not self.fleet.part.containers):
                self._note(server, self._held(server), 0.0, server.trouble)
        if server.state is State.RETIRED and self.fleet.part.containers:
            self._ended(server, self.place in ("writable_layer", "empty_dir"), server.trouble)

    def stop(self) -> None:
        self.advance()
        for signal, value in (("written", self.total), ("refused", self.refused)):
            self.world.record.signal(self.world.horizon, self.fleet.name, signal, value)

    def advance(self) -> None:
        """Bring the account up to now."""
        now = min(self.world.now, self.world.horizon)
        came = self.rate * (now - self._knots[-1])
        if not came:
            return
        open_ = bool(self._serving) and (self.store is None or bool(self.store.serving))
        self.total, self.refused = self.total + came * open_, self.refused + came * (not open_)
        self._knots.append(now)
        self._shares.append(self._shares[-1] + (came / len(self._serving) if open_ else 0.0))

    def restarted(self, server: Server, cause: str) -> None:
        """Another container begins in the same pod: what was in the writable layer of the one before is gone."""
        if server in self._serving:  # nobody has been told yet that it is out of service
            self._left(server)
        self._ended(server, self.place == "writable_layer", cause)

    def restored(self, server: Server, content: float) -> None:
        """A pet has what it had at a time (seconds), from a backup, or nothing where that is before all times; what was written to it since is lost."""
        if self.place != "disk":
            return
        before, spells = self._held(server), self._spells.get(server, ())
        self._spells[server] = [(begin, min(end, content)) for begin, end in spells if begin < content]
        self._note(server, before, before - self._held(server), "rebuilt" if content == -inf else "restored")

    def _left(self, server: Server) -> None:
        """A server gets nothing from now on."""
        self.advance()
        self._spells.setdefault(server, []).append((self._serving.pop(server), self.world.now))

    def _ended(self, server: Server, lost: bool, cause: str) -> None:
        """A container is gone, with or without what it held; of one that nobody wrote to there is nothing to tell."""
        held = self._held(server)
        if held:
            self._note(server, held, held if lost else 0.0, cause)
        if lost or server.state is State.RETIRED:
            self._spells.pop(server, None)

    def _note(self, server: Server, written: float, lost: float, why: str) -> None:
        """Put into the record that a server has stopped, or was made anew, with so many bytes on it, of which so many are lost."""
        self.world.record.write("state", self.world.now, server.id, self.place, written, lost, why)

    def _held(self, server: Server) -> float:
        """What was written to a server and is still there (bytes)."""
        return sum(self._share(end) - self._share(begin) for begin, end in self._spells.get(server, ()))

    def _share(self, time: float) -> float:
        """What one that served all along would have got by a time (bytes)."""
        place = bisect_right(self._knots, time)
        if place == len(self._knots):
            return self._shares[-1]
        begin, end = self._knots[place - 1], self._knots[place]
        return self._shares[place - 1] + (self._shares[place] - self._shares[place - 1]) * (time - begin) / (end - begin)


class Store:
    """The fleet that keeps what is written to another: while no server of it serves, nothing can be."""

    def __init__(self) -> None:
        self.serving: set[Server] = set()
        self.written: Written

    def told(self, server: Server) -> None:
        if server.in_service is not (server in self.serving):
            self.written.advance()
            (self.serving.add if server.in_service else self.serving.discard)(server)

    def stop(self) -> None:
        """The account is with those who write."""
