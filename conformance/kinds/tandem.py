"""A tandem: stations that a request passes one after another, each with its own servers and line."""

from __future__ import annotations

from typing import Any

from conformance.cases import Given, Plan
from conformance.kinds import queue
from conformance.kinds.attempts import FLEET, SOJOURNS
from conformance.kinds.kind import Kind, NotCovered, law
from simulator import Scenario

STATION = frozenset({"servers", "service", "discipline"})


def scenario(model: Given, plan: Plan) -> Scenario:
    """A fleet for each station, which needs the next one: its worker is free as soon as its own part is done."""
    names = [FLEET, *(f"station{number}" for number in range(2, len(model["stations"]) + 1))]
    needs: list[dict[str, Any]] = [*({"needs": {name: {}}} for name in names[1:]), {}]
    fleets = {name: {**station(model, given), **need} for name, given, need in zip(names, model["stations"], needs, strict=True)}
    return Scenario.model_validate({**queue.weather(model, plan), "policies": {"pets": fleets}})


def station(model: Given, given: Given) -> dict[str, Any]:
    """Pets behind a central queue."""
    if unknown := given.keys() - STATION:
        raise NotCovered(f"stations: {', '.join(sorted(unknown))}")
    return {**queue.servers({**given, "start": model.get("start", "empty")}), "balancer": "central", "service": law(given["service"])}


KIND = Kind("tandem", frozenset({"arrivals", "stations", "start"}), scenario, SOJOURNS, queue.horizon)
