"""Reliability: downtimes that were written by hand into a scenario are found again, as often and as long."""

from __future__ import annotations

from math import inf, isnan

import pytest
from pytest import approx

from simulator import loads, metrics, simulate

AT_ONCE = "detect: {every: 0s, timeout: 0s}, respond: 0s"


def play(weather, fleet="kind: pets, servers: 4, boot: 0s", repair=f"{AT_ONCE}, time: 10m", crew="people: 1", more=""):
    """Four pets that one person repairs in ten minutes each, at once."""
    mended = f", repair: {{{repair}}}" if "pets" in fleet else ""
    return simulate(loads(f"horizon: 4h\n{more}\n{weather}\npolicies: {{only: {{ops: {{kind: crew, {crew}}}, web: {{{fleet}{mended}}}}}}}\n"))


BREAKDOWN = "failures: [{kind: outage, servers: 3, at: 1h, lasts: 0s, leaves: broken}]"
POWER_CUT = "failures: [{kind: outage, servers: 3, at: 1h, lasts: 5m}]"


def test_what_an_outage_breaks_is_repaired_one_after_another():
    """One person, three repairs of 600 s: each waits for those before it."""
    spells = metrics.downtimes(play(BREAKDOWN))
    assert spells["start_s"].tolist() == [3600] * 3
    assert sorted(spells["hands_on_s"]) == [3600, 4200, 4800]
    assert sorted(spells["end_s"]) == [4200, 4800, 5400]
    assert not spells["censored"].any()


def test_what_an_outage_stops_comes_back_by_itself():
    spells = metrics.downtimes(play(POWER_CUT))
    assert spells["end_s"].tolist() == [3900] * 3
    assert spells["hands_on_s"].isna().all()


def test_what_an_outage_breaks_stays_down_for_the_outage_and_then_for_the_repair():
    spells = metrics.downtimes(play("failures: [{kind: outage, zone: a, at: 1h, lasts: 5m, leaves: broken}]", more="sites: {zones: [a], hosts_per_zone: 4}"))
    assert sorted(spells["end_s"]) == [4500, 5100, 5700, 6300]


def test_cattle_that_an_outage_breaks_are_replaced():
    run = play("failures: [{kind: outage, servers: 3, at: 1h, lasts: 0s, leaves: broken}]", "kind: cattle, replicas: 4, start: {time: 20s}")
    moves = run.record.frame("transitions")
    assert (moves["state"] == "retired").sum() == 3
    assert metrics.up(run, "web").at([3599, 3600, 3619, 3620]).tolist() == [4, 1, 1, 4]
    assert len(metrics.downtimes(run)) == 0


@pytest.mark.parametrize(
    ("asked", "struck"), [("servers: 3", {"web": 3, "api": 2}), ("servers: 3, fleet: web", {"web": 3}), ("share: 50%, fleet: api", {"api": 1})]
)
def test_an_outage_takes_so_many_of_every_fleet_or_of_the_one_it_names(asked, struck):
    text = f"horizon: 1h\nfailures: [{{kind: outage, {asked}, at: 10m, lasts: 1m}}]\n"
    run = simulate(loads(f"{text}policies: {{only: {{web: {{kind: pets, servers: 4}}, api: {{kind: pets, servers: 2}}}}}}\n"))
    assert metrics.downtimes(run)["fleet"].value_counts().to_dict() == struck


def test_what_an_outage_breaks_while_it_boots_is_repaired_as_well():
    """Power is away from 60 to 61 min, both boot for ten minutes, and break at 65: one person, ten minutes each."""
    cut, breakdown = "{kind: outage, servers: 2, at: 1h, lasts: 1m}", "{kind: outage, servers: 2, at: 65m, lasts: 0s, leaves: broken}"
    spells = metrics.downtimes(play(f"failures: [{cut}, {breakdown}]", "kind: pets, servers: 2, boot: 10m"))
    assert sorted(spells["hands_on_s"]) == [3900, 4500]
    assert sorted(spells["end_s"]) == [4500, 5100]


def test_a_container_that_crashes_is_a_failure_and_one_that_is_not_wanted_any_more_is_none():
    run = play(
        "failures: [{kind: outage, servers: 3, at: 1h, lasts: 0s, leaves: broken}]\nreleases: [{version: '2', at: 2h}]",
        "kind: cattle, replicas: 4, start: {time: 20s}",
    )
    (row,) = metrics.reliability(run).to_dict("records")
    assert row["failures"] == 3
    assert row["availability"] == approx(1 - row["mean_down"] / metrics.up(run, "web").at([0])[0], rel=0.01)


def test_an_upgrade_is_a_downtime_and_no_failure():
    run = play("releases: [{version: '2', at: 1h}]", "kind: pets, servers: 4, boot: 0s, upgrade: {time: 10m}")
    assert metrics.downtimes(run)["cause"].tolist() == ["upgrade"] * 4
    (row,) = metrics.reliability(run).to_dict("records")
    assert row["failures"] == 0
    assert isnan(row["mean_wait_for_crew_s"])


def test_the_table_adds_up():
    """Down: 600 + 1,200 + 1,800 s of 4 servers in 14,400 s; waits 0, 600 and 1,200 s; the person works 1,800 s."""
    run = play(BREAKDOWN)
    (row,) = metrics.reliability(run).to_dict("records")
    assert row == {
        "availability": approx(1 - 3600 / (4 * 14400)), "mean_down": approx(3600 / 14400), "failures": 3,
        "mean_down_duration_s": 1200, "mean_wait_for_crew_s": 600,
    }  # fmt: skip
    assert metrics.crews(run).loc["ops"].to_dict() == {"people": 1, "utilisation": approx(1800 / 14400)}


def test_only_what_lies_after_the_warm_up_counts():
    """From 70 min on: 600 s of the second repair's end at 4,800 s, and 1,200 of the third's at 5,400; none began, two ended."""
    run = play(BREAKDOWN, more="warmup: 70m")
    (row,) = metrics.reliability(run).to_dict("records")
    assert row["failures"] == 0
    assert row["mean_down"] == approx((600 + 1200) / (14400 - 4200))
    assert row["mean_down_duration_s"] == approx((1200 + 1800) / 2)
    assert metrics.crews(run)["utilisation"]["ops"] == approx(1200 / (14400 - 4200))


def test_a_repair_that_the_horizon_cuts_off_is_censored_and_in_no_mean():
    run = play("failures: [{kind: outage, servers: 1, at: 235m, lasts: 0s, leaves: broken}]")
    (spell,) = metrics.downtimes(run).to_dict("records")
    assert (spell["start_s"], spell["end_s"], spell["censored"]) == (14100, 14400, True)
    (row,) = metrics.reliability(run).to_dict("records")
    assert row["failures"] == 1
    assert isnan(row["mean_down_duration_s"])
    assert metrics.crews(run)["utilisation"]["ops"] == approx(300 / 14400)


def test_at_least_k_is_a_share_of_time_and_a_count_of_how_often_it_ceased():
    """1 of 4 is up for 600 s, then 2, then 3."""
    run = play(BREAKDOWN)
    assert metrics.at_least(run, "web", 2) == (approx(1 - 600 / 14400), 1)
    assert metrics.at_least(run, "web", 4) == (approx(1 - 1800 / 14400), 1)
    assert metrics.at_least(run, "web", 1) == (1, 0)


@pytest.mark.parametrize(
    ("k", "after", "below", "up"),
    [
        (4, 0, 3600, 0),
        (2, 0, 3600, 0),
        (1, 0, inf, 0),  # one is always up
        (5, 0, 0, inf),  # there are four
        (4, 3600, 3600, 5400),  # at the moment of the outage it counts
        (2, 3600, 3600, 4200),
        (1, 3600, inf, 3600),
        (3, 4500, 4500, 4800),  # what holds at a time counts as of then
        (3, 4800, inf, 4800),
        (4, 20000, inf, 20000),
    ],
)
def test_the_first_time_that_too_few_or_enough_are_up(k, after, below, up):
    """4 are up, 1 from 3,600 s on, and one more at 4,200, 4,800 and 5,400 s."""
    run = play(BREAKDOWN)
    assert metrics.first_below(run, "web", k, after) == below
    assert metrics.first_up(run, "web", k, after) == up


def test_what_is_broken_from_the_start_was_never_up():
    """At the very start the outage is over the fleet already."""
    run = play(BREAKDOWN.replace("at: 1h", "at: 0s"))
    assert (metrics.first_below(run, "web", 4), metrics.first_up(run, "web", 4)) == (0, 1800)


@pytest.mark.parametrize("hours", [200, 400, 800])
def test_the_first_passage_of_a_replication_does_not_depend_on_its_horizon(hours):
    """Two pets that live 10 h and are repaired for 5 h each, by one person: both are down one day, in every replication on its own."""
    text = "seed: 5\nfailures: [{kind: crash, time_to_failure: {law: exponential, mean: 10h}}]"
    fleet = f"{{kind: pets, servers: 2, repair: {{{AT_ONCE}, time: {{law: exponential, mean: 5h}}}}}}"
    scenarios = [loads(f"horizon: {horizon}h\n{text}\npolicies: {{only: {{ops: {{kind: crew, people: 1}}, web: {fleet}}}}}") for horizon in (200, hours)]
    first, again = ([metrics.first_below(simulate(one, replication=r), "web", 1) for r in range(4)] for one in scenarios)
    assert first == again
    assert len({*first}) == 4
    assert max(first) < inf


def test_without_failures_nothing_is_down():
    run = play("")
    assert len(metrics.downtimes(run)) == 0
    (row,) = metrics.reliability(run).to_dict("records")
    assert (row["availability"], row["failures"]) == (1, 0)
    assert isnan(row["mean_wait_for_crew_s"])
    assert metrics.crews(run)["utilisation"]["ops"] == 0


@pytest.mark.parametrize("given", ["servers: 3, share: 10%", "zone: a, fleet: web", "servers: 0", "servers: 3, fleet: wep", "servers: 3, leaves: dead"])
def test_an_outage_that_makes_no_sense_is_refused(given):
    with pytest.raises(ValueError, match=r"\[Config(Conflict|Range|Choice)\]"):
        play(f"failures: [{{kind: outage, {given}, at: 1h, lasts: 5m}}]")
