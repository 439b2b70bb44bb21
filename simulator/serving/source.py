"""A source: the direct traffic of one fleet, the line it waits in, and what became of it."""

from __future__ import annotations

from collections.abc import Mapping
from math import inf

from simulator.serving.deadline import Deadline
from simulator.serving.fluid import Fluid, settled
from simulator.serving.queues import Exponential, Queue
from simulator.serving.station import Station


class Source:
    """Clients of one fleet: how many come, wait, are served and fail, and what a request asks of each station."""

    __slots__ = (
        "asked",
        "asking",
        "failed",
        "failing",
        "limited",
        "means",
        "number",
        "queue",
        "rate",
        "rates",
        "slope",
        "slopes",
        "sums",
        "trail",
        "windows",
        "work",
    )

    def __init__(self, number: int, queue: Queue, work: list[tuple[Station, float]]) -> None:
        self.number = number
        self.queue = line(queue)
        self.work = work  # calls of each station a request makes, its own fleet's first
        self.rates: list[float] = []  # at the start of each piece
        self.slopes: list[float] = []
        self.means: list[float] = []
        self.rate = self.slope = 0.0
        self.sums = [0.0] * 5  # offered, served, abandoned, rejected and waited in this window
        self.windows: list[tuple[float, ...]] = []  # the sums, and the backlog at the end
        self.trail: list[tuple[float, float]] = []  # (time, backlog) while there is one
        self.failing: dict[str, float] = {}  # how many answers of each fleet are errors, for one request that is served; empty where none is
        self.failed: dict[int, dict[str, float]] = {}  # such answers, by window, where there are any
        self.asking: dict[str, float] = {}  # how many calls each fleet gets for one request that is served; empty where that never changes
        self.asked: dict[int, dict[str, float]] = {}  # such calls, by window
        self.limited: list[tuple[float, float]] = []  # (time, requests/s it may have served) while more comes or waits, infinite from when no longer

    def note(self, time: float) -> None:
        """Remember the backlog of now."""
        if self.trail and self.trail[-1][0] == time:
            self.trail.pop()
        self.trail.append((time, self.queue.backlog))

    def press(self, time: float, limit: float) -> None:
        """Remember how much may be served from now on, where more comes or waits."""
        limited = self.limited
        if limited and limited[-1][0] == time:
            limited.pop()
        if limit != (limited[-1][1] if limited else inf):
            limited.append((time, limit))

    def tell(self, window: int, served: float) -> None:
        """Count what these requests asked of other fleets, and what was answered with an error."""
        for each, counts in ((self.failing, self.failed), (self.asking, self.asked)):
            if each:
                add(counts.setdefault(window, {}), {fleet: served * number for fleet, number in each.items()})

    def fold(self, window: int) -> None:
        """What was counted in a window belongs to the one before."""
        for counts in (self.failed, self.asked):
            if late := counts.pop(window, None):
                add(counts.setdefault(window - 1, {}), late)

    def calls(self, fleet: str, window: int, each: float) -> float:
        """How many requests a fleet got for those that were served in a window: so many for each, unless that changes."""
        return self.asked.get(window, {}).get(fleet, 0.0) if self.asking else each * self.windows[window][1]

    def rises(self, time: float, limit: float) -> bool:
        """Whether a backlog begins now."""
        net = settled(self.rate - limit, self.slope, time, max(self.rate, limit))
        return net > 0 or net == 0 < self.slope


def add(counts: dict[str, float], more: Mapping[str, float]) -> None:
    """Count more of each."""
    for name, number in more.items():
        counts[name] = counts.get(name, 0.0) + number


def line(queue: Queue) -> Fluid | Deadline:
    """The empty line of a queue."""
    if queue.patience is None:
        return Fluid(queue.places)
    if isinstance(queue.patience, Exponential):
        return Fluid(queue.places, 1 / queue.patience.mean)
    return Deadline(queue.places, queue.patience.value)
