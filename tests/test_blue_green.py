"""Blue and green: a switch in one instant, back at once while the old ones are kept, and twice the servers meanwhile."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pytest import approx

from simulator import loads, metrics, simulate
from simulator.metrics.capacity import live


def play(rollout, releases="{version: '1.1', at: 1h}", replicas=4, horizon="3h", seed=1, more="", weather=""):
    fleet = f"{{kind: cattle, replicas: {replicas}, start: {{time: 30s, cached: 5s}}, rollout: {{kind: blue_green, {rollout}}}{more}}}"
    rest = f"requests: {{service: 100ms}}\n{weather}\nreleases: {releases}\npolicies: {{p: {{web: {fleet}}}}}"
    return simulate(loads(f"seed: {seed}\nhorizon: {horizon}\n{rest}\n"))


def moves(run):
    rows = run.record.frame("transitions")
    return rows[rows["time_s"] > 0].astype({"state": str})


def test_all_stand_by_until_all_are_ready_and_the_old_are_kept_for_a_while():
    """Ready after 30 s; the old ones go 10 min after the switch: 4 x (30 + 600) server-seconds more than without a release."""
    run = play("keeps: 10m")
    told = moves(run).groupby(["time_s", "state", "stack"]).size().to_dict()
    assert told == {
        (3600, "starting", 1): 4,
        (3630, "standby", 1): 4,
        (3630, "serving", 1): 4,
        (3630, "standby", 0): 4,
        (4230, "retired", 0): 4,
    }
    assert live(run.record.frame("transitions")).integral(0, 10800) == approx(4 * 10800 + 4 * 630)


def test_two_versions_serve_together_for_no_time_and_capacity_is_never_missing():
    capacity = metrics.capacity(play("keeps: 10m"))["web"]
    assert capacity.to_list() == approx([40.0] * len(capacity))
    drift = metrics.version_drift(play("keeps: 0s"))
    assert drift["behind"].iloc[-1] == 0


def test_it_waits_for_those_that_must_have_been_ready_for_a_while_and_for_a_pause():
    """30 s to start, 1 min of min_ready and 5 min of pause."""
    run = play("min_ready: 1m, pause: {at: 100%, lasts: 5m}")
    own = moves(run)
    assert set(own.loc[(own["state"] == "serving") & (own["stack"] == 1), "time_s"]) == {3600 + 30 + 60 + 300}


def test_who_goes_back_while_the_old_ones_are_kept_switches_at_once():
    run = play("keeps: 1h, gate: {}", "{version: '1.1', at: 1h, defect: {errors: 20%}}")
    (back,) = run.record.frame("rollbacks")["time_s"]
    own = moves(run)
    assert set(own.loc[(own["stack"] == 0) & (own["state"] == "serving"), "time_s"]) == {back}
    assert metrics.capacity(run)["web"].min() == approx(40)


def test_afterwards_a_set_of_the_old_image_is_started_anew():
    """Kept for 30 s, and the gate needs more than two minutes: 30 s to start again."""
    run = play("gate: {}", "{version: '1.1', at: 1h, defect: {errors: 20%}}")
    (back,) = run.record.frame("rollbacks")["time_s"]
    own = moves(run)
    assert own.loc[(own["stack"] == 0) & (own["state"] == "serving"), "time_s"].tolist() == approx([back + 30] * 4)


def test_a_set_that_is_never_ready_is_never_switched_to():
    run = play("rollback: true", "{version: '1.1', at: 1h, defect: {}}")
    own = moves(run)
    assert own.loc[own["stack"] == 0].empty and run.record.frame("rollbacks")["time_s"].tolist() == [4200]


@settings(max_examples=15, deadline=None)
@given(replicas=st.integers(1, 12), keeps=st.integers(0, 900), second=st.integers(1, 1200), seed=st.integers(0, 50))
def test_there_is_never_less_capacity_than_all_of_it_whenever_the_next_release_comes(replicas, keeps, second, seed):
    releases = f"[{{version: '1.1', at: 1h}}, {{version: '1.2', at: {3600 + second}s}}]"
    run = play(f"keeps: {keeps}s", releases, replicas, seed=seed)
    capacity = metrics.capacity(run)["web"]
    assert capacity.min() == approx(10 * replicas) and capacity.max() == approx(10 * replicas)
    last = run.record.frame("transitions").drop_duplicates("server", keep="last")
    assert last.loc[last["state"] != "retired", "stack"].tolist() == [2] * replicas


@pytest.mark.parametrize("defect", ["", ", defect: {}", ", defect: {does: crash_loop}"])
def test_an_autoscaler_sees_the_set_in_rotation_alone(defect):
    """50/s on 10 servers of 10/s are half of it, as is wanted; then 150/s are three times as much: at most twice as many at a look, and 30 in the end, whether
    the other set stands by for twenty minutes, is never ready, or crashes."""
    rises = "{kind: steps, steps: [{at: 0s, rate: 50/s}, {at: 61m, rate: 150/s}]}"
    scaler = ", autoscaler: {kind: hpa, target: 50%, min: 10, max: 60}"
    more = "pause: {at: 100%, lasts: 20m}"
    run = play(more, f"{{version: '1.1', at: 1h{defect}}}", 10, more=scaler, weather=f"traffic: {rises}")
    signals = run.record.frame("signals")
    desired = signals[(signals["signal"] == "desired") & (signals["time_s"] > 0)]
    assert desired["value"].iloc[0] == 20 and desired["value"].iloc[-1] == 30 and desired["time_s"].max() < 4500
