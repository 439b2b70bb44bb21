"""Changes: what DORA asks of deployments, from one run's record; and answer skew by its cause."""

from __future__ import annotations

from math import exp, isnan

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pytest import approx

from simulator import loads, metrics, simulate

DAY = 86400
WEEK = 7 * DAY


def play(releases, rollout="{kind: recreate}", horizon="7d", warmup="0s", seed=1, policies=""):
    fleet = f"{{web: {{kind: cattle, replicas: 2, start: {{time: 30s, cached: 5s}}, rollout: {rollout}}}}}"
    return simulate(loads(f"seed: {seed}\nhorizon: {horizon}\nwarmup: {warmup}\nreleases: {releases}\npolicies: {{p: {policies or fleet}}}\n"))


def changes(run, fleet="web"):
    return metrics.changes(run).loc[fleet].to_dict()


def test_a_good_week():
    """Three releases, each there after 60 s, one more at a time; none is bad."""
    found = changes(play("{kind: periodic, every: 2d}", "{kind: rolling, max_unavailable: 0}"))
    assert found == {
        "frequency": approx(3),
        "lead_time_s": approx(60),
        "fail_rate": 0,
        "rolled_back": 0,
        "recovery_s": 0,
        "degraded": 0,
        "open": 0,
        "failed_per_day": 0,
    }


def test_a_bad_release_among_four_that_is_mended_after_a_day():
    """One of two: wanted from day 2, seen 30 s later, mended at day 3: a seventh of the week, and a day but 30 s to recover."""
    found = changes(play("[{version: '1.1', at: 2d, defect: {errors: 10%, mended: 1d}}, {version: '1.2', at: 5d}]"))
    assert found["fail_rate"] == 0.5 and found["recovery_s"] == approx(DAY - 30)
    assert found["degraded"] == found["open"] == approx(1 / 7) and found["failed_per_day"] == approx(1 / 7)


def test_who_is_rolled_back_has_failed_and_was_never_a_deployment():
    """Never ready, and sent back after ten minutes: it is over once all that ran it have gone, at once."""
    found = changes(play("{version: '1.1', at: 1d, defect: {}}", "{kind: rolling, rollback: true}"))
    assert (found["frequency"], found["fail_rate"], found["rolled_back"]) == (0, 1, 1)
    assert 600 - 30 <= found["recovery_s"] <= 600


def test_a_rollback_belongs_to_what_it_left():
    """1.1 is bad in prod once it has soaked in dev; the other item's release that came meanwhile, for dev alone, is not: one of two."""
    fleet = "kind: cattle, replicas: 2, stack: {db: '1.0'}"
    fleets = f"{{d: {{{fleet}, environment: dev}}, web: {{{fleet}, environment: prod, rollout: {{kind: rolling, gate: {{}}}}}}}}"
    bad = "{version: '1.1', at: 1h, promote: [dev, prod], soak: 23h, defect: {errors: 50%, after: 5m}}"
    releases = f"[{bad}, {{item: db, version: '2.0', at: 10h, promote: [dev]}}]"
    found = metrics.changes(simulate(loads(f"horizon: 5d\nreleases: {releases}\npolicies: {{p: {fleets}}}\n"))).loc["web"]
    assert found["rolled_back"] == 1 and found["fail_rate"] == 0.5


@pytest.mark.parametrize(
    ("rollout", "lead"),
    [("recreate", 60), ("blue_green, keeps: 1h, min_ready: 30s", 90), ("rolling, max_unavailable: 100%", 60)],
)
def test_a_deployment_is_there_once_all_in_service_are_new(rollout, lead):
    """60 s to start, and 30 s of proof before the switch: neither who starts yet nor who stands by is in service."""
    fleet = f"{{kind: cattle, replicas: 4, start: {{time: 60s}}, rollout: {{kind: {rollout}}}}}"
    text = f"horizon: 8h\nreleases: [{{version: '1.1', at: 1h}}, {{version: '1.2', at: 90m}}]\npolicies: {{p: {{web: {fleet}}}}}\n"
    found = metrics.changes(simulate(loads(text))).loc["web"]
    assert found["lead_time_s"] == approx(lead) and found["frequency"] == approx(2 * 21)


def test_who_is_never_ready_is_no_deployment():
    fleet = "{kind: cattle, replicas: 4, rollout: {kind: recreate}}"
    found = metrics.changes(simulate(loads(f"horizon: 8h\nreleases: {{version: '1.1', at: 1h, defect: {{}}}}\npolicies: {{p: {{web: {fleet}}}}}\n"))).loc["web"]
    assert found["frequency"] == 0 and isnan(found["lead_time_s"])


def test_a_defect_that_has_not_shown_is_no_failure():
    found = changes(play("[{version: '1.1', at: 1d, defect: {errors: 10%, after: 3d}}, {version: '1.2', at: 2d}]"))
    assert found["fail_rate"] == 0 and found["recovery_s"] == 0


@settings(max_examples=20, deadline=None)
@given(probability=st.integers(5, 100), hours=st.integers(1, 48), seed=st.integers(0, 99))
def test_the_mean_number_of_open_ones_is_the_sum_of_their_times(probability, hours, seed):
    """However they overlap: each mended after so many hours, or at the horizon."""
    run = play(f"{{kind: poisson, rate: 1/d, defect: {{probability: {probability}%, errors: 10%, mended: {hours}h}}}}", horizon="14d", seed=seed)
    rows, found = run.record.frame("defects"), changes(run)
    assert found["open"] * 14 * DAY == approx(sum(min(hours * 3600, 14 * DAY - begun) for begun in rows["time_s"]))
    assert found["degraded"] <= min(1, found["open"]) + 1e-12


def test_bad_releases_are_calls_in_progress():
    """1 / d, a quarter of them bad, a day to mend in the mean: M/G/inf, so 0.25 are open in the mean and 1 - exp(-0.25) of the time at least one is; over
    2,000 days the standard error of the mean is about sqrt(2 x 0.25 / 2000) = 0.016."""
    releases = "{kind: poisson, rate: 1/d, defect: {probability: 25%, errors: 10%, mended: {law: exponential, mean: 1d}}}"
    found = metrics.bad_releases(play(releases, horizon="2010d", warmup="10d")).loc["web"]
    assert found["open"] == approx(0.25, abs=4 * 0.016) and found["degraded"] == approx(1 - exp(-0.25), abs=4 * 0.016)
