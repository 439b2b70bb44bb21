"""Checks: which metrics a scenario may ask for, and what it must have for them."""

from __future__ import annotations

import pandas as pd
import pytest

from simulator.checks import METRICS, words
from simulator.metrics import Tables
from simulator.metrics.verdict import verdicts
from simulator.problems import ScenarioError
from simulator.scenario_file import loads

OBJECTIVE = "objectives: {latency: {quantile: 99%, below: 800ms}}\n"
SINGLE = "requests: {detail: requests}\n"


def scenario(check, rest=""):
    """One check of policy `ours`."""
    return loads(f"horizon: 1h\n{rest}checks: [{check}]\npolicies: {{ours: {{web: {{kind: pets, servers: 1}}}}, theirs: {{like: ours}}}}\n")


def refused(check, rest=""):
    """The one thing that is wrong with a check."""
    with pytest.raises(ScenarioError) as error:
        scenario(check, rest)
    (problem,) = error.value.problems
    return problem


@pytest.mark.parametrize("metric", [name for name, metric in METRICS.items() if metric.single])
@pytest.mark.parametrize("target", ["better_than: theirs", "below: {}", "above: {}"])
def test_what_is_told_of_single_requests_is_refused_of_a_flow(metric, target):
    value = {"duration": "1s", "share": "99%", "number": "2"}[METRICS[metric].unit]
    check = f"{{metric: {metric}, policy: ours, {target.format(value)}}}"
    problem = refused(check, OBJECTIVE)
    assert (problem.kind, problem.path) == ("ConfigConflict", ("checks", 0, "metric"))
    assert "add `requests: {detail: requests}`" in problem.message
    assert scenario(check, OBJECTIVE + SINGLE).checks[0].metric == metric


def test_on_time_needs_a_time_to_be_on():
    problem = refused("{metric: on_time, policy: ours, above: 99%}", SINGLE)
    assert (problem.kind, "add `objectives: {latency:" in problem.message) == ("ConfigConflict", True)


@pytest.mark.parametrize(("metric", "value"), [("latency_p99", "2"), ("latency_p99", "5%"), ("on_time", "1s"), ("attempts_per_request", "1s")])
def test_a_threshold_has_the_unit_of_its_metric(metric, value):
    assert refused(f"{{metric: {metric}, policy: ours, below: {value}}}", OBJECTIVE + SINGLE).path == ("checks", 0)


def says(check, **columns):
    """The verdict on these numbers, one a run."""
    found = scenario(check, OBJECTIVE + SINGLE)
    runs = len(next(iter(columns.values())))
    tables = [pd.DataFrame({"policy": policy, "fleet": "web", "replication": range(runs), **columns}) for policy in found.policies]
    (verdict,) = verdicts(found, Tables(summary=pd.concat(tables)))
    return verdict


def test_a_latency_has_one_value_a_run():
    """Three runs around 300 ms; and of a quantile over runs, 59 of them, the largest is the bound of a p95."""
    verdict = says("{metric: latency_p99, policy: ours, below: 1s}", latency_p99=[0.29, 0.3, 0.31])
    assert (verdict.question, verdict.measured[:6], verdict.status) == ("ours: mean latency p99", "300 ms", "pass")
    assert says("{metric: latency_p999, policy: ours, quantile: 95%, below: 1s}", latency_p999=[0.5] * 59).status == "pass"
    assert says("{metric: on_time, policy: ours, above: 99%}", on_time=[0.97, 0.98, 0.975]).status == "fail"


def test_where_nothing_was_served_nothing_is_decided():
    assert says("{metric: latency_p99, policy: ours, below: 1s}", latency_p99=[0.3, float("nan"), 0.3]).status == "undecided"


def test_p999_reads_as_people_write_it():
    assert [words(name) for name in ("latency_p999", "capacity_paid")] == ["latency p99.9", "capacity paid (server-hours)"]
