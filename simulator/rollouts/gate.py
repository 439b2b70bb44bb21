"""Gates: a look at how a new version does beside the old one, which ends a rollout that does worse."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import model_validator

from simulator.component import Model, assumed, refuse
from simulator.units import Duration, PositiveCount, PositiveDuration, PositiveNumber, Share


class Gate(Model):
    """What it looks at, how often, and after how many failed looks in a row all goes back to what ran before (Argo Rollouts: AnalysisTemplate).

    It looks at the expected share of errors and at the speed of the servers in service, new against old, as if each look saw requests without number: no
    look fails by chance, and none passes by it. Where no old one serves, it is against no errors and full speed.
    """

    errors: Annotated[Share, assumed("a hundredth more errors than the old version")] = 0.01
    slower: Annotated[PositiveNumber, assumed("half as slow again as the old version")] = 1.5
    every: Annotated[PositiveDuration, assumed("a minute, as monitoring scrapes")] = 60.0
    failures: Annotated[PositiveCount, assumed("three in a row; Argo Rollouts' failureLimit is none")] = 3
    watch: Annotated[Duration, assumed("ten minutes")] = 600.0  # after the rollout is over

    @model_validator(mode="after")
    def _worse(self) -> Self:
        if self.slower < 1:
            raise refuse("ConfigRange", f"`slower` should be at least 1, which is as fast as the old version, not {self.slower:g}")
        return self

    def passes(self, new: tuple[float, float], old: tuple[float, float]) -> bool:
        """Whether the new servers do well enough, each side told by its mean share of errors and its mean speed."""
        return new[0] - old[0] <= self.errors + 1e-12 and old[1] <= self.slower * new[1] * (1 + 1e-12)
