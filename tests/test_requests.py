"""Traffic request by request: against a second implementation in SimPy, by hand, and against itself."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal
from pytest import approx
from requests_in_simpy import Attempt, Happening, happenings, reference

from simulator import Run, Scenario, load, loads, simulate
from simulator.draws import Draws
from simulator.serving import Leave
from simulator.serving.build import Stream
from simulator.serving.requests import Requests
from simulator.simulation import Simulation

NAMES = ["fleet", "request", "attempt", "server", "born_s", "came_s", "start_s", "end_s", "outcome"]
KEY = ["fleet", "request", "attempt"]
CAUSES = ["timed_out", "refused", "lost", "full", "unanswered", "errors"]
LOWS = [2.0 ** (b // 32 - 20) * (1 + b % 32 / 32) for b in range(1024)]  # seconds from which a bucket of latencies counts

BALANCERS = ["random", "round_robin", "least_connections", "{choices: {d: 2}}", "central"]
CATTLE = (
    "kind: cattle, start: {time: {median: 4s, p95: 7s}, cached: {median: 2s, p95: 3s}}, node_loss: {every: 1s, grace: 3s, toleration: 4s},"
    " health: {interval: 1s, timeout: 1s, rise: 2, fall: 2}"
)
PETS = "kind: pets, repair: {detect: {every: 1s, timeout: 500ms}, respond: 1s, time: {median: 3s, p95: 5s}}, boot: {median: 2s, p95: 3s}"
CRASHES = "{kind: crash, time_to_failure: {law: exponential, mean: 40s}}"
OUTAGE = "{kind: outage, share: 50%, at: 40s, lasts: {median: 15s, p95: 20s}}"
RETRIES = "timeout: 900ms, attempts: 3, backoff: {base: 200ms}"


def scenario(
    web: str,
    requests: str = "",
    traffic: str = "{kind: steady, rate: 12/s}",
    others: str = "",
    failures: str = "",
    horizon: str = "90s",
    seed: int = 1,
    more: str = "",
) -> Scenario:
    """One policy with the fleet `web`, of which every request is kept."""
    service = "" if "service:" in requests else "service: {law: lognormal, mean: 250ms, cv: 1},"
    return loads(
        f"seed: {seed}\nhorizon: {horizon}\n{more}\nrequests: {{detail: requests, keep: all, {service} {requests}}}\n"
        f"traffic: [{traffic}]\nfailures: [{failures}]\npolicies: {{only: {{web: {{{web}}}, {others}}}}}\n"
    )


def rows_of(run: Run) -> pd.DataFrame:
    """The attempts of a run."""
    return run.record.frame("requests").astype({"fleet": str, "outcome": str})[NAMES]


def told(attempts: Iterable[Attempt]) -> pd.DataFrame:
    """The attempts of the reference, as the same table."""
    return pd.DataFrame([(a.fleet, a.request, a.number, a.slot, a.born, a.came, a.start, a.end, a.outcome) for a in attempts], columns=NAMES)


def compared(what: Scenario, replication: int = 0) -> pd.DataFrame:
    """The attempts of a run, which are those of the reference, and counted as it counts them."""
    run = simulate(what, replication=replication)
    rows = rows_of(run)
    attempts = reference(what, "only", replication, happenings(run))
    assert_same(rows, told(attempts))
    assert_counted(run, attempts)
    return rows


def assert_same(rows: pd.DataFrame, others: pd.DataFrame) -> None:
    """Request by request."""
    assert len(rows) == len(others)
    # Whose turn comes in the moment its client leaves is served for no time at all: of several that came together and leave together, some may be told so.
    rows, others = (
        table.sort_values(KEY, ignore_index=True).assign(start_s=lambda own: own["start_s"].where(own["start_s"] < own["end_s"])) for table in (rows, others)
    )
    for name in [*KEY, "server", "outcome"]:
        assert rows[name].tolist() == others[name].tolist(), first_difference(rows, others, rows[name] != others[name])
    for name in ["born_s", "came_s", "start_s", "end_s"]:
        alike = np.isclose(rows[name], others[name], rtol=1e-9, atol=0, equal_nan=True)
        assert alike.all(), first_difference(rows, others, ~alike)


def first_difference(rows: pd.DataFrame, others: pd.DataFrame, unlike: pd.Series) -> str:
    """The engine's row, and the reference's, of the earliest attempt that differs."""
    row = rows[np.asarray(unlike)]["came_s"].idxmin()
    return f"{int(np.sum(unlike))} differ, first:\n{rows.loc[row].tolist()} by the engine\n{others.loc[row].tolist()} by the reference"


def assert_counted(run: Run, attempts: list[Attempt]) -> None:
    """Windows and latencies are those of the attempts; what is counted after the horizon belongs to the last window."""
    windows = run.record.frame("windows").astype({"fleet": str}).sort_values(["fleet", "time_s"])
    latencies = run.record.frame("latencies").astype({"fleet": str})
    stopped = run.scenario.horizon + run.scenario.requests.drain
    for fleet, table in windows.groupby("fleet"):
        own = [a for a in attempts if a.fleet == fleet]
        starts = table["time_s"].to_numpy()

        def counted(times: Iterable[float], weights: Iterable[float] | None = None, starts: np.ndarray = starts) -> list[float]:
            return np.bincount(np.searchsorted(starts, list(times), "right") - 1, weights, len(starts)).tolist()

        assert table["offered"].tolist() == counted(a.born for a in own if a.number == 0)
        for outcome in ("served", "abandoned", "rejected", "failed"):
            assert table[outcome].tolist() == counted(a.born for a in own if a.final == outcome), outcome
        assert table["attempts"].tolist() == counted(a.came for a in own)
        for cause in CAUSES:
            assert table[cause].tolist() == counted(a.end for a in own if a.outcome == cause), cause
        waits = [(a.came, min(left, stopped) - came) for a in own for came, left in a.waits]
        assert table["waited"].tolist() == approx(counted(*zip(*waits, strict=True)) if waits else [0.0] * len(starts), rel=1e-9, abs=1e-9)
        longest = [max([wait for came, wait in waits if start <= came < end], default=0.0) for start, end in pairwise([*starts, np.inf])]
        assert table["longest_s"].fillna(0.0).tolist() == approx(longest, rel=1e-9, abs=1e-9)
        stays = {"backlog": [wait for a in own for wait in a.waits], "in_flight": [(a.came, a.gone) for a in own]}
        for name, spans in stays.items():
            assert table[name].tolist() == [sum(came <= time < left for came, left in spans) for time in table["end_s"]], name
        served = [a for a in own if a.final == "served"]
        buckets = np.searchsorted(LOWS, [a.end - a.born for a in served], "right") - 1
        expected = pd.Series(counted_pairs(starts, [a.born for a in served], buckets), dtype=int)
        got = latencies[latencies["fleet"] == fleet].set_index(["time_s", "bucket"])["count"]
        assert got.to_dict() == expected.to_dict()


def counted_pairs(starts: np.ndarray, times: list[float], buckets: np.ndarray) -> dict[tuple[float, int], int]:
    """How many of each window are in each bucket."""
    windows = starts[np.searchsorted(starts, times, "right") - 1] if times else []
    counts: dict[tuple[float, int], int] = {}
    for pair in zip(windows, buckets.clip(0), strict=True):
        counts[pair] = counts.get(pair, 0) + 1
    return counts


# Against the reference


TROUBLES = {
    "calm": ("", ""),
    "retries": (RETRIES, ""),
    "cancel": (f"{RETRIES}, cancel: true", ""),
    "crashes": (RETRIES, CRASHES),
    "outage": (f"{RETRIES}, budget: 20%", f"{OUTAGE}, {CRASHES}"),
    "untimed outage": ("attempts: 2, backoff: {base: 100ms}", f"{OUTAGE}, {CRASHES}"),
    "cancel in an outage": (f"{RETRIES}, cancel: true", f"{OUTAGE}, {CRASHES}"),
}


@pytest.mark.parametrize("balancer", BALANCERS)
@pytest.mark.parametrize("trouble", TROUBLES)
@pytest.mark.parametrize("fleet", [f"{PETS}, servers: 4, concurrency: 1", f"{CATTLE}, replicas: 3, concurrency: 3, queue: 2"], ids=["pets", "cattle"])
def test_every_balancer_agrees_in_every_trouble(balancer, trouble, fleet):
    requests, failures = TROUBLES[trouble]
    rows = compared(scenario(f"{fleet}, balancer: {balancer}", requests, failures=failures))
    assert len(rows) > 800
    if failures and balancer != "central":
        assert {"refused", "lost"} <= set(rows["outcome"])


@pytest.mark.parametrize("balancer", ["round_robin", "central"])
@pytest.mark.parametrize("queue", ["0", "1", "4"])
@pytest.mark.parametrize("cancel", ["false", "true"])
def test_bounds_agree(balancer, queue, cancel):
    """A queue that is often full."""
    rows = compared(scenario(f"{PETS}, servers: 3, balancer: {balancer}, queue: {queue}", f"timeout: 2s, attempts: 2, backoff: 300ms, cancel: {cancel}"))
    assert (rows["outcome"] == "full").sum() > 20


PATIENCES = ["500ms", "{law: exponential, mean: 500ms}", "{law: uniform, low: 100ms, high: 2s}", "{law: weibull, shape: 0.7, scale: 1s}"]


@pytest.mark.parametrize("balancer", ["random", "{choices: {d: 3}}", "central"])
@pytest.mark.parametrize("patience", PATIENCES)
@pytest.mark.parametrize("requests", ["", "timeout: 700ms, attempts: 3, backoff: 200ms", "timeout: 600ms, cancel: true, attempts: 2, backoff: 200ms"])
def test_patience_agrees(balancer, patience, requests):
    rows = compared(scenario(f"{PETS}, servers: 4, balancer: {balancer}", f"patience: {patience}, {requests}", "{kind: steady, rate: 17/s}", failures=CRASHES))
    assert "abandoned" in set(rows["outcome"])


LAWS = [
    "{law: constant, value: 210ms}",
    "{law: exponential, mean: 200ms}",
    "{law: lognormal, median: 150ms, p95: 600ms}",
    "{law: gamma, shape: 0.5, mean: 200ms}",
    "{law: gamma, shape: 4, mean: 200ms}",
    "{law: weibull, shape: 0.6, mean: 200ms}",
    "{law: pareto, shape: 1.5, mean: 200ms}",
    "{law: uniform, low: 50ms, high: 350ms}",
    "{law: hyperexponential, mean: 200ms, cv: 3}",
    "{law: empirical, values: [100ms, 150ms, 420ms]}",
    "{law: recorded, values: [100ms, 150ms, 420ms, 90ms, 230ms]}",
]


@pytest.mark.parametrize("law", LAWS)
def test_every_law_of_service_agrees(law):
    """The requests' own, and that of a fleet that others call (once, so that no two calls come at one moment where times are constant)."""
    compared(scenario("kind: pets, servers: 4, balancer: central", f"service: {law}"))
    db = f"db: {{kind: pets, servers: 4, service: {law}, balancer: random}}"
    compared(scenario("kind: pets, servers: 5, balancer: central, needs: {db: {}}", others=db))


@pytest.mark.parametrize("law", LAWS[:-1])
def test_every_law_of_gaps_agrees(law):
    """Through a slope, a jump and a time without traffic."""
    steps = "{kind: steps, steps: [{at: 5s, rate: 8/s}, {at: 20s, rate: 0/s}, {at: 30s, rate: 3/s}]}"
    traffic = f"{steps}, {{kind: spike, at: 40s, factor: 5, rise: 20s, hold: 5s, fall: 10s}}"
    compared(scenario("kind: pets, servers: 4, balancer: random", f"gaps: {law}", traffic))


@pytest.mark.parametrize("budget", ["1%", "10%", "100%"])
@pytest.mark.parametrize("jitter", ["0%", "100%"])
def test_budgets_agree(budget, jitter):
    """More than can be served, so that many want to try again."""
    backoff = f"backoff: {{base: 150ms, factor: 3, max: 1s, jitter: {jitter}}}"
    rows = compared(scenario(f"{PETS}, servers: 4", f"timeout: 800ms, attempts: 5, {backoff}, budget: {budget}", "{kind: steady, rate: 14/s}"))
    assert rows["attempt"].max() >= 1


@pytest.mark.parametrize("requests", ["", RETRIES, f"{RETRIES}, cancel: true", "patience: {law: exponential, mean: 1s}"])
@pytest.mark.parametrize("failures", [CRASHES, f"{CRASHES}, {OUTAGE}"])
@pytest.mark.parametrize("concurrency", [1, 3])
def test_what_is_resumed_agrees(requests, failures, concurrency):
    """Work that a server has begun and another ends."""
    fleet = f"{CATTLE}, replicas: {12 // concurrency}, concurrency: {concurrency}, balancer: central, interrupted: resumed"
    rows = compared(scenario(fleet, requests, "{kind: steady, rate: 35/s}", failures=failures, horizon="60s"))
    assert "lost" not in set(rows["outcome"])


def needy(web: str, app: str, db: str, of_app: str = "", of_db: str = "") -> tuple[str, str]:
    """`web` needs `app`, and both need `db`."""
    needs = f"needs: {{app: {{calls: 1.3, {of_app}}}, db: {{calls: 0.5, {of_db}}}}}"
    service = "service: {law: exponential, mean: 80ms}"
    return (
        f"{web}, {needs}",
        f"app: {{{app}, {service}, needs: {{db: {{calls: 2.6, {of_db}}}}}}}, db: {{{db}, service: {{law: weibull, shape: 0.8, scale: 26ms}}}}",
    )


@pytest.mark.parametrize("balancers", [("random", "central", "round_robin"), ("central", "{choices: {d: 2}}", "central"), ("least_connections",) * 3])
@pytest.mark.parametrize("trouble", ["calm", "retries", "crashes", "cancel", "untimed outage"])
@pytest.mark.parametrize(
    "edge", ["", "timeout: 300ms, attempts: 3, backoff: 50ms", "timeout: 200ms, attempts: 2, backoff: 20ms, budget: 50%, cancel: true"], ids=["", "edge", "cut"]
)
def test_calls_of_calls_agree(balancers, trouble, edge):
    """Two levels of needs, calls that are no whole number, and edges with terms of their own."""
    requests, failures = TROUBLES[trouble]
    fleets = [f"{CATTLE}, replicas: {n}, concurrency: 2, balancer: {balancer}" for n, balancer in zip((3, 3, 2), balancers, strict=True)]
    web, others = needy(*fleets, edge, edge)
    rows = compared(scenario(web, requests, "{kind: steady, rate: 6/s}", others, failures, horizon="60s"))
    assert set(rows["fleet"]) == {"web", "app", "db"}


@pytest.mark.parametrize("balancer", BALANCERS)
def test_what_is_scaled_and_rolled_out_agrees(balancer):
    """An autoscaler that follows a surge up and down, and a new version meanwhile: servers drain."""
    scaler = "autoscaler: {kind: target_utilisation, target: 60%, min: 3, max: 12, every: 5s, shrink_after: 10s}"
    traffic = "{kind: steady, rate: 6/s}, {kind: spike, at: 30s, factor: 4, rise: 5s, hold: 20s, fall: 5s}"
    fleet = f"{CATTLE}, replicas: 3, balancer: {balancer}, {scaler}"
    what = scenario(fleet, RETRIES, traffic, failures=CRASHES, horizon="150s", more='releases: [{version: "1.1", at: 100s}]')
    assert set(simulate(what).record.frame("transitions")["cause"]) >= {"scale in", "rollout", "crash"}
    compared(what)


@pytest.mark.parametrize("balancer", BALANCERS)
def test_pets_that_are_upgraded_agree(balancer):
    """Each drains, is patched and comes back with the same name."""
    fleet = f"{PETS}, servers: 3, concurrency: 2, upgrade: {{time: {{median: 4s, p95: 6s}}}}, balancer: {balancer}"
    what = scenario(fleet, "service: {law: lognormal, mean: 600ms, cv: 1}", "{kind: steady, rate: 3/s}", more='releases: [{version: "1.1", at: 20s}]')
    assert "upgrade" in set(simulate(what).record.frame("transitions")["cause"])
    compared(what)


@pytest.mark.parametrize("drain", ["0s", "500ms", "5s", "10m"])
@pytest.mark.parametrize("failures", ["", OUTAGE.replace("40s", "28s")])
@pytest.mark.parametrize("balancer", ["random", "central"])
def test_what_is_under_way_at_the_end_agrees(drain, failures, balancer):
    """In an overload, with servers that are silent at the horizon and stay so, as nobody checks them any more."""
    rows = compared(scenario(f"{PETS}, servers: 2, balancer: {balancer}", f"drain: {drain}", "{kind: steady, rate: 9/s}", failures=failures, horizon="30s"))
    assert ("" in set(rows["outcome"])) == (drain != "10m" or (failures != "" and balancer == "random"))


def test_two_streams_agree():
    """A fleet that has clients of its own and is called, too."""
    traffic = "{kind: steady, rate: 5/s, to: web}, {kind: steady, rate: 7/s, to: db}, {kind: spike, at: 20s, factor: 2, hold: 10s, to: web}"
    db = "db: {kind: pets, servers: 3, balancer: central, service: 120ms}"
    compared(scenario("kind: pets, servers: 4, balancer: {choices: {d: 2}}, needs: {db: {calls: 2}}", "", traffic, db))


def test_rows_are_in_the_order_of_their_coming():
    """Of all fleets together."""
    db = "db: {kind: pets, servers: 3}"
    rows = rows_of(simulate(scenario("kind: pets, servers: 4, needs: {db: {}}", "", others=db, horizon="20s")))
    assert rows["came_s"].is_monotonic_increasing


def test_replications_differ_and_agree():
    one, other = (compared(scenario(f"{PETS}, servers: 4", RETRIES, failures=CRASHES), replication) for replication in (0, 1))
    assert set(one["came_s"]).isdisjoint(other["came_s"])


# By hand: a request every second, from 1 s on


def ticking(web: str, requests: str, **more: str) -> list[tuple]:
    """What becomes of each attempt: slot, came, start, end, outcome."""
    return outcomes(compared(scenario(web, f"gaps: 1s, {requests}", more.pop("traffic", "{kind: steady, rate: 1/s}"), **more)))


def outcomes(rows: pd.DataFrame) -> list[tuple]:
    return [tuple(None if value != value else value for value in row) for row in rows[NAMES[3:4] + NAMES[5:]].itertuples(index=False)]


def test_who_ends_makes_room_for_who_comes_at_that_moment():
    rows = ticking("kind: pets, servers: 1, queue: 0", "service: 1s", horizon="3.3s")
    assert rows == [(0, 1, 1, 2, "served"), (0, 2, 2, 3, "served"), (0, 3, 3, 4, "served")]


def test_an_answer_at_the_deadline_is_in_time():
    rows = ticking("kind: pets, servers: 2", "service: 1500ms, timeout: 1500ms", horizon="2.3s")
    assert rows == [(0, 1, 1, 2.5, "served"), (1, 2, 2, 3.5, "served")]


def test_an_answer_of_a_callee_at_the_deadline_is_in_time():
    """500 ms and two calls of 500 ms."""
    web = "kind: pets, servers: 2, service: 500ms, needs: {db: {calls: 2, timeout: 500ms}}"
    rows = ticking(web, "service: 500ms, timeout: 1500ms", horizon="1.3s", others="db: {kind: pets, servers: 1}")
    assert rows == [(0, 1, 1, 2.5, "served"), (0, 1.5, 1.5, 2, "served"), (0, 2, 2, 2.5, "served")]


def test_an_orphan_is_worked_on():
    """Who came at 2 s waits to 3.5 s, gives up at 4 s and is worked on to 6 s."""
    rows = ticking("kind: pets, servers: 1", "service: 2500ms, timeout: 2s", horizon="2.3s")
    assert rows == [(0, 1, 1, 3, "timed_out"), (0, 2, 3.5, 4, "timed_out")]


def test_with_cancel_a_worker_is_free_when_its_client_leaves():
    rows = ticking("kind: pets, servers: 1", "service: 2500ms, timeout: 2s, cancel: true", horizon="3.3s")
    assert rows == [(0, 1, 1, 3, "timed_out"), (0, 2, 3, 4, "timed_out"), (0, 3, 4, 5, "timed_out")]


def test_with_cancel_who_gives_up_in_the_queue_leaves_its_place():
    """At 2.75 s the place of who came at 2 s is free, and at 3 s another takes it."""
    rows = ticking("kind: pets, servers: 1, queue: 1", "service: 740ms, timeout: 750ms, cancel: true", horizon="2.3s", traffic="{kind: steady, rate: 4/s}")
    assert rows[:4] == [
        (0, 0.25, 0.25, approx(0.99), "served"),
        (0, 0.5, approx(0.99), 1.25, "timed_out"),
        (0, 0.75, None, 0.75, "full"),
        (0, 1, 1.25, 1.75, "timed_out"),
    ]


def test_patience_ends_the_wait_and_not_the_work():
    rows = ticking("kind: pets, servers: 1", "service: 2500ms, patience: 1250ms, attempts: 3", horizon="3.3s")
    assert rows == [(0, 1, 1, 3.5, "served"), (0, 2, None, 3.25, "abandoned"), (0, 3, 3.5, 6, "served")]


def test_clients_try_at_once_where_they_have_no_backoff_and_else_after_it():
    """One place and no queue; 2 s of work. At 2 s: full three times; the waits are 100 and 200 ms."""
    full = ticking("kind: pets, servers: 1, queue: 0", "service: 2s, attempts: 3", horizon="2.3s")[1:]
    assert full == [(0, 2, None, 2, "full")] * 3
    late = ticking("kind: pets, servers: 1, queue: 0", "service: 2s, attempts: 3, backoff: {base: 100ms, jitter: 0%}", horizon="2.3s")[1:]
    assert late == [(0, time, None, time, "full") for time in (2, approx(2.1), approx(2.3))]


def test_requests_take_the_recorded_times_in_turn():
    rows = ticking("kind: pets, servers: 5", "service: {law: recorded, values: [3s, 1s, 2s]}", horizon="5.3s")
    assert [end - start for _, _, start, end, _ in rows] == [3, 1, 2, 3, 1]


def test_servers_take_turns():
    rows = ticking("kind: pets, servers: 3", "service: 500ms", horizon="6.3s")
    assert [row[0] for row in rows] == [0, 1, 2, 0, 1, 2]


def test_the_server_that_has_been_free_for_longest_is_next():
    """Of a central queue; a server with three workers has a free one until all three are busy."""
    alone = ticking("kind: pets, servers: 3, balancer: central", "service: 500ms", horizon="6.3s")
    assert [row[0] for row in alone] == [0, 1, 2, 0, 1, 2]
    several = ticking("kind: pets, servers: 2, concurrency: 3, balancer: central", "service: 3500ms", horizon="6.3s")
    assert [row[0] for row in several] == [0, 0, 0, 1, 1, 1]


BLACKOUT = "{kind: outage, share: 100%, at: 3s, lasts: 10m}"


def test_traffic_comes_before_what_is_done_at_its_moment():
    """Who comes at 3 s still finds the server alive, and gets no answer."""
    rows = ticking("kind: pets, servers: 1, health: {interval: 1h}", "service: 750ms, timeout: 2s", horizon="4.3s", failures=BLACKOUT)
    assert rows == [(0, 1, 1, 1.75, "served"), (0, 2, 2, 2.75, "served"), (0, 3, 3, 5, "timed_out"), (0, 4, None, 6, "timed_out")]


def test_a_silent_server_is_a_black_hole_until_its_check_finds_out():
    """Three checks in a row fail, from the first one after 3 s on, each after its timeout; then nobody is there."""
    health = "health: {interval: 500ms, timeout: 250ms}"
    rows = ticking(f"kind: pets, servers: 1, {health}", "service: 750ms", horizon="6.3s", failures=BLACKOUT)
    out = rows[2][3]
    assert 4.25 <= out < 4.75
    assert rows[2:] == [(0, 3, 3, out, "lost"), (0, 4, None, out, "lost"), (-1, 5, None, 5, "full"), (-1, 6, None, 6, "full")]


def test_a_central_queue_waits_for_servers():
    """None is there from 3 s on; all that came later are under way in the end, and what was begun is lost."""
    rows = ticking("kind: pets, servers: 1, balancer: central, queue: 2", "service: 750ms, drain: 1m", horizon="6.3s", failures=BLACKOUT)
    assert rows[2:] == [(0, 3, 3, 3, "lost"), (-1, 4, None, None, ""), (-1, 5, None, None, ""), (-1, 6, None, 6, "full")]


def test_what_is_resumed_is_first_in_the_queue_with_the_work_that_is_left():
    """Of two servers one goes at 3.5 s: 0.5 s are left of what came at 1 s and the other is free at 5 s, or 1.5 s of what came at 2 s, and 4 s.
    Both end at 5.5 s, and only then begins who came at 3 s."""
    fleet = "kind: pets, servers: 2, balancer: central, interrupted: resumed"
    rows = ticking(fleet, "service: 3s", horizon="3.7s", failures="{kind: outage, servers: 1, at: 3.5s, lasts: 10m}")
    assert [row[2] for row in rows] == [1, 2, 5.5]
    assert sorted(row[3] for row in rows) in ([4, 5.5, 8.5], [5, 5.5, 8.5])


def test_of_many_thousand_attempts_each_has_its_row():
    """More than there is room for at first; servers that are looked at seldom let many go at once."""
    run = simulate(scenario("kind: pets, servers: 10, balancer: random", "service: {law: exponential, mean: 1s}", "{kind: steady, rate: 8/s}", horizon="75m"))
    rows, windows = rows_of(run), run.record.tables["windows"].columns
    assert len(rows) == sum(windows["attempts"]) > 35_000
    assert (rows["outcome"] == "served").sum() == sum(windows["served"])


def test_who_comes_at_the_horizon_is_the_last():
    rows = rows_of(simulate(scenario("kind: pets, servers: 1", "gaps: 1s, service: 500ms", "{kind: steady, rate: 1/s}", horizon="3s")))
    assert rows["came_s"].tolist() == [1, 2, 3]
    assert rows["end_s"].tolist() == [1.5, 2.5, 3.5]


def test_what_lasts_longer_than_is_followed_has_no_end():
    """5 s of work, from 1 s on; followed to 6 s."""
    rows = ticking("kind: pets, servers: 1", "service: 5s, drain: 3.7s", horizon="2.3s")
    assert rows == [(0, 1, 1, 6, "served"), (0, 2, 6, None, "")]


# Servers that are told what to do


@dataclass(eq=False)
class Worker:
    """A server as serving sees it."""

    fleet: SimpleNamespace
    slot: int
    speed: float
    capacity_rps: float = 1.0
    errors: float = 0.0

    @property
    def entity(self) -> str:
        return f"{self.fleet.name}/{self.slot}"


def driven(what: Scenario, acts: Iterable[Happening], pauses: Iterable[float] = ()) -> Run:
    """The run of `played`."""
    return played(what, acts, pauses)[0]


def played(what: Scenario, acts: Iterable[Happening], pauses: Iterable[float] = ()) -> tuple[Run, Requests]:
    """The engine alone: this is done to its servers, and at each pause traffic is carried up to then, and looked at."""
    world = Simulation(what.sites, Draws(what.seed, 0), what.horizon)
    streams = {fleet: Stream(*what.stream("only", fleet), rate) for fleet, rate in what.offered("only").items()}
    world.serving = serving = Requests(world, what.policies["only"].fleets, what.requests, streams, 60.0)
    workers: dict[tuple[str, str], Worker] = {}

    def do(time: float, fleet: str, server: str, slot: int, act: str, speed: float) -> None:
        serving.advance(world.now)
        if act == "join":
            worker = workers.setdefault((fleet, server), Worker(SimpleNamespace(name=fleet), slot, speed))
            worker.speed = speed
            serving.join(worker)
        elif act == "pace":
            serving.pace(workers[fleet, server], speed)
        elif act == "err":
            workers[fleet, server].errors = speed
            serving.err(workers[fleet, server], speed)
        else:
            serving.leave(workers[fleet, server], Leave(act))

    def look() -> None:
        serving.advance(world.now)
        serving.load("web", 5.0)

    for act in acts:
        world.call(act.time, partial(do, *act))
    for pause in pauses:
        world.call(pause, look)
    world.play()
    serving.keep(world.record, what.horizon)
    return Run(what, "only", 0, world.record), serving


def told_to(what: Scenario, acts: list[Happening]) -> list[tuple]:
    """What becomes of each attempt, by the engine and by the reference: slot, came, start, end, outcome."""
    run, attempts = driven(what, acts), reference(what, "only", 0, acts)
    assert_same(rows_of(run), told(attempts))
    assert_counted(run, attempts)
    return outcomes(rows_of(run))


def seconds(*acts: tuple, fleet: str = "web") -> list[Happening]:
    """Of lone servers, named by their slots: (time, slot, act, speed)."""
    return [Happening(time, fleet, f"{slot}", slot, *act) for time, slot, *act in acts]


HALVES = seconds((0, 0, "join"), (2, 0, "pace", 0.5))


@pytest.mark.parametrize("balancer", ["random", "central"])
def test_who_is_in_service_goes_on_slower(balancer):
    """At 2 s, 1 s of 2 s is left, which takes 2 s from then on; who waits takes twice as long from the start."""
    what = scenario(f"kind: pets, servers: 1, balancer: {balancer}", "gaps: 1s, service: 2s", "{kind: steady, rate: 1/s}", horizon="2.5s")
    assert told_to(what, HALVES) == [(0, 1, 1, 4, "served"), (0, 2, 4, 8, "served")]


def test_another_speed_is_no_change_of_what_is_held():
    """Both hold one; that of the first has been there for longer, whatever its speed."""
    fleet = "kind: pets, servers: 2, concurrency: 2, balancer: least_connections"
    what = scenario(fleet, "gaps: 1s, service: 3500ms", "{kind: steady, rate: 1/s}", horizon="3.7s")
    acts = seconds((0, 0, "join"), (0, 1, "join"), (2.5, 0, "pace", 0.5))
    assert [slot for slot, *_ in told_to(what, acts)] == [0, 1, 0]


def test_a_server_that_comes_back_slow_is_slow():
    what = scenario("kind: pets, servers: 1, balancer: central", "gaps: 1s, service: 1s", "{kind: steady, rate: 1/s}", horizon="3.5s")
    acts = seconds((0, 0, "join"), (1.5, 0, "refusing"), (2.5, 0, "join", 0.5), (2.75, 0, "pace", 2.0))
    assert told_to(what, acts) == [(0, 1, 1, 1.5, "lost"), (0, 2, 2.5, 3.1875, "served"), (0, 3, 3.1875, 3.6875, "served")]


def test_who_comes_back_before_it_was_missed_keeps_its_place():
    """Three take turns; the second refuses at 1.5 s and is back at 2.5 s, long before three checks have failed."""
    what = scenario("kind: pets, servers: 3", "gaps: 1s, service: 500ms", "{kind: steady, rate: 1/s}", horizon="5.7s")
    acts = [*seconds(*((0, slot, "join") for slot in range(3))), *seconds((1.5, 1, "refusing"), (2.5, 1, "join"))]
    rows = told_to(what, acts)
    assert [(slot, outcome) for slot, *_, outcome in rows] == [(0, "served"), (1, "refused"), (2, "served"), (0, "served"), (1, "served")]


def test_what_waits_for_a_silent_server_is_lost_when_it_is_back():
    what = scenario("kind: pets, servers: 1", "gaps: 1s, service: 2s", "{kind: steady, rate: 1/s}", horizon="4.5s")
    rows = told_to(what, seconds((0, 0, "join"), (2.5, 0, "silent"), (3.5, 0, "join")))
    assert rows == [(0, 1, 1, 3.5, "lost"), (0, 2, None, 3.5, "lost"), (0, 3, None, 3.5, "lost"), (0, 4, 4, 6, "served")]


def test_a_server_that_comes_back_while_it_drains_has_its_workers_once():
    """At 2.5 s it is taken out, with 1.5 s to do, and comes back at 3.5 s; its check trusts it within 4 s. Who comes at 8 s finds it at work."""
    what = scenario("kind: pets, servers: 1", "gaps: 1s, service: 5s", "{kind: steady, rate: 1/s}", horizon="8.5s")
    rows = told_to(what, seconds((0, 0, "join"), (2.5, 0, "drained"), (3.5, 0, "join")))
    starts = [start for _, _, start, _, _ in rows if start is not None]
    assert all(later - earlier >= 5 for earlier, later in pairwise(starts))


def test_who_came_first_is_the_first_to_try_again():
    """At 3.5 s three attempts are lost, and the budget has one retry left: 0.12 x (10 e^-0.35 + e^-0.25 + e^-0.15 + e^-0.05) = 1.16."""
    service = "service: {law: recorded, values: [10s, 5s, 5s]}"
    requests = f"gaps: 1s, {service}, attempts: 2, backoff: {{base: 100ms, jitter: 0%}}, budget: 12%"
    what = scenario("kind: pets, servers: 1, concurrency: 2", requests, "{kind: steady, rate: 1/s}", horizon="3.9s")
    run = driven(what, seconds((0, 0, "join"), (3.5, 0, "refusing")))
    assert rows_of(run)[["request", "attempt"]].to_numpy().tolist() == [[0, 0], [1, 0], [2, 0], [0, 1]]


SPEEDS, ERRORS = [0.3, 1.0, 1.7], [0.0, 0.4, 1.0]


@st.composite
def fates(draw: st.DrawFn) -> list[Happening]:
    """What is done to three servers of each fleet: they come back as they were, but for one that was drained, whose slot another takes."""
    moments = st.integers(1, 29_999_999).map(lambda time: time / 1e6)
    acts = []
    for fleet in ("web", "db"):
        for slot in range(3):
            acts.append(Happening(0.0, fleet, f"{slot}", slot, "join", draw(st.sampled_from([1.0, 0.5]))))
            up, drained = True, 0
            for time in sorted(draw(st.sets(moments, max_size=6))):
                act = draw(st.sampled_from(["drained", "refusing", "silent", "pace", "pace", "err", "err"])) if up else "join"
                acts.append(
                    Happening(time, fleet, f"{slot}-{drained}" if drained else f"{slot}", slot, act, draw(st.sampled_from(ERRORS if act == "err" else SPEEDS)))
                )
                up = act in ("join", "pace", "err")
                drained += act == "drained"
    return sorted(acts, key=lambda act: act.time)


@st.composite
def plays(draw: st.DrawFn) -> tuple[Scenario, list[Happening]]:
    """Two fleets, and what is done to their servers."""
    needs = f", needs: {{db: {{calls: 1.5, {draw(terms(True))}}}}}"
    web, db = (draw(fleets(more)).replace("{interval: 1s", "{interval: 500ms") for more in (needs, ", service: {law: exponential, mean: 150ms}"))
    what = scenario(web, draw(terms(False)), f"{{kind: steady, rate: {draw(st.integers(1, 12))}/s}}", f"db: {{{db}}}", horizon="30s")
    return what, draw(fates())


@settings(max_examples=60, deadline=None)
@given(plays())
def test_whatever_is_done_to_servers_agrees(play):
    told_to(*play)


@settings(max_examples=30, deadline=None)
@given(fates(), st.sampled_from(BALANCERS), st.sampled_from(["", "timeout: 200ms, attempts: 3", "timeout: 200ms, attempts: 2, cancel: true"]))
def test_a_fleet_that_none_calls_and_that_calls_none_agrees_as_well(acts, balancer, clients):
    """There a server looks at what it holds only now and then, until it answers with errors."""
    what = scenario(f"{PETS}, servers: 3, concurrency: 2, balancer: {balancer}", clients, "{kind: steady, rate: 14/s}", horizon="30s")
    told_to(what, [act for act in acts if act.fleet == "web"])


@settings(max_examples=20, deadline=None)
@given(plays(), st.lists(st.floats(0, 30), max_size=200))
def test_how_often_it_is_advanced_changes_no_bit(play, pauses):
    """Nor does it matter how often somebody looks at the load."""
    assert_same_bits(driven(*play), driven(*play, pauses))


@pytest.mark.parametrize("balancer", BALANCERS)
def test_looks_change_no_bit_of_what_is_counted(balancer):
    """Nor where servers are looked at only now and then, as nothing depends on when their clients have left."""
    web = f"{PETS}, servers: 4, concurrency: 2, balancer: {balancer}"
    what = scenario(web, "service: {law: lognormal, mean: 100ms, cv: 2}", "{kind: steady, rate: 60/s}", horizon="2m")
    acts = [Happening(0.0, "web", f"{slot}", slot, "join") for slot in range(4)]
    assert_same_bits(driven(what, acts), driven(what, acts, [0.37 * turn for turn in range(1, 324)]))


@pytest.mark.parametrize("balancer", BALANCERS)
def test_numbers_of_servers_that_are_gone_are_used_again(balancer):
    """Twenty rounds in which four servers take the place of four others."""
    what = scenario(f"{PETS}, servers: 4, balancer: {balancer}", "service: 100ms", "{kind: steady, rate: 20/s}", horizon="100s")
    acts = [Happening(0.0, "web", f"{slot}", slot, "join") for slot in range(4)]
    for turn in range(1, 20):
        acts += [Happening(4.0 * turn, "web", f"{slot}-{turn}", slot, "join") for slot in range(4)]
        acts += [Happening(4.0 * turn + 2, "web", f"{slot}-{turn - 1}" if turn > 1 else f"{slot}", slot, "drained") for slot in range(4)]
    run, engine = played(what, acts)
    assert_counted(run, reference(what, "only", 0, acts))
    assert engine.w.record["known"] <= 12


def test_what_is_void_does_not_fill_the_memory():
    """Deadlines of requests that were served long before."""
    what = scenario("kind: pets, servers: 5, balancer: central", "service: 10ms, timeout: 12h", "{kind: steady, rate: 400/s}", horizon="2m")
    run, engine = played(what, [Happening(0.0, "web", f"{slot}", slot, "join") for slot in range(5)])
    assert len(rows_of(run)) > 45_000 and len(engine.w["heap"]) <= 4096


def test_who_comes_at_the_start_finds_the_servers_there(tmp_path):
    """A log begins with its first request, and so does the run."""
    (tmp_path / "a.csv").write_text("when\n0\n0\n0\n1\n1\n", encoding="utf-8")
    text = """
        horizon: 10s
        traffic: [{kind: trace, file: a.csv, time: when, stamps: true, per: 1m, beyond: zero}]
        requests: {detail: requests, keep: all, service: 10ms}
        policies: {only: {web: {kind: pets, servers: 2}}}
    """
    (tmp_path / "own.yaml").write_text(text, encoding="utf-8")
    assert rows_of(simulate(load(tmp_path / "own.yaml")))["outcome"].tolist() == ["served"] * 5


@pytest.mark.parametrize("balancer", BALANCERS)
def test_ten_thousand_advances_change_no_bit(balancer):
    web = f"{PETS}, servers: 3, concurrency: 2, balancer: {balancer}, needs: {{db: {{calls: 1.5, timeout: 200ms, attempts: 2}}}}"
    what = scenario(web, f"{RETRIES}, gaps: {{law: weibull, shape: 0.7, scale: 1s}}", others=f"db: {{{PETS}, servers: 3, balancer: {balancer}, service: 80ms}}")
    acts = [Happening(0.0, fleet, f"{slot}", slot, "join") for fleet in ("web", "db") for slot in range(3)]
    acts += seconds((20.2, 0, "silent"), (31.0, 1, "refusing"), (33.0, 2, "pace", 0.5), (40.0, 0, "join"), (50.0, 1, "join"), (60.0, 2, "drained"))
    assert_same_bits(driven(what, acts), driven(what, acts, [k * 0.009 for k in range(10_000)]))


def assert_same_bits(one: Run, other: Run) -> None:
    """All that is kept in the two records."""
    for name in one.record.tables:
        assert_frame_equal(one.record.frame(name), other.record.frame(name), check_exact=True)


# Whatever comes


@st.composite
def terms(draw: st.DrawFn, edge: bool) -> str:
    """How a client behaves."""
    said = {
        "timeout": draw(st.sampled_from([None, "200ms", "900ms"])),
        "attempts": draw(st.integers(1, 3)),
        "backoff": draw(st.sampled_from(["50ms", "{base: 300ms, factor: 1.5, jitter: 50%}"])),
        "budget": draw(st.sampled_from([None, "20%"])),
        "cancel": draw(st.sampled_from(["false", "true"])),
    }
    if not edge:
        said["patience"] = draw(st.sampled_from([None, "300ms", "{law: exponential, mean: 1s}"]))
        said["drain"] = draw(st.sampled_from(["0s", "1s", "10m"]))
        said["gaps"] = draw(st.sampled_from([None, "{law: weibull, shape: 2, scale: 1s}"]))
    return ", ".join(f"{key}: {value}" for key, value in said.items() if value is not None)


@st.composite
def fleets(draw: st.DrawFn, needs: str = "") -> str:
    """How a fleet is run."""
    balancer = draw(st.sampled_from(BALANCERS))
    said = {
        "concurrency": draw(st.integers(1, 3)),
        "balancer": balancer,
        "queue": draw(st.sampled_from([None, 0, 2, 10])),
        "interrupted": draw(st.sampled_from(["lost", "resumed"])) if balancer == "central" else None,
    }
    kind = draw(st.sampled_from([f"{PETS}, servers", f"{CATTLE}, replicas"]))
    return f"{kind}: {draw(st.integers(1, 4))}, " + ", ".join(f"{key}: {value}" for key, value in said.items() if value is not None) + needs


@st.composite
def scenarios(draw: st.DrawFn, failures: tuple[str, ...] = ("", CRASHES, f"{OUTAGE}, {CRASHES}")) -> Scenario:
    """One to three fleets that need each other, in some trouble."""
    service = "service: {law: exponential, mean: 100ms}"
    db, app = f"{draw(fleets())}, {service}", f"{draw(fleets())}, {service}"
    to_db, to_app = f"db: {{calls: 1.5, {draw(terms(True))}}}", f"app: {{calls: 0.7, {draw(terms(True))}}}"
    needs, others = draw(
        st.sampled_from(
            [
                ("", ""),
                (f", needs: {{{to_db}}}", f"db: {{{db}}}"),
                (f", needs: {{{to_app}, {to_db}}}", f"app: {{{app}, needs: {{{to_db}}}}}, db: {{{db}}}"),
            ]
        )
    )
    weather = [failure.replace("40s", "15s") for failure in failures]
    return scenario(
        draw(fleets(needs)),
        draw(terms(False)),
        f"{{kind: steady, rate: {draw(st.integers(1, 9))}/s}}, {{kind: spike, at: 10s, factor: 3, rise: 4s, hold: 2s, fall: 2s}}",
        others,
        draw(st.sampled_from(weather)),
        "30s",
        draw(st.integers(0, 1000)),
    )


@settings(max_examples=100, deadline=None)
@given(scenarios())
def test_whatever_comes_agrees(what):
    compared(what)


@settings(max_examples=50, deadline=None)
@given(scenarios())
def test_every_request_has_one_end_and_none_waits_less_than_nothing(what):
    """Books balance, for each fleet and over all windows."""
    run = simulate(what)
    rows, windows = rows_of(run), run.record.frame("windows").groupby("fleet", observed=False).sum(numeric_only=True)
    waits, stays = rows["start_s"] - rows["came_s"], rows["end_s"] - rows["came_s"]
    assert min(waits.min(), stays.min(), (rows["came_s"] - rows["born_s"]).min()) >= 0
    last = rows.groupby(["fleet", "request"])["outcome"].last()
    for fleet, counts in windows.iterrows():
        own = rows[rows["fleet"] == fleet]
        assert counts["attempts"] == len(own)
        assert counts["offered"] == own["request"].nunique()
        assert counts[CAUSES].tolist() == [(own["outcome"] == cause).sum() for cause in CAUSES]
        ended = counts["served"] + counts["abandoned"] + counts["rejected"] + counts["failed"]
        unfinished = (last.get(fleet, pd.Series(dtype=str)) == "").sum()
        assert counts["offered"] - ended >= unfinished  # others are between two attempts
        if what.requests.drain == 600:
            assert counts["offered"] - ended == unfinished


@settings(max_examples=50, deadline=None)
@given(scenarios())
def test_who_comes_first_begins_first(what):
    """In the one queue of a central balancer, and at each server of any other."""
    rows = rows_of(simulate(what)).dropna(subset="start_s")
    for name, fleet in what.policies["only"].fleets.items():
        own = rows[rows["fleet"] == name]
        for _, line in own.groupby(lambda _: 0) if fleet.balancer.kind == "central" else own.groupby("server"):
            assert line["start_s"].is_monotonic_increasing


@settings(max_examples=50, deadline=None)
@given(
    scenarios(failures=("", CRASHES)).filter(
        lambda what: (
            what.requests.cancel
            and all(part.interrupted == "lost" for part in what.policies["only"].fleets.values())
            and all(edge.cancel for _, edge in edges(what))
        )
    )
)
def test_the_area_of_the_queue_is_the_sum_of_the_waits(what):
    """Little's law, without orphans, whose wait does not show in their rows."""
    run = simulate(what)
    rows, windows = rows_of(run), run.record.frame("windows")
    stopped = what.horizon + what.requests.drain
    none = rows["outcome"].isin(["full", "refused"])
    left = {"backlog": rows["start_s"].fillna(rows["end_s"]).fillna(np.inf), "in_flight": rows["end_s"].fillna(np.inf)}
    left = {name: until.where(~none, rows["came_s"]) for name, until in left.items()}
    for fleet, table in windows.groupby("fleet", observed=False):
        own = rows["fleet"] == fleet
        assert table["waited"].sum() == approx(area(rows["came_s"][own], left["backlog"][own].clip(upper=stopped)), rel=1e-9, abs=1e-9)
        for name, until in left.items():
            assert table[name].tolist() == [((rows["came_s"] <= time) & (until > time) & own).sum() for time in table["end_s"]]


def edges(what: Scenario) -> Iterable[tuple]:
    return [edge for fleet in what.policies["only"].fleets.values() for edge in fleet.needs.items()]


def area(came: pd.Series, left: pd.Series) -> float:
    """Under the number of those who are there."""
    steps = pd.concat([pd.Series(1, came), pd.Series(-1, left)]).sort_index()
    return float((steps.cumsum().to_numpy()[:-1] * np.diff(steps.index)).sum())


@settings(max_examples=50, deadline=None)
@given(scenarios())
def test_every_latency_is_in_its_bucket(what):
    """From the first attempt of a request to its answer."""
    run = simulate(what)
    rows, latencies = rows_of(run), run.record.frame("latencies")
    served = rows[rows["outcome"] == "served"]
    assert latencies["count"].sum() == len(served) == run.record.frame("windows")["served"].sum()
    for fleet, own in served.groupby("fleet"):
        buckets = np.searchsorted(LOWS, own["end_s"] - own["born_s"], "right") - 1
        counts = latencies[latencies["fleet"] == fleet].groupby("bucket")["count"].sum()
        assert counts.to_dict() == pd.Series(buckets).value_counts().to_dict()


@pytest.mark.parametrize("workers", [1, 2, 5])
def test_workers_begin_as_soon_as_they_can(workers):
    """Kiefer and Wolfowitz: whoever comes begins at once, or when the first of the workers is free."""
    what = scenario(f"kind: pets, servers: 1, concurrency: {workers}", traffic=f"{{kind: steady, rate: {4 * workers}/s}}")
    free = [0.0] * workers
    for came, start, end in rows_of(simulate(what))[["came_s", "start_s", "end_s"]].itertuples(index=False):
        assert start == max(came, min(free))
        free[free.index(min(free))] = end
