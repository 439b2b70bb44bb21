"""A fleet that is down at the start, comes back one repair after another, and works off what waits."""

from __future__ import annotations

from fractions import Fraction

from conformance.cases import Given, Plan
from conformance.kinds import fluid
from conformance.kinds.kind import Kind, broken, law, prompt
from conformance.kinds.restore_all import restored
from simulator import Run, Scenario, metrics

FLEET = fluid.FLEET


def scenario(model: Given, plan: Plan) -> Scenario:
    """An outage at 0s that leaves so many pets broken, and a crew to repair them."""
    down = model.get("down_at_start", model["servers"])
    fleet = fluid.pets(model, model["servers"], Fraction(repr(float(model["per_server_capacity"]))))
    parts = {"crew": {"kind": "crew", "people": model["repairers"]}, FLEET: {**fleet, "repair": prompt("crew", law(model["repair"]))}}
    return Scenario.model_validate({**fluid.weather(model, plan), "failures": [broken(down)] if down else [], "policies": {"pets": parts}})


def over(run: Run) -> bool:
    """Whether all servers are back, and every backlog is gone."""
    return fluid.cleared(run) and not metrics.downtimes(run)["censored"].any()


KIND = Kind(
    "fleet_recovery_fluid",
    frozenset({"servers", "per_server_capacity", "arrival_rate", "down_at_start", "repairers", "repair", "buffer", "patience"}),
    scenario,
    {
        **fluid.backlog_metrics(lambda run, model: 0.0, lambda run, model: metrics.first_up(run, FLEET, model["servers"])),
        **restored(FLEET, "servers"),
    },
    fluid.horizon,
    over,
)
