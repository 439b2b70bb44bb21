"""A queue: requests that arrive in some process, servers alike behind one line, first come first served."""

from __future__ import annotations

from math import inf, sqrt
from typing import Any

from conformance.cases import Given, Plan
from conformance.kinds.attempts import FLEET, QUEUE
from conformance.kinds.kind import Kind, NotCovered, law, seconds
from simulator import Scenario
from simulator.laws import Law

FOLLOWED = "10000d"  # past the horizon, so that no request is cut off


def scenario(model: Given, plan: Plan) -> Scenario:
    """Pets behind a central queue."""
    return single(model, plan, {**servers(model), "balancer": "central"})


def servers(model: Given) -> dict[str, Any]:
    """Servers that each serve one request at a time, and as many places beside them as the capacity leaves."""
    if model.get("discipline", "fifo") != "fifo":
        raise NotCovered(f"discipline: {model['discipline']}")
    if model.get("start", "empty") not in ("empty", "all up, empty"):
        raise NotCovered(f"start: {model['start']}")
    number, capacity = model["servers"], model.get("capacity")
    pets = {"kind": "pets", "servers": number, "boot": "0s"}
    if capacity in (None, "unbounded", inf):
        return pets
    if capacity < number:
        raise NotCovered("a capacity below the number of servers")
    return {**pets, "queue": int(capacity) - number}


def single(model: Given, plan: Plan, fleet: dict[str, Any]) -> Scenario:
    """A scenario of one fleet, which serves as the model says."""
    return Scenario.model_validate({**weather(model, plan), "policies": {"pets": {FLEET: {"service": law(model["service"]), **fleet}}}})


def weather(model: Given, plan: Plan, **clients: Any) -> dict[str, Any]:
    """Requests that arrive, every one of them recorded; all but failures and policies."""
    source, gaps = arrivals(model["arrivals"])
    patience = {"patience": law(model["patience"])} if model.get("patience") else {}
    requests = {"detail": "requests", "keep": "all", "drain": FOLLOWED, **gaps, **patience, **clients}
    return {**times(plan), "requests": requests, "traffic": [source]}


def times(plan: Plan) -> dict[str, Any]:
    """How long and how often; what is measured over is up to the rows."""
    return {"horizon": seconds(plan.horizon or 0), "replications": plan.replications, "seed": plan.seed}


def arrivals(given: Given) -> tuple[dict[str, Any], dict[str, Any]]:
    """A source of traffic, and the law of the gaps where it is not Poisson."""
    process, mean = given["process"], mean_rate(given)
    if process == "poisson_sine":
        period = given["period"]
        peak = {"peak": rate(mean + given["amplitude"]), "peak_at": seconds(period / 4), "period": seconds(period)}
        return {"kind": "diurnal", "mean": rate(mean), **peak}, {}
    steady = {"kind": "steady", "rate": rate(mean)}
    if process == "renewal":
        return steady, {"gaps": law(given["interarrival"])}
    return steady, {"gaps": "1s"} if process == "deterministic" else {}


def mean_rate(given: Given) -> float:
    """Arrivals per time."""
    process = given["process"]
    if process == "renewal":
        return 1 / Law.model_validate(law(given["interarrival"])).expected
    if process not in ("poisson", "deterministic", "poisson_sine"):
        raise NotCovered(f"process: {process}")
    return float(given["mean_rate" if process == "poisson_sine" else "rate"])


def rate(value: float) -> str:
    """Requests per time of a case, as a scenario has it."""
    return f"{float(value)!r}/s"


def horizon(model: Given, asked: list[Given]) -> float:
    """Where a case gives none: long enough for the last request that is asked for, almost always, or for the last moment."""
    last = max([float(given["k"]) for given in asked if "k" in given], default=0)
    return max([(last + 10 * sqrt(last) + 10) / mean_rate(model["arrivals"]), *(float(given["at"]) for given in asked if "at" in given)])


KIND = Kind("queue", frozenset({"arrivals", "service", "servers", "capacity", "discipline", "start", "patience"}), scenario, QUEUE, horizon)
TRANSIENT = KIND._replace(name="queue_transient")
