"""Repair: the ladder from a dead pet to one that serves again; each step is tried when the one before has not helped."""

from __future__ import annotations

from math import nan
from typing import TYPE_CHECKING, Annotated

from simulator.component import Model, Name, assumed, published
from simulator.fleets.backups import Vault
from simulator.fleets.hands import Hands
from simulator.fleets.hours import Hours
from simulator.fleets.monitor import Monitor
from simulator.laws import Law, law
from simulator.server import State
from simulator.units import Share

if TYPE_CHECKING:
    from simulator.server import Life, Server


class Restart(Model):
    """Off and on again: a person does it, and the machine boots by itself."""

    time: Annotated[Law, assumed("a minute to log in and do it")] = law("constant", value="1m")
    succeeds: Annotated[Share, published("share of software among the root causes of LANL's failures 1996-2005")] = 0.227


class Rebuild(Model):
    """Anew by hand, as far as anybody remembers how it was."""

    time: Annotated[Law, assumed("half a day; no published measurement found")] = law("lognormal", median="4h", sigma=0.7)


class Repair(Model):
    """How a pet gets help: a monitor notices, a person responds, and once free finds out, restarts, repairs, restores a backup or rebuilds.

    The published times of `repair` are of whatever ended an outage; who gives the steps around it should give a `time` and `succeeds` of this one alone.
    """

    crew: Name = "ops"
    detect: Monitor = Monitor()
    respond: Annotated[Law, published("page to engineer at work, median for a user-facing service: Google SRE book ch. 11; sigma assumed")] = law(
        "lognormal", median="5m", sigma=0.7
    )
    hours: Hours = Hours()
    out_of_hours: Annotated[Law | None, assumed("on call at any time")] = None
    diagnose: Annotated[Law, assumed("part of the time of repair, as it was measured")] = law("constant", value="0s")
    restart: Restart | None = None
    time: Annotated[Law, published("LANL failure data 1996-2005, large homogeneous clusters: mu 4.26, sigma 1.16 in ln minutes")] = law(
        "lognormal", median="70.8m", sigma=1.16
    )
    succeeds: Annotated[Share, assumed("the measured times are of what ended the outage, whatever that was")] = 1.0
    rebuild: Rebuild = Rebuild()

    def nurse(self, server: Server, cause: str, boot: Law, vault: Vault | None) -> Life:
        """Be noticed, get a person, and be helped."""
        world, failed = server.fleet.world, server.fleet.world.now
        yield from server.wait(self.detect.notice(world, server.entity), "detect", cause=cause)
        respond = self.respond if self.out_of_hours is None or self.hours.open(world.week + world.now) else self.out_of_hours
        yield from server.wait(server.draw(respond, "respond"), "respond", cause=cause)
        hands = Hands(server, world.crews[self.crew], cause)
        if self.diagnose.expected:
            yield from hands.on(self.diagnose, "diagnose")
        if self.restart:
            yield from hands.on(self.restart.time, "restart")
            hands.off()
            broken = yield from server.wait(server.draw(boot, "restart boot"), "boot", State.STARTING, cause)
            if not broken and server.chance("restart succeeds") < self.restart.succeeds:
                return
        yield from hands.on(self.time, "repair")
        if self.succeeds < 1 and server.chance("repair succeeds") >= self.succeeds:
            hands.off()
            if vault and (yield from self.restore(server, cause, failed, vault)):
                return
            yield from hands.on(self.rebuild.time, "rebuild")
            if vault:
                world.record.write("restores", failed, world.now, server.fleet.name, server.name, nan)
        hands.off()

    def restore(self, server: Server, cause: str, failed: float, vault: Vault) -> Life:
        """Copy back the newest backup, and where that is bad the one before; returns whether one was good."""
        world = server.fleet.world
        for copy in vault.copies(server, failed):
            while True:
                yield from server.released()
                arrives = vault.link.copy(vault.backups.size)
                if not (yield from server.wait(arrives, "restore", State.REPAIRING, cause)):
                    break
                vault.link.drop(arrives)
            if copy.good:
                world.record.write("restores", failed, world.now, server.fleet.name, server.name, copy.content)
                return True
        return False
