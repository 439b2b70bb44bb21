"""Written state: where it is kept, what is lost with what, and who finds it again."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pytest import approx

from simulator import loads, metrics, simulate
from simulator.problems import ScenarioError

PROMPT = "detect: {every: 0s, timeout: 0s}, respond: 0s"
ROLLOUT = "rollout: {kind: rolling, max_surge: 0, max_unavailable: 1}"


def play(web, weather="", more="", horizon="2h", seed=3):
    return simulate(loads(f"seed: {seed}\nhorizon: {horizon}\n{weather}\npolicies: {{p: {{web: {{{web}}}{more}}}}}\n"))


def cattle(kept, replicas=1, more=""):
    """Containers to which users write 10 kB/s, that start in 30 s, and in 5 s where their image is."""
    return f"kind: cattle, replicas: {replicas}, start: {{time: 30s, cached: 5s}}, {ROLLOUT}, state: {{kept: {kept}, writes: 1/s, size: 10kB}}{more}"


def told(run):
    """What became of it: kB written and lost, and why."""
    return [(row.time_s, round(row.written / 1e3, 6), round(row.lost / 1e3, 6), row.why) for row in metrics.state(run).itertuples()]


CRASH = "failures: [{kind: crash, of: process, time_to_failure: 10m, age: new, fleet: web}]"


@pytest.mark.parametrize(("kept", "lost"), [("writable_layer", 6000), ("empty_dir", 0), ("volume", 0), ("store, store: db", 0)])
def test_a_container_that_is_started_again_in_its_pod_has_lost_its_writable_layer_only(kept, lost):
    """10 kB/s for 600 s; it is back after 5 s, and the next crash comes 600 s later."""
    first, second = told(play(cattle(kept), CRASH, ", db: {kind: pets, servers: 1}", "21m"))
    assert first == (600, 6000, lost, "crash")
    assert second == (1205, 6000 if lost else 12000, lost, "crash")


@pytest.mark.parametrize(("kept", "lost"), [("writable_layer", 6000), ("empty_dir", 6000), ("volume", 0), ("store, store: db", 0)])
def test_a_container_that_is_replaced_has_lost_all_that_died_with_its_pod(kept, lost):
    run = play(cattle(kept), "releases: [{version: '1.1', at: 10m}]", ", db: {kind: pets, servers: 1}", "20m")
    assert told(run) == [(600, 6000, lost, "rollout")]
    assert metrics.measure(run)["summary"].set_index("fleet").loc["web", "state_lost"] == lost / 1000


@pytest.mark.parametrize(("kept", "lost"), [("writable_layer", 6000), ("empty_dir", 0)])
def test_a_host_that_comes_back_starts_another_container_in_the_same_pod(kept, lost):
    assert told(play(cattle(kept), "failures: [{kind: outage, host: a-0, at: 10m, lasts: 1m}]", horizon="20m")) == [(600 + 60, 6000, lost, "power")]


def test_what_is_written_is_shared_evenly_by_those_in_service():
    """Two for 10 min: 300 s x 10 kB/s each. One is replaced within 30 s, in which the other gets all; so it is again from 20 min on."""
    run = play(cattle("writable_layer", 2), "failures: [{kind: outage, servers: 1, at: 10m, lasts: 0s, leaves: broken}]\nreleases: [{version: '1.1', at: 20m}]")
    assert told(run) == [(600, 3000, 3000, "broken"), (1200, 5 * 570, 5 * 570, "rollout"), (1230, 3000 + 300 + 5 * 570 + 300, 6450, "rollout")]
    assert metrics.state_totals(run).loc["web", ["written_mb", "refused_mb"]].tolist() == approx([72, 0])


# Pets


def pet(more=""):
    return f"kind: pets, servers: 1, boot: 1m, state: {{kept: disk, writes: 1/s, size: 10kB}}{more}"


def test_a_pet_that_is_repaired_or_rebooted_has_kept_all():
    weather = f"{CRASH}\nreleases: [{{version: '1.1', at: 30m}}]"
    run = play(pet(f", upgrade: {{time: 1m}}, repair: {{{PROMPT}, time: 5m}}"), weather, horizon="40m")
    assert told(run)[0] == (600, 6000, 0, "crash") and len(told(run)) > 1
    assert metrics.state_totals(run).loc["web", "lost_mb"] == 0


def test_a_pet_that_is_restored_has_lost_what_was_written_since_the_backup():
    """It fails at 20 h; the newest backup that is over began at the time in the record."""
    repair = f"repair: {{{PROMPT}, time: 1h, succeeds: 0%}}, backups: {{every: 6h, lasts: 0s, size: 0B}}"
    run = play(pet(f", {repair}"), CRASH.replace("10m", "20h"), horizon="22h")
    (content,) = run.record.frame("restores")["content_s"]
    stopped, restored = told(run)
    assert stopped == (72000, 720000, 0, "crash") and restored[1:] == (720000, approx(10 * (72000 - content)), "restored")


def test_a_pet_that_is_rebuilt_has_lost_all_and_what_comes_later_is_counted_anew():
    run = play(pet(f", provision: 0s, repair: {{{PROMPT}, time: 1h, succeeds: 0%, rebuild: {{time: 1h}}}}"), CRASH.replace("10m", "20h"), horizon="43h")
    assert told(run) == [(72000, 720000, 0, "crash"), (79200, 720000, 720000, "rebuilt"), (151200, 720000, 0, "crash")]


# Stores


def test_a_store_that_is_down_takes_nothing_and_has_lost_nothing():
    outage = "failures: [{kind: outage, servers: 1, at: 10m, lasts: 0s, leaves: broken, fleet: db}]"
    db = f", db: {{kind: pets, servers: 1, boot: 0s, repair: {{{PROMPT}, time: 5m}}}}"
    totals = metrics.state_totals(play(cattle("store, store: db"), outage, db, "20m")).loc["web"]
    assert totals[["lost_mb", "written_mb", "refused_mb"]].tolist() == approx([0, 9, 3])


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    kept=st.sampled_from(["writable_layer", "empty_dir", "volume", "store, store: db"]),
    replicas=st.integers(1, 5),
    takes=st.sampled_from(["0s", "20s"]),
    host=st.booleans(),
)
def test_all_of_a_writable_layer_is_lost_with_its_container_and_nothing_on_a_volume_or_in_a_store(seed, kept, replicas, takes, host):
    """Whatever happens, and what could not be written was refused: in all 10 kB/s."""
    outage = ", {kind: outage, zone: a, at: 30m, lasts: 20m}" if host else ""
    weather = f"failures: [{{kind: crash, of: process, time_to_failure: {{law: exponential, mean: 30m}}}}{outage}]\nreleases: [{{version: '1.1', at: 45m}}]"
    run = play(cattle(kept, replicas, f", stop: {{takes: {takes}}}"), weather, ", db: {kind: pets, servers: 1}", "2h", seed)
    ends, totals = metrics.state(run), metrics.state_totals(run).loc["web"]
    assert totals["written_mb"] + totals["refused_mb"] == approx(72)
    if kept == "writable_layer":
        assert len(ends) and ends["lost"].tolist() == ends["written"].tolist() and totals["lost_mb"] <= totals["written_mb"]
    elif kept == "empty_dir":
        gone = ends["why"].isin(("crash", "power"))
        assert (ends.loc[gone, "lost"] == 0).all() and (ends.loc[~gone, "lost"] == ends.loc[~gone, "written"]).all()
    else:
        assert len(ends) and not ends["lost"].any()


# Found again


@pytest.mark.parametrize(
    ("fleet", "found"),
    [
        (cattle("writable_layer", 4), 0.25),
        (cattle("volume", 4), 0.25),
        (cattle("store, store: db", 4), 1),
        (cattle("writable_layer", 4, ", sessions: {starts: 1/s}"), 1),
        (cattle("writable_layer", 4, ", sessions: {starts: 1/s, held: client, sticky: false}"), 0.25),
        ("kind: pets, servers: 2, state: {kept: disk}", 0.5),
    ],
)
def test_what_was_written_is_found_again_by_one_request_in_n_unless_they_stick_or_share_a_store(fleet, found):
    row = metrics.measure(play(fleet, more=", db: {kind: pets, servers: 1}"))["summary"].set_index("fleet").loc["web"]
    assert row["found_again"] == approx(found) and row["skew_state"] == approx(1 - found)


def test_found_again_is_a_mean_over_the_time_in_which_somebody_serves():
    """One of two is away for 5 min of 20: 1/2 in three quarters of the time, 1 in one."""
    pets = f"kind: pets, servers: 2, boot: 0s, repair: {{{PROMPT}, time: 5m}}, state: {{kept: disk}}"
    run = play(pets, "failures: [{kind: outage, servers: 1, at: 10m, lasts: 0s, leaves: broken}]", horizon="20m")
    assert metrics.state_totals(run).loc["web", "found_again"] == approx(0.75 * 0.5 + 0.25)


def test_nothing_is_found_in_a_store_that_is_down():
    """For 5 min of 20; the containers serve all the time."""
    outage = "failures: [{kind: outage, servers: 1, at: 10m, lasts: 0s, leaves: broken, fleet: db}]"
    db = f", db: {{kind: pets, servers: 1, boot: 0s, repair: {{{PROMPT}, time: 5m}}}}"
    assert metrics.state_totals(play(cattle("store, store: db", 4), outage, db, "20m")).loc["web", "found_again"] == approx(0.75)


def test_state_changes_nothing_else_in_the_record():
    runs = [play(f"kind: cattle, replicas: 3{more}", CRASH) for more in ("", ", state: {kept: writable_layer}")]
    assert runs[0].record.frame("transitions").equals(runs[1].record.frame("transitions"))


# What is refused


@pytest.mark.parametrize(
    ("fleet", "said"),
    [
        ("kind: cattle, replicas: 2, state: {kept: disk}", "a container has no disk of its own"),
        ("kind: pets, servers: 2, state: {kept: empty_dir}", "is for containers"),
        ("kind: cattle, replicas: 2, state: {kept: store}", "needs the fleet that has it"),
        ("kind: cattle, replicas: 2, state: {kept: store, store: dbs}", "did you mean 'db'?"),
        ("kind: cattle, replicas: 2, state: {kept: store, store: web}", "web > web"),
        ("kind: cattle, replicas: 2, needs: {db: {}}, state: {kept: store, store: web}", "a fleet comes to need itself: web > web"),
        ("kind: cattle, replicas: 2, state: {kept: empty_dir, store: db}", "goes with `kept: store`"),
        ("kind: cattle, replicas: 2, state: {kept: empty_dir, volume: {}}", "goes with `kept: volume`"),
        ("kind: cattle, replicas: 2, state: {kept: empty_dir, size: 10}", "a size needs a unit"),
        ("kind: cattle, replicas: 2, state: {kept: empty_dir, writes: 0/s}", "above zero"),
    ],
)
def test_what_makes_no_sense_is_refused_in_one_line_with_its_place(fleet, said):
    with pytest.raises(ScenarioError) as refused:
        play(fleet, more=", db: {kind: pets, servers: 1}")
    (line,) = str(refused.value).splitlines()
    assert said in line and line.startswith("scenario:4:")


def test_fleets_that_keep_their_state_in_each_other_are_a_cycle_that_is_named():
    """Along its path, whatever keys it goes by."""
    for key in ("state: {kept: store, store: web}", "sessions: {starts: 1/s, held: cache, cache: web}", "needs: {web: {}}"):
        with pytest.raises(ScenarioError, match="web > db > web") as refused:
            play(cattle("store, store: db"), more=f", db: {{kind: pets, servers: 1, {key}}}")
        (problem,) = refused.value.problems
        assert problem.kind == "ConfigCycle" and problem.path == ("policies", "p", "web", "state", "store")


def test_a_scenario_reads_back_as_it_was():
    scenario = play(cattle("store, store: db"), more=", db: {kind: pets, servers: 1}", horizon="1m").scenario
    assert type(scenario).model_validate(scenario.dump()) == scenario
