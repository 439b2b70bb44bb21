"""Releases: when they come, what they are called, which fleets want them, and what is refused."""

from __future__ import annotations

import math

import pytest
from pytest import approx

from simulator import Experiment, loads, metrics, simulate
from simulator.document import written
from simulator.draws import Draws
from simulator.problems import ScenarioError
from simulator.report.findings import fleets, rollouts
from simulator.versions import after, older

BOTH = "{pets: {web: {kind: pets, servers: 2}}, cattle: {web: {kind: cattle, replicas: 2}}}"
NODES = "{p: {web: {kind: pets, servers: 2, version: '2.0', stack: {os: '12'}}, db: {kind: pets, servers: 1, version: '2.0'}}}"
DAYS = 86400


def scenario(releases, policies=BOTH, horizon="30d", seed=3):
    return loads(f"horizon: {horizon}\nseed: {seed}\nreleases: {releases}\npolicies: {policies}\n")


def announced(what, policy=None, replication=0):
    """What the record says was announced: (time, item, release)."""
    rows = simulate(what, policy, replication).record.frame("releases")
    return list(zip(rows["time_s"], rows["item"].astype(str), rows["release"].astype(str), strict=True))


def drawn(what, replication):
    """The same, without a run."""
    return [release.time_s for release in what.announcements(Draws(what.seed, replication).uniform)]


def refused(releases, policies=BOTH, horizon="30d"):
    """The one mistake: (class, place, sentence)."""
    with pytest.raises(ScenarioError) as error:
        scenario(releases, policies, horizon)
    (problem,) = error.value.problems
    return problem.kind, problem.path, problem.message


# When


def test_a_release_at_a_time_need_not_name_its_kind():
    short, long = scenario('{version: "1.1", at: 1h}'), scenario('[{kind: at, version: "1.1", at: 1h, item: app}]')
    assert short.dump() == long.dump()
    assert announced(short) == [(3600, "app", "1.1")]


def test_a_train_leaves_on_time():
    """Every 7 days: at days 7, 14, 21 and 28; from day 1 on and at most three: at 1, 8 and 15; the k-th is no running sum."""
    assert announced(scenario("{kind: periodic, every: 7d}")) == [(7 * DAYS * k, "app", f"1.{k}") for k in (1, 2, 3, 4)]
    assert [time / DAYS for time, *_ in announced(scenario("{kind: periodic, every: 7d, first: 1d, count: 3}"))] == [1, 8, 15]
    assert drawn(scenario("{kind: periodic, every: 100ms, first: 0s}", horizon="1h"), 0) == [0.1 * k for k in range(36001)]


def test_what_is_due_at_the_horizon_is_announced_and_nothing_after_it():
    assert [time for time, *_ in announced(scenario("{kind: periodic, every: 15d}"))] == [15 * DAYS, 30 * DAYS]
    assert announced(scenario('{version: "1.1", at: 31d}')) == []


def test_random_releases_have_the_mean_and_the_variance_of_a_poisson_process():
    """At 1 a day over 30 days 30 are expected, with a variance of 30. Over 4000 replications the standard error of the mean is sqrt(30 / 4000) = 0.087,
    and of the variance sqrt((30 + 2 * 30^2) / 4000) = 0.68: both are held within four of them. The mean gap is a day."""
    what = scenario("{kind: poisson, rate: 1/d}")
    times = [drawn(what, replication) for replication in range(4000)]
    counts = [len(own) for own in times]
    mean = sum(counts) / 4000
    assert mean == approx(30, abs=4 * math.sqrt(30 / 4000))
    assert sum((count - mean) ** 2 for count in counts) / 3999 == approx(30, abs=4 * math.sqrt((30 + 2 * 30**2) / 4000))
    firsts = [own[0] / DAYS for own in times if own]
    assert sum(firsts) / len(firsts) == approx(1, abs=4 / math.sqrt(4000))


def test_counts_in_two_halves_of_a_month_know_nothing_of_each_other():
    """The correlation of independent counts over 4000 replications lies within 4 / sqrt(4000) = 0.063 of 0."""
    what = scenario("{kind: poisson, rate: 1/d}")
    times = [drawn(what, replication) for replication in range(4000)]
    first = [sum(time < 15 * DAYS for time in own) - 15 for own in times]
    second = [sum(time >= 15 * DAYS for time in own) - 15 for own in times]
    covariance = sum(one * other for one, other in zip(first, second, strict=True)) / 4000
    assert covariance / 15 == approx(0, abs=4 / math.sqrt(4000))


def test_random_releases_come_at_the_same_times_in_every_policy_and_at_others_in_every_replication():
    what = scenario("{kind: poisson, rate: 2/w}")
    assert announced(what, "pets") == announced(what, "cattle") != announced(what, "pets", 1)
    assert [time for time, *_ in announced(what)] == drawn(what, 0)


def test_a_release_more_changes_the_times_of_no_other():
    alone, beside = scenario("[{kind: poisson, rate: 2/w}]"), scenario("[{kind: poisson, rate: 2/w}, {kind: poisson, rate: 1/w}, {kind: periodic, every: 3d}]")
    assert set(drawn(alone, 0)) < set(drawn(beside, 0))


def test_twice_the_rate_is_half_the_gap():
    slow, fast = drawn(scenario("{kind: poisson, rate: 1/d}"), 0), drawn(scenario("{kind: poisson, rate: 2/d}"), 0)
    assert fast[: len(slow)] == approx([time / 2 for time in slow])


# What


@pytest.mark.parametrize(
    ("version", "next_one"), [("1.0", "1.1"), ("1.9", "1.10"), ("12", "13"), ("3.11", "3.12"), ("v2", "v3"), ("22.04-lts", "22.05-lts"), ("blue", None)]
)
def test_the_last_number_of_a_version_counts_up(version, next_one):
    assert after(version) == next_one


@pytest.mark.parametrize(
    ("version", "than", "is_older"),
    [
        ("1.9", "1.10", True),
        ("1.10", "1.9", False),
        ("1.0", "1.0", False),
        ("1.0", "1.0.0", False),
        ("1.0.0", "1", False),
        ("1", "1.0.1", True),
        ("v1.2", "1.3", True),
        ("blue", "green", False),
        ("1.0-rc1", "1.0", False),
    ],
)
def test_versions_are_compared_number_by_number_where_they_are_numbers(version, than, is_older):
    assert older(version, than) is is_older


def test_several_releases_of_an_item_are_numbered_in_the_order_of_their_times():
    """Day 5: 1.1; day 7: 2.0; days 10, 15, ...: on from there. After a rollback to 2.0 no number is used again."""
    what = scenario('[{kind: periodic, every: 5d}, {version: "2.0", at: 7d}, {version: "2.0", at: 12d, rollback: true}]', horizon="16d")
    assert [version for _, _, version in announced(what)] == ["1.1", "2.0", "2.1", "2.0", "2.2"]
    assert what.marks == [
        (5 * DAYS, "release 1.1"),
        (7 * DAYS, "release 2.0"),
        (10 * DAYS, "release 2.1"),
        (12 * DAYS, "release 2.0"),
        (15 * DAYS, "release 2.2"),
    ]


def test_a_name_without_a_number_is_left_out_when_counting():
    what = scenario("[{kind: periodic, every: 5d}, {version: blue, at: 7d}]", horizon="16d")
    assert [version for _, _, version in announced(what)] == ["1.1", "blue", "1.2", "1.3"]


def test_numbers_begin_where_it_is_said_or_after_the_newest_that_a_fleet_has():
    fleets = "{p: {a: {kind: pets, servers: 1, version: '1.9'}, b: {kind: pets, servers: 1, version: '1.10'}}}"
    assert [version for _, _, version in announced(scenario("{kind: periodic, every: 10d}", fleets))] == ["1.11", "1.12", "1.13"]
    named = scenario("{kind: periodic, every: 10d, first_version: 2024-03}", fleets)
    assert [version for _, _, version in announced(named)] == ["2024-03", "2024-04", "2024-05"]


def test_what_is_known_only_when_it_happens_is_not_marked():
    what = scenario('[{kind: poisson, rate: 1/d}, {version: "2.0", at: 7d}, {kind: periodic, every: 20d}]')
    assert what.marks == [(7 * DAYS, "release 2.0")]


@pytest.mark.parametrize("rate", ["3/w", "0.2/d", "7/m", "60/s", "0.5/s", "1/y"])
def test_a_rate_is_shown_as_it_was_written(rate):
    assert scenario(f"{{kind: poisson, rate: {rate}}}", horizon="1s").dump()["releases"][0]["rate"] == rate


def test_a_release_at_the_horizon_is_announced_and_nobody_sees_its_rollout():
    run = simulate(scenario("{kind: periodic, every: 10d}", horizon="20d"))
    assert len(run.record.frame("releases")) == 2
    assert metrics.rollouts(run, metrics.version_drift(run))["release"].tolist() == ["1.1"]


# Who


def test_a_release_of_an_item_is_for_the_fleets_that_have_it():
    """`os` 13 on day 10: the two servers of web get it, with the app they had; db has no such item and nothing happens to it."""
    run = simulate(scenario('{item: os, version: "13", at: 10d}', NODES))
    assert announced(run.scenario) == [(10 * DAYS, "os", "13")]
    stacks = run.record.frame("stacks").groupby("stack")[["item", "release"]].apply(lambda own: dict(own.astype(str).to_numpy()))
    moves = run.record.frame("transitions")
    last = moves.groupby("server", observed=True)["stack"].last().map(stacks)
    assert last.to_dict() == {"web-00": {"app": "2.0", "os": "13"}, "web-01": {"app": "2.0", "os": "13"}, "db-00": {"app": "2.0"}}


def test_items_drift_together_and_are_rolled_out_one_by_one():
    """Every pet takes 10 min, one after another. app at 1 h is done on both at 80 min; os at 70 min is behind until then, as the newer stack holds both."""
    fleet = "{kind: pets, servers: 2, stack: {os: '12'}, boot: 0s, upgrade: {time: 10m}}"
    run = simulate(scenario('[{version: "1.1", at: 60m}, {item: os, version: "13", at: 65m}]', f"{{p: {{web: {fleet}}}}}", horizon="2h"))
    drift = metrics.version_drift(run).set_index("time_s")
    assert drift.loc[3600, ["behind", "lag_mean", "lag_max"]].tolist() == [1, 1, 1]
    assert drift.loc[3900, ["behind", "lag_mean", "lag_max"]].tolist() == [1, 2, 2]
    assert drift.iloc[-1][["behind", "lag_mean"]].tolist() == [0, 0]
    rolled = metrics.rollouts(run, metrics.version_drift(run)).set_index("item")
    assert rolled["release"].to_dict() == {"app": "1.1", "os": "13"}
    assert not rolled["censored"].any()
    assert (rolled["start_s"] + rolled["rollout_s"]).to_dict()["app"] <= (rolled["start_s"] + rolled["rollout_s"]).to_dict()["os"]


def test_many_releases_are_one_row_of_the_report():
    """Twelve in 12 days are listed, thirteen in 13 are taken together."""
    for days, rows in ((13, 12), (14, 1)):
        results = Experiment(
            scenario("{kind: periodic, every: 1d}", "{p: {web: {kind: cattle, replicas: 1}}}", f"{days}d").model_copy(update={"replications": 2})
        ).run()
        (fleet,) = fleets(results)
        assert len(rollouts(results, fleet)[1]) == rows


def test_a_stack_reads_back_as_it_was_written():
    what = scenario('{item: os, version: "13", at: 10d}', NODES)
    assert loads(written(what.dump())) == what


# What is refused

ONE = "{p: {web: {kind: pets, servers: 1, version: '1.5', stack: {os: noble}}}}"


@pytest.mark.parametrize(
    ("releases", "kind", "path", "says"),
    [
        ('{version: "1.4", at: 1d}', "ConfigConflict", (0, "version"), "1.4 goes back behind 1.5, which policies.p.web begins with; write `rollback: true`"),
        ('[{version: "1.8", at: 9d}, {version: "1.10", at: 3d}]', "ConfigConflict", (0, "version"), "behind 1.10, which releases[1] announces"),
        ('[{kind: periodic, every: 1d}, {version: "1.9", at: 9d}]', "ConfigConflict", (1, "version"), "behind 1.14, which releases[0] announces"),
        ("{kind: periodic, every: 1d, first_version: '1.1'}", "ConfigConflict", (0, "first_version"), "begin above it"),
        ("{kind: poisson, rate: 1/d, first_version: '1.1'}", "ConfigConflict", (0, "first_version"), "begin above it"),
        ('[{kind: poisson, rate: 1/d}, {version: "1.9", at: 9d}]', "ConfigConflict", (1, "version"), "random releases count up from it"),
        ("{item: oss, version: '1', at: 1d}", "ConfigChoice", (0, "item"), "no fleet has an item 'oss' in its `stack`; did you mean 'os'?"),
        ("{item: kernel, version: '1', at: 1d}", "ConfigChoice", (0, "item"), "known: app, os"),
        ("{item: os, kind: periodic, every: 1d}", "ConfigMissing", (0,), "'noble' has no number to count up from; give a `first_version`"),
        ("{item: os, kind: periodic, every: 1d, first_version: jammy}", "ConfigRange", (0, "first_version"), "'jammy' has no number"),
        ("{kind: periodic, every: 20s}", "ConfigLimit", (), "the limit is 100,000"),
        ("{kind: poisson, rate: 0/s}", "ConfigRange", (0, "rate"), "above zero"),
        ("{version: '1.6', every: 1d, at: 1d}", "ConfigConflict", (0, "every"), "`every` belongs to periodic, not to at"),
        ("{kind: monthly, every: 1d}", "ConfigChoice", (0, "kind"), "no release of kind 'monthly'"),
        ("{version: a b, at: 1d}", "ConfigType", (0, "version"), "pattern"),
    ],
)
def test_releases_that_cannot_be_meant_are_refused(releases, kind, path, says):
    found = refused(releases, ONE)
    assert found[:2] == (kind, ("releases", *path))
    assert says in found[2]


def test_releases_count_as_work_for_every_server_that_has_their_item():
    """An hourly one for 10 years is 87,600 times 1000 servers times 6 events, beyond the 50 million of a run; of an item that few have it is not."""
    fleets = "{p: {web: {kind: pets, servers: 1000}, db: {kind: pets, servers: 2, stack: {os: '12'}}}}"
    kind, path, says = refused("{kind: periodic, every: 1h}", fleets, "10y")
    assert (kind, path) == ("ConfigLimit", ("policies", "p")) and "about 5.3e+08 events" in says
    assert scenario("{kind: periodic, every: 1h, item: os}", fleets, "10y")


def test_the_app_of_a_stack_is_the_version_of_its_fleet():
    kind, path, says = refused("[]", "{p: {web: {kind: pets, servers: 1, stack: {app: '1.0'}}}}")
    assert (kind, path, says) == ("ConfigConflict", ("policies", "p", "web", "stack"), "the version of `app` is the fleet's `version`")


@pytest.mark.parametrize(
    "releases",
    [
        '[{version: "1.6", at: 1d}, {version: "1.5", at: 2d, rollback: true}, {version: "1.6", at: 3d}]',
        '{version: "1.5", at: 1d}',
        '[{kind: poisson, rate: 1/d}, {version: "2.0", at: 9d}]',
        "[{item: os, version: oracular, at: 1d}, {item: os, version: jammy, at: 2d}]",
    ],
)
def test_versions_may_go_forward_be_announced_again_be_rolled_back_and_have_no_order(releases):
    assert scenario(releases, ONE)


def test_machines_are_exposed_from_a_security_release_on():
    """Four pets, an hour each from 10 h on: 10 machine-hours. What was announced before and after is no hole; who has the fix of the next is safe."""
    weather = "releases: [{version: '1.1', at: 5h}, {version: '1.2', at: 10h, security: true}, {version: '1.3', at: 30h}]"
    run = simulate(loads(f"horizon: 40h\n{weather}\npolicies: {{p: {{web: {{kind: pets, servers: 4, boot: 0s, upgrade: {{time: 1h}}}}}}}}"))
    summary = metrics.measure(run)["summary"].iloc[0]
    assert summary["exposure"] * 24 == approx(1 + 2 + 3 + 4)
    drift = metrics.version_drift(run)
    at = {time / 3600: row for time, *row in drift[["time_s", "exposed", "released_s"]].itertuples(index=False)}
    assert at[10] == [4, 5 * 3600] and at[12] == [2, 7.5 * 3600] and at[30] == [0, 10 * 3600]
