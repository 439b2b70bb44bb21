"""Demand: what is offered to each fleet, directly and by the calls of others."""

from __future__ import annotations

from collections.abc import Mapping

from simulator.polyline import Polyline

Calls = Mapping[str, Mapping[str, float]]


def demanded(fleet: str, traffic: Mapping[str, Polyline], calls: Calls) -> Polyline:
    """What is offered to a fleet (requests per second)."""
    each = {name: work(name, calls) for name in traffic}
    parts = [(rate, each[name][fleet]) for name, rate in traffic.items() if fleet in each[name]]
    first, *others = [rate if number == 1 else rate * number for rate, number in parts] or [Polyline([(0.0, 0.0)])]
    return sum(others, start=first)


def work(fleet: str, calls: Calls) -> dict[str, float]:
    """How many requests each fleet gets for one direct request of this one: along all paths, products of calls."""
    each = {fleet: 1.0}
    for callee, number in calls.get(fleet, {}).items():
        for name, requests in work(callee, calls).items():
            each[name] = each.get(name, 0.0) + number * requests
    return {name: requests for name, requests in each.items() if requests}
