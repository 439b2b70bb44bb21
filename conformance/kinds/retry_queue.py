"""A retry queue: a server that stalls for a while, and clients who give up waiting and try again."""

from __future__ import annotations

from collections.abc import Callable
from math import inf, nan
from typing import Any

import numpy as np

from conformance.cases import Given, Plan
from conformance.kinds import queue
from conformance.kinds.attempts import FLEET, rows, served
from conformance.kinds.fluid import requests
from conformance.kinds.kind import Kind, NotCovered, seconds
from simulator import Run, Scenario, metrics, simulate
from simulator.serving.client import MOST_ATTEMPTS

HEALED = 0.999  # of all requests, late in the run
LATE = 0.1  # of the run
STALLS = 100  # so many times as long as the stall is waited: up to 1 % below the threshold all is well again by then
TREND, GONE = 10, 200  # and so many times to see whether a backlog shrinks, so fast that it is gone after so many
LEAST = 600.0  # seconds: ten of a run's windows
TIMEOUTS = 250  # so many times the timeout: 0.4 % more than the server can do make a queue as long as that
FINE = 0.004  # of a rate that is searched for


def scenario(model: Given, plan: Plan, keep: str = "windows") -> Scenario:
    """One pet that serves at its pace whoever comes first, and an outage after which it goes on with its work."""
    start, end = model.get("stall") or (0.0, 0.0)
    process = "deterministic" if model.get("arrivals_deterministic") else "poisson"
    made = queue.weather({"arrivals": {"process": process, "rate": model.get("arrival_rate", 0.0)}}, plan, keep=keep, **client(model))
    stall = [{"kind": "outage", "servers": 1, "at": seconds(start), "lasts": seconds(end - start)}] if end > start else []
    pet = {"kind": "pets", "servers": 1, "boot": "0s", "balancer": "central", "service": seconds(1 / model["capacity"]), "interrupted": "resumed"}
    return Scenario.model_validate({**made, "warmup": seconds(plan.warmup), "failures": stall, "policies": {"pets": {FLEET: pet}}})


def client(model: Given) -> dict[str, Any]:
    """How long it waits, and how it tries again."""
    if model["max_attempts"] > MOST_ATTEMPTS:
        raise NotCovered(f"more than {MOST_ATTEMPTS} attempts")
    made: dict[str, Any] = {"timeout": seconds(model["timeout"]), "attempts": model["max_attempts"], "cancel": model.get("server_cancels", False)}
    if delay := model.get("retry_delay", 0):
        made["backoff"] = {"base": seconds(delay), "factor": 1, "max": seconds(delay), "jitter": "0%"}
    if ratio := model.get("retry_budget_ratio"):
        made["budget"] = f"{100 * ratio!r}%"
    return made


def horizon(model: Given, asked: list[Given]) -> float:
    """Where a case gives none: long after the stall."""
    return after(model, STALLS) if model.get("stall") else float(TIMEOUTS * model["timeout"])


def after(model: Given, times: float) -> float:
    """So many times as long after the stall as it, or all the attempts of a request, take."""
    start, end = model["stall"]
    return max(LEAST, float(end + times * max(end - start, model["max_attempts"] * (model["timeout"] + model.get("retry_delay", 0)))))


def again(run: Run, model: Given, horizon: float, keep: str = "windows") -> Run:
    """The same replication of another model."""
    plan = Plan(run.scenario.warmup, horizon, run.scenario.replications, run.scenario.seed)
    return simulate(scenario(model, plan, keep), replication=run.replication)


def goodput_late(run: Run) -> float:
    """The share of the requests late in the run that were answered in time."""
    windows = run.record.frame("windows")
    late = windows[windows["time_s"] >= min((1 - LATE) * run.scenario.horizon, windows["time_s"].max())]
    return float(late["served"].sum() / late["offered"].sum()) if late["offered"].sum() else nan


def recovered(run: Run, model: Given, given: Given) -> float:
    return float(goodput_late(run) >= HEALED)


def goodput_returns(run: Run, model: Given, given: Given) -> float:
    """When the first answer in time comes, from the end of the stall on; NaN where none does."""
    stalled = model["stall"][1]
    for part in (1 / 8, 1 / 4, 1 / 2, 1):
        answers = served(rows(again(run, model, max(part * run.scenario.horizon, stalled), "all")))["end_s"].to_numpy()
        in_time = answers[answers > stalled]
        if len(in_time):
            return float(in_time.min() - stalled)
    return nan


def recovers_below(run: Run, model: Given, given: Given) -> float:
    return largest(lambda rate: heals(run, {**model, "arrival_rate": rate}), model)


def heals(run: Run, model: Given) -> bool:
    """Whether requests are answered in time again, or the backlog shrinks so fast that it will soon be gone."""
    end = after(model, TREND)
    one = again(run, model, end)
    half = (model["stall"][1] + end) / 2
    before, left = metrics.backlog(one, FLEET).at(np.array([half, end]))
    gone = end + left / (before - left) * (end - half) if left < before else inf
    return goodput_late(one) >= HEALED or gone <= after(model, GONE)


def capacity_limit(run: Run, model: Given, given: Given) -> float:
    """The largest rate at which nobody has to try again, without a stall."""
    horizon = TIMEOUTS * model["timeout"]

    def calm(rate: float) -> bool:
        one = again(run, {**model, "stall": None, "arrival_rate": rate}, horizon)
        return requests(one, "attempts") == requests(one, "served")

    return largest(calm, model)


def largest(holds: Callable[[float], bool], model: Given) -> float:
    """The rate up to which something holds, by bisection; no more than a little above what the server can do.

    Where that is fine enough these are whole numbers of requests in a timeout: retries then come together with new requests, at every rate alike.
    """
    low, high, step = 0.0, (1 + FINE) * float(model["capacity"]), 1 / model["timeout"]
    while high - low > FINE * high:
        middle = (low + high) / 2
        if step <= FINE * middle:
            middle = step * round(middle / step)
        low, high = (middle, high) if holds(middle) else (low, middle)
    return (low + high) / 2


KIND = Kind(
    "retry_queue",
    frozenset(
        {"capacity", "timeout", "server_cancels", "retry_delay", "max_attempts", "retry_budget_ratio", "arrival_rate", "stall", "arrivals_deterministic"}
    ),
    scenario,
    {
        "recovered": recovered,
        "recovers_below": recovers_below,
        "goodput_fraction_late": lambda run, model, given: goodput_late(run),
        "time_goodput_returns_after_stall": goodput_returns,
        "capacity_limit": capacity_limit,
        **dict.fromkeys(
            ("attempts_per_request", "backend_attempts_per_request"),
            lambda run, model, given: requests(run, "attempts") / requests(run, "offered"),
        ),
        "success_probability": lambda run, model, given: requests(run, "served") / requests(run, "offered"),
    },
    horizon,
)
