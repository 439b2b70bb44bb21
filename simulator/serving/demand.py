"""Demand: what is offered to each fleet, directly and by the calls of others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import fsum

from simulator.polyline import Polyline

Calls = Mapping[str, Mapping[str, float]]
Work = Mapping[str, Mapping[str, float]]  # how many requests each fleet gets for one direct request of each


def demanded(fleet: str, traffic: Mapping[str, Polyline], calls: Calls) -> Polyline:
    """What is offered to a fleet (requests per second)."""
    each = {name: work(name, calls) for name in traffic}
    parts = [(rate, each[name][fleet]) for name, rate in traffic.items() if fleet in each[name]]
    first, *others = [rate if number == 1 else rate * number for rate, number in parts] or [Polyline([(0.0, 0.0)])]
    return sum(others, start=first)


def asked(fleet: str, traffic: Mapping[str, Polyline], works: Sequence[tuple[float, Work]]) -> Polyline:
    """The same, where what one direct request asks changes: from a time on (seconds) each row of it holds."""
    parts = []
    for name, rate in traffic.items():
        steps: list[tuple[float, float]] = []
        for time, each in works:
            steps += [(time, steps[-1][1])] if steps else []
            steps.append((time, each[name].get(fleet, 0.0)))
        parts.append(rate * Polyline(steps))
    return sum(parts, start=Polyline([(0.0, 0.0)]))


def mean_asked(fleet: str, traffic: Mapping[str, Polyline], works: Sequence[tuple[float, Work]], start: float, end: float) -> float:
    """The mean of that between two times of which the last row knows all; what it is then, where they are one."""
    if start == end:
        return fsum(rate(end) * works[-1][1][name].get(fleet, 0.0) for name, rate in traffic.items())
    total, until = 0.0, end
    for time, each in reversed(works):
        since = max(time, start)
        total += fsum(rate.integral(since, until) * each[name].get(fleet, 0.0) for name, rate in traffic.items())
        until = since
        if time <= start:
            break
    return total / (end - start)


def work(fleet: str, calls: Calls) -> dict[str, float]:
    """How many requests each fleet gets for one direct request of this one: along all paths, products of calls."""
    each = {fleet: 1.0}
    for callee, number in calls.get(fleet, {}).items():
        for name, requests in work(callee, calls).items():
            each[name] = each.get(name, 0.0) + number * requests
    return {name: requests for name, requests in each.items() if requests}
