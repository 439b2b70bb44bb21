"""Crashes: a process dies, or the host or the zone under it, each by its own clock."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import count
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import StrictBool, model_validator

from simulator.component import Name, assumed, meant, published, refuse
from simulator.failures.failure import Failure
from simulator.laws import LastingLaw, Law, law

if TYPE_CHECKING:
    from simulator.server import Life, Server
    from simulator.simulation import Simulation
    from simulator.sites import Domain, Host, Sites


class Crash(Failure):
    """One server process, host or zone fails after its time to failure; age belongs to what was measured.

    A process is as old as its last start; a host or a zone keeps its age whatever runs on it, is down for a while, and begins anew. While a zone is down
    it holds all that is in it, and the clocks of its hosts run on.
    """

    kind: Literal["crash"] = "crash"
    of: Literal["process", "host", "zone"] = "process"
    time_to_failure: Annotated[LastingLaw, published("LANL failure data 1996-2005, 2,048 four-way nodes; divide the rate by 3 to 10 for a modern cloud")] = law(
        "weibull", shape=0.64, scale="6400h"
    )
    lasts: Annotated[Law, published("how long a host is down: repair times of LANL's large clusters, mu 4.26, sigma 1.16 in ln minutes")] = law(
        "lognormal", median="70.8m", sigma=1.16
    )
    age: Annotated[Literal["settled", "new"], assumed("what runs at the start has run before")] = "settled"
    fleet: Name | None = None
    hangs: StrictBool = False  # a process that hangs is there and gives no answer: only who asks it notices

    @model_validator(mode="after")
    def _fitting(self) -> Self:
        given = "lasts" if self.of == "process" else "fleet"
        if given in self.model_fields_set and getattr(self, given) is not None:
            raise refuse("ConfigConflict", f"`{given}` does not go with `of: {self.of}`")
        if self.hangs and self.of != "process":
            raise refuse("ConfigConflict", "only a process `hangs`; a host or a zone is down")
        missing = [name for name in ("time_to_failure", "lasts") if name not in self.model_fields_set] if self.of == "zone" else []
        if missing:
            raise refuse("ConfigMissing", f"`of: zone` needs its `{missing[0]}`: the defaults are those of hosts, and none was published for zones")
        return self

    def dump(self) -> dict[str, Any]:
        """A process is not down for a time of its own: its fleet decides."""
        return {name: value for name, value in super().dump().items() if self.of != "process" or name != "lasts"}

    def strike(self, world: Simulation, name: str) -> None:
        if self.of == "process":
            world.watchers.append(partial(self.clock, name))
        else:
            for place, domain in (world.ground.by_name if self.of == "host" else world.ground.zones).items():
                world.process(self.domains_life(world, domain, place, name))

    def clock(self, name: str, server: Server) -> None:
        """Set the clock of a process that begins to serve, to stand by, or to age at another pace; what ends that before it strikes takes the clock along."""
        world, spell, pace = server.fleet.world, server.spell, server.pace
        if self.fleet not in (None, server.fleet.name) or not pace:
            return
        u = world.uniform(f"{name}/time_to_failure", server.entity, server.life)

        def crash() -> None:
            if server.spell is spell and not server.holds:
                server.stop("hang" if self.hangs else "crash")

        left = self.lifetime(u, first=server.new_at == 0) - server.age
        world.call(world.now + max(0.0, left) / pace, crash)

    def domains_life(self, world: Simulation, domain: Host | Domain, place: str, name: str) -> Life:
        """Run, fail, be down until it is mended, and run again."""
        for k in count():
            u = world.uniform(f"{name}/time_to_failure", place, k)
            yield world.timeout(self.lifetime(u, first=k == 0))
            domain.hold(f"{self.of} crash")
            yield world.timeout(world.draw(self.lasts, f"{name}/lasts", place, k))
            domain.release(f"{self.of} crash")

    def lifetime(self, u: float, first: bool) -> float:
        """Time to failure (seconds); what runs at the start of a settled world has run before."""
        return self.time_to_failure.residual(u) if first and self.age == "settled" else self.time_to_failure.quantile(u)

    def rate(self, servers: int, hosts: int) -> float:
        return (hosts if self.of == "host" else servers) / self.time_to_failure.expected  # a zone strikes all that is in it

    def unknown(self, sites: Sites, fleets: set[str], registries: set[str]) -> Iterator[tuple[str, str]]:
        if self.fleet and self.fleet not in fleets:
            yield "fleet", f"no fleet {self.fleet!r} in any policy{meant(self.fleet, fleets)}"
