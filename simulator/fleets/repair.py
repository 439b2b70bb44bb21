"""Repair: the ladder from a dead pet to one that serves again; each step is tried when the one before has not helped."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING, Annotated

from simulator.component import Model, Name, assumed, published
from simulator.fleets.backups import Vault
from simulator.fleets.hands import Hands
from simulator.fleets.hours import Hours
from simulator.fleets.login import LOST
from simulator.fleets.monitor import Monitor
from simulator.laws import Law, law
from simulator.server import WELL, State
from simulator.units import Duration, PositiveNumber, Share

if TYPE_CHECKING:
    from simulator.server import Life, Server


GONE = ("lost host", LOST)  # there is no machine to repair


class Restart(Model):
    """Off and on again: a person does it, and the machine boots by itself."""

    time: Annotated[Law, assumed("a minute to log in and do it")] = law("constant", value="1m")
    succeeds: Annotated[Share, published("share of software among the root causes of LANL's failures 1996-2005")] = 0.227


class Rebuild(Model):
    """Anew by hand, on a machine that is provisioned for it, as far as anybody remembers how it was."""

    time: Annotated[Law, assumed("half a day; no published measurement found")] = law("lognormal", median="4h", sigma=0.7)


class Runbooks(Model):
    """Written instructions: for the failures they cover people find out, restart, repair and rebuild so many times as fast."""

    covers: Annotated[Share, assumed("all that happens has happened before")] = 1.0
    faster: Annotated[PositiveNumber, published("playbooks make repairs about three times as fast: Google SRE book ch. 1")] = 3.0


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
    runbooks: Runbooks | None = None
    diagnose: Annotated[Law, assumed("part of the time of repair, as it was measured")] = law("constant", value="0s")
    restart: Restart | None = None
    time: Annotated[Law, published("LANL failure data 1996-2005, large homogeneous clusters: mu 4.26, sigma 1.16 in ln minutes")] = law(
        "lognormal", median="70.8m", sigma=1.16
    )
    succeeds: Annotated[Share, assumed("the measured times are of what ended the outage, whatever that was")] = 1.0
    rebuild: Rebuild = Rebuild()
    elsewhere_after: Annotated[Duration | None, assumed("a pet waits for its host")] = None  # that a host has been down, its pets are restored on another

    def nurse(self, server: Server, cause: str, boot: Law, provision: Law) -> Life:
        """Be noticed, get a person, and be helped; returns `forgotten` where it is broken again, as something was forgotten in rebuilding it."""
        world, failed = server.fleet.world, server.fleet.world.now
        yield from server.wait(self.detect.notice(world, server.entity), "detect", cause=cause)
        yield from self.page(server, cause)
        hands, pace = Hands(server, world.crews[self.crew], cause), self.pace(server, server.fleet.ledger.drift.repairs_longer if server.fleet.ledger else 0.0)
        if self.diagnose.expected:
            yield from hands.on(pace * server.draw(self.diagnose, "diagnose"), "diagnose")
        if cause == LOST:
            hands.off()
            return (yield from self.replace(server, cause, failed, hands, provision))
        if self.restart:
            yield from hands.on(pace * server.draw(self.restart.time, "restart"), "restart")
            hands.off()
            broken = yield from server.wait(server.draw(boot, "restart boot"), "boot", State.STARTING, cause)
            if broken == "lost host":
                return (yield from self.replace(server, broken, server.held_since, hands, provision))
            if not broken and server.chance("restart succeeds") < self.restart.succeeds:
                return None
        yield from hands.on(pace * server.draw(self.time, "repair"), "repair")
        hands.off()
        if self.succeeds < 1 and server.chance("repair succeeds") >= self.succeeds:
            return (yield from self.replace(server, cause, failed, hands, provision))
        server.degrade(1.0, 1.0)
        if server.fleet.ledger:
            server.fleet.ledger.repaired(server, cause)
        return None

    def page(self, server: Server, cause: str) -> Life:
        """Call somebody, who comes."""
        world = server.fleet.world
        at_work = self.hours.open(world.week + world.now)
        world.record.write("pages", world.now, server.fleet.name, server.name, not at_work)
        respond = self.respond if self.out_of_hours is None or at_work else self.out_of_hours
        return server.wait(server.draw(respond, "respond"), "respond", cause=cause)

    def pace(self, server: Server, longer: float) -> float:
        """How long people take over a pet beside their usual: runbooks shorten it, and each setting changed by hand lengthens it by a share."""
        ledger, books = server.fleet.ledger, self.runbooks
        covered = books is not None and server.chance("runbook") < books.covers
        return (1 + longer * ledger.count(server) if ledger else 1.0) / (books.faster if books and covered else 1.0)

    def leave_host(self, server: Server) -> Life:
        """Where the host stays down too long, go to another once one is up; who was being repaired waits for its own."""
        world, host, since = server.fleet.world, server.host, server.held_since
        assert self.elsewhere_after is not None
        yield world.timeout(self.elsewhere_after)
        while host.causes and server.host is host and server.held_since == since:
            if world.ground.up:
                if server.state in WELL and server.asleep:
                    server.move(world.ground.place(server.slot, server.fleet.hosts))
                return
            yield world.ground.back(world.event())

    def resettle(self, server: Server, provision: Law) -> Life:
        """On another host there is nothing of it: somebody comes, and restores or rebuilds it."""
        yield from self.page(server, "lost host")
        return (yield from self.replace(server, "lost host", server.held_since, Hands(server, server.fleet.world.crews[self.crew], "lost host"), provision))

    def replace(self, server: Server, cause: str, failed: float, hands: Hands, provision: Law) -> Life:
        """Copy back a backup or, where none is good, rebuild it by hand; returns `forgotten` where something was."""
        vault, ledger, files = server.fleet.vault, server.fleet.ledger, server.fleet.files
        server.fleet.losses[server] = failed
        if files:
            files.lost(server)
        server.degrade(1.0, 1.0)
        if cause in GONE:
            yield from self.provisioned(server, cause, provision)
        if vault and (yield from self.restore(server, cause, failed, vault)):
            return None
        if cause not in GONE:
            yield from self.provisioned(server, cause, provision)
        pace = self.pace(server, ledger.drift.rebuild_longer if ledger else 0.0)
        yield from hands.on(pace * server.draw(self.rebuild.time, "rebuild"), "rebuild")
        hands.off()
        self.back(server, server.data_since, rebuilt=True)
        if files:
            files.rebuilt(server)
        server.data_since = server.fleet.world.now
        return "forgotten" if ledger and ledger.rebuilt(server) else None

    def back(self, server: Server, content: float, rebuilt: bool = False) -> None:
        """A pet has data again: of a time (seconds), or new since then."""
        fleet = server.fleet
        fleet.world.record.write("restores", fleet.losses.pop(server), fleet.world.now, fleet.name, server.name, content, False)
        if fleet.written:
            fleet.written.restored(server, -inf if rebuilt else content)

    def provisioned(self, server: Server, cause: str, provision: Law) -> Life:
        """Wait for a new virtual machine; what a lost domain breaks off is begun again."""
        yield from server.released()
        while (yield from server.wait(server.draw(provision, "provision"), "provision", State.REPAIRING, cause)):
            yield from server.released()

    def restore(self, server: Server, cause: str, failed: float, vault: Vault) -> Life:
        """Copy back the newest backup, and where that is bad the one before; returns whether one was good."""
        ledger = server.fleet.ledger
        for copy in vault.copies(server, failed):
            while True:
                yield from server.released()
                arrives = vault.link.copy(vault.size)
                if not (yield from server.wait(arrives, "restore", State.REPAIRING, cause)):
                    break
                vault.link.drop(arrives)
            if copy.good:
                self.back(server, copy.content)
                if server.fleet.files:
                    server.fleet.files.restored(server, copy.content)
                if (then := vault.stack(server, copy.content)) != server.stack:
                    server.stack = then
                    vault.installed(server)
                if ledger:
                    ledger.restored(server, copy.content)
                return True
        return False
