"""In turn: pets are upgraded one after another, so many at a time, or all at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from simulator.component import assumed
from simulator.rollouts.pause import Pause
from simulator.rollouts.rollout import AtOnce, Attempt, PetsRollout, outdated, tried

if TYPE_CHECKING:
    from simulator.fleet import Fleet
    from simulator.server import Life


class InTurn(PetsRollout):
    """By slot; one that is not serving when its turn comes is missed, and drifts."""

    kind: Literal["in_turn"] = "in_turn"
    at_once: Annotated[AtOnce, assumed("one by one")] = 1
    stops: Annotated[bool, assumed("who fails is left behind")] = False  # at the first that fails

    pause: Pause | None = None

    def upgrade(self, fleet: Fleet, attempt: Attempt) -> Life:
        yield from tried(fleet, outdated(fleet), attempt, self.at_once, self.stops, pause=self.pause)
