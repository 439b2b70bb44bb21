"""Waves: pets are upgraded zone by zone."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Annotated, Literal

from simulator.component import assumed
from simulator.rollouts.rollout import Attempt, PetsRollout, halt, outdated, tried
from simulator.units import Duration

if TYPE_CHECKING:
    from simulator.fleet import Fleet
    from simulator.server import Life


class Waves(PetsRollout):
    """All pets of a zone at once, as far as there are people; a wave in which one fails is the last, and who goes back does not pause."""

    kind: Literal["waves"] = "waves"
    pause: Annotated[Duration, assumed("a day to see how it does")] = 86400.0  # between two waves

    def upgrade(self, fleet: Fleet, attempt: Attempt) -> Life:
        stack, turn = fleet.wanted, list(fleet.world.ground.zones)
        servers = sorted(outdated(fleet), key=lambda server: turn.index(server.host.zone))
        for number, (_, wave) in enumerate(groupby(servers, key=lambda server: server.host.zone)):
            if number and not fleet.going_back:
                yield from halt(fleet, fleet.world.now + self.pause)
            own = list(wave)
            if stack != fleet.wanted or not (yield from tried(fleet, own, attempt, "all")):
                return
