"""Configuration drift: hand edits, the tool that puts them back, and what drift does to failures, upgrades and repairs, against closed forms."""

from __future__ import annotations

from math import exp, expm1, nan, sqrt

import pytest
from pytest import approx

from simulator import loads, metrics, simulate
from simulator.fleets.drift import Ledger
from simulator.metrics.steps import steps

HOUR = 3600.0
PROMPT = "detect: {every: 0s, timeout: 0s}, respond: 0s"


def play(drift, pets="servers: 2000", weather="", horizon="20h", people=2000, seed=1):
    """A run of the fleet `web`, whose pets boot in no time, and of its crew."""
    policy = f"{{ops: {{kind: crew, people: {people}}}, web: {{kind: pets, boot: 0s, provision: 0s, drift: {drift}, {pets}}}}}"
    return simulate(loads(f"seed: {seed}\nhorizon: {horizon}\n{weather}\npolicies: {{p: {policy}}}\n"))


def share(run, column="drifted", start=0.0, end=None):
    """The mean of a column of the drift table over time."""
    table, end = metrics.configuration_drift(run), end or run.scenario.horizon
    return steps(table, "web", column).integral(start, end) / (end - start)


def at(run, column, hours):
    """What a column of the drift table is at a time."""
    table = metrics.configuration_drift(run)
    return table[table["time_s"] <= hours * HOUR][column].iloc[-1]


def test_what_nothing_puts_back_stays():
    """Edits at rate r: a pet is in sync with e^(-r t), and of m settings m (1 - e^(-r t / m)) are off."""
    run = play("{edits: 0.2/h, settings: 4}")
    for hours in (2, 5, 20):
        sync = exp(-0.2 * hours)
        assert 1 - at(run, "drifted", hours) == approx(sync, abs=4 * sqrt(sync * (1 - sync) / 2000))
        assert at(run, "settings", hours) == approx(4 * -expm1(-0.05 * hours), abs=4 * sqrt(1 / 2000))


def test_two_requests_meet_different_settings_as_often_as_two_servers_differ():
    """One setting, off on a share p of servers: a pair is unlike with probability 2 p (1 - p), for p itself and for its integral."""
    run = play("{edits: 0.2/h, settings: 1}", "servers: 100")
    for hours in (2, 5, 20):
        assert at(run, "skew", hours) == approx(2 * at(run, "drifted", hours) * (1 - at(run, "drifted", hours)))
    assert metrics.measure(run)["summary"].iloc[0]["answer_skew"] == approx(share(run, "skew"))


def test_nobody_edits_at_rate_nought_and_nothing_is_drawn_without_drift():
    assert len(play("{edits: 0/s, emergency: 0%}").record.tables["drift"]) == 0
    assert len(play("null").record.tables["drift"]) == 0 and share(play("null")) == 0


def off(rate, period, succeeds):
    """The share of time that a setting is off which is changed at a rate, and put back by runs with this period: p just after a run, and more until the next.

    p = (1 - s)(p + (1 - p) q) with q = 1 - e^(-r T), the chance of a change between two runs.
    """
    q = -expm1(-rate * period)
    p = (1 - succeeds) * q / (1 - (1 - succeeds) * (1 - q))
    return p + (1 - p) * (1 - q / (rate * period))


@pytest.mark.parametrize("succeeds", [1.0, 0.4])
def test_a_tool_puts_back_what_it_finds_at_its_next_run(succeeds):
    """Ten settings, each changed once in five hours, and a run every two."""
    run = play(f"{{edits: 2/h, settings: 10, convergence: {{every: 2h, covers: 100%, succeeds: {100 * succeeds:g}%}}}}", "servers: 300", horizon="60h")
    assert share(run, "settings", start=20 * HOUR) / 10 == approx(off(0.2, 2, succeeds), rel=0.02)
    made = metrics.corrections(run)
    over = made[~made["censored"] & (made["time_s"] < 40 * HOUR)]
    wait = over["found_s"].mean() / HOUR
    assert len(over) > 10_000 and set(over["ended"]) == {"corrected"} and over["found_s"].max() <= 2 * HOUR
    if succeeds == 1:  # what is left of the period after a change that came in it: an exponential cut off there
        assert wait == approx(2 - (5 - 2 * exp(-0.4) / -expm1(-0.4)), rel=0.02)
    assert over["back_s"].mean() / HOUR - wait == approx(2 * (1 - succeeds) / succeeds, rel=0.05, abs=1e-9)


def test_a_tool_does_not_see_all_settings():
    """Half of 100 are covered: of those that are not, e^(-r t / 2) of the pets have none off."""
    run = play("{edits: 0.2/h, settings: 100, convergence: {every: 1m, covers: 50%}}")
    sync = exp(-0.1 * 20)
    assert 1 - at(run, "drifted", 20) == approx(sync, abs=4 * sqrt(sync * (1 - sync) / 2000) + 0.2 / 60 / 2)
    assert metrics.corrections(run).query("ended == 'corrected'")["setting"].max() < 50


def test_what_is_found_twice_is_found_once():
    changes = play("{edits: 1/h, settings: 3, convergence: {every: 10m, covers: 100%, succeeds: 20%}}", "servers: 50").record.frame("drift")
    found, made = (changes[changes["change"] == what] for what in ("found", "edit"))
    assert 0 < len(found) <= len(made) and (found["step"] == 0).all()
    assert (changes.groupby(["server", "setting"], observed=True)["step"].cumsum().isin((0, 1))).all()


def test_false_alarms_take_a_person_each():
    """Of 40 runs on each of 500 pets that are in sync one in fifty: a binomial."""
    run = play("{edits: 0/s, emergency: 0%, convergence: {every: 30m, false_positives: 2%, look: 6m}}", "servers: 500", people=500)
    alarms = int((run.record.frame("drift")["change"] == "false alarm").sum())
    assert alarms == approx(500 * 40 * 0.02, abs=4 * sqrt(400 * 0.98))
    told = metrics.people(run).loc["web"]
    assert told["look_minutes"] == approx(6 * alarms, rel=0.03) and told["pages"] == 0


def test_repairs_come_before_false_alarms():
    """One person, who is called to a false alarm at every run of all pets, and to a repair."""
    drift = "{edits: 0/s, convergence: {every: 1h, false_positives: 100%, look: 59m}}"
    weather = "failures: [{kind: outage, servers: 1, at: 5h, lasts: 0s, leaves: broken}]"
    run = play(drift, f"servers: 4, repair: {{{PROMPT}, time: 1h}}", weather, people=1)
    work = run.record.frame("work")
    (repair,) = work[work["task"] == "repair"].to_dict("records")
    assert repair["asked_s"] == 5 * HOUR and repair["time_s"] <= 6 * HOUR and len(work) > 15


def test_drifted_pets_fail_more():
    """h (1 + f i) failures an hour with i settings off: over time N h (t + f m (t - (1 - e^(-r t / m)) m / r))."""
    weather = "failures: [{kind: crash, time_to_failure: {law: exponential, mean: 10h}}]"
    instant = f"servers: 2000, repair: {{{PROMPT}, time: 0s}}"
    for more in (0.0, 0.5):
        run = play(f"{{edits: 0.5/h, settings: 8, emergency: 0%, fails_more: {100 * more:g}%}}", instant, weather)
        expected = 2000 * 0.1 * (20 + more * 8 * (20 + expm1(-0.5 * 20 / 8) * 8 / 0.5))
        assert metrics.reliability(run)["failures"]["web"] == approx(expected, abs=4 * 1.2 * sqrt(expected))


def test_ageing_faster_keeps_what_it_has_aged():
    """A life of 10 h, twice as fast from 4 h on: over at 7 h."""
    run = play("{edits: 0/s, emergency: 0%}", "servers: 1", "failures: [{kind: crash, time_to_failure: 10h, age: new}]")
    assert metrics.downtimes(run)["start_s"].tolist() == [10 * HOUR]

    def edits(self, server):
        yield self.world.timeout(4 * HOUR)
        self.change(server, 0, "edit")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Ledger, "edits", edits)
        run = play(
            "{edits: 1/h, fails_more: 100%}", f"servers: 1, repair: {{{PROMPT}, time: 20h}}", "failures: [{kind: crash, time_to_failure: 10h, age: new}]"
        )
    assert metrics.downtimes(run)["start_s"].tolist() == [7 * HOUR]


def test_upgrades_of_drifted_pets_fail_more():
    """With a chance of p (1 - u) for each of i settings, i binomial of m and q: p (1 - u q)^m are upgraded."""
    weather = 'releases: [{version: "1.1", at: 10h}]'
    upgrade = "upgrade: {time: 0s, succeeds: 90%}, rollout: {kind: in_turn, at_once: all}"
    run = play("{edits: 0.4/h, settings: 5, upgrades_fail_more: 20%}", f"servers: 2000, {upgrade}", weather)
    expected = 0.9 * (1 + 0.2 * expm1(-0.4 * 10 / 5)) ** 5
    done = (run.record.frame("upgrades")["outcome"] == "done").mean()
    assert done == approx(expected, abs=4 * sqrt(expected * (1 - expected) / 2000))


LIVES = "failures: [{kind: crash, time_to_failure: 10h, age: new}]"


def test_repairs_of_snowflakes_take_longer_and_make_them_more_so():
    """Each repair leaves a hot fix, and each of these makes the next half as long again: 2 h, 3 h, 4 h."""
    run = play("{edits: 0/s, settings: 1000000, emergency: 100%, repairs_longer: 50%}", f"servers: 1, repair: {{{PROMPT}, time: 2h}}", LIVES, "40h", 1)
    work = run.record.frame("work")
    assert ((work["end_s"] - work["time_s"]) / HOUR).tolist() == approx([2, 3, 4])
    assert metrics.corrections(run)["why"].tolist() == ["emergency"] * 3


def rebuilt(forgets):
    """A pet of many edits that dies at 10 h and has to be rebuilt, which takes an hour and as much again for each edit."""
    drift = f"{{edits: 1/h, fails_more: 0%, repairs_longer: 0%, rebuild_longer: 100%, forgets: {forgets}}}"
    run = play(drift, f"servers: 1, repair: {{{PROMPT}, time: 0s, succeeds: 0%, rebuild: {{time: 1h}}}}", LIVES, "60h", 1)
    moves = run.record.frame("transitions")
    begun = moves.loc[moves["phase"] == "rebuild", "time_s"].iloc[0]
    after = moves.loc[(moves["time_s"] > begun), "time_s"].iloc[0]
    changes = run.record.frame("drift")
    return run, (after - begun) / HOUR, int(changes[changes["time_s"] <= 10 * HOUR]["step"].sum()), after


def test_rebuilding_takes_longer_with_every_edit_and_may_remember_all():
    run, lasted, edits, after = rebuilt("0%")
    assert edits > 3 and lasted == 1 + edits and after not in run.record.frame("drift")["time_s"].to_list()
    moves = run.record.frame("transitions")
    assert moves.loc[moves["time_s"] == after, "phase"].iloc[-1] == "serve"


def test_what_is_forgotten_breaks_it_again():
    run, lasted, edits, after = rebuilt("100%")
    changes, moves = (run.record.frame(table) for table in ("drift", "transitions"))
    assert lasted == 1 + edits and changes.loc[changes["time_s"] == after, "change"].tolist() == ["forgotten"] * edits
    then = moves[moves["time_s"] >= after].iloc[0]
    assert (then["cause"], then["phase"]) == ("forgotten", "detect")


def test_a_restore_brings_back_the_drift_of_its_day():
    """The pet dies at 10 h and its newest backup is of `content`: what was changed by then is off, and nothing else."""
    backups = "backups: {every: 4h, lasts: 0s, size: 0B}"
    run = play("{edits: 3/h, fails_more: 0%}", f"servers: 1, repair: {{{PROMPT}, time: 0s, succeeds: 0%}}, {backups}", LIVES, "11h", 1)
    (content,) = run.record.frame("restores")["content_s"]
    changes = run.record.frame("drift")
    then, now = (set(changes[changes["time_s"] <= time].groupby("setting")["step"].sum().loc[lambda s: s > 0].index) for time in (content, 10 * HOUR))
    assert then == now and len(changes[changes["change"] == "restored"]) > 0 and content < 10 * HOUR


def test_a_snapshot_has_versions_settings_and_the_last_check():
    weather = 'releases: [{version: "1.1", at: 1h}, {item: os, version: "13", at: 2h}]'
    pets = 'servers: 2, names: [zeus, hera], stack: {os: "12"}, upgrade: {time: 30m}'
    run = play("{edits: 1/h, convergence: {every: 4h, covers: 0%}}", pets, weather, "10h", 1)
    seen, early = metrics.snapshot(run, 1.25 * HOUR), metrics.snapshot(run, 0.0)
    assert list(seen.index) == ["zeus", "hera"] and seen["behind"].tolist() == [1, 1] and seen["state"].tolist() == ["upgrading", "serving"]
    assert early["last_check_s"].isna().all() and early["behind"].tolist() == [0, 0] and early["settings"].tolist() == [[], []]
    late = metrics.snapshot(run, 9.9 * HOUR)
    assert late["app"].tolist() == ["1.1", "1.1"] and late["os"].tolist() == ["13", "13"] and (late["settings"].map(len) > 0).all()
    assert ((9.9 * HOUR - late["last_check_s"]) <= 4 * HOUR).all() and (late["last_check_s"] <= 9.9 * HOUR).all()


def test_states_are_told_apart_by_versions_and_settings():
    """Two pets, one upgraded at 1 h and the other an hour later; no edits: two states in between."""
    run = play("{edits: 0/s}", "servers: 2, upgrade: {time: 1h}", 'releases: [{version: "1.1", at: 0s}]', "10h", 1)
    table = metrics.configuration_drift(run)
    states = dict(zip(table["time_s"] / HOUR, table["states"], strict=True))
    assert (states[1], states[2]) == (2, 1)
    summary = metrics.measure(run)["summary"].iloc[0]
    assert summary["all_alike"] == approx(0.9) and summary["configuration_drift"] == 0
    assert share(run, "not_checked") == 1 and metrics.snapshot(run, 5 * HOUR)["last_check_s"].tolist() == approx([nan, nan], nan_ok=True)
