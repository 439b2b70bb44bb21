"""Upgrades in place: a person takes a pet out of service, patches it, and it starts again; or it does not."""

from __future__ import annotations

from itertools import count
from math import inf
from typing import TYPE_CHECKING, Annotated, Literal

from simulator.component import Model, Name, assumed
from simulator.laws import Law, law
from simulator.server import READY, State
from simulator.units import Duration, Share

if TYPE_CHECKING:
    from simulator.server import Life, Server


class Upgrade(Model):
    """How a pet gets a new version, and what becomes of one whose patch fails: it is left with the old version, patched again at once, or out of service
    until people repair it."""

    crew: Name = "ops"
    drain: Annotated[Law, assumed("no time for clients to leave")] = law("constant", value="0s")
    time: Annotated[Law, assumed("a quarter of an hour by hand; no published measurement found")] = law("lognormal", median="15m", sigma=0.7)
    succeeds: Annotated[Share, assumed("patches work; DORA 2024 has 5 % of changes fail with the best, 40 % with the worst")] = 1.0
    on_failure: Annotated[Literal["leave", "retry", "outage"], assumed("back-out: the old version goes on")] = "leave"
    freeze_after_failure: Annotated[Duration, assumed("nobody stops")] = 0.0  # in which no other upgrade of the fleet begins

    def attempt(self, server: Server, until: float = inf) -> Life:
        """Upgrade one pet once there is a person for it, if it is well and it is not too late (seconds) then; returns whether it runs what is wanted."""
        fleet = server.fleet
        world, crew = fleet.world, fleet.world.crews[self.crew]
        while True:
            if world.now < fleet.frozen_until:
                yield world.until(fleet.frozen_until)
            job = yield from crew.take("upgrade", server)
            if world.now >= fleet.frozen_until:
                break
            crew.done(job)
        ready = server.state in READY and server.asleep and not server.holds
        if not ready or server.stack == fleet.wanted or world.now >= until:
            crew.done(job)
            return server.stack == fleet.wanted
        handed_back, well = server.reaches("handed back"), server.reaches("well")
        server.stop("upgrade")
        yield handed_back
        crew.done(job)
        yield well
        return server.stack == fleet.wanted

    def patch(self, server: Server) -> Life:
        """What a person does to it; returns the cause where it has to be repaired. What a lost domain breaks off leaves the old version."""
        world, drain = server.fleet.world, server.draw(self.drain, "drain")
        broken_off = (yield from server.wait(drain, "drain", State.UPGRADING, "upgrade")) if drain else None
        outage, again = False, ""
        for tries in count(1):
            broken_off = broken_off or (yield from server.wait(server.draw(self.time, f"upgrade{again}"), "patch", State.UPGRADING, "upgrade"))
            if broken_off:
                break
            if self.succeeds == 1 or server.chance(f"patch succeeds{again}") < self.succeeds:
                server.stack = server.fleet.wanted
                break
            again, outage = f" {tries}", self.on_failure == "outage"
            server.fleet.frozen_until = world.now + self.freeze_after_failure
            if self.on_failure != "retry":
                break
        server.announce("handed back")
        return "upgrade" if outage else None
