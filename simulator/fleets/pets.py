"""Pets: named servers that hold state and are nursed back to health in place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import model_validator
from simpy import Event

from simulator.component import assumed, published, refuse
from simulator.fleets.backups import Backups, Vault
from simulator.fleets.part import FleetPart
from simulator.fleets.repair import Repair
from simulator.fleets.spares import Bench, Spares
from simulator.fleets.upgrade import Upgrade
from simulator.laws import Law, law
from simulator.rollouts import PetsRollout, Rollout
from simulator.server import State
from simulator.units import ServerCount

if TYPE_CHECKING:
    from simulator.fleet import Fleet
    from simulator.server import Life, Server
    from simulator.simulation import Simulation


class Pets(FleetPart):
    """Named servers, repaired and upgraded in place by people."""

    kind: Literal["pets"] = "pets"
    servers: ServerCount
    repair: Repair = Repair()
    upgrade: Upgrade = Upgrade()
    rollout: Annotated[Rollout, assumed("one by one, by slot")] = Rollout.model_validate({"kind": "in_turn"})
    backups: Backups | None = None
    spares: Spares | None = None
    boot: Annotated[
        Law, published("restart of a stopped Linux VM on AWS, mean 34.0 s: Hao et al. 2021, Table IV; sigma computed from its cold boots of t2 types")
    ] = law("lognormal", mean="34s", sigma=0.65)

    @model_validator(mode="after")
    def _for_pets(self) -> Self:
        if not isinstance(self.rollout, PetsRollout):
            raise refuse("ConfigConflict", f"a rollout of kind `{self.rollout.kind}` is for cattle")  # type: ignore[attr-defined]
        return self

    @property
    def size(self) -> int:
        return self.servers + (self.spares.servers if self.spares else 0)

    @property
    def crews(self) -> dict[str, str]:
        return {"repair.crew": self.repair.crew, "upgrade.crew": self.upgrade.crew}

    def name_of(self, fleet: str, serial: int) -> str:
        return f"{fleet}-{serial:02d}"

    def open(self, world: Simulation, name: str) -> None:
        fleet = world.fleets[name]
        fleet.vault = Vault(world, self.backups) if self.backups else None
        bench = Bench(self.spares, self.servers) if self.spares else None
        for _ in range(self.size):
            world.process(self.life(fleet.add(), bench))
        world.process(self.rollout.standing(fleet, self.upgrade.attempt))

    def life(self, server: Server, bench: Bench | None = None) -> Life:
        """Serve, or stand by until there is a place, and after every trouble be nursed back where it is: a pet is never replaced."""
        while True:
            cause = (yield from bench.place(server)) if bench else None
            if not cause:
                cause = yield from server.serve()
                if bench:
                    bench.leave()
            if cause == "upgrade":
                cause = (yield from self.upgrade.patch(server)) or "power"
            if cause == "power":
                yield from self.restart(server)
            else:
                yield from self.recover(server, cause)
            server.renew()

    def recover(self, server: Server, cause: str) -> Life:
        """Be noticed, get a person, and be repaired; what a lost domain broke off is begun again when it is back."""
        since = server.fleet.world.now
        vault = server.fleet.vault
        yield from self.repair.nurse(server, cause, self.boot, vault)
        if vault:
            vault.was_down(server, since)

    def restart(self, server: Server) -> Life:
        """Boot by itself, and again where its domain went down meanwhile; what breaks at it has to be repaired."""
        while cause := (yield from server.wait(server.draw(self.boot, "boot"), "boot", State.STARTING, server.cause)):
            if cause != "power":
                yield from self.recover(server, cause)
                return

    def announced(self, fleet: Fleet) -> None:
        fleet.rollout = fleet.world.process(self.roll(fleet, fleet.wanted, fleet.rollout))

    def roll(self, fleet: Fleet, stack: int, before: Event | None) -> Life:
        """Upgrade the pets as the rollout has it. A newer release ends it at the pets it is at, and begins its own there."""
        if before:
            yield before
        if stack == fleet.wanted:
            yield from self.rollout.upgrade(fleet, self.upgrade.attempt)
