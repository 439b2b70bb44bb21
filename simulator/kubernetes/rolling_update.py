"""Rolling update: the next sizes of the replica sets of a deployment (pkg/controller/deployment/rolling.go)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from simulator.kubernetes.fences import unavailable_at_most


class Size(NamedTuple):
    """A replica set: how many pods are wanted of it, and how many are available."""

    wanted: int
    available: int


def new_set(desired: int, surge: int, total: int, new: int) -> int:
    """The next size of the new set, of `total` pods wanted of all sets; what is above what is desired goes at once."""
    return desired if new >= desired else grown(desired, surge, total, new)


def grown(desired: int, surge: int, total: int, new: int) -> int:
    """Its size where there is room for more up to the surge: never above what is desired (deployment_util.go, NewRSNewReplicas)."""
    return new if total >= desired + surge else new + min(desired + surge - total, desired - new)


def old_sets(desired: int, unavailable: int, new: Size, old: Sequence[Size]) -> list[int]:
    """The sizes of the old sets (oldest first): first those of their pods go that are not available, then as many as may be missed."""
    least = desired - unavailable_at_most(unavailable, desired)
    room = new.wanted + sum(size.wanted for size in old) - least - (new.wanted - new.available)
    if room <= 0:
        return [size.wanted for size in old]
    cleaned = cleanup(old, room)
    left = [Size(wanted, size.available) for wanted, size in zip(cleaned, old, strict=True)]
    return scale_down(left, new.available + sum(size.available for size in old) - least)


def cleanup(old: Sequence[Size], most: int) -> list[int]:
    """The sizes without at most so many pods that are not available."""
    made = []
    for size in old:
        gone = min(most, max(0, size.wanted - size.available))
        most -= gone
        made.append(size.wanted - gone)
    return made


def scale_down(old: Sequence[Size], most: int) -> list[int]:
    """The sizes without at most so many pods, whichever they are."""
    made = []
    for size in old:
        gone = max(0, min(most, size.wanted))
        most -= gone
        made.append(size.wanted - gone)
    return made


def step(desired: int, surge: int, unavailable: int, new: Size, old: Sequence[Size]) -> list[int]:
    """One reconcile: the next sizes of the new set and of the old ones, of which either the one or the others change."""
    next_size = new_set(desired, surge, new.wanted + sum(size.wanted for size in old), new.wanted)
    if next_size != new.wanted:
        return [next_size, *(size.wanted for size in old)]
    return [new.wanted, *old_sets(desired, unavailable, new, old)]
