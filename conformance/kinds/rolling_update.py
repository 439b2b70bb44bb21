"""Containers that are rolled to a new image, or back where it never works."""

from __future__ import annotations

from math import inf

import pandas as pd

from conformance.cases import Given, Plan
from conformance.kinds.kind import Kind, law, seconds
from simulator import Run, Scenario, metrics
from simulator.rollouts.rolling import Rolling

FLEET = "containers"
DEADLINE = 600.0  # of a Deployment, where nothing is said


def scenario(model: Given, plan: Plan) -> Scenario:
    """A release at the very start."""
    start, defect = law(model["start"]), {} if model.get("new_version_ready", True) else {"defect": {"does": "never_ready"}}
    rollout = {
        "kind": "rolling",
        "max_surge": model["max_surge"],
        "max_unavailable": model["max_unavailable"],
        "progress_deadline": seconds(model.get("progress_deadline", DEADLINE)),
        "rollback": model.get("rollback") == "automatic",
    }
    stop = {"takes": seconds(model.get("termination", 0.0)), "grace": seconds(model.get("termination", 0.0))}
    return Scenario.model_validate(
        {
            "horizon": seconds(plan.horizon or 0),
            "replications": plan.replications,
            "seed": plan.seed,
            "releases": [{"version": "1.1", "at": "0s", **defect}],
            "policies": {
                "policy": {
                    FLEET: {"kind": "cattle", "replicas": model["replicas"], "start": {"time": start, "cached": start}, "stop": stop, "rollout": rollout}
                }
            },
        }
    )


def first_horizon(model: Given, asked: list[Given]) -> float:
    """A few starts for each container, and the deadline."""
    start = model["start"].get("mean", model["start"].get("value", 1.0))
    return float(2 * (model["replicas"] + 1) * start + model.get("progress_deadline", DEADLINE))


def counted(run: Run, version: str = "", states: tuple[str, ...] = (), start: float = 0.0) -> pd.Series:
    """How many containers of a version (of all, where none is named) are in some states, or there and not ending, from a time on."""
    moves, stacks = run.record.frame("transitions"), run.record.frame("stacks")
    of = set(stacks.loc[stacks["release"].astype(str) == version, "stack"]) if version else set(stacks["stack"])
    there = moves["state"].isin(states) if states else ~moves["state"].isin(("retired", "draining"))
    true = (there & moves["stack"].isin(of)).astype(int)
    change = true - true.groupby(moves["server"], observed=True).shift(fill_value=0)
    counts = change.groupby(moves["time_s"]).sum().cumsum()
    return counts[counts.index >= start]


def first(counts: pd.Series, holds: pd.Series) -> float:
    """When something is true for the first time; infinite where it never is."""
    when = counts.index[holds.to_numpy()]
    return float(when[0]) if len(when) else inf


def duration(run: Run) -> float:
    """Until all run the new version."""
    (made,) = metrics.rollouts(run, metrics.version_drift(run)).to_dict("records")
    return inf if made["censored"] else float(made["rollout_s"])


def half(run: Run, model: Given) -> float:
    new = counted(run, "1.1", ("serving",))
    return first(new, new >= model["replicas"] / 2)


def rollback(run: Run, model: Given) -> float:
    """When the first container of the new version goes for good."""
    new = counted(run, "1.1")
    return first(new, new < new.cummax())


def stalled(run: Run, model: Given, version: str = "", states: tuple[str, ...] = ()) -> int:
    """How many there are when nothing has come along for as long as the deadline says, and nothing has been done about it."""
    counts = counted(run, version, states)
    before = counts[counts.index < model.get("progress_deadline", DEADLINE)]
    return int(before.iloc[-1])


def back(run: Run, model: Given) -> float:
    """When as many are available again as should be, after the rollback began."""
    available = counted(run, "", ("serving",), rollback(run, model))
    return first(available, available >= model["replicas"])


def fence(model: Given, place: int) -> int:
    return Rolling.model_validate({"max_surge": model["max_surge"], "max_unavailable": model["max_unavailable"]}).fences(model["replicas"])[place]


KIND = Kind(
    "rolling_update",
    frozenset({"replicas", "max_surge", "max_unavailable", "start", "termination", "new_version_ready", "progress_deadline", "rollback"}),
    scenario,
    {
        "duration": lambda run, model, given: duration(run),
        "min_available": lambda run, model, given: int(counted(run, "", ("serving",)).min()),
        "max_total": lambda run, model, given: int(counted(run).max()),
        "time_half_on_new": lambda run, model, given: half(run, model),
        "resolved_max_surge": lambda run, model, given: fence(model, 0),
        "resolved_max_unavailable": lambda run, model, given: fence(model, 1),
        "old_running_while_stalled": lambda run, model, given: stalled(run, model, "1.0"),
        "new_created_while_stalled": lambda run, model, given: stalled(run, model, "1.1"),
        "available_while_stalled": lambda run, model, given: stalled(run, model, "", ("serving",)),
        "time_rollback_begins": lambda run, model, given: rollback(run, model),
        "time_back_to_full": lambda run, model, given: back(run, model),
    },
    first_horizon,
)
