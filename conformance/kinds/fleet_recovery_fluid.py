"""A fleet that is down at the start, comes back one repair after another, and works off what waits."""

from __future__ import annotations

from fractions import Fraction
from math import ceil, inf, isinf

from conformance.cases import Given, Plan
from conformance.kinds import fluid
from conformance.kinds.kind import Kind, broken, law, prompt
from simulator import Run, Scenario, metrics

FLEET = fluid.FLEET


def scenario(model: Given, plan: Plan) -> Scenario:
    """An outage at 0s that leaves so many pets broken, and a crew to repair them."""
    down = model.get("down_at_start", model["servers"])
    fleet = fluid.pets(model, model["servers"], Fraction(repr(float(model["per_server_capacity"]))))
    parts = {"crew": {"kind": "crew", "people": model["repairers"]}, FLEET: {**fleet, "repair": prompt("crew", law(model["repair"]))}}
    return Scenario.model_validate({**fluid.weather(model, plan), "failures": [broken(down)] if down else [], "policies": {"pets": parts}})


def up_again(run: Run, servers: int) -> float:
    """When so many servers are in service, seen from the start; infinite where that has not come."""
    up = metrics.up(run, FLEET)
    enough = up.times[up.values >= servers]
    return float(enough[0]) if len(enough) else inf


def all_up(run: Run, model: Given, given: Given) -> float:
    return up_again(run, model["servers"])


def all_up_by(run: Run, model: Given, given: Given) -> float:
    """1 or 0; infinite where the run ends before it can be said."""
    time = all_up(run, model, given)
    return inf if isinf(time) and run.scenario.horizon < given["at"] else float(time <= given["at"])


def over(run: Run) -> bool:
    """Whether all servers are back, and every backlog is gone."""
    return fluid.cleared(run) and not metrics.downtimes(run)["censored"].any()


KIND = Kind(
    "fleet_recovery_fluid",
    frozenset({"servers", "per_server_capacity", "arrival_rate", "down_at_start", "repairers", "repair", "buffer", "patience"}),
    scenario,
    {
        **fluid.backlog_metrics(lambda run, model: 0.0, lambda run, model: up_again(run, model["servers"])),
        "time_all_up": all_up,
        "mean_time_all_up": all_up,
        "mean_time_half_up": lambda run, model, given: up_again(run, ceil(model["servers"] / 2)),
        "prob_all_up_by": all_up_by,
    },
    fluid.horizon,
    over,
)
