"""Requests: what each costs, by balancer and number of servers, beside SimPy, Ciw and C."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from math import isclose, sqrt
from pathlib import Path
from statistics import median
from time import process_time

from benchmarks import c_loop, ciw_requests, simpy_requests, theory
from benchmarks.alone import outcome
from benchmarks.subject import MEAN, Outcome, Subject
from benchmarks.timing import ROUNDS
from simulator import loads, simulate
from simulator.run import LEAST_WINDOW, MOST_WINDOWS

NUMBER = 5_000_000  # of requests, for us and for C
SIMPY, CIW = 60_000, 20_000
Side = Callable[[], tuple[float, Outcome]]  # returns seconds, and what was simulated in them


def scenario(subject: Subject, servers: int, number: float = NUMBER) -> str:
    """The text of about so many requests."""
    client = f", timeout: {subject.timeout}s, attempts: {subject.attempts}, backoff: {subject.backoff}s" if subject.attempts > 1 else ""
    return f"""
        seed: 1
        horizon: {number / subject.rate(servers)}s
        traffic: [{{kind: steady, rate: {subject.rate(servers)}/s}}]
        requests: {{detail: requests, service: {{law: exponential, mean: {MEAN}s}}{client}}}
        policies: {{p: {{web: {{kind: pets, servers: {servers}, balancer: {subject.balancer}}}}}}}
    """


def costs(subject: Subject, servers: int, program: Path | None) -> dict[str, float]:
    """Seconds a request of each side, the median of runs taken in turn, once all sides are seen to simulate the same."""
    horizon = NUMBER / subject.rate(servers)
    sides: dict[str, Side] = {"ours": partial(ours, subject, servers, NUMBER), "SimPy": partial(timed, simpy_requests.requests, subject, servers, SIMPY)}
    if servers <= ciw_requests.MOST_SERVERS.get(subject.name, 0):
        sides["Ciw"] = partial(timed, ciw_requests.requests, subject, servers, CIW)
    if program:
        sides["C"] = partial(c_loop.requests, program, subject, servers, horizon, max(LEAST_WINDOW, horizon / MOST_WINDOWS))
    rounds = [{name: side() for name, side in sides.items()} for _ in range(ROUNDS)]
    check(subject, servers, {name: simulated for name, (_, simulated) in rounds[-1].items()})
    return {name: median(took / simulated.requests for took, simulated in (one[name] for one in rounds)) for name in sides}


def ours(subject: Subject, servers: int, number: float) -> tuple[float, Outcome]:
    """Our run, from a scenario to its record."""
    read = loads(scenario(subject, servers, number), max_events=1e12)
    start = process_time()
    run = simulate(read)
    return process_time() - start, outcome(run)


def timed(requests: Callable[[Subject, int, int], Outcome], subject: Subject, servers: int, number: int) -> tuple[float, Outcome]:
    """Another's run."""
    start = process_time()
    simulated = requests(subject, servers, number)
    return process_time() - start, simulated


def check(subject: Subject, servers: int, simulated: Mapping[str, Outcome]) -> None:
    """Ours is what theory says; C is the same, draw for draw, and SimPy and Ciw are like ours for as many requests as theirs."""
    mean = simulated["ours"].sojourn
    low, high = theory.sojourn(subject, servers)
    assert 0.95 * low <= mean <= 1.05 * high, f"{subject.name}, {servers} servers: {mean:.4f} s, and in theory {low:.4f} to {high:.4f} s"
    for name, other in simulated.items():
        like = ours(subject, servers, other.requests)[1] if name in ("SimPy", "Ciw") else simulated["ours"]
        share = tolerance(name, subject, other.requests)
        assert isclose(other.sojourn, like.sojourn, rel_tol=share), f"{subject.name}, {servers} servers: {name} {other.sojourn:.4f} s, we {like.sojourn:.4f} s"
        assert isclose(other.attempts / other.requests, like.attempts / like.requests, rel_tol=share), f"{subject.name}, {servers} servers: {name} tries"


def tolerance(name: str, subject: Subject, requests: int) -> float:
    """How far (as a share) a side may be from ours."""
    if name in ("SimPy", "Ciw"):  # 3 sigma of two means in M/M/1, which varies most: 2 load (1 + load) / (1 - load)^4 over time (Whitt, Management Sci. 1989)
        return 40 / sqrt(requests)
    return 0.01 if subject.balancer == "least_connections" else 0.002  # the same draws, but ties are decided in another order
