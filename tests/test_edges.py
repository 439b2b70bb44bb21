"""Edges: small plays at the corners of scenarios, metrics and the report, where numbers and names go wrong first."""

from __future__ import annotations

import pytest

from simulator import Experiment, loads, simulate
from simulator.fleets.pets import Pets
from simulator.metrics import measure, recovery
from simulator.problems import ScenarioError
from simulator.report import decided
from simulator.rollouts.rolling import Rolling
from simulator.scenario import Scenario

PETS = "{web: {kind: pets, servers: 4}}"


def play(rest: str, policies: str = f"{{p: {PETS}}}", horizon: str = "3h"):
    return loads(f"{{horizon: {horizon}, {rest}, policies: {policies}}}")


def refused(rest: str, policies: str = f"{{p: {PETS}}}") -> str:
    with pytest.raises(ScenarioError) as error:
        play(rest, policies)
    return str(error.value)


def test_an_incident_that_began_in_the_warm_up_is_one_all_the_same():
    """4 x 10/s for 60/s: short from the start, and never over."""
    (row,) = recovery(simulate(play("warmup: 10m, traffic: [{kind: steady, rate: 60/s}]"))).to_dict("records")
    assert (row["start_s"], row["censored"]) == (0, True)


def test_without_a_hold_one_incident_stays_one():
    """Ten minutes without a server, under a demand with a knot every 7 minutes."""
    failures = "failures: [{kind: outage, share: 100%, at: 1h, lasts: 10m}]"
    found = recovery(simulate(play(f"objectives: {{hold: 0s}}, {failures}, traffic: [{{kind: diurnal, mean: 10/s, peak: 15/s}}]")))
    assert len(found) == 1


def test_a_fleet_that_its_store_holds_up_has_an_incident_though_its_own_servers_suffice():
    """90/s through 12 web servers, but the store takes 40/s of it and nobody can wait."""
    policies = "{p: {web: {kind: pets, servers: 12, queue: 0, needs: {db: {}}}, db: {kind: pets, servers: 4}}}"
    tables = measure(simulate(play("traffic: [{kind: steady, rate: 90/s}]", policies)))
    web, store = (tables["summary"].set_index("fleet").loc[fleet] for fleet in ("web", "db"))
    assert (web["incidents"], web["recovery_censored"], round(web["availability"], 4), store["availability"]) == (1, True, 0.4444, 1)


def test_the_same_number_of_larger_servers_is_not_the_same_capacity():
    """Four servers of ten times the concurrency are 900 % more capacity."""
    policies = "{p: {web: {kind: pets, servers: 4}}, c: {web: {kind: cattle, replicas: 4, concurrency: 10}}}"
    sentence = decided(Experiment(play("replications: 2, traffic: [{kind: steady, rate: 60/s}]", policies)).run())
    assert "c paid for 900 % more capacity" in sentence


def test_weather_beyond_the_horizon_is_not_in_the_sentence():
    rest = "replications: 2, traffic: [{kind: steady, rate: 10/s}], failures: [{kind: outage, zone: a, at: 9h, lasts: 1h}]"
    assert decided(Experiment(play(rest, f"{{p: {PETS}, q: {PETS}}}")).run()).startswith("In this weather")


def test_two_outages_of_one_zone_are_two_events():
    outages = "failures: [{kind: outage, zone: a, at: 1h, lasts: 20m}, {kind: outage, zone: a, at: 2h, lasts: 5m}]"
    found = recovery(simulate(play(f"{outages}, traffic: [{{kind: steady, rate: 25/s}}]")))
    assert list(found["event"]) == ["outage of zone a at 1h", "outage of zone a at 2h"]


def test_one_replication_decides_nothing():
    policies = "{p: {web: {kind: pets, servers: 1}}, q: {web: {kind: pets, servers: 4}}}"
    sentence = decided(Experiment(play("replications: 1, traffic: [{kind: steady, rate: 35/s}]", policies)).run())
    assert "one replication cannot tell q from p" in sentence and "CI" not in sentence


def test_shares_of_a_fleet_are_rounded_as_whole_percent_and_not_as_floats():
    """7 % of 100 is 7, though 0.07 x 100 is 7.000000000000001."""
    assert Rolling(max_surge="7%", max_unavailable="29%").fences(100) == (7, 29)


def test_a_short_warm_up_ends_at_the_edge_of_a_window():
    """20 s of 600 s at 30/s: 580 s count."""
    summary = measure(simulate(play("warmup: 20s, traffic: [{kind: steady, rate: 30/s}]", horizon="10m")))["summary"]
    assert summary["offered"].item() == pytest.approx(17_400)


@pytest.mark.parametrize(
    "rest, kind",
    [
        ("failures: [{kind: crash, of: process, lasts: 5m}]", "ConfigConflict"),
        ("failures: [{kind: crash, of: host, fleet: web}]", "ConfigConflict"),
        ("failures: [{kind: crash, time_to_failure: 0s}]", "ConfigRange"),
        ("traffic: [{kind: spike, at: 1h, factor: 5, hold: 1m}, {kind: steady, rate: 1/s}]", "ConfigConflict"),
        ("confidence: 40%", "ConfigRange"),
        ("replications: 1000000000", "ConfigLimit"),
        ("sites: {hosts_per_zone: 100000000}", "ConfigLimit"),
        ("start: 0001-01-01T00:00:00+09:00, releases: [{version: '2', at: '10:00Z'}]", "ConfigRange"),
        ("checks: [{metric: recovery, policy: p, better_than: q}]", "ConfigConflict"),
        ("checks: [{metric: availability, policy: p, better_than: p}]", "ConfigConflict"),
    ],
)
def test_what_would_be_ignored_or_would_break_is_refused(rest, kind):
    assert f"[{kind}]" in refused(rest)


def test_policies_that_differ_in_capitals_only_are_refused():
    assert "[ConfigConflict]" in refused("seed: 1", f"{{p: {PETS}, P: {PETS}}}")


def test_a_check_of_a_policy_with_two_entries_names_its_fleet():
    policies = "{p: {web: {kind: pets, servers: 4}, api: {kind: pets, servers: 4}}}"
    assert "say which `fleet`" in refused("checks: [{metric: incidents, policy: p, below: 1}]", policies)


def test_the_nearest_name_is_told_as_it_is_written():
    assert "did you mean 'Cattle'?" in refused("baseline: cattle", f"{{Cattle: {PETS}}}")


def test_a_policy_of_objects_may_be_like_another():
    scenario = Scenario.model_validate({"horizon": "1h", "policies": {"p": {"web": Pets(servers=3)}, "q": {"like": "p", "web": {"servers": 5}}}})
    assert scenario.policies["q"].fleets["web"].size == 5


def test_a_name_with_dots_is_reached_in_quotes():
    scenario = loads(f"{{horizon: 1h, policies: {{v1.2: {PETS}}}}}", ['policies."v1.2".web.servers=5'])
    assert scenario.policies["v1.2"].fleets["web"].size == 5


def test_one_key_of_a_default_part_is_changed_without_its_kind():
    scenario = loads("{horizon: 1h, policies: {p: {web: {kind: cattle, replicas: 4}}}}", ["policies.p.web.rollout.max_surge=1"])
    assert scenario.policies["p"].fleets["web"].rollout == Rolling(max_surge=1)


def test_the_work_under_way_at_the_horizon_is_in_the_record():
    """Crashed at 1 h by its constant clock, in repair from then on: work until the horizon at 1.5 h."""
    crash = "failures: [{kind: crash, age: new, time_to_failure: 1h}]"
    repair = "repair: {detect: {every: 0s, timeout: 0s}, respond: 0s, time: 2h}"
    work = simulate(play(crash, f"{{p: {{web: {{kind: pets, servers: 1, {repair}}}}}}}", horizon="1.5h")).record.frame("work")
    assert work[["time_s", "end_s"]].to_numpy().tolist() == [[3600, 5400]]


def test_the_worst_hour_is_told_beside_the_mean():
    """Half the servers for 30 minutes: 20/s for 40/s, so a quarter of the worst hour is lost and an eighth of two hours."""
    failures = "failures: [{kind: outage, share: 50%, at: 45m, lasts: 30m}]"
    rest = f"requests: {{patience: {{law: exponential, mean: 1ms}}}}, traffic: [{{kind: steady, rate: 40/s}}], {failures}"
    policies = "{p: {web: {kind: pets, servers: 4, boot: 0s}}}"
    row = measure(simulate(play(rest, policies, horizon="2h")))["summary"].iloc[0]
    assert (row["worst_hour"], row["availability"]) == pytest.approx((0.75, 0.875), abs=1e-4)


def test_the_worst_hour_begins_after_the_warm_up():
    """The outage is over when the warm-up is."""
    failures = "failures: [{kind: outage, share: 100%, at: 0s, lasts: 30m}]"
    rest = f"warmup: 1h, requests: {{patience: {{law: exponential, mean: 1s}}}}, traffic: [{{kind: steady, rate: 30/s}}], {failures}"
    assert measure(simulate(play(rest)))["summary"]["worst_hour"].item() == 1
