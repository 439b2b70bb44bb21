"""Gates: a new version that does worse than the old one is sent back, to all that ran before."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator import loads, simulate
from simulator.problems import ScenarioError
from simulator.rollouts import Gate

BAD = "{version: '1.1', at: 1h, defect: {errors: 20%}}"


def play(fleet, releases=BAD, horizon="6h", seed=1):
    return simulate(loads(f"seed: {seed}\nhorizon: {horizon}\nrequests: {{service: 100ms}}\nreleases: {releases}\npolicies: {{p: {{web: {fleet}}}}}\n"))


def cattle(rollout, replicas=10):
    return f"{{kind: cattle, replicas: {replicas}, start: {{time: 30s, cached: 5s}}, rollout: {rollout}}}"


def rollbacks(run):
    return list(run.record.frame("rollbacks").astype({"why": str})[["time_s", "stack_from", "stack_to", "why"]].itertuples(index=False, name=None))


def stacks(run, time=np.inf):
    """The stacks of those there are at a time, in order."""
    moves = run.record.frame("transitions")
    last = moves[moves["time_s"] <= time].drop_duplicates("server", keep="last")
    return sorted(last.loc[last["state"] != "retired", "stack"])


@pytest.mark.parametrize(
    ("new", "old", "passes"),
    [((0.01, 1), (0, 1), True), ((0.011, 1), (0, 1), False), ((0.21, 1), (0.2, 1), True), ((0, 0.667), (0, 1), True), ((0, 0.66), (0, 1), False)],
)
def test_a_look_fails_where_errors_or_slowness_go_beyond_the_old_by_more_than_is_let_pass(new, old, passes):
    """One hundredth more errors, or half as slow again: at 0.667 of the old speed it takes 1.4993 times as long, at 0.66 1.515."""
    assert Gate().passes(new, old) is passes


@pytest.mark.parametrize("seed", range(3))
def test_three_failed_looks_in_a_row_send_it_back(seed):
    """The first new one serves 30 s after the release: the third look after that is 2 to 3 min later, at a phase of the gate's own."""
    run = play(cattle("{kind: rolling, gate: {}}"), seed=seed)
    ((time, since, to, why),) = rollbacks(run)
    assert 3630 + 120 < time <= 3630 + 180 and (since, to, why) == (1, 0, "gate")
    assert stacks(run) == [0] * 10


def test_a_good_version_passes():
    assert rollbacks(play(cattle("{kind: rolling, gate: {}}"), "{version: '1.1', at: 1h}")) == []


def test_what_shows_after_the_watch_is_over_is_not_seen():
    late = "{version: '1.1', at: 1h, defect: {errors: 20%, after: 2h}}"
    assert rollbacks(play(cattle("{kind: rolling, gate: {}}"), late)) == []
    assert len(rollbacks(play(cattle("{kind: rolling, gate: {watch: 3h}}"), late))) == 1


def test_pets_are_downgraded_by_people_to_what_all_ran_before():
    """Two are patched (1 h each, one after another) before the gate has seen three bad looks at 20 min each; then both go back in the rollout's order."""
    fleet = "{kind: pets, servers: 4, boot: 0s, upgrade: {time: 1h}, rollout: {kind: in_turn, gate: {every: 20m}}}"
    run = play(fleet, horizon="24h")
    assert stacks(run) == [0] * 4 and len(rollbacks(run)) == 1
    assert run.record.frame("upgrades")["outcome"].tolist().count("done") % 2 == 0


def test_a_rollback_goes_back_past_a_release_that_came_on_top():
    """1.2 comes while 1.1 is under way, and carries its defect: all go back to 1.0, with which the rollout began."""
    releases = "[{version: '1.1', at: 1h, defect: {errors: 20%, mended: 9h}}, {version: '1.2', at: 3601s}]"
    run = play(cattle("{kind: rolling, gate: {}}"), releases)
    assert [row[1:3] for row in rollbacks(run)] == [(2, 0)] and stacks(run) == [0] * 10


@pytest.mark.parametrize(
    ("rollout", "releases"),
    [
        ("recreate", "{version: '1.1', at: 1h, defect: {does: never_ready}}, {version: '1.2', at: 2h, defect: {errors: 20%}}"),
        ("rolling", "{version: '1.1', at: 1h, defect: {errors: 20%, mended: 9h}}, {version: '1.2', at: 62m}"),
    ],
)
def test_what_has_not_passed_yet_is_nothing_to_go_back_to(rollout, releases):
    """1.1 was never ready, or runs everywhere and is still watched: who goes back from 1.2 goes back to 1.0."""
    run = play(cattle(f"{{kind: {rollout}, gate: {{}}}}"), f"[{releases}]")
    assert [row[1:3] for row in rollbacks(run)] == [(2, 0)] and stacks(run) == [0] * 10


def test_what_has_passed_is_what_is_gone_back_to():
    """1.1 is watched for ten minutes; 1.2 comes after half an hour."""
    run = play(cattle("{kind: rolling, gate: {}}"), "[{version: '1.1', at: 1h}, {version: '1.2', at: 90m, defect: {errors: 20%}}]")
    assert [row[1:3] for row in rollbacks(run)] == [(2, 1)] and stacks(run) == [1] * 10


@settings(max_examples=20, deadline=None)
@given(
    kind=st.sampled_from(["rolling", "recreate", "blue_green", "canary"]),
    replicas=st.integers(1, 25),
    defect=st.sampled_from(["{errors: 20%}", "{speed: 50%}", "{errors: 5%, after: 2m}", "{does: crash_loop}", "{does: never_ready}"]),
    seed=st.integers(0, 99),
)
def test_after_a_rollback_the_fleet_is_what_it_was(kind, replicas, defect, seed):
    """As many servers of each stack as when the release came, whichever way it is rolled out and whatever is wrong with it."""
    rollout = f"{{kind: {kind}, gate: {{watch: 1h}}, rollback: true}}"
    run = play(cattle(rollout, replicas), f"{{version: '1.1', at: 1h, defect: {defect}}}", "8h", seed)
    assert len(rollbacks(run)) == 1 and stacks(run) == stacks(run, 3599)


def test_a_pause_is_made_once_when_so_many_run_the_new_version():
    """4 pets at 1 h each: two by hour 3, half an hour of pause, and the third begins at 3.5 h."""
    fleet = "{kind: pets, servers: 4, boot: 0s, upgrade: {time: 1h}, rollout: {kind: in_turn, pause: {at: 50%, lasts: 30m}}}"
    moves = play(fleet, "{version: '1.1', at: 1h}", "8h").record.frame("transitions")
    assert (moves.loc[moves["phase"] == "patch", "time_s"] / 3600).tolist() == [1, 2, 3.5, 4.5]


@pytest.mark.parametrize("halt", ["{kind: in_turn, pause: {at: 25%, lasts: 1d}, gate: {}}", "{kind: waves, pause: 1d, gate: {}}"])
def test_a_rollback_of_pets_waits_for_no_pause_and_makes_none(halt):
    """One pet a zone, 10 min each: the first serves with errors at 1:10, three looks a minute apart, and it is back within 13 min though the pause is a day."""
    fleet = f"{{kind: pets, servers: 4, boot: 0s, upgrade: {{time: 10m}}, rollout: {halt}}}"
    run = simulate(loads(f"horizon: 3d\nsites: {{zones: [a, b, c, d]}}\nreleases: {BAD}\npolicies: {{p: {{web: {fleet}}}}}\n"))
    patched, back = run.record.frame("upgrades")["end_s"] / 60
    assert patched == 70 and back == 10 + rollbacks(run)[0][0] / 60 <= 83 and stacks(run) == [0] * 4


def test_another_release_waits_for_no_pause_of_the_one_before():
    """The first of two is on 1.1 from 1:10 on; 1.2 comes in the day of pause, begins at once, and pauses for a day of its own."""
    fleet = "{kind: pets, servers: 2, boot: 0s, upgrade: {time: 10m}, rollout: {kind: in_turn, pause: {at: 50%, lasts: 1d}}}"
    run = play(fleet, "[{version: '1.1', at: 1h}, {version: '1.2', at: 2h}]", "3d")
    assert (run.record.frame("upgrades")["end_s"] / 60).tolist() == [70, 130, 1580]


def test_a_pause_of_containers_begins_nothing_more():
    """One more at a time, 30 s each: the fifth is there after 150 s, and the sixth begins ten minutes later."""
    run = play(cattle("{kind: rolling, max_surge: 1, max_unavailable: 0, pause: {at: 50%, lasts: 10m}}"), "{version: '1.1', at: 1h}")
    moves = run.record.frame("transitions")
    starts = moves.loc[(moves["stack"] == 1) & (moves["phase"] == "start"), "time_s"] - 3600
    assert starts.tolist() == [0, 30, 60, 90, 120, 750, 780, 810, 840, 870]


@pytest.mark.parametrize("fences", ["", "max_surge: 0, max_unavailable: 1, ", "max_unavailable: 100%, "])
def test_a_pause_of_containers_leaves_as_many_old_ones_as_are_missing(fences):
    """Five of ten are new: the other five serve on for as long as the pause lasts, whatever the fences would let go."""
    run = play(cattle(f"{{kind: rolling, {fences}pause: {{at: 50%, lasts: 1h}}}}"), "{version: '1.1', at: 1h}")
    assert stacks(run, 6000) == [0] * 5 + [1] * 5 and stacks(run) == [1] * 10


@pytest.mark.parametrize(
    ("fleet", "words"),
    [
        ("{kind: pets, servers: 2, rollout: {kind: lagged, gate: {}}}", "no rollout to send back"),
        ("{kind: pets, servers: 2, rollout: {kind: on_demand, gate: {}}}", "no rollout to send back"),
        ("{kind: cattle, replicas: 2, rollout: {kind: recreate, pause: {at: 50%, lasts: 1m}}}", "no middle to halt in"),
        ("{kind: cattle, replicas: 2, rollout: {kind: rolling, gate: {slower: 0.5}}}", "ConfigRange"),
    ],
)
def test_what_makes_no_sense_is_refused(fleet, words):
    with pytest.raises(ScenarioError, match=words):
        play(fleet)
