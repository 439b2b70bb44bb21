"""Infinite servers: nobody waits, as with launches that are all under way at once."""

from __future__ import annotations

from math import ceil

from conformance.cases import Given, Plan
from conformance.kinds import queue
from conformance.kinds.attempts import SOJOURNS, rows, waits
from conformance.kinds.kind import Kind, Measure, law
from simulator import Run, Scenario
from simulator.laws import Law


def scenario(model: Given, plan: Plan) -> Scenario:
    """One pet with places for ten times as many as there are on average, and a thousand more."""
    load = queue.mean_rate(model["arrivals"]) * Law.model_validate(law(model["service"])).expected
    return queue.single(model, plan, {**queue.servers({**model, "servers": 1}), "concurrency": ceil(10 * load) + 1000, "balancer": "central"})


def unhindered(measure: Measure) -> Measure:
    """Asked only where there were servers enough."""

    def measured(run: Run, model: Given, given: Given) -> object:
        if (waits(rows(run)) > 0).any():
            raise ArithmeticError("requests waited for a server")
        return measure(run, model, given)

    return measured


KIND = Kind(
    "infinite_server",
    frozenset({"arrivals", "service", "start"}),
    scenario,
    {name: unhindered(measure) for name, measure in SOJOURNS.items()},
    queue.horizon,
)
