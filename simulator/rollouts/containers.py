"""Rollouts of containers: what a Deployment is told beside its strategy."""

from __future__ import annotations

from typing import Annotated, ClassVar

from simulator.component import assumed, published
from simulator.rollouts.pause import Pause
from simulator.rollouts.rollout import Rollout
from simulator.units import Duration, PositiveDuration


class ContainersRollout(Rollout):
    """A rule for containers, which are replaced. At the deadline without progress Kubernetes only says so; to go back by itself is ours."""

    rolls: ClassVar[bool] = True  # whether old and new ones run side by side
    sizes_all: ClassVar[bool] = False  # whether it says all sizes where another number is wanted, too
    switches: ClassVar[bool] = False  # whether one set at a time is in rotation
    keeps_size: ClassVar[bool] = False  # whether the fleet does not shrink while it is under way

    min_ready: Annotated[Duration, published("Kubernetes Deployment minReadySeconds")] = 0.0
    progress_deadline: Annotated[PositiveDuration, published("Kubernetes Deployment progressDeadlineSeconds")] = 600.0
    rollback: Annotated[bool, assumed("as Kubernetes, which leaves it to people")] = False
    pause: Pause | None = None

    @property
    def course(self) -> list[tuple[float, float]]:
        """The shares of the servers at which it waits, and for how long (seconds), in order."""
        return [(self.pause.at, self.pause.lasts)] if self.pause else []
