"""Deployments: replica sets that grow, shrink and are rolled as Kubernetes has it, and containers that are probed, restarted and stopped."""

from __future__ import annotations

from math import ceil, floor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pytest import approx

from simulator import loads, metrics, simulate
from simulator.kubernetes import deletion_order
from simulator.problems import ScenarioError

SITES = "sites: {zones: [a, b, c], hosts_per_zone: 4}\nrequests: {service: 100ms}"


def play(cattle, weather="", horizon="1h", seed=3):
    """The run of one fleet `web` of containers that start in 30 s, and in 5 s where their image is."""
    fleet = f"{{kind: cattle, start: {{time: 30s, cached: 5s}}, {cattle}}}"
    return simulate(loads(f"seed: {seed}\nhorizon: {horizon}\n{SITES}\n{weather}\npolicies: {{p: {{web: {fleet}}}}}\n"))


def rows(run, *columns):
    """What happened after the start, as tuples."""
    moves = run.record.frame("transitions")
    moves = moves[moves["time_s"] > 0]
    return [tuple(str(value) if isinstance(value, str) else value for value in row) for row in moves[list(columns)].itertuples(index=False)]


def bad(does="never_ready", at="10m"):
    return f"releases: [{{version: '1.1', at: {at}, defect: {{does: {does}}}}}]"


# Lives

HANGS = "failures: [{kind: crash, hangs: true, time_to_failure: 20m, age: new}]"


@pytest.mark.parametrize("seed", range(5))
def test_a_container_that_hangs_is_killed_when_its_liveness_probe_has_failed_three_times(seed):
    """20 to 30 s to the third failure and 1 s for it to time out, then 30 s of grace that it does not use; the first restart is free."""
    (noticed, killed, served) = (time for time, phase in rows(play("replicas: 1, probes: {liveness: {}}", HANGS, "30m", seed), "time_s", "phase")[1:4])
    assert 1220 < noticed - 1 <= 1230 and killed == approx(noticed + 30) and served == approx(killed + 5)


def test_without_a_liveness_probe_who_hangs_hangs_for_ever():
    assert rows(play("replicas: 1", HANGS), "time_s", "phase") == [(1200, "hang")]


def test_a_container_is_ready_at_the_first_look_that_finds_it_so():
    """Able 33 s after its container began: the startup probe (every 4 s) sees it at 36 s, the readiness probe (every 10 s, twice) at 40 and 50 s."""
    probes = "probes: {startup: {every: 4s, failures: 20}, readiness: {every: 10s, successes: 2}}"
    fleet = f"{{kind: cattle, replicas: 1, start: {{time: 30s, cached: 5s, initialise: 33s}}, {probes}}}"
    run = simulate(loads(f"horizon: 1h\nreleases: [{{version: '1.1', at: 10m}}]\npolicies: {{p: {{web: {fleet}}}}}"))
    moves = run.record.frame("transitions")
    assert moves.loc[(moves["state"] == "serving") & (moves["time_s"] > 0), "time_s"].tolist() == [600 + 30 + 50]


def test_a_startup_probe_kills_who_takes_too_long_and_the_back_off_grows():
    """Three looks, at 0, 10 and 20 s, and 1 s to time out: 21 s of every container; between them 0, 10, 20 and 40 s, and 5 s to start again."""
    run = play("replicas: 1, probes: {startup: {}}", bad(), "15m")
    starts = [time for time, phase in rows(run, "time_s", "phase") if phase == "start"]
    gaps = [0, 10, 20, 40]
    assert np.diff(starts)[:4] == approx([30 + 21 + gaps[0], *(5 + 21 + gap for gap in gaps[1:])])


def test_a_container_that_ends_at_once_is_restarted_under_back_off():
    """Waits of 0, 10, 20, 40 and 80 s, and 5 s to start again each time."""
    run = play("replicas: 1", bad("crash_loop"), "15m")
    starts = [time for time, phase in rows(run, "time_s", "phase") if phase == "start"]
    assert np.diff(starts)[:5] == approx([30, 5 + 10, 5 + 20, 5 + 40, 5 + 80])


def test_a_container_gets_nothing_new_as_soon_as_it_is_asked_to_stop_and_is_killed_after_its_grace():
    run = play("replicas: 2, stop: {takes: 40s}, rollout: {kind: recreate}", "releases: [{version: '1.1', at: 10m}]")
    told = rows(run, "time_s", "state")
    assert told == [(600, "draining")] * 2 + [(630, "retired")] * 2 + [(630, "starting")] * 2 + [(660, "serving")] * 2


def test_speed_comes_in_a_straight_line():
    """From half of 10/s in a minute: the area of five stairs is that of the line, 450 requests."""
    run = play("replicas: 1, warm_up: {lasts: 1m}", "failures: [{kind: crash, time_to_failure: 20m, age: new}]", "22m")
    capacity = metrics.capacity(run)["web"]
    times = capacity.index.to_numpy()
    assert capacity[capacity.index >= 1205].tolist() == approx([5.5, 6.5, 7.5, 8.5, 9.5, 10])
    assert times[times >= 1205].tolist() == approx([1205, 1217, 1229, 1241, 1253, 1265])


# Rollouts


def test_a_release_that_never_works_stands_still_and_is_only_noted():
    """Kubernetes keeps two of ten unavailable and five new ones that never come; it says so after ten minutes and does nothing."""
    run = play("replicas: 10", bad())
    moves = run.record.frame("transitions").drop_duplicates("server", keep="last")
    assert moves["state"].value_counts().to_dict() == {"serving": 8, "starting": 5, "retired": 2}
    assert [time for time, event, _ in run.record.frame("events").itertuples(index=False) if event == "web: no progress"] == [1200]


def test_a_rollback_goes_back_to_what_ran_before_at_the_deadline():
    """At 10 min the release, at 15 min the deadline; the five go and two of the old image come, ready 30 s later: all as before."""
    run = play("replicas: 10, rollout: {kind: rolling, rollback: true, progress_deadline: 5m}", bad())
    moves = run.record.frame("transitions")
    last = moves.drop_duplicates("server", keep="last").merge(run.record.frame("stacks"), on="stack")
    there = last[last["state"] != "retired"]
    assert there["release"].tolist() == ["1.0"] * 10 and moves["time_s"].max() == 930
    assert (moves[(moves["cause"] == "rollout") & (moves["time_s"] == 900)]["state"] == "retired").sum() == 5


def test_replicas_count_as_available_only_when_they_have_been_ready_for_long_enough():
    """Steps of 30 s to start and 60 s of `min_ready`: four with one more at a time take four of them, the last old one goes with the last step."""
    run = play("replicas: 4, rollout: {kind: rolling, max_surge: 1, max_unavailable: 0, min_ready: 1m}", "releases: [{version: '1.1', at: 10m}]")
    gone = [time for time, state in rows(run, "time_s", "state") if state == "retired"]
    assert gone == approx([600 + 90 * k for k in (1, 2, 3, 4)])


@pytest.mark.parametrize("seed", [1, 9, 13, 21])
def test_who_is_ready_for_long_enough_is_seen_whatever_the_clock_rounds(seed):
    """Times about 8,192 s, where the doubles of a sum and of its parts lie differently."""
    fleet = "{kind: cattle, replicas: 1, rollout: {kind: rolling, max_surge: 1, max_unavailable: 0, min_ready: 1m}}"
    run = simulate(loads(f"horizon: 6h\nseed: {seed}\nreleases: [{{version: '1.1', at: 8150s}}]\npolicies: {{p: {{web: {fleet}}}}}"))
    last = run.record.frame("transitions").drop_duplicates("server", keep="last")
    assert sorted(last["state"]) == ["retired", "serving"]


@pytest.mark.parametrize("at", [605, 615, 620])
def test_a_release_that_comes_between_a_loss_and_the_reaction_to_it_is_rolled_out(at):
    run = play(
        "replicas: 3, reaction: 20s", f"failures: [{{kind: outage, servers: 1, at: 10m, lasts: 0s, leaves: broken}}]\nreleases: [{{version: '1.1', at: {at}s}}]"
    )
    last = run.record.frame("transitions").drop_duplicates("server", keep="last").merge(run.record.frame("stacks"), on="stack")
    assert last.loc[last["state"] == "serving", "release"].tolist() == ["1.1"] * 3


def test_what_hung_on_a_host_that_was_down_is_started_again_with_it():
    outage = "{kind: outage, host: a-0, at: 40m, lasts: 1m}"
    run = play("replicas: 1", HANGS.replace("]", f", {outage}]"))
    assert rows(run, "time_s", "phase")[-2:] == [(2460, "start"), (2465, "serve")]


scenarios = st.fixed_dictionaries(
    {
        "replicas": st.integers(1, 20),
        "surge": st.integers(0, 100),
        "unavailable": st.integers(0, 100),
        "seed": st.integers(0, 10**6),
        "min_ready": st.sampled_from(["0s", "45s"]),
        "takes": st.sampled_from(["0s", "20s"]),
        "releases": st.lists(st.integers(5, 60), min_size=1, max_size=3, unique=True),
        "spike": st.integers(10, 60),
        "scaled": st.booleans(),
    }
)


def watched(run):
    """After each instant: how many are wanted, there and not ending, and available; and when that was."""
    moves = run.record.frame("transitions")
    signals = run.record.frame("signals")
    desired = signals[signals["signal"] == "desired"]
    there = (~moves["state"].isin(("retired", "draining"))).astype(int)
    serving = (moves["state"] == "serving").astype(int)
    by = moves["server"]
    counts = [(true - true.groupby(by, observed=True).shift(fill_value=0)).groupby(moves["time_s"]).sum().cumsum() for true in (there, serving)]
    wanted = desired["value"].to_numpy()[np.searchsorted(desired["time_s"], counts[0].index, side="right") - 1]
    return wanted, counts[0].to_numpy(), counts[1].to_numpy(), counts[0].index.to_numpy()


@settings(max_examples=40, deadline=None)
@given(given=scenarios)
def test_whatever_comes_a_deployment_stays_within_its_fences_and_bounds(given):
    """With one number wanted: never more than it and the surge, nor fewer available than the floor. With an autoscaler the number is within its bounds after
    each look, and what is there comes to it. A container's version never changes."""
    releases = ", ".join(f"{{version: '1.{number}', at: {at}m}}" for number, at in enumerate(sorted(given["releases"]), 1))
    rollout = f"{{kind: rolling, max_surge: {given['surge']}%, max_unavailable: {given['unavailable']}%, min_ready: {given['min_ready']}}}"
    scaler = "autoscaler: {kind: hpa, target: 60%, min: 2, max: 15}, " if given["scaled"] else ""
    traffic = f"traffic: [{{kind: steady, rate: 30/s}}, {{kind: spike, at: {given['spike']}m, factor: 4, hold: 10m}}]"
    run = play(
        f"{scaler}replicas: {given['replicas']}, stop: {{takes: {given['takes']}}}, rollout: {rollout}",
        f"{traffic}\nreleases: [{releases}]",
        "3h",
        given["seed"],
    )
    wanted, there, available, _ = watched(run)
    moves = run.record.frame("transitions")
    assert (moves.groupby("server", observed=True)["stack"].nunique() == 1).all()
    if given["scaled"]:
        assert wanted[1:].min() >= 2 and wanted.max() <= 15
    else:
        desired = given["replicas"]
        surge, unavailable = ceil(given["surge"] * desired / 100), floor(given["unavailable"] * desired / 100)
        assert there.max() <= desired + surge
        assert available.min() >= desired - min(desired, unavailable if surge or unavailable else 1)
    assert there[-1] == available[-1] == wanted[-1]


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10**6), replicas=st.integers(2, 40), gone=st.integers(1, 39))
def test_who_goes_is_whom_the_rule_picks_of_all(seed, replicas, gone):
    """A fleet that has lived through crashes shrinks: those that go are the first of all its containers by Kubernetes' order, ties aside."""
    left = max(1, replicas - gone)
    schedule = f"schedule: [{{from: 0s, until: 100h, min: {replicas}}}]"
    scaler = f"autoscaler: {{kind: target_utilisation, min: {left}, max: 40, shrink_after: 0s, {schedule}}}"
    run = play(f"replicas: {replicas}, {scaler}", "failures: [{kind: crash, time_to_failure: {law: exponential, mean: 30h}, age: new}]", "101h", seed)
    moves = run.record.frame("transitions")
    went = moves[moves["state"] == "retired"]
    if not len(went):
        return
    (time,) = set(went["time_s"])
    before = moves[moves["time_s"] < time].drop_duplicates("server", keep="last")
    crowd = before["host"].value_counts()
    pods = {
        row.server: deletion_order.Pod(ready=row.state == "serving", same_node_rank=crowd[row.host], ready_ago=time - row.time_s if row.time_s else 1e7)
        for row in before.itertuples()
    }
    goes, stays = ([pods[server] for server in pods if (server in set(went["server"])) is out] for out in (True, False))
    for one in goes:
        for other in stays:
            alike = one.ready == other.ready and one.same_node_rank == other.same_node_rank
            same_bucket = alike and one.ready and deletion_order.age_bucket(one.ready_ago) == deletion_order.age_bucket(other.ready_ago)
            assert same_bucket or not deletion_order.before(other, one)


# What is refused


@pytest.mark.parametrize(
    ("cattle", "said"),
    [
        ("autoscaler: {kind: hpa, target: 60%, min: 5, max: 2}", "`min` 5 is above `max` 2"),
        ("autoscaler: {kind: hpa, target: 0%, min: 1, max: 2}", "target of nothing"),
        ("autoscaler: {kind: hpa, target: 60, min: 1, max: 2}", "write '60%'"),
        ("autoscaler: {kind: hpa, min: 1, max: 2}", "give a `target`"),
        ("autoscaler: {kind: hpa, target: 60%, min: 1, max: 9, schedule: [{from: 1h, until: 3h, min: 2}, {from: 2h, until: 4h, min: 3}]}", "at the same time"),
        ("autoscaler: {kind: hpa, target: 60%, min: 1, max: 9, schedule: [{from: 1h, until: 3h, min: 20}]}", "above `max` 9"),
        ("autoscaler: {kind: step, min: 1, max: 9, above: 40%, below: 60%}", "`below` should be less"),
        ("rollout: {kind: rolling, max_surge: '25'}", "write it like '60%'"),
        ("rollout: {kind: rolling, max_surge: 12.5%}", "no whole percentage"),
        ("rollout: {kind: waves}", "is for pets"),
        ("rollout: {kind: rolling, max_unavailable: 150%}", "at most 100%"),
        ("probes: {liveness: {successes: 2}}", "`successes` should be 1"),
        ("restarts: {first: 10m, most: 1m}", "not be longer"),
        ("autoscaler: {kind: hpa, metrics: [{busy: 0.0001}], min: 1, max: 2}", "less than a thousandth"),
    ],
)
def test_what_makes_no_sense_is_refused_in_one_line_with_its_place(cattle, said):
    with pytest.raises(ScenarioError) as refused:
        play(f"replicas: 2, {cattle}")
    (line,) = str(refused.value).splitlines()
    assert said in line and line.startswith("scenario:6:")


def test_fences_of_nothing_are_taken_as_one_unavailable_and_that_is_said():
    scenario = loads("horizon: 1h\npolicies: {p: {web: {kind: cattle, replicas: 3, rollout: {kind: rolling, max_surge: 0, max_unavailable: 0}}}}")
    assert len(scenario.warnings) == 1 and "one server may be unavailable" in scenario.warnings[0]
