"""Answers that are errors: what fails of a flow and of single requests, by closed forms."""

from __future__ import annotations

from math import inf, sqrt
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pytest import approx

from simulator import Run, loads, metrics, simulate
from simulator.polyline import Polyline
from simulator.record import Event
from simulator.serving import Queue, Rate
from simulator.simulation import Simulation

exact = {"rel": 1e-9, "abs": 1e-9}


class Flaw(NamedTuple):
    """From a time on (seconds) the first servers of a fleet, all or so many, answer this share of their requests with an error."""

    at: float
    share: float
    fleet: str = "web"
    servers: int = 1000

    def strike(self, world: Simulation, name: str) -> None:
        world.record.write("events", *self.event())
        world.call(self.at, lambda: self.spoil(world))

    def spoil(self, world: Simulation) -> None:
        for server in list(world.fleets[self.fleet].servers.values())[: self.servers]:
            server.err(self.share)

    def event(self) -> Event:
        return Event(self.at, "flaw", inf)


def play(*flaws: Flaw, web: str = "servers: 4", rate: float = 20, detail: str = "rate", requests: str = "", others: str = "", horizon: str = "10m") -> Run:
    """Pets of 10/s each."""
    scenario = loads(f"""
        horizon: {horizon}
        requests: {{detail: {detail}, service: 100ms{requests}}}
        traffic: {{kind: steady, rate: {rate}/s, to: web}}
        policies: {{only: {{web: {{kind: pets, {web}}}, {others}}}}}
    """)
    return simulate(scenario.model_copy(update={"failures": flaws}))


def counts(run: Run, fleet: str = "web") -> dict[str, float]:
    """What became of all requests of a fleet."""
    windows = run.record.frame("windows")
    return windows[windows["fleet"] == fleet].drop(columns="fleet").sum().to_dict()


def assert_share(count: float, of: float, share: float) -> None:
    """Within five standard deviations of what chance makes of it."""
    assert count / of == approx(share, abs=5 * sqrt(share * (1 - share) / of))


# A flow


def test_servers_err_in_proportion_to_what_they_serve():
    """Of 20/s one server of four answers its quarter with an error, a fifth of the time, from 2 to 6 of 10 minutes: 240 s x 20/s / 4 / 5 = 240."""
    run = play(Flaw(120, 0.2, servers=1), Flaw(360, 0.0))
    told = counts(run)
    assert (told["failed"], told["served"], told["offered"]) == (approx(240, **exact), approx(12_000 - 240, **exact), approx(12_000, **exact))
    assert metrics.availability(run).loc["web", "by_requests"] == approx(0.98, **exact)
    summary = metrics.measure(run)["summary"].iloc[0]
    assert (summary["failed"], summary["failed_requests"]) == (approx(0.02, **exact), approx(240, **exact))


def test_a_slow_server_errs_less_often_in_all():
    """Servers of 10/s and 5/s, of which the slow one errs always: a third of the answers."""
    run = play(Slow(0, 0.5), Flaw(0, 1.0, servers=1), web="servers: 2", rate=6)
    assert counts(run)["failed"] == approx(6 * 600 / 3, **exact)


class Slow(Flaw):
    """The first server serves at a part of its speed."""

    def spoil(self, world: Simulation) -> None:
        world.fleets[self.fleet].servers[0].run_at(self.share)


def test_a_backlog_that_is_served_fails_as_it_is_served():
    """60/s meet 40/s for the whole of 10 minutes: of the 40/s served from 5 minutes on all fail, and what waits has not failed."""
    told = counts(play(Flaw(300, 1.0), rate=60))
    assert (told["served"], told["failed"]) == (approx(12_000, **exact), approx(12_000, **exact))


@pytest.mark.parametrize("calls", [1, 2, 0.5, 1.7])
def test_a_request_fails_with_its_own_answer_or_with_that_to_a_call(calls):
    """Own errors of 10 % and calls of which 20 % fail: 1 - 0.9 x 0.8^c; the store fails 20 % of its answers, and says nothing of who called."""
    run = play(Flaw(0, 0.1), Flaw(0, 0.2, "store"), web=f"servers: 4, needs: {{store: {{calls: {calls}}}}}", others="store: {kind: pets, servers: 8}")
    web, store = counts(run), counts(run, "store")
    assert web["failed"] == approx(12_000 * (1 - 0.9 * 0.8**calls), **exact)
    assert (store["offered"], store["failed"]) == (approx(12_000 * calls, **exact), approx(2400 * calls, **exact))


def test_errors_come_up_a_chain_of_calls():
    """web > app > db, one call each, and web calls db too: db is well with 0.9, app with 0.9 x 0.8, web with 0.9 x 0.8 x 0.9."""
    chain = "app: {kind: pets, servers: 4, needs: {db: {}}}, db: {kind: pets, servers: 8}"
    run = play(Flaw(0, 0.1, "db"), Flaw(0, 0.2, "app"), web="servers: 4, needs: {app: {}, db: {}}", others=chain)
    assert [counts(run, fleet)["failed"] / 12_000 for fleet in ("web", "app", "db")] == approx([1 - 0.9 * 0.8 * 0.9, 1 - 0.9 * 0.8, 2 * 0.1], **exact)


def test_a_flow_without_errors_tells_of_none():
    signals = play().record.frame("signals")
    assert "errors" not in set(signals["signal"])


steps = st.dictionaries(st.integers(1, 590).map(float), st.sampled_from([0.0, 0.3, 1.0]), max_size=6)


class Steady(NamedTuple):
    """A fleet's name, as a server knows it."""

    name: str


class Worker:
    """A server as serving sees it."""

    def __init__(self, rps: float) -> None:
        self.fleet, self.slot, self.entity, self.capacity_rps, self.speed, self.errors = Steady("web"), 0, "web/0", rps, 1.0, 0.0


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.floats(1, 50), steps), min_size=1, max_size=4), st.sampled_from([7.0, 60.0]))
def test_what_fails_is_the_integral_of_what_comes_times_what_errs(servers, window):
    """Of a rate that rises and falls below the capacity: the sum over all spans of the requests in them times sum(rate x share) / sum(rate); and what is
    offered in a window is served or fails in it."""
    capacity = sum(rps for rps, _ in servers)
    rate = Polyline([(0, 0), (200, 0.9 * capacity), (400, 0.1 * capacity), (600, capacity)])
    engine, workers = Rate({"web": rate}, {"web": Queue()}, {}, window), [Worker(rps) for rps, _ in servers]
    for worker in workers:
        engine.join(worker)
    expected, last = 0.0, 0.0
    for time, number, share in sorted((time, number, share) for number, (_, own) in enumerate(servers) for time, share in own.items()):
        expected += rate.integral(last, time) * sum(worker.capacity_rps * worker.errors for worker in workers) / capacity
        engine.advance(time)
        workers[number].errors, last = share, time
        engine.err(workers[number], share)
    engine.finish(600)
    expected += rate.integral(last, 600) * sum(worker.capacity_rps * worker.errors for worker in workers) / capacity
    assert engine.totals["web"].failed == approx(expected, **exact)
    windows = engine.windows["web"]
    assert [served + failed for served, failed in zip(windows.served, windows.failed, strict=True)] == approx(windows.offered, **exact)


# Single requests


@pytest.mark.parametrize("attempts", [1, 2, 3])
@pytest.mark.parametrize("balancer", ["random", "central"])
def test_a_request_fails_when_all_of_its_attempts_do(attempts, balancer):
    """With e^m; and 1 + e + ... attempts are made for it, each of which is worked on."""
    run = play(Flaw(0, 0.4), detail="requests", web=f"servers: 8, balancer: {balancer}", requests=f", attempts: {attempts}", horizon="20m")
    told = counts(run)
    assert_share(told["failed"], told["offered"], 0.4**attempts)
    assert told["attempts"] / told["offered"] == approx(sum(0.4**k for k in range(attempts)), rel=0.02)
    assert told["served"] + told["failed"] == told["offered"]
    assert told["errors"] == told["attempts"] - told["served"]
    assert metrics.attempts(run).loc["web", "errors"] == told["errors"]


def test_who_errs_changes_nothing_for_others():
    """Where nobody tries again, each attempt is at the same server at the same times, whatever its answer."""
    one, other = (play(*flaws, detail="requests", requests=", keep: all").record.frame("requests") for flaws in ((), (Flaw(60, 0.5),)))
    assert other["outcome"].isin(("served", "errors")).all() and (other["outcome"] == "errors").any()
    assert one.drop(columns="outcome").equals(other.drop(columns="outcome"))


def test_an_error_in_answer_to_a_call_leaves_the_caller_without():
    """Every call fails: the store's attempts with an error, its caller's unanswered, after two attempts each."""
    run = play(Flaw(0, 1.0, "store"), detail="requests", web="servers: 4, needs: {store: {attempts: 2}}", others="store: {kind: pets, servers: 8}", rate=10)
    web, store = counts(run), counts(run, "store")
    assert web["unanswered"] == web["failed"] == web["offered"] == store["offered"] > 5000
    assert (web["errors"], store["errors"]) == (0, 2 * store["offered"])


def test_the_engines_agree_on_what_fails():
    """One server of four errs, and a third of the calls fail, for six minutes of ten; 60,000 requests."""
    flaws = Flaw(120, 0.6, servers=1), Flaw(240, 1 / 3, "store"), Flaw(480, 0.0), Flaw(480, 0.0, "store")
    store = "store: {kind: pets, servers: 4, concurrency: 20, balancer: central}"
    of = {"web": "servers: 4, concurrency: 20, balancer: random, needs: {store: {}}", "others": store, "rate": 100}
    flow, single = (counts(play(*flaws, detail=detail, **of)) for detail in ("rate", "requests"))
    assert flow["failed"] == approx(12_000 * 0.15 + 24_000 * (1 - 0.85 * 2 / 3), **exact)
    assert_share(single["failed"], single["offered"], flow["failed"] / flow["offered"])


# Incidents


def test_an_objective_that_errors_break_is_an_incident_of_a_flow():
    """From 2 to 6 minutes a twentieth of the answers are errors, of which a thousandth is allowed; capacity is never short."""
    run = play(Flaw(120, 0.2, servers=1), Flaw(360, 0.0))
    (incident,) = metrics.recovery(run).itertuples()
    assert (incident.start_s, incident.recovery_s, incident.restored_s, incident.event) == (120, approx(240), approx(240), "flaw at 2m")


def test_no_more_errors_than_the_objective_allows_are_no_incident():
    """0.1 % of the answers of one server of four are."""
    assert metrics.recovery(play(Flaw(120, 0.001, servers=1))).empty
    assert len(metrics.recovery(play(Flaw(120, 0.0041, servers=1)))) == 1


def test_what_a_fleet_calls_breaks_its_objective_too():
    run = play(Flaw(120, 0.2, "store"), Flaw(360, 0.0, "store"), web="servers: 4, needs: {store: {}}", others="store: {kind: pets, servers: 8}")
    assert metrics.recovery(run).groupby("fleet", observed=True)["recovery_s"].sum().to_dict() == {"web": approx(240), "store": approx(240)}


def test_both_engines_see_the_incident():
    """To a window, where every request is simulated."""
    flaws = Flaw(120, 0.5, servers=1), Flaw(360, 0.0)
    flow, single = (metrics.recovery(play(*flaws, detail=detail)).iloc[0] for detail in ("rate", "requests"))
    assert single["start_s"] == flow["start_s"] == 120
    assert single["recovery_s"] == approx(flow["recovery_s"], abs=60)
