"""Upgrades of pets in place: whose turn it is, and what becomes of a patch that fails."""

from __future__ import annotations

from math import exp

import pytest
from pytest import approx

from simulator import loads, simulate
from simulator.fleets.freeze import Freeze, thawed
from simulator.problems import ScenarioError

RELEASE = 'releases: [{version: "1.1", at: 1h}]'
WEEK = 168


def play(pets, weather=RELEASE, horizon="20h", people=10, seed=1):
    """The moves of a run of the fleet `web`, which boots in no time, and of its crew."""
    policy = f"{{ops: {{kind: crew, people: {people}}}, web: {{kind: pets, boot: 0s, {pets}}}}}"
    moves = simulate(loads(f"seed: {seed}\nhorizon: {horizon}\n{weather}\npolicies: {{p: {policy}}}\n")).record.frame("transitions")
    return moves.assign(hours=(moves["time_s"] / 3600).round(9), phase=moves["phase"].astype(str), server=moves["server"].astype(str))


def patches(moves):
    """When somebody began to patch which server."""
    own = moves[moves["phase"] == "patch"]
    return list(zip(own["hours"], own["server"], strict=True))


def on_newest(moves):
    """How many servers end on the newest version."""
    return int((moves.groupby("server")["stack"].last() == moves["stack"].max()).sum())


@pytest.mark.parametrize(("at_once", "hours"), [(1, [1, 2, 3, 4]), (2, [1, 1, 2, 2]), (9, [1, 1, 1, 1])])
def test_so_many_are_upgraded_at_once(at_once, hours):
    moves = play(f"servers: 4, upgrade: {{time: 1h}}, rollout: {{kind: in_turn, at_once: {at_once}}}")
    assert [time for time, _ in patches(moves)] == hours and on_newest(moves) == 4


def test_no_more_are_upgraded_at_once_than_there_are_people():
    assert [time for time, _ in patches(play("servers: 4, upgrade: {time: 1h}, rollout: {kind: in_turn, at_once: 4}", people=2))] == [1, 1, 2, 2]


@pytest.mark.parametrize(("stops", "tried"), [("false", 5), ("true", 1)])
def test_a_failure_may_stop_it(stops, tried):
    moves = play(f"servers: 5, upgrade: {{time: 1h, succeeds: 0%}}, rollout: {{kind: in_turn, stops: {stops}}}")
    assert len(patches(moves)) == tried and moves["stack"].max() == 0


def test_waves_go_zone_by_zone_after_a_pause():
    sites = "sites: {zones: [a, b], hosts_per_zone: 2}"
    moves = play("servers: 4, upgrade: {time: 1h}, rollout: {kind: waves, pause: 3h}", f"{sites}\n{RELEASE}")
    assert patches(moves) == [(1, "web-00"), (1, "web-02"), (5, "web-01"), (5, "web-03")] and on_newest(moves) == 4


def test_a_wave_in_which_one_fails_is_the_last():
    sites = "sites: {zones: [a, b], hosts_per_zone: 2}"
    assert len(patches(play("servers: 4, upgrade: {time: 1h, succeeds: 0%}, rollout: {kind: waves, pause: 3h}", f"{sites}\n{RELEASE}"))) == 2


def test_nothing_is_begun_outside_a_window():
    """One at a time for 2 h each; at 10 h and at 12 h in the window of three hours from 10 h on, then not until the next, a day later."""
    moves = play("servers: 4, upgrade: {time: 2h}, rollout: {kind: windows, every: 1d, first: 10h, lasts: 3h}", horizon="60h")
    assert [time for time, _ in patches(moves)] == [10, 12, 34, 36] and on_newest(moves) == 4


def test_windows_try_again_who_failed():
    """Until all of 200 have it: the share left after k windows is 0.7^k."""
    early = 'releases: [{version: "1.1", at: 30m}]'
    pets = "servers: 200, upgrade: {time: 0s, succeeds: 30%}, rollout: {kind: windows, every: 1h, lasts: 1h, at_once: 200}"
    times = [time for time, _ in patches(play(pets, early, "6h", 200))]
    assert times.count(1) == 200
    for window in range(2, 6):
        assert times.count(window) == approx(200 * 0.7 ** (window - 1), abs=3 * (200 * 0.25) ** 0.5)


@pytest.mark.parametrize("stayers", [0.0, 0.4])
def test_movers_leave_at_their_hazard_and_stayers_never(stayers):
    """Of 2,000, a share (1 - stayers) (1 - e^(-t / gap)) after t."""
    pets = f"servers: 2000, upgrade: {{time: 0s}}, rollout: {{kind: on_demand, gap: {{law: exponential, mean: 10h}}, stayers: {100 * stayers:g}%}}"
    moves = play(pets, 'releases: [{version: "1.1", at: 0s}]', people=2000, horizon="12h")
    share = (1 - stayers) * (1 - exp(-1.2))
    assert on_newest(moves) == approx(2000 * share, abs=3 * (2000 * share * (1 - share)) ** 0.5)


def test_a_failed_patch_is_tried_again_at_once():
    moves = play("servers: 300, upgrade: {time: 1m, succeeds: 50%, on_failure: retry}, rollout: {kind: in_turn, at_once: 300}", people=300)
    assert on_newest(moves) == 300
    assert len(patches(moves)) == approx(600, abs=3 * (300 * 2) ** 0.5)  # geometric: mean 2, variance 2


def test_a_failed_patch_may_have_to_be_repaired():
    moves = play("servers: 1, repair: {detect: {every: 0s, timeout: 0s}, respond: 0s, time: 3h}, upgrade: {time: 1h, succeeds: 0%, on_failure: outage}")
    story = [(time, phase) for time, phase in zip(moves["hours"], moves["phase"], strict=True) if phase not in ("detect", "respond")]
    assert story == [(0, "serve"), (1, "patch"), (2, "repair"), (5, "serve")] and on_newest(moves) == 1 and moves["stack"].max() == 0


def test_after_a_failure_nothing_is_begun_for_a_while():
    moves = play("servers: 3, upgrade: {time: 1h, succeeds: 0%, freeze_after_failure: 4h}")
    assert [time for time, _ in patches(moves)] == [1, 6, 11]


def test_a_drained_pet_is_out_of_service_before_it_is_patched():
    moves = play("servers: 1, upgrade: {drain: 30m, time: 1h}")
    assert list(zip(moves["hours"], moves["phase"], strict=True))[:3] == [(0, "serve"), (1, "drain"), (1.5, "patch")]


def test_spares_are_upgraded_too():
    """One that is upgraded leaves its place to a spare, and stands by afterwards; nobody waits for it to serve."""
    moves = play("servers: 2, upgrade: {time: 1h}, spares: {servers: 1, switch: 0s}")
    assert len(patches(moves)) == 3 and on_newest(moves) == 3


def test_all_are_upgraded_at_once_with_their_spares():
    """At one moment those that serve leave their places, and the spare that would take one is stopped too."""
    moves = play("servers: 2, upgrade: {time: 1h}, spares: {servers: 1, switch: 0s}, rollout: {kind: in_turn, at_once: 3}")
    assert [time for time, _ in patches(moves)] == [1, 1, 1] and on_newest(moves) == 3
    assert moves.groupby("server")["state"].last().astype(str).value_counts().to_dict() == {"serving": 2, "standby": 1}


def test_who_dies_as_its_turn_comes_is_missed_and_keeps_nobody():
    """All three die at 1 h, when the release comes; each is repaired, and the person is free for it."""
    crash = "failures: [{kind: crash, time_to_failure: 1h, age: new}]"
    repair = "repair: {detect: {every: 0s, timeout: 0s}, respond: 0s, time: 10m}"
    moves = play(f"servers: 3, {repair}, rollout: {{kind: in_turn, at_once: 3}}", f"{crash}\n{RELEASE}", "110m", people=1)
    assert (moves["phase"] == "repair").sum() == 3 and moves.groupby("server")["phase"].last().tolist() == ["serve"] * 3


def test_who_gets_a_person_after_the_window_waits_for_the_next():
    """Two at a time, and one person for 2 h each: the second would begin at 12 h, when the window of two hours is over."""
    moves = play("servers: 2, upgrade: {time: 2h}, rollout: {kind: windows, every: 1d, first: 10h, lasts: 2h, at_once: 2}", horizon="60h", people=1)
    assert [time for time, _ in patches(moves)] == [10, 34]


def test_nobody_who_waits_for_a_person_begins_in_a_freeze():
    moves = play("servers: 2, upgrade: {time: 1h, succeeds: 0%, freeze_after_failure: 4h}, rollout: {kind: in_turn, at_once: 2}", people=1)
    assert [time for time, _ in patches(moves)] == [1, 6]


@pytest.mark.parametrize(
    ("fleet", "words"),
    [
        ("kind: pets, servers: 2, rollout: {kind: rolling}", "a rollout of kind `rolling` is for cattle"),
        ("kind: cattle, replicas: 2, rollout: {kind: in_turn}", "a rollout of kind `in_turn` is for pets"),
        ("kind: pets, servers: 2, rollout: {kind: windows, every: 1h, lasts: 2h}", "the window would never close"),
        ("kind: pets, servers: 2, rollout: {kind: in_turn, at_once: 0}", "should be at least 1"),
    ],
)
def test_what_does_not_go_together_is_refused(fleet, words):
    with pytest.raises(ScenarioError, match=words):
        loads(f"horizon: 1h\npolicies: {{p: {{web: {{{fleet}}}}}}}")


def upgrades(pets, weather=RELEASE, horizon="20h", people=10):
    """The run's table of upgrades, and its moves."""
    policy = f"{{ops: {{kind: crew, people: {people}}}, web: {{kind: pets, boot: 30m, {pets}}}}}"
    record = simulate(loads(f"horizon: {horizon}\n{weather}\npolicies: {{p: {policy}}}\n")).record
    moves = record.frame("transitions")
    return record.frame("upgrades"), moves.assign(hours=(moves["time_s"] / 3600).round(9), phase=moves["phase"].astype(str), state=moves["state"].astype(str))


def steps(moves, after=1.0):
    """What a fleet of one goes through from a time on (hours): (when, phase, state)."""
    return [(time, phase, state) for time, phase, state in zip(moves["hours"], moves["phase"], moves["state"], strict=True) if time >= after]


def test_a_validation_comes_after_the_reboot_and_holds_nobody():
    told, moves = upgrades("servers: 1, upgrade: {drain: 15m, time: 1h, validation: 2h}")
    assert steps(moves) == [
        (1, "drain", "upgrading"), (1.25, "patch", "upgrading"), (2.25, "boot", "starting"), (2.75, "validate", "starting"), (4.75, "serve", "serving"),
    ]  # fmt: skip
    assert told[["time_s", "end_s", "releases", "tries", "outcome"]].values.tolist() == [[3600, 4.75 * 3600, 1, 1, "done"]]


def test_what_does_not_pass_is_backed_out_by_a_person():
    told, moves = upgrades("servers: 1, upgrade: {time: 1h, succeeds: 0%, validation: 2h, back_out: 3h}")
    assert steps(moves)[1:] == [
        (2, "boot", "starting"), (2.5, "validate", "starting"), (4.5, "back out", "upgrading"), (7.5, "boot", "starting"), (8, "serve", "serving"),
    ]  # fmt: skip
    assert told["outcome"].tolist() == ["leave"] and moves["stack"].max() == 0


def test_half_upgraded_pets_are_slower_and_fail_more_until_one_works():
    """At 1 h the only one fails; where it serves at half speed a life of 10 h is over twice as soon."""
    crash = "failures: [{kind: crash, time_to_failure: 10h, age: new}]"
    stuck = (
        "servers: 1, repair: {detect: {every: 0s, timeout: 0s}, respond: 0s, time: 1h}, upgrade: {time: 1h, succeeds: 0%, on_failure: half, half: {hazard: 4}}"
    )
    told, moves = upgrades(stuck, f"{RELEASE}\n{crash}")
    assert told["outcome"].tolist() == ["half"] and steps(moves)[2] == (2.5, "serve", "degraded")
    assert moves.loc[moves["state"] == "degraded", "capacity_rps"].tolist() == approx([5])  # of 10 a second
    # An upgrade begins a new life, which is over after 10 / 4 hours; and whoever repairs it finishes what was begun.
    assert steps(moves, 5)[0][:2] == (5, "detect") and steps(moves, 6)[0] == (6, "serve", "serving")


def test_a_later_upgrade_makes_it_whole():
    weather = 'releases: [{version: "1.1", at: 1h}, {version: "1.2", at: 5h}]'
    told, moves = upgrades(
        "servers: 200, upgrade: {time: 0s, succeeds: 50%, batches: as_one, on_failure: half}, rollout: {kind: in_turn, at_once: all}", weather
    )
    last = moves.groupby("server", observed=True)["state"].last()
    by_server = told.groupby("server", observed=True)["outcome"].last()
    assert set(last) == {"serving", "degraded"} and ((last == "degraded") == (by_server.reindex(last.index) == "half")).all()


@pytest.mark.parametrize(("batches", "power"), [("compound", 3), ("as_one", 1)])
def test_releases_that_come_together_have_each_to_succeed(batches, power):
    """Three at once, with a chance of 0.8 each: a binomial of 2,000."""
    weather = 'releases: [{version: "1.1", at: 1h}, {version: "1.2", at: 2h}, {item: os, version: "13", at: 3h}]'
    pets = f'servers: 2000, stack: {{os: "12"}}, upgrade: {{time: 0s, succeeds: 80%, batches: {batches}}}'
    told, _ = upgrades(f"{pets}, rollout: {{kind: windows, every: 1d, first: 4h, lasts: 1h, at_once: all}}", weather, people=2000)
    share = 0.8**power
    assert set(told["releases"]) == {3} and (told["outcome"] == "done").mean() == approx(share, abs=4 * (share * (1 - share) / 2000) ** 0.5)


def test_nothing_begins_in_a_freeze():
    """Frozen from 2 h to 6 h and from 12 h to 16 h: what is under way goes on, and the next waits."""
    _, moves = upgrades("servers: 7, upgrade: {time: 2h, freezes: [{at: 2h, lasts: 4h, every: 10h}]}", people=1)
    begun = moves.loc[moves["phase"] == "patch", "hours"].tolist()
    assert begun == [1, 6, 8.5, 11, 16, 18.5]  # each after the last has booted


def test_freezes_that_follow_each_other_are_one():
    freezes = [Freeze(at="1h", lasts="2h"), Freeze(at="3h", lasts="1h"), Freeze(at="10h", lasts="1h", every="2h")]
    assert [thawed(freezes, hours * 3600) / 3600 for hours in (0.5, 1, 2.9, 4, 10.5, 11.5, 12.5)] == [0.5, 4, 4, 4, 11, 11.5, 13]


def test_the_lag_of_patches_is_as_it_was_given():
    """Who has not patched by a time is who drew a longer lag: beyond a shift, exponential."""
    pets = "servers: 2000, upgrade: {time: 0s}, rollout: {kind: lagged, shift: 10d, lag: {law: exponential, mean: 20d}, stayers: 10%}"
    told, _ = upgrades(pets, "releases: [{version: '1.1', at: 5d}]", "65d", 2000)
    for days in (15, 25, 60):
        share = 0.9 * (1 - exp(-(days - 15) / 20))
        assert (told["time_s"] < days * 86400).mean() * len(told) / 2000 == approx(share, abs=4 * (0.25 / 2000) ** 0.5)


def test_a_visit_brings_all_that_is_wanted_by_then():
    weather = "releases: [{version: '1.1', at: 1h}, {version: '1.2', at: 2h}]"
    told, moves = upgrades("servers: 3, upgrade: {time: 0s}, rollout: {kind: lagged, shift: 4h, lag: 0s}", weather)
    assert told["releases"].tolist() == [2, 2, 2] and set(told["time_s"]) == {5 * 3600} and moves["stack"].max() == 2


NEVER = [
    ("rollout: {kind: windows}", "policies.p.web.rollout: its windows never open: none begins within the horizon, 20h"),
    ("rollout: {kind: windows, every: 5h, lasts: 1h}, upgrade: {freezes: [{at: 0s, lasts: 30h}]}", "no upgrade could ever begin"),
    ("rollout: {kind: windows, every: 5h, lasts: 1h}, upgrade: {freezes: [{at: 5h, lasts: 1h, every: 5h}]}", "no upgrade could ever begin"),
    ("upgrade: {freezes: [{at: 0s, lasts: 20h}]}", "policies.p.web.upgrade.freezes: no upgrade could ever begin"),
    ("upgrade: {freezes: [{at: 0s, lasts: 5h, every: 5h}]}", "`lasts` should be shorter than `every`"),
]


@pytest.mark.parametrize(("pets", "sentence"), NEVER)
def test_what_can_never_be_upgraded_is_refused(pets, sentence):
    with pytest.raises(ScenarioError, match=sentence) as refused:
        upgrades(f"servers: 3, {pets}")
    assert "ConfigConflict" in str(refused.value)
