"""Answers: what share of those that a fleet gives are errors, its own servers' or those of the fleets it calls."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod

from simulator.serving.demand import Calls


def failing(errors: Mapping[str, float], calls: Calls) -> dict[str, float]:
    """The share of each fleet's answers that are errors, from that of its own servers: all of a request's c calls are answered well with (1 - share)^c."""
    well: dict[str, float] = {}

    def good(fleet: str) -> float:
        if fleet not in well:
            well[fleet] = (1 - errors[fleet]) * prod(good(callee) ** number for callee, number in calls.get(fleet, {}).items())
        return well[fleet]

    return {fleet: 1 - good(fleet) for fleet in errors}
