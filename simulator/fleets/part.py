"""Parts of a policy: fleets, and what fleets share and name."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from simulator.component import Component, Name, assumed, published, refuse
from simulator.fleets.connections import Connections
from simulator.fleets.sessions import Sessions
from simulator.fleets.state import Kept
from simulator.laws import LastingLaw
from simulator.problems import Path
from simulator.serving import Balancer, Client, HealthCheck
from simulator.units import Count, PositiveCount, PositiveNumber, Share
from simulator.versions import Version

if TYPE_CHECKING:
    from simulator.fleet import Fleet
    from simulator.server import Server
    from simulator.simulation import Simulation

MOST_PLACES = 1_000_000  # workers of a server, or places in a queue
USUAL_HITS = 0.9


class Part(Component):
    """A named part of a policy."""

    def open(self, world: Simulation, name: str) -> None:
        """Be there when the run begins."""


def _some(value: int) -> int:
    if value > MOST_PLACES:
        raise refuse("ConfigLimit", f"{value:,}; the limit is {MOST_PLACES:,}")
    return value


class Need(Client):
    """What one request of a fleet asks of another, one call after another; its worker is free meanwhile."""

    calls: PositiveNumber = 1.0
    behind: Name | None = Field(None, description="The cache: a fleet that is needed as well, and holds what is often asked.")
    hits: Annotated[Share, assumed("most of what is asked is asked often")] = Field(
        USUAL_HITS, description="Share of the calls that the cache answers, while all the servers serve that it begins with."
    )
    connections: Annotated[Annotated[Count, AfterValidator(_some)], assumed("they are not looked at")] = 0  # that each server holds to it while it lives

    def dump(self) -> dict[str, Any]:
        """Without a cache nothing is said of its hits."""
        return {name: value for name, value in super().dump().items() if self.behind or name != "hits"}

    @model_validator(mode="after")
    def _of_a_cache(self) -> Self:
        if self.hits != USUAL_HITS and not self.behind:
            raise refuse("ConfigMissing", "`hits` are those of a cache: name the fleet that is one, as in `behind: cache`")
        return self


def _beside_app(stack: Mapping[str, str]) -> Mapping[str, str]:
    if "app" in stack:
        raise refuse("ConfigConflict", "the version of `app` is the fleet's `version`")
    return stack


class FleetPart(Part):
    """A fleet: servers that are alike in what they can carry; concurrency divided by the mean service time is a server's rate."""

    containers: ClassVar[bool] = False  # which are replaced, with what is in them

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

    sessions: Sessions | None = None
    state: Kept | None = None
    connections: Annotated[Annotated[PositiveCount, AfterValidator(_some)], published("PostgreSQL: max_connections")] = Field(
        100, description="Most that servers of other fleets may hold to it, of those whose `needs` say how many they open."
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
    def serving(self) -> int:
        """How many of these serve, while others stand by."""
        return self.size

    @property
    def most(self) -> int:
        """How many servers it may grow to."""
        return self.size

    @property
    def surge(self) -> int:
        """How many more there may be while a rollout goes on."""
        return 0

    @property
    def polls_every(self) -> float:
        """The period (seconds) of what polls in it; infinite where nothing does."""
        return math.inf

    @property
    def stored(self) -> float:
        """What its disks and backups hold (bytes)."""
        return 0.0

    @property
    def own_bytes(self) -> float:
        """What each of its servers has on its host's disk that no other shares (bytes)."""
        return 0.0

    @property
    def uses(self) -> dict[str, Path]:
        """The fleets that it cannot do without, each with the key that says so."""
        kept: dict[str, Path] = {self.sessions.cache: ("sessions", "cache")} if self.sessions and self.sessions.cache else {}
        if self.state and self.state.store:
            kept[self.state.store] = ("state", "store")
        return kept | {need: ("needs",) for need in self.needs}

    @property
    def crews(self) -> dict[str, str]:
        """The crews it names, by the key that names them."""
        return {}

    @property
    def registries(self) -> dict[str, str]:
        """The registries it names, by the key that names them."""
        return {}

    @property
    def platforms(self) -> tuple[str, ...]:
        """The platforms of the hosts that its servers can be on; none where any will do."""
        return ()

    def runs_on(self, platform: str) -> bool:
        """Whether its servers can be on hosts of a platform."""
        return not self.platforms or platform in self.platforms

    def mistakes(self, horizon: float) -> Iterator[tuple[Path, str, str]]:
        """What of it does not fit a run up to the horizon (seconds): where, class and sentence."""
        yield from ()

    def unfit(self, name: str, fleets: Mapping[str, FleetPart]) -> Iterator[tuple[Path, str, str]]:
        """What of what it keeps does not fit the fleets beside it: where, class and sentence."""
        if self.sessions:
            yield from self.sessions.unfit(fleets)
        if self.state:
            yield from self.state.unfit(self, fleets)
        opened = {caller: part.serving * part.needs[name].connections for caller, part in fleets.items() if name in part.needs}
        if (asked := sum(opened.values())) > self.connections:
            who = " and ".join(caller for caller, many in opened.items() if many)
            yield (
                ("connections",),
                "ConfigConflict",
                f"the servers of {who} open {asked} when the run begins, and {name} has {self.connections}: raise `connections`, or lower those in `needs`",
            )

    def keep(self, world: Simulation, name: str) -> None:
        """Account for what its servers will keep, before there are any."""
        if self.sessions:
            self.sessions.open(world, world.fleets[name])
        if self.state:
            self.state.open(world, world.fleets[name])
        for need, edge in self.needs.items():
            if edge.connections:
                store = world.fleets[need]
                store.connections = store.connections or Connections(world, store, world.fleets[need].part.connections)
                store.connections.hand_to(world.fleets[name], edge.connections)

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

    def terminals(self, fleet: Fleet, names: Iterable[str]) -> Iterator[Any]:
        """For each of these names, where somebody does to its server what `steps` say."""
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
