"""Cattle: replaced from an image by a controller, rolled within fences, scaled by demand, evicted from lost hosts."""

from __future__ import annotations

from math import ceil, floor

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pytest import approx

from simulator import loads, metrics, simulate
from simulator.draws import Draws

SITES = "sites: {zones: [a, b, c], hosts_per_zone: 4}\nrequests: {service: 100ms}"  # 10 requests/s a container


def play(weather, cattle, seed=3, start="profile: container"):
    """The run of one fleet `web` of containers that start in 30 s, and in 5 s where they have been."""
    start = f"start: {{{start}, time: 30s, cached: 5s}}"
    return simulate(loads(f"seed: {seed}\n{SITES}\n{weather}\npolicies: {{cattle: {{web: {{kind: cattle, {start}, {cattle}}}}}}}\n"))


def moves(run):
    return run.record.frame("transitions")


def when(run, phase):
    """Server and time of every entry into a phase."""
    return when_of(moves(run), phase)


def when_of(rows, phase):
    own = rows[rows["phase"] == phase]
    return dict(zip(own["server"].astype(str), own["time_s"], strict=True))


def counted(run, what):
    """How many servers something is true of, after everything that happens at each instant."""
    rows = moves(run)
    true = what(rows).astype(int)
    change = true - true.groupby(rows["server"], observed=True).shift(fill_value=0)
    return change.groupby(rows["time_s"]).sum().cumsum()


def available(rows):
    return rows["state"] == "serving"


def live(rows):
    return rows["state"] != "retired"


def desired(run):
    """The number wanted, by time."""
    signals = run.record.frame("signals")
    own = signals[signals["signal"] == "desired"]
    return pd.Series(own["value"].to_numpy(), own["time_s"].to_numpy())


# Replacement


CRASHES = "horizon: 10d\nfailures: [{kind: crash, time_to_failure: {law: exponential, mean: 1d}}]"


def test_a_crashed_container_starts_again_where_it_is():
    """Nobody is replaced; each serves again 5 s after its first crash in ten minutes, under the name it had."""
    rows = moves(play(CRASHES, "replicas: 4"))
    came = rows[rows["state"] == "starting"]
    assert len(came) > 20 and rows["server"].nunique() == 4 and not (rows["state"] == "retired").any()
    back = rows.groupby("server", observed=True)["time_s"].shift(-1)[came.index] - came["time_s"]
    assert back.dropna().tolist() == approx([5] * back.count())


def test_a_machine_made_from_an_image_is_replaced_in_its_slot_under_a_fresh_name():
    """Noticed two looks after the crash, 35 to 65 s; in that moment the name is gone for good, and another starts in its slot and serves 30 s later."""
    rows = moves(play(CRASHES.replace("10d", "30d"), "replicas: 4", start="profile: vm"))
    gone, came = rows[rows["state"] == "retired"], rows[rows["state"] == "starting"]
    died = rows[rows["phase"] == "detect"]
    assert len(gone) > 20 and ((gone["time_s"].to_numpy() - died["time_s"].to_numpy()[: len(gone)]) >= 35 - 1e-6).all()
    assert list(zip(came["time_s"], came["slot"], strict=True)) == list(zip(gone["time_s"], gone["slot"], strict=True))
    assert rows["server"].nunique() == 4 + len(gone)
    serving = when_of(rows, "serve")
    assert all(serving[name] - time == approx(30) for name, time in when_of(rows, "start").items() if name in serving)


def test_every_start_has_a_duration_of_its_own():
    """Containers that follow each other in one slot are different draws of the start-up law."""
    run = simulate(
        loads("""
        horizon: 10h
        failures: [{kind: crash, time_to_failure: 1h, age: new}]
        policies: {cattle: {web: {kind: cattle, replicas: 1, start: {cached: {median: 30s, p95: 90s}}}}}
    """)
    )
    rows = moves(run)
    starts, serving = (rows.loc[(rows["phase"] == phase) & (rows["time_s"] > 0), "time_s"].tolist() for phase in ("start", "serve"))
    durations = [end - begin for begin, end in zip(starts, serving, strict=False)]
    assert len(durations) >= 8
    assert len({round(duration, 6) for duration in durations}) == len(durations)


# Rolling updates


def fences(run, surge, unavailable, wanted, release):
    """Whether a rollout stayed within its fences from the release on, and ended with all on the new version."""
    after = slice(release, None)
    assert counted(run, available).loc[after].min() >= wanted - unavailable
    assert counted(run, live).loc[after].max() <= wanted + surge
    last = moves(run).merge(run.record.frame("stacks"), on="stack").sort_values("time_s", kind="stable").groupby("server", observed=True).last()
    left = last[last["state"] != "retired"]
    return len(left) == wanted and set(left["release"]) == {"1.1"} and set(left["state"]) == {"serving"}


@pytest.mark.parametrize(("wanted", "surge", "unavailable"), [(1, 1, 0), (3, 1, 0), (4, 1, 1), (10, 3, 2), (12, 3, 3)])
def test_a_rolling_update_keeps_a_quarter_up_and_down(wanted, surge, unavailable):
    """25 % of surge is rounded up and 25 % of unavailability down: 10 containers are never fewer than 8 nor more than 13, and both are reached."""
    run = play("horizon: 1h\nreleases: [{version: '1.1', at: 10m}]", f"replicas: {wanted}")
    assert fences(run, surge, unavailable, wanted, 600)
    assert (counted(run, live).max(), counted(run, available).min()) == (wanted + surge, wanted - unavailable)


def test_without_surge_one_after_another_is_unavailable():
    """No surge and no unavailability would never end: one may be unavailable. Three containers, 30 s each: the last old one goes after 60 s."""
    run = play("horizon: 1h\nreleases: [{version: '1.1', at: 10m}]", "replicas: 3, rollout: {kind: rolling, max_surge: 0, max_unavailable: 0}")
    assert fences(run, 0, 1, 3, 600)
    assert metrics.rollouts(run, metrics.version_drift(run))["rollout_s"].tolist() == approx([60])


@settings(max_examples=40, deadline=None)
@given(wanted=st.integers(1, 25), surge=st.integers(0, 100), unavailable=st.integers(0, 100), seed=st.integers(0, 10**6))
def test_a_rolling_update_stays_within_any_fences(wanted, surge, unavailable, seed):
    """Surge up, unavailability down, whatever the shares and however long each container takes to start."""
    run = simulate(
        loads(f"""
        horizon: 12h
        seed: {seed}
        releases: [{{version: '1.1', at: 10m}}]
        policies:
          cattle:
            web: {{kind: cattle, replicas: {wanted}, rollout: {{kind: rolling, max_surge: '{surge}%', max_unavailable: '{unavailable}%'}}}}
    """)
    )
    more, less = ceil(surge * wanted / 100), floor(unavailable * wanted / 100)
    assert fences(run, more, less if more or less else 1, wanted, 600)


# Autoscaling


@pytest.mark.parametrize(("rate", "target", "wanted"), [(100, 50, 20), (101, 50, 21), (72, 60, 12), (54, 90, 6), (1, 60, 2), (2000, 60, 40)])
def test_the_autoscaler_wants_the_demand_over_what_each_should_carry(rate, target, wanted):
    """ceil(demand / (target x 10/s)), but at least 2 and at most 40."""
    run = play(
        f"horizon: 1h\ntraffic: [{{kind: steady, rate: {rate}/s}}]",
        f"replicas: 10, autoscaler: {{kind: target_utilisation, target: {target}%, min: 2, max: 40}}",
    )
    assert desired(run).iloc[-1] == wanted
    assert counted(run, available).iloc[-1] == wanted


SURGE = "horizon: 1h\ntraffic: [{kind: steady, rate: 60/s}, {kind: spike, at: 10m, factor: 3, hold: 5m}]"


def test_what_the_autoscaler_adds_does_not_serve_at_once():
    """From 10 to 30 containers within two ticks of 15 s, and each serves 30 s after its launch."""
    run = play(SURGE, "replicas: 10, autoscaler: {kind: target_utilisation, target: 60%, min: 10, max: 60}")
    launched, serving = when(run, "start"), when(run, "serve")
    assert len(launched) == 20
    assert all(serving[name] == approx(time + 30) for name, time in launched.items())
    assert 600 < min(launched.values()) <= 615 and max(launched.values()) <= 630


@pytest.mark.parametrize("seed", range(8))
def test_scaling_in_waits_until_the_look_back_holds_no_higher_wish(seed):
    """The surge ends at 15 min. The last tick before that asked for all 30, and this wish holds for 20 more ticks of 15 s, the 5 minutes
    included; at the 21st it is older, whatever the autoscaler's phase."""
    run = play(SURGE, "replicas: 10, autoscaler: {kind: target_utilisation, target: 60%, min: 10, max: 60}", seed)
    phase = 15 * Draws(seed, 0).uniform("phase", "autoscaler/web")
    last = phase + floor((900 - phase) / 15) * 15
    wishes = desired(run)
    assert wishes.max() == 30
    assert wishes[wishes.index > 900].index[0] == approx(last + 315)


# Lost hosts


def lost(lasts, replicas=12):
    """Zone a is lost at 1 h."""
    return play(f"horizon: 3h\nfailures: [{{kind: outage, zone: a, at: 1h, lasts: {lasts}}}]", f"replicas: {replicas}")


def test_containers_of_a_lost_zone_are_evicted_after_grace_and_toleration_and_replaced_elsewhere():
    """Unreachable at the first 5 s tick of the node monitor at or after 50 s, evicted 300 s later, served for again 30 s after that."""
    run = lost("1h")
    phase = 5 * Draws(3, 0).uniform("phase", "node monitor")
    evicted = phase + ceil((3650 - phase) / 5) * 5 + 300
    rows = moves(run)
    gone, came = rows[rows["cause"] == "evicted"], rows[rows["state"] == "starting"]
    assert gone["host"].tolist() == ["a-0", "a-1", "a-2", "a-3"]
    assert came["slot"].tolist() == gone["slot"].tolist() == [0, 3, 6, 9]
    assert gone["time_s"].tolist() == came["time_s"].tolist() == approx([evicted] * 4)
    assert [when(run, "serve")[name] for name in came["server"]] == approx([evicted + 30] * 4)


def test_what_a_lost_zone_held_is_spread_over_the_others():
    """Four containers of zone a: two go to b and two to c."""
    rows = moves(lost("1h"))
    zones = rows[rows["state"] == "starting"]["host"].astype(str).str[0]
    assert sorted(zones) == ["b", "b", "c", "c"]


def test_a_zone_that_comes_back_in_time_starts_its_containers_where_they_were():
    """Back after 5 minutes, before the eviction at 350 s: the same four names on the same hosts, serving 5 s later."""
    run = lost("5m")
    rows = moves(run)
    assert (rows["state"] == "retired").sum() == 0
    assert rows["server"].nunique() == 12
    back = rows[(rows["time_s"] > 3600) & (rows["phase"] == "serve")]
    assert back["host"].tolist() == ["a-0", "a-1", "a-2", "a-3"]
    assert back["time_s"].tolist() == approx([3905] * 4)


def test_a_container_of_a_lost_zone_cannot_crash_as_well():
    """Its process went with the zone at 60 min, so the crash due at 61 min strikes nobody: not one is replaced before the eviction."""
    run = play(
        "horizon: 2h\nfailures: [{kind: crash, time_to_failure: 61m, age: new}, {kind: outage, zone: a, at: 1h, lasts: 1h}]",
        "replicas: 12",
    )
    rows = moves(run)
    assert set(rows[rows["cause"] == "crash"]["host"].astype(str).str[0]) == {"b", "c"}


def test_an_evicted_container_does_not_come_back_with_its_zone():
    """After the zone's return there are still twelve, none of them in zone a, and none has moved again."""
    run = lost("1h")
    rows = moves(run)
    assert rows["time_s"].max() < 7200
    assert counted(run, available).iloc[-1] == 12


def test_a_rollout_does_not_count_on_containers_of_a_lost_zone():
    """Twelve less the four of zone a leave eight; that is below the nine that a rollout has to keep. The release comes when the loss is known, so
    the rollout may not stop one that serves until more have started: never fewer than eight."""
    run = play("horizon: 3h\nreleases: [{version: '1.1', at: 62m}]\nfailures: [{kind: outage, zone: a, at: 1h, lasts: 1h}]", "replicas: 12")
    assert counted(run, available).min() == 8
