"""A kind of model: how it becomes a scenario, and what can be asked of its runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from math import sqrt
from typing import Any, NamedTuple

from conformance.cases import Given, Plan
from simulator import Run, Scenario

Measure = Callable[[Run, Given, Given], Any]  # of a run, the model, and what the question gives; infinite for what has not come yet
LARGE = 10_000


class Course(list[Any]):
    """What goes on and on: as much of it is compared as is expected."""


class NotCovered(Exception):
    """What this program does not simulate, or not yet."""


class Kind(NamedTuple):
    """One adapter. It knows a model and a question, never a case's name or the answer."""

    name: str
    fields: frozenset[str]  # of the model
    scenario: Callable[[Given, Plan], Scenario]
    metrics: Mapping[str, Measure]
    # Where a case gives no horizon: the first, from the model and what the questions give, and whether it was long enough for all of them.
    horizon: Callable[[Given, list[Given]], float] | None = None
    over: Callable[[Run], bool] = lambda run: True


def seconds(value: float) -> str:
    """A time of a case, as a scenario has it."""
    return f"{float(value)!r}s"


def law(given: Given) -> dict[str, Any]:
    """A law of a case, as a scenario has it."""
    name, numbers = given["dist"], {key: seconds(value) for key, value in given.items() if key in ("mean", "low", "high", "value")}
    if name == "deterministic":
        return {"law": "constant", **numbers}
    if name == "lognormal" and given["cv"] == 0:
        return {"law": "constant", "value": numbers["mean"]}
    if name == "exponential" or (name == "hyperexp2" and given["scv"] == 1):
        return {"law": "exponential", **numbers}
    if name == "hyperexp2" and given.get("balanced_means", True):
        return {"law": "hyperexponential", **numbers, "cv": sqrt(given["scv"])}
    if name == "erlang":
        return {"law": "gamma", **numbers, "shape": float(given["k"])}
    if name in ("uniform", "lognormal", "weibull"):
        return {"law": name, **numbers, **{key: float(given[key]) for key in ("cv", "shape") if key in given}}
    raise NotCovered(f"the law {name}")


def server(rate: Fraction) -> dict[str, Any]:
    """A server that serves so many requests a second: exactly, where they are a ratio of small numbers."""
    if max(rate.numerator, rate.denominator) <= LARGE:
        return {"concurrency": rate.numerator, "service": seconds(rate.denominator)}
    return {"concurrency": 1, "service": seconds(float(1 / rate))}


def prompt(crew: str, time: dict[str, Any]) -> dict[str, Any]:
    """Repair by a crew, with nothing before it."""
    return {"crew": crew, "detect": {"every": "0s", "timeout": "0s"}, "respond": "0s", "time": time}


def broken(servers: int) -> dict[str, Any]:
    """So many servers that have to be repaired from the start on."""
    return {"kind": "outage", "servers": servers, "at": "0s", "lasts": "0s", "leaves": "broken"}
