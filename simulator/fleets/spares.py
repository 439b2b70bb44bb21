"""Spares: pets beyond those that serve, which stand by until one of these fails."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from simulator.component import Model, assumed
from simulator.laws import Law, law
from simulator.server import State
from simulator.units import PositiveCount, Share

if TYPE_CHECKING:
    from simulator.server import Life, Server


class Spares(Model):
    """How many stand by, how fast they age meanwhile, and how they take over."""

    servers: PositiveCount = 1
    ages: Annotated[Share, assumed("warm: switched on, and idle")] = 0.5  # beside one that serves: 0% where it is cold, 100% where it is hot
    switch: Annotated[Law, assumed("a minute to move an address and mount a disk")] = law("constant", value="1m")
    fails: Annotated[Share, assumed("a spare is what it should be; no published share found")] = 0.0


class Bench:
    """The spares of one fleet in one run: so many pets serve, and the others wait their turn."""

    def __init__(self, spares: Spares, places: int) -> None:
        self.spares, self.free = spares, places
        self._waiting: dict[Server, None] = {}

    def place(self, server: Server) -> Life:
        """Have a place among those that serve, now or when one falls free; returns the cause of whatever comes between."""
        if self.free and not server.holds:
            self.free -= 1
            return None
        self._waiting[server] = None
        server.ageing = self.spares.ages
        cause = yield from server.serve(standby=True)
        server.ageing = 1.0
        self._waiting.pop(server, None)
        if cause != "called":
            return cause
        # A zone that goes down under both takes the one it has called along.
        cause = "power" if server.holds else (yield from server.wait(server.draw(self.spares.switch, "switch"), "switch", State.STARTING, "failover"))
        if not cause and server.chance("failover fails") < self.spares.fails:
            cause = "failover"
        if cause:
            self.leave()
        return cause

    def leave(self) -> None:
        """A place is free: whoever has waited longest gets it, unless its domain is down, or it has just been stopped."""
        ready = next((server for server in self._waiting if server.asleep and not server.holds), None)
        if ready:
            del self._waiting[ready]
            ready.stop("called")
        else:
            self.free += 1
