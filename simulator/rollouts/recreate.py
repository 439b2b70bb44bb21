"""Recreate: all old containers go before a new one comes."""

from __future__ import annotations

from typing import ClassVar, Literal, Self

from pydantic import model_validator

from simulator.component import refuse
from simulator.rollouts.containers import ContainersRollout
from simulator.rollouts.rollout import Sets


class Recreate(ContainersRollout):
    """Kubernetes' Recreate (pkg/controller/deployment/recreate.go): two versions never run at once, and for a while none does."""

    rolls: ClassVar[bool] = False
    kind: Literal["recreate"] = "recreate"

    @model_validator(mode="after")
    def _at_a_stroke(self) -> Self:
        if self.pause:
            raise refuse("ConfigConflict", "`pause` does not go with `recreate`: two versions never run at once, and there is no middle to halt in")
        return self

    def step(self, desired: int, sets: Sets) -> list[int]:
        gone = not any(own.wanted for own in sets.old) and not sets.ending
        return [desired if gone else sets.new.wanted, *(0 for _ in sets.old)]
