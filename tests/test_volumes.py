"""Volumes: one writer at a time, and who comes next waits until the one before is off it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pytest import approx

from simulator import loads, simulate
from simulator.problems import ScenarioError

ROLLOUT = "rollout: {kind: rolling, max_surge: 0, max_unavailable: 50%}"


def play(more="", weather="", horizon="1h", seed=3, replicas=1, rollout=ROLLOUT, volume="{}"):
    """Containers with volumes that are detached and attached in 10 s each, and start in 30 s."""
    fleet = f"kind: cattle, replicas: {replicas}, start: {{time: 30s, cached: 5s}}, {rollout}, state: {{kept: volume, volume: {volume}}}{more}"
    return simulate(loads(f"seed: {seed}\nhorizon: {horizon}\n{weather}\npolicies: {{p: {{web: {{{fleet}}}}}}}\n"))


def waits(run):
    """When whoever came later was attached and served."""
    moves = run.record.frame("transitions")
    return [(row.time_s, row.phase) for row in moves[moves["time_s"] > 0].itertuples() if row.phase in ("attach", "start", "serve")]


def test_a_replacement_waits_until_its_volume_is_off_the_one_before_and_on_it():
    run = play(weather="releases: [{version: '1.1', at: 10m}]")
    assert waits(run) == [(600, "attach"), (620, "start"), (650, "serve")]


def test_a_replacement_waits_for_who_still_drains():
    """The new one is there as soon as the old one is asked to stop; that takes 15 s, and then the volume goes over."""
    run = play(", stop: {takes: 15s}", "releases: [{version: '1.1', at: 10m}]")
    assert waits(run) == [(600, "attach"), (615, "attach"), (635, "start"), (665, "serve")]


def test_a_container_that_starts_again_where_it_is_waits_for_no_volume():
    run = play(weather="failures: [{kind: crash, of: process, time_to_failure: 30m, age: new}]")
    assert waits(run) == [(1800, "start"), (1805, "serve")]


def test_the_volume_of_a_lost_host_is_taken_off_it_after_six_minutes():
    """The host is noticed and the container evicted as without a volume; then 6 min, 10 s to detach and 10 s to attach."""
    run = play(weather="failures: [{kind: outage, host: a-0, at: 10m, lasts: 50m}]")
    (waited, first), (started, second), (served, last) = waits(run)
    assert (first, second, last) == ("attach", "start", "serve") and 600 + 350 <= waited <= 600 + 355
    assert (started - waited, served - started) == approx((360 + 20, 30))


def test_who_is_added_gets_a_new_volume_which_is_only_attached():
    scaler = ", autoscaler: {kind: target_utilisation, min: 1, max: 2, schedule: [{from: 10m, until: 2h, min: 2}]}"
    assert waits(play(scaler)) == [(600, "attach"), (610, "start"), (640, "serve")]


def test_a_host_that_fails_while_a_volume_is_attached_begins_that_again():
    """At 615 s, while the replacement on the same host waits, it goes for 1 s: what is waited for is counted anew, not before the volume is free."""
    weather = "releases: [{version: '1.1', at: 10m}]\nfailures: [{kind: outage, host: a-0, at: 615s, lasts: 1s}]"
    assert waits(play(weather=weather)) == [(600, "attach"), (616, "attach"), (626, "start"), (631, "serve")]


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    replicas=st.integers(1, 6),
    takes=st.sampled_from(["0s", "25s"]),
    recreate=st.booleans(),
    zone=st.integers(5, 50),
    lasts=st.integers(1, 30),
    scaled=st.booleans(),
)
def test_a_volume_has_one_writer_at_a_time(seed, replicas, takes, recreate, zone, lasts, scaled):
    """From when it is attached until it is detached nobody else has it; and in the end as many serve as are wanted, with as many volumes."""
    weather = f"failures: [{{kind: crash, time_to_failure: {{law: exponential, mean: 20m}}}}, {{kind: outage, zone: a, at: {zone}m, lasts: {lasts}m}}]"
    scaler = ", autoscaler: {kind: target_utilisation, min: 1, max: 6, shrink_after: 1m, schedule: [{from: 20m, until: 70m, min: 6}]}" if scaled else ""
    run = play(
        f", stop: {{takes: {takes}}}{scaler}",
        f"{weather}\nreleases: [{{version: '1.1', at: 30m}}, {{version: '1.2', at: 31m}}]",
        "3h",
        seed,
        replicas,
        "rollout: {kind: recreate}" if recreate else ROLLOUT,
    )
    writer = {}
    for row in run.record.frame("volumes").itertuples():
        if row.change == "attached":
            assert row.volume not in writer
            writer[row.volume] = row.server
        else:
            assert writer.pop(row.volume) == row.server
    last = run.record.frame("transitions").drop_duplicates("server", keep="last")
    there = last[last["state"] != "retired"]
    assert sorted(writer.values()) == sorted(there["server"])
    assert len(there) == run.record.frame("signals").query("signal == 'desired'")["value"].iloc[-1]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"replicas": 4, "volume": "{shared: true}"}, "one writer at a time, and here are 4"),
        ({"volume": "{shared: true}", "more": ", autoscaler: {kind: hpa, target: 60%, min: 1, max: 3}"}, "and here are 3"),
        ({"replicas": 4, "rollout": "rollout: {kind: rolling}"}, "roll with `max_surge: 0`"),
        ({"replicas": 10, "rollout": "rollout: {kind: canary}"}, "5 more would start while 10 have the volumes"),
        ({"volume": "{detach: 10}"}, "write '10s'"),
    ],
)
def test_what_makes_no_sense_is_refused_in_one_line_with_its_place(given, said):
    with pytest.raises(ScenarioError) as refused:
        play(**given)
    (line,) = str(refused.value).splitlines()
    assert said in line and line.startswith("scenario:4:")
