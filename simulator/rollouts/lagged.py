"""Lagged: each pet is upgraded so long after a release, by a lag of its own."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import model_validator

from simulator.component import assumed, published, refuse
from simulator.laws import Law, law
from simulator.rollouts.rollout import Attempt, PetsRollout, outdated
from simulator.units import Duration, Share

if TYPE_CHECKING:
    from simulator.fleet import Fleet
    from simulator.server import Life, Server


class Lagged(PetsRollout):
    """A `shift` in which nobody patches, and a `lag` drawn for each pet and release; what is wanted by then is installed. Stayers never are."""

    kind: Literal["lagged"] = "lagged"
    shift: Annotated[Duration, published("little is patched before day 30: Verizon DBIR 2024, p. 21")] = 30 * 86400.0
    lag: Annotated[Law, published("ln days of mu 3.22 and sigma 1.85, fit to 50 % by day 55 and 8 % open after a year: Verizon DBIR 2024, p. 21")] = law(
        "lognormal", median="25.03d", sigma=1.85
    )
    stayers: Annotated[Share, assumed("all of them some day: the lag has the late ones")] = 0.0

    @model_validator(mode="after")
    def _no_gate(self) -> Self:
        if self.looked_at:
            raise refuse("ConfigConflict", "`gate` does not go with `lagged`: each pet comes to it by itself, and there is no rollout to send back")
        return self

    def upgrade(self, fleet: Fleet, attempt: Attempt) -> Life:
        for server in outdated(fleet):
            if fleet.world.uniform("stays", server.entity) >= self.stayers:
                fleet.world.process(self.later(server, fleet.releases, attempt))
        yield from ()

    def later(self, server: Server, release: int, attempt: Attempt) -> Life:
        """Upgrade one pet when its time has come, if no earlier visit has done it."""
        world = server.fleet.world
        yield world.timeout(self.shift + world.draw(self.lag, "patch lag", server.entity, release))
        yield from attempt(server, inf)
