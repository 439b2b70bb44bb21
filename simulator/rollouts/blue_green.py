"""Blue and green: a whole new set is started beside the old one, and traffic is switched from the one to the other."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from simulator.component import published
from simulator.rollouts.containers import ContainersRollout
from simulator.rollouts.rollout import Sets
from simulator.units import Duration


class BlueGreen(ContainersRollout):
    """Argo Rollouts' blueGreen, promoted by itself: new ones stand by until all are available, then serve, in one instant; Kubernetes has no such controller.

    The old ones stand by for as long as they are kept. Who goes back meanwhile switches back at once; afterwards a set of the old image is started anew.
    """

    kind: Literal["blue_green"] = "blue_green"
    sizes_all: ClassVar[bool] = True
    switches: ClassVar[bool] = True
    keeps: Annotated[Duration, published("Argo Rollouts scaleDownDelaySeconds")] = 30.0

    def step(self, desired: int, sets: Sets) -> list[int]:
        kept = [own.wanted if sets.kept else 0 for own in sets.old]
        if sets.live is not None:
            kept = [desired if place == sets.live else 0 for place in range(len(sets.old))]
        return [sets.limit(desired), *kept]

    def most(self, desired: int) -> int:
        return 2 * desired
