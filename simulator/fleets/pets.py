"""Pets: named servers that hold state and are nursed back to health in place."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import Field, model_validator
from simpy import Event

from simulator.component import assumed, published, refuse
from simulator.fleets.analysis import analyse
from simulator.fleets.backups import Backups, Vault
from simulator.fleets.connections import connected
from simulator.fleets.drift import Drift, Ledger
from simulator.fleets.files import Files
from simulator.fleets.freeze import thawed
from simulator.fleets.login import REBOOT, Login
from simulator.fleets.names import Names
from simulator.fleets.part import FleetPart
from simulator.fleets.repair import Repair
from simulator.fleets.spares import Bench, Spares
from simulator.fleets.upgrade import Upgrade
from simulator.laws import Law, law
from simulator.problems import Path
from simulator.rollouts import PetsRollout, Rollout
from simulator.server import IN_SERVICE, State
from simulator.steps import Content, FilePath
from simulator.units import ServerCount, Size, show_duration

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
    drift: Drift | None = None
    disk: Annotated[Size, assumed("a small database")] = 100e9  # of each virtual machine
    boot: Annotated[
        Law, published("restart of a stopped Linux VM on AWS, mean 34.0 s: Hao et al. 2021, Table IV; sigma computed from its cold boots of t2 types")
    ] = law("lognormal", mean="34s", sigma=0.65)
    provision: Annotated[Law, published("boot of a new Linux VM on AWS, mean 55.9 s, and sigma of t2 types: Hao et al. 2021, Table IV")] = law(
        "lognormal", mean="55.9s", sigma=0.65
    )
    files: Mapping[FilePath, Content] = Field({}, description="What is on each pet's disk at first, and again where it is rebuilt: a text by its path.")
    names: Names = Field((), description="A name for each pet, in the order of their slots; or a list to take them from: `gods` or `moons`.")

    @model_validator(mode="after")
    def _for_pets(self) -> Self:
        if not isinstance(self.rollout, PetsRollout):
            raise refuse("ConfigConflict", f"a rollout of kind `{self.rollout.kind}` is for cattle")  # type: ignore[attr-defined]
        if self.names and len(self.names) < self.size:
            raise refuse("ConfigConflict", f"{len(self.names)} names for {self.size} pets; give each a name, or none")
        return self

    def mistakes(self, horizon: float) -> Iterator[tuple[Path, str, str]]:
        openings = self.rollout.openings(horizon)
        if (first := next(openings, None)) is None:
            yield ("rollout",), "ConfigConflict", f"its windows never open: none begins within the horizon, {show_duration(horizon)}"
        elif all(thawed(self.upgrade.freezes, begin) >= min(end, horizon) for begin, end in chain([first], openings)):
            yield ("upgrade", "freezes"), "ConfigConflict", "no upgrade could ever begin: all the time in which one might is frozen"

    @property
    def size(self) -> int:
        return self.servers + (self.spares.servers if self.spares else 0)

    @property
    def serving(self) -> int:
        return self.servers

    @property
    def stored(self) -> float:
        copy = self.disk if self.backups is None or self.backups.size is None else self.backups.size
        return self.size * (self.disk + (self.backups.keep * copy if self.backups else 0.0))

    @property
    def own_bytes(self) -> float:
        return self.disk

    @property
    def crews(self) -> dict[str, str]:
        return {"repair.crew": self.repair.crew, "upgrade.crew": self.upgrade.crew}

    def names_of(self, fleet: str) -> Iterator[str]:
        yield from self.names[: self.size] or (f"{fleet}-{serial:02d}" for serial in range(self.size))

    def christen(self, fleet: Fleet, serial: int, stack: int) -> str:
        return self.names[serial] if self.names else f"{fleet.name}-{serial:02d}"

    def open(self, world: Simulation, name: str) -> None:
        fleet = world.fleets[name]
        fleet.vault = Vault(world, self.backups, self.disk, fleet.wanted) if self.backups else None
        fleet.ledger = Ledger(world, self.drift, self.repair.crew) if self.drift else None
        fleet.files = Files(world, self.files)
        bench = Bench(self.spares, self.servers) if self.spares else None
        for _ in range(self.size):
            server = fleet.add()
            world.process(self.life(server, bench))
            if fleet.ledger:
                fleet.ledger.open(server)
        world.process(self.rollout.standing(fleet, self.upgrade.attempt))

    def terminals(self, fleet: Fleet, names: Iterable[str]) -> Iterator[Login]:
        assert fleet.files
        yield from (Login(server, fleet.files) for server in fleet.servers.values() if server.name in names)

    def life(self, server: Server, bench: Bench | None = None) -> Life:
        """Serve, or stand by until there is a place, and after every trouble be nursed back where it is: a pet is never replaced."""
        while True:
            cause = (yield from bench.place(server)) if bench else None
            if not cause:
                cause = (yield from connected(server)) or (yield from server.serve())
                if bench:
                    bench.leave()
            if cause == "upgrade":
                cause = yield from self.upgrade.patch(server, self.boot)
            if cause in ("power", REBOOT):
                yield from self.restart(server, cause)
            elif cause:
                yield from self.recover(server, cause)
            server.renew()

    def recover(self, server: Server, cause: str) -> Life:
        """Be noticed, get a person, and be repaired; what a lost domain broke off is begun again when it is back."""
        since, vault = server.fleet.world.now, server.fleet.vault
        if cause == "lost host":
            since = server.held_since
            again = yield from self.repair.resettle(server, self.provision)
        else:
            again = yield from self.repair.nurse(server, cause, self.boot, self.provision)
        while again:
            server.renew()
            again = yield from self.repair.nurse(server, again, self.boot, self.provision)
        if vault:
            vault.was_down(server, since)

    def restart(self, server: Server, cause: str) -> Life:
        """Boot by itself, and again where its domain went down meanwhile; what breaks at it has to be repaired."""
        why = cause if cause == REBOOT else server.cause
        while cause := (yield from server.wait(server.draw(self.boot, "boot"), "boot", State.STARTING, why)):
            if cause != "power":
                yield from self.recover(server, cause)
                return

    def held(self, server: Server) -> None:
        if self.spares and (server.state in IN_SERVICE or server.phase == "switch"):
            server.stop("power")  # its place is free for another
        if self.repair.elsewhere_after is not None and not server.host.up:
            server.fleet.world.process(self.repair.leave_host(server))

    def released(self, server: Server) -> None:
        if server.fleet.vault:
            server.fleet.vault.was_down(server, server.held_since)

    def announced(self, fleet: Fleet, before: int) -> None:
        fleet.rollout = fleet.world.process(self.roll(fleet, fleet.wanted, fleet.rollout))
        analyse(fleet, self.rollout.looked_at, before)

    def rolled(self, fleet: Fleet) -> bool:
        assert isinstance(self.rollout, PetsRollout)
        return self.rollout.over(fleet)

    def went_back(self, fleet: Fleet) -> None:
        fleet.rollout = fleet.world.process(self.roll(fleet, fleet.wanted, fleet.rollout))

    def roll(self, fleet: Fleet, stack: int, before: Event | None) -> Life:
        """Upgrade the pets as the rollout has it. A newer release ends it at the pets it is at, and begins its own there."""
        if before:
            yield before
        if stack == fleet.wanted:
            yield from self.rollout.upgrade(fleet, self.upgrade.attempt)
