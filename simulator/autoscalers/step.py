"""Step scaling: a scaling group that adds or removes machines by how far utilisation is from a threshold."""

from __future__ import annotations

from math import ceil, floor, inf
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from simulator.autoscalers.alarm import Alarm
from simulator.autoscalers.autoscaler import Autoscaler, Decisions
from simulator.component import Model, assumed, published, refuse
from simulator.units import Duration, PositiveCount, PositiveDuration, PositiveShare, Share


class Adjustment(Model):
    """So many machines more, or such a share of them, where utilisation is so far beyond the threshold."""

    beyond: Annotated[Share, assumed("from the threshold on")] = 0.0
    servers: PositiveCount | None = None
    share: PositiveShare | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.servers is None) == (self.share is None):
            raise refuse("ConfigConflict", "a step takes one of `servers` and `share`")
        return self

    def change(self, replicas: int, up: bool) -> int:
        """How many more or fewer; a share of them is rounded to whole machines, but is one at least."""
        if self.servers is not None:
            return self.servers
        exact = replicas * (self.share or 0.0)
        return max(1, floor(exact + 1e-9) if up or exact >= 1 else ceil(exact))


class Step(Autoscaler):
    """Two alarms, each with steps of its own, and a cooldown after each change."""

    kind: Literal["step"] = "step"
    above: Annotated[PositiveShare, assumed("busy")] = 0.7
    below: Annotated[PositiveShare, assumed("idle")] = 0.3
    up: Annotated[tuple[Adjustment, ...], Field(min_length=1), assumed("one more; three more from 15 points beyond")] = (
        Adjustment(servers=1),
        Adjustment.model_validate({"beyond": "15%", "servers": 3}),
    )
    down: Annotated[tuple[Adjustment, ...], Field(min_length=1), assumed("one fewer")] = (Adjustment(servers=1),)
    every: Annotated[PositiveDuration, published("period of an alarm on EC2 with detailed monitoring: a minute")] = 60.0
    looks: Annotated[PositiveCount, assumed("three minutes in a row")] = 3
    cooldown: Annotated[Duration, published("default cooldown of an EC2 Auto Scaling group")] = 300.0

    @model_validator(mode="after")
    def _apart(self) -> Self:
        if self.below >= self.above:
            raise refuse("ConfigConflict", "`below` should be less than `above`, or both alarms ring at once")
        return self

    def decisions(self, replicas: int) -> Decisions:
        sight, changed = (yield replicas), -inf
        high, low = Alarm(self.looks), Alarm(self.looks)
        while True:
            used, wanted = sight.load.utilisation, sight.replicas
            up, down = high.rings(used >= self.above), low.rings(used <= self.below)
            if (up or down) and sight.time - changed >= self.cooldown:
                beyond, steps = (used - self.above, self.up) if up else (self.below - used, self.down)
                step = max((step for step in steps if step.beyond <= beyond + 1e-9), key=lambda step: step.beyond, default=None)
                change = step.change(sight.replicas, up) if step else 0
                wanted = self.bound(max(sight.least, sight.replicas + (change if up else -change)))
                changed = sight.time if wanted != sight.replicas else changed
            sight = yield wanted
