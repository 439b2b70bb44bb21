"""Balanced queues: servers with a line each, and a rule by which a request finds its server."""

from __future__ import annotations

from typing import Any

from conformance.cases import Given, Plan
from conformance.kinds import queue
from conformance.kinds.attempts import QUEUE
from conformance.kinds.kind import Kind, NotCovered
from simulator import Scenario

LINES = ("fifo, unbounded", "fifo")
BALANCERS = {"random": "random", "round_robin": "round_robin", "jsq": "least_connections", "least_connections": "least_connections"}


def scenario(model: Given, plan: Plan) -> Scenario:
    """Pets behind a balancer."""
    return queue.single(model, plan, fleet(model))


def fleet(model: Given) -> dict[str, Any]:
    """The servers, and their balancer."""
    if model.get("per_server", LINES[0]) not in LINES:
        raise NotCovered(f"per_server: {model['per_server']}")
    return {**queue.servers(model), "balancer": balancer(model)}


def balancer(model: Given) -> str | dict[str, Any]:
    """Of one choice it is `random`; where all servers are chosen from, `least_connections`."""
    policy, _, number = str(model["policy"]).partition(":")
    if policy != "power_of_d":
        if policy not in BALANCERS or number:
            raise NotCovered(f"policy: {model['policy']}")
        return BALANCERS[policy]
    d = int(number or model["d"])
    if d == 1:
        return "random"
    return "least_connections" if d >= model["servers"] else {"kind": "choices", "d": d}


KIND = Kind(
    "balanced_queues",
    frozenset({"arrivals", "service", "servers", "policy", "d", "per_server", "discipline", "start", "patience"}),
    scenario,
    QUEUE,
    queue.horizon,
)
