"""Traffic as a flow, against closed forms, a plain step-by-step integration, and itself."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from math import exp, inf, log
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pytest import approx

from simulator.polyline import Polyline
from simulator.serving import Constant, Exponential, Leave, Queue, Rate

exact = {"rel": 1e-9, "abs": 1e-9}


@dataclass(eq=False)
class Worker:
    """A server as serving sees it."""

    fleet: SimpleNamespace
    capacity_rps: float
    speed: float = 1.0
    errors: float = 0.0


def worker(fleet: str, rps: float, errors: float = 0.0) -> Worker:
    return Worker(SimpleNamespace(name=fleet), rps, errors=errors)


def flat(*steps: tuple[float, float]) -> Polyline:
    """A rate that jumps: (from, rate)."""
    knots = []
    for time, rate in steps:
        if knots:
            knots.append((time, knots[-1][1]))
        knots.append((time, rate))
    return Polyline(knots)


def play(traffic, queues, capacities, horizon, calls=None, window=inf, pauses=(), errors=None):
    """One run: each fleet is a single server that leaves and joins with every step of its capacity, and errs with every step of its errors."""
    rate = Rate(traffic, queues, calls or {}, horizon if window == inf else window)
    serving = {}
    steps = {"err": errors or {}, "serve": capacities, "": {"": [(pause, 0.0) for pause in pauses]}}
    for time, fleet, act, value in sorted((time, fleet, act, value) for act, of in steps.items() for fleet, rows in of.items() for time, value in rows):
        rate.advance(time)
        if act == "serve":
            if fleet in serving:
                rate.leave(serving[fleet], Leave.REFUSING)
            serving[fleet] = worker(fleet, value, serving[fleet].errors if fleet in serving else 0.0)
            rate.join(serving[fleet])
        elif act == "err":
            serving[fleet].errors = value
            rate.err(serving[fleet], value)
    rate.finish(horizon)
    return rate


def alone(rate, steps, horizon, queue=None, **more):
    """One fleet, `web`."""
    return play({"web": rate}, {"web": queue or Queue()}, {"web": steps}, horizon, **more)


def trail(rate, number=0):
    return rate.backlogs[rate.fleets[number]]


def column(rate, name):
    """One column of all fleets, window by window."""
    return [value for window in zip(*(getattr(windows, name) for windows in rate.windows.values()), strict=True) for value in window]


def peak(rate, number=0):
    return max(backlog for _, backlog in trail(rate, number))


def gone(rate, number=0):
    """When the last backlog was exactly gone."""
    time, backlog = trail(rate, number)[-1]
    assert backlog == 0.0
    return time


def outage(queue=None, **more):
    """800/s meet 1000/s, but for the 300 s from 60 s on."""
    return alone(flat((0, 800)), [(0, 1000), (60, 0), (360, 1000)], 3600, queue, **more)


# Closed forms: no patience


def test_after_an_outage_the_backlog_drains_with_the_spare_capacity():
    """Backlog 800 x 300 = 240,000; it drains at 200/s, in 1200 s."""
    rate = outage()
    assert trail(rate) == [(60.0, 0.0), (360.0, approx(240_000, **exact)), (approx(1560, **exact), 0.0)]


def test_a_surge_above_capacity_is_served_late():
    """2000/s for 120 s against 1000/s: 120,000 wait, and at 600/s they are gone 300 s later."""
    rate = alone(flat((0, 600), (30, 2000), (150, 600)), [(0, 1000)], 600)
    assert trail(rate) == [(30.0, 0.0), (150.0, approx(120_000, **exact)), (approx(450, **exact), 0.0)]
    assert rate.totals["web"].served == approx(20 * 600 + 10 * 600 + 120 * 2000 + 450 * 600, **exact)


def test_a_fleet_that_is_repaired_server_by_server_recovers_when_the_last_has_caught_up():
    """600/s; 250/s more at 60, 120, 180, 240 s. Net +600, +350, +100, -150, -400 a second:
    36,000, 57,000, 63,000, 54,000, and 54,000 / 400 = 135 s later it is gone, at 375 s."""
    rate = alone(flat((0, 600)), [(0, 0), (60, 250), (120, 500), (180, 750), (240, 1000)], 600)
    assert [backlog for _, backlog in trail(rate)] == approx([0, 36_000, 57_000, 63_000, 54_000, 0], **exact)
    assert gone(rate) == approx(375, **exact)


def test_a_ramp_through_the_capacity_builds_a_parabola():
    """lambda = 10 t up to 100 s, then 2000 - 10 t; C = 800. It starts at 80 s, B(t) = 5 (t - 80)^2: 2,000 at 100 s;
    then dB/dt = 200 - 10 s: the peak is 20 s later, 4,000, and 5 s^2 = 4,000 after that it is gone."""
    rate = alone(Polyline([(0, 0), (100, 1000), (200, 0)]), [(0, 800)], 200)
    assert trail(rate) == [
        (approx(80, **exact), 0.0),
        (100.0, approx(2000, **exact)),
        (approx(120, **exact), approx(4000, **exact)),
        (approx(120 + 800**0.5, **exact), 0.0),
    ]


def test_a_full_queue_rejects_the_excess():
    """Net +500/s fill 10,000 places in 20 s; the other 80 s of the surge reject 500/s."""
    rate = alone(flat((0, 500), (100, 1500), (200, 500)), [(0, 1000)], 400, Queue(places=10_000))
    assert trail(rate) == [(100.0, 0.0), (approx(120, **exact), 10_000.0), (200.0, 10_000.0), (approx(220, **exact), 0.0)]
    assert rate.totals["web"].rejected == approx(40_000, **exact)


def test_without_places_every_excess_is_rejected():
    rate = alone(Polyline([(0, 0), (100, 200)]), [(0, 100)], 100, Queue(places=0))
    assert rate.totals["web"].rejected == approx(50 * 100 / 2, **exact)
    assert trail(rate) == []


def test_a_rate_that_stays_at_the_capacity_leaves_no_backlog():
    """A surge that falls to exactly C keeps its backlog; one that rises to exactly C has none."""
    assert trail(alone(flat((0, 10), (50, 100)), [(0, 100)], 200)) == []
    assert trail(alone(flat((0, 110), (50, 100)), [(0, 100)], 200)) == [(0.0, 0.0), (50.0, approx(500)), (200.0, approx(500))]


# Closed forms: exponential patience


def test_a_permanent_overload_approaches_the_backlog_at_which_as_many_leave_as_come():
    """B(t) = (lambda - C)/theta (1 - e^{-theta t}): 500 x 60 = 30,000 in the end; abandoned = 500 t - B."""
    rate = alone(flat((0, 1500)), [(0, 1000)], 600, Queue(patience=Exponential(60)), window=60)
    for k, backlog in enumerate(column(rate, "backlog"), 1):
        assert backlog == approx(30_000 * (1 - exp(-k)), **exact)
    assert rate.totals["web"].abandoned == approx(500 * 600 - 30_000 * (1 - exp(-10)), **exact)


def test_an_impatient_backlog_drains_faster():
    """dB/dt = -200 - B/60 from 800 x 60 (1 - e^-5): B + 12,000 shrinks by e^{-t/60}; gone at 60 ln(1 + B0/12,000)."""
    rate = outage(Queue(patience=Exponential(60)))
    start = 48_000 * (1 - exp(-5))
    assert peak(rate) == approx(start, **exact)
    assert gone(rate) == approx(360 + 60 * log(1 + start / 12_000), **exact)


def test_an_impatient_backlog_that_fits_less_than_its_limit_is_bounded():
    """(lambda - C)/theta = 30,000 > 20,000 places: full when 1 - e^{-t/60} = 2/3, then 500 - 20,000/60 rejected a second."""
    rate = alone(flat((0, 1500)), [(0, 1000)], 600, Queue(20_000, Exponential(60)))
    full = 60 * log(3)
    assert trail(rate)[1] == (approx(full, **exact), 20_000.0)
    assert rate.totals["web"].rejected == approx((600 - full) * (500 - 20_000 / 60), **exact)


def test_a_very_long_patience_is_none():
    """With theta T = 4e-9 nothing may cancel: what abandons is theta x 180,000,000, the area under the backlog."""
    rate = outage(Queue(patience=Exponential(1e12)))
    assert peak(rate) == approx(240_000, **exact)
    assert gone(rate) == approx(1560, rel=1e-8)
    assert rate.totals["web"].abandoned == approx(180e6 / 1e12, rel=1e-7)


def test_a_very_short_patience_empties_the_line_at_once():
    """3/s too many with a mean patience of 62.5 ms: B is 3/16 when all traffic ends, and gone at 1/16 ln(1 + B 16/5) s after."""
    rate = alone(flat((0, 8), (15, 0)), [(0, 5)], 100, Queue(patience=Exponential(0.0625)))
    assert peak(rate) == approx(3 / 16, **exact)
    assert gone(rate) == approx(15 + log(1 + 3 / 5) / 16, **exact)


# Closed forms: constant patience


def test_clients_who_all_give_up_after_the_same_wait_bound_the_backlog():
    """Lost 800 (300 - 30) = 216,000; the backlog stays at 800 x 30 = 24,000; on return it drains at 200/s, in 120 s."""
    rate = outage(Queue(patience=Constant(30)))
    assert rate.totals["web"].abandoned == approx(216_000, **exact)
    assert peak(rate) == approx(24_000, **exact)
    assert gone(rate) == approx(480, **exact)


def test_a_lasting_overload_of_equal_patience_loses_the_excess_once_the_wait_is_reached():
    """1500/s against 1000/s: the wait grows by 1/3 s a second of arrival - w(t) = t/3 - to 30 s at t = 90 s, B = 45,000.
    From then on 500/s leave: 500 x 510 s = 255,000."""
    rate = alone(flat((0, 1500)), [(0, 1000)], 600, Queue(patience=Constant(30)))
    assert trail(rate)[1] == (approx(90, **exact), approx(45_000, **exact))
    assert rate.totals["web"].abandoned == approx(255_000, **exact)


def test_those_whose_time_is_up_are_as_many_as_arrived_a_patience_ago():
    """Nobody serves; lambda = t: at 100 s those of the first 70 s have left, 70^2/2, and (100^2 - 70^2)/2 wait."""
    rate = alone(Polyline([(0, 0), (200, 200)]), [(0, 0)], 100, Queue(patience=Constant(30)))
    assert rate.totals["web"].abandoned == approx(2450, **exact)
    assert column(rate, "backlog")[-1] == approx(2550, **exact)


def test_a_full_queue_lets_in_as_many_as_leave():
    """No capacity, 100/s, 1,000 places, patience 30 s: full after 10 s; from 30 s to 40 s those of the first 10 s leave and as many
    get in; again from 60 s to 70 s and 90 s to 100 s: 3 x 1,000 abandoned of 4 x 1,000 let in."""
    rate = alone(flat((0, 100)), [(0, 0)], 110, Queue(1000, Constant(30)))
    assert rate.totals["web"].abandoned == approx(3000, **exact)
    assert rate.totals["web"].rejected == approx(11_000 - 4000, **exact)


def test_no_client_leaves_while_the_wait_is_shorter_than_the_patience():
    """In the outage of 300 s the head is 300 s old at most."""
    assert outage(Queue(patience=Constant(300.001))).totals["web"].abandoned == 0
    assert gone(outage(Queue(patience=Constant(300.001)))) == approx(1560, **exact)


# Calls


def two(rates, capacities, horizon=100, **more):
    """Fleets a and b, which both call db."""
    queues = {"a": Queue(), "b": Queue(), "db": Queue()}
    return play({fleet: flat((0, rps)) for fleet, rps in rates.items()}, queues, capacities, horizon, {"a": {"db": 1}, "b": {"db": 2}}, **more)


def test_a_database_limits_its_caller_where_the_backlog_stays():
    """150/s with two calls each against 200 calls/s: 100/s are served, 50/s wait at the caller; the database is wanted for 300 and called for 200."""
    rate = play({"web": flat((0, 150))}, {"web": Queue(), "db": Queue()}, {"web": [(0, 1000)], "db": [(0, 200)]}, 100, {"web": {"db": 2}})
    assert column(rate, "backlog") == approx([5000, 0])
    assert column(rate, "offered") == approx([15_000, 20_000])
    assert column(rate, "served") == approx([10_000, 20_000])
    assert rate.load("db", 60) == (approx(300), 200, 1.0, 1)
    assert rate.load("web", 60) == (approx(150), 1000, approx(0.1), 1)


def test_two_callers_share_in_proportion_to_their_demand():
    """a wants 300 calls/s and b 2 x 50: of 200 calls/s a gets 150 and b 25 requests/s."""
    rate = two({"a": 300, "b": 50}, {"a": [(0, 1000)], "b": [(0, 1000)], "db": [(0, 200)]})
    assert column(rate, "served") == approx([15_000, 2500, 20_000])


def test_what_the_database_has_to_spare_clears_the_backlogs_in_equal_parts():
    """10 s without a database: 1,000 wait at a, 500 at b. Then 400 - 200 calls/s are spare: 100/s each, which is 50 requests/s of b.
    Both are gone after 10 s."""
    rate = two({"a": 100, "b": 50}, {"a": [(0, 1000)], "b": [(0, 1000)], "db": [(0, 400), (20, 0), (30, 400)]})
    assert (peak(rate, 0), peak(rate, 1)) == (approx(1000), approx(500))
    assert (gone(rate, 0), gone(rate, 1)) == (approx(40), approx(40))


def test_who_is_done_first_leaves_the_rest_to_the_other():
    """As above but b had 20/s: 1,000 wait at a, 200 at b; spare are 400 - 140 = 260 calls/s. b clears 65/s, in 200/65 s;
    a has cleared 130 x 200/65 = 400 by then, and the other 600 at 260/s."""
    rate = two({"a": 100, "b": 20}, {"a": [(0, 1000)], "b": [(0, 1000)], "db": [(0, 400), (20, 0), (30, 400)]})
    assert gone(rate, 1) == approx(30 + 200 / 65)
    assert gone(rate, 0) == approx(30 + 200 / 65 + 600 / 260)


def test_calls_multiply_along_paths_and_add_over_them():
    """web calls app twice, app calls db 3 times, web calls db once: 7 calls of db a request; 70 calls/s carry 10 requests/s."""
    calls = {"web": {"app": 2, "db": 1}, "app": {"db": 3}}
    queues = {"web": Queue(), "app": Queue(), "db": Queue()}
    rate = play({"web": flat((0, 15))}, queues, {"web": [(0, 100)], "app": [(0, 100)], "db": [(0, 70)]}, 100, calls)
    assert column(rate, "served") == approx([1000, 2000, 7000])
    assert [rate.load(fleet, 60).demand_rps for fleet in queues] == approx([15, 30, 105])


def test_fleets_that_share_nothing_do_not_touch_each_other():
    rate = play({"a": flat((0, 10)), "b": flat((0, 10))}, {"a": Queue(), "b": Queue()}, {"a": [(0, 0)], "b": [(0, 20)]}, 100)
    assert column(rate, "served") == approx([0, 1000])


def test_a_fleet_without_traffic_has_windows_of_nothing():
    rate = play({}, {"web": Queue()}, {"web": [(0, 10)]}, 100, window=30)
    assert rate.windows[rate.fleets[0]].start_s == [0, 30, 60, 90]
    assert rate.load("web", 60) == (0, 10, 0, 1)


# What an autoscaler sees


def test_load_is_the_mean_demand_of_the_last_while_against_the_capacity_of_now():
    """At 30 s the last 20 s of a ramp of 1/s a second: 20/s; at 30 s the last minute is 30 s long: 15/s."""
    rate = Rate({"web": Polyline([(0, 0), (100, 100)])}, {"web": Queue()}, {}, 60)
    servers = [worker("web", 10) for _ in range(4)]
    for server in servers:
        rate.join(server)
    rate.advance(30)
    assert rate.load("web", 20) == (approx(20), 40, approx(0.5), 4)
    assert rate.load("web", 60).demand_rps == approx(15)
    rate.pace(servers[0], 0.5)
    assert rate.load("web", 20).capacity_rps == 35


def test_a_fleet_with_a_backlog_is_busy_whatever_the_demand():
    rate = Rate({"web": flat((0, 50), (10, 1))}, {"web": Queue()}, {}, 60)
    rate.join(worker("web", 10))
    rate.advance(20)
    assert rate.load("web", 5) == (approx(1), 10, 1.0, 1)


def test_a_fleet_that_is_called_and_has_clients_of_its_own_is_busy_with_both():
    """web wants 30/s and gets 20/s of its own servers; app has 10/s of its own: (20 + 10) / 60 busy, however much is asked of it."""
    rate = Rate({"web": flat((0, 30)), "app": flat((0, 10))}, {"web": Queue(), "app": Queue()}, {"web": {"app": 1}}, 60)
    rate.join(worker("web", 20))
    rate.join(worker("app", 60))
    rate.advance(20)
    assert rate.load("app", 5) == (approx(40), 60, approx(0.5), 1)


def test_looking_at_the_load_moves_nothing():
    quiet, watched = [Rate({"web": Polyline([(0, 0), (100, 100)])}, {"web": Queue(patience=Exponential(7))}, {}, 33) for _ in range(2)]
    for rate in (quiet, watched):
        rate.join(worker("web", 30))
    for second in range(100):
        watched.advance(second)
        watched.load("web", 60)
    for rate in (quiet, watched):
        rate.finish(100)
    assert quiet.windows == watched.windows
    assert quiet.backlogs == watched.backlogs


# Servers


def test_capacity_does_not_drift():
    """A million joins, paces and leaves of odd rates: the sum is that of who is left."""
    rate = Rate({}, {"web": Queue()}, {}, 60)
    stay, guests = worker("web", 0.1), [worker("web", 0.1 + 0.01 * (i % 7)) for i in range(250)]
    rate.join(stay)
    for _ in range(1000):
        for guest in guests:
            rate.join(guest)
            rate.pace(guest, 0.3)
        for guest in guests:
            rate.leave(guest, Leave.DRAINED)
    assert rate.load("web", 60).capacity_rps == 0.1


def test_a_server_out_of_service_has_no_pace():
    rate = Rate({}, {"web": Queue()}, {}, 60)
    rate.pace(worker("web", 10), 0.5)
    assert rate.load("web", 60).capacity_rps == 0


def test_a_slow_server_comes_as_slow_as_it_is():
    rate = Rate({}, {"web": Queue()}, {}, 60)
    rate.join(Worker(SimpleNamespace(name="web"), 10, speed=0.25))
    assert rate.load("web", 60).capacity_rps == 2.5


# Windows


def test_windows_are_cut_at_the_horizon_and_carry_the_backlog_on():
    """10/s against 5/s for 25 s in windows of 10 s."""
    rate = alone(flat((0, 10)), [(0, 5)], 25, window=10)
    assert rate.windows[rate.fleets[0]].start_s == [0, 10, 20]
    assert column(rate, "offered") == approx([100, 100, 50])
    assert column(rate, "backlog") == approx([50, 100, 125])


def test_a_horizon_that_rounding_moves_past_a_window_has_no_sliver():
    """0.1 x 3 is 0.30000000000000004."""
    rate = alone(flat((0, 10)), [(0, 50)], 0.1 * 3, window=0.1)
    assert len(column(rate, "start_s")) == 3
    assert rate.totals["web"].offered == approx(3)
    assert len(column(alone(flat((0, 10)), [(0, 50)], 0.3, window=0.1), "start_s")) == 3


# Whatever comes


numbers = st.one_of(st.integers(0, 20).map(lambda n: n * 10.0), st.integers(0, 2_000_000).map(lambda n: n / 1e4))
moments = st.one_of(st.integers(0, 20).map(lambda n: n * 5.0), st.integers(0, 100_000_000).map(lambda n: n / 1e6))
patiences = st.one_of(st.none(), st.builds(Exponential, st.floats(0.01, 1e4)), st.builds(Constant, st.floats(0.1, 60)))
queues = st.builds(Queue, st.one_of(st.just(inf), st.just(0.0), st.floats(1e-3, 1e4)), patiences)


@st.composite
def rates(draw: st.DrawFn, level: bool) -> Polyline:
    times = sorted(draw(st.lists(moments, min_size=1, max_size=8)))
    knots = [(time, draw(numbers)) for time in times]
    return flat(*knots) if level else Polyline(knots)


@st.composite
def capacities(draw: st.DrawFn) -> list[tuple[float, float]]:
    return sorted({0.0: draw(numbers), **{draw(moments): draw(numbers) for _ in range(draw(st.integers(0, 5)))}}.items())


@st.composite
def shares(draw: st.DrawFn) -> list[tuple[float, float]]:
    """Steps of a share of answers that are errors, after the start."""
    steps = draw(st.lists(st.tuples(moments.filter(bool), st.sampled_from([0.0, 0.25, 0.7, 1.0])), max_size=4))
    return sorted(dict(steps).items())


CALLS = {"a": {"app": 1.5, "db": 0.5}, "b": {"db": 2.0}, "app": {"db": 1.0}}


@st.composite
def plays(draw: st.DrawFn, level: bool = False) -> dict:
    """A lone fleet, or callers that share; level: the rates only jump."""
    fleets = draw(st.sampled_from([["web"], ["a", "b", "app", "db"]]))
    sources = draw(st.lists(st.sampled_from(fleets), min_size=1, unique=True))
    return {
        "traffic": {fleet: draw(rates(level)) for fleet in sources},
        "queues": {fleet: draw(queues) for fleet in fleets},
        "capacities": {fleet: draw(capacities()) for fleet in fleets},
        "horizon": 110.0,
        "calls": CALLS if len(fleets) > 1 else {},
        "window": draw(st.sampled_from([7.0, 30.0, 110.0])),
        "errors": {fleet: draw(shares()) for fleet in fleets},
    }


@settings(max_examples=400, deadline=None)
@given(plays())
def test_every_request_is_served_fails_abandons_is_rejected_or_waits(what):
    """In every window, and nothing is negative; what a source offers is the integral of its rate."""
    rate = play(**what)
    for fleet in what["queues"]:
        if fleet not in what["traffic"] or any(fleet in called for name, called in what["calls"].items()):
            continue
        start = 0.0
        for _, *row in zip(*rate.windows[fleet], strict=True):
            offered, served, abandoned, rejected, _, backlog, failed = row
            assert min(row) >= 0
            assert start + offered - served - failed - abandoned - rejected - backlog == approx(0, abs=1e-9 * (1 + start + offered))
            assert backlog <= what["queues"][fleet].places
            start = backlog
        assert rate.totals[fleet].offered == approx(what["traffic"][fleet].integral(0, what["horizon"]), rel=1e-9, abs=1e-9)


@settings(max_examples=200, deadline=None)
@given(plays(), st.lists(moments, max_size=200))
def test_how_often_it_is_advanced_changes_no_bit(what, pauses):
    once, often = play(**what), play(**what, pauses=pauses)
    assert once.windows == often.windows
    assert once.backlogs == often.backlogs
    assert once.errors == often.errors


@settings(max_examples=200, deadline=None)
@given(plays(level=True))
def test_nobody_serves_more_than_its_capacity(what):
    """Of level rates: where callers share, their parts follow the mean rates of a piece."""
    rate = play(**what)
    for fleet, steps in what["capacities"].items():
        ends = [time for time, _ in steps[1:]] + [what["horizon"]]
        most = sum(rps * (end - start) for (start, rps), end in zip(steps, ends, strict=True))
        assert rate.totals[fleet].served <= most * (1 + 1e-9) + 1e-9


@pytest.mark.parametrize("places", [inf, 900.0])
@pytest.mark.parametrize("patience", [None, Exponential(12.0), Constant(9.0), Constant(20.0)])
def test_a_plain_integration_in_small_steps_agrees(patience, places):
    """Steps of h = 5 ms. Each of some 20 events is late by at most h, and no two rates are more than 260/s apart:
    at most 1.3 requests an event, of 20,000; they mostly cancel."""
    queue = Queue(places, patience)
    rate = Polyline([(0, 20), (20, 220), (35, 220), (35, 40), (50, 40), (60, 260), (90, 0), (110, 180), (130, 180), (130, 10), (200, 10)])
    steps = [(0, 100), (40, 0), (47, 130), (80, 60), (120, 150)]
    told = alone(rate, steps, 200, queue, window=10)
    served, abandoned, rejected, waited, backlogs = small_steps(rate, steps, 200, queue, 0.005)
    assert column(told, "backlog") == approx(backlogs, abs=5)
    assert told.totals["web"][1:-1] == (approx(served, abs=5), approx(abandoned, abs=5), approx(rejected, abs=5), approx(waited, abs=5 * 200))
    assert waited > 10_000


def small_steps(rate, steps, horizon, queue, h):
    """A line of clients by time of arrival: let in, served from its head, and left by those who waited too long."""
    line: deque[list[float]] = deque()
    served = abandoned = rejected = waited = backlog = 0.0
    backlogs = []
    for step in range(round(horizon / h)):
        time = step * h
        capacity = h * next(rps for start, rps in reversed(steps) if start <= time + h / 2)
        line.append([time, h * rate(time + h / 2)])
        backlog += line[-1][1]
        while line and capacity > 0:
            take = min(capacity, line[0][1])
            capacity, served, backlog = capacity - take, served + take, backlog - take
            line[0][1] -= take
            if line[0][1] <= 0:
                line.popleft()
        if isinstance(queue.patience, Exponential):
            stay = exp(-h / queue.patience.mean)
            abandoned += backlog * (1 - stay)
            backlog *= stay
            for client in line:
                client[1] *= stay
        while line and isinstance(queue.patience, Constant) and line[0][0] <= time - queue.patience.value:
            gone = line.popleft()[1]
            abandoned, backlog = abandoned + gone, backlog - gone
        if backlog > queue.places:
            excess = backlog - queue.places
            rejected, backlog = rejected + excess, queue.places
            while excess > 0:
                out = min(excess, line[-1][1])
                line[-1][1] -= out
                excess -= out
                if line[-1][1] <= 0:
                    line.pop()
        waited += backlog * h
        if (step + 1) % round(10 / h) == 0:
            backlogs.append(backlog)
    return served, abandoned, rejected, waited, backlogs
