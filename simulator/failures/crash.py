"""Crashes: a process dies, or the host under it, each by its own clock."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import count
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import model_validator

from simulator.component import Name, assumed, meant, published, refuse
from simulator.failures.failure import Failure
from simulator.laws import LastingLaw, Law, law

if TYPE_CHECKING:
    from simulator.server import Life, Server
    from simulator.simulation import Simulation
    from simulator.sites import Host, Sites


class Crash(Failure):
    """One server process or one host fails after its time to failure; age belongs to what was measured.

    A process is as old as its last start; a host keeps its age whatever runs on it, is down for a while, and begins anew.
    """

    kind: Literal["crash"] = "crash"
    of: Literal["process", "host"] = "process"
    time_to_failure: Annotated[LastingLaw, published("LANL failure data 1996-2005, 2,048 four-way nodes; divide the rate by 3 to 10 for a modern cloud")] = law(
        "weibull", shape=0.64, scale="6400h"
    )
    lasts: Annotated[Law, published("how long a host is down: repair times of LANL's large clusters, mu 4.26, sigma 1.16 in ln minutes")] = law(
        "lognormal", median="70.8m", sigma=1.16
    )
    age: Annotated[Literal["settled", "new"], assumed("what runs at the start has run before")] = "settled"
    fleet: Name | None = None

    @model_validator(mode="after")
    def _fitting(self) -> Self:
        given = {"process": "lasts", "host": "fleet"}[self.of]
        if given in self.model_fields_set and getattr(self, given) is not None:
            raise refuse("ConfigConflict", f"`{given}` does not go with `of: {self.of}`")
        return self

    def dump(self) -> dict[str, Any]:
        """A process is not down for a time of its own: its fleet decides."""
        return {name: value for name, value in super().dump().items() if self.of == "host" or name != "lasts"}

    def strike(self, world: Simulation, name: str) -> None:
        if self.of == "process":
            world.watchers.append(partial(self.clock, name))
        else:
            for host in world.ground.hosts:
                world.process(self.hosts_life(world, host, name))

    def clock(self, name: str, server: Server) -> None:
        """Set the clock of a process that begins to serve, or to stand by; what ends that before it strikes takes the clock along."""
        world, spell = server.fleet.world, server.asleep
        if self.fleet not in (None, server.fleet.name) or not server.ageing:
            return
        u = world.uniform(f"{name}/time_to_failure", server.entity, server.life)

        def crash() -> None:
            if server.asleep is spell and not server.holds:
                server.stop("crash")

        left = self.lifetime(u, first=server.new_at == 0) - server.age
        world.call(world.now + max(0.0, left) / server.ageing, crash)

    def hosts_life(self, world: Simulation, host: Host, name: str) -> Life:
        """Run, fail, be down until it is mended, and run again."""
        for k in count():
            u = world.uniform(f"{name}/time_to_failure", host.name, k)
            yield world.timeout(self.lifetime(u, first=k == 0))
            host.hold("host crash")
            yield world.timeout(world.draw(self.lasts, f"{name}/lasts", host.name, k))
            host.release("host crash")

    def lifetime(self, u: float, first: bool) -> float:
        """Time to failure (seconds); what runs at the start of a settled world has run before."""
        return self.time_to_failure.residual(u) if first and self.age == "settled" else self.time_to_failure.quantile(u)

    def rate(self, servers: int, hosts: int) -> float:
        return (servers if self.of == "process" else hosts) / self.time_to_failure.expected

    def unknown(self, sites: Sites, fleets: set[str]) -> Iterator[tuple[str, str]]:
        if self.fleet and self.fleet not in fleets:
            yield "fleet", f"no fleet {self.fleet!r} in any policy{meant(self.fleet, fleets)}"
