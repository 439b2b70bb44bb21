"""Probes: how Kubernetes finds out whether a container has started, may be sent requests, and still lives."""

from __future__ import annotations

from math import ceil, inf
from typing import Annotated, Self

from pydantic import model_validator

from simulator.component import Model, published, refuse
from simulator.units import Duration, PositiveCount, PositiveDuration

API = "default of the Kubernetes API, core/v1 Probe"


class Probe(Model):
    """One look every so often from the start of the container on. Nothing polls: from what it would have seen the time is computed."""

    initial_delay: Annotated[Duration, published(API)] = 0.0
    every: Annotated[PositiveDuration, published(API)] = 10.0
    timeout: Annotated[PositiveDuration, published(API)] = 1.0
    successes: Annotated[PositiveCount, published(API)] = 1
    failures: Annotated[PositiveCount, published(API)] = 3

    def look(self, after: float) -> float:
        """The first look at or after a time (both in seconds since the container's start)."""
        return self.initial_delay + max(0, ceil((after - self.initial_delay) / self.every - 1e-9)) * self.every

    def passed(self, able: float) -> float:
        """When a container that is able from a time on has passed so many looks in a row (seconds since its start)."""
        return self.look(able) + (self.successes - 1) * self.every

    def failed(self, dead: float) -> float:
        """When one that gives no answer from a time on has failed so many in a row, the last of which times out (seconds since its start)."""
        return self.look(dead) + (self.failures - 1) * self.every + self.timeout


class Probes(Model):
    """Those that a container has; without one of them, what it would see is known at once, and who hangs is never killed."""

    startup: Probe | None = None
    readiness: Probe | None = None
    liveness: Probe | None = None

    @model_validator(mode="after")
    def _one_success(self) -> Self:
        if any(probe and probe.successes > 1 for probe in (self.startup, self.liveness)):
            raise refuse("ConfigRange", "`successes` should be 1 for a startup and a liveness probe, as in Kubernetes")
        return self

    def ready(self, able: float) -> float:
        """When a container that can answer from a time on is ready (seconds since its start); infinite where the startup probe kills it before."""
        if able == inf:
            return inf
        if self.startup:
            if self.startup.look(able) > self.startup.failed(0.0) - self.startup.timeout:
                return inf
            able = self.startup.passed(able)
        return self.readiness.passed(able) if self.readiness else able
