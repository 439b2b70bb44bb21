"""The ladder of repair: each step in its turn, backups good and bad, copies that share a link, spares that take over, hours in which people work."""

from __future__ import annotations

from math import exp

import pytest
from pytest import approx

from simulator import loads, metrics, simulate
from simulator.draws import Draws
from simulator.fleets.hours import Hours
from simulator.fleets.link import Link
from simulator.simulation import Simulation
from simulator.sites import Sites

PROMPT = "detect: {every: 0s, timeout: 0s}, respond: 0s"
DEAD = "failures: [{kind: crash, time_to_failure: 10h, age: new}]"
DAY = 86400.0


def play(pets, weather=DEAD, horizon="30h", people=1, seed=1):
    """A run of the fleet `web` and its crew."""
    return simulate(
        loads(f"seed: {seed}\nhorizon: {horizon}\n{weather}\npolicies: {{p: {{ops: {{kind: crew, people: {people}}}, web: {{kind: pets, {pets}}}}}}}\n")
    )


def story(run, server="web-00"):
    """What a server went through: (hours, phase), but for service."""
    moves = run.record.frame("transitions")
    own = moves[(moves["server"] == server) & (moves["phase"] != "serve")]
    return [(round(time / 3600, 6), phase) for time, phase in zip(own["time_s"], own["phase"].astype(str), strict=True)]


def worked(run):
    """Hours of people at work, a number a job."""
    work = run.record.frame("work")
    return [round(hours / 3600, 6) for hours in work["end_s"] - work["time_s"]]


def test_each_step_is_tried_where_the_one_before_has_not_helped():
    steps = f"{PROMPT}, diagnose: 1h, restart: {{time: 1h, succeeds: 0%}}, time: 2h, succeeds: 0%, rebuild: {{time: 4h}}"
    run = play(f"servers: 1, boot: 1h, provision: 30m, repair: {{{steps}}}", horizon="20h")
    assert [(time, phase) for time, phase in story(run) if phase not in ("detect", "respond")] == [
        (10, "diagnose"), (11, "restart"), (12, "boot"), (13, "repair"), (15, "provision"), (15.5, "rebuild"),
    ]  # fmt: skip
    assert worked(run) == [2, 2, 4]  # nobody is held while it boots; who repairs in vain goes, and somebody rebuilds what has been provisioned


def test_a_restart_that_helps_is_the_end_of_it():
    run = play(f"servers: 1, boot: 1h, repair: {{{PROMPT}, restart: {{time: 1h, succeeds: 100%}}}}", horizon="20h")
    assert [phase for _, phase in story(run)][-2:] == ["restart", "boot"] and worked(run) == [1]


@pytest.mark.parametrize("share", [0.3, 0.8])
def test_as_many_repairs_help_as_should(share):
    """Each of 400 pets dies once, and what did not help is rebuilt; three sigma of a binomial."""
    run = play(f"servers: 400, repair: {{{PROMPT}, time: 1m, succeeds: {100 * share:g}%, rebuild: {{time: 1m}}}}", horizon="15h", people=400)
    moves = run.record.frame("transitions")
    assert (moves["phase"] == "repair").sum() == 400
    assert (moves["phase"] == "rebuild").sum() == approx(400 * (1 - share), abs=3 * (400 * share * (1 - share)) ** 0.5)


BACKUPS = "every: 4h, lasts: 1h, size: 36GB, bandwidth: 10MB/s"  # a copy takes an hour


def test_the_newest_backup_that_was_over_is_restored():
    """At 10 h; backups begin every 4 h from the pet's own phase on, and take an hour."""
    run = play(f"servers: 1, boot: 0s, repair: {{{PROMPT}, time: 1h, succeeds: 0%}}, backups: {{{BACKUPS}, rpo: 6h, rto: 90m}}", horizon="20h")
    phase = 4 * Draws(1, 0).uniform("backup", "web/0")
    newest = max(phase + 4 * k for k in range(3) if phase + 4 * k + 1 <= 10)
    (restore,) = metrics.restores(run).to_dict("records")
    assert (restore["time_s"], restore["lost_s"] / 3600, restore["took_s"] / 3600) == (36000, approx(10 - newest), approx(2))
    assert (restore["rpo_met"], restore["rto_met"]) == (True, False)
    assert [time for time, phase in story(run) if phase == "restore"] == [11] and worked(run) == [1]  # nobody is held by a copy


def test_where_all_backups_are_bad_the_state_of_the_start_is_left_or_nothing():
    """Found out one hour a copy: what was safe at the start is restored after all, unless seven backups have taken its place."""
    bad = f"servers: 1, boot: 0s, provision: 0s, repair: {{{PROMPT}, time: 0s, succeeds: 0%, rebuild: {{time: 1h}}}}, backups: {{{BACKUPS}, succeeds: 0%"
    few = metrics.restores(play(bad + "}", horizon="20h"))
    assert few["lost_s"].tolist() == [36000] and few["took_s"].iloc[0] >= 2 * 3600
    run = play(bad + ", keep: 1}", horizon="20h")
    assert metrics.restores(run)["lost_s"].tolist() == [36000] and [phase for _, phase in story(run)].count("restore") == 1
    assert story(run)[-1] == (11, "rebuild")


def test_two_bad_copies_of_three_are_geometric():
    """The share of restores that lose more than one interval and a backup's length is that of bad backups."""
    pets = f"servers: 2000, boot: 0s, repair: {{{PROMPT}, time: 0s, succeeds: 0%}}, backups: {{every: 1h, lasts: 0s, size: 0B, succeeds: 40%, keep: 1000}}"
    lost = metrics.restores(play(pets, horizon="12h", people=2000))["lost_s"] / 3600
    assert len(lost) == 2000
    for hours in (1, 2, 3):
        assert (lost > hours).mean() == approx(0.6**hours, abs=3 * (0.24 / 2000) ** 0.5)


def test_copies_at_once_share_the_link():
    """Of 100 bytes at 10 a second: alone until 5 s (50 left), then beside one of 20 bytes, which takes 4 s; 30 are left, for 3 s more."""
    world = Simulation(Sites(), Draws(1, 0), 100.0)
    link, ends = Link(world, 10.0), {}

    def copies(name, start, size):
        yield world.timeout(start)
        yield link.copy(size)
        ends[name] = world.now

    for one in (("long", 0, 100), ("short", 5, 20), ("late", 50, 10)):
        world.process(copies(*one))
    world.run(until=100)
    assert ends == {"short": approx(9), "long": approx(12), "late": approx(51)}


def test_a_copy_that_is_given_up_leaves_the_link_to_the_others():
    world = Simulation(Sites(), Draws(1, 0), 100.0)
    link, ends = Link(world, 10.0), []
    given_up, other = link.copy(100), link.copy(100)
    other.callbacks.append(lambda _: ends.append(world.now))
    world.call(4.0, lambda: link.drop(given_up))  # 20 bytes each by then
    world.run(until=100)
    assert ends == [approx(12)] and not given_up.triggered


def test_a_spare_takes_over_and_the_repaired_stands_by():
    run = play(f"servers: 1, repair: {{{PROMPT}, time: 2h}}, spares: {{servers: 1, ages: 0%, switch: 30m}}", horizon="13h")
    moves = run.record.frame("transitions")
    states = {
        server: list(zip((own["time_s"] / 3600).round(6), own["state"].astype(str), strict=True)) for server, own in moves.groupby("server", observed=True)
    }
    assert states["web-00"][0] == (0, "serving") and states["web-00"][-1] == (12, "standby")
    assert states["web-01"] == [(0, "standby"), (10, "starting"), (10.5, "serving")]


def test_a_spare_that_ages_half_as_fast_dies_in_twice_the_time():
    """Both are new at 0; the one that serves would live 10 h, and does; the other has aged 5 h by then, and dies 5 h later."""
    run = play(f"servers: 1, repair: {{{PROMPT}, time: 1000h}}, spares: {{servers: 1, ages: 50%, switch: 0s}}", horizon="20h")
    moves = run.record.frame("transitions")
    assert (moves[(moves["server"] == "web-01") & (moves["phase"] == "detect")]["time_s"] / 3600).tolist() == [15]


def test_a_failover_may_fail():
    run = play(f"servers: 1, repair: {{{PROMPT}, time: 1h}}, spares: {{servers: 1, ages: 0%, switch: 0s, fails: 100%}}", horizon="12h")
    assert metrics.up(run, "web").at([10.5 * 3600, 11.5 * 3600]).tolist() == [0, 1]


def test_spares_fail_as_theory_has_it():
    """One that serves and one cold spare, one repairer: up for 1 - P2 with P_i of the birth-death chain, births l in both states, deaths m in both."""
    failures = "failures: [{kind: crash, time_to_failure: {law: exponential, mean: 10h}, age: new}]"
    pets = f"servers: 1, repair: {{{PROMPT}, time: {{law: exponential, mean: 4h}}}}, spares: {{servers: 1, ages: 0%, switch: 0s}}"
    run = play(pets, failures, "60000h")
    rho = 0.4
    assert metrics.up(run, "web").integral(0, 60000 * 3600) / (60000 * 3600) == approx((1 + rho) / (1 + rho + rho**2), abs=0.01)


@pytest.mark.parametrize(
    ("start", "at", "response"),
    [
        ("2026-06-01T00:00", "10h", 60),  # a Monday, at ten
        ("2026-06-01T00:00", "18h", 3600),
        ("2026-06-05T23:00", "13h", 3600),  # a Saturday at noon
    ],
)
def test_people_respond_by_the_calendar(start, at, response):
    weather = f'start: "{start}"\nfailures: [{{kind: crash, time_to_failure: {at}, age: new}}]'
    run = play(f"servers: 1, repair: {{{PROMPT.replace('respond: 0s', 'respond: 1m')}, out_of_hours: 1h}}", weather)
    moves = run.record.frame("transitions")
    begin, end = (float(moves[moves["phase"] == phase]["time_s"].iloc[0]) for phase in ("respond", "repair"))
    assert end - begin == response


def test_hours_open_and_close():
    hours = Hours(begin="09:00", end="17:00", days=5)
    assert [hours.open(3600 * hour + DAY * day) for day, hour in ((0, 9), (0, 17), (4, 16.99), (5, 12), (7, 9))] == [True, False, True, False, True]


@pytest.mark.parametrize("mean", [50.0, 500.0])
def test_data_are_lost_since_the_last_backup_at_random(mean):
    """Backups in exponential gaps of 24 h: looked at from a failure, the last is exponential too (the share over x is e^(-x/24))."""
    failures = f"failures: [{{kind: crash, time_to_failure: {{law: exponential, mean: {mean}h}}, age: new}}]"
    backups = "every: {law: exponential, mean: 24h}, lasts: 0s, size: 0B, keep: 1000000"
    pets = f"servers: 20, boot: 0s, repair: {{{PROMPT}, time: 0s, succeeds: 0%}}, backups: {{{backups}}}"
    lost = metrics.restores(play(pets, failures, f"{100 * mean}h", people=20))["lost_s"] / 3600
    assert len(lost) > 1500
    late = lost.iloc[len(lost) // 5 :]  # when the start is long ago
    assert (late > 24).mean() == approx(exp(-1), abs=4 * (0.24 / len(late)) ** 0.5)


LOST = "failures: [{kind: outage, host: a-0, at: 10h, lasts: 20h}]\nsites: {zones: [a, b], hosts_per_zone: 1}"


def test_a_pet_is_down_as_long_as_its_host():
    assert story(play("servers: 1, boot: 1h", LOST, "40h")) == [(10, "hold"), (30, "boot")]


def test_a_pet_is_restored_on_another_host_where_its_own_stays_down():
    """After 2 h somebody is called, comes in one, and a machine is provisioned in another; the copy takes an hour. The old host's return is nothing to it."""
    steps = "detect: {every: 0s, timeout: 0s}, respond: 1h, elsewhere_after: 2h"
    backups = "backups: {every: 4h, lasts: 1h, bandwidth: 10MB/s}"
    away = f"servers: 1, boot: 1h, provision: 1h, disk: 36GB, repair: {{{steps}}}, {backups}"
    run = play(away, LOST, "40h")
    assert story(run) == [(10, "hold"), (12, "respond"), (13, "provision"), (14, "restore")]
    moves = run.record.frame("transitions")
    assert moves["host"].astype(str).tolist() == ["a-0", "a-0", *["b-0"] * 4] and worked(run) == []
    (restore,) = metrics.restores(run).to_dict("records")
    assert (restore["time_s"], restore["took_s"]) == (36000, 5 * 3600) and 0 < restore["lost_s"] <= 5 * 3600


def test_without_a_backup_it_is_rebuilt_on_another_host():
    run = play(f"servers: 1, provision: 1h, repair: {{{PROMPT}, elsewhere_after: 0s, rebuild: {{time: 3h}}}}", LOST, "40h")
    assert [(time, phase) for time, phase in story(run) if phase != "respond"] == [(10, "hold"), (10, "provision"), (11, "rebuild")] and worked(run) == [3]
    assert metrics.restores(run)["lost_s"].tolist() == [36000]


@pytest.mark.parametrize(("lasts", "moved"), [("90m", False), ("150m", True)])
def test_a_host_that_is_back_in_time_keeps_its_pets(lasts, moved):
    run = play(f"servers: 1, repair: {{{PROMPT}, elsewhere_after: 2h}}", LOST.replace("20h", lasts), "40h")
    assert ("b-0" in run.record.frame("transitions")["host"].astype(str).tolist()) is moved


def test_runbooks_make_people_faster():
    steps = f"{PROMPT}, diagnose: 1h, time: 2h, runbooks: {{faster: 4}}"
    assert worked(play(f"servers: 1, repair: {{{steps}}}", horizon="20h")) == [0.75]


def test_runbooks_cover_so_many_failures():
    run = play(f"servers: 1000, repair: {{{PROMPT}, time: 3h, runbooks: {{covers: 30%}}}}", horizon="19h", people=1000)
    short = sum(hours == 1 for hours in worked(run)) / 1000
    assert set(worked(run)) == {1, 3} and short == approx(0.3, abs=4 * (0.21 / 1000) ** 0.5)
