"""Station: the servers of one fleet, counted by how fast they serve."""

from __future__ import annotations

from math import fsum


class Station:
    """A fleet as traffic meets it: one capacity, whoever provides it."""

    __slots__ = ("_counts", "_errors", "_rates", "capacity", "errors", "group", "name", "peak", "peaks")

    def __init__(self, name: str) -> None:
        self.name = name
        self.capacity = 0.0  # requests/s
        self.errors = 0.0  # the share of its answers that are errors: servers get as much as they can serve
        self.peak = 0.0  # demand at most, until the next knot
        self.peaks: list[float] = []
        self.group = 0
        self._rates: dict[int, float] = {}  # of each server in service
        self._errors: dict[int, tuple[float, float]] = {}  # rate and share of those servers that answer with any
        self._counts: dict[float, int] = {}  # servers of each rate: a running sum would drift

    @property
    def servers(self) -> int:
        return len(self._rates)

    def join(self, server: object, rate: float, errors: float = 0.0) -> None:
        assert id(server) not in self._rates, f"a server of {self.name} joined twice"
        self._rates[id(server)] = rate
        self._counts[rate] = self._counts.get(rate, 0) + 1
        if errors:
            self._errors[id(server)] = rate, errors
        self._add_up()

    def leave(self, server: object) -> None:
        rate = self._rates.pop(id(server))
        self._errors.pop(id(server), None)
        count = self._counts[rate] - 1
        if count:
            self._counts[rate] = count
        else:
            del self._counts[rate]
        self._add_up()

    def serves(self, server: object) -> bool:
        return id(server) in self._rates

    def _add_up(self) -> None:
        counts = self._counts
        if len(counts) == 1:
            for rate, count in counts.items():
                self.capacity = rate * count
        else:
            self.capacity = fsum([rate * count for rate, count in counts.items()])
        if self._errors or self.errors:
            self.errors = min(1.0, fsum([rate * share for rate, share in self._errors.values()]) / self.capacity) if self.capacity else 0.0
