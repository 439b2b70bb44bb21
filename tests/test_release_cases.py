"""The conformance kinds of releases: stages, and changes that fail."""

from __future__ import annotations

import pytest

from conformance.cases import Case, Expected, Plan, Question
from conformance.look import findings

EXACT = {"rule": "exact", "rel": 1e-9, "abs": 1e-9}
STAGED = {"kind": "staged_rollout", "replicas": 10, "stages": [0.2, 1.0], "bake": 60, "start": {"dist": "deterministic", "value": 10}, "parallel": "stage"}
FAILURES = {"kind": "release_failures", "releases_per_day": 1.0, "change_failure_rate": 1.0, "restore": {"dist": "deterministic", "value": 0.5}}


def verdicts(model, *expected, horizon=None):
    """What is found of each (metric, value, rule)."""
    asked = [Expected(Question(metric, {}), value, rule) for metric, value, rule in expected]
    return [found.verdict for found in findings(Case("X-1", model, Plan(0.0, horizon, 20, 1), asked))]


def test_stages_by_hand():
    """Two of ten after 10 s, 60 s of bake, and the others after 10 s more: 0.2 x 70 s of 80 s."""
    assert verdicts(STAGED, ("duration", 80.0, EXACT), ("mean_fraction_new", 0.175, EXACT)) == ["pass", "pass"]


def test_releases_that_all_fail_are_open_for_as_long_as_a_restore():
    """One a day for half a day each: 0.5 in the mean."""
    rule = {"rule": "ci", "confidence": 0.999, "max_rel_halfwidth": 0.2}
    assert verdicts(FAILURES, ("mean_open_incidents", 0.5, rule), ("failed_releases_per_day", 1.0, rule), horizon=200.0) == ["pass", "pass"]


@pytest.mark.parametrize(("model", "horizon"), [({**STAGED, "parallel": "one by one"}, None), ({**FAILURES, "overlapping": "queued"}, 10.0)])
def test_what_is_not_simulated_is_not_covered(model, horizon):
    assert verdicts(model, ("duration", 1.0, EXACT), horizon=horizon) == ["not covered"]
