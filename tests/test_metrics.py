"""Metrics, on days so simple that every number can be had by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from by_hand import failing, left
from pytest import approx
from scipy import stats

from simulator import loads, metrics, simulate
from simulator.metrics import Tables
from simulator.metrics.verdict import verdicts

exact = {"rel": 0, "abs": 1e-6}
SITES = "sites: {zones: [a], hosts_per_zone: 10}\nrequests: {service: 100ms}"
AT_ONCE = "detect: {every: 0s, timeout: 0s}, respond: 0s"


def play(weather, fleet="servers: 10, boot: 0s", horizon="2h"):
    """Ten pets of 10/s each, one on each of ten hosts of one zone, that boot in no time."""
    return simulate(loads(f"horizon: {horizon}\n{SITES}\n{weather}\npolicies: {{only: {{web: {{kind: pets, {fleet}}}}}}}\n"))


def outages(*spells):
    """The zone is away: (from, for)."""
    return f"failures: [{', '.join(f'{{kind: outage, zone: a, at: {at}, lasts: {lasts}}}' for at, lasts in spells)}]"


NO_QUEUE = "servers: 10, boot: 0s, queue: 0"  # what cannot be served at once is lost, so that no backlog joins two dips
STEADY = "traffic: [{kind: steady, rate: 60/s}]"


def incident(run):
    """The one incident of a run."""
    (row,) = metrics.recovery(run).to_dict("records")
    return row


# Recovery


@pytest.mark.parametrize("rate", [20, 60, 90])
def test_full_recovery_is_the_outage_and_the_draining_of_its_backlog(rate):
    """D = 600 s without service leave lambda D waiting, which the spare capacity clears in lambda D / (C - lambda); service is back at D."""
    row = incident(play(f"traffic: [{{kind: steady, rate: {rate}/s}}]\n{outages(('30m', '10m'))}", horizon="4h"))
    assert row["start_s"] == 1800
    assert row["first_service_s"] == row["restored_s"] == approx(600, **exact)
    assert row["recovery_s"] == approx(600 + rate * 600 / (100 - rate), **exact)
    assert not row["censored"]


def test_an_incident_is_named_after_the_weather_it_began_in():
    assert incident(play(f"{STEADY}\n{outages(('30m', '10m'))}"))["event"] == "outage of zone a"


def test_a_table_without_incidents_has_the_columns_of_one_with():
    """The same names and types, so that parts of an experiment fit together as files."""
    none, some = (metrics.recovery(play(f"{STEADY}\n{outages(('30m', lasts))}", NO_QUEUE)) for lasts in ("1s", "10m"))
    assert (len(none), len(some)) == (0, 1)
    assert none.dtypes.to_dict() == some.dtypes.to_dict()


def test_an_incident_that_is_not_over_at_the_horizon_is_censored():
    """It began 15 min before the end; its backlog would have taken 15 min after its 10."""
    row = incident(play(f"{STEADY}\n{outages(('105m', '10m'))}"))
    assert (row["start_s"], row["recovery_s"], row["restored_s"], row["censored"]) == (6300, 900, 600, True)


def test_an_incident_that_ends_within_the_hold_of_the_horizon_is_censored_too():
    """Recovered 25 min after 94 min 30 s, 30 s before the end: nobody knows whether it holds for a minute."""
    assert incident(play(f"{STEADY}\n{outages(('94.5m', '10m'))}"))["censored"]


def test_two_dips_closer_than_the_hold_are_one_incident():
    """Down from 30 to 32 and from 32.5 to 35 min: one incident of 5 min."""
    row = incident(play(f"{STEADY}\n{outages(('30m', '2m'), ('32.5m', '2.5m'))}", NO_QUEUE))
    assert (row["start_s"], row["recovery_s"]) == (1800, approx(300, **exact))


def test_two_dips_further_apart_than_the_hold_are_two_incidents():
    found = metrics.recovery(play(f"{STEADY}\n{outages(('30m', '2m'), ('33.5m', '2.5m'))}", NO_QUEUE))
    assert found[["start_s", "recovery_s"]].to_numpy().tolist() == [[1800, approx(120)], [2010, approx(150)]]


def test_a_dip_shorter_than_the_hold_is_no_incident():
    assert len(metrics.recovery(play(f"{STEADY}\n{outages(('30m', '59s'))}", NO_QUEUE))) == 0


def test_a_loss_that_leaves_capacity_enough_is_no_incident():
    """Four of ten hosts away: 60/s are left for 60/s."""
    failures = ", ".join(f"{{kind: outage, host: a-{n}, at: 30m, lasts: 10m}}" for n in range(4))
    assert len(metrics.recovery(play(f"{STEADY}\nfailures: [{failures}]"))) == 0


def test_a_ceiling_makes_a_smaller_loss_an_incident():
    """Servers may be used to 80 %: 75/s are needed, and three of ten away leave 70/s. No backlog: it is over when they are back."""
    failures = ", ".join(f"{{kind: outage, host: a-{n}, at: 30m, lasts: 10m}}" for n in range(3))
    row = incident(play(f"objectives: {{ceiling: 80%}}\n{STEADY}\nfailures: [{failures}]"))
    assert row["recovery_s"] == approx(600, **exact)
    assert np.isnan(row["first_service_s"])


def test_the_phases_of_a_repair_are_what_the_pet_went_through():
    """A lone pet, dead at 60 min: 20 s to notice, 5 min to respond, 30 min of repair. 6/s x 2,120 s = 12,720 wait, and at 4/s they are gone in 3,180 s."""
    row = incident(
        play(
            "traffic: [{kind: steady, rate: 6/s}]\nfailures: [{kind: crash, time_to_failure: 1h, age: new}]",
            "servers: 1, repair: {detect: {every: 0s, timeout: 20s}, respond: 5m, time: 30m}",
            horizon="150m",
        )
    )
    assert [row[f"{phase}_s"] for phase in ("wait", "detect", "respond", "act", "catch_up")] == approx([0, 20, 300, 1800, 3180], **exact)
    assert row["recovery_s"] == approx(5300, **exact)


def test_the_time_in_which_nothing_is_under_way_is_waited():
    """The zone is away for 10 min, then the pets boot for 1 min: 660 s x 60/s drain at 40/s in 990 s."""
    row = incident(play(f"{STEADY}\n{outages(('30m', '10m'))}", "servers: 10, boot: 1m"))
    assert [row[f"{phase}_s"] for phase in ("wait", "detect", "respond", "act", "catch_up")] == approx([600, 0, 0, 60, 990], **exact)


def test_the_phases_of_every_recovery_add_up_to_it():
    """A month of crashes, host losses, outages and a spike."""
    run = play(
        """
traffic: [{kind: diurnal, mean: 65/s, peak: 85/s}, {kind: spike, at: 10d, factor: 3, hold: 1h}]
releases: [{version: "1.1", at: 3d}]
failures:
  - {kind: crash, time_to_failure: {law: exponential, mean: 1d}}
  - {kind: crash, of: host, time_to_failure: {law: exponential, mean: 10d}}
  - {kind: outage, zone: a, at: 20d, lasts: 30m}
""",
        horizon="30d",
    )
    found = metrics.recovery(run)
    phases = found[["wait_s", "detect_s", "respond_s", "act_s", "catch_up_s"]]
    assert len(found) > 10
    assert phases.sum(axis=1).to_numpy() == approx(found["recovery_s"].to_numpy(), **exact)
    assert (phases >= 0).all(axis=None)


# Recovery where every request is simulated: 3,600 come in each window of a minute, of which 3.6 may fail; chance makes it up to 3.6 + 3 sqrt(3.6) + 1 = 10.3


def found(run):
    return metrics.recovery(run)[["start_s", "recovery_s"]].to_numpy().tolist()


def test_a_window_in_which_more_fail_than_the_objective_allows_is_an_incident():
    """Ten servers for 60/s all the time: it is the objective that is broken, in the third and fourth minute."""
    row = incident(left(*failing(0, 0, 11, 2000, 10, 0)))
    assert (row["start_s"], row["recovery_s"], row["restored_s"], row["wait_s"], row["catch_up_s"]) == (120, 120, 120, 120, 0)


@pytest.mark.parametrize(("offered", "lost", "incidents"), [(60, 1, 0), (60, 2, 1), (1, 1, 0), (600, 3, 0), (600, 4, 1)])
def test_a_single_request_of_a_quiet_minute_is_no_incident(offered, lost, incidents):
    """Of 60 the objective allows 0.06: 0.06 + 3 sqrt(0.06) + 1 = 1.8; of 600: 0.6 + 2.3 + 1 = 3.9; of one: 0.001 + 0.09 + 1."""
    assert len(metrics.recovery(left({}, {"offered": float(offered), "failed": float(lost)}, {}))) == incidents


def test_requests_of_any_fate_but_service_break_the_objective():
    assert all(len(found(left({}, {fate: 100.0}, {}))) == 1 for fate in ("abandoned", "rejected", "failed"))


def test_a_broken_objective_and_short_capacity_make_one_incident():
    """Capacity is short from 150 to 200 s, the objective broken from 120 to 240 s; the pet that is repaired meanwhile acts for 100 s."""
    moves = [(130, slot, 0.0, "repair") for slot in range(2)] + [(150, slot, 0.0, "repair") for slot in range(2, 6)]
    run = left(*failing(0, 0, 50, 50, 0, 0), moves=[*moves, *((200, slot, 10.0, "") for slot in range(4)), *((230, slot, 10.0, "") for slot in (4, 5))])
    row = incident(run)
    assert (row["start_s"], row["recovery_s"], row["act_s"], row["wait_s"]) == (120, 120, 100, 20)


def test_a_backlog_after_a_broken_objective_is_caught_up_with():
    """Broken until 180 s, and the backlog that began at 150 s is gone at 210 s."""
    row = incident(left(*failing(0, 0, 50, 0, 0, 0), presses=[(150, 210, 5000, 100)]))
    assert (row["start_s"], row["recovery_s"], row["restored_s"], row["catch_up_s"]) == (120, 90, 60, 30)


@pytest.mark.parametrize(("backlog", "limit", "incidents"), [(100, 100, []), (101, 100, [[20, 60]]), (51, 50, [[20, 60]]), (1, 0, [[20, 60]])])
def test_what_waits_by_chance_is_no_backlog(backlog, limit, incidents):
    """A request takes 100 ms: 100/s are served by ten workers, for whom 100 may wait by chance, and 50/s by five; without any nobody waits by chance."""
    assert found(left({}, {}, {}, {}, presses=[(20, 80, backlog, limit)])) == incidents


def test_a_backlog_that_is_gone_before_the_hold_time_is_no_incident():
    assert found(left({}, {}, {}, {}, presses=[(20, 79, 5000, 100)])) == []


def test_what_broke_the_objective_is_looked_for_in_the_first_window_of_it():
    """It began at 145 s, within the window from 120 s on; an event of the window before is over."""
    events = [(70.0, "early", 100.0), (145.0, "outage of zone a", 200.0)]
    assert incident(left(*failing(0, 0, 50, 0, 0), events=events))["event"] == "outage of zone a"


def test_an_objective_broken_at_the_horizon_is_censored():
    assert incident(left(*failing(0, 0, 50)))["censored"]


def test_what_the_objective_allows_is_the_readers():
    """One in a hundred: 36 + 3 x 6 + 1 = 55."""
    runs = [left(*failing(0, count, 0), rest="objectives: {availability: 99%}") for count in (55, 56)]
    assert [len(metrics.recovery(run)) for run in runs] == [0, 1]


# Capacity and availability


def summary(run):
    """The numbers of the one fleet."""
    return metrics.measure(run)["summary"].iloc[0]


def test_shortfall_and_availability_of_a_total_loss():
    """60/s missing for 600 s of 7200; all are served in the end, later; ten servers are paid for during two hours."""
    row = summary(play(f"{STEADY}\n{outages(('30m', '10m'))}"))
    assert row["shortfall"] == approx(36_000, **exact)
    assert row["availability_by_time"] == approx(1 - 600 / 7200, **exact)
    assert row["availability"] == approx(1, **exact)
    assert row["capacity_paid"] == approx(20, **exact)


def test_what_cannot_wait_is_lost_to_availability_by_requests():
    row = summary(play(f"{STEADY}\n{outages(('30m', '10m'))}", NO_QUEUE))
    assert row["availability"] == approx(1 - 600 / 7200, **exact)
    assert row["rejected"] == approx(36_000, **exact)


def test_a_need_that_rises_through_the_capacity_is_cut_where_they_cross():
    """50/s rise to 150/s in 10 min and fall again: above 100/s for the middle 10 min, a triangle of 50/s x 600 s / 2."""
    row = summary(play("traffic: [{kind: steady, rate: 50/s}, {kind: spike, at: 30m, factor: 3, rise: 10m, hold: 0s, fall: 10m}]"))
    assert row["shortfall"] == approx(15_000, **exact)
    assert row["availability_by_time"] == approx(1 - 600 / 7200, **exact)


def test_the_warm_up_counts_for_nothing():
    """The outage lies within it."""
    row = summary(play(f"warmup: 1h\n{STEADY}\n{outages(('30m', '10m'))}"))
    assert (row["incidents"], row["shortfall"], row["availability_by_time"]) == (0, 0, 1)
    assert row["capacity_paid"] == approx(10, **exact)


def test_the_worst_window_of_each_length_is_where_the_loss_is():
    """Two minutes of an hour lost: the worst minute has nothing, the worst 5 minutes 3/5, the hour 58/60."""
    found = metrics.worst_windows(play(f"{STEADY}\n{outages(('30m', '2m'))}", NO_QUEUE, horizon="1h"))
    assert dict(zip(found["window"], found["worst"], strict=True)) == approx({"1m": 0, "5m": 0.6, "1h": 58 / 60}, **exact)


def test_requests_that_fail_are_lost_to_availability():
    """Two thirds of one minute of three: 2 of 9 requests, and of the worst minute 2 of 3."""
    run = left({}, {"failed": 2400.0}, {})
    row = summary(run)
    assert (row["availability"], row["failed"], row["failed_requests"]) == (approx(7 / 9, **exact), approx(2 / 9, **exact), 2400)
    assert metrics.worst_windows(run).set_index("window")["worst"]["1m"] == approx(1 / 3, **exact)


def test_attempts_are_counted_by_the_cause_for_which_they_fail():
    """Of 3 x 3,600 attempts for 3,600 requests 7,000 time out and 200 are refused; the warm-up's are not counted."""
    run = left({"lost": 9.0}, {"attempts": 10_800.0, "timed_out": 7000.0, "refused": 200.0}, warmup="60s")
    row = summary(run)
    assert row[["attempts_per_request", "attempts", "timed_out", "refused", "lost", "full", "unanswered"]].tolist() == [3, 10_800, 7000, 200, 0, 0, 0]


def test_no_window_loses_more_than_it_was_asked():
    """A crowd of 100/s comes for 2 minutes into an outage and gives up 3 minutes later, when only 10/s are offered."""
    weather = "requests: {service: 100ms, patience: 3m}\ntraffic: [{kind: steady, rate: 10/s}, {kind: spike, at: 10m, factor: 10, hold: 2m}]"
    policies = "policies: {only: {web: {kind: pets, servers: 10}}}"
    run = simulate(loads(f"horizon: 1h\nsites: {{zones: [a]}}\n{weather}\n{outages(('10m', '10m'))}\n{policies}\n"))
    assert metrics.worst_windows(run)["worst"].between(0, 1).all()


def test_measuring_leaves_the_record_as_it_was():
    """A metric is a pure function: what is measured twice is the same twice."""
    run = play(f"{STEADY}\nreleases: [{{version: '1.1', at: 1h}}]")
    once, again = metrics.measure(run), metrics.measure(run)
    assert all(once[name].equals(again[name]) for name in once)


# Version drift


def drift(run, column="behind"):
    """The last value of each time at which it changes."""
    found = metrics.version_drift(run).set_index("time_s")[column]
    return found[found.diff() != 0].to_dict()


UPGRADES = "servers: 4, boot: 0s, upgrade: {time: 10m}"


def test_pets_fall_behind_at_a_release_and_come_along_one_by_one():
    """Four pets, 10 min each from 60 min on: behind 1, 3/4, 2/4, 1/4, 0; the integral is 2.5 x 10 min of 2 h."""
    run = play("releases: [{version: '1.1', at: 1h}]", UPGRADES)
    assert drift(run) == {0: 0, 3600: 1, 4200: 0.75, 4800: 0.5, 5400: 0.25, 6000: 0}
    assert drift(run, "versions") == {0: 1, 4200: 2, 6000: 1}
    assert drift(run, "entropy")[4800] == approx(1) and drift(run, "skew")[4800] == approx(0.5)
    tables = metrics.measure(run)
    assert tables["summary"]["version_drift"][0] == approx(2.5 * 600 / 7200, **exact)
    assert tables["rollouts"][["start_s", "rollout_s", "censored"]].to_numpy().tolist() == [[3600, 2400, False]]


def test_a_rollout_is_cut_off_by_the_next_release_or_the_horizon():
    """1.1 at 60 min has two of four pets when 1.2 comes at 81 min; the run ends 29 min later, with one still to do."""
    run = play("releases: [{version: '1.1', at: 60m}, {version: '1.2', at: 81m}]", UPGRADES, horizon="110m")
    found = metrics.measure(run)["rollouts"]
    assert found[["release", "rollout_s", "censored"]].to_numpy().tolist() == [["1.1", 1260, True], ["1.2", 1740, True]]


def test_who_missed_one_release_is_two_behind_after_the_next():
    """At 81 min, just after 1.2: two pets on 1.1 and two on 1.0, so 1.5 releases behind in the mean and 2 at most."""
    found = metrics.version_drift(play("releases: [{version: '1.1', at: 60m}, {version: '1.2', at: 81m}]", UPGRADES)).set_index("time_s")
    assert found.loc[4860, ["behind", "lag_mean", "lag_max"]].tolist() == [1, 1.5, 2]


def rolled(releases):
    """Four containers that start in 30 s, rolled with one more and one less."""
    fleet = "{kind: cattle, replicas: 4, start: {time: 30s}}"
    return simulate(loads(f"horizon: 1h\n{SITES}\nreleases: {releases}\npolicies: {{only: {{web: {fleet}}}}}\n"))


def test_a_rolling_update_pays_for_its_surge_and_is_drifting_by_what_is_old():
    """At 600 s one is launched, so one old may go, so another is launched: 3 old of 5. At 630 s both serve, two old go and two are launched:
    1 of 5. At 660 s they serve and the last goes. Five are paid for during 60 s."""
    run = rolled("[{version: '1.1', at: 10m}]")
    assert drift(run) == approx({0: 0, 600: 0.6, 630: 0.2, 660: 0})
    row = summary(run)
    assert row["capacity_paid"] == approx(4 + 60 / 3600, **exact)
    assert row["rollout"] == approx(60, **exact)


def test_going_back_to_an_earlier_version_is_a_release_too():
    """1.1 at 10 min, and 1.0 again at 20: from then on whoever runs 1.1 is behind, until 60 s later."""
    run = rolled("[{version: '1.1', at: 10m}, {version: '1.0', at: 20m, rollback: true}]")
    assert {time: share for time, share in drift(run).items() if time >= 1200} == approx({1200: 0.6, 1230: 0.2, 1260: 0})


def test_a_world_without_releases_has_no_drift_and_no_rollout():
    row = summary(play(STEADY))
    assert row["version_drift"] == 0
    assert np.isnan(row["rollout"])


# Statistics


def test_the_interval_of_a_mean_is_students():
    """Against scipy's own."""
    x = [3.1, 4.7, 2.2, 5.9, 4.4]
    found = metrics.mean(x, 0.95)
    assert (found.low, found.high) == approx(stats.t.interval(0.95, 4, np.mean(x), stats.sem(x)))
    assert np.isnan(metrics.mean([3.1], 0.95).low)


def test_paired_runs_tell_apart_what_two_intervals_could_not():
    """The second is the first and 1 +- 0.1: the difference is certain, the correlation nearly 1."""
    first = np.array([10.0, 20, 30, 40, 50])
    found = metrics.paired(first + np.array([0.9, 1.1, 1, 0.9, 1.1]), first, 0.95)
    assert found.difference.value == approx(1)
    assert found.difference.low > 0.8
    assert found.correlation > 0.999


@pytest.mark.parametrize(("values", "q", "exists"), [(59, 0.95, True), (58, 0.95, False), (29, 0.9, True), (28, 0.9, False), (5, 0.5, True), (4, 0.5, False)])
def test_a_quantile_has_an_upper_bound_once_the_largest_value_may_be_it(values, q, exists):
    """The largest of n is above the quantile with probability 1 - q^n: 0.95^59 = 4.85 %, 0.95^58 = 5.10 %."""
    found = metrics.quantile(range(1, values + 1), np.zeros(values, bool), q, 0.95)
    assert (found.high == values) if exists else np.isnan(found.high)


def test_bounds_of_a_quantile_are_on_the_right_side_as_often_as_they_say():
    """2,000 samples of 60 exponentials, p90: each bound errs at most 5 % of the time; 3 standard errors are 1.5 %."""
    rng = np.random.default_rng(5)
    found = [metrics.quantile(rng.exponential(size=60), np.zeros(60, bool), 0.9, 0.95) for _ in range(2000)]
    true = -np.log(0.1)
    assert np.mean([bounds.high < true for bounds in found]) <= 0.065
    assert np.mean([bounds.low > true for bounds in found]) <= 0.065


def test_censored_values_lie_above_every_value():
    """Of ten, two censored early: the median is the fifth of the others, and p90 is not known to be finite."""
    durations, censored = [1, 2, 3, 4, 5, 6, 7, 8, 0.5, 0.5], [False] * 8 + [True] * 2
    assert metrics.quantile(durations, censored, 0.5, 0.95).value == 5
    assert metrics.quantile(durations, censored, 0.9, 0.95).value == np.inf


def test_the_share_recovered_is_kaplan_meiers():
    """1, 2+, 3, 4+, 5: one of five done; then one of the three still watched, 1 - 4/5 x 2/3 = 7/15; then the last."""
    found = metrics.survival([1, 2, 3, 4, 5], [False, True, False, True, False], 0.95).drop_duplicates("done", keep="first")
    assert found["time_s"].tolist() == [0, 1, 3, 5]
    assert found["done"].tolist() == approx([0, 1 / 5, 7 / 15, 1])


def test_where_all_are_censored_nothing_is_known_to_be_done():
    assert metrics.survival([3, 4], [True, True], 0.95)["done"].tolist() == approx([0, 0, 0])


def test_no_event_in_three_trials_leaves_up_to_63_percent():
    """1 - 0.05^(1/3) = 0.6316; with 59 trials it is under 5 %, with 58 over."""
    assert metrics.no_event_limit(3, 0.95) == approx(0.6316, abs=5e-5)
    assert metrics.no_event_limit(59, 0.95) < 0.05 < metrics.no_event_limit(58, 0.95)


# Verdicts


def status(check, incidents=(), censored=(), **columns):
    """What a check on policy `ours` says of these incidents' recovery times (seconds), or of these numbers a run."""
    scenario = loads(f"horizon: 1d\nchecks: [{check}]\npolicies: {{ours: {{web: {{kind: pets, servers: 1}}}}, theirs: {{like: ours}}}}\n")
    runs = max((len(values) for values in columns.values()), default=20)
    made = [pd.DataFrame({"policy": policy, "fleet": "web", "replication": range(runs)}) for policy in scenario.policies]
    for name, values in columns.items():
        column, _, policy = name.partition("__")
        made[policy == "theirs"][column] = values
    found = pd.DataFrame({"policy": "ours", "fleet": "web", "recovery_s": np.array(incidents, float), "censored": list(censored) or [False] * len(incidents)})
    (verdict,) = verdicts(scenario, Tables(summary=pd.concat(made), incidents=found))
    return verdict.status


P95 = "{metric: recovery, policy: ours, quantile: 95%, over: incidents, below: 15m}"


@pytest.mark.parametrize(
    ("incidents", "says"),
    [
        ([600] * 59, "pass"),
        ([600] * 58, "undecided"),  # no upper bound yet
        ([1200] * 59, "fail"),
        ([600] * 55 + [1200] * 4, "undecided"),
        ([600] * 50 + [1200] * 9, "fail"),  # 9 of 59 above: the lower bound is the 53rd
        ([], "pass"),
    ],
)
def test_a_check_of_a_quantile_is_decided_by_its_bounds(incidents, says):
    """At 95 % the bounds of a p95 of 59 values are the 53rd and the 59th: P(Bin(59, 0.95) <= 52) = 3.1 %, <= 53 is 7.7 %."""
    assert status(P95, incidents) == says


def test_a_censored_recovery_is_above_every_threshold():
    """58 in time and one that nobody saw the end of, after a minute."""
    assert status(P95, [600] * 58 + [60], [False] * 58 + [True]) == "undecided"


def test_nothing_above_a_threshold_is_proven_by_no_incident():
    assert status("{metric: recovery, policy: ours, quantile: 50%, over: incidents, above: 15m}") == "undecided"


@pytest.mark.parametrize(("availability", "says"), [([0.995, 0.996, 0.997], "pass"), ([0.97, 0.98, 0.975], "fail"), ([0.97, 1.0, 0.999], "undecided")])
def test_a_check_of_a_mean_is_decided_by_its_interval(availability, says):
    assert status("{metric: availability, policy: ours, above: 99%}", availability=availability) == says


@pytest.mark.parametrize(("ours", "says"), [([2, 3, 4], "pass"), ([4, 5, 6], "fail"), ([1, 4, 7], "undecided")])
def test_a_comparison_is_decided_by_the_paired_difference(ours, says):
    """Theirs are 3, 4, 5 incidents in the same runs; fewer is better. The differences -1 and +1 are certain, -2, 0, 2 are not."""
    assert status("{metric: incidents, policy: ours, better_than: theirs}", incidents__ours=ours, incidents__theirs=[3, 4, 5]) == says
