"""Upgrades in place: a person takes a pet out of service, patches it, and it starts again; or it does not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from simulator.component import Model, Name, assumed
from simulator.laws import Law, law
from simulator.server import WELL, State
from simulator.units import Duration, PositiveNumber, PositiveShare, Share

if TYPE_CHECKING:
    from simulator.server import Life, Server


class Upgrade(Model):
    """How a pet gets a new version, and what becomes of one whose patch fails: it is left with the old version, patched again at once, half upgraded, or
    out of service until people repair it."""

    crew: Name = "ops"
    drain: Annotated[Law, assumed("no time for clients to leave")] = law("constant", value="0s")
    time: Annotated[Law, assumed("a quarter of an hour by hand; no published measurement found")] = law("lognormal", median="15m", sigma=0.7)
    succeeds: Annotated[Share, assumed("patches work; DORA 2024 has 5 % of changes fail with the best, 40 % with the worst")] = 1.0
    on_failure: Annotated[Literal["leave", "retry", "half", "outage"], assumed("back-out: the old version goes on")] = "leave"
    half_speed: Annotated[PositiveShare, assumed("a half-upgraded pet serves, and slower")] = 0.7
    half_ages: Annotated[PositiveNumber, assumed("and fails twice as often")] = 2.0
    freeze_after_failure: Annotated[Duration, assumed("nobody stops")] = 0.0  # in which no other upgrade of the fleet begins

    def attempt(self, server: Server) -> Life:
        """Upgrade one pet once there is a person for it, if it is well then; returns whether it runs what is wanted."""
        fleet = server.fleet
        world, crew = fleet.world, fleet.world.crews[self.crew]
        if world.now < fleet.frozen_until:
            yield world.until(fleet.frozen_until)
        job = yield from crew.take("upgrade", server)
        if server.state not in WELL[:1] + WELL[2:] or server.holds or server.stack == fleet.wanted:
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
        drain = server.draw(self.drain, "drain")
        broken_off = (yield from server.wait(drain, "drain", State.UPGRADING, "upgrade")) if drain else None
        tries, outage = 0, False
        while not broken_off:
            time = self.time.quantile(server.fleet.world.uniform("upgrade", server.entity, server.life if not tries else (server.life, tries)))
            broken_off = yield from server.wait(time, "patch", State.UPGRADING, "upgrade")
            if broken_off:
                break
            if self.succeeds == 1 or server.fleet.world.uniform("patch succeeds", server.entity, (server.life, tries)) < self.succeeds:
                server.stack, server.speed, server.ages = server.fleet.wanted, 1.0, 1.0
                break
            tries += 1
            server.fleet.frozen_until = server.fleet.world.now + self.freeze_after_failure
            if self.on_failure == "half":
                server.speed, server.ages = self.half_speed, self.half_ages
            outage = self.on_failure == "outage"
            if self.on_failure != "retry":
                break
        server.announce("handed back")
        return "upgrade" if outage else None
