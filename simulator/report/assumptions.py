"""Assumptions: which engine carried the traffic, and what it leaves out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from simulator.component import Model
from simulator.scenario import Scenario

OF_CLIENTS = ("timeout", "attempts", "backoff", "budget", "cancel")


def left_out(scenario: Scenario) -> list[str]:
    """The keys by which a scenario says what a flow does not know, those of a fleet once for all policies."""
    return list(dict.fromkeys(_left_out(scenario))) if scenario.requests.detail == "rate" else []


def _left_out(scenario: Scenario) -> Iterator[str]:
    yield from _said(scenario.requests, (*OF_CLIENTS, "gaps"), "requests")
    for policy in scenario.policies.values():
        for name, fleet in policy.fleets.items():
            if fleet.balancer.kind != "central":  # type: ignore[attr-defined]  # which is what a flow has
                yield from _said(fleet, ("balancer",), name)
            yield from _said(fleet, ("health",), name)
            for need, edge in fleet.needs.items():
                yield from _said(edge, OF_CLIENTS, f"{name}.needs.{need}")


def _said(part: Model, names: Sequence[str], place: str) -> Iterator[str]:
    """Those of its fields that are not as they are by default."""
    return (f"{place}.{name}" for name in names if getattr(part, name) != type(part).model_fields[name].default)
