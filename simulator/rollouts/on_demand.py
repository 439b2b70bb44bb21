"""On demand: each pet is upgraded when somebody thinks of it."""

from __future__ import annotations

from itertools import count
from math import inf
from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import model_validator

from simulator.component import published, refuse
from simulator.laws import LastingLaw, law
from simulator.rollouts.rollout import Attempt, PetsRollout
from simulator.units import Share

if TYPE_CHECKING:
    from simulator.fleet import Fleet
    from simulator.server import Life, Server


class OnDemand(PetsRollout):
    """Each pet by itself, after gaps that are its own; stayers never are."""

    kind: Literal["on_demand"] = "on_demand"
    gap: Annotated[LastingLaw, published("hand-run servers leave a version at 18 % a month: Bitcoin node versions, DSN/KIT 2024-12 to 2025-06")] = law(
        "exponential", mean="151d"
    )
    stayers: Annotated[Share, published("share on versions of 3.5 years and older: Bitcoin node versions, DSN/KIT, 1.3 to 2.1 %")] = 0.017

    @model_validator(mode="after")
    def _no_gate(self) -> Self:
        if self.looked_at:
            raise refuse("ConfigConflict", "`gate` does not go with `on_demand`: each pet comes to it by itself, and there is no rollout to send back")
        return self

    def standing(self, fleet: Fleet, attempt: Attempt) -> Life:
        for server in fleet.servers.values():
            if fleet.world.uniform("stays", server.entity) >= self.stayers:
                fleet.world.process(self.visits(fleet, server, attempt))
        yield from ()

    def visits(self, fleet: Fleet, server: Server, attempt: Attempt) -> Life:
        """Look after one pet again and again."""
        world = fleet.world
        for k in count():
            u = world.uniform("visit", server.entity, k)
            yield world.timeout(self.gap.quantile(u) if k else self.gap.residual(u))
            if server.stack != fleet.wanted:
                yield from attempt(server, inf)
