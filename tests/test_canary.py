"""Canaries: stages by share, a bake after each, and a stable set that nothing takes away meanwhile."""

from __future__ import annotations

from math import ceil

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pytest import approx

from simulator import loads, metrics, simulate
from simulator.metrics.steps import changes, summed
from simulator.problems import ScenarioError


def play(rollout="", releases="{version: '1.1', at: 1h}", replicas=100, horizon="3h", seed=1, more="", weather=""):
    fleet = f"{{kind: cattle, replicas: {replicas}, start: {{time: 30s, cached: 5s}}, rollout: {{kind: canary, {rollout}}}{more}}}"
    return simulate(
        loads(f"seed: {seed}\nhorizon: {horizon}\nrequests: {{service: 100ms}}\n{weather}\nreleases: {releases}\npolicies: {{p: {{web: {fleet}}}}}\n")
    )


def serving(run, stack):
    """How many of a stack serve, by time."""
    moves = run.record.frame("transitions")
    return summed(moves["time_s"].to_numpy(), changes(moves, ((moves["stack"] == stack) & (moves["state"] == "serving")).astype(int)))


def test_stages_of_a_hundred():
    """1, 10, 50 and 100 of 100, 30 s to start each and 10 min after each but the last: 4 x 30 + 3 x 600 = 1920 s."""
    new = serving(play(), 1)
    steps = [(time - 3600, value) for time, value, before in zip(new.times[1:], new.values[1:], new.values, strict=False) if value != before]
    assert steps == [(30, 1), (660, 10), (1290, 50), (1920, 100)]
    assert new.integral(3600, 3600 + 1920) / 1920 / 100 == approx(0.20015625)


def test_as_many_old_ones_go_as_new_ones_are_available():
    run = play()
    assert metrics.capacity(run)["web"].min() == approx(1000)
    old = serving(run, 0)
    assert [old.at([3600.0 + after])[0] for after in (29, 31, 661, 1291, 1921)] == [100, 99, 90, 50, 0]


def test_a_canary_with_errors_is_sent_back_by_default_before_more_get_it():
    run = play(releases="{version: '1.1', at: 1h, defect: {errors: 20%}}")
    assert run.record.frame("rollbacks")["why"].astype(str).tolist() == ["gate"]
    assert serving(run, 1).values.max() == 1 and serving(run, 0).values[-1] == 100


def test_without_a_gate_it_goes_on():
    assert serving(play("gate: none", "{version: '1.1', at: 1h, defect: {errors: 20%}}"), 1).values[-1] == 100


def test_a_canary_that_bakes_is_not_late():
    """A bake of half an hour, and a deadline of ten minutes."""
    run = play("bake: 30m", replicas=4)
    assert not run.record.frame("events")["event"].astype(str).str.contains("no progress").any() and serving(run, 1).values[-1] == 4


@settings(max_examples=20, deadline=None)
@given(replicas=st.integers(1, 40), stages=st.lists(st.integers(1, 99), max_size=4, unique=True), seed=st.integers(0, 50))
def test_old_ones_are_never_fewer_than_the_stage_leaves_them(replicas, stages, seed):
    """A canary that is never ready: of the old ones as many serve as were wanted, and no more new ones are started than the first stage has."""
    told = ", ".join(f"{share}%" for share in [*sorted(stages), 100])
    run = play(f"stages: [{told}]", "{version: '1.1', at: 1h, defect: {}}", replicas, "90m", seed)
    first = [*sorted(stages), 100][0]
    moves = run.record.frame("transitions")
    assert serving(run, 0).values.min() == replicas or first == 100
    assert moves.loc[moves["stack"] == 1, "server"].nunique() == max(1, ceil(first * replicas / 100 - 1e-9))


def test_an_autoscaler_makes_nothing_smaller_while_a_canary_is_under_way():
    """40 of 100 would do from 70 min on, but the canary bakes until 2 h and more; it grows at any time, both sets in the stage's proportion."""
    scaler = ", autoscaler: {kind: target_utilisation, target: 50%, min: 10, max: 300, shrink_after: 0s}"
    falls = "traffic: {kind: steps, steps: [{at: 0s, rate: 500/s}, {at: 70m, rate: 200/s}]}"
    run = play("stages: [10%, 100%], bake: 1h", more=scaler, weather=falls)
    signals = run.record.frame("signals")
    desired = signals[(signals["signal"] == "desired") & (signals["time_s"] > 3600)]
    assert desired.loc[desired["time_s"] < 7260, "value"].tolist() == [] and desired["value"].iloc[-1] == 40
    rises = "traffic: {kind: steps, steps: [{at: 0s, rate: 500/s}, {at: 70m, rate: 1000/s}]}"
    run = play("stages: [10%, 100%], bake: 1h", more=scaler, weather=rises)
    assert (serving(run, 0).at([7000.0])[0], serving(run, 1).at([7000.0])[0]) == (180, 20)


@pytest.mark.parametrize("stages", ["[1%, 50%]", "[50%, 10%, 100%]", "[10%, 10%, 100%]", "[]"])
def test_stages_rise_to_all(stages):
    with pytest.raises(ScenarioError, match=r"rollout\.stages: .*ConfigRange"):
        play(f"stages: {stages}")
