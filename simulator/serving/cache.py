"""A cache: a fleet that holds what is often asked of a store, so that few of a caller's calls get there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from simulator.serving.demand import Calls


class Cache(NamedTuple):
    """Who calls which store behind which fleet; what a server of that fleet would hold is asked of the store while it is not in service."""

    caller: str
    store: str
    fleet: str
    hits: float  # share of the calls that the whole fleet answers
    servers: int  # of the whole fleet


def behind(calls: Calls, caches: Iterable[Cache], serving: Mapping[str, int]) -> dict[str, dict[str, float]]:
    """The calls made while so many servers of each fleet serve: a cache is asked for what they hold, and the store for the rest and for what is no hit."""
    made = {caller: dict(numbers) for caller, numbers in calls.items()}
    for caller, store, fleet, hits, servers in caches:
        there = min(1.0, serving[fleet] / servers) if servers else 0.0
        made[caller][store] = calls[caller][store] * (1 - hits * there)
        made[caller][fleet] = calls[caller][fleet] * there
    return made
