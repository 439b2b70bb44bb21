"""Recreate: all old containers go before a new one comes."""

from __future__ import annotations

from typing import ClassVar, Literal

from simulator.rollouts.containers import ContainersRollout
from simulator.rollouts.rollout import Sets


class Recreate(ContainersRollout):
    """Kubernetes' Recreate (pkg/controller/deployment/recreate.go): two versions never run at once, and for a while none does."""

    rolls: ClassVar[bool] = False
    kind: Literal["recreate"] = "recreate"

    def step(self, desired: int, sets: Sets) -> list[int]:
        gone = not any(own.wanted for own in sets.old) and not sets.ending
        return [desired if gone else sets.new.wanted, *(0 for _ in sets.old)]
