"""Traffic and capacity that step, and the backlog between them: pets, and outages that take some of them away for a while."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from itertools import pairwise
from math import inf, isinf, isnan, lcm
from operator import gt, lt, ne
from typing import Any

import numpy as np

from conformance.cases import Given, Plan
from conformance.kinds.kind import Kind, Measure, NotCovered, law, seconds, server
from simulator import Run, Scenario, metrics

FLEET = "web"
MOST_SERVERS = 100_000
EVER = 1e9  # seconds: longer than any horizon
Levels = list[tuple[float, float]]  # (from when on, how much)


def levels(given: Any) -> Levels:
    """A number, or numbers from their times on."""
    return [(float(time), float(value)) for time, value in given] if isinstance(given, list | tuple) else [(0.0, float(given))]


def scenario(model: Given, plan: Plan) -> Scenario:
    """As many equal pets as make the highest capacity, and an outage of the rest wherever it is lower."""
    capacity = levels(model["capacity"])
    highest = max(value for _, value in capacity) or 1.0
    shares = [Fraction(value / highest).limit_denominator(MOST_SERVERS) for _, value in capacity]
    most = lcm(*(share.denominator for share in shares))
    if most > MOST_SERVERS or any(abs(share - value / highest) > 1e-12 for share, (_, value) in zip(shares, capacity, strict=True)):
        raise NotCovered(f"capacities that are no multiples of one {MOST_SERVERS}th of the highest")
    ends = [time for time, _ in capacity[1:]] + [EVER]
    outages = [
        {"kind": "outage", "servers": round(most * (1 - share)), "at": seconds(start), "lasts": seconds(end - start)}
        for (start, _), end, share in zip(capacity, ends, shares, strict=True)
        if share < 1
    ]
    fleet = pets(model, most, Fraction(repr(highest)) / most)
    return Scenario.model_validate({**weather(model, plan), "failures": outages, "policies": {"pets": {FLEET: fleet}}})


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


def buffer(model: Given) -> float:
    """Places for those who wait."""
    places = model.get("buffer")
    return inf if places in (None, "unbounded") else float(places)


def pets(model: Given, servers: int, rate: Fraction) -> dict[str, Any]:
    """Servers that start at once, and places for those who wait."""
    places = buffer(model)
    if not isinf(places) and places != int(places):
        raise NotCovered("a buffer of part of a request")
    return {"kind": "pets", "servers": servers, "boot": "0s", **server(rate), **({} if isinf(places) else {"queue": int(places)})}


def steps(of: Levels, way: Callable[[float, float], bool]) -> list[float]:
    """When a level rises (`gt`) or falls (`lt`)."""
    return [time for (_, before), (time, after) in pairwise(of) if way(after, before)]


def outage_start(model: Given) -> float:
    """When capacity first falls, or the start where it only rises from too little; where it does neither, when traffic first rises."""
    capacity, arrivals = levels(model["capacity"]), levels(model["arrival_rate"])
    if capacity[0][1] < arrivals[0][1] and steps(capacity, ne)[:1] == steps(capacity, gt)[:1] != []:
        return 0.0
    return next(iter([*steps(capacity, lt), *steps(arrivals, gt)]), 0.0)


def restored(model: Given) -> float:
    """When capacity last rises; where it never does, when traffic last falls."""
    rises, falls = steps(levels(model["capacity"]), gt), steps(levels(model["arrival_rate"]), lt)
    return (rises or falls or [0.0])[-1]


def largest(run: Run, column: str) -> float:
    """Of all backlogs; 0 where there is none."""
    found = metrics.waiting(run)[column]
    return float(found.max(skipna=False)) if len(found) else 0.0


def max_delay(run: Run, model: Given, given: Given) -> float:
    longest = largest(run, "longest_s")
    if isnan(longest):
        raise NotCovered("the longest wait where clients leave at random")
    return longest


def emptied(run: Run, time: float, later: bool = True) -> float:
    """How long from a time until the backlog that it meets, or (`later`) the last one after it, is gone; infinite where it stays."""
    spells = metrics.waiting(run)
    met = spells[(spells["end_s"] > time) & (later | (spells["start_s"] <= time))]
    if not len(met):
        return 0.0
    return inf if met["censored"].iloc[-1] else float(met["end_s"].iloc[-1]) - time


def filled(run: Run, model: Given, start: float) -> float:
    """How long from a time until the buffer is full; infinite where it is not yet."""
    places = buffer(model)
    if isinf(places):
        raise NotCovered("a buffer that is never full")
    backlog = metrics.backlog(run, FLEET)
    full = backlog.times[(backlog.times >= start) & (backlog.values >= places)]
    if not places or float(backlog.at(np.array(start))) >= places:
        return 0.0
    return float(full[0]) - start if len(full) else inf


def requests(run: Run, *columns: str) -> float:
    """A sum over the run's windows after the warm-up."""
    windows = run.record.frame("windows")
    return float(windows.loc[windows["time_s"] >= run.scenario.warmup - 1e-9, list(columns)].sum().sum())


def saturated(run: Run, model: Given, given: Given) -> float:
    """Over the span that is given, else until the last backlog is gone."""
    start, end = given.get("over", (0.0, largest(run, "end_s") or run.scenario.horizon))
    return metrics.saturated(run, FLEET, start, end)


def cleared(run: Run) -> bool:
    """Whether every backlog is gone."""
    return not metrics.waiting(run)["censored"].any()


def horizon(model: Given, asked: list[Given]) -> float:
    """After every step, and after every span that is asked for."""
    steps_at = [time for name in ("arrival_rate", "capacity") for time, _ in levels(model.get(name, 0))]
    return float(max([time + 60 for time in steps_at] + [given["over"][1] for given in asked if "over" in given]))


def backlog_metrics(start: Callable[[Run, Given], float], restore: Callable[[Run, Given], float]) -> dict[str, Measure]:
    """What can be asked wherever requests wait, from when the trouble starts and when capacity is restored."""

    def clear(run: Run, model: Given, given: Given) -> float:
        return emptied(run, start(run, model))

    return {
        "peak_backlog": lambda run, model, given: largest(run, "peak"),
        "backlog_time_area": lambda run, model, given: requests(run, "waited"),
        "max_delay": max_delay,
        "requests_delayed": lambda run, model, given: float(metrics.waiting(run)["delayed"].sum()),
        "requests_lost": lambda run, model, given: requests(run, "abandoned", "rejected"),
        "fraction_time_saturated": saturated,
        "time_to_recover_from_outage_start": clear,
        "time_to_clear": clear,
        "drain_time_after_restore": lambda run, model, given: emptied(run, restore(run, model), later=False),
        "time_buffer_full_from_outage_start": lambda run, model, given: filled(run, model, start(run, model)),
    }


KIND = Kind(
    "fluid",
    frozenset({"arrival_rate", "capacity", "buffer", "patience"}),
    scenario,
    backlog_metrics(lambda run, model: outage_start(model), lambda run, model: restored(model)),
    horizon,
    cleared,
)
