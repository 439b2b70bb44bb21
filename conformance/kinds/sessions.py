"""Sessions of users, in the memory of one server that fails, or outside it."""

from __future__ import annotations

from collections.abc import Callable
from math import nan
from typing import Any

from conformance.cases import Given, Plan
from conformance.kinds.kind import Kind, Measure, NotCovered, law, prompt, seconds
from simulator import Run, Scenario, metrics

FLEET = "web"
CACHE = "store"  # where they are external; it never fails


def scenario(model: Given, plan: Plan) -> Scenario:
    """A pet that has them in memory, or a container beside a store."""
    if model["arrivals"]["process"] != "poisson":
        raise NotCovered(f"sessions that come as {model['arrivals']['process']}")
    if model["store"] not in ("in_memory", "external"):
        raise NotCovered(f"store: {model['store']}")
    sessions = {"starts": f"{model['arrivals']['rate']!r}/s", "lasts": law(model["duration"])}
    return Scenario.model_validate(
        {
            "horizon": seconds(plan.horizon or 0),
            "warmup": seconds(plan.warmup),
            "replications": plan.replications,
            "seed": plan.seed,
            "failures": [{"kind": "crash", "of": "process", "time_to_failure": law(model["time_to_failure"]), "age": "new", "fleet": FLEET}],
            "policies": {"p": (_pet if model["store"] == "in_memory" else _container)(sessions, law(model["repair"]))},
        }
    )


def _pet(sessions: dict[str, Any], repair: dict[str, Any]) -> dict[str, Any]:
    fleet = {"kind": "pets", "servers": 1, "boot": "0s", "repair": prompt("crew", repair), "sessions": sessions}
    return {"crew": {"kind": "crew", "people": 1}, FLEET: fleet}


def _container(sessions: dict[str, Any], repair: dict[str, Any]) -> dict[str, Any]:
    start = {"time": repair, "cached": repair}
    fleet = {"kind": "cattle", "replicas": 1, "start": start, "restarts": {"first": "0s"}, "sessions": {**sessions, "held": "cache", "cache": CACHE}}
    return {FLEET: fleet, CACHE: {"kind": "pets", "servers": 1}}


def lost(number: Callable[[Any], float], least: int) -> Measure:
    """A number of the sessions that each failure took, of which there are at least so many."""

    def measure(run: Run, model: Given, given: Given) -> float:
        stops = metrics.sessions(run)["lost"]
        return float(number(stops)) if len(stops) >= least else nan

    return measure


KIND = Kind(
    "sessions",
    frozenset({"store", "arrivals", "duration", "time_to_failure", "repair"}),
    scenario,
    {
        "mean_sessions_lost_per_failure": lost(lambda stops: stops.mean(), 1),
        "variance_sessions_lost": lost(lambda stops: stops.var(), 2),
        "sessions_lost": lost(lambda stops: stops.sum(), 0),
    },
)
