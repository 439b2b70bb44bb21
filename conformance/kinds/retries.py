"""Retries: callers who try again, and servers of which a share never answers."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from conformance.cases import Given, Plan
from conformance.kinds import queue
from conformance.kinds.attempts import FLEET, arrived, of, rows, share
from conformance.kinds.kind import Kind, NotCovered, seconds
from simulator import Run, Scenario
from simulator.serving.client import MOST_ATTEMPTS

BACKEND = "backend"
MOST_SERVERS = 10_000
QUICK = 1e-3  # seconds of service at most: nobody waits as long as the timeout
TIMEOUT = 1.0
ALWAYS = {"process": "deterministic", "rate": 1.0}  # where a case says nothing of its arrivals


def failing(model: Given, plan: Plan) -> dict[str, Any]:
    """Servers of which the share that fails is down all the time, and never leaves rotation: an attempt meets any of them, and is not answered by those."""
    fails = Fraction(str(model["attempt_failure"]))
    if not 0 <= fails <= 1 or fails.denominator > MOST_SERVERS:
        raise NotCovered(f"attempt_failure: {model['attempt_failure']}")
    pace = queue.mean_rate(model.get("arrivals", ALWAYS)) * model["max_attempts"] ** model.get("layers", 1)
    never = {"interval": seconds(2 * (plan.horizon or 0))}  # at least two of them pass before the third failure in a row
    return {"kind": "pets", "servers": fails.denominator, "boot": "0s", "balancer": "random", "service": seconds(min(QUICK, 0.01 / pace)), "health": never}


def down(model: Given, plan: Plan) -> list[dict[str, Any]]:
    """The outage of those."""
    servers = Fraction(str(model["attempt_failure"])).numerator
    outage = {"kind": "outage", "fleet": BACKEND, "servers": servers, "at": "0s", "lasts": seconds(2 * (plan.horizon or 0))}
    return [outage] if servers else []


def tries(model: Given) -> dict[str, Any]:
    """A caller that waits a while for an answer, and then tries again at once."""
    if model["max_attempts"] > MOST_ATTEMPTS:
        raise NotCovered(f"more than {MOST_ATTEMPTS} attempts")
    return {"attempts": model["max_attempts"], "timeout": seconds(TIMEOUT)}


def alone(model: Given, plan: Plan) -> Scenario:
    """Clients of the servers that fail."""
    made = {**queue.weather(model, plan, **tries(model)), "failures": down(model, plan)}
    return Scenario.model_validate({**made, "policies": {"pets": {BACKEND: failing(model, plan)}}})


def layered(model: Given, plan: Plan) -> Scenario:
    """Fleets that each call the next one and try again, the last of them the servers that fail; a client tries once."""
    callers = [FLEET, *(f"layer{number}" for number in range(2, model["layers"] + 1))]
    retry = {"attempts": tries(model)["attempts"]}
    needs = [*({name: retry} for name in callers[1:]), {BACKEND: tries(model)}]
    last = failing(model, plan)
    caller = {"kind": "pets", "servers": 1, "boot": "0s", "service": last["service"]}
    fleets = {name: {**caller, "needs": need} for name, need in zip(callers, needs, strict=True)}
    made = {**queue.weather({"arrivals": ALWAYS, **model}, plan), "failures": down(model, plan)}
    return Scenario.model_validate({**made, "policies": {"pets": {**fleets, BACKEND: last}}})


def attempts_per_request(run: Run, model: Given, given: Given) -> float:
    seen = arrived(run, given, BACKEND)
    return float(len(seen) / seen["request"].nunique())


def backend_attempts_per_request(run: Run, model: Given, given: Given) -> float:
    """Of the whole run: a call does not say when its request arrived."""
    return float(len(rows(run, BACKEND)) / rows(run)["request"].nunique())


def success_probability(run: Run, model: Given, given: Given) -> float:
    seen = arrived(run, given, BACKEND)
    return float((seen["outcome"] == "served").sum() / seen["request"].nunique())


FIELDS = frozenset({"attempt_failure", "max_attempts", "arrivals"})
INDEPENDENT = Kind(
    "retry_independent",
    FIELDS,
    alone,
    {**dict.fromkeys(("attempts_per_request", "backend_attempts_per_request"), attempts_per_request), "success_probability": success_probability},
    lambda model, asked: 1000 / queue.mean_rate(model["arrivals"]),
)
LAYERS = Kind(
    "retry_layers",
    FIELDS | {"layers"},
    layered,
    {"backend_attempts_per_request": backend_attempts_per_request, "success_probability": of(lambda seen, given: share(seen, "served"))},
    lambda model, asked: 10 / queue.mean_rate(model.get("arrivals", ALWAYS)),
)
