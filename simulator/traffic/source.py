"""Sources of traffic: they add up, or change what stands before them, to one rate over time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from simulator.component import Component, Name
from simulator.polyline import Polyline
from simulator.record import Event


class Traffic(Component):
    """A source of requests for a fleet: without `to`, for the one that no other fleet needs."""

    multiplies: ClassVar[bool] = False  # what stands before it, which then has to be there
    condition: ClassVar[str] = ""  # what a reader would call it, where it is not an event
    to: Name | None = None

    @classmethod
    def noun(cls) -> str:
        return "traffic"

    def shape(self, before: Polyline, horizon: float) -> Polyline:
        """The rate (requests per second over seconds) with this source in it."""
        raise NotImplementedError

    def times(self, horizon: float) -> list[float] | None:
        """The very times (seconds) of its requests up to the horizon, where they are known."""
        return None

    def knots(self, horizon: float) -> float:
        """About how many knots its line has up to the horizon (seconds)."""
        return 4.0

    def mistakes(self, horizon: float) -> Iterator[tuple[str, str, str]]:
        """What does not fit the run: the key, the class and what to say of it."""
        yield from ()

    @property
    def note(self) -> str:
        """What was read from a file for it, in one line."""
        return ""

    def event(self) -> Event | None:
        """What a reader would mark on a chart."""
        return None
