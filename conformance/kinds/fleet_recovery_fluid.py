"""A fleet that is down at the start, comes back one repair after another, and works off what waits."""

from __future__ import annotations

from fractions import Fraction
from math import ceil, inf

from conformance.cases import Given, Plan
from conformance.kinds import fluid
from conformance.kinds.kind import Kind, law, prompt
from simulator import Run, Scenario, metrics

FLEET = fluid.FLEET


def scenario(model: Given, plan: Plan) -> Scenario:
    """An outage at 0s that leaves so many pets broken, and a crew to repair them."""
    down = model.get("down_at_start", model["servers"])
    fleet = fluid.pets(model, model["servers"], Fraction(repr(float(model["per_server_capacity"]))))
    parts = {"crew": {"kind": "crew", "people": model["repairers"]}, FLEET: {**fleet, "repair": prompt("crew", law(model["repair"]))}}
    broken = [{"kind": "outage", "servers": down, "at": "0s", "lasts": "0s", "leaves": "broken"}] if down else []
    return Scenario.model_validate({**fluid.weather(model, plan), "failures": broken, "policies": {"pets": parts}})


def up_again(run: Run, servers: int) -> float:
    """When so many servers are in service, seen from the start; infinite where that does not come."""
    up = metrics.up(run, FLEET)
    enough = up.times[up.values >= servers]
    return float(enough[0]) if len(enough) else inf


def all_up(run: Run, model: Given, given: Given) -> float:
    return up_again(run, model["servers"])


def over(run: Run) -> bool:
    """Whether all servers are back, and every backlog is gone."""
    return fluid.cleared(run) and not metrics.downtimes(run)["censored"].any()


KIND = Kind(
    "fleet_recovery_fluid",
    frozenset({"servers", "per_server_capacity", "arrival_rate", "down_at_start", "repairers", "repair", "buffer", "patience"}),
    scenario,
    {
        **fluid.BACKLOG,
        "time_to_clear": lambda run, model, given: fluid.emptied(run, 0.0),
        "time_to_recover_from_outage_start": lambda run, model, given: fluid.emptied(run, 0.0),
        "drain_time_after_restore": lambda run, model, given: fluid.drained(run, all_up(run, model, given)),
        "time_buffer_full_from_outage_start": lambda run, model, given: fluid.filled(run, model, 0.0),
        "time_all_up": all_up,
        "mean_time_all_up": all_up,
        "mean_time_half_up": lambda run, model, given: up_again(run, ceil(model["servers"] / 2)),
        "prob_all_up_by": lambda run, model, given: float(all_up(run, model, given) <= given["at"]),
    },
    over=over,
    horizon=fluid.horizon,
)
