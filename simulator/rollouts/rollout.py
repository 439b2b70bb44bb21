"""Rollouts: the rule by which a fleet comes to run a new version."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from math import ceil, inf
from typing import TYPE_CHECKING, Annotated, Literal, NamedTuple

from pydantic import BeforeValidator, WithJsonSchema

from simulator.component import Component
from simulator.kubernetes.rolling_update import Size as Size
from simulator.rollouts.gate import Gate
from simulator.rollouts.pause import Pause
from simulator.units import positive_count

if TYPE_CHECKING:
    from simulator.fleet import Fleet
    from simulator.server import Life, Server

# Upgrade one pet, where it is and with whoever is free, unless that is too late (seconds); returns whether it came to run what is wanted.
Attempt = Callable[["Server", float], "Life"]

# So many pets at a time, or all of them.
AtOnce = Annotated[
    int | Literal["all"],
    BeforeValidator(lambda value: value if value == "all" else positive_count(value)),
    WithJsonSchema({"oneOf": [{"type": "integer", "minimum": 1}, {"const": "all"}]}),
]


class Sets(NamedTuple):
    """The replica sets of a deployment: the one of the image that is wanted, the others as they were made, and how many of theirs have not ended yet."""

    new: Size
    old: list[Size]
    ending: int
    most_new: int | None = None  # that may be wanted now; without it all
    live: int | None = None  # which of the old ones is in rotation, where the new one is not
    kept: bool = False  # whether old ones out of rotation are kept

    def limit(self, desired: int) -> int:
        """How many of the new image may be wanted now."""
        return desired if self.most_new is None else min(desired, self.most_new)


class Rollout(Component):
    """A rule for containers, which looks at sizes and says the next ones; or for pets, of which it says whose turn it is."""

    gate: Gate | Literal["none"] | None = None

    @property
    def looked_at(self) -> Gate | None:
        """The gate that new versions have to pass, where there is one."""
        return self.gate if isinstance(self.gate, Gate) else None

    def step(self, desired: int, sets: Sets) -> list[int]:
        """The next sizes, of the new set and then of the old ones, of a deployment that wants so many; asked again whenever something has changed."""
        raise NotImplementedError

    def most(self, desired: int) -> int:
        """How many there may be at once, beside those that end."""
        return desired

    def upgrade(self, fleet: Fleet, attempt: Attempt) -> Life:
        """Bring the pets of a fleet to what is wanted since now; over when all that were to be tried have been."""
        raise NotImplementedError

    def standing(self, fleet: Fleet, attempt: Attempt) -> Life:
        """What goes on from the start of the run, whatever is announced."""
        yield from ()

    @property
    def remark(self) -> str:
        """What is allowed and perhaps not meant; empty where nothing is."""
        return ""

    def openings(self, horizon: float) -> Iterator[tuple[float, float]]:
        """When it may begin with a pet up to the horizon, from and to (seconds)."""
        yield 0.0, horizon


class PetsRollout(Rollout):
    """A rule for pets, which are upgraded in place."""

    def over(self, fleet: Fleet) -> bool:
        """Whether the rollout under way, or the last, is over."""
        return not fleet.outdated or (fleet.rollout is not None and fleet.rollout.processed)

    def upgrade(self, fleet: Fleet, attempt: Attempt) -> Life:
        """Whatever is announced waits for what goes on anyway."""
        yield from ()


def outdated(fleet: Fleet) -> list[Server]:
    """The servers that do not run what is wanted, by slot."""
    return [server for server in fleet.servers.values() if server.stack != fleet.wanted]


def halt(fleet: Fleet, until: float) -> Life:
    """Begin nothing more until a time (seconds), or until something else is wanted."""
    yield fleet.world.any_of([fleet.world.until(until), fleet.turn])


def tried(
    fleet: Fleet,
    servers: Sequence[Server],
    attempt: Attempt,
    at_once: int | Literal["all"],
    stops: bool = False,
    until: float = inf,
    pause: Pause | None = None,
) -> Life:
    """Try servers in turn, at most so many at once, for as long as the same version is wanted, and until a time (seconds); where it `stops`, to the first
    that fails. When as many as it says run it, a pause is made once, but for who goes back. Returns whether none has failed."""
    stack, queue, failed, paused = fleet.wanted, iter(servers), False, inf
    pause = None if fleet.going_back else pause
    if pause:
        half = ceil(pause.at * len(fleet.servers) - 1e-9)

    def line() -> Life:
        nonlocal failed, paused
        for server in queue:
            if pause and paused == inf and sum(server.stack == stack for server in fleet.servers.values()) >= half:
                paused = fleet.world.now + pause.lasts
            if fleet.world.now < paused < inf and stack == fleet.wanted:
                yield from halt(fleet, paused)
            if stack != fleet.wanted or (stops and failed) or fleet.world.now >= until:
                return
            if server.stack != stack:
                failed |= not (yield from attempt(server, until))

    yield fleet.world.all_of([fleet.world.process(line()) for _ in range(len(servers) if at_once == "all" else at_once)])
    return not failed
