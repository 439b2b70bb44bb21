"""Kubernetes' rules: the tables of its own tests, what these leave out, and rollouts that no table has."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.kubernetes.__main__ import judged, read
from simulator.kubernetes import batches, deletion_order, fences, names, rolling_update
from simulator.kubernetes.crash_backoff import Backoff, Limits, limits
from simulator.kubernetes.deletion_order import Pod, age_bucket, pick
from simulator.kubernetes.pod_groups import Pod as Seen
from simulator.kubernetes.pod_groups import Sample
from simulator.kubernetes.replica_proposal import Tolerance, pods_average, resource_utilization
from simulator.kubernetes.rolling_update import Size
from simulator.kubernetes.scaling_policies import DOWN, UP, behavior, down_limit, legacy, up_limit
from simulator.kubernetes.stabilization import Recommendation
from simulator.kubernetes.stabilization import behavior as stabilized
from simulator.kubernetes.stabilization import legacy as stabilized_without

ROOT = Path(__file__).parents[1]
TABLES = ROOT.parent / "shared" / "cases" / "kubernetes"
shared = pytest.mark.skipif(not TABLES.is_dir(), reason="the shared tables are not here")


@shared
@pytest.mark.parametrize("file", sorted(TABLES.glob("*.yaml")) if TABLES.is_dir() else [], ids=lambda file: file.stem)
def test_every_case_of_the_shared_tables_holds(file):
    told = judged(read(file))
    assert told.passed and not told.failures and not told.skipped


def command(folder):
    return subprocess.run([sys.executable, "-m", "conformance.kubernetes", str(folder)], capture_output=True, text=True, cwd=ROOT)


TABLE = "table: batch_create\ncases:\n- {id: one, wanted: 10, calls_that_succeed: 5, first_batch: 1, expect: {created: 5, failed: true, calls: 7}}\n"


def test_a_table_that_says_something_else_fails(tmp_path):
    (tmp_path / "batch_create.yaml").write_text(TABLE)
    assert command(tmp_path).stdout.splitlines()[-1] == "1 passed, 0 failed, 0 skipped"
    (tmp_path / "batch_create.yaml").write_text(TABLE.replace("calls: 7", "calls: 6"))
    (tmp_path / "unknown.yaml").write_text("table: of_contents\ncases: [{id: one, expect: {a: 1}}]\n")
    (tmp_path / "malformed.yaml").write_text(
        "table: batch_create\ncases: [{id: two, wanted: many, calls_that_succeed: 1, first_batch: 1, expect: {calls: 1}}]\n"
    )
    told = command(tmp_path)
    assert told.returncode == 1 and told.stdout.splitlines()[-1] == "0 passed, 2 failed, 1 skipped" and not told.stderr
    assert "one: calls: 6 expected, 7 found" in told.stdout and "two: not in the schema" in told.stdout


def test_a_folder_without_tables_is_an_error_of_one_line(tmp_path):
    for folder in (tmp_path / "nowhere", tmp_path):
        told = command(folder)
        assert told.returncode == 2 and len(told.stderr.splitlines()) == 1 and "Traceback" not in told.stderr
    shutil.copy(ROOT / "README.md", tmp_path / "text.yaml")
    assert command(tmp_path).returncode == 2


# The autoscaler


def test_whole_percent_and_both_ends_of_the_tolerance_are_inside():
    assert Tolerance().holds(1.1) and Tolerance().holds(0.9) and not Tolerance().holds(1.1000001)
    pods = [Seen("p", pods=3)]
    assert resource_utilization(3, 100, pods, {"p": Sample(1109)}).replicas == 3  # 110 %, not 110.9 %
    assert resource_utilization(3, 100, pods, {"p": Sample(1110)}).replicas == 4


def test_pods_that_are_alike_may_be_given_as_one():
    """Two of 300 and one of 600 thousandths, one missing, one just started: the same in groups and one by one."""
    alone = [Seen("a"), Seen("b"), Seen("c"), Seen("d"), Seen("e", started_ago=5.0, ready_changed_ago=5.0)]
    samples = {"a": Sample(300), "b": Sample(300), "c": Sample(600), "e": Sample(900)}
    grouped = [Seen("ab", pods=2), *alone[2:]]
    found = resource_utilization(5, 30, alone, samples)
    assert found == resource_utilization(5, 30, grouped, {"ab": Sample(300), "c": samples["c"], "e": samples["e"]})
    assert found.utilization == 40 and found.replicas == 5  # 1,200 / 5,000 with the two at nothing is less than the target


def test_a_plain_metric_looks_at_no_readiness():
    pods = [Seen("a"), Seen("b", ready=False, started_ago=1.0, ready_changed_ago=1.0)]
    samples = {"a": Sample(1000), "b": Sample(3000)}
    assert pods_average(2, 1000, pods, samples).replicas == 4
    assert pods_average(2, 1000, pods, samples, "cpu").replicas == 2  # b counts nothing


def test_without_behavior_one_replica_grows_to_four_and_with_its_defaults_to_five():
    assert legacy(1, 100, 1, 100) == (4, "scale_up_limit")
    assert behavior(1, 100, 1, 100, UP, DOWN, [], [], 0.0) == (5, "scale_up_limit")


def test_floating_point_shows_in_percentages():
    """100 + 10 % is 111, and 10 - 90 % is 0, as Kubernetes calculates."""
    percent = UP._replace(policies=(UP.policies[1]._replace(value=10),))
    assert up_limit(100, percent, [], [], 0.0) == 111
    assert down_limit(10, DOWN._replace(policies=(DOWN.policies[0]._replace(value=90),)), [], [], 0.0) == 0


def test_the_edge_of_the_window_counts_without_behavior_and_not_with_it():
    assert stabilized_without(1, [Recommendation(9, 0.0)], 300.0) == 9
    assert stabilized(9, 1, [Recommendation(9, 0.0)], 300.0) == 1


# Deployments and pods


def test_percentages_round_up_for_the_surge_and_down_for_the_others():
    assert fences.resolve("25%", "25%", 10) == (3, 2) and fences.resolve("0%", 0, 10) == (0, 1)
    with pytest.raises(fences.BadValue):
        fences.resolve("25", 1, 10)


rollouts = st.tuples(st.integers(1, 30), st.integers(0, 30), st.integers(0, 30)).filter(lambda given: given[1] or given[2])


@given(given=rollouts, data=st.data())
def test_any_rollout_stays_within_its_fences_and_ends(given, data):
    """New pods become available one by one, whenever they like; old ones may break. What can be done is done until nothing changes."""
    desired, surge, unavailable = given
    new, old, available, old_available = 0, desired, 0, desired
    for _ in range(20 * desired + 20):
        grown, left = rolling_update.step(desired, surge, unavailable, Size(new, available), [Size(old, old_available)])
        cleaned = min(old - left, old - old_available)
        old_available -= old - left - cleaned
        assert grown + left <= desired + surge
        assert available + old_available >= desired - min(unavailable, desired)
        if (grown, left) == (new, old):
            if available < new:
                available += data.draw(st.integers(1, new - available))
            elif new == desired and not old:
                return
            else:
                raise AssertionError(f"stuck at {new} new and {old} old of {desired}")
        new, old = grown, left
    raise AssertionError("no end")


def test_the_first_restart_is_free_and_ten_minutes_of_running_forgive():
    """SEMANTICS 4.1: 0, 10, 20, ... 300; a run of exactly 600 s forgives nothing."""
    backoff, now, waits = Backoff(), 0.0, []
    for run in (1, 1, 1, 1, 1, 1, 1, 1, 600, 600.001, 1):
        waits.append(backoff.pause(now + run))
        now += run + waits[-1]
    assert waits == [0, 10, 20, 40, 80, 160, 300, 300, 300, 0, 10]
    assert limits(node_most=5.0) == Limits(5.0, 5.0) and limits(reduced_decay=True) == Limits(1.0, 60.0)


def test_ages_are_told_apart_by_powers_of_two_of_nanoseconds():
    assert (age_bucket(0), age_bucket(1e-9), age_bucket(60), age_bucket(68.7), age_bucket(68.8)) == (-1, 0, 35, 35, 36)


ages = st.lists(st.floats(0.001, 1e7).map(lambda age: round(age, 3)), min_size=1, max_size=8, unique=True)


@given(ages=ages, data=st.data())
def test_who_goes_first_of_those_alike_is_who_would_be_picked(ages, data):
    uids = data.draw(st.lists(st.floats(0, 1), min_size=len(ages), max_size=len(ages), unique=True))
    pods = [Pod(ready_ago=age, created_ago=2 * age, uid=uid) for age, uid in zip(ages, uids, strict=True)]
    assert pick(pods, 1) == [deletion_order.first_of_alike(ages, uids)] or len(pods) == 1


@given(ages=st.lists(st.sampled_from([1.0, 1.0005, 2.0, 60.0]), min_size=2, max_size=8), data=st.data())
def test_nobody_goes_before_the_first_of_those_ready_at_one_instant(ages, data):
    uids = data.draw(st.lists(st.floats(0, 1), min_size=len(ages), max_size=len(ages), unique=True))
    created = data.draw(st.lists(st.sampled_from([70.0, 100.0]), min_size=len(ages), max_size=len(ages)))  # of one bucket
    pods = [Pod(ready_ago=age, created_ago=since, uid=uid) for age, since, uid in zip(ages, created, uids, strict=True)]
    first = pods[deletion_order.first_of_alike(ages, uids)]
    assert not any(deletion_order.before(other, first) for other in pods)


def test_pods_are_made_in_batches_that_double():
    assert batches.create(10, 10) == (10, False, 10) and batches.create(10, 6) == (6, True, 7) and batches.create(0, 5) == (0, False, 0)


def test_names_are_of_characters_that_spell_nothing():
    assert set(names.pod("web-7c5ddbdf54", 0.7)[-5:]) <= set(names.LETTERS)
    assert names.pod("web", 0.0) == "web-bbbbb" and names.pod("web", 1 - 1e-16).startswith("web-9999")
    assert names.template_hash("") == "".join(names.DIGITS[int(digit)] for digit in "2166136261")  # FNV-1a of nothing is its offset
    assert len(names.pod("x" * 80, 0.5)) == 63
