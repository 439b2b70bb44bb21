"""Waiting: backlogs on days so simple that a pencil finds how large they grow and how long clients stand in them."""

from __future__ import annotations

from math import exp, inf, isnan, log

import pytest
from by_hand import left
from pytest import approx

from simulator import loads, metrics, simulate

exact = {"rel": 1e-9, "abs": 1e-9}


def play(traffic, failures=(), requests="", fleet="", horizon="1h", warmup="0s"):
    """Ten pets of 100/s each, back in no time; each outage is (servers, at, lasts)."""
    down = ", ".join(f"{{kind: outage, servers: {servers}, at: {at}, lasts: {lasts}}}" for servers, at, lasts in failures)
    steps = ", ".join(f"{{at: {at}, rate: {rate}/s}}" for at, rate in traffic)
    text = f"horizon: {horizon}\nwarmup: {warmup}\nrequests: {{service: 10ms{requests}}}\ntraffic: [{{kind: steps, steps: [{steps}]}}]\nfailures: [{down}]\n"
    return simulate(loads(f"{text}policies: {{only: {{web: {{kind: pets, servers: 10, boot: 0s{fleet}}}}}}}\n"))


def the(run):
    (row,) = metrics.waiting(run).to_dict("records")
    return row


def area(run):
    return run.record.frame("windows")["waited"].sum()


def test_a_total_outage_keeps_its_first_client_waiting_for_all_of_it():
    """800/s for 300 s wait: 240,000, cleared by 200/s of spare capacity in 1,200 s, area lambda D^2 C / (2 (C - lambda)) (Newell)."""
    run = play([("0s", 800)], [(10, "1m", "5m")])
    assert the(run) == {
        "fleet": "web", "start_s": 60, "end_s": approx(1560, **exact), "censored": False, "peak": approx(240_000, **exact),
        "delayed": approx(1_200_000, **exact), "longest_s": approx(300, **exact),
    }  # fmt: skip
    assert area(run) == approx(800 * 300**2 * 1000 / (2 * 200), **exact)


def test_the_longest_wait_of_a_partial_outage_is_of_who_is_served_at_its_end():
    """At 400/s for 300 s 120,000 are served, who came in 150 s: the last of them waited 150 s; peak 400 x 300."""
    row = the(play([("0s", 800)], [(6, "1m", "5m")]))
    assert row["longest_s"] == approx(150, **exact)
    assert row["peak"] == approx(120_000, **exact)


def test_the_longest_wait_of_a_spike_is_of_its_last_client():
    """2,000/s for 120 s against 1,000/s: 120,000 wait, and the last of them 120 s."""
    row = the(play([("0s", 600), ("30s", 2000), ("150s", 600)]))
    assert (row["longest_s"], row["peak"], row["end_s"]) == (approx(120, **exact), approx(120_000, **exact), approx(450, **exact))


def test_who_comes_while_nobody_is_served_twice_waits_for_both():
    """Down 60-160 s, up for 20 s (20,000 served, who came until 85 s), down 180-280 s: who came at 85 s is the head when it is back: 195 s."""
    row = the(play([("0s", 800)], [(10, "1m", "100s"), (10, "3m", "100s")]))
    assert row["longest_s"] == approx(280 - 85, **exact)


def test_nobody_waits_longer_than_clients_are_patient():
    """Those of the outage leave after 30 s each; drained in lambda tau / (C - lambda) = 120 s."""
    run = play([("0s", 800)], [(10, "1m", "5m")], ", patience: 30s")
    assert the(run)["longest_s"] == 30
    assert the(run)["end_s"] == approx(480, **exact)


def test_patient_clients_whom_a_short_outage_keeps_wait_as_if_nobody_left():
    assert the(play([("0s", 800)], [(10, "1m", "20s")], ", patience: 30s"))["longest_s"] == approx(20, **exact)


def test_clients_who_leave_at_random_have_a_backlog_and_no_longest_wait():
    """dB/dt = 800 - B/60 for 300 s: B = 48,000 (1 - e^-5); then dB/dt = -200 - B/60: gone after 60 ln(1 + B / 12,000)."""
    run = play([("0s", 800)], [(10, "1m", "5m")], ", patience: {law: exponential, mean: 1m}")
    peak = 48_000 * (1 - exp(-5))
    row = the(run)
    assert (row["peak"], row["end_s"]) == (approx(peak, **exact), approx(360 + 60 * log(1 + peak / 12_000), **exact))
    assert isnan(row["longest_s"])
    # Who leaves does so at B / 60: the area is 60 times all who left.
    assert area(run) == approx(60 * run.record.frame("windows")["abandoned"].sum(), **exact)


def test_a_bounded_queue_is_full_at_a_known_time():
    """40,000 places at 800/s are taken after 50 s; the rest of 250 s are lost; the last who got in waits 40,000 / 1,000 once it is back, after 250 s."""
    run = play([("0s", 800)], [(10, "1m", "5m")], fleet=", queue: 40000")
    row = the(run)
    backlog = metrics.backlog(run, "web")
    assert (row["peak"], backlog.times[backlog.values == 40_000][0]) == (40_000, approx(110, **exact))
    assert run.record.frame("windows")["rejected"].sum() == approx(800 * 250, **exact)
    assert row["longest_s"] == approx(300, **exact)
    assert area(run) == approx(40_000 * 50 / 2 + 40_000 * 250 + 40_000 * 200 / 2, **exact)


def test_a_backlog_that_is_not_gone_at_the_horizon_is_censored():
    row = the(play([("0s", 800)], [(10, "1m", "5m")], horizon="20m"))
    assert (row["end_s"], row["censored"]) == (1200, True)


def test_two_backlogs_are_two_rows():
    found = metrics.waiting(play([("0s", 500)], [(10, "1m", "1m"), (10, "20m", "2m")]))
    assert found["start_s"].tolist() == [60, 1200]
    assert found["longest_s"].tolist() == approx([60, 120], **exact)


def test_where_nobody_waits_there_is_no_row_and_the_same_columns():
    calm, busy = metrics.waiting(play([("0s", 800)])), metrics.waiting(play([("0s", 800)], [(10, "1m", "5m")]))
    assert len(calm) == 0
    assert calm.dtypes.to_dict() == busy.dtypes.to_dict()


def test_only_backlogs_that_somebody_left_have_the_longest_wait_that_clients_bear():
    """Both within one window of a minute: 2 s of outage keep the first for 2 s, 20 s drive clients away after 10 s each."""
    found = metrics.waiting(play([("0s", 500)], [(10, "121s", "2s"), (10, "130s", "20s")], ", patience: 10s"))
    assert found["longest_s"].tolist() == approx([2, 10], **exact)


def test_a_backlog_from_before_the_warm_up_begins_with_it():
    """120,000 at 150 s, when 600/s come and 1,000/s are served: 300 s more, in which 180,000 come; who comes first then waits 120 s."""
    run = play([("0s", 600), ("30s", 2000), ("150s", 600)], warmup="150s")
    row = the(run)
    assert (row["start_s"], row["end_s"]) == (150, approx(450, **exact))
    assert (row["peak"], row["delayed"], row["longest_s"]) == (approx(120_000, **exact), approx(180_000, **exact), approx(120, **exact))


def test_what_is_exactly_at_the_horizon_still_happens():
    """Back at 360 s: one that ends there sees the capacity, and the backlog at its peak."""
    run = play([("0s", 800)], [(10, "1m", "5m")], horizon="6m")
    assert metrics.up(run, "web").at([359, 360]).tolist() == [0, 10]
    assert the(run)["peak"] == approx(240_000, **exact)


def test_many_backlogs_are_each_found():
    """An outage of a second every ten seconds, an hour long: 360 backlogs of 500 requests, each gone after another second."""
    run = play([("0s", 500)], [(10, f"{10 * k + 5}s", "1s") for k in range(360)])
    found = metrics.waiting(run)
    assert len(found) == 360
    assert found["peak"].tolist() == approx([500] * 360, **exact)
    assert found["delayed"].tolist() == approx([1000] * 360, **exact)


def test_saturation_is_not_told_of_fleets_that_need_each_other():
    """The line of one may be held up by another, and says nothing of its own servers."""
    parts = "web: {kind: pets, servers: 1, needs: {db: {}}}, db: {kind: pets, servers: 1}"
    text = f"horizon: 1h\ntraffic: {{kind: steady, rate: 1/s, to: web}}\npolicies: {{p: {{{parts}}}}}"
    with pytest.raises(ValueError, match="need each other"):
        metrics.saturated(simulate(loads(text)), "web", 0, 60)


@pytest.mark.parametrize(
    ("traffic", "share"),
    [
        ([("0s", 600), ("30s", 2000), ("150s", 600)], 0.7),  # from 30 s until the backlog is gone at 450 s
        ([("0s", 600), ("30s", 1000), ("150s", 600)], 0.2),  # as much as may be served, and nobody waits
        ([("0s", 999)], 0.0),
    ],
)
def test_capacity_is_saturated_while_as_much_comes_as_it_serves_or_some_wait(traffic, share):
    assert metrics.saturated(play(traffic), "web", 0, 600) == approx(share, **exact)


def test_no_traffic_saturates_nothing_even_where_nobody_serves():
    assert metrics.saturated(play([("0s", 0)], [(10, "1m", "5m")]), "web", 0, 600) == 0


def test_a_limit_is_infinite_wherever_all_that_comes_is_served():
    """It begins at the outage, doubles as a part of the fleet comes back, and ends with the backlog."""
    signals = play([("0s", 800)], [(10, "1m", "4m"), (5, "5m", "1m")]).record.frame("signals")
    rows = signals[signals["signal"] == "limit"]
    assert rows["value"].tolist() == [0, 500, 1000, inf]
    assert rows["time_s"].tolist()[:3] == [60, 300, 360]


# Where every request is simulated


def test_a_backlog_of_single_requests_has_the_longest_wait_of_its_windows():
    """It presses from 70 to 100 s, within the second of three minutes, in whose mean 60/s x 30 s come."""
    row = the(left({"longest_s": 1.0}, {"longest_s": 4.0}, {"longest_s": 2.0}, presses=[(70, 100, 7, 0)]))
    assert row == {"fleet": "web", "start_s": 70, "end_s": 100, "censored": False, "peak": 7, "delayed": 1800, "longest_s": 4}


def test_the_longest_and_the_mean_wait_of_single_requests_are_what_the_windows_say():
    """Backlogs of single requests are not all told: 7,200 s of waiting for the 7,200 that came after the warm-up."""
    run = left({"longest_s": 9.0}, {"longest_s": 4.0, "waited": 7000.0}, {"longest_s": 2.0, "waited": 200.0}, warmup="60s")
    row = metrics.measure(run)["summary"].iloc[0]
    assert (row["longest_wait"], row["mean_wait"]) == (4, 1)


def test_saturation_is_not_told_of_single_requests():
    with pytest.raises(ValueError, match="detail: rate"):
        metrics.saturated(left({}), "web", 0, 60)
