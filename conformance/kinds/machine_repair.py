"""Machines that fail and are repaired by a few people: pets and a crew."""

from __future__ import annotations

from typing import Any

from conformance.cases import Given, Plan
from conformance.kinds.kind import Kind, NotCovered, law, prompt, seconds
from simulator import Run, Scenario, metrics

FLEET = "machines"


def scenario(model: Given, plan: Plan) -> Scenario:
    """Pets that are all new at the start, and a crew that begins at once when it is free."""
    if model.get("spares", 0):
        raise NotCovered("spares")
    if model.get("start", "all up") != "all up":
        raise NotCovered(f"start: {model['start']}")
    fleet = {"kind": "pets", "servers": model["machines"], "boot": "0s", "repair": prompt("crew", law(model["repair"]))}
    return Scenario.model_validate(
        {
            "horizon": seconds(plan.horizon or 0),
            "warmup": seconds(plan.warmup),
            "replications": plan.replications,
            "seed": plan.seed,
            "failures": [{"kind": "crash", "of": "process", "time_to_failure": law(model["time_to_failure"]), "age": "new"}],
            "policies": {"pets": {"crew": {"kind": "crew", "people": model["repairers"]}, FLEET: fleet}},
        }
    )


def _of(column: str) -> Any:
    """A number that the table of reliability has."""
    return lambda run, model, given: float(metrics.reliability(run)[column][FLEET])


def failures_per_time(run: Run, model: Given, given: Given) -> float:
    return float(metrics.reliability(run)["failures"][FLEET]) / (run.scenario.horizon - run.scenario.warmup)


def mean_operating(run: Run, model: Given, given: Given) -> float:
    return metrics.up(run, FLEET).integral(run.scenario.warmup, run.scenario.horizon) / (run.scenario.horizon - run.scenario.warmup)


def point_availability(run: Run, model: Given, given: Given) -> float:
    return float(metrics.up(run, FLEET).at(given["at"]) / model["machines"])


def interval_availability(run: Run, model: Given, given: Given) -> float:
    return float(metrics.up(run, FLEET).integral(0, given["at"]) / (model["machines"] * given["at"]))


def _needed(model: Given, given: Given) -> int:
    return int(given.get("k", model.get("need_up", model["machines"])))


KIND = Kind(
    "machine_repair",
    frozenset({"machines", "spares", "spare_failure_rate", "repairers", "time_to_failure", "repair", "need_up", "start"}),
    scenario,
    {
        "availability": _of("availability"),
        "mean_down": _of("mean_down"),
        "mean_down_duration": _of("mean_down_duration_s"),
        "mean_wait_for_crew": _of("mean_wait_for_crew_s"),
        "failures_per_time": failures_per_time,
        "crew_utilization": lambda run, model, given: float(metrics.crews(run)["utilisation"]["crew"]),
        "mean_operating": mean_operating,
        "mean_servers_up": mean_operating,
        "prob_full_service": lambda run, model, given: metrics.at_least(run, FLEET, model["machines"]).share,
        "prob_at_least_k": lambda run, model, given: metrics.at_least(run, FLEET, _needed(model, given)).share,
        "system_failures_per_time": lambda run, model, given: (
            metrics.at_least(run, FLEET, _needed(model, given)).failures / (run.scenario.horizon - run.scenario.warmup)
        ),
        "point_availability": point_availability,
        "interval_availability": interval_availability,
    },
)
