"""The tables of the Horizontal Pod Autoscaler."""

from __future__ import annotations

from typing import Any

from simulator.kubernetes import replica_proposal, scale_events, scaling_policies, stabilization
from simulator.kubernetes.pod_groups import Periods, Pod, Sample, group
from simulator.kubernetes.replica_proposal import Tolerance
from simulator.kubernetes.scale_events import ScaleEvent
from simulator.kubernetes.scaling_policies import Policy, Rules
from simulator.kubernetes.stabilization import Recommendation

Case = dict[str, Any]
NOW = 1_000_000.0  # any time will do: events lie so long before it


def pods(case: Case) -> list[Pod]:
    return [
        Pod(
            given["name"],
            given.get("phase", "Running"),
            given.get("ready"),
            given.get("started_ago_s"),
            given.get("ready_changed_ago_s"),
            given.get("request_milli"),
            bool(given.get("deleting")),
        )
        for given in case["pods"]
    ]


def samples(case: Case) -> dict[str, Sample]:
    return {given["pod"]: Sample(given["value_milli"], given.get("taken_ago_s", 0.0), given.get("window_s", 60.0)) for given in case["metrics"]}


def periods(case: Case) -> Periods:
    return Periods(case["cpu_initialization_s"], case["initial_readiness_delay_s"])


def pod_groups(case: Case) -> Case:
    found = group(pods(case), samples(case), case["resource"], periods(case))
    return {"ready_count": found.ready, **{name: {pod.name for pod in getattr(found, name)} for name in ("unready", "missing", "ignored")}}


def replicas(case: Case) -> Case:
    kind, current, tolerance = case["metric_kind"], case["current_replicas"], Tolerance(case["tolerance_up"], case["tolerance_down"])
    if kind == "resource_utilization":
        found = replica_proposal.resource_utilization(current, case["target_percent"], pods(case), samples(case), case["resource"], tolerance, periods(case))
        return {"replicas": found.replicas, "utilization_percent": found.utilization, "average_milli": found.usage}
    target = case["target_milli"]
    if kind == "pods_average":
        found = replica_proposal.pods_average(current, target, pods(case), samples(case), case.get("resource"), tolerance, periods(case))
    elif kind in ("object_value", "external_value"):
        found = replica_proposal.total_value(current, target, pods(case), case["samples_milli"], tolerance)
    else:
        found = replica_proposal.average_value(current, target, case["samples_milli"], tolerance)
    return {"replicas": found.replicas, "usage_milli": found.usage}


def policies(given: list[Case] | None) -> tuple[Policy, ...] | None:
    return None if given is None else tuple(Policy(one["kind"], one["value"], one["period_s"]) for one in given)


def rules(direction: Any, given: Case | None) -> Rules:
    given = given or {}
    return scaling_policies.completed(direction, policies(given.get("policies")), given.get("window_s"), given.get("select"))


def events(given: list[Case] | None) -> list[ScaleEvent]:
    return [ScaleEvent(one["change"], NOW - one["ago_s"]) for one in given or ()]


def rate_limits(case: Case) -> Case:
    numbers = case["current"], case["recommended"], case["min"], case["max"]
    if case["mode"] == "legacy":
        found = scaling_policies.legacy(*numbers)
    else:
        up, down = rules("up", case.get("scale_up")), rules("down", case.get("scale_down"))
        found = scaling_policies.behavior(*numbers, up, down, events(case.get("up_events")), events(case.get("down_events")), NOW)
    return dict(zip(("replicas", "reason"), found, strict=True))


def stabilized(case: Case) -> Case:
    history = [Recommendation(one["replicas"], NOW - one["ago_s"]) for one in case["history"]]
    if case["mode"] == "legacy":
        found = stabilization.legacy(case["recommended"], history, NOW, case["down_window_s"])
    else:
        found = stabilization.behavior(case["current"], case["recommended"], history, NOW, case["up_window_s"], case["down_window_s"])
    return {"replicas": found, "history_after": [old.replicas for old in history], "history_length_after": len(history)}


def logged(case: Case) -> Case:
    log = events(case["events"])
    within = scale_events.changed(log, 60.0, NOW) if case["behavior_set"] else 0
    if case["behavior_set"]:
        scale_events.store(log, case["new_change"], max((one["period_s"] for one in case["policies"] or ()), default=0), NOW)
    return {"change_in_last_60_s": within, "events_after": [{"change": event.change, "outdated": event.outdated} for event in log]}


def defaults(case: Case) -> Case:
    found = rules(case["direction"], case["given"])
    return {
        "policies": [{"kind": policy.kind, "value": policy.value, "period_s": policy.period} for policy in found.policies],
        "window_s": found.window,
        "select": found.select,
    }
