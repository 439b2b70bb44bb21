"""Kubernetes' autoscaler on a fleet of containers: a load that each carries its part of, and how many are wanted after each look."""

from __future__ import annotations

from math import ceil
from typing import Any

import numpy as np

from conformance.cases import Given, Plan
from conformance.kinds.kind import Course, Kind, NotCovered, law, seconds
from simulator import Run, Scenario, simulate
from simulator.kubernetes.scaling_policies import Policy
from simulator.metrics.capacity import signal
from simulator.metrics.steps import Steps

FLEET = "containers"
MOST = 100_000  # replicas, where a case has no limit
LOOKS = 64  # after which a trajectory is told
SETTLED = 3  # looks after which one answer is told: the first has the start beside it
NEVER = "100000s"  # ready


def scenario(model: Given, plan: Plan) -> Scenario:
    """No queue: what cannot be served at once is lost, and utilisation is load / capacity, at most all of it."""
    metrics = model.get("metric")
    return _scenario(model, plan, metrics[0] if isinstance(metrics, list) else metrics)


def _scenario(model: Given, plan: Plan, metric: float | None) -> Scenario:
    replicas, ready = model["replicas"], model.get("ready", model["replicas"])
    if metric is None and "load" not in model:
        raise NotCovered("neither a metric nor a load")
    # Containers can use so many times what they request, as they must to show more than all of it.
    unlimited = model["load"] / model["replicas"] if "load" in model and "saturation" not in model else 1.0
    times = ceil(max(1.0, (metric or 0.0) / 100, model.get("saturation", unlimited)))
    load = model["load"] if metric is None else metric / 100 * ready
    start: Any = law(model["start"]) if "start" in model else "0s"
    fleet = {
        "kind": "cattle",
        "replicas": replicas,
        "queue": 0,
        "concurrency": times,
        "start": {"time": start, "cached": NEVER if ready < replicas else start},
        "autoscaler": _autoscaler(model, times),
    }
    unready = [{"kind": "outage", "servers": replicas - ready, "at": "0s", "lasts": "0s"}] if ready < replicas else []
    return Scenario.model_validate(
        {
            "horizon": seconds(LOOKS * model["sync_period"]),
            "replications": plan.replications,
            "seed": plan.seed,
            "requests": {"service": "1s"},
            "traffic": [{"kind": "steady", "rate": f"{float(load)!r}/s"}],
            "failures": unready,
            "policies": {"policy": {FLEET: fleet}},
        }
    )


def _autoscaler(model: Given, times: int) -> Given:
    """Nothing holds back the recommendation but what the case says."""
    target = {"cpu": f"{round(model['target'])}%"} if "target" in model else {"busy": float(model["target_per_replica"])}
    given = model.get("scale_up_policies")
    free = [{"percent": "900000%", "per": "15s"}]
    up = free if not given else [_change(policy) for policy in given]
    behavior = {
        "scale_up": {"policies": up},
        "scale_down": {"window": seconds(model.get("stabilization_window", 0.0)), "policies": [{"percent": "100%", "per": "15s"}]},
    }
    return {
        "kind": "hpa",
        "metrics": [target],
        "request": f"{100 / times!r}%",
        "every": seconds(model["sync_period"]),
        "tolerance": f"{100 * model['tolerance']!r}%",
        "min": model.get("min", 1),
        "max": model.get("max", MOST),
        "behavior": behavior,
    }


def _change(given: Given) -> Given:
    """A policy, as a case may write it."""
    kind = given.get("kind", given.get("type", "percent" if "percent" in given else "pods"))
    policy = Policy("percent" if str(kind).lower() == "percent" else "pods", int(given.get("value", given.get("percent", given.get("pods", 0)))), 0.0)
    period = seconds(given.get("period_s", given.get("period", 15.0)))
    return {"percent": f"{policy.value}%", "per": period} if policy.kind == "percent" else {"servers": policy.value, "per": period}


def wanted(run: Run, looks: int) -> list[int]:
    """How many are wanted at the start, and after each of so many looks: the k-th is in the k-th period."""
    period = run.scenario.horizon / LOOKS
    steps = Steps(*signal(run, FLEET, "desired"))
    return [int(value) for value in steps.at(np.array([0.0, *((k + 1) * period - 1e-6 for k in range(looks))]))]


def desired(run: Run, model: Given, given: Given) -> Any:
    """What comes of a metric, or of each of several, in a fleet of its own."""
    metrics = model.get("metric")
    if not isinstance(metrics, list):
        return wanted(run, SETTLED)[-1]
    plan = Plan(0.0, None, 1, run.scenario.seed)
    runs = [simulate(_scenario(model, plan, metric), replication=run.replication) for metric in metrics]
    return [wanted(own, SETTLED)[-1] for own in runs]


KIND = Kind(
    "autoscaler",
    frozenset(
        {"sync_period", "tolerance", "replicas", "ready", "metric", "target", "load", "target_per_replica", "saturation", "scale_up_policies", "start"}
        | {"min", "max", "stabilization_window"}
    ),
    scenario,
    {"desired": desired, "trajectory": lambda run, model, given: Course(wanted(run, LOOKS - 1))},
    lambda model, asked: LOOKS * float(model["sync_period"]),
)
