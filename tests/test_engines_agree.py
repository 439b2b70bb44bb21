"""The two engines agree in the limit of many small requests: one queue, clients who leave it, and a thousand times as many requests as a small fleet gets."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pytest
from pytest import approx

from simulator import Run, loads, metrics, simulate

OVER = 180  # seconds: when the weather is fine again
WEATHER = {  # 8,000/s come, and 10,000/s can be served
    "twice the traffic": ("{kind: spike, at: 1m, factor: 2, hold: 2m}", ""),
    "one server of five left": ("", "{kind: outage, share: 80%, at: 1m, lasts: 2m}"),
    "no server left": ("", "{kind: outage, share: 100%, at: 1m, lasts: 2m}"),
}
PATIENCE = ["{law: exponential, mean: 2m}", "{law: constant, value: 30s}"]
CLOSE = 0.03


class Told(NamedTuple):
    """Requests lost, request-seconds in the queue, the most that waited, how long (seconds) until nobody did any more, and how many at the ends of windows."""

    lost: float
    waited: float
    peak: float
    drain: float
    backlog: np.ndarray


def run(detail: str, weather: str, patience: str, queue: str) -> Run:
    """Eight requests a second to five servers of two workers, which are a second at each, times a thousand: 25 times the workers, each 40 times as fast.

    Nothing is lost with a server, and pets are back when their outage ends.
    """
    spike, outage = WEATHER[weather]
    scenario = loads(f"""
        horizon: 6m
        requests: {{detail: {detail}, service: {{law: exponential, mean: 25ms}}, patience: {patience}}}
        traffic: [{{kind: steady, rate: 8000/s}}, {spike}]
        failures: [{outage}]
        policies: {{pets: {{web: {{kind: pets, servers: 5, concurrency: 50, balancer: central, interrupted: resumed, boot: 0s, {queue}}}}}}}
    """)
    return simulate(scenario)


def told(run: Run) -> Told:
    """The one backlog of a run."""
    windows = run.record.frame("windows")
    assert not windows["failed"].any()
    (backlog,) = metrics.waiting(run).itertuples()
    assert backlog.start_s == approx(60, abs=1)  # the grid
    assert not backlog.censored
    lost = windows["abandoned"].sum() + windows["rejected"].sum()
    return Told(lost, windows["waited"].sum(), backlog.peak, backlog.end_s - OVER, windows["backlog"].to_numpy())


@pytest.mark.parametrize("queue", ["", "queue: 150000"], ids=["unbounded", "bounded"])
@pytest.mark.parametrize("patience", PATIENCE, ids=["exponential", "constant"])
@pytest.mark.parametrize("weather", WEATHER)
def test_the_engines_agree_on_what_is_lost_what_waits_and_when_the_backlog_is_gone(weather, patience, queue):
    """Within 3 %. A hundred thousand requests and more are lost or wait, so chance is some thousandths; drains last a minute or two, which the grid tells to
    a second."""
    flow, single = (told(run(detail, weather, patience, queue)) for detail in ("rate", "requests"))
    assert flow.lost > 100_000
    assert flow.drain > 45
    assert single[:4] == approx(flow[:4], rel=CLOSE)
    assert single.backlog == approx(flow.backlog, abs=CLOSE * flow.peak)
