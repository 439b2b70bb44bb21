"""Rolling updates: old servers go as new ones come, within a surge and an unavailability."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

from simulator.component import published
from simulator.rollouts.rollout import Rollout, Step
from simulator.units import count, share, show_share


def _count_or_share(value: Any) -> int | float:
    return count(value) if isinstance(value, int) else share(value)


# A whole number of servers, or a share of them (a float).
Fence = Annotated[
    int | float,
    BeforeValidator(_count_or_share),
    PlainSerializer(lambda v: v if isinstance(v, int) else show_share(v)),
    WithJsonSchema({"oneOf": [{"type": "integer", "minimum": 0}, {"type": "string", "pattern": "%$"}]}),
]


class Rolling(Rollout):
    """Kubernetes' RollingUpdate (pkg/controller/deployment/rolling.go), seen as one new and one old set."""

    kind: Literal["rolling"] = "rolling"
    max_surge: Annotated[Fence, published("Kubernetes Deployment default")] = 0.25
    max_unavailable: Annotated[Fence, published("Kubernetes Deployment default")] = 0.25

    def fences(self, desired: int) -> tuple[int, int]:
        """Surge (rounded up) and unavailability (rounded down) in servers; where both come to nothing, one may be unavailable."""
        surge = self.max_surge if isinstance(self.max_surge, int) else math.ceil(Fraction(str(self.max_surge)) * desired)
        unavailable = self.max_unavailable if isinstance(self.max_unavailable, int) else math.floor(Fraction(str(self.max_unavailable)) * desired)
        return surge, min(desired, unavailable if surge or unavailable else 1)

    def step(self, desired: int, new: int, new_available: int, old: int, old_available: int) -> Step:
        surge, unavailable = self.fences(desired)
        launch = max(0, min(desired + surge - new - old, desired - new))
        if launch:
            return Step(launch=launch)  # one or the other in one step, as the controller does
        floor = desired - unavailable
        spare = new + old - floor - (new - new_available)
        broken = max(0, min(spare, old - old_available))
        room = max(0, min(new_available + old_available - floor, old_available))
        return Step(0, broken, room) if spare > 0 else Step()
