"""Machines of which too few are up one day: machine repair until then."""

from __future__ import annotations

from conformance.cases import Given
from conformance.kinds import machine_repair
from conformance.kinds.kind import Kind, law
from simulator import Run, metrics
from simulator.laws import Law

MOST = 1e6  # seconds, of a guess


def mean_time_to_stop(run: Run, model: Given, given: Given) -> float:
    return metrics.first_below(run, machine_repair.FLEET, model["stop_when_up_below"])


def horizon(model: Given, asked: list[Given]) -> float:
    """A guess: the mean if both laws were exponential, as a sum of what each further machine down takes; a run costs more to begin than to go on."""
    life, repair = (Law.model_validate(law(model[name])).expected for name in ("time_to_failure", "repair"))
    machines, total, step = model["machines"], 0.0, 0.0
    for down in range(machines - model["stop_when_up_below"] + 1):
        step = (1 + min(down, model["repairers"]) / repair * step) * life / (machines - down)
        total += step
    return min(max(total, life), MOST)


KIND = Kind(
    "first_passage",
    frozenset({"machines", "repairers", "time_to_failure", "repair", "stop_when_up_below", "start"}),
    machine_repair.scenario,
    {"mean_time_to_stop": mean_time_to_stop},
    horizon,
)
