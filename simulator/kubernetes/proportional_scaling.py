"""Proportional scaling: a deployment that is resized in the middle of a rollout resizes all its sets (pkg/controller/deployment/sync.go, scale)."""

from __future__ import annotations

from collections.abc import Sequence
from math import trunc
from typing import NamedTuple


class Set(NamedTuple):
    """A replica set, with what was noted on it at its last resize: how many were desired, and how many there might be at most."""

    replicas: int
    available: int
    rank: int  # a newer one has a higher
    noted_desired: int | None
    noted_most: int | None
    new: bool = False


def scale(desired: int, surge: int, sets: Sequence[Set], rolling: bool = True, status_replicas: int = 0) -> list[int]:
    """The next size of each set."""
    sizes = [own.replicas for own in sets]
    active = [place for place, own in enumerate(sets) if own.replicas]
    newest = next((place for place, own in enumerate(sets) if own.new), None)
    if len(active) <= 1:
        alone = active[0] if active else newest if newest is not None else max(range(len(sets)), key=lambda place: sets[place].rank, default=None)
        if alone is not None:
            sizes[alone] = desired
    elif newest is not None and saturated(desired, sets[newest]):
        sizes = [size if place == newest else 0 for place, size in enumerate(sizes)]
    elif rolling:
        _spread(sizes, sets, active, desired, surge, status_replicas)
    return sizes


def saturated(desired: int, new: Set) -> bool:
    """Whether the new set has all it should, and was told so."""
    return new.replicas == new.noted_desired == new.available == desired


def _spread(sizes: list[int], sets: Sequence[Set], active: list[int], desired: int, surge: int, status_replicas: int) -> None:
    add = (desired + surge if desired > 0 else 0) - sum(sizes)
    if not add:
        return
    # Largest first; of equals the newest when growing, the oldest when shrinking.
    order = sorted(active, key=lambda place: (-sets[place].replicas, -sets[place].rank if add > 0 else sets[place].rank))
    added = 0
    for place in order:
        share = 0
        if add != added:
            share = fraction(sets[place].replicas, sets[place].noted_most, desired, surge, status_replicas)
            share = min(share, add - added) if add > 0 else max(share, add - added)
        sizes[place] += share
        added += share
    sizes[order[0]] = max(0, sizes[order[0]] + add - added)


def fraction(replicas: int, noted_most: int | None, desired: int, surge: int, status_replicas: int) -> int:
    """The change that one set would get; a half is rounded away from zero."""
    if desired == 0:
        return -replicas
    before = noted_most or status_replicas
    if not before:
        return 0
    exact = replicas * (desired + surge) / before
    return trunc(exact - 0.5 if exact < 0 else exact + 0.5) - replicas
