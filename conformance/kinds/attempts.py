"""Attempts: what a run's rows say of the requests that arrived in a span of time and were followed to their end."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import inf, nan
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from conformance.cases import Given
from conformance.kinds.kind import Measure
from simulator import Run
from simulator.metrics.steps import Steps, summed

FLEET = "web"
Numbers = NDArray[np.float64]


def rows(run: Run, fleet: str = FLEET) -> pd.DataFrame:
    """All attempts at a fleet, in the order in which they came."""
    frame = run.record.frame("requests")
    return frame if len(run.scenario.policies[run.policy].fleets) == 1 else frame[(frame["fleet"] == fleet).to_numpy()]


def span(run: Run, given: Given) -> tuple[float, float]:
    """From when to when is measured."""
    start, end = given.get("over", (-inf, run.scenario.horizon))
    return float(start), float(end)


def arrived(run: Run, given: Given, fleet: str = FLEET) -> pd.DataFrame:
    """The attempts of requests that arrived in the span."""
    frame, (start, end) = rows(run, fleet), span(run, given)
    born = frame["born_s"].to_numpy()
    return frame if born.min(initial=inf) > start and born.max(initial=0) <= end else frame[(born > start) & (born <= end)]


def of(measure: Callable[[pd.DataFrame, Given], Any]) -> Measure:
    """Asked of the requests that arrived in the span; infinite where they are not all over, and NaN where none has come."""

    def measured(run: Run, model: Given, given: Given) -> Any:
        seen = arrived(run, given)
        if (seen["outcome"] == "").any():
            return inf
        return measure(seen, given) if len(seen) else nan

    return measured


def queued(seen: pd.DataFrame) -> Numbers:
    """Time in the queue; nought where there was no place."""
    came, start, end = (seen[column].to_numpy() for column in ("came_s", "start_s", "end_s"))
    return np.asarray(np.where(np.isnan(start), end, start) - came)


def waits(seen: pd.DataFrame) -> Numbers:
    """Time in the queue, of those that were let in."""
    return queued(seen)[(seen["outcome"] != "full").to_numpy()]


def served(seen: pd.DataFrame) -> pd.DataFrame:
    return seen[seen["outcome"] == "served"]


def sojourns(seen: pd.DataFrame) -> Numbers:
    done = served(seen)
    return (done["end_s"] - done["born_s"]).to_numpy()


def share(seen: pd.DataFrame, *outcomes: str) -> float:
    return float(seen["outcome"].isin(outcomes).mean())


def number(begin: pd.Series, end: pd.Series) -> Steps:
    """How many are between a beginning and an end of theirs, over time; NaN is never."""
    begun = begin[begin.notna()]
    over = end[begun.index].dropna()
    times = np.concatenate([[0.0], begun, over])
    order = np.argsort(times, kind="stable")
    return summed(times[order], np.concatenate([[0.0], np.ones(len(begun)), -np.ones(len(over))])[order])


def waiting(run: Run) -> Steps:
    seen = rows(run)
    return number(seen["came_s"], seen["start_s"].fillna(seen["end_s"]))


def in_service(run: Run) -> Steps:
    seen = rows(run)
    return number(seen["start_s"], seen["end_s"])


def in_system(run: Run) -> Steps:
    seen = rows(run)
    return number(seen["came_s"], seen["end_s"])


def average(steps: Callable[[Run], Steps], of: Callable[[Numbers, Given], Numbers] = lambda values, model: values) -> Measure:
    """Over the time of the span, of what is made of the values."""

    def measured(run: Run, model: Given, given: Given) -> float:
        (start, end), found = span(run, given), steps(run)
        start = max(start, 0.0)
        return Steps(found.times, of(found.values, model).astype(float)).integral(start, end) / (end - start)

    return measured


def variance(run: Run, model: Given, given: Given) -> float:
    """Of the number in the system, over the time of the span."""
    mean = average(in_system)(run, model, given)
    return float(average(in_system, lambda values, model: (values - mean) ** 2)(run, model, given))


def in_system_at(run: Run, model: Given, given: Given) -> float:
    return float(in_system(run).at(np.array(given["at"]))) if given["at"] <= run.scenario.horizon else inf


def throughput(run: Run, model: Given, given: Given) -> float:
    """Requests that were let in, per time."""
    start, end = span(run, given)
    return float((arrived(run, given)["outcome"] != "full").to_numpy().sum() / (end - max(start, 0.0)))


def mean_wait_of_request(run: Run, model: Given, given: Given) -> float:
    """Of the k-th of the run, counted from 1."""
    seen = rows(run)
    return float(queued(seen)[(seen["request"] == given["k"] - 1).to_numpy()][0]) if len(seen) >= given["k"] else inf


SOJOURNS: Mapping[str, Measure] = {  # what can be asked wherever requests come and go
    "mean_sojourn": of(lambda seen, given: float(sojourns(seen).mean())),
    "sojourn_tail": of(lambda seen, given: float((sojourns(seen) > given["at"]).mean())),
    "sojourn_quantile": of(lambda seen, given: sojourns(seen)),
    "mean_in_system": average(in_system),
    "variance_in_system": variance,
    "prob_in_system_zero": average(in_system, lambda values, model: values == 0),
    "in_system_at": in_system_at,
    "blocking_probability": of(lambda seen, given: share(seen, "full")),
    "abandon_probability": of(lambda seen, given: share(seen, "abandoned")),
    "success_probability": of(lambda seen, given: share(seen, "served")),
    "requests_lost": of(lambda seen, given: float((seen["outcome"] != "served").sum())),
    "throughput": throughput,
}
WAITS: Mapping[str, Measure] = {  # and where each is served in one go
    "mean_wait": of(lambda seen, given: float(waits(served(seen)).mean())),
    "mean_wait_all": of(lambda seen, given: float(waits(seen).mean())),
    "prob_wait": of(lambda seen, given: float((waits(seen) > 0).mean())),
    "wait_tail": of(lambda seen, given: float((waits(seen) > given["at"]).mean())),
    "wait_quantile": of(lambda seen, given: waits(seen)),
    "waits": of(lambda seen, given: waits(seen)),
    "requests_delayed": of(lambda seen, given: float((waits(seen) > 0).sum())),
    "mean_wait_of_request": mean_wait_of_request,
    "mean_queue_length": average(waiting),
    "utilization": average(in_service, lambda values, model: values / model["servers"]),
    "fraction_time_saturated": average(in_service, lambda values, model: values >= model["servers"]),
}
QUEUE = {**SOJOURNS, **WAITS}
