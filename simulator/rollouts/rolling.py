"""Rolling updates: old servers go as new ones come, within a surge and an unavailability."""

from __future__ import annotations

from functools import cache
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema, model_validator

from simulator.component import published, refuse
from simulator.kubernetes import fences, rolling_update
from simulator.rollouts.containers import ContainersRollout
from simulator.rollouts.rollout import Sets
from simulator.units import count, share, show_share


def _count_or_share(value: Any) -> int | float:
    if isinstance(value, int):
        return count(value)
    if not (100 * (read := share(value)) % 1 < 1e-9 or 100 * read % 1 > 1 - 1e-9):
        raise refuse("ConfigRange", f"{value} is no whole percentage, and Kubernetes reads no other")
    return read


# A whole number of servers, or a share of them (a float).
Fence = Annotated[
    int | float,
    BeforeValidator(_count_or_share),
    PlainSerializer(lambda v: v if isinstance(v, int) else show_share(v)),
    WithJsonSchema({"oneOf": [{"type": "integer", "minimum": 0}, {"type": "string", "pattern": "%$"}]}),
]


class Rolling(ContainersRollout):
    """Kubernetes' RollingUpdate (pkg/controller/deployment/rolling.go); where both fences come to nothing, one may be unavailable."""

    kind: Literal["rolling"] = "rolling"
    max_surge: Annotated[Fence, published("Kubernetes Deployment default")] = 0.25
    max_unavailable: Annotated[Fence, published("Kubernetes Deployment default")] = 0.25

    @model_validator(mode="after")
    def _no_more_than_all(self) -> Self:
        if isinstance(self.max_unavailable, float) and self.max_unavailable > 1:
            raise refuse("ConfigRange", "`max_unavailable` should be at most 100%")
        return self

    def fences(self, desired: int) -> tuple[int, int]:
        """Surge (rounded up) and unavailability (rounded down) in servers."""
        return _resolved(self.max_surge, self.max_unavailable, desired)

    def step(self, desired: int, sets: Sets) -> list[int]:
        limit = sets.limit(desired)
        new, *old = rolling_update.step(desired, *self.fences(desired), sets.new, sets.old)
        short = desired - limit - sum(old)  # at a halt nobody comes for the old ones that would go
        for place, own in enumerate(sets.old):
            back = max(0, min(short, own.wanted - old[place]))
            old[place], short = old[place] + back, short - back
        return [min(new, max(sets.new.wanted, limit)), *old]

    def most(self, desired: int) -> int:
        return desired + self.fences(desired)[0]

    @property
    def remark(self) -> str:
        if self.max_surge or self.max_unavailable:
            return ""
        return "`max_surge` and `max_unavailable` are both nothing, and no rollout would ever begin: as in Kubernetes, one server may be unavailable"


@cache
def _resolved(max_surge: int | float, max_unavailable: int | float, desired: int) -> tuple[int, int]:
    return fences.resolve(_written(max_surge), _written(max_unavailable), desired)


def _written(fence: int | float) -> int | str:
    """As Kubernetes has it: percentages are whole."""
    return fence if isinstance(fence, int) else show_share(fence)
