"""A link: a bandwidth that those who copy over it at once share evenly."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING

from simpy import Event

if TYPE_CHECKING:
    from simulator.simulation import Simulation


class Link:
    """So many bytes a second, an equal part for each copy under way (processor sharing), and no copy more than its own end takes."""

    def __init__(self, world: Simulation, bandwidth: float, most: float = inf) -> None:
        self.world, self.bandwidth, self.most = world, bandwidth, most
        self._copies: dict[Event, float] = {}  # what each has to come up to, of what one copy has got since time 0
        self._got = self._since = 0.0  # bytes that one copy would have got, up to which time
        self._turn = 0

    def copy(self, size: float) -> Event:
        """What happens when so many bytes are over."""
        self._go_on()
        done = self.world.event()
        self._copies[done] = self._got + size
        self._plan()
        return done

    def drop(self, done: Event) -> None:
        """A copy is given up."""
        if done in self._copies:
            self._go_on()
            del self._copies[done]
            self._plan()

    def fail(self, why: str) -> None:
        """All copies under way are given up, and are told why."""
        copies, self._copies = self._copies, {}
        for done in copies:
            done.succeed(why)

    @property
    def pace(self) -> float:
        """What each copy under way gets (bytes a second)."""
        return min(self.most, self.bandwidth / len(self._copies))

    def _go_on(self) -> None:
        if self._copies:
            self._got += self.pace * (self.world.now - self._since)
        self._since = self.world.now

    def _plan(self) -> None:
        """See when the next copy is over."""
        self._turn += 1
        least = min(self._copies.values(), default=inf)
        if least < inf:
            turn, time = self._turn, self.world.now + max(0.0, least - self._got) / self.pace
            self.world.call(time, lambda: self._end(least) if turn == self._turn else None)

    def _end(self, least: float) -> None:
        self._go_on()
        self._got = max(self._got, least)
        for done in [copy for copy, size in self._copies.items() if size <= least]:
            del self._copies[done]
            done.succeed()
        self._plan()
