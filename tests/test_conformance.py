"""Conformance: its rules on numbers made up for them, and its adapters on cases with a known answer."""

from __future__ import annotations

import subprocess
import sys
from math import exp, log
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
RUN = {"warmup": 50, "horizon": 1050, "replications": 10}
EXACT = {"rule": "exact", "rel": 1e-9, "abs": 1e-9}
CI = {"rule": "ci", "confidence": 0.999, "max_rel_halfwidth": 0.05}


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


def test_what_comes_out_depends_on_neither_the_name_nor_the_answer(tmp_path):
    first, other = (
        findings(case(tmp_path, LONE, expected("availability", value, {**CI, "max_rel_halfwidth": 9}), name=name, run={**RUN, "replications": 40}))[0]
        for name, value in (("X-1", 0.9), ("Y-2", 0.899))
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


@pytest.mark.parametrize(
    ("model", "metric", "reason"),
    [
        ({"kind": "teleport"}, "peak_backlog", "kind teleport"),
        ({**LONE, "spares": 2}, "availability", "spares"),
        ({**LONE, "repair": {"dist": "zipf", "mean": 1}}, "availability", "the law zipf"),
        ({**LONE, "colour": "red"}, "availability", "colour"),
        (LONE, "peak_backlog", "peak_backlog"),
        (LONE, "availability", "a case without a horizon"),
        ({**LONE, "repair": {"dist": "hyperexp2", "mean": 1, "scv": 4, "balanced_means": False}}, "availability", "the law hyperexp2"),
        ({**OUTAGE, "patience": {"dist": "exponential", "mean": 50}}, "max_delay", "the longest wait where clients leave at random"),
        (OUTAGE, "time_buffer_full_from_outage_start", "a buffer that is never full"),
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
@pytest.mark.parametrize("kind", ["fluid", "fleet_recovery_fluid"])
def test_the_deterministic_cases_of_the_shared_file_pass(kind):
    """Those with random laws take longer: `make conformance` runs them all."""
    found = [finding for one in read(SHARED, 1) if one.model["kind"] == kind for finding in findings(one)]
    assert found
    assert [finding.expected.question for finding in found if finding.verdict != "pass"] == []
