"""Upgrades in place: a person takes a pet out of service, patches it, and it starts again; or it does not."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import model_validator

from simulator.component import Model, Name, assumed, refuse
from simulator.fleets.freeze import Freeze, thawed
from simulator.fleets.hands import Hands
from simulator.laws import Law, law
from simulator.server import READY, State
from simulator.units import Duration, PositiveNumber, PositiveShare, Share

if TYPE_CHECKING:
    from simulator.server import Life, Server


class Half(Model):
    """What is left of a pet whose upgrade got stuck halfway, until another one succeeds or it is repaired."""

    speed: Annotated[PositiveShare, assumed("half as fast; no measurement found")] = 0.5
    hazard: Annotated[PositiveNumber, assumed("twice as likely to fail; likewise")] = 2.0  # beside a whole one


class Upgrade(Model):
    """How a pet gets a new version: drained, patched by a person, rebooted, and validated without one.

    One that fails leaves the old version, is tried again at once, leaves the pet half-upgraded (`degraded`), or out of service until people repair it.
    It is noticed with the patch or, where there is one, by the validation. Releases that were missed come together, and each has to succeed.
    """

    crew: Name = "ops"
    drain: Annotated[Law, assumed("no time for clients to leave")] = law("constant", value="0s")
    time: Annotated[Law, assumed("a quarter of an hour by hand; no published measurement found")] = law("lognormal", median="15m", sigma=0.7)
    edit: Annotated[Law, assumed("five minutes to log in and change a file; nothing is booted")] = law("constant", value="5m")  # of configuration alone
    validation: Annotated[Law | None, assumed("it is seen at once whether the patch works")] = None
    succeeds: Annotated[Share, assumed("patches work; DORA 2024 has 5 % of changes fail with the best, 40 % with the worst")] = 1.0
    batches: Annotated[Literal["compound", "as_one"], assumed("each release has its own chance: n of them together succeed with p^n")] = "compound"
    on_failure: Annotated[Literal["leave", "retry", "half", "outage"], assumed("back-out: the old version goes on")] = "leave"
    back_out: Annotated[Law, assumed("back at once, as from a snapshot")] = law("constant", value="0s")
    half: Half = Half()
    freezes: tuple[Freeze, ...] = ()  # change freezes, in which no upgrade of the fleet begins
    freeze_after_failure: Annotated[Duration, assumed("nobody stops")] = 0.0  # in which no other upgrade of the fleet begins

    @model_validator(mode="after")
    def _ends(self) -> Self:
        if self.on_failure == "retry" and (not self.succeeds or not self.time.expected):
            raise refuse("ConfigConflict", "`on_failure: retry` would never end: patches that take no time, or never succeed, are not tried again and again")
        return self

    def attempt(self, server: Server, until: float = inf) -> Life:
        """Upgrade one pet once there is a person for it, if it is well and it is not too late (seconds) then; returns whether nothing has failed."""
        fleet = server.fleet
        world, crew = fleet.world, fleet.world.crews[self.crew]
        while True:
            if (opens := self.opens(server)) > world.now:
                yield world.until(opens)
            job = yield from crew.take("upgrade", server)
            if self.opens(server) <= world.now:
                break
            crew.done(job)
        ready = server.state in READY and server.asleep and not server.holds
        if not ready or server.stack == fleet.wanted or world.now >= until:
            crew.done(job)
            return True
        server.hands, well = Hands(server, crew, "upgrade", "upgrade", job), server.reaches("well")
        server.stop("upgrade")
        yield well
        return server.stack == fleet.wanted

    def opens(self, server: Server) -> float:
        """The first moment from now on (seconds) at which an upgrade may begin."""
        return thawed(self.freezes, max(server.fleet.world.now, server.fleet.frozen_until))

    def patch(self, server: Server, boot: Law) -> Life:
        """What is done to it; returns `failed upgrade` where it has to be repaired, what broke off its start, or nothing where it has started.

        What a lost domain breaks off before the patch is through leaves the old version.
        """
        fleet, hands, drain = server.fleet, server.hands, server.draw(self.drain, "drain")
        assert hands is not None
        since, wanted, releases, tries, outcome = fleet.world.now, fleet.wanted, max(1, fleet.behind(server)), 1, "broken off"
        edits, broken_off = self.only_edits(server), None
        time = self.edit if edits else self.time
        if drain:  # nobody is kept while clients leave
            hands.off()
            broken_off = yield from hands.once(drain, "drain")
        if not broken_off:
            yield from hands.come()
            broken_off = yield from hands.once(server.draw(time, "upgrade"), "patch")
        while not broken_off:
            works = self.works(server, releases, tries)
            outcome = "done" if works else self.on_failure
            if works:
                server.stack = wanted
                if fleet.vault:
                    fleet.vault.installed(server)
            if self.validation:
                hands.off()
                broken_off = yield from self.validated(server, None if edits else boot, tries)
                if broken_off:
                    outcome = "broken off" if outcome == "retry" else outcome
                    break
            if not works:
                fleet.frozen_until = fleet.world.now + self.freeze_after_failure
            if outcome != "retry":
                break
            tries += 1
            yield from hands.on(server.draw(time, f"upgrade {tries}"), "patch")
        if outcome == "leave" and self.back_out.expected:
            yield from hands.on(server.draw(self.back_out, "back out"), "back out")
        hands.off()
        fleet.world.record.write("upgrades", since, fleet.world.now, fleet.name, server.name, releases, tries, outcome)
        if outcome in ("done", "half"):
            server.degrade(*((self.half.speed, self.half.hazard) if outcome == "half" else (1.0, 1.0)))
        if outcome == "outage":
            return "failed upgrade"
        if broken_off:
            return "power" if broken_off == "held" else broken_off
        return None if edits or (self.validation and outcome != "leave") else "power"

    def only_edits(self, server: Server) -> bool:
        """Whether what is wanted of a pet is other configuration, and no other software."""
        now, wanted = (server.fleet.versions(stack) for stack in (server.stack, server.fleet.wanted))
        return "config" in now and all(now[item] == version for item, version in wanted.items() if item != "config")

    def works(self, server: Server, releases: int, tries: int) -> bool:
        """Whether a patch brings what it should; what is wrong with a release itself no patch mends."""
        ledger = server.fleet.ledger
        if server.fleet.defect(server.fleet.wanted):
            return False
        share = self.succeeds ** (releases if self.batches == "compound" else 1) * (ledger.upgrades_succeed(server) if ledger else 1.0)
        return share == 1 or server.chance(f"patch succeeds{f' {tries}' if tries > 1 else ''}") < share

    def validated(self, server: Server, boot: Law | None, tries: int) -> Life:
        """The reboot, where there is one, and a look at whether it works, in which nobody is held up; returns what broke it off."""
        assert self.validation
        broken_off = (yield from server.wait(server.draw(boot, f"boot {tries}"), "boot", State.STARTING, "upgrade")) if boot else None
        return broken_off or (yield from server.wait(server.draw(self.validation, f"validate {tries}"), "validate", State.STARTING, "upgrade"))
