"""A kind of model: how it becomes a scenario, and what can be asked of its runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from math import sqrt
from typing import Any, NamedTuple

from conformance.cases import Given, Plan
from simulator import Run, Scenario

Measure = Callable[[Run, Given, Given], Any]  # of a run, the model, and what the question gives


class NotCovered(Exception):
    """What this program does not simulate, or not yet."""


class Kind(NamedTuple):
    """One adapter. It knows a model and a question, never a case's name or the answer."""

    name: str
    fields: frozenset[str]  # of the model
    scenario: Callable[[Given, Plan], Scenario]
    metrics: Mapping[str, Measure]
    over: Callable[[Run], bool] = lambda run: True  # whether what is asked for has happened; if not, the same replication is run twice as long
    horizon: Callable[[Given, list[Given]], float] | None = None  # from the model and what the questions give, where the case gives none


def seconds(value: float) -> str:
    """A time of a case, as a scenario has it."""
    return f"{float(value)!r}s"


def law(given: Given) -> dict[str, Any]:
    """A law of a case, as a scenario has it."""
    given = dict(given)
    name = given.pop("dist")
    if name == "deterministic":
        return {"law": "constant", "value": seconds(given["value"])}
    if name == "exponential":
        return {"law": "exponential", "mean": seconds(given["mean"])}
    if name == "uniform":
        return {"law": "uniform", "low": seconds(given["low"]), "high": seconds(given["high"])}
    if name == "lognormal":
        return {"law": "lognormal", "mean": seconds(given["mean"]), "cv": float(given["cv"])}
    if name == "weibull":
        return {"law": "weibull", "shape": float(given["shape"]), "mean": seconds(given["mean"])}
    if name == "erlang":
        return {"law": "gamma", "shape": float(given["k"]), "mean": seconds(given["mean"])}
    if name == "hyperexp2" and given["scv"] == 1:
        return {"law": "exponential", "mean": seconds(given["mean"])}
    if name == "hyperexp2":
        return {"law": "hyperexponential", "mean": seconds(given["mean"]), "cv": sqrt(given["scv"])}
    raise NotCovered(f"the law {name}")


def server(rate: Fraction) -> dict[str, Any]:
    """A server that serves exactly so many requests a second: so many at a time, each for so many seconds."""
    return {"concurrency": rate.numerator, "service": seconds(rate.denominator)}


def prompt(crew: str, time: dict[str, Any]) -> dict[str, Any]:
    """Repair by a crew, with nothing before it."""
    return {"crew": crew, "detect": {"every": "0s", "timeout": "0s"}, "respond": "0s", "time": time}
