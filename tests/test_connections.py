"""Connections: a store has so many, each server that needs it holds some, and who finds too few waits."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator import loads, simulate
from simulator.problems import ScenarioError

CRASH = "failures: [{kind: crash, of: process, time_to_failure: 30m, age: new, fleet: web}]"


def play(web, weather="", store="connections: 100", each=10, horizon="1h", seed=3):
    """Servers that hold ten connections each to a pet that has a hundred."""
    fleets = f"web: {{{web}, needs: {{store: {{connections: {each}}}}}}}, store: {{kind: pets, servers: 1, {store}}}"
    return simulate(loads(f"seed: {seed}\nhorizon: {horizon}\n{weather}\npolicies: {{p: {{{fleets}}}}}\n"))


def cattle(replicas, more=""):
    return f"kind: cattle, replicas: {replicas}, start: {{time: 30s, cached: 5s}}{more}"


def scaled(least, most, ends="40m"):
    """More of them from 10 min on, until the autoscaler's next look after a time."""
    schedule = f"schedule: [{{from: 10m, until: {ends}, min: {most}}}]"
    return cattle(least, f", autoscaler: {{kind: target_utilisation, min: {least}, max: {most}, shrink_after: 0s, {schedule}}}")


def used(run):
    """The connections in use, by time."""
    signals = run.record.frame("signals")
    own = signals[(signals["fleet"] == "store") & (signals["signal"] == "connections")]
    return own.groupby("time_s")["value"].last().to_dict()


def phases(run, phase):
    moves = run.record.frame("transitions")
    return moves.loc[moves["phase"] == phase, ["time_s", "server"]].values.tolist()


def test_a_store_runs_out_of_connections_when_its_callers_scale_out():
    """From 8 to 14 at 10 min: ten have theirs, and four wait until others are gone. At 40 min six go, of which those that wait are the first."""
    run = play(scaled(8, 14))
    moves = run.record.frame("transitions")
    then = moves[(moves["fleet"] == "web") & (moves["time_s"] < 2000)].drop_duplicates("server", keep="last")
    assert then["phase"].value_counts().loc[["serve", "connect"]].tolist() == [10, 4]
    assert [time for time, _ in phases(run, "connect")] == [630] * 4
    assert list(used(run).values()) == [80, 100, 80]


def test_a_crash_gives_them_back_and_who_waits_gets_them_before_the_one_that_starts_again():
    """Two of three may have theirs. The two old ones crash at 30 min, and the third is ready at once; one of the two waits in its turn when it is back."""
    run = play(scaled(2, 3, ends="9h"), CRASH, "connections: 20")
    (first, waited), (second, returned) = phases(run, "connect")[:2]
    served = [time for time, server in phases(run, "serve") if server == waited]
    assert (first, second, served) == (630, 1805, [1800]) and returned != waited
    assert max(used(run).values()) == 20


def test_a_hung_process_holds_its_connections_until_it_is_killed():
    """It hangs at 30 min; the liveness probe finds that out within half a minute, and 30 s later it is killed."""
    run = play(cattle(1, ", probes: {liveness: {}}"), CRASH.replace("age: new", "age: new, hangs: true"))
    (killed,) = [time for time, many in used(run).items() if many == 0]
    assert [time for time, _ in phases(run, "kill")] == [killed - 30] and killed > 1850


def test_a_pet_waits_for_its_connections_as_containers_do():
    """Spare ones aside, all pets have theirs at the start; one that was away gets its own back, as nobody has taken them."""
    pets = "kind: pets, servers: 2, boot: 0s, repair: {detect: {every: 0s, timeout: 0s}, respond: 0s, time: 1m}"
    run = play(pets, "failures: [{kind: outage, servers: 1, at: 10m, lasts: 0s, leaves: broken, fleet: web}]", "connections: 20")
    assert used(run) == {0: 20, 600: 10, 660: 20} and not phases(run, "connect")


def test_a_rolling_update_goes_on_when_the_new_ones_find_none_free():
    """All connections are taken: the surge waits, the old ones that may be unavailable go, and theirs go over."""
    run = play(cattle(10), "releases: [{version: '1.1', at: 10m}]")
    last = run.record.frame("transitions").query("fleet == 'web'").drop_duplicates("server", keep="last")
    serving = last[last["state"] == "serving"]
    assert phases(run, "connect") and len(serving) == 10 and set(serving["stack"]) == {last["stack"].max()}


@settings(max_examples=30, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    replicas=st.integers(1, 6),
    most=st.integers(6, 12),
    each=st.integers(1, 5),
    takes=st.sampled_from(["0s", "20s"]),
    host=st.booleans(),
)
def test_no_more_are_in_use_than_there_are_and_each_who_serves_has_its_own(seed, replicas, most, each, takes, host):
    """In use at the horizon are those of the servers that serve or drain."""
    outage = ", {kind: outage, zone: a, at: 30m, lasts: 10m}" if host else ""
    weather = f"failures: [{{kind: crash, of: process, fleet: web, time_to_failure: {{law: exponential, mean: 15m}}}}{outage}]"
    limit = replicas * each + each - 1 + each * (most - replicas) // 2
    run = play(
        f"{scaled(replicas, most)}, stop: {{takes: {takes}}}", f"{weather}\nreleases: [{{version: '1.1', at: 35m}}]", f"connections: {limit}", each, "55m", seed
    )
    assert max(used(run).values()) <= limit
    last = run.record.frame("transitions").query("fleet == 'web'").drop_duplicates("server", keep="last")
    assert list(used(run).values())[-1] == each * (last["state"].isin(("serving", "draining"))).sum()


def test_a_spare_holds_none_while_it_stands_by():
    """Two of 50 each fit into 100, and the spare gets those of the one whose place it takes."""
    run = play("kind: pets, servers: 2, spares: {servers: 1}", "failures: [{kind: outage, host: a-0, at: 10m, lasts: 10m}]", each=50)
    assert max(used(run).values()) == 100 and len(used(run)) >= 2


def test_callers_that_say_no_number_open_none():
    run = simulate(loads("horizon: 1h\npolicies: {p: {web: {kind: cattle, replicas: 500, needs: {store: {}}}, store: {kind: pets, servers: 1}}}"))
    assert used(run) == {}


@pytest.mark.parametrize(
    ("web", "store", "said"),
    [
        (cattle(11), "connections: 100", "web open 110 when the run begins, and store has 100: raise `connections`"),
        (cattle(11), "disk: 1GB", "store has 100"),
        (cattle(1), "connections: 0", "at least 1"),
    ],
)
def test_what_makes_no_sense_is_refused_in_one_line_with_its_place(web, store, said):
    with pytest.raises(ScenarioError) as refused:
        play(web, store=store)
    (line,) = str(refused.value).splitlines()
    assert said in line and line.startswith("scenario:4:")
