"""Work and money: what people did, who was called, how often something new came, and what all of it cost."""

from __future__ import annotations

import pytest
from pytest import approx

from simulator import Experiment, loads, metrics, simulate
from simulator.problems import ScenarioError

PROMPT = "detect: {every: 0s, timeout: 0s}, respond: 0s, time: 2h"
BROKEN = "failures: [{kind: outage, servers: 3, at: 10h, lasts: 0s, leaves: broken}]"


def play(pets, weather=BROKEN, horizon="100h", people=1):
    """A run of the fleet `web`, whose pets boot in no time."""
    policy = f"{{ops: {{kind: crew, people: {people}}}, web: {{kind: pets, boot: 0s, {pets}}}}}"
    return simulate(loads(f"horizon: {horizon}\n{weather}\npolicies: {{p: {policy}}}\n"))


def test_toil_is_the_minutes_of_all_jobs_and_waits_are_for_a_free_person():
    """Three die at 10 h, and one person takes two hours over each: waits of 0, 2 and 4 h, and 360 minutes in 10 x 100 server-hours."""
    told = metrics.people(play(f"servers: 10, repair: {{{PROMPT}}}")).loc["web"]
    assert (told["person_minutes"], told["repair_minutes"], told["per_repair"]) == (360, 360, 120)
    assert told["toil"] == approx(360 / (10 * 100 / 24) * 1000) and told["crew_wait_s"] == 2 * 3600 and told["pages"] == 3


def test_work_is_counted_after_the_warm_up_and_up_to_the_horizon():
    run = play(f"servers: 10, repair: {{{PROMPT}}}", f"warmup: 11h\n{BROKEN}", "15h")
    assert metrics.people(run).loc["web", "person_minutes"] == 240  # of 10 to 16 h what lies between 11 and 15


@pytest.mark.parametrize(("start", "late"), [("2026-06-01T00:00+00:00", 0), ("2026-06-01T08:00+00:00", 3), ("2026-06-06T00:00+00:00", 3)])
def test_pages_out_of_hours_are_those_of_nights_and_weekends(start, late):
    """At 10:00 on a Monday, at 18:00, and at 10:00 on a Saturday."""
    told = metrics.people(play(f"servers: 10, repair: {{{PROMPT}}}", f'start: "{start}"\n{BROKEN}')).loc["web"]
    assert (told["pages"], told["out_of_hours"]) == (3, late)


def test_a_page_is_told_once_though_its_host_is_lost_meanwhile():
    weather = "failures: [{kind: outage, servers: 1, at: 1h, lasts: 0s, leaves: broken}, {kind: outage, zone: a, at: 2h, lasts: 1h}]"
    run = play("servers: 1, repair: {detect: {every: 0s, timeout: 0s}, respond: 5h}", f"sites: {{zones: [a]}}\n{weather}")
    assert (run.record.frame("transitions")["phase"] == "respond").sum() == 2 and metrics.people(run).loc["web", "pages"] == 1


def test_deployments_are_wanted_and_achieved():
    """Of four releases in four weeks the second comes 50 minutes after the first, which takes two hours and is superseded; and the last two are one upgrade."""
    weather = 'releases: [{version: "1.1", at: 0h}, {version: "1.2", at: 50m}, {version: "1.3", at: 10d}, {version: "1.4", at: 20d}]'
    run = play("servers: 4, upgrade: {time: 30m, freezes: [{at: 9d, lasts: 12d}]}", weather, "4w")
    told = metrics.deployments(run, metrics.rollouts(run, metrics.version_drift(run))).loc["web"]
    assert (told["wanted"], told["achieved"], told["superseded"]) == (1, 0.5, 0.5)
    # 1.1 gets onto two of four, the second of which was begun before 1.2 was there; then 1.2 on all four; and 1.3 with 1.4 on all four.
    assert (told["tried"], told["failed"]) == (10, 0) and told["batch"] == approx((2 * 1 + 2 * 1 + 2 * 2 + 4 * 2) / 10)


@pytest.mark.parametrize(("on_failure", "share"), [("leave", 0.5), ("outage", 0.5), ("half", 0.5), ("retry", 0.5)])
def test_the_share_of_upgrades_that_failed(on_failure, share):
    run = play(
        f"servers: 1000, upgrade: {{time: 1s, succeeds: 50%, on_failure: {on_failure}}}, rollout: {{kind: in_turn, at_once: all}}",
        "releases: [{version: '2', at: 1h}]",
        people=1000,
    )
    told = metrics.deployments(run, metrics.rollouts(run, metrics.version_drift(run))).loc["web"]
    assert told["failed"] == approx(share, abs=4 * (0.25 / 1000) ** 0.5)


PRICES = "prices: {server_hour: 0.5, person_hour: 60, gb_month: 0.1"


def test_cost_is_time_and_place_at_their_prices():
    """Ten servers for 100 h, six hours of people, and ten disks of 73 GB and two backups each for 100 of 730 h."""
    pets = f"servers: 10, disk: 73GB, backups: {{keep: 2}}, repair: {{{PROMPT}}}"
    told = metrics.cost(play(pets, f"{PRICES}, platform_month: {{p: 73}}, migration: {{other: 900}}}}\n{BROKEN}")).loc["web"]
    assert told["servers"] == 500 and told["people"] == 360 and told["storage"] == approx(10 * 3 * 73 * 0.1 * 100 / 730)
    assert told["platform"] == approx(10) and told["migration"] == 0 and told["cost"] == approx(500 + 360 + 30 + 10)


def test_what_has_no_price_is_not_in_the_cost():
    run = play(f"servers: 10, repair: {{{PROMPT}}}", f"prices: {{server_hour: 0.5}}\n{BROKEN}")
    assert run.scenario.prices.absent == ["person_hour", "gb_month", "platform_month", "migration"]
    told = metrics.cost(run).loc["web"]
    assert told["cost"] == 500 and told["people"] != told["people"]
    assert "cost" not in metrics.cost(play("servers: 1")) and metrics.measure(play("servers: 1"))["summary"]["cost"].isna().all()


def test_a_check_of_cost_needs_prices():
    check = "checks: [{metric: cost, policy: p, below: 5}]\nhorizon: 1h\npolicies: {p: {web: {kind: pets, servers: 1}}}"
    with pytest.raises(ScenarioError, match="nothing is said of money without prices"):
        loads(check)
    assert loads(f"{PRICES}}}\n{check}").checks


@pytest.mark.parametrize("prices", ["{server_hour: -1}", "{server_hour: '1 EUR'}", "{currency: euro}", "{server_minute: 1}"])
def test_prices_that_are_none_are_refused(prices):
    with pytest.raises(ScenarioError, match="prices"):
        loads(f"prices: {prices}\nhorizon: 1h\npolicies: {{p: {{web: {{kind: pets, servers: 1}}}}}}")


def test_toil_grows_with_the_fleet_by_what_a_server_takes():
    """Failures at 1/200 h and two hours each, by people enough: 24 x 1,000 x 120 / 202 minutes per 1,000 server-days, however large the fleet."""
    fleets = ", ".join(f"p{n}: {{ops: {{kind: crew, people: 50}}, web: {{kind: pets, servers: {n}, boot: 0s, repair: {{{PROMPT}}}}}}}" for n in (20, 40, 80))
    crash = "failures: [{kind: crash, time_to_failure: {law: exponential, mean: 200h}}]"
    tables = Experiment(loads(f"horizon: 120d\nreplications: 10\n{crash}\npolicies: {{{fleets}}}\n")).run().tables
    found = metrics.toil_slope(tables, "web", 0.999)
    assert found.low < 24 * 1000 * 120 / 202 < found.high and found.high / found.low < 1.2
    with pytest.raises(ValueError, match="two sizes"):
        tables["summary"] = tables["summary"].query("policy == 'p20'")
        metrics.toil_slope(tables, "web")


def test_incidents_that_a_release_made_are_told_apart():
    """Two of three are needed. An upgrade of two at once leaves one for an hour; one that fails for good leaves one until it is repaired."""
    needs = "traffic: [{kind: steady, rate: 15/s}]\nrequests: {service: {law: constant, value: 100ms}}"
    weather = f"{needs}\nreleases: [{{version: '2', at: 10h}}]\nfailures: [{{kind: outage, servers: 2, at: 50h, lasts: 2h}}]"
    run = play("servers: 3, upgrade: {time: 1h}, rollout: {kind: in_turn, at_once: 2}", weather, people=2)
    told = metrics.recovery(run)
    assert told["event"].tolist() == ["upgrade", "outage of 2 servers"] and told["start_s"].tolist() == [10 * 3600, 50 * 3600]
    run = play(f"servers: 1, repair: {{{PROMPT}}}, upgrade: {{time: 1h, succeeds: 0%, on_failure: outage}}", weather.replace("15/s", "5/s"), people=2)
    (change, _) = metrics.recovery(run).to_dict("records")
    assert change["event"] == "upgrade" and change["act_s"] == 3 * 3600


def test_deaths_are_noticed_where_they_leave_too_few():
    """One of three may die unseen; with two dead, the second was an incident."""
    needs = "traffic: [{kind: steady, rate: 15/s}]\nrequests: {service: {law: constant, value: 100ms}}"
    deaths = "failures: [{kind: outage, servers: 1, at: 10h, lasts: 0s, leaves: broken}, {kind: outage, servers: 2, at: 50h, lasts: 0s, leaves: broken}]"
    run = play(f"servers: 3, repair: {{{PROMPT}}}", f"{needs}\n{deaths}", people=2)
    assert metrics.deaths_noticed(run, metrics.recovery(run))["web"] == approx(2 / 3)
    quiet = play(f"servers: 3, repair: {{{PROMPT}}}", deaths)
    assert metrics.deaths_noticed(quiet, metrics.recovery(quiet)).isna().all()


def test_capacity_that_is_paid_for_and_not_needed_is_idle():
    """Four of 10/s, of which 15/s are asked for half of the time, and 25/s in the other."""
    traffic = "traffic: [{kind: steps, steps: [{at: 0s, rate: 15/s}, {at: 50h, rate: 25/s}]}]\nrequests: {service: {law: constant, value: 100ms}}"
    assert metrics.availability(play("servers: 4", traffic))["idle"]["web"] == approx(0.5, abs=1e-6)
    assert metrics.availability(play("servers: 4", "warmup: 0s"))["idle"].isna().all()
