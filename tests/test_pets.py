"""Pets: noticed by a monitor, nursed back in place by a crew, upgraded by hand one after another."""

from __future__ import annotations

from math import ceil

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pytest import approx

from simulator import loads, simulate
from simulator.draws import Draws

AT_ONCE = "detect: {every: 0s, timeout: 0s}, respond: 0s"
HOURLY = "failures: [{kind: crash, time_to_failure: 1h, age: new, fleet: web}]"


def play(weather, pets, ops=1, more=""):
    """The record of one run of the fleet `web` with a crew of so many."""
    policy = f"{{ops: {{kind: crew, people: {ops}}}, web: {{kind: pets, {pets}}}{more}}}"
    return simulate(loads(f"seed: 3\nsites: {{zones: [a], hosts_per_zone: 5}}\n{weather}\npolicies: {{pets: {policy}}}\n")).record


def story(record, server="web-00"):
    """What a server went through: (time, phase)."""
    moves = record.frame("transitions")
    own = moves[moves["server"] == server]
    return list(zip(own["time_s"], own["phase"].astype(str), strict=True))


def when(record, phase, server="web-00"):
    """The times at which a server entered a phase."""
    return [time for time, entered in story(record, server) if entered == phase]


def jobs(record, task):
    """The crew's jobs of a kind, in order: (server, from, to)."""
    work = record.frame("work")
    own = work[work["task"] == task]
    return list(zip(own["server"].astype(str), own["time_s"], own["end_s"], strict=True))


# Recovery


@pytest.mark.parametrize("misses", [1, 2, 5])
def test_a_monitor_notices_after_so_many_misses_and_a_timeout(misses):
    """The process dies at 3600 s. The check comes every 30 s at the monitor's own phase: its first tick at or after 3600 s, and (misses - 1)
    more, each with 5 s for the answer; so between (misses - 1) x 30 + 5 and misses x 30 + 5 s after the death."""
    record = play(f"horizon: 2h\n{HOURLY}", f"servers: 1, repair: {{detect: {{every: 30s, misses: {misses}, timeout: 5s}}}}")
    phase = 30 * Draws(seed=3, replication=0).uniform("phase", "monitor/web/0")
    first = phase + ceil((3600 - phase) / 30) * 30
    noticed = when(record, "respond")[0]
    assert noticed == approx(first + (misses - 1) * 30 + 5, abs=1e-6)
    assert (misses - 1) * 30 + 5 <= noticed - 3600 <= misses * 30 + 5


def test_monitors_of_different_pets_look_at_different_moments():
    """Ten pets die at one moment; each is noticed at its own."""
    moves = play(f"horizon: 2h\n{HOURLY}", "servers: 10").frame("transitions")
    assert moves[moves["phase"] == "respond"]["time_s"].nunique() == 10


def test_a_pet_is_noticed_then_answered_then_waited_for_then_repaired():
    """Dead at 60 min, noticed 1 min later, a person in 4 more; the one person repairs the first for 30 min, to 95 min, then the second to 125."""
    record = play(f"horizon: 129m\n{HOURLY}", "servers: 2, repair: {detect: {every: 0s, timeout: 1m}, respond: 4m, time: 30m}")
    assert story(record, "web-01") == [
        (0, "serve"),
        (3600, "detect"),
        (3660, "respond"),
        (3900, "queue"),
        (approx(5700), "repair"),
        (approx(7500), "serve"),
    ]


def test_repair_in_place_keeps_name_slot_and_host():
    """Six pets die every hour for ten hours: six names still, each in its slot and on its host."""
    moves = play(f"horizon: 10h\n{HOURLY}", f"servers: 6, repair: {{{AT_ONCE}, time: 10m}}", ops=6).frame("transitions")
    places = moves[["server", "slot", "host"]].drop_duplicates()
    assert list(zip(places["server"], places["slot"], places["host"], strict=True)) == [(f"web-{n:02d}", n, f"a-{n % 5}") for n in range(6)]


def test_one_person_repairs_first_who_came_first():
    """Three die at 60 min: repaired one after the other, 20 min each."""
    record = play(f"horizon: 121m\n{HOURLY}", f"servers: 3, repair: {{{AT_ONCE}, time: 20m}}")
    assert jobs(record, "repair") == [("web-00", 3600, 4800), ("web-01", 4800, 6000), ("web-02", 6000, 7200)]


def test_a_repair_goes_before_an_upgrade_that_has_waited_longer():
    """The one person upgrades web-00 from 30 to 90 min. The upgrade of db-00 waits since 30 min; web-01, dead at 60 min, is repaired first, at 90."""
    record = play(
        f"horizon: 4h\nreleases: [{{version: '1.1', at: 30m}}]\n{HOURLY}",
        f"servers: 2, boot: 0s, repair: {{{AT_ONCE}, time: 10m}}, upgrade: {{time: 1h}}",
        more=", db: {kind: pets, servers: 1, upgrade: {time: 1h}}",
    )
    assert (jobs(record, "repair")[0], jobs(record, "upgrade")[1]) == (("web-01", 5400, 6000), ("db-00", 6000, 9600))


# Upgrades


def test_upgrades_go_from_pet_to_pet_however_many_people_there_are():
    """From 1 h on, each 10 min of patching by a person and 1 min of boot; the next begins when this one serves again."""
    record = play("horizon: 3h\nreleases: [{version: '1.1', at: 1h}]", "servers: 3, boot: 1m, upgrade: {time: 10m}", ops=3)
    assert jobs(record, "upgrade") == [(f"web-0{n}", 3600 + n * 660, 3600 + n * 660 + 600) for n in range(3)]
    assert story(record, "web-01") == [(0, "serve"), (4260, "patch"), (4860, "boot"), (4920, "serve")]


def test_a_pet_under_repair_is_missed_by_the_rollout():
    """Both die at 1 h; web-00 is repaired to 2 h, web-01 to 3 h. At 2.5 h the others upgrade web-00, and find web-01 under repair: it stays behind."""
    record = play(
        f"horizon: 210m\nreleases: [{{version: '1.1', at: 150m}}]\n{HOURLY}",
        f"servers: 2, repair: {{{AT_ONCE}, time: 1h}}, upgrade: {{crew: dev, time: 10m}}",
        more=", dev: {kind: crew}",
    )
    moves = record.frame("transitions").merge(record.frame("stacks"), on="stack")
    last = moves.sort_values("time_s", kind="stable").groupby("server", observed=True)["release"].last()
    assert last.to_dict() == {"web-00": "1.1", "web-01": "1.0"}


def test_a_patch_under_way_installs_what_was_wanted_when_it_began():
    """1.1 at 60 min: web-00 to 70, web-01 to 80, web-02 from 80 on. 1.2 at 85 min: web-02 has 1.1 at 90, and 1.2 from 110 on, after web-00 and web-01."""
    record = play("horizon: 4h\nreleases: [{version: '1.1', at: 1h}, {version: '1.2', at: 85m}]", "servers: 3, boot: 0s, upgrade: {time: 10m}", ops=2)
    assert when(record, "patch", "web-02") == [4800, 6600]
    assert record.frame("transitions").query("server == 'web-02' and phase == 'boot'")["stack"].tolist() == [1, 2]


def test_only_work_that_was_done_is_in_the_books():
    """web-00 and web-01 are both dead when their turn comes, so nobody upgraded anything."""
    record = play(f"horizon: 100m\nreleases: [{{version: '1.1', at: 65m}}]\n{HOURLY}", f"servers: 2, repair: {{{AT_ONCE}, time: 1h}}", ops=3)
    assert jobs(record, "upgrade") == []


# Crews


@settings(max_examples=30, deadline=None)
@given(people=st.integers(1, 4), servers=st.integers(1, 12), seed=st.integers(0, 10**6))
def test_a_crew_never_works_on_more_pets_than_it_has_people(people, servers, seed):
    """Repairs and upgrades of two fleets that share it; at no moment are more jobs under way."""
    scenario = loads(f"""
        horizon: 10d
        seed: {seed}
        failures: [{{kind: crash, time_to_failure: {{law: exponential, mean: 1d}}}}, {{kind: outage, zone: a, at: 5d, lasts: 2h}}]
        releases: [{{version: '1.1', at: 1d}}, {{version: '1.2', at: 3d}}]
        policies:
          pets:
            ops: {{kind: crew, people: {people}}}
            web: {{kind: pets, servers: {servers}}}
            db: {{kind: pets, servers: 3}}
    """)
    record = simulate(scenario).record
    moves, work = record.frame("transitions"), record.frame("work")
    hands_on = moves["phase"].isin(["repair", "patch"]).astype(int)
    change = hands_on - hands_on.groupby([moves["fleet"], moves["server"]], observed=True).shift(fill_value=0)
    by_record = change.groupby(moves["time_s"]).sum().cumsum()
    ends = np.concatenate([work["time_s"], work["end_s"]])
    by_books = np.cumsum(np.repeat([1, -1], len(work))[np.lexsort((np.repeat([1, -1], len(work)), ends))])
    assert max(by_record.max(), by_books.max(initial=0)) <= people
