"""Zones that are lost by clocks of their own: how long, whom, and what runs on meanwhile."""

from __future__ import annotations

from math import comb, sqrt

import pytest
from pytest import approx

from simulator import loads, metrics, simulate
from simulator.problems import ScenarioError

FAST = "boot: 0s, repair: {detect: {every: 0s, timeout: 0s}, respond: 0s, time: 0s}"
LAWS = [
    ("{law: exponential, mean: 9h}", "{law: exponential, mean: 1h}"),
    ("{law: weibull, shape: 0.7, mean: 9h}", "{law: lognormal, mean: 1h, cv: 1}"),
    ("{law: weibull, shape: 3, mean: 9h}", "1h"),
]


def play(failures, fleet=f"{{kind: pets, servers: 6, {FAST}}}", horizon="5y", zones="a, b, c", hosts=2, replication=0):
    text = f"seed: 11\nhorizon: {horizon}\nsites: {{zones: [{zones}], hosts_per_zone: {hosts}}}\nrequests: {{service: 1s}}\n"
    return simulate(loads(f"{text}failures: [{failures}]\npolicies: {{p: {{web: {fleet}}}}}\n"), replication=replication)


def holds(run):
    """When each server is taken down, by slot."""
    moves = run.record.frame("transitions")
    own = moves[moves["phase"] == "hold"]
    return {slot: times["time_s"].tolist() for slot, times in own.groupby("slot")}


@pytest.mark.parametrize(("fails", "lasts"), LAWS)
def test_a_zone_is_up_for_its_share_of_a_cycle(fails, lasts):
    """9 of 10 hours, whatever the laws. Over 3 zones and 5 years there are 13,140 cycles: the standard error is 0.9 x 0.1 x sqrt(cv_f^2 + cv_r^2) / sqrt(n),
    at most 0.0014 (cv 1.46 and 1): four of them are 0.006."""
    run = play(f"{{kind: crash, of: zone, time_to_failure: {fails}, lasts: {lasts}}}")
    assert metrics.up(run, "web").integral(0, run.scenario.horizon) / (6 * run.scenario.horizon) == approx(0.9, abs=0.006)


def test_all_that_is_in_a_zone_goes_down_at_once_and_zones_have_clocks_of_their_own():
    """Slots 0 and 3 are in zone a, 1 and 4 in b, 2 and 5 in c."""
    times = holds(play("{kind: crash, of: zone, time_to_failure: {law: exponential, mean: 9h}, lasts: 1h}", horizon="30d"))
    assert times[0] == times[3] and times[1] == times[4] and times[2] == times[5]
    assert not set(times[0]) & set(times[1]) and not set(times[1]) & set(times[2])
    assert len(times[0]) > 30


def test_a_zone_that_fails_on_the_hour_is_back_when_it_is_mended_and_begins_anew():
    """New at 0: up for 3 h, down for 30 min, and so on: 3 h, 6:30, 10 h."""
    run = play("{kind: crash, of: zone, time_to_failure: 3h, lasts: 30m, age: new}", horizon="11h", zones="a")
    assert holds(run)[0] == [10800, 23400, 36000]
    assert metrics.up(run, "web").integral(0, 11 * 3600) == 6 * (11 * 3600 - 3 * 1800)


def test_the_clocks_of_hosts_run_on_while_their_zone_is_down():
    """The zone is down from 60 to 120 min. The host fails at 80 min for 20 min, as it would without it, and again at 180 min, 80 min after it was mended."""
    host = "{kind: crash, of: host, time_to_failure: 80m, lasts: 20m, age: new}"
    run = play(f"{{kind: outage, zone: a, at: 1h, lasts: 1h}}, {host}", f"{{kind: pets, servers: 1, {FAST}}}", "4h", "a", 1)
    moves = run.record.frame("transitions")
    assert list(zip(moves["time_s"] / 60, moves["phase"].astype(str), strict=True)) == [
        (0, "serve"),
        (60, "hold"),
        (120, "boot"),
        (120, "serve"),
        (180, "hold"),
        (200, "boot"),
        (200, "serve"),
    ]


def test_enough_replicas_in_zones_as_often_as_two_binomials_say():
    """Zones are up 0.9, replicas 0.8 of the time, each by itself: how many are up is a binomial of 2 z replicas over a binomial of z zones of three.
    30 replications of 100 days: held within four standard errors of what the replications themselves show, and the 2 h that it takes to forget that all
    began up."""
    zone = "{kind: crash, of: zone, time_to_failure: {law: exponential, mean: 9h}, lasts: {law: exponential, mean: 1h}}"
    host = "{kind: crash, of: host, time_to_failure: {law: exponential, mean: 4h}, lasts: {law: exponential, mean: 1h}}"
    runs = [play(f"{zone}, {host}", horizon="100d", replication=replication) for replication in range(30)]
    for need in (4, 5):
        shares = [metrics.at_least(run, "web", need).share for run in runs]
        mean = sum(shares) / 30
        error = sqrt(sum((share - mean) ** 2 for share in shares) / 29 / 30)
        expected = sum(comb(3, z) * 0.9**z * 0.1 ** (3 - z) * tail(need, 2 * z, 0.8) for z in range(4))
        assert error < 0.003
        assert mean == approx(expected, abs=4 * error + 2 / 2400)


def tail(k, n, p):
    """At least k of a binomial."""
    return sum(comb(n, i) * p**i * (1 - p) ** (n - i) for i in range(k, n + 1))


def test_cattle_move_to_zones_that_are_left_and_are_all_down_only_where_none_is():
    """Hosts are given up 50 s after the loss and pods evicted after 300 s; each loss lasts longer than that."""
    run = play("{kind: crash, of: zone, time_to_failure: {law: exponential, mean: 1d}, lasts: 12h}", "{kind: cattle, replicas: 6, start: {time: 30s}}", "100d")
    moves = run.record.frame("transitions")
    assert set(moves[moves["state"] == "serving"]["host"].astype(str)) == {f"{zone}-{n}" for zone in "abc" for n in range(2)}
    assert metrics.up(run, "web").values.max() == 6


def test_two_policies_lose_the_same_zones_at_the_same_times():
    loss = "{kind: crash, of: zone, time_to_failure: {law: exponential, mean: 9h}, lasts: 1h}"
    what = loads(f"horizon: 30d\nfailures: [{loss}]\npolicies: {{few: {{web: {{kind: pets, servers: 1}}}}, many: {{web: {{kind: pets, servers: 31}}}}}}\n")
    few, many = (holds(simulate(what, policy)) for policy in ("few", "many"))
    assert few[0] == many[0] == many[3]


@pytest.mark.parametrize(
    ("failure", "kind", "says"),
    [
        ("{kind: crash, of: zone}", "ConfigMissing", "`of: zone` needs its `time_to_failure`"),
        ("{kind: crash, of: zone, time_to_failure: 1d}", "ConfigMissing", "`of: zone` needs its `lasts`"),
        ("{kind: crash, of: zone, time_to_failure: 1d, lasts: 1h, fleet: web}", "ConfigConflict", "`fleet` does not go with `of: zone`"),
        ("{kind: crash, of: zones, time_to_failure: 1d, lasts: 1h}", "ConfigChoice", "zone"),
    ],
)
def test_a_loss_of_zones_that_is_not_told_is_refused(failure, kind, says):
    with pytest.raises(ScenarioError) as error:
        play(failure)
    (problem,) = error.value.problems
    assert problem.kind == kind and says in problem.message
