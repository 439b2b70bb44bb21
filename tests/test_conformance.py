"""Conformance: its rules on numbers made up for them, and its adapters on cases with a known answer."""

from __future__ import annotations

import subprocess
import sys
from math import exp, log, pi, sin
from pathlib import Path

import pytest
from pytest import approx
from ruamel.yaml import YAML

from conformance.cases import CaseError, read
from conformance.look import findings
from conformance.tolerance import judge

ROOT = Path(__file__).parents[1]
SHARED = ROOT.parent / "shared" / "cases" / "theory" / "cases.yaml"
OUTAGE = {"kind": "fluid", "arrival_rate": [[0, 800]], "capacity": [[0, 1000], [60, 0], [360, 1000]], "buffer": "unbounded"}
LONE = {
    "kind": "machine_repair", "machines": 4, "spares": 0, "repairers": 4, "start": "all up",
    "time_to_failure": {"dist": "exponential", "mean": 9}, "repair": {"dist": "erlang", "k": 2, "mean": 1},
}  # fmt: skip


def fixed(value):
    return {"dist": "deterministic", "value": value}


def every(gap):
    """Arrivals at one gap, two gaps, ..."""
    return {"process": "renewal", "interarrival": fixed(gap)}


QUEUE = {"kind": "queue", "arrivals": every(1), "service": fixed(1.5), "servers": 1, "discipline": "fifo", "start": "empty"}
MM1 = {**QUEUE, "arrivals": {"process": "poisson", "rate": 0.5}, "service": {"dist": "exponential", "mean": 1}}
BALANCED = {"kind": "balanced_queues", "arrivals": every(1), "service": fixed(2), "servers": 2, "policy": "ANY", "per_server": "fifo, unbounded"}
BUSY = {**BALANCED, "arrivals": {"process": "poisson", "rate": 4.5}, "service": {"dist": "exponential", "mean": 1}, "servers": 5}
BREAKING = {**QUEUE, "kind": "queue_with_failures", "arrivals": every(9.5), "service": fixed(1), "start": "all up, empty", "fails_when": "busy or idle"}
BREAKING |= {"time_to_failure": fixed(10), "repair": fixed(2), "repairers": 1, "interrupted": "resume"}
ZONES = {"kind": "zones", "zones": 2, "per_zone": 1, "need_up": 2, "replica_clock": "keeps running while its zone is down", "start": "all up"}
ZONES |= {"zone_time_to_failure": fixed(8), "zone_repair": fixed(2), "replica_time_to_failure": fixed(9), "replica_repair": fixed(3)}
STORM = {"kind": "retry_queue", "capacity": 100, "timeout": 1, "max_attempts": 4, "stall": [10, 30], "arrivals_deterministic": True}
RUN = {"warmup": 50, "horizon": 1050, "replications": 10}
EXACT = {"rule": "exact", "rel": 1e-9, "abs": 1e-9}
CI = {"rule": "ci", "confidence": 0.999, "max_rel_halfwidth": 0.05}
ORDER = {"rule": "strict_order", "ci": "paired 99.9% of each adjacent difference excludes 0"}


def case(tmp_path, model, *expect, name="X-1", run=None, seed=1):
    """A case as its file would have it."""
    told = {"id": name, "group": "own", "title": "a case", "model": model, "expect": list(expect), **({"run": run} if run else {})}
    file = tmp_path / "cases.yaml"
    with file.open("w", encoding="utf-8") as stream:
        YAML(typ="safe", pure=True).dump([told], stream)
    (one,) = read(file, seed)
    return one


def expected(metric, value, tol=None, **given):
    return {"metric": metric, "value": value, "tol": tol or EXACT, **given}


def verdicts(tmp_path, model, *expect, **more):
    return [found.verdict for found in findings(case(tmp_path, model, *expect, **more))]


def one(tmp_path, *, rule, **answer):
    """An expectation by itself."""
    (found,) = case(tmp_path, LONE, {"metric": "any", **answer, "tol": rule}).expected
    return found


# Rules


@pytest.mark.parametrize(
    ("rule", "value", "measured", "agrees"),
    [
        (EXACT, 100, [100 + 9e-8], True),
        (EXACT, 100, [100 + 2e-7], False),
        (EXACT, 0, [9e-10], True),
        (EXACT, 100, [100, 101], False),  # every replication
        ({"rule": "exact", "abs": 0}, [1, 2, 3], [[1, 2, 3]], True),
        ({"rule": "exact", "abs": 0}, [1, 2, 3], [[1, 2]], False),
        ({"rule": "exact", "abs": 0}, True, [True], True),
        ({"rule": "rel", "rel": 0.02}, 100, [101.9], True),
        ({"rule": "rel", "rel": 0.02}, 100, [97.9], False),
        ({"rule": "ci", "confidence": 0.999, "max_rel_halfwidth": 2}, 10, [9, 10, 11], True),  # t(2 df, 99.95 %) = 31.6: 10 +- 18.2
        ({"rule": "ci", "confidence": 0.999, "max_rel_halfwidth": 1}, 10, [9, 10, 11], False),
        ({"rule": "ci", "confidence": 0.9, "max_rel_halfwidth": 1}, 12, [9, 10, 11], False),  # t(2 df, 95 %) = 2.92: 10 +- 1.69
        ({"rule": "ci", "confidence": 0.9, "max_rel_halfwidth": 1, "extra_rel": 0.05}, 12, [9, 10, 11], True),
        ({"rule": "ci", "confidence": 0.9, "max_rel_halfwidth": 0.1}, 10, [9, 10, 11], False),  # near, but only by being noisy
        ({"rule": "ci", "confidence": 0.999, "max_rel_halfwidth": 0.1}, 0, [0, 0, 0], True),
        ({"rule": "ci", "confidence": 0.999}, 0, [0, 0, 0], True),
        ({"rule": "ci", "confidence": 0.999}, 1, [float("nan")] * 3, False),
        ({"rule": "rel", "rel": 0.02}, 0, [0], True),
        (EXACT, float("inf"), [float("inf")], True),
        (ORDER, None, [[1, 2, 4], [5, 6.01, 8], [9, 9.99, 12]], True),  # apart by 1 +- 0.18 and 2 +- 0.18, however far apart replications are
        (ORDER, None, [[2, 1, 4], [6.01, 5, 8], [9.99, 9, 12]], False),  # the first two have changed places
        (ORDER, None, [[1, 2, 2], [5, 6.01, 6.01], [9, 9.99, 9.99]], False),  # the last two are equal
        (ORDER, None, [[1, 2], [5, 6.1], [9, 9.9]], False),  # apart by 1 +- 1.8
    ],
)
def test_a_rule_is_what_the_schema_says(tmp_path, rule, value, measured, agrees):
    assert judge(one(tmp_path, rule=rule, value=value), measured).agrees is agrees


def test_a_quantile_is_judged_by_the_share_above_it(tmp_path):
    """A tenth of each replication lies above 9, as 1 - q says; above 5 it is half."""
    rule = {"rule": "tail_ci", "confidence": 0.999, "max_rel_halfwidth": 0.5}
    measured = [list(range(1, 11))] * 3
    assert judge(one(tmp_path, rule=rule, value=9, q=0.9), measured).agrees
    assert not judge(one(tmp_path, rule=rule, value=5, q=0.9), measured).agrees


@pytest.mark.parametrize(("slack", "agrees"), [("ci99.9", True), ("none", False)])
def test_a_bound_gives_way_by_what_chance_explains(tmp_path, slack, agrees):
    """10 +- 18.2 reaches down to 9.5, and 10 alone is above it."""
    assert judge(one(tmp_path, rule={"rule": "bound", "low": 0, "high": 9.5, "slack": slack}), [9, 10, 11]).agrees is agrees


def test_the_second_look_is_at_a_higher_confidence(tmp_path):
    """Half-widths go with t: 31.6 at 99.9 %, 99.99 at 99.99 % for 2 df."""
    found = one(tmp_path, rule=CI, value=10)
    first, second = (judge(found, [9, 10, 11], second=second) for second in (False, True))
    assert (second.high - 10) / (first.high - 10) == approx(99.99 / 31.60, rel=1e-3)


# Adapters


def test_a_partial_outage_of_a_fluid(tmp_path):
    """1,000 falls to 400 for 300 s at 800/s: 120,000 wait; 600 s to drain; the last served at 400/s came after 150 s; area 120,000 x 900 / 2."""
    model = {**OUTAGE, "capacity": [[0, 1000], [60, 400], [360, 1000]]}
    answers = [("peak_backlog", 120_000), ("drain_time_after_restore", 600), ("time_to_recover_from_outage_start", 900), ("time_to_clear", 900)]
    answers += [("max_delay", 150), ("backlog_time_area", 54e6), ("requests_delayed", 720_000), ("requests_lost", 0), ("fraction_time_saturated", 900 / 960)]
    assert verdicts(tmp_path, model, *(expected(*answer) for answer in answers)) == ["pass"] * len(answers)


def test_capacity_that_comes_back_in_steps(tmp_path):
    """0 for 300 s, 900 for 300 s, 1,200 after: 240,000 at 360 s, 210,000 at 660 s, which 400/s clear in 525 s."""
    model = {**OUTAGE, "capacity": [[0, 1200], [60, 0], [360, 900], [660, 1200]]}
    answers = [("peak_backlog", 240_000), ("drain_time_after_restore", 525), ("time_to_clear", 1125)]
    assert verdicts(tmp_path, model, *(expected(*answer) for answer in answers)) == ["pass"] * 3


def test_a_buffer_fills_and_loses_the_rest(tmp_path):
    """100,000 places at 800/s are full after 125 s; 800 x 175 are lost; 500 s to drain."""
    answers = [("time_buffer_full_from_outage_start", 125), ("requests_lost", 140_000), ("drain_time_after_restore", 500), ("peak_backlog", 100_000)]
    assert verdicts(tmp_path, {**OUTAGE, "buffer": 100_000}, *(expected(*answer) for answer in answers)) == ["pass"] * 4


def test_a_horizon_of_its_own_is_what_sums_are_over(tmp_path):
    """Down from 100 s on at 800/s: 40,000 places full after 50 s, 40,000 lost in the other 50 s, saturated for half the time."""
    model = {**OUTAGE, "arrival_rate": 800, "capacity": [[0, 1000], [100, 0]], "buffer": 40_000}
    answers = [("requests_lost", 40_000), ("fraction_time_saturated", 0.5), ("backlog_time_area", 40_000 * 50 / 2 + 40_000 * 50)]
    answers += [("time_buffer_full_from_outage_start", 50)]
    assert verdicts(tmp_path, model, *(expected(*answer) for answer in answers), run={"horizon": 200}) == ["pass"] * 4


def test_a_warm_up_cuts_off_what_was_before(tmp_path):
    """120,000 at 150 s and 400/s of spare capacity."""
    model = {"kind": "fluid", "arrival_rate": [[0, 600], [30, 2000], [150, 600]], "capacity": 1000, "buffer": "unbounded"}
    answers = [expected("backlog_time_area", 120_000 * 300 / 2), expected("requests_delayed", 180_000), expected("fraction_time_saturated", 300 / 450)]
    assert verdicts(tmp_path, model, *answers, run={"warmup": 150, "horizon": 600}) == ["pass"] * 3


def test_what_comes_after_the_horizon_is_waited_for(tmp_path):
    """The run is given 200 s; the backlog is gone at 1,560."""
    assert verdicts(tmp_path, OUTAGE, expected("time_to_clear", 1500), run={"horizon": 200}) == ["pass"]


@pytest.mark.parametrize(
    ("arrivals", "full"),
    [
        ([[0, 500], [30, 2000], [50, 500]], 2),  # full at 31 s, empty at 52 s, and 500/s fill it again from 100 s on
        ([[0, 500], [90, 2000], [110, 500]], 0),  # full already
        ([[0, 500], [90, 1040], [110, 500]], (1000 - 400) / 1040),  # 400 wait when the outage begins
    ],
)
def test_a_buffer_that_was_full_before_fills_again(tmp_path, arrivals, full):
    model = {"kind": "fluid", "arrival_rate": arrivals, "capacity": [[0, 1000], [100, 0], [200, 1000]], "buffer": 1000}
    assert verdicts(tmp_path, model, expected("time_buffer_full_from_outage_start", full)) == ["pass"]


def test_an_outage_may_be_there_from_the_start(tmp_path):
    """500/s for 100 s and 800/s for 200 s wait for capacity: 210,000, gone 1,050 s after 300."""
    model = {**OUTAGE, "arrival_rate": [[0, 500], [100, 800]], "capacity": [[0, 0], [300, 1000]]}
    assert verdicts(tmp_path, model, expected("peak_backlog", 210_000), expected("time_to_clear", 1350)) == ["pass"] * 2


def test_capacities_that_are_no_round_numbers(tmp_path):
    """A third of 1,000 at 800/s for 300 s."""
    model = {**OUTAGE, "capacity": [[0, 1000], [60, 333.333333333333], [360, 1000]]}
    assert verdicts(tmp_path, model, expected("peak_backlog", 140_000)) == ["pass"]
    model = {"kind": "fleet_recovery_fluid", "servers": 3, "per_server_capacity": 333.3333333333333, "arrival_rate": 500, "down_at_start": 3, "repairers": 3}
    model["repair"] = {"dist": "deterministic", "value": 60}
    assert verdicts(tmp_path, model, expected("peak_backlog", 30_000), expected("time_to_clear", 120)) == ["pass"] * 2


def test_an_overload_never_ends_and_ends_no_command(tmp_path):
    model = {**OUTAGE, "arrival_rate": 1200, "capacity": 1000}
    assert verdicts(tmp_path, model, expected("time_to_clear", 100), expected("time_to_clear", float("inf"))) == ["FAIL", "pass"]


def test_machines_may_all_be_down_at_the_start(tmp_path):
    """Back after 2 s each, and then good for 1,000."""
    model = {**LONE, "time_to_failure": {"dist": "deterministic", "value": 1000}, "repair": {"dist": "deterministic", "value": 2}, "start": "all down"}
    answers = [expected("point_availability", 0, at=1.9), expected("point_availability", 1, at=2.1), expected("interval_availability", 0.8, at=10)]
    assert verdicts(tmp_path, model, *answers) == ["pass"] * 3


def test_clients_who_leave_at_random(tmp_path):
    """B = 800 x 50 (1 - e^(-300/50)); then dB/dt = -200 - B/50."""
    peak = 40_000 * (1 - exp(-6))
    model = {**OUTAGE, "patience": {"dist": "exponential", "mean": 50}}
    answers = [expected("peak_backlog", peak), expected("drain_time_after_restore", 50 * log(1 + peak / 10_000))]
    assert verdicts(tmp_path, model, *answers) == ["pass", "pass"]


def test_a_fleet_of_which_a_part_is_down(tmp_path):
    """2 of 5 at 200/s are down, two people, 60 s each: 600/s serve 700/s for 60 s, 6,000 wait, 300/s clear them in 20 s."""
    model = {"kind": "fleet_recovery_fluid", "servers": 5, "per_server_capacity": 200, "arrival_rate": 700, "down_at_start": 2, "repairers": 2}
    model["repair"] = {"dist": "deterministic", "value": 60}
    answers = [("time_all_up", 60), ("peak_backlog", 6000), ("time_to_clear", 80), ("drain_time_after_restore", 20), ("backlog_time_area", 6000 * 80 / 2)]
    answers += [("mean_time_half_up", 0), ("requests_delayed", 700 * 80)]
    assert verdicts(tmp_path, model, *(expected(*answer) for answer in answers)) == ["pass"] * len(answers)


def test_repairs_that_vary_are_run_until_all_servers_are_back(tmp_path):
    """One person, three exponential repairs of mean 50 s: 150 s until all are up."""
    model = {"kind": "fleet_recovery_fluid", "servers": 3, "per_server_capacity": 100, "arrival_rate": 10, "down_at_start": 3, "repairers": 1}
    model["repair"] = {"dist": "exponential", "mean": 50}
    found = expected("mean_time_all_up", 150, {**CI, "max_rel_halfwidth": 0.5})
    assert verdicts(tmp_path, model, found, run={"horizon": 10, "replications": 60}) == ["pass"]


def restore(servers, people, repair):
    return {"kind": "restore_all", "down_at_start": servers, "repairers": people, "repair": repair, "fresh_failures": False}


@pytest.mark.parametrize(("servers", "people", "all_up", "half_up"), [(11, 4, 21, 14), (8, 4, 14, 7), (5, 9, 7, 7), (3, 1, 21, 14)])
def test_repairs_of_one_length_go_in_rounds(tmp_path, servers, people, all_up, half_up):
    """ceil(m / R) rounds of 7 s, and ceil(h / R) until h = ceil(m / 2) are up."""
    answers = [("mean_time_all_up", all_up), ("mean_time_half_up", half_up)]
    answers += [("prob_all_up_by", 0, {"at": all_up - 0.1}), ("prob_all_up_by", 1, {"at": all_up}), ("prob_all_up_by", 1, {"at": 1000})]
    passes(tmp_path, restore(servers, people, fixed(7)), *answers)


def test_repairs_without_memory_by_order_statistics(tmp_path):
    """Seven and three people, of mean 12: 12 [(7 - 3) / 3 + 1 + 1/2 + 1/3]; the fourth is up after 4 x 12 / 3."""
    answers = [("mean_time_all_up", 12 * (4 / 3 + 11 / 6)), ("mean_time_half_up", 16)]
    told = [expected(metric, value, {**CI, "max_rel_halfwidth": 0.2}) for metric, value in answers]
    assert verdicts(tmp_path, restore(7, 3, {"dist": "exponential", "mean": 12}), *told, run={"replications": 300}) == ["pass"] * 2


@pytest.mark.parametrize("at", [5, 15, 30])
def test_the_last_of_some_repairs_that_go_on_side_by_side(tmp_path, at):
    """Three of mean 10 and a person each: all are up by t with (1 - e^(-t / 10))^3, whether the first run of 10 s reaches t or not."""
    answer = expected("prob_all_up_by", (1 - exp(-at / 10)) ** 3, {"rule": "ci", "confidence": 0.999}, at=at)
    assert verdicts(tmp_path, restore(3, 3, {"dist": "exponential", "mean": 10}), answer, run={"horizon": 10, "replications": 300}) == ["pass"]


@pytest.mark.parametrize(
    "law", [{"dist": "erlang", "k": 3, "mean": 5}, {"dist": "uniform", "low": 2, "high": 8}, {"dist": "lognormal", "mean": 5, "cv": 1.5}], ids=str
)
def test_a_lone_person_takes_the_sum_of_all_repairs(tmp_path, law):
    """Six of mean 5, whatever the law."""
    answer = expected("mean_time_all_up", 30, {**CI, "max_rel_halfwidth": 0.25})
    assert verdicts(tmp_path, restore(6, 1, law), answer, run={"replications": 300}) == ["pass"]


def passage(machines, below, life, repair, people=1):
    model = {"kind": "first_passage", "machines": machines, "repairers": people, "stop_when_up_below": below, "start": "all up"}
    return {**model, "time_to_failure": {"dist": "exponential", "mean": life}, "repair": {"dist": "exponential", "mean": repair}}


@pytest.mark.parametrize(
    ("model", "value"),
    [
        (passage(2, 1, 20, 5), (3 / 20 + 1 / 5) / (2 / 400)),  # (3 l + m) / (2 l^2)
        (passage(3, 2, 30, 10), (5 / 30 + 1 / 10) / (6 / 900)),  # (5 l + m) / (6 l^2)
        (passage(4, 4, 36, 10), 36 / 4),  # the first failure of all
        # From none down to three, with two people: 1/(3 l), (1 + m t) / (2 l) of it, and (1 + 2 m t) / l of that, at l = 1/10, m = 1/4.
        (passage(3, 1, 10, 4, people=2), 10 / 3 + 55 / 6 + 335 / 6),
    ],
    ids=["1 of 2", "2 of 3", "4 of 4", "1 of 3"],
)
def test_the_first_time_that_too_few_are_up(tmp_path, model, value):
    """Of a chain of births and deaths: its closed forms."""
    answer = expected("mean_time_to_stop", value, {**CI, "max_rel_halfwidth": 0.3})
    assert verdicts(tmp_path, model, answer, run={"replications": 300}) == ["pass"]


def test_machines_that_live_equally_long_all_stop_at_once(tmp_path):
    for below in (1, 2, 3):
        passes(tmp_path, {**passage(3, below, 1, 2), "time_to_failure": fixed(10)}, ("mean_time_to_stop", 10))
    passes(tmp_path, {**passage(3, 1, 1, 2), "start": "all down"}, ("mean_time_to_stop", 0))


def test_a_first_passage_is_that_of_its_replication_however_long_the_first_run(tmp_path):
    told = case(tmp_path, passage(2, 1, 20, 5), expected("mean_time_to_stop", 70, {"rule": "ci", "confidence": 0.999}), run={"replications": 20})
    short = told._replace(plan=told.plan._replace(horizon=1.0))
    assert findings(told)[0].judgement == findings(short)[0].judgement


@pytest.mark.parametrize(
    "law",
    [
        {"dist": "deterministic", "value": 1},
        {"dist": "lognormal", "mean": 1, "cv": 2},
        {"dist": "weibull", "shape": 0.8, "mean": 1},
        {"dist": "uniform", "low": 0, "high": 2},
        {"dist": "erlang", "k": 3, "mean": 1},
        {"dist": "hyperexp2", "mean": 1, "scv": 4, "balanced_means": True},
        {"dist": "hyperexp2", "mean": 1, "scv": 1, "balanced_means": True},
    ],
    ids=str,
)
def test_availability_is_a_matter_of_means_whatever_the_law(tmp_path, law):
    """MTTF / (MTTF + MTTR) = 9 / 10, a failure of each every 10."""
    answers = [expected("availability", 0.9, CI), expected("mean_down_duration", 1, CI | {"max_rel_halfwidth": 0.2}), expected("failures_per_time", 0.4, CI)]
    assert verdicts(tmp_path, {**LONE, "repair": law}, *answers, run={**RUN, "horizon": 4050}) == ["pass"] * 3


def test_k_of_n_by_the_binomial_law(tmp_path):
    """3 of 4 at 0.9 each: 0.9^4 + 4 x 0.9^3 x 0.1; left 3 x C(4,3) x 0.9^3 x 0.1 / 9 times a unit of time."""
    answers = [expected("prob_at_least_k", 0.9477, CI, k=3), expected("prob_full_service", 0.6561, CI)]
    answers += [expected("system_failures_per_time", 12 * 0.729 * 0.1 / 9, CI | {"max_rel_halfwidth": 0.1}, k=3), expected("mean_operating", 3.6, CI)]
    assert verdicts(tmp_path, LONE, *answers, run={**RUN, "horizon": 4050}) == ["pass"] * 4


@pytest.mark.parametrize(("model", "metric", "value"), [(LONE, "availability", 0.9), (MM1, "mean_sojourn", 2)])
def test_what_comes_out_depends_on_neither_the_name_nor_the_answer(tmp_path, model, metric, value):
    first, other = (
        findings(case(tmp_path, model, expected(metric, answer, {**CI, "max_rel_halfwidth": 9}), name=name, run={**RUN, "replications": 40}))[0]
        for name, answer in (("X-1", value), ("Y-2", 0.999 * value))
    )
    assert first.judgement == other.judgement


def test_a_miss_is_looked_at_once_more_and_then_fails(tmp_path):
    """0.5 is not the availability of anything here: forty runs are made after the ten."""
    (found,) = findings(case(tmp_path, LONE, expected("availability", 0.5, CI), run=RUN))
    assert (found.verdict, found.remark) == ("FAIL", "at the second look")
    assert found.judgement.found == approx(0.9, abs=0.02)


def test_a_deterministic_miss_fails_at_once(tmp_path):
    (found,) = findings(case(tmp_path, OUTAGE, expected("peak_backlog", 1)))
    assert (found.verdict, found.remark) == ("FAIL", "")


# Requests


def passes(tmp_path, model, *answers, run=None):
    """All of these, exactly: (metric, value) and what the question gives."""
    told = [expected(metric, value, **(given[0] if given else {})) for metric, value, *given in answers]
    assert verdicts(tmp_path, model, *told, run=run) == ["pass"] * len(told)


def test_a_queue_by_hand(tmp_path):
    """Four come at 1, 2, 3 and 4 s and are served from 1, 2.5, 4 and 5.5 s on, of which 4 s are looked at."""
    answers = [("mean_wait", 0.75), ("prob_wait", 0.75), ("mean_sojourn", 2.25), ("wait_tail", 0.5, {"at": 0.9}), ("sojourn_tail", 0.25, {"at": 2.9})]
    answers += [("utilization", 3 / 4), ("mean_queue_length", (0.5 + 1) / 4), ("mean_in_system", (1.5 + 2 + 1) / 4), ("prob_in_system_zero", 1 / 4)]
    answers += [("in_system_at", 2, {"at": 3.5}), ("mean_wait_of_request", 1, {"k": 3}), ("throughput", 1), ("requests_delayed", 3)]
    answers += [("variance_in_system", (1.5 + 4 * 1.5) / 4 - 1.125**2)]
    passes(tmp_path, QUEUE, *answers, run={"horizon": 4})


def test_requests_are_counted_by_their_arrival_after_the_warm_up(tmp_path):
    """Those at 2, 3 and 4 s; the first is not among them, though it is in service until 2.5 s."""
    passes(tmp_path, QUEUE, ("mean_wait", 1), ("throughput", 1), ("utilization", 1), run={"warmup": 1, "horizon": 4})


def test_a_capacity_counts_those_in_service(tmp_path):
    """Service from 1 to 4 s and from 4 to 7 s; those who come at 3, 5 and 6 s find two places taken, and who comes at 4 s one that is just free."""
    model = {**QUEUE, "service": fixed(3), "capacity": 2}
    passes(tmp_path, model, ("blocking_probability", 0.5), ("throughput", 0.5), ("mean_wait", (0 + 2 + 3) / 3), run={"horizon": 6})


def test_patience_is_for_the_queue(tmp_path):
    """Those who come at 2 and 4 s would wait 0.5 s, and leave after 0.4 s."""
    answers = [("abandon_probability", 0.5), ("mean_wait_all", 0.2), ("prob_wait", 0.5), ("mean_wait", 0), ("mean_sojourn", 1.5)]
    passes(tmp_path, {**QUEUE, "patience": fixed(0.4)}, *answers, run={"horizon": 4})


@pytest.mark.parametrize(
    "law",
    [
        {"dist": "exponential", "mean": 1},
        {"dist": "lognormal", "mean": 1, "cv": 2},
        {"dist": "weibull", "shape": 0.8, "mean": 1},
        {"dist": "uniform", "low": 0, "high": 2},
        {"dist": "erlang", "k": 3, "mean": 1},
    ],
    ids=str,
)
def test_loss_is_a_matter_of_means_whatever_the_law(tmp_path, law):
    """Erlang's formula for one erlang and two servers: (1 / 2) / (1 + 1 + 1 / 2)."""
    model = {**MM1, "arrivals": {"process": "poisson", "rate": 1}, "service": law, "servers": 2, "capacity": 2}
    answers = [expected("blocking_probability", 0.2, CI | {"max_rel_halfwidth": 0.2}), expected("utilization", 0.4, CI | {"max_rel_halfwidth": 0.1})]
    assert verdicts(tmp_path, model, *answers, run={**RUN, "horizon": 4050}) == ["pass"] * 2


def test_a_tail_and_a_quantile_of_a_lone_server(tmp_path):
    """M/M/1 at 0.5: time in the system is exponential of mean 2, of which e^-2 are above 4; a tenth wait longer than 2 ln 5."""
    answers = [expected("sojourn_tail", exp(-2), CI | {"max_rel_halfwidth": 0.2}, at=4)]
    answers += [expected("wait_quantile", 2 * log(5), {**CI, "rule": "tail_ci", "max_rel_halfwidth": 0.3}, q=0.9)]
    assert verdicts(tmp_path, MM1, *answers, run={**RUN, "horizon": 10050}) == ["pass"] * 2


def test_a_recorded_queue_by_hand(tmp_path):
    """From 3 s on: 2 s, then 1 s and 0.5 s of two who come together, in their order."""
    model = {"kind": "trace_queue", "arrival_times": [3, 4, 4, 4.5, 20], "service_times": [2, 1, 0.5, 1, 0.25], "servers": 1, "discipline": "fifo"}
    passes(tmp_path, model, ("waits", [0, 1, 2, 2, 0]), ("departures_sorted", [5, 6, 6.5, 7.5, 20.25]), ("mean_wait", 1))
    passes(tmp_path, {**model, "servers": 2}, ("waits", [0, 0, 1, 0.5, 0]), ("departures_sorted", [5, 5, 5.5, 6, 20.25]))


def test_a_queue_that_begins_empty(tmp_path):
    """The first never waits; the second waits E[max(service - gap, 0)] = rate / (rate + 1), as both are exponential."""
    model = {**MM1, "kind": "queue_transient"}
    answers = [expected("mean_wait_of_request", 0, k=1), expected("mean_wait_of_request", 1 / 3, CI | {"max_rel_halfwidth": 0.8}, k=2)]
    assert verdicts(tmp_path, model, *answers, run={"replications": 200}) == ["pass"] * 2


@pytest.mark.parametrize("policy", ["round_robin", "jsq", "power_of_d:2", "power_of_d:3"])
def test_two_servers_take_turns(tmp_path, policy):
    passes(tmp_path, {**BALANCED, "policy": policy}, ("mean_wait", 0), ("mean_sojourn", 2), ("utilization", (1 + 2 * 18) / 40), run={"horizon": 20})


def test_a_random_balancer_does_not_take_turns(tmp_path):
    waiting = {"metric": "mean_wait", "tol": {"rule": "bound", "low": 0.5}}
    assert verdicts(tmp_path, {**BALANCED, "policy": "random"}, waiting, run={"horizon": 500, "replications": 5}) == ["pass"]


@pytest.mark.parametrize(("policies", "verdict"), [(["jsq", "power_of_d:2", "random"], "pass"), (["jsq", "random", "power_of_d:2"], "FAIL")])
def test_an_ordering_holds_in_one_order_only(tmp_path, policies, verdict):
    model = {"kind": "ordering", "base": BUSY, "policies": policies}
    order = {"metric": "mean_sojourn", "tol": ORDER}
    assert verdicts(tmp_path, model, order, run={"warmup": 100, "horizon": 1100, "replications": 6}) == [verdict]


def test_one_policy_listed_twice_has_no_order(tmp_path):
    """They share arrivals, service times and choices, so that nothing is between them."""
    model = {"kind": "ordering", "base": BUSY, "policies": ["random", "random"]}
    assert verdicts(tmp_path, model, {"metric": "mean_sojourn", "tol": ORDER}, run={"horizon": 100, "replications": 5}) == ["FAIL"]


def test_an_interrupted_request_goes_on_after_the_repair(tmp_path):
    """It comes at 9.5 s, has half of its second when the server fails at 10 s, and the other half from 12 s on."""
    answers = [("mean_sojourn", 3), ("mean_in_system", 3 / 18), ("availability", 16 / 18), ("mean_servers_up", 16 / 18), ("success_probability", 1)]
    passes(tmp_path, BREAKING, *answers, run={"horizon": 18})


def test_an_interrupted_request_may_be_lost(tmp_path):
    answers = [("success_probability", 0), ("requests_lost", 1), ("mean_in_system", 0.5 / 18), ("utilization", 0.5 / 18)]
    passes(tmp_path, {**BREAKING, "interrupted": "lost"}, *answers, run={"horizon": 18})


def test_who_comes_to_broken_servers_before_the_horizon_is_followed_past_it(tmp_path):
    """At 10.5 s the server is down until 12 s, and the horizon is at 11 s."""
    passes(tmp_path, {**BREAKING, "arrivals": every(10.5)}, ("mean_sojourn", 2.5), ("mean_in_system", 0.5 / 11), run={"horizon": 11})


def test_stations_one_after_another(tmp_path):
    """1 + 2 + 3 s every ten; of those who come up to 100 s the last has just begun then."""
    model = {"kind": "tandem", "arrivals": every(10), "stations": [{"servers": 1, "service": fixed(seconds)} for seconds in (1, 2, 3)]}
    passes(tmp_path, model, ("mean_sojourn", 6), ("mean_in_system", 9 * 6 / 100), run={"horizon": 100})


def test_servers_without_end(tmp_path):
    """At 10 s those are there who came at 8, 9 and 10 s."""
    model = {"kind": "infinite_server", "arrivals": every(1), "service": fixed(2.5), "start": "empty"}
    passes(tmp_path, model, ("in_system_at", 3, {"at": 10}), ("mean_sojourn", 2.5), run={"horizon": 20})


def test_a_sine_of_arrivals_is_seen_late_by_those_who_are_there(tmp_path):
    """With a service of a quarter of the period there are the arrivals of that time, the most of them an eighth of it after the peak at 5 s."""
    sine = {"process": "poisson_sine", "mean_rate": 20, "amplitude": 20, "period": 20}
    model = {"kind": "infinite_server", "arrivals": sine, "service": fixed(5), "start": "empty"}
    peak = 5 * 20 + 20 * 20 / (2 * pi) * 2 * sin(pi / 4)
    assert verdicts(tmp_path, model, expected("in_system_at", peak, CI, at=27.5), run={"horizon": 40, "replications": 40}) == ["pass"]


@pytest.mark.parametrize(("layers", "attempts"), [(1, 5), (2, 3), (3, 4)])
def test_layers_multiply_attempts(tmp_path, layers, attempts):
    model = {"kind": "retry_layers", "layers": layers, "max_attempts": attempts, "attempt_failure": 1.0}
    passes(tmp_path, model, ("backend_attempts_per_request", attempts**layers), ("success_probability", 0))


def test_layers_before_servers_of_which_half_answer(tmp_path):
    """The last of two layers makes 1.5 attempts of two, and a quarter of its calls fail: 1.25 of those."""
    model = {"kind": "retry_layers", "layers": 2, "max_attempts": 2, "attempt_failure": 0.5, "arrivals": {"process": "poisson", "rate": 20}}
    answers = [expected("backend_attempts_per_request", 1.5 * 1.25, CI), expected("success_probability", 1 - 0.25**2, CI)]
    assert verdicts(tmp_path, model, *answers, run={"horizon": 100, "replications": 10}) == ["pass"] * 2


@pytest.mark.parametrize(("failure", "attempts"), [(0.3, 4), (0.5, 2), (0.25, 1)])
def test_attempts_that_fail_by_chance(tmp_path, failure, attempts):
    """(1 - f^m) / (1 - f) attempts, of which 1 - f^m requests get an answer."""
    model = {"kind": "retry_independent", "attempt_failure": failure, "max_attempts": attempts, "arrivals": {"process": "poisson", "rate": 50}}
    answers = [expected("attempts_per_request", (1 - failure**attempts) / (1 - failure), CI), expected("success_probability", 1 - failure**attempts, CI)]
    assert verdicts(tmp_path, model, *answers, run={"horizon": 100, "replications": 10}) == ["pass"] * 2


@pytest.mark.parametrize(
    ("more", "below"),
    [({}, 100 / 4), ({"max_attempts": 2}, 100 / 2), ({"retry_budget_ratio": 0.25}, 100 / 1.25), ({"max_attempts": 1}, 100), ({"retry_delay": 0.5}, 100 / 4)],
)
def test_a_storm_ends_where_all_attempts_fit_into_the_capacity(tmp_path, more, below):
    assert verdicts(tmp_path, {**STORM, **more}, expected("recovers_below", below, {"rule": "rel", "rel": 0.03})) == ["pass"]


def test_a_storm_that_ends_does_so_when_the_queue_is_as_short_as_the_timeout(tmp_path):
    """4 x 20 x 20 s less 6 x 20 are 1,480 after the stall, of which 1,380 go at 100 - 4 x 20 a second."""
    answers = [expected("time_goodput_returns_after_stall", 69, {"rule": "rel", "rel": 0.05}), expected("recovered", 1), expected("goodput_fraction_late", 1)]
    assert verdicts(tmp_path, {**STORM, "arrival_rate": 20}, *answers) == ["pass"] * 3


@pytest.mark.parametrize(("cancels", "recovered"), [(False, 0), (True, 1)])
def test_a_storm_that_lasts_would_not_if_servers_stopped_working_for_who_has_left(tmp_path, cancels, recovered):
    model = {**STORM, "arrival_rate": 30, "server_cancels": cancels}
    passes(tmp_path, model, ("recovered", recovered), ("goodput_fraction_late", recovered))


def test_without_a_stall_the_limit_is_the_capacity(tmp_path):
    model = {key: value for key, value in STORM.items() if key != "stall"}
    assert verdicts(tmp_path, model, expected("capacity_limit", 100, {"rule": "rel", "rel": 0.02})) == ["pass"]


@pytest.mark.parametrize(
    ("model", "metric", "reason"),
    [
        ({"kind": "teleport"}, "peak_backlog", "kind teleport"),
        ({**LONE, "spares": 2, "spare_failure_rate": 1e9}, "availability", "spares that fail more often than what serves"),
        ({**LONE, "repair": {"dist": "zipf", "mean": 1}}, "availability", "the law zipf"),
        ({**LONE, "colour": "red"}, "availability", "colour"),
        (LONE, "peak_backlog", "peak_backlog"),
        (LONE, "availability", "a case without a horizon"),
        ({**LONE, "repair": {"dist": "hyperexp2", "mean": 1, "scv": 4, "balanced_means": False}}, "availability", "the law hyperexp2"),
        ({**OUTAGE, "patience": {"dist": "exponential", "mean": 50}}, "max_delay", "the longest wait where clients leave at random"),
        (OUTAGE, "time_buffer_full_from_outage_start", "a buffer that is never full"),
        ({**QUEUE, "discipline": "lifo"}, "mean_wait", "discipline: lifo"),
        ({**QUEUE, "start": "full"}, "mean_wait", "start: full"),
        ({**QUEUE, "capacity": 0}, "mean_wait", "a capacity below the number of servers"),
        ({**QUEUE, "arrivals": {"process": "batches"}}, "mean_wait", "process: batches"),
        (QUEUE, "attempts_per_request", "attempts_per_request"),
        ({**BALANCED, "policy": "least_work"}, "mean_wait", "policy: least_work"),
        ({**BALANCED, "policy": "jsq", "per_server": "ps"}, "mean_wait", "per_server: ps"),
        ({"kind": "ordering", "base": QUEUE, "policies": ["jsq"]}, "mean_wait", "an ordering of queue"),
        ({**BREAKING, "interrupted": "restart"}, "mean_sojourn", "interrupted: restart"),
        ({**BREAKING, "fails_when": "busy"}, "mean_sojourn", "fails_when: busy"),
        (BREAKING, "mean_wait", "time in the queue where service is interrupted"),
        ({"kind": "tandem", "arrivals": every(1), "stations": [{"servers": 1, "service": fixed(1), "capacity": 3}]}, "mean_sojourn", "stations: capacity"),
        ({"kind": "retry_layers", "layers": 2, "max_attempts": 17, "attempt_failure": 1}, "backend_attempts_per_request", "more than 16 attempts"),
        ({"kind": "retry_layers", "layers": 2, "max_attempts": 2, "attempt_failure": 2}, "backend_attempts_per_request", "attempt_failure: 2"),
        ({**STORM, "max_attempts": 17}, "recovered", "more than 16 attempts"),
        ({**restore(3, 1, fixed(1)), "fresh_failures": True}, "mean_time_all_up", "fresh failures while servers are restored"),
        (passage(2, 1, 20, 5), "availability", "availability"),
    ],
)
def test_what_is_not_simulated_is_not_covered_and_says_why(tmp_path, model, metric, reason):
    (found,) = findings(case(tmp_path, model, expected(metric, 1), run=None if "horizon" in reason else RUN))
    assert (found.verdict, found.remark) == ("not covered", reason)


def test_a_model_that_lacks_a_field_fails_and_does_not_stop_the_others(tmp_path):
    model = {key: value for key, value in LONE.items() if key != "repairers"}
    (found,) = findings(case(tmp_path, model, expected("availability", 1), run=RUN))
    assert (found.verdict, found.remark) == ("FAIL", "KeyError: 'repairers'")


# The command


def command(file):
    return subprocess.run([sys.executable, "-m", "conformance", str(file)], cwd=ROOT, capture_output=True, text=True, timeout=120)


def test_the_command_prints_a_row_a_metric_and_counts_them(tmp_path):
    case(tmp_path, OUTAGE, expected("peak_backlog", 240_000), expected("max_delay", 1), expected("colour", 1))
    done = command(tmp_path / "cases.yaml")
    head, *rows, last = done.stdout.splitlines()
    assert head.split() == ["case", "metric", "expected", "measured", "interval", "verdict"]
    assert [row.split() for row in rows] == [
        ["X-1", "peak_backlog", "240000", "240000", "pass"],
        ["X-1", "max_delay", "1", "300", "FAIL"],
        ["X-1", "colour", "1", "not", "covered:", "colour"],
    ]
    assert last == "1 passed, 1 failed, 1 skipped"
    assert done.returncode == 1


@pytest.mark.parametrize("text", ["", "- {id: A}", "just words", "[1, 2", "cases: 5"])
def test_a_file_that_holds_no_cases_is_an_error_of_one_line(tmp_path, text):
    file = tmp_path / "cases.yaml"
    file.write_text(text)
    with pytest.raises(CaseError, match=r"cases\.yaml"):
        read(file, 1)


def test_a_file_that_is_not_there_is_exit_code_2(tmp_path):
    done = command(tmp_path / "none.yaml")
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)


@pytest.mark.skipif(not SHARED.exists(), reason="the shared cases are not here")
@pytest.mark.parametrize("kind", ["fluid", "fleet_recovery_fluid", "trace_queue", "retry_layers", "restore_all"])
def test_the_deterministic_cases_of_the_shared_file_pass(kind):
    """Those with random laws take longer: `make conformance` runs them all."""
    found = [finding for one in read(SHARED, 1) if one.model["kind"] == kind and one.plan.replications == 1 for finding in findings(one)]
    assert found
    assert [finding.expected.question for finding in found if finding.verdict != "pass"] == []


def test_replicas_in_zones_are_up_while_both_they_and_their_zone_are(tmp_path):
    """Zones are down from 8 to 10 and from 18 to 20, replicas from 9 to 12 whatever their zone does: all are up for 14 of 20."""
    wanted = [expected("prob_at_least_k", 14 / 20, k=2), expected("prob_at_least_k", 14 / 20), expected("mean_operating", 2 * 14 / 20)]
    assert [found.verdict for found in findings(case(tmp_path, ZONES, *wanted, run={"horizon": 20}))] == ["pass"] * 3


def test_replicas_whose_clocks_stop_with_their_zone_are_not_covered(tmp_path):
    model = {**ZONES, "replica_clock": "stops while its zone is down"}
    assert [found.verdict for found in findings(case(tmp_path, model, expected("prob_at_least_k", 1), run={"horizon": 20}))] == ["not covered"]


SESSIONS = {"kind": "sessions", "arrivals": {"process": "poisson", "rate": 0.2}, "duration": {"dist": "lognormal", "mean": 600, "cv": 1}}
SESSIONS |= {"time_to_failure": fixed(10_000), "repair": fixed(0)}


def test_sessions_in_memory_are_lost_as_a_poisson_law_says_and_external_ones_are_not(tmp_path):
    """0.2/s x 600 s = 120 live at each failure, as those of 10,000 s before have ended."""
    run = {"warmup": 5000, "horizon": 405_000, "replications": 10}
    assert verdicts(tmp_path, {**SESSIONS, "store": "in_memory"}, expected("mean_sessions_lost_per_failure", 120, CI), run=run) == ["pass"]
    external = {**SESSIONS, "store": "external", "repair": fixed(30)}
    assert verdicts(tmp_path, external, expected("sessions_lost", 0), run={**run, "replications": 2}) == ["pass"]
    assert verdicts(tmp_path, {**SESSIONS, "store": "cookie"}, expected("sessions_lost", 0), run=run) == ["not covered"]
