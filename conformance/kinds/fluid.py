"""Traffic and capacity that step, and the backlog between them: pets, and outages that take some of them away for a while."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from math import gcd, inf, lcm
from typing import Any

from conformance.cases import Given, Plan
from conformance.kinds.kind import Kind, Measure, NotCovered, law, seconds, server
from simulator import Run, Scenario, metrics

FLEET = "web"
MOST_SERVERS = 10_000
EVER = 1e9  # seconds: longer than any horizon
Levels = list[tuple[float, float]]  # (from when on, how much)


def levels(given: Any) -> Levels:
    """A number, or numbers from their times on."""
    return [(float(time), float(value)) for time, value in given] if isinstance(given, list | tuple) else [(0.0, float(given))]


def scenario(model: Given, plan: Plan) -> Scenario:
    """As many equal pets as make the highest capacity, and an outage of the rest wherever it is lower."""
    capacity = levels(model["capacity"])
    most, unit = _units([value for _, value in capacity])
    ends = [time for time, _ in capacity[1:]] + [EVER]
    outages = [
        {"kind": "outage", "servers": most - round(Fraction(repr(value)) / unit), "at": seconds(start), "lasts": seconds(end - start)}
        for (start, value), end in zip(capacity, ends, strict=True)
        if Fraction(repr(value)) / unit < most
    ]
    return Scenario.model_validate({**weather(model, plan), "failures": outages, "policies": {"pets": {FLEET: pets(model, most, unit)}}})


def _units(values: list[float]) -> tuple[int, Fraction]:
    """How many equal servers make the highest capacity, each other being a whole number of them; and what one of them serves."""
    parts = [Fraction(repr(value)) for value in values if value] or [Fraction(1)]
    unit = Fraction(gcd(*(part.numerator for part in parts)), lcm(*(part.denominator for part in parts)))
    most = max(parts) / unit
    if most > MOST_SERVERS:
        raise NotCovered(f"capacities that are no multiples of one {MOST_SERVERS}th of the highest")
    return int(most), unit


def weather(model: Given, plan: Plan) -> dict[str, Any]:
    """All but failures and policies, for a model with arrivals that wait."""
    requests = {"patience": law(model["patience"])} if model.get("patience") else {}
    if requests and requests["patience"]["law"] not in ("constant", "exponential"):
        raise NotCovered(f"a patience that is {requests['patience']['law']}")
    return {
        "horizon": seconds(plan.horizon or 0),
        "warmup": seconds(plan.warmup),
        "replications": plan.replications,
        "seed": plan.seed,
        "requests": requests,
        "traffic": [{"kind": "steps", "steps": [{"at": seconds(time), "rate": f"{rate!r}/s"} for time, rate in levels(model["arrival_rate"])]}],
    }


def pets(model: Given, servers: int, rate: Fraction) -> dict[str, Any]:
    """Servers that start at once, and places for those who wait."""
    buffer = model.get("buffer", "unbounded")
    if buffer != "unbounded" and buffer != int(buffer):
        raise NotCovered("a buffer of part of a request")
    return {"kind": "pets", "servers": servers, "boot": "0s", **server(rate), **({} if buffer == "unbounded" else {"queue": int(buffer)})}


def steps(of: Levels, up: bool) -> list[float]:
    """When a level rises, or falls."""
    return [time for (_, before), (time, after) in pairwise(of) if (after > before) is up and after != before]


def outage_start(model: Given) -> float:
    """When capacity first falls; where it never does, when traffic first rises."""
    return next(iter([*steps(levels(model["capacity"]), up=False), *steps(levels(model["arrival_rate"]), up=True)]), 0.0)


def restored(model: Given) -> float:
    """When capacity last rises; where it never does, when traffic last falls."""
    rises, falls = steps(levels(model["capacity"]), up=True), steps(levels(model["arrival_rate"]), up=False)
    return (rises or falls or [0.0])[-1]


def peak_backlog(run: Run, model: Given, given: Given) -> float:
    return float(metrics.waiting(run)["peak"].max(skipna=True)) if len(metrics.waiting(run)) else 0.0


def emptied(run: Run, time: float) -> float:
    """How long from a time until the backlog that it meets, or else the next one, is gone; at once where there is none, infinite where it stays."""
    spells = metrics.waiting(run)
    later = spells[spells["end_s"] > time]
    if not len(later):
        return 0.0
    return inf if later["censored"].iloc[0] else float(later["end_s"].iloc[0]) - time


def drained(run: Run, time: float) -> float:
    """How long from a time until the backlog that it meets is gone."""
    spells = metrics.waiting(run)
    return emptied(run, time) if ((spells["start_s"] <= time) & (spells["end_s"] > time)).any() else 0.0


def filled(run: Run, model: Given, start: float) -> float:
    """How long from a time until the buffer is full; infinite where it never is."""
    full = metrics.waiting(run).query("peak >= @model['buffer']")
    return float(full["peak_s"].iloc[0]) - start if len(full) else inf


def requests(run: Run, *columns: str) -> float:
    """A sum over the run's windows."""
    windows = run.record.frame("windows")
    return float(windows[list(columns)].sum().sum())


def saturated(run: Run, model: Given, given: Given) -> float:
    """Over the span that the question names, else until the last backlog is gone."""
    spells = metrics.waiting(run)
    start, end = given.get("over", (0.0, spells["end_s"].max() if len(spells) else run.scenario.horizon))
    return metrics.saturated(run, FLEET, start, end)


def cleared(run: Run) -> bool:
    """Whether every backlog is gone."""
    return not metrics.waiting(run)["censored"].any()


def horizon(model: Given, asked: list[Given]) -> float:
    """After every step, and after every span that is asked for."""
    steps_at = [time for name in ("arrival_rate", "capacity") for time, _ in levels(model.get(name, 0))]
    return float(max([time + 60 for time in steps_at] + [given["over"][1] for given in asked if "over" in given]))


BACKLOG: dict[str, Measure] = {  # what can be asked wherever requests wait
    "peak_backlog": peak_backlog,
    "backlog_time_area": lambda run, model, given: requests(run, "waited"),
    "max_delay": lambda run, model, given: float(metrics.waiting(run)["longest_s"].max()) if len(metrics.waiting(run)) else 0.0,
    "requests_delayed": lambda run, model, given: float(metrics.waiting(run)["delayed"].sum()),
    "requests_lost": lambda run, model, given: requests(run, "abandoned", "rejected"),
    "fraction_time_saturated": saturated,
}

KIND = Kind(
    "fluid",
    frozenset({"arrival_rate", "capacity", "buffer", "patience"}),
    scenario,
    {
        **BACKLOG,
        "drain_time_after_restore": lambda run, model, given: drained(run, restored(model)),
        "time_to_recover_from_outage_start": lambda run, model, given: emptied(run, outage_start(model)),
        "time_to_clear": lambda run, model, given: emptied(run, outage_start(model)),
        "time_buffer_full_from_outage_start": lambda run, model, given: filled(run, model, outage_start(model)),
    },
    over=cleared,
    horizon=horizon,
)
