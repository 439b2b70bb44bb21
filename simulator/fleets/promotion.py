"""Promotions: one release on its way from environment to environment."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import nan
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from simulator.fleet import Fleet
    from simulator.simulation import Simulation


class Promotion:
    """A version of an item is wanted by the fleets of an environment once all servers of the one before have run it for so long (seconds)."""

    def __init__(self, world: Simulation, fleets: Sequence[Sequence[Fleet]], soak: float, item: str, version: str, want: Callable[[Fleet], None]) -> None:
        self.world, self.soak, self.item, self.version, self.want = world, soak, item, version, want
        self._fleets = [own for own in fleets if own]  # those of each environment that has some
        self._at, self._since = -1, nan  # which one has got it last, and since when all servers there run it
        self._next()

    def _next(self) -> None:
        self._at, self._since = self._at + 1, nan
        if self._at == len(self._fleets):
            return
        for fleet in self._fleets[self._at]:
            fleet.watchers.append(self._look)
            self.want(fleet)
        self._look()

    def _look(self) -> None:
        """See whether all servers run it, and from then on wait."""
        if self._at == len(self._fleets):
            return
        if not all(fleet.runs(self.item, self.version) for fleet in self._fleets[self._at]):
            self._since = nan
        elif self._since != self._since:
            since = self._since = self.world.now
            self.world.call(since + self.soak, lambda: self._soaked(since))

    def _soaked(self, since: float) -> None:
        """It has run for long enough, if that was without a break and nothing else is wanted."""
        self._look()
        if self._since == since:
            for fleet in self._fleets[self._at]:
                fleet.watchers.remove(self._look)
            self._next()
