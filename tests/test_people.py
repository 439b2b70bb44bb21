"""People: whatever breaks, a crew is never more than it is, and its books and the pets' own stories are two accounts of the same work."""

from __future__ import annotations

import re
from collections import Counter
from itertools import groupby, pairwise

from hypothesis import given, settings
from hypothesis import strategies as st
from pytest import approx

from simulator import Scenario, metrics, simulate

DAYS = 4
END = DAYS * 86400.0
STATES = {
    "serve": "serving",
    "detect": "down",
    "respond": "down",
    "queue": "down",
    "hold": "down",
    "repair": "repairing",
    "patch": "upgrading",
    "boot": "starting",
    "diagnose": "repairing",
    "restart": "repairing",
    "provision": "repairing",
    "restore": "repairing",
    "rebuild": "repairing",
    "drain": "upgrading",
    "back out": "upgrading",
    "validate": "starting",
    "switch": "starting",
    "standby": "standby",
}
TASKS = {"repair": "repair", "patch": "upgrade"}  # what a person does in a phase
TASKS_OF_ALL = {**TASKS, "diagnose": "repair", "restart": "repair", "rebuild": "repair", "back out": "upgrade"}
# A letter a phase: patched and booted, or noticed, answered, waited for and repaired; again from the queue on where a lost domain broke it off.
LETTERS = {"serve": "S", "detect": "d", "respond": "r", "queue": "q", "repair": "p", "patch": "u", "boot": "b"}
MENDED = re.compile("u?b?(d?r?q?p(qp)*)?")
BEGUN = re.compile("u?b?d?r?q?(p(qp)*q?)?")

few = settings(max_examples=40, deadline=None)
hours = st.integers(0, 24 * DAYS).map("{}h".format)  # whole hours, so that things come together
laws = st.sampled_from(["0s", "10m", "1h", {"law": "exponential", "mean": "1h"}, {"law": "lognormal", "median": "30m", "sigma": 1.2}])
lasting = st.sampled_from(["1h", {"law": "exponential", "mean": "2h"}, {"law": "lognormal", "median": "1h", "sigma": 1.2}])
lives = st.sampled_from(["5h", {"law": "exponential", "mean": "8h"}, {"law": "weibull", "shape": 0.7, "mean": "1d"}])
crashes = st.fixed_dictionaries({"kind": st.just("crash"), "time_to_failure": lives, "age": st.sampled_from(["new", "settled"])})
broken_hosts = st.fixed_dictionaries({"kind": st.just("crash"), "of": st.just("host"), "time_to_failure": lives, "lasts": lasting})
places = st.sampled_from([{"zone": "a"}, {"host": "a-0"}, {"share": "50%"}, {"servers": 2, "fleet": "web"}])
outages = st.builds(
    lambda place, at, lasts, leaves: {"kind": "outage", **place, "at": at, "lasts": lasts, "leaves": leaves},
    places, hours, laws, st.sampled_from(["stopped", "broken"]),
)  # fmt: skip


shares = st.sampled_from(["0%", "50%", "100%"])
rollouts = st.sampled_from(
    [
        {"kind": "in_turn", "at_once": "all"},
        {"kind": "in_turn", "stops": True},
        {"kind": "waves", "pause": "3h"},
        {"kind": "windows", "every": "6h", "lasts": "4h", "at_once": 2},
        {"kind": "on_demand", "gap": {"law": "exponential", "mean": "1d"}},
        {"kind": "lagged", "shift": "2h", "lag": {"law": "exponential", "mean": "6h"}},
    ]
)
tools = st.fixed_dictionaries({"every": st.just("1h"), "covers": shares, "succeeds": st.sampled_from(["50%", "100%"]), "false_positives": shares, "look": laws})
drifts = st.fixed_dictionaries(
    {"edits": st.sampled_from(["0/s", "1/h"]), "settings": st.just(5), "emergency": shares, "forgets": shares}, optional={"convergence": tools}
)
backups = st.fixed_dictionaries({"every": lasting, "lasts": laws, "succeeds": shares, "keep": st.integers(1, 3), "size": st.just("300GB")})
spares = st.fixed_dictionaries({"servers": st.integers(1, 2), "ages": shares, "switch": laws, "fails": shares})
repairs = st.fixed_dictionaries(
    {"diagnose": laws, "succeeds": shares, "rebuild": st.fixed_dictionaries({"time": lasting})},
    optional={"restart": st.fixed_dictionaries({"time": laws, "succeeds": shares}), "runbooks": st.just({"covers": "50%"}), "elsewhere_after": hours},
)
ways = st.fixed_dictionaries(
    {"drain": laws, "succeeds": st.sampled_from(["50%", "100%"]), "on_failure": st.sampled_from(["leave", "retry", "half", "outage"]), "back_out": laws},
    optional={"validation": laws, "freeze_after_failure": st.sampled_from(["0s", "1h"]), "freezes": st.just([{"at": "5h", "lasts": "1h", "every": "3h"}])},
)
fleets = st.fixed_dictionaries(
    {"repair": repairs, "upgrade": ways, "rollout": rollouts, "provision": laws}, optional={"drift": drifts, "backups": backups, "spares": spares}
)


plain = st.just({})


@st.composite
def weathers(draw, more=plain):
    """Two fleets whose pets crash, lose their hosts and zones, and are upgraded, by one crew or by two; and what else they are, if `more` is said."""
    people = {name: {"kind": "crew", "people": draw(st.integers(1, 3))} for name in ("ops", "dev")}
    other = draw(more)
    repair = {"detect": draw(st.sampled_from([{}, {"every": "0s", "timeout": "0s"}])), "respond": draw(laws), "time": draw(lasting), **other.get("repair", {})}
    upgrade = {"crew": draw(st.sampled_from(["ops", "dev"])), "time": draw(lasting), **other.get("upgrade", {})}
    pets = {"kind": "pets", "boot": draw(laws), **other, "repair": repair, "upgrade": upgrade}
    releases = draw(st.lists(hours, max_size=3, unique=True))
    scenario = {
        "horizon": f"{DAYS}d",
        "seed": draw(st.integers(0, 10**6)),
        "sites": {"zones": ["a", "b"], "hosts_per_zone": 2},
        "failures": draw(st.lists(st.one_of(crashes, broken_hosts, outages), min_size=1, max_size=4)),
        "releases": [{"version": f"2.{number}", "at": at} for number, at in enumerate(sorted(releases, key=lambda at: float(at[:-1])))],
        "policies": {"pets": {**people, "web": {**pets, "servers": draw(st.integers(1, 5))}, "db": {**pets, "servers": 2}}},
    }
    return Scenario.model_validate(scenario)


def stretches(run):
    """What each pet went through: from, to, state and phase; what lasts no time is left out, but for service: a rollout may wait at the door."""
    told = {}
    for pet, rows in run.record.frame("transitions").groupby("server", observed=True):
        ends = [*rows["time_s"][1:], END]
        own = zip(rows["time_s"], ends, rows["state"].astype(str), rows["phase"].astype(str), strict=True)
        told[pet] = [stretch for stretch in own if stretch[1] > stretch[0] or stretch[3] == "serve"]
    return told


def jobs(run):
    """The books: crew, task, pet, from and to."""
    work = run.record.frame("work")
    return list(zip(work["crew"].astype(str), work["task"].astype(str), work["server"].astype(str), work["time_s"], work["end_s"], strict=True))


def busy(intervals):
    """How many of these are under way, from each time on; who ends makes room for who begins."""
    steps = sorted([(start, 1) for start, _ in intervals] + [(end, -1) for _, end in intervals])
    now, told = 0, {}
    for time, step in steps:
        now += step
        told[time] = now
    return told


def people(run, crew):
    return run.scenario.policies[run.policy].crews[crew].people


all_of_it = st.one_of(weathers(), weathers(fleets))


@few
@given(all_of_it)
def test_a_crew_has_never_more_jobs_than_people(scenario):
    run = simulate(scenario)
    books = jobs(run)
    for crew in ("ops", "dev"):
        assert max(busy([(start, end) for who, _, _, start, end in books if who == crew]).values(), default=0) <= people(run, crew)


@few
@given(all_of_it)
def test_a_pet_has_one_person_at_a_time(scenario):
    run = simulate(scenario)
    books = [job for job in jobs(run) if job[1] != "look"]  # who looks at an alarm does nothing to the pet
    for _, own in groupby(sorted(books, key=lambda job: (job[2], job[3])), key=lambda job: job[2]):
        assert all(before[4] <= after[3] for before, after in pairwise(own))


@few
@given(all_of_it)
def test_a_pet_is_in_one_state_from_the_start_to_the_horizon(scenario):
    """The state that its phase belongs to; it carries traffic where it serves, whole or half-upgraded, and is never retired."""
    run = simulate(scenario)
    moves = run.record.frame("transitions")
    assert all(STATES[phase] == state or (phase, state) == ("serve", "degraded") for phase, state in zip(moves["phase"], moves["state"], strict=True))
    assert ((moves["capacity_rps"] > 0) == moves["state"].isin(("serving", "degraded"))).all()
    assert moves.groupby("server", observed=True)["time_s"].is_monotonic_increasing.all()
    told = stretches(run)
    assert len(told) == sum(fleet.size for fleet in run.scenario.policies[run.policy].fleets.values())
    for own in told.values():
        assert (own[0][0], own[-1][1]) == (0, END)
        assert all(before[1] == after[0] for before, after in pairwise(own))


@few
@given(weathers())
def test_what_is_done_by_hand_is_in_the_books_once(scenario):
    """Each stretch of repair or patching has its job, from the same moment to the same moment, and each job its stretch."""
    run = simulate(scenario)
    by_pets = Counter((TASKS[phase], pet, start, end) for pet, own in stretches(run).items() for start, end, _, phase in own if phase in TASKS)
    by_people = Counter(job[1:] for job in jobs(run))
    assert by_pets == by_people
    assert set(by_people.values()) <= {1}


@few
@given(weathers(fleets))
def test_what_is_done_by_hand_takes_as_long_in_the_books(scenario):
    """Whatever the steps, the time that people are at work on a pet is the time that it is worked on."""
    run = simulate(scenario)
    by_people: Counter[tuple[str, str]] = Counter()
    for _, task, pet, start, end in jobs(run):
        by_people[task, pet] += end - start
    by_pets: Counter[tuple[str, str]] = Counter()
    for pet, own in stretches(run).items():
        for start, end, _, phase in own:
            if phase in TASKS_OF_ALL:
                by_pets[TASKS_OF_ALL[phase], pet] += end - start
    assert all(by_pets[key] == approx(by_people[key], abs=1e-3) for key in {*by_pets, *by_people} if key[0] != "look")


@few
@given(weathers(fleets))
def test_whoever_is_out_of_service_is_being_brought_back(scenario):
    """No pet is forgotten: three weeks after the last trouble all of them serve, or stand by."""
    quiet = scenario.model_copy(update={"horizon": END + 21 * 86400.0, "failures": tuple(f for f in scenario.failures if f.kind == "outage")})
    last = simulate(quiet).record.frame("transitions").groupby("server", observed=True)["state"].last()
    assert set(last) <= {"serving", "degraded", "standby"}


@few
@given(weathers(fleets))
def test_all_of_it_can_be_told(scenario):
    """Every table of a run is made, with numbers that can be."""
    run = simulate(scenario)
    tables = metrics.measure(run)
    summary = tables["summary"]
    assert summary[["configuration_drift", "all_alike", "version_drift"]].stack().between(-1e-9, 1 + 1e-9).all()
    assert (summary[["toil", "pages", "crew_wait", "data_lost", "restore_time", "deployments"]] >= 0).all(axis=None)
    assert (tables["restores"]["lost_s"] >= 0).all() and (tables["corrections"]["back_s"] >= 0).all()
    changes = run.record.frame("drift")
    assert changes.groupby(["server", "setting"], observed=True)["step"].cumsum().isin((0, 1)).all()
    assert metrics.deployments(run, tables["rollouts"])["tried"].sum() == len(tables["upgrades"])
    assert len(metrics.snapshot(run, END / 2)) == sum(fleet.size for fleet in run.scenario.policies[run.policy].fleets.values())


@few
@given(weathers())
def test_the_phases_of_a_repair_come_in_order(scenario):
    """A hold may come between any two of them, and what it hides is left out."""
    run = simulate(scenario)
    for own in stretches(run).values():
        letters = "".join(letter for letter, _ in groupby(LETTERS[phase] for _, _, _, phase in own if phase != "hold"))
        *over, last = letters.split("S")
        assert all(MENDED.fullmatch(spell) for spell in over), letters
        assert BEGUN.fullmatch(last), letters


@few
@given(weathers())
def test_nobody_is_idle_while_a_pet_waits_for_a_person(scenario):
    """While a pet that nothing holds is in the queue, all who might come are at work."""
    run = simulate(scenario)
    books = [(start, end) for crew, _, _, start, end in jobs(run) if crew == "ops"]
    at_work = busy(books)
    for own in stretches(run).values():
        for start, end, _, phase in own:
            if phase == "queue":
                before = max(time for time in at_work if time <= start)
                assert {at_work[before], *(number for time, number in at_work.items() if start < time < end)} == {people(run, "ops")}


@few
@given(weathers())
def test_the_books_of_time_add_up(scenario):
    """Time in service and out of it is all time there is, and what metrics say of either comes from the same stretches."""
    run = simulate(scenario)
    told, books = stretches(run), jobs(run)
    out = sum(end - start for own in told.values() for start, end, state, _ in own if state != "serving")
    table = metrics.reliability(run)
    pets = {name: fleet.size for name, fleet in run.scenario.policies[run.policy].fleets.items()}
    assert table["mean_down"].sum() * END == approx(out, abs=1e-3)
    assert sum(table["availability"][name] * size for name, size in pets.items()) * END == approx(len(told) * END - out, abs=1e-3)
    for crew, row in metrics.crews(run).iterrows():
        assert row["utilisation"] * row["people"] * END == approx(sum(end - start for who, _, _, start, end in books if who == crew), abs=1e-3)
