"""Containers that are rolled to a new image stage by stage."""

from __future__ import annotations

from conformance.cases import Given, Plan
from conformance.kinds.kind import Kind, NotCovered, law, seconds
from conformance.kinds.rolling_update import FLEET, counted, duration
from simulator import Run, Scenario


def scenario(model: Given, plan: Plan) -> Scenario:
    """A release at the very start, as a canary that nobody looks at."""
    if model.get("parallel", "stage") != "stage":
        raise NotCovered(f"parallel: {model['parallel']}")
    start = law(model["start"])
    rollout = {"kind": "canary", "stages": [f"{100 * share!r}%" for share in model["stages"]], "bake": seconds(model["bake"]), "gate": "none"}
    return Scenario.model_validate(
        {
            "horizon": seconds(plan.horizon or 0),
            "replications": plan.replications,
            "seed": plan.seed,
            "releases": [{"version": "1.1", "at": "0s"}],
            "policies": {"policy": {FLEET: {"kind": "cattle", "replicas": model["replicas"], "start": {"time": start, "cached": start}, "rollout": rollout}}},
        }
    )


def first_horizon(model: Given, asked: list[Given]) -> float:
    """A few starts and a bake for each stage."""
    return float(len(model["stages"]) * (2 * model["start"].get("mean", model["start"].get("value", 1.0)) + model["bake"]) + 1)


def mean_fraction_new(run: Run, model: Given) -> float:
    """The share of new ones among those wanted, in the mean from the release until all are new."""
    new, end = counted(run, "1.1", ("serving",)), duration(run)
    lasts = [*new.index[1:], end]
    area = sum(value * (min(until, end) - since) for since, until, value in zip(new.index, lasts, new, strict=True) if since < end)
    return float(area / end / model["replicas"])


KIND = Kind(
    "staged_rollout",
    frozenset({"replicas", "stages", "bake", "start", "parallel"}),
    scenario,
    {
        "duration": lambda run, model, given: duration(run),
        "mean_fraction_new": lambda run, model, given: mean_fraction_new(run, model),
    },
    first_horizon,
)
