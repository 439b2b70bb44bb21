"""The tables of the Deployment controller."""

from __future__ import annotations

from typing import Any

from simulator.kubernetes import deployment_status, fences, proportional_scaling, rolling_update
from simulator.kubernetes.deployment_status import Status
from simulator.kubernetes.proportional_scaling import Set
from simulator.kubernetes.rolling_update import Size

Case = dict[str, Any]
LONGEST = 10_000  # steps of a rollout


def surge_and_unavailable(case: Case) -> tuple[int, int]:
    return fences.resolve(case.get("max_surge"), case.get("max_unavailable"), case["desired"])


def unavailable_at_most(case: Case) -> int:
    if case["strategy"] != "RollingUpdate":
        return 0
    return fences.unavailable_at_most(surge_and_unavailable(case)[1], case["desired"])


def surge_resolution(case: Case) -> Case:
    op = case["op"]
    if op == "scaled_value":
        return {"value": fences.scaled(case["given"], case["total"], case["round_up"])}
    if op == "max_unavailable":
        return {"value": unavailable_at_most(case)}
    if op == "min_available":
        return {"value": case["desired"] - unavailable_at_most(case) if case["strategy"] == "RollingUpdate" else 0}
    surge, unavailable = surge_and_unavailable(case)
    return {"surge": surge, "unavailable": unavailable}


def sizes(case: Case) -> list[Size]:
    return [Size(given["replicas"], given["available"]) for given in case["old_sets"]]


def rolling(case: Case) -> Case:
    op = case["op"]
    if op == "new_set":
        surge, _ = surge_and_unavailable(case)
        grown = rolling_update.new_set(case["desired"], surge, case["old_replicas"] + case["new_replicas"], case["new_replicas"])
        return {"scaled": grown != case["new_replicas"], "new_replicas": grown}
    if op == "new_set_target":
        if case["strategy"] == "Recreate":
            return {"new_replicas": case["desired"]}
        surge = fences.scaled(case.get("max_surge") or 0, case["desired"], up=True)
        return {"new_replicas": rolling_update.grown(case["desired"], surge, case["total_replicas_all_sets"], case["new_replicas"])}
    before = [size.wanted for size in sizes(case)]
    if op == "cleanup_unhealthy":
        return {"removed": sum(before) - sum(rolling_update.cleanup(sizes(case), case["max_cleanup"]))}
    _, unavailable = surge_and_unavailable(case)
    if op == "old_sets":
        after = rolling_update.old_sets(case["desired"], unavailable, Size(case["new_replicas"], case["new_available"]), sizes(case))
    else:
        least = case["desired"] - fences.unavailable_at_most(unavailable, case["desired"])
        after = rolling_update.scale_down(sizes(case), sum(size.available for size in sizes(case)) - least)
    return {"scaled": after != before, "old_replicas_after": after}


def sequences(case: Case) -> Case:
    """A whole rollout in which new pods are available at once."""
    surge, unavailable = surge_and_unavailable(case)
    new, old, steps = 0, case["desired"], []
    for _ in range(LONGEST):
        grown, left = rolling_update.step(case["desired"], surge, unavailable, Size(new, new), [Size(old, old)])
        if (grown, left) == (new, old):
            break
        steps += [f"new{grown - new:+d}"] if grown != new else []
        steps += [f"old{left - old:+d}"] if left != old else []
        new, old = grown, left
    return {"steps": steps}


def status(given: Case) -> Status:
    return Status(given["replicas"], given["updated"], given.get("ready", 0), given["available"])


def states(case: Case) -> Case:
    if case["op"] == "complete":
        return {"complete": deployment_status.complete(case["desired"], status(case))}
    if case["op"] == "progressing":
        return {"progressing": deployment_status.progressing(status(case["before"]), status(case["after"]))}
    return {"timed_out": deployment_status.timed_out(case["since_last_progress_s"], case["deadline_s"], case.get("last_reason", ""))}


def proportional(case: Case) -> Case:
    surge, _ = fences.resolve(case.get("max_surge"), case.get("max_unavailable"), case["desired"])
    if case["op"] == "share":
        return {"change": proportional_scaling.fraction(case["replicas"], case["recorded_max"], case["desired"], surge, case["status_replicas"])}
    sets = [
        Set(given["replicas"], given["available"], given["created_rank"], given.get("recorded_desired"), given.get("recorded_max"), given["role"] == "new")
        for given in case["sets"]
    ]
    rolling = case.get("strategy", "RollingUpdate") == "RollingUpdate"
    found = proportional_scaling.scale(case["desired"], surge, sets, rolling, case.get("status_replicas", 0))
    return {"replicas": {given["name"]: size for given, size in zip(case["sets"], found, strict=True)}}
