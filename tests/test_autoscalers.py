"""Autoscalers, each against a trajectory worked out by hand; schedules beside them."""

from __future__ import annotations

from datetime import datetime
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator import loads, simulate
from simulator.autoscalers.schedule import Entry, least, overlap
from simulator.units import start_of_time


def wanted(autoscaler, rate="24.3/s", replicas=1, horizon="10m", more="", head=""):
    """The numbers wanted, one after another, of containers that serve 1/s each and start at once."""
    fleet = f"{{kind: cattle, queue: 0, start: {{time: 0s, cached: 0s}}, replicas: {replicas}, autoscaler: {autoscaler}}}"
    traffic = f"traffic: [{{kind: steady, rate: {rate}}}{more}]"
    run = simulate(loads(f"{head}horizon: {horizon}\nrequests: {{service: 1s}}\n{traffic}\npolicies: {{p: {{web: {fleet}}}}}"))
    signals = run.record.frame("signals")
    own = signals[signals["signal"] == "desired"]
    return own["time_s"].tolist(), own["value"].astype(int).tolist()


def test_hpa_sees_at_most_all_of_its_cpu_and_doubles():
    """24.3 busy of 1, 2, 4, 8, 16: each at 100 %, target 50 %. Of 32 each is at 75.9 %, which is 75 %: ceil(32 x 1.5) = 48."""
    assert wanted("{kind: hpa, target: 50%, min: 1, max: 100}")[1] == [1, 2, 4, 8, 16, 32, 48]


def test_hpa_takes_the_largest_of_its_metrics():
    """24.3 requests/s at 0.4 for each are 61; its policies let it to 5, 10, 20 and 40 first."""
    assert wanted("{kind: hpa, metrics: [{cpu: 50%}, {requests: 0.4/s}], min: 1, max: 100, behavior: {}}")[1] == [1, 5, 10, 20, 40, 61]


def test_hpa_sees_late_what_comes_late():
    """A measurement that is a minute old: the crowd of 2 min is seen four looks later."""
    crowd = ", {kind: spike, at: 2m, factor: 2, hold: 1h}"
    prompt, late = (wanted(f"{{kind: hpa, target: 60%, min: 1, max: 90, lag: {lag}}}", "5/s", 10, more=crowd)[0][1] for lag in ("0s", "1m"))
    assert 120 < prompt <= 135 and late == pytest.approx(prompt + 60)


def test_hpa_shrinks_when_the_window_holds_no_higher_wish():
    """Ten where five would do: it has wanted ten at its first look, and 300 s later, the edge included, it still holds; a look later it does not."""
    times, numbers = wanted("{kind: hpa, target: 60%, min: 1, max: 90}", "3/s", 10)
    assert numbers == [10, 5] and times[1] % 15 == pytest.approx((times[1] - 315) % 15) and 315 <= times[1] < 330


def test_what_behavior_forbids_does_not_happen():
    assert wanted("{kind: hpa, target: 50%, min: 1, max: 100, behavior: {scale_up: {select: disabled}}}")[1] == [1]
    slow = "{kind: hpa, target: 50%, min: 1, max: 100, behavior: {scale_up: {policies: [{servers: 2, per: 1m}]}}}"
    times, numbers = wanted(slow, horizon="200s")
    assert numbers == [*range(1, 8)] and all(later - earlier >= 60 - 1e-6 for earlier, later in zip(times[1:], times[3:], strict=False))


def test_target_tracking_waits_for_three_minutes_and_then_for_its_cooldown():
    """Full, it doubles at the third minute and then at each fifth; 24.3 over a target of 50 % are 49."""
    times, numbers = wanted("{kind: target_tracking, target: 50%, min: 1, max: 100}", horizon="1h")
    assert numbers == [1, 2, 4, 8, 16, 32, 49]
    assert 120 <= times[1] < 180 and all(later - earlier >= 300 for earlier, later in pairwise(times[1:]))


def test_target_tracking_shrinks_after_a_quarter_of_an_hour_below():
    times, numbers = wanted("{kind: target_tracking, target: 50%, min: 1, max: 100}", "2/s", 20, "1h")
    assert numbers == [20, 4] and 14 * 60 <= times[1] < 15 * 60


def test_step_scaling_adds_by_how_far_it_is_beyond():
    """Full, it is 30 points beyond 70 %: three more at a time, up to where 24.3 are less than 85 % of them, at 31; then one, until less than 70 %."""
    _, numbers = wanted("{kind: step, min: 1, max: 100}", horizon="2h")
    assert numbers == [*range(1, 32, 3), *range(32, 36)]


SIX = 'start: "2026-06-01T18:00+00:00"\n'


def test_a_schedule_is_a_floor_at_its_times_and_the_larger_wins():
    """At least 8 from 18:20 to 18:40, at once; afterwards what the autoscaler wants, and where it wants more it has more."""
    schedule = 'schedule: [{from: "18:20", until: "18:40", min: 8}]'
    times, numbers = wanted(f"{{kind: target_utilisation, target: 50%, min: 1, max: 20, shrink_after: 0s, {schedule}}}", "2/s", 4, "1h", head=SIX)
    assert numbers == [4, 8, 4] and times[1] == 1200 and 2400 <= times[2] < 2415
    _, numbers = wanted(f"{{kind: target_utilisation, target: 50%, min: 1, max: 20, shrink_after: 0s, {schedule}}}", "6/s", 4, "1h", head=SIX)
    assert numbers == [4, 12]


def entry(text, start="2026-06-01T20:00"):
    token = start_of_time.set(datetime.fromisoformat(start))
    try:
        return Entry.model_validate(text)
    finally:
        start_of_time.reset(token)


def test_a_time_of_day_is_every_day_and_a_run_may_begin_within():
    """19:40 to 21:30, of a run that begins at 20:00: on until 21:30, and again a day later."""
    own = entry({"from": "19:40", "until": "21:30", "min": 80})
    assert [least([own], hours * 3600) for hours in (0, 1.4, 1.5, 23.6, 23.7, 25.4, 25.6)] == [80, 80, 0, 0, 80, 80, 0]
    assert list(own.turns(86400)) == [90 * 60, 86400 - 20 * 60]
    assert Entry.model_validate(own.dump()) == own


spans = st.tuples(st.integers(0, 23), st.integers(1, 23), st.booleans())


@given(one=spans, other=spans)
def test_two_entries_overlap_where_both_hold_at_some_hour(one, other):
    first, second = (
        Entry.model_validate({"from": f"{begin}h", "until": f"{begin + lasts}h", "min": 1, "daily": daily}) for begin, lasts, daily in (one, other)
    )
    assert overlap(first, second) == any(first.holds(hour * 3600.0) and second.holds(hour * 3600.0) for hour in range(24 * 4))
