"""Parts of a policy: fleets, and what fleets share and name."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from simulator.component import Component, Name, assumed, published, refuse
from simulator.laws import LastingLaw
from simulator.problems import Path
from simulator.serving import Balancer, Client, HealthCheck
from simulator.units import Count, PositiveCount, PositiveNumber
from simulator.versions import Version

if TYPE_CHECKING:
    from simulator.fleet import Fleet
    from simulator.server import Server
    from simulator.simulation import Simulation

MOST_PLACES = 1_000_000  # workers of a server, or places in a queue


class Part(Component):
    """A named part of a policy."""

    def open(self, world: Simulation, name: str) -> None:
        """Be there when the run begins."""


class Need(Client):
    """What one request of a fleet asks of another, one call after another; its worker is free meanwhile."""

    calls: PositiveNumber = 1.0


def _some(value: int) -> int:
    if value > MOST_PLACES:
        raise refuse("ConfigLimit", f"{value:,}; the limit is {MOST_PLACES:,}")
    return value


def _beside_app(stack: Mapping[str, str]) -> Mapping[str, str]:
    if "app" in stack:
        raise refuse("ConfigConflict", "the version of `app` is the fleet's `version`")
    return stack


class FleetPart(Part):
    """A fleet: servers that are alike in what they can carry; concurrency divided by the mean service time is a server's rate."""

    concurrency: Annotated[PositiveCount, AfterValidator(_some), assumed("one request at a time")] = 1
    service: LastingLaw | None = Field(None, description="Service time of one request; without it the requests' own.")
    queue: Annotated[Annotated[Count, AfterValidator(_some)] | None, assumed("requests wait without a bound")] = Field(
        None, description="Places for requests that wait, in the fleet's one queue or at each server, as its balancer has it; without it there is no bound."
    )
    balancer: Annotated[Balancer, published("round robin, the default of nginx and of HAProxy")] = Balancer.model_validate("round_robin")
    health: HealthCheck = HealthCheck()
    interrupted: Annotated[Literal["lost", "resumed"], assumed("what a server held is lost with it")] = "lost"
    needs: Mapping[Name, Need] = {}
    version: Version = "1.0"
    stack: Annotated[Mapping[Name, Version], AfterValidator(_beside_app)] = Field(
        {}, description="What else is on its servers, by name, such as `os` or `runtime`."
    )

    env: Mapping[Name, str] = Field({}, description="Environment variables: with some its servers have an item `config`, in version 1.")
    command: Annotated[str, Field(min_length=1, max_length=200)] | None = Field(
        None, description="What its servers run of their image, such as `worker`, where one image makes several fleets."
    )
    environment: Name | None = Field(None, description="Where it belongs, such as `staging`, for releases that are promoted.")

    @model_validator(mode="after")
    def _resumable(self) -> Self:
        if self.interrupted == "resumed" and self.balancer.kind != "central":  # type: ignore[attr-defined]
            raise refuse("ConfigConflict", "`interrupted: resumed` goes with `balancer: central`, whose queue has a head to go back to")
        return self

    @model_validator(mode="after")
    def _configured_once(self) -> Self:
        if self.env and "config" in self.stack:
            raise refuse("ConfigConflict", "with an `env` the item `config` is the fleet's configuration; call that of `stack` something else")
        return self

    @property
    def items(self) -> dict[str, str]:
        """What its servers begin with: the version of each item."""
        return {"app": self.version, **self.stack, **({"config": "1"} if self.env else {})}

    @property
    def size(self) -> int:
        """How many servers it begins with."""
        raise NotImplementedError

    @property
    def most(self) -> int:
        """How many servers it may grow to."""
        return self.size

    @property
    def polls_every(self) -> float:
        """The period (seconds) of what polls in it; infinite where nothing does."""
        return math.inf

    @property
    def stored(self) -> float:
        """What its disks and backups hold (bytes)."""
        return 0.0

    @property
    def crews(self) -> dict[str, str]:
        """The crews it names, by the key that names them."""
        return {}

    def mistakes(self, horizon: float) -> Iterator[tuple[Path, str, str]]:
        """What of it does not fit a run up to the horizon (seconds): where, class and sentence."""
        yield from ()

    @property
    def remark(self) -> str:
        """What of it is allowed and perhaps not meant: a key, and a sentence; empty where nothing is."""
        return ""

    def names_of(self, fleet: str) -> Iterator[str]:
        """What its servers are called, where that is known before the run."""
        yield from ()

    def christen(self, fleet: Fleet, serial: int, stack: int) -> str:
        """What its serial-th server is called."""
        raise NotImplementedError

    def held(self, server: Server) -> None:
        """A server's domain went down under it."""

    def released(self, server: Server) -> None:
        """It is back."""

    def announced(self, fleet: Fleet, before: int) -> None:
        """Another stack is wanted than the one before."""
        raise NotImplementedError

    def rolled(self, fleet: Fleet) -> bool:
        """Whether the rollout under way, or the last, is over."""
        raise NotImplementedError

    def went_back(self, fleet: Fleet) -> None:
        """What is wanted is again what was before a rollout."""
        raise NotImplementedError
