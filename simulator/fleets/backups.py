"""Backups: copies of what a pet holds, taken now and then, and found to be good or bad when they are needed."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, NamedTuple

from simulator.component import Model, assumed
from simulator.fleets.link import Link
from simulator.laws import LastingLaw, Law, law
from simulator.units import Bandwidth, PositiveCount, PositiveDuration, Share, Size

if TYPE_CHECKING:
    from simulator.server import Server
    from simulator.simulation import Simulation


class Backups(Model):
    """A copy every so often, at a phase that is the pet's own. It holds what was there when it began, and counts once it is over.

    Whether it is good shows when it is restored. What was there at the start of the run is safe, and no backup is taken of a pet that is down.
    """

    every: Annotated[LastingLaw, assumed("daily")] = law("constant", value="24h")
    lasts: Annotated[Law, assumed("an hour at night")] = law("constant", value="1h")
    succeeds: Annotated[Share, assumed("all of them; no published share of silent failures found")] = 1.0
    keep: Annotated[PositiveCount, assumed("a week of daily ones")] = 7
    size: Annotated[Size | None, assumed("the whole disk")] = None
    bandwidth: Annotated[Bandwidth, assumed("about a gigabit a second, shared by those who restore at once")] = 100e6
    rpo: PositiveDuration | None = None  # the data that may be lost, and
    rto: PositiveDuration | None = None  # how long a restore may take, both as declared


class Copy(NamedTuple):
    """One backup."""

    content: float  # seconds: when it began
    good: bool


class Vault:
    """The backups of one fleet in one run. They are worked out when somebody asks for them: nothing polls."""

    def __init__(self, world: Simulation, backups: Backups, disk: float, stack: int) -> None:
        self.world, self.backups, self.first = world, backups, stack
        self.size = disk if backups.size is None else backups.size  # bytes
        self.link = Link(world, backups.bandwidth)
        self._begun: dict[Server, list[float]] = {}
        self._stacks: dict[Server, list[tuple[float, int]]] = {}
        self._down: dict[Server, list[tuple[float, float]]] = {}

    def was_down(self, server: Server, since: float) -> None:
        """A pet is back that had been down since a time."""
        self._down.setdefault(server, []).append((since, self.world.now))

    def installed(self, server: Server) -> None:
        """A pet runs another stack from now on."""
        self._stacks.setdefault(server, []).append((self.world.now, server.stack))

    def stack(self, server: Server, time: float) -> int:
        """What a pet ran at a time (seconds)."""
        return next((stack for since, stack in reversed(self._stacks.get(server, ())) if since <= time), self.first)

    def copies(self, server: Server, time: float) -> Iterator[Copy]:
        """What there is of a pet at a time, the newest first; at last the state at the start of the run, if nothing took its place."""
        begun, kept = self._up_to(server, time), 0
        for k in range(bisect_left(begun, time) - 1, -1, -1):
            end = begun[k] + self.world.draw(self.backups.lasts, "backup lasts", server.entity, k)
            if end > time or self._in_the_way(server, begun[k], end):
                continue
            yield Copy(begun[k], self.world.uniform("backup succeeds", server.entity, k) < self.backups.succeeds)
            kept += 1
            if kept == self.backups.keep:
                return
        yield Copy(0.0, True)

    def _up_to(self, server: Server, time: float) -> list[float]:
        """When its backups began, all before this time and one more."""
        begun = self._begun.setdefault(server, [])
        while not begun or begun[-1] < time:
            u = self.world.uniform("backup", server.entity, len(begun))
            begun.append(begun[-1] + self.backups.every.quantile(u) if begun else self.backups.every.residual(u))
        return begun

    def _in_the_way(self, server: Server, begin: float, end: float) -> bool:
        return any(since < end and begin < until for since, until in self._down.get(server, ()))
