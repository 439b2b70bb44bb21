"""Timing: how long things take, measured in turn."""

from __future__ import annotations

from collections.abc import Callable
from statistics import median
from time import perf_counter

ROUNDS = 3


def seconds(act: Callable[[], object]) -> float:
    """How long it takes."""
    start = perf_counter()
    act()
    return perf_counter() - start


def in_turn(*sides: Callable[[], object], rounds: int = ROUNDS) -> list[float]:
    """The median time of each side, all sides taken in turn."""
    times = [[seconds(side) for side in sides] for _ in range(rounds)]
    return [median(column) for column in zip(*times, strict=True)]


def show(seconds: float) -> str:
    """A time to three digits."""
    unit, scale = next(((unit, scale) for unit, scale in (("s", 1.0), ("ms", 1e-3), ("us", 1e-6)) if seconds >= scale), ("ns", 1e-9))
    return f"{seconds / scale:.3g} {unit}"
