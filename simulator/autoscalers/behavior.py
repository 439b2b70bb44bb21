"""Behaviour: how fast an HPA may grow and shrink, as its `behavior` says."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from simulator.component import Model, refuse
from simulator.kubernetes.scaling_policies import Policy, Rules, completed
from simulator.units import Duration, Percent, PositiveCount, PositiveDuration, Share


class Change(Model):
    """So many servers, or such a percentage of them, `per` a time."""

    servers: PositiveCount | None = None
    percent: Percent | None = None
    per: PositiveDuration

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.servers is None) == (self.percent is None):
            raise refuse("ConfigConflict", "a policy takes one of `servers` and `percent`")
        if self.percent == 0:
            raise refuse("ConfigRange", "`percent` should be above 0%; to forbid a direction write `select: disabled`")
        return self

    def policy(self) -> Policy:
        return Policy("pods", self.servers, self.per) if self.servers is not None else Policy("percent", self.percent or 0, self.per)


class Direction(Model):
    """What holds in one direction; what is left out has Kubernetes' default."""

    window: Duration | None = None
    select: Literal["max", "min", "disabled"] = "max"
    policies: Annotated[tuple[Change, ...], Field(min_length=1)] | None = None
    tolerance: Share | None = None

    def rules(self, direction: Literal["up", "down"]) -> Rules:
        return completed(direction, [change.policy() for change in self.policies] if self.policies is not None else None, self.window, self.select)


class Behavior(Model):
    """Both directions."""

    scale_up: Direction = Direction()
    scale_down: Direction = Direction()
