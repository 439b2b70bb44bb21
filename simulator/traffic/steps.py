"""Steps: traffic that keeps a rate until it is given another."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from simulator.component import Model, refuse
from simulator.polyline import Polyline
from simulator.traffic.source import Traffic
from simulator.units import Moment, Rate


class Step(Model):
    """A rate from a time on."""

    at: Moment
    rate: Rate


class Steps(Traffic):
    """Rates, each from its own time until the next one's; none before the first."""

    kind: Literal["steps"] = "steps"
    steps: Annotated[tuple[Step, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        for number, (one, other) in enumerate(pairwise(self.steps), start=1):
            if other.at <= one.at:
                raise refuse("ConfigConflict", f"steps[{number}].at should be later than the step before it")
        return self

    def knots(self, horizon: float) -> float:
        return 2.0 * len(self.steps)

    def shape(self, before: Polyline, horizon: float) -> Polyline:
        rates = [0.0, *(step.rate for step in self.steps)]
        return before + Polyline([(step.at, rate) for number, step in enumerate(self.steps) for rate in rates[number : number + 2]])
