"""Pets that are upgraded in place, so many at a time, and again where a patch fails."""

from __future__ import annotations

from math import inf

from conformance.cases import Given, Plan
from conformance.kinds.kind import Kind, NotCovered, law, seconds
from simulator import Run, Scenario

FLEET = "servers"
ON_FAILURE = {"retry": "retry", "skip": "leave"}


def scenario(model: Given, plan: Plan) -> Scenario:
    """A release at the very start, and as many people as are upgraded at once."""
    if model.get("on_failure", "retry") not in ON_FAILURE:
        raise NotCovered(f"on_failure: {model['on_failure']}")
    upgrade = {
        "crew": "crew",
        "time": law(model["duration"]),
        "succeeds": f"{100 * model.get('success_probability', 1.0)!r}%",
        "on_failure": ON_FAILURE[model.get("on_failure", "retry")],
    }
    fleet = {"kind": "pets", "servers": model["servers"], "boot": "0s", "upgrade": upgrade, "rollout": {"kind": "in_turn", "at_once": model["parallel"]}}
    return Scenario.model_validate(
        {
            "horizon": seconds(plan.horizon or 0),
            "replications": plan.replications,
            "seed": plan.seed,
            "releases": [{"version": "1.1", "at": "0s"}],
            "policies": {"pets": {"crew": {"kind": "crew", "people": model["parallel"]}, FLEET: fleet}},
        }
    )


def duration(run: Run) -> float:
    """Until all have the new version, which is released at the very start."""
    moves = run.record.frame("transitions")
    first = moves[moves["stack"] != moves["stack"].iloc[0]].drop_duplicates("server")
    return float(first["time_s"].max()) if len(first) == moves["server"].nunique() else inf


def attempts(run: Run) -> int:
    """How often somebody began to patch."""
    return int((run.record.frame("transitions")["phase"] == "patch").sum())


def first_horizon(model: Given, asked: list[Given]) -> float:
    """Three times what it takes in the mean."""
    mean = model["duration"].get("mean", model["duration"].get("value", 1.0))
    return float(3 * model["servers"] * mean / model["parallel"] / model.get("success_probability", 1.0) + 1)


KIND = Kind(
    "inplace_update",
    frozenset({"servers", "parallel", "duration", "success_probability", "on_failure"}),
    scenario,
    {"duration": lambda run, model, given: duration(run), "attempts": lambda run, model, given: attempts(run) if duration(run) < inf else inf},
    first_horizon,
    lambda run: duration(run) < inf,
)
