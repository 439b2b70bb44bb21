"""Sessions: where they are held, what is lost with a server, and who gets the new ones."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pytest import approx

from simulator import loads, metrics, simulate
from simulator.draws import Draws
from simulator.problems import ScenarioError

CRASH = "{kind: crash, of: process, time_to_failure: 20m, age: new, fleet: web}"
LOSS = "{kind: outage, servers: 1, at: 1h, lasts: 0s, leaves: broken, fleet: web}"


def play(web, weather="", more="", horizon="2h", seed=3, policies=""):
    """The run of a fleet `web`, and perhaps of others."""
    return simulate(loads(f"seed: {seed}\nhorizon: {horizon}\n{weather}\npolicies: {{p: {{web: {{{web}}}{more}}}{policies}}}\n"), "p")


def cattle(sessions, more=""):
    return f"kind: cattle, replicas: 4, start: {{time: 30s, cached: 5s}}, sessions: {{starts: 1/s, lasts: {{law: exponential, mean: 5m}}, {sessions}}}{more}"


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**64), purpose=st.text(max_size=5), first=st.integers(0, 2**62))
def test_draws_of_many_numbers_at_once_have_the_same_bits(seed, purpose, first):
    draws = Draws(seed, 1)
    numbers = np.arange(first, first + 5)
    assert draws.uniforms(purpose, "web", numbers).tolist() == [draws.uniform(purpose, "web", k) for k in numbers.tolist()]


# What is lost


def test_what_a_pet_loses_at_a_failure_has_the_mean_and_the_variance_of_a_poisson_law():
    """M/G/infinity: as many live as a Poisson law of mean 0.2/s x 600 s = 120 says, whatever the law of their length (Takacs 1962). Of 400 failures the mean
    has a standard error of 0.55, the variance one of 120 sqrt(2 / 399) = 8.5: four of each."""
    pets = "kind: pets, servers: 400, boot: 0s, repair: {detect: {every: 0s, timeout: 0s}, respond: 0s, time: 0s}"
    outage = "failures: [{kind: outage, servers: 400, at: 5h, lasts: 0s, leaves: broken}]"
    lost = metrics.sessions(play(f"{pets}, sessions: {{starts: 80/s, lasts: {{law: lognormal, mean: 10m, cv: 1}}}}", outage, horizon="6h"))["lost"]
    assert len(lost) == 400
    # At one instant one after another fails, and all are down before the first new session comes.
    assert lost.mean() == approx(120, abs=2.2) and lost.var() == approx(120, abs=34)


@pytest.mark.parametrize(("law", "left"), [("10s", 0), ("25s", 5), ("1h", 10)])
def test_a_drained_server_loses_what_outlives_its_stop(law, left):
    """A release at 10 min recreates the one container, which ends within 20 s: of sessions of 25 s those of its last 5 s live on, of an hour all."""
    fleet = f"kind: cattle, replicas: 1, stop: {{takes: 20s}}, rollout: {{kind: recreate}}, sessions: {{starts: 1/s, lasts: {law}}}"
    (stop,) = metrics.sessions(play(fleet, "releases: [{version: '1.1', at: 10m}]", horizon="11m")).itertuples()
    assert stop.time_s == 620 and stop.cause == "rollout"
    assert {0: stop.lost == 0 < stop.live, 5: 0 < stop.lost < stop.live, 10: stop.lost == stop.live > 500}[left]


def test_who_is_drained_and_loses_its_host_loses_all_at_once():
    fleet = "kind: cattle, replicas: 1, stop: {takes: 20s}, rollout: {kind: recreate}, sessions: {starts: 1/s, lasts: 10s}"
    weather = "releases: [{version: '1.1', at: 10m}]\nfailures: [{kind: outage, host: a-0, at: 605s, lasts: 1m}]"
    (stop,) = metrics.sessions(play(fleet, weather, horizon="615s")).itertuples()
    assert stop.time_s == 605 and 0 < stop.lost < stop.live


def test_sessions_in_the_memory_of_servers_that_traffic_is_turned_from_are_lost_and_it_is_said_why():
    """Two stand by from the switch on, 30 s after the release, and end ten minutes later, with nothing left on them."""
    fleet = cattle("held: memory", ", rollout: {kind: blue_green, keeps: 10m}").replace("replicas: 4", "replicas: 2")
    stops = metrics.sessions(play(fleet, "releases: [{version: '1.1', at: 1h}]"))
    assert stops[["time_s", "cause"]].values.tolist() == [[3630, "standby"]] * 2 and (stops["lost"] == stops["live"]).all()


def test_a_reboot_for_an_upgrade_loses_the_sessions_of_a_pet():
    pets = "kind: pets, servers: 1, upgrade: {time: 1m}, boot: 1m, sessions: {starts: 1/s, lasts: 1h}"
    run = play(pets, "releases: [{version: '1.1', at: 10m}]", horizon="11m")
    (stop,) = metrics.sessions(run).itertuples()
    assert (stop.time_s, stop.cause, stop.lost) == (600, "upgrade", stop.live)
    assert metrics.session_totals(run).loc["web", "turned_away"] == approx(60, abs=40)  # of the last minute, in which nobody serves


@pytest.mark.parametrize("held", ["cache, cache: store", "client"])
def test_nothing_is_lost_with_a_server_that_holds_nothing(held):
    run = play(cattle(f"held: {held}"), f"failures: [{CRASH}]", ", store: {kind: cattle, replicas: 2}")
    totals = metrics.session_totals(run).loc["web"]
    assert len(metrics.sessions(run)) > 10 and totals["lost"] == 0
    assert totals["live"] == approx(300, abs=4 * 300**0.5)


def test_a_server_of_the_cache_takes_its_part_of_all_sessions_along():
    """One of four: a Poisson number of mean 1/s x 5 min / 4 = 75; two of ten runs of one lost server have a mean of that within four standard errors."""
    weather = "failures: [{kind: outage, servers: 1, at: 1h, lasts: 0s, leaves: broken, fleet: store}]"
    lost = [metrics.sessions(play(cattle("held: cache, cache: store"), weather, ", store: {kind: cattle, replicas: 4}", seed=seed)) for seed in range(10)]
    stops = [one[one["fleet"] == "store"] for one in lost]
    assert [len(stop) for stop in stops] == [1] * 10
    assert np.mean([int(stop["lost"].iloc[0]) for stop in stops]) == approx(75, abs=4 * (75 / 10) ** 0.5)


def test_the_second_server_of_the_cache_that_is_lost_takes_its_own_sessions_only():
    """Sessions last for ever; two of three servers are lost at once, and each had a third of 3,600: 1,200, within four standard errors of the binomial law."""
    fleet = "kind: cattle, replicas: 1, sessions: {starts: 1/s, lasts: 100d, held: cache, cache: store}"
    store = ", store: {kind: pets, servers: 3, boot: 0s}"
    outages = ", ".join(f"{{kind: outage, host: {host}, at: 1h, lasts: 1h}}" for host in ("a-0", "b-0"))
    stops = metrics.sessions(play(fleet.replace("replicas: 1", "replicas: 4"), f"failures: [{outages}]", store))
    lost = stops.loc[stops["fleet"] == "store", "lost"].tolist()
    assert len(lost) == 2 and lost == approx([1200, 1200], abs=4 * (3600 * 2 / 9) ** 0.5)


@settings(max_examples=30, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    held=st.sampled_from(["memory", "cache, cache: store", "client"]),
    takes=st.sampled_from(["0s", "20s"]),
    host=st.booleans(),
    gap=st.sampled_from([15, 40]),
)
def test_every_session_that_started_has_ended_is_lost_or_lives(seed, held, takes, host, gap):
    """Sessions outlast the run, so started = lost + live. Whatever fails, the same come, and as many as are turned away did not start."""
    outage = ", {kind: outage, zone: a, at: 30m, lasts: 5m}" if host else ""
    weather = f"failures: [{{kind: crash, of: process, time_to_failure: {{law: exponential, mean: {gap}m}}}}{outage}]"
    releases = "releases: [{version: '1.1', at: 50m}]"
    fleet = f"kind: cattle, replicas: 3, stop: {{takes: {takes}}}, sessions: {{starts: 1/s, lasts: 10h, held: {held}}}"
    run = play(fleet, f"{weather}\n{releases}", ", store: {kind: cattle, replicas: 2}", "90m", seed)
    totals = metrics.session_totals(run).loc["web"]
    assert totals["started"] == totals["lost"] + totals["live"]
    quiet = metrics.session_totals(play("kind: pets, servers: 1, sessions: {starts: 1/s, lasts: 1s}", horizon="90m", seed=seed)).loc["web"]
    assert totals["started"] + totals["turned_away"] == quiet["started"] + quiet["turned_away"]
    if held == "client":
        assert totals["lost"] == 0


# Who gets them


def test_servers_added_later_get_no_old_sessions():
    """From two to four at 1 h with sessions that last for ever: 1/s x 1 h on two, then a quarter of what comes on each. At 2 h the busiest has 1800 + 900 in
    the mean, of 7200 on four: 1.5 times the mean. Looks are even over the hour after the warm-up: at a share x of it (1800 + 900 x) / (900 + 900 x), whose
    mean is 1 + ln 2 = 1.69. The busier of two old ones has a little more: sqrt(1800 / pi) / 2 of about 1800, 1 %; the start takes 30 s of 3600."""
    scaler = ", autoscaler: {kind: target_utilisation, min: 2, max: 4, schedule: [{from: 1h, until: 9h, min: 4}]}"
    fleet = f"kind: cattle, replicas: 2, start: {{time: 30s, cached: 5s}}, sessions: {{starts: 1/s, lasts: 100h}}{scaler}"
    run = play(fleet, "warmup: 1h")
    assert metrics.session_totals(run).loc["web", "imbalance"] == approx(1 + np.log(2), rel=0.03)


def test_without_sticky_routing_all_servers_are_as_busy():
    run = play(cattle("held: client, sticky: false"), f"failures: [{CRASH}]")
    assert metrics.session_totals(run).loc["web", "imbalance"] == 1


def test_a_fleet_beside_changes_nothing_and_summary_tells_of_both():
    weather = f"failures: [{CRASH}]"
    alone, beside = (play(cattle("held: memory"), weather, more) for more in ("", ", other: {kind: pets, servers: 2, sessions: {starts: 1/s}}"))
    mine = [metrics.sessions(run).query("of == 'web'") for run in (alone, beside)]
    assert len(mine[0]) and mine[0].equals(mine[1])
    tables = metrics.measure(beside)["summary"].set_index("fleet")
    assert tables.loc["web", "sessions_lost"] > 0 == tables.loc["other", "sessions_lost"]
    assert tables.loc["web", "sessions_lost_share"] == approx(tables.loc["web", "sessions_lost"] / metrics.session_totals(beside).loc["web", "started"])


def test_sessions_change_nothing_else_in_the_record():
    with_, without = (play(f"kind: cattle, replicas: 3{more}", f"failures: [{CRASH}]") for more in ("", ", sessions: {starts: 1/s}"))
    assert with_.record.frame("transitions").equals(without.record.frame("transitions"))


# What is refused


@pytest.mark.parametrize(
    ("sessions", "said"),
    [
        ("{starts: 1/s, held: cache}", "needs the fleet that has them"),
        ("{starts: 1/s, cache: store}", "goes with `held: cache`"),
        ("{starts: 1/s, held: cache, cache: stor}", "did you mean 'store'?"),
        ("{starts: 1/s, held: cache, cache: web}", "web > web"),
        ("{starts: 1/s, sticky: false}", "needs `sticky: true`"),
        ("{starts: 0/s}", "above zero"),
        ("{starts: 1/s, lasts: 0s}", "should last some time"),
        ("{starts: 1e9/s}", "--max-events"),
    ],
)
def test_what_makes_no_sense_is_refused_in_one_line_with_its_place(sessions, said):
    with pytest.raises(ScenarioError) as refused:
        play(f"kind: cattle, replicas: 2, sessions: {sessions}", more=", store: {kind: pets, servers: 1}")
    (line,) = str(refused.value).splitlines()
    assert said in line and line.startswith("scenario:4:")


def test_a_scenario_reads_back_as_it_was():
    run = play(cattle("held: cache, cache: store"), more=", store: {kind: pets, servers: 1}", horizon="1m")
    assert type(run.scenario).model_validate(run.scenario.dump()) == run.scenario
