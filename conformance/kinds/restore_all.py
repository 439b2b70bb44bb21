"""Servers that are all down at the start and come back one repair after another; none of them fails anew."""

from __future__ import annotations

from math import ceil, inf, isinf, log

from conformance.cases import Given, Plan
from conformance.kinds.kind import Kind, Measure, NotCovered, broken, law, prompt, seconds
from simulator import Run, Scenario, metrics
from simulator.laws import Law

FLEET = "machines"
ROOMY = 2  # times what is likely


def scenario(model: Given, plan: Plan) -> Scenario:
    """An outage at 0s that leaves all pets broken, and a crew to repair them."""
    if model.get("fresh_failures"):
        raise NotCovered("fresh failures while servers are restored")
    fleet = {"kind": "pets", "servers": model["down_at_start"], "boot": "0s", "repair": prompt("crew", law(model["repair"]))}
    return Scenario.model_validate(
        {
            "horizon": seconds(plan.horizon or 0),
            "warmup": seconds(plan.warmup),
            "replications": plan.replications,
            "seed": plan.seed,
            "failures": [broken(model["down_at_start"])],
            "policies": {"pets": {"crew": {"kind": "crew", "people": model["repairers"]}, FLEET: fleet}},
        }
    )


def horizon(model: Given, asked: list[Given]) -> float:
    """Long enough in most replications."""
    rounds: int = ceil(model["down_at_start"] / model["repairers"])
    expected = Law.model_validate(law(model["repair"])).expected * (rounds + log(model["down_at_start"]))  # the last of n exponentials takes ln n means
    return max(ROOMY * expected, *(float(given.get("at", 0)) for given in asked))


def restored(fleet: str, servers: str) -> dict[str, Measure]:
    """When a fleet is back, seen from the start; the model has its size under this name."""

    def up(run: Run, number: int) -> float:
        return metrics.first_up(run, fleet, number)

    def all_up(run: Run, model: Given, given: Given) -> float:
        return up(run, model[servers])

    def half_up(run: Run, model: Given, given: Given) -> float:
        return up(run, ceil(model[servers] / 2))

    def all_up_by(run: Run, model: Given, given: Given) -> float:
        """1 or 0; infinite where the run ends before it can be said."""
        time = all_up(run, model, given)
        return inf if isinf(time) and run.scenario.horizon < given["at"] else float(time <= given["at"])

    return {"time_all_up": all_up, "mean_time_all_up": all_up, "mean_time_half_up": half_up, "prob_all_up_by": all_up_by}


KIND = Kind(
    "restore_all",
    frozenset({"down_at_start", "repairers", "repair", "fresh_failures"}),
    scenario,
    restored(FLEET, "down_at_start"),
    horizon,
)
