"""Schema changes: releases that old and new cannot serve together, which a rolling update breaks on and a switch does not."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from pytest import approx

from simulator import loads, simulate
from simulator.metrics.steps import summed

BREAKS = "{version: '1.1', at: 1h, breaks: true}"


def play(rollout, releases=BREAKS, replicas=4, seed=1):
    fleet = f"{{kind: cattle, replicas: {replicas}, start: {{time: 30s, cached: 5s}}, rollout: {rollout}}}"
    return simulate(loads(f"seed: {seed}\nhorizon: 3h\nreleases: {releases}\npolicies: {{p: {{web: {fleet}}}}}\n"))


def broken(run):
    """Server-seconds in which servers answer with errors only."""
    rows = run.record.frame("errors")
    change = rows["share"] - rows.groupby("server", observed=True)["share"].shift(fill_value=0)
    return summed(rows["time_s"].to_numpy(), change.to_numpy()).integral(0, 10800)


def test_a_rolling_update_fails_for_as_long_as_both_serve():
    """One more at a time, 30 s each: when the first serves one old one goes, so three are left for 30 s, then two, then one."""
    assert broken(play("{kind: rolling, max_surge: 1, max_unavailable: 0}")) == approx(30 * (3 + 2 + 1))


def test_a_switch_does_not_and_neither_does_a_fleet_that_goes_before_the_next_comes():
    assert broken(play("{kind: blue_green}")) == broken(play("{kind: recreate}")) == 0


def test_who_expands_and_contracts_later_breaks_nothing():
    """Two compatible releases."""
    assert broken(play("{kind: rolling}", "[{version: '1.1', at: 1h}, {version: '1.2', at: 2h}]")) == 0


def test_after_a_rollback_the_old_ones_serve_as_before():
    """With `recreate` none of the old ones is left to compare with: 20 % errors are too many, and what all share is taken back with the fleet."""
    run = play("{kind: recreate, gate: {}}", "{version: '1.1', at: 1h, breaks: true, defect: {errors: 20%}}")
    last = run.record.frame("transitions").drop_duplicates("server", keep="last")
    assert last.loc[last["state"] == "serving", "stack"].tolist() == [0] * 4
    assert not run.record.frame("errors").drop_duplicates("server", keep="last")["share"].any()


@settings(max_examples=20, deadline=None)
@given(replicas=st.integers(1, 12), breaks=st.lists(st.booleans(), min_size=1, max_size=3), seed=st.integers(0, 50))
def test_once_all_run_the_same_nothing_is_broken(replicas, breaks, seed):
    releases = ", ".join(f"{{version: '1.{k + 1}', at: {60 + k}m, breaks: {str(one).lower()}}}" for k, one in enumerate(breaks))
    run = play("{kind: rolling}", f"[{releases}]", replicas, seed)
    assert not run.record.frame("errors").drop_duplicates("server", keep="last")["share"].any()
    assert any(breaks) or not len(run.record.frame("errors"))
