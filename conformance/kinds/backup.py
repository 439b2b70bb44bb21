"""Backups of one pet that loses its data at every failure: how old what is restored was."""

from __future__ import annotations

from collections.abc import Callable
from math import nan
from typing import Any

from conformance.cases import Given, Plan
from conformance.kinds.kind import Kind, Measure, NotCovered, law, prompt, seconds
from simulator import Run, Scenario, metrics

FLEET = "database"


def scenario(model: Given, plan: Plan) -> Scenario:
    """A pet whose repair helps never, so that its newest good backup is restored, in no time."""
    if model.get("log_shipping"):
        raise NotCovered("log_shipping")
    every = model["interval"]
    backups = {
        "every": law(every) if isinstance(every, dict) else seconds(every),
        "lasts": seconds(model.get("duration", 0.0)),
        "succeeds": f"{100 * model.get('success_probability', 1.0)!r}%",
        "keep": 1_000_000,
        "size": "0B",
    }
    repair = {**prompt("crew", {"law": "constant", "value": "0s"}), "time": law(model.get("repair", {"dist": "deterministic", "value": 0.0})), "succeeds": "0%"}
    return Scenario.model_validate(
        {
            "horizon": seconds(plan.horizon or 0),
            "warmup": seconds(plan.warmup),
            "replications": plan.replications,
            "seed": plan.seed,
            "failures": [{"kind": "crash", "of": "process", "time_to_failure": law(model["time_to_failure"]), "age": "new"}],
            "policies": {
                "pets": {"crew": {"kind": "crew", "people": 1}, FLEET: {"kind": "pets", "servers": 1, "boot": "0s", "repair": repair, "backups": backups}}
            },
        }
    )


def lost(number: Callable[[Any, Given], Any]) -> Measure:
    """A number of the times whose data were lost."""

    def measure(run: Run, model: Given, given: Given) -> float:
        restores = metrics.restores(run)
        return number(restores["lost_s"].to_numpy(), given) if len(restores) else nan

    return measure


KIND = Kind(
    "backup",
    frozenset({"interval", "duration", "success_probability", "time_to_failure", "repair"}),
    scenario,
    {
        "mean_data_loss_time": lost(lambda times, given: float(times.mean())),
        "max_data_loss_time": lost(lambda times, given: float(times.max())),
        "prob_loss_over": lost(lambda times, given: float((times > given["at"]).mean())),
        "data_loss_quantile": lost(lambda times, given: times.tolist()),
    },
)
