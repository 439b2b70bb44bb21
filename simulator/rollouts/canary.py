"""Canaries: a few servers run the new version first, and more stage by stage, while somebody looks at how they do."""

from __future__ import annotations

from itertools import pairwise
from math import ceil
from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator

from simulator.component import assumed, refuse
from simulator.rollouts.containers import ContainersRollout
from simulator.rollouts.gate import Gate
from simulator.rollouts.rollout import Sets
from simulator.units import Duration, PositiveShare, show_share


def _rising(stages: tuple[float, ...]) -> tuple[float, ...]:
    told = ", ".join(map(show_share, stages))
    if any(after <= before for before, after in pairwise(stages)):
        raise refuse("ConfigRange", f"stages should rise, and {told} do not")
    if not stages or stages[-1] != 1:
        raise refuse("ConfigRange", f"the last stage should be 100%, or the rollout never ends, not {told or 'none at all'}")
    return stages


class Canary(ContainersRollout):
    """As many new servers as the stage says, all at once, and after a while in which nothing is amiss those of the next; old ones go as new ones are available.

    Of the old ones there are never fewer than the stage leaves them. While it is under way no autoscaler makes the fleet smaller: a canary that answers with
    errors, or not at all, must not pass for a want of load.
    """

    kind: Literal["canary"] = "canary"
    sizes_all: ClassVar[bool] = True
    keeps_size: ClassVar[bool] = True
    stages: Annotated[tuple[PositiveShare, ...], AfterValidator(_rising), assumed("few first; method: Google SRE workbook ch. 16")] = (0.01, 0.1, 0.5, 1.0)
    bake: Annotated[Duration, assumed("ten minutes after each stage but the last")] = 600.0
    gate: Annotated[Gate | Literal["none"] | None, assumed("a canary is there to be looked at")] = Gate()

    @property
    def course(self) -> list[tuple[float, float]]:
        waits: dict[float, float] = {share: self.bake if share < 1 else 0.0 for share in self.stages}
        for share, lasts in super().course:
            waits[share] = max(lasts, waits.get(share, 0.0))
        return sorted(waits.items())

    def most(self, desired: int) -> int:
        wanted = [0, *(max(1, ceil(share * desired - 1e-9)) for share in self.stages)]
        return desired + max(after - before for before, after in pairwise(wanted))

    def step(self, desired: int, sets: Sets) -> list[int]:
        new = sets.limit(desired)
        return [new, *_old(desired - min(sets.new.available, new), [own.wanted for own in sets.old], grows=new < desired)]


def _old(room: int, wanted: list[int], grows: bool) -> list[int]:
    """The sizes of the old sets, for which there is so much room in all: the oldest keeps what it has, and grows while it is the one to fall back on."""
    sizes = []
    for size in wanted:
        sizes.append(min(size, room))
        room -= sizes[-1]
    if grows and room and any(wanted):
        sizes[next(place for place, size in enumerate(wanted) if size)] += room
    return sizes
