"""Scenarios: families chosen by kind, policies like others, what fits together, and every mistake of a file at once."""

from __future__ import annotations

import time
from typing import Any, Literal

import pytest

from simulator.document import written
from simulator.failures import Failure
from simulator.laws import Law, law
from simulator.problems import Problem, ScenarioError
from simulator.run import simulate
from simulator.scenario import FAMILIES, Scenario
from simulator.scenario_file import configs, load, loads

WEB = "{kind: cattle, replicas: 3}"


def scenario(rest: str = "", policies: str = f"{{p: {{web: {WEB}}}}}") -> str:
    return f"horizon: 1h\n{rest}\npolicies: {policies}\n"


def problems(text: str, *changes: str) -> list[Problem]:
    """Everything that is wrong with a text."""
    with pytest.raises(ScenarioError) as error:
        loads(text, changes)
    return error.value.problems


def refused(text: str, *changes: str) -> Problem:
    """The one thing that is wrong with a text."""
    (problem,) = problems(text, *changes)
    return problem


def test_a_kind_chooses_the_class():
    policy = loads(scenario(policies="{p: {web: {kind: pets, servers: 3}, api: {kind: cattle, replicas: 2}}}")).policies["p"]
    assert [type(policy.fleets[name]).__name__ for name in ("web", "api")] == ["Pets", "Cattle"]


def test_an_unknown_kind_is_told_with_its_place_and_the_nearest():
    problem = refused(scenario("failures:\n  - {kind: crash}\n  - {kind: outtage, zone: a, at: 1m, lasts: 1m}"))
    assert problem.text("x.yaml") == "x.yaml:4:12: failures[1].kind: no failure of kind 'outtage'; did you mean 'outage'? [ConfigChoice]"


@pytest.mark.parametrize(
    ("rest", "path", "hint"),
    [
        ("sede: 1", ("sede",), "did you mean 'seed'?"),
        ("Seed: 1", ("Seed",), "did you mean 'seed'?"),
        ("sites: {zone: [a]}", ("sites", "zone"), "did you mean 'zones'?"),
        ("requests: {service: 1s, timeuot: 1s}", ("requests", "timeuot"), "no such key"),
        ("5: x", ("5",), "no such key"),
    ],
)
def test_an_unknown_key_is_told_with_the_nearest(rest, path, hint):
    problem = refused(scenario(rest))
    assert (problem.kind, problem.path, hint in problem.message) == ("ConfigUnknownKey", path, True)


def test_a_key_of_another_kind_is_a_conflict():
    problem = refused(scenario(policies="{p: {web: {kind: cattle, replicas: 3, repair: {crew: ops}}}}"))
    assert (problem.kind, problem.message) == ("ConfigConflict", "`repair` belongs to pets, not to cattle")


@pytest.mark.parametrize(
    ("rest", "kind", "path"),
    [
        ("version: 99", "ConfigVersion", ("version",)),
        ("warmup: 1h", "ConfigConflict", ("warmup",)),
        ("confidence: 100%", "ConfigRange", ("confidence",)),
        ("replications: 0", "ConfigRange", ("replications",)),
        ("seed: -1", "ConfigRange", ("seed",)),
        ("name: a b", "ConfigName", ("name",)),
        ("title: [x]", "ConfigType", ("title",)),
        ("baseline: q", "ConfigChoice", ("baseline",)),
        ("sites: {zones: []}", "ConfigRange", ("sites", "zones")),
        ("sites: {zones: [a, a]}", "ConfigConflict", ("sites", "zones")),
        ("traffic: [{kind: steady, rate: -1/s}]", "ConfigRange", ("traffic", 0, "rate")),
        ("traffic: [{kind: steady, rate: .nan}]", "ConfigRange", ("traffic", 0, "rate")),
        ("traffic: [{kind: steady, rate: 60}]", "ConfigUnit", ("traffic", 0, "rate")),
        ("traffic: [{kind: steady, rate: 1/s, to: wep}]", "ConfigChoice", ("traffic", 0, "to")),
        ("traffic: [{kind: diurnal, mean: 1/s, peak: 3/s}]", "ConfigRange", ("traffic", 0)),
        ("failures: [{kind: outage, at: 1m, lasts: 1m}]", "ConfigConflict", ("failures", 0)),
        ("failures: [{kind: outage, zone: z, at: 1m, lasts: 1m}]", "ConfigChoice", ("failures", 0, "zone")),
        ("failures: [{kind: outage, host: a-10, at: 1m, lasts: 1m}]", "ConfigChoice", ("failures", 0, "host")),
        ("failures: [{kind: outage, zone: a, at: 10:00, lasts: 1m}]", "ConfigConflict", ("failures", 0, "at")),
        ("failures: [{kind: crash, fleet: wep}]", "ConfigChoice", ("failures", 0, "fleet")),
        ("requests: {service: 0s}", "ConfigRange", ("requests", "service")),
        ("requests: {keep: all}", "ConfigConflict", ("requests",)),
        ("requests: {detail: requests, timeout: 0s}", "ConfigRange", ("requests", "timeout")),
        ("requests: {detail: requests, attempts: 17}", "ConfigLimit", ("requests", "attempts")),
        ("checks: [{metric: recovery, policy: p, below: 5m}]", "ConfigMissing", ("checks", 0)),
        ("checks: [{metric: availability, policy: q, above: 99%}]", "ConfigChoice", ("checks", 0, "policy")),
        ("checks: [{metric: availability, policy: p, fleet: wep, above: 99%}]", "ConfigChoice", ("checks", 0, "fleet")),
        ("checks: [{metric: availability, policy: p, above: 5m}]", "ConfigUnit", ("checks", 0)),
        ("start: soon", "ConfigType", ("start",)),
    ],
)
def test_what_makes_no_sense_is_refused_at_its_place(rest, kind, path):
    problem = refused(scenario(rest))
    assert (problem.kind, problem.path) == (kind, path)


@pytest.mark.parametrize(
    ("policies", "kind", "path"),
    [
        ("{}", "ConfigRange", ("policies",)),
        ("[]", "ConfigType", ("policies",)),
        ("{p: {}}", "ConfigRange", ("policies", "p")),
        ("{p: {web: }}", "ConfigType", ("policies", "p", "web")),
        ("{p: {web: {replicas: 3}}}", "ConfigMissing", ("policies", "p", "web")),
        ("{p: {web: {kind: cattle}}}", "ConfigMissing", ("policies", "p", "web", "replicas")),
        ("{p: {web: {kind: cattle, replicas: 3, needs: {db: {}}}}}", "ConfigChoice", ("policies", "p", "web", "needs", "db")),
        ("{p: {web: {kind: cattle, replicas: 3, needs: {web: {}}}}}", "ConfigCycle", ("policies", "p", "web", "needs")),
        (f"{{p: {{web: {WEB}, api: {{kind: pets, servers: 1, repair: {{crew: web}}}}}}}}", "ConfigConflict", ("policies", "p", "api", "repair", "crew")),
        ("{p: {web: {kind: cattle, replicas: 3, service: 0s}}}", "ConfigRange", ("policies", "p", "web", "service")),
        ("{p: {like: p}}", "ConfigCycle", ("policies", "p", "like")),
        (f"{{p: {{web: {WEB}}}, q: {{like: r}}}}", "ConfigChoice", ("policies", "q", "like")),
        (f"{{p: {{web: {WEB}}}, q: {{like: [p]}}}}", "ConfigType", ("policies", "q", "like")),
    ],
)
def test_policies_that_make_no_sense_are_refused_at_their_place(policies, kind, path):
    problem = refused(scenario(policies=policies))
    assert (problem.kind, problem.path) == (kind, path)


def test_a_policy_like_another_has_the_named_changes_only():
    autoscaled = "{web: {kind: cattle, replicas: 3, autoscaler: {kind: target_utilisation, min: 3, max: 9}}}"
    read = loads(scenario(policies=f"{{p: {autoscaled}, q: {{like: p, web: {{autoscaler: {{min: 5}}}}}}}}"))
    p, q = (policy.fleets["web"] for policy in read.policies.values())
    assert q == p.model_copy(update={"autoscaler": p.autoscaler.model_copy(update={"min": 5})})


def test_a_part_of_another_kind_replaces_the_whole_part():
    read = loads(scenario(policies=f"{{p: {{web: {WEB}}}, q: {{like: p, web: {{kind: pets, servers: 2}}}}}}"))
    assert read.policies["q"].fleets["web"].servers == 2


def test_policies_may_be_like_each_other_in_a_chain_in_any_order():
    read = loads(scenario(policies=f"{{c: {{like: b}}, b: {{like: a, web: {{replicas: 5}}}}, a: {{web: {WEB}}}}}"))
    assert [policy.fleets["web"].replicas for policy in read.policies.values()] == [5, 5, 3]


def test_policies_that_are_like_each_other_in_a_circle_are_refused():
    problem = refused(scenario(policies="{a: {like: b}, b: {like: a}}"))
    assert (problem.kind, "a > b > a" in problem.message or "b > a > b" in problem.message) == ("ConfigCycle", True)


def test_fleets_that_need_each_other_are_refused():
    cattle = "{{kind: cattle, replicas: 1, needs: {{{0}: {{}}}}}}"
    problem = refused(scenario(policies=f"{{p: {{a: {cattle.format('b')}, b: {cattle.format('c')}, c: {cattle.format('a')}}}}}"))
    assert (problem.kind, "a > b > c > a" in problem.message) == ("ConfigCycle", True)


def test_a_crew_that_is_named_and_not_defined_is_made_with_its_defaults():
    pets = "{kind: pets, servers: 3, repair: {crew: night}}"
    made = loads(scenario(policies=f"{{p: {{web: {pets}}}}}")).policies["p"].root
    assert {name: part.people for name, part in made.items() if name != "web"} == {"night": 2, "ops": 2}


def test_traffic_that_could_go_to_two_fleets_names_them():
    problem = refused(scenario("traffic: [{kind: steady, rate: 1/s}]", policies=f"{{p: {{web: {WEB}, api: {WEB}}}}}"))
    assert (problem.kind, problem.path, "web or api" in problem.message) == ("ConfigMissing", ("traffic", 0), True)


def test_traffic_goes_to_the_fleet_that_no_other_needs():
    read = loads(scenario("traffic: [{kind: steady, rate: 1/s}]", policies=f"{{p: {{db: {WEB}, web: {{kind: cattle, replicas: 3, needs: {{db: {{}}}}}}}}}}"))
    assert list(read.offered("p")) == ["web"]


def test_a_clock_time_is_read_against_the_start():
    read = loads(scenario("start: 2026-06-01T09:00+09:00\nreleases: [{version: '1.1', at: 09:30}, {version: '1.2', at: 2026-06-01T00:45Z}]"))
    assert [release.at for release in read.releases] == [1800, 2700]


@pytest.mark.parametrize("start", ["2026-06-01", "'2026-06-01T09:00'"])
def test_a_start_without_a_clock_or_a_zone_is_read_or_refused(start):
    """A release at a time with a zone has no offset from a start without one: an error of the file, and no TypeError."""
    assert {p.kind for p in problems(scenario(f"start: {start}\nreleases: [{{version: '1.1', at: '2026-06-01T09:30+09:00'}}]"))} <= {
        "ConfigConflict",
        "ConfigType",
    }


def test_the_start_of_one_scenario_is_forgotten_in_the_next():
    loads(scenario("start: 2026-06-01T09:00+09:00"))
    assert refused(scenario("releases: [{version: '1.1', at: 09:30}]")).kind == "ConfigConflict"


@pytest.mark.parametrize(
    ("change", "value"),
    [("policies.p.web.replicas=20", 20), (" policies.p.web.replicas = 20", 20), ("policies.p.web={kind: cattle, replicas: 8}", 8)],
)
def test_a_change_is_made_before_the_scenario_is_read(change, value):
    """The file alone would be refused for its number of replicas."""
    text = scenario(policies="{p: {web: {kind: cattle, replicas: -1}}}")
    assert loads(text, [change]).policies["p"].fleets["web"].replicas == value


def test_a_change_goes_into_a_list_by_its_number():
    assert loads(scenario("traffic: [{kind: steady, rate: 1/s}]"), ["traffic[0].rate=5/s"]).traffic[0].rate == 5


def test_a_change_that_is_wrong_is_named():
    problem = refused(scenario(), "policies.p.web.replicaz=20")
    assert (problem.kind, problem.message) == ("ConfigUnknownKey", "no such key; did you mean 'replicas'? (from --set policies.p.web.replicaz=20)")


@pytest.mark.parametrize("change", ["", "=", "seed", "seed 5", "traffic[3].rate=5/s", "policies.p.web.replicas.x=4", "seed=[1", "horizon=no", "seed="])
def test_a_change_that_cannot_be_made_is_refused(change):
    assert problems(scenario(), change)


@pytest.mark.parametrize("key", ["kind: cattle, replicas", "kind: pets, servers"])
def test_a_thousand_million_servers_are_refused_within_a_second_with_the_estimate(key):
    """4,000 bytes a server are 4,000 GB; a policy's fleets count together, and so do hosts."""
    began = time.perf_counter()
    problem = refused(scenario(policies=f"{{p: {{web: {{{key}: 1000000000}}}}}}"))
    assert (problem.kind, "4,000 GB" in problem.message) == ("ConfigLimit", True)
    assert refused(scenario("sites: {hosts_per_zone: 1000000000}")).kind == "ConfigLimit"
    assert refused(scenario(policies="{p: {a: {kind: cattle, replicas: 900000}, b: {kind: cattle, replicas: 900000}}}")).kind == "ConfigLimit"
    assert time.perf_counter() - began < 1


def test_more_events_than_anybody_would_wait_for_are_refused_within_a_second():
    began = time.perf_counter()
    crashes = "failures: [{kind: crash, time_to_failure: {law: exponential, mean: 1ms}}]"
    assert refused(scenario(crashes)).kind == "ConfigLimit"
    assert refused("horizon: 100y\n" + scenario(crashes.replace("1ms", "1s")).split("\n", 1)[1]).kind == "ConfigLimit"
    assert time.perf_counter() - began < 1


def test_traffic_that_no_machine_could_hold_is_refused_within_a_second():
    """200 knots a millisecond are 720 million in an hour."""
    began = time.perf_counter()
    assert refused(scenario("traffic: [{kind: diurnal, mean: 1/s, peak: 1/s, period: 1ms}]")).kind in ("ConfigLimit", "ConfigRange")
    assert time.perf_counter() - began < 1


def test_a_law_whose_mean_no_float_holds_is_an_error_of_the_file():
    """gamma(1 + 1 / 0.001) is above 1e308."""
    assert refused(scenario("failures: [{kind: crash, time_to_failure: {law: weibull, shape: 0.001, scale: 1h}}]")).kind in ("ConfigRange", "ConfigLimit")


def test_all_mistakes_are_told_at_once_in_the_order_of_their_lines():
    found = problems("horizon: 5\nsede: 1\nseed: -1\npolicies: {p: {web: {kind: goat}}}\n")
    assert [(p.kind, p.place[0]) for p in found] == [("ConfigUnit", 1), ("ConfigUnknownKey", 2), ("ConfigRange", 3), ("ConfigChoice", 4)]


def test_of_a_thousand_mistakes_ten_are_shown_and_the_rest_counted():
    with pytest.raises(ScenarioError) as error:
        loads(scenario(policies="{p: {web: {kind: cattle, replicas: 3, " + ", ".join(f"k{n}: 1" for n in range(1000)) + "}}}"))
    assert (len(error.value.lines()), error.value.lines()[-1]) == (11, "and 990 more")


MEMBERS = {  # of each kind the fields without which there is none, and some that differ from the defaults
    ("parts", "crew"): {"people": 3},
    ("parts", "pets"): {"servers": 3, "service": {"median": "5ms", "p95": "1s"}, "upgrade": {"crew": "day"}, "queue": 0, "version": "007"},
    ("parts", "cattle"): {
        "replicas": 3,
        "start": {"time": "20s"},
        "autoscaler": {"kind": "target_utilisation", "min": 1, "max": 5, "target": "62.5%"},
        "rollout": {"kind": "rolling", "max_surge": 0, "max_unavailable": "29%"},
        "probes": {"startup": {"failures": 30}, "liveness": {"initial_delay": "90s"}},
        "warm_up": {"begins": "30%", "lasts": "7m"},
        "stop": {"takes": "5s"},
    },
    ("parts", "registry"): {"bandwidth": "1GB/s", "retention": "30d"},
    ("parts", "nodes"): {"unpack": "50MB/s", "platforms": {"a": "linux/arm64"}},
    ("parts", "by_hand"): {
        "runtime": "kubernetes",
        "images": {"nginx:1.27": {"files": {"/a/b.html": "a: b"}}},
        "volumes": {"site": "/a"},
        "empty_dir": "/c",
        "start": "1.5s",
    },
    ("failures", "crash"): {"of": "host", "time_to_failure": {"law": "weibull", "shape": 0.7, "mean": "300d"}, "age": "new"},
    ("failures", "outage"): {"share": "33.3%", "at": "7m", "lasts": {"median": "20m", "p95": "40m"}},
    ("traffic", "steady"): {"rate": "7/m"},
    ("traffic", "diurnal"): {"mean": "60/s", "peak": "78.5/s", "peak_at": "10:30"},
    ("traffic", "steps"): {"steps": [{"at": "0s", "rate": "10/s"}, {"at": "90s", "rate": "7/m"}]},
    ("traffic", "trace"): {"file": "t.csv", "column": "a: b", "per": "90s", "mean": "60.5/s", "beyond": "repeat"},
    ("traffic", "spike"): {"at": "2m", "factor": 2.5, "hold": "100ms"},
    ("releases", "at"): {"version": "1.1", "at": "09:30"},
    ("releases", "periodic"): {"every": "7m", "first": "0s", "count": 3, "item": "os", "first_version": "22.04"},
    ("releases", "config"): {"at": "3h", "env": {"GREETING": "hi"}},
    ("releases", "poisson"): {"rate": "3/w"},
    ("autoscalers", "target_utilisation"): {"min": 2, "max": 4, "target": "99.9%"},
    ("autoscalers", "hpa"): {
        "min": 2,
        "max": 90,
        "metrics": [{"cpu": "150%"}, {"requests": "7/m"}],
        "behavior": {"scale_up": {"policies": [{"percent": "100%", "per": "15s"}, {"servers": 4, "per": "1m"}]}, "scale_down": {"tolerance": "5%"}},
        "schedule": [{"from": "19:40", "until": "21:30", "min": 80}, {"from": "0s", "until": "30m", "min": 3}],
    },
    ("autoscalers", "step"): {"min": 1, "max": 9, "up": [{"share": "12.5%"}, {"beyond": "20%", "servers": 3}]},
    ("autoscalers", "target_tracking"): {"min": 1, "max": 9, "target": "62.5%"},
    ("rollouts", "blue_green"): {"keeps": "7m", "gate": {"errors": "2%", "slower": 2}, "pause": {"at": "50%", "lasts": "7m"}},
    ("rollouts", "canary"): {"stages": ["5%", "100%"], "bake": "7m", "gate": "none"},
    ("rollouts", "recreate"): {"progress_deadline": "7m", "rollback": True},
    ("rollouts", "rolling"): {"max_surge": "10%", "max_unavailable": 2},
    ("rollouts", "in_turn"): {"at_once": 3, "stops": True},
    ("rollouts", "waves"): {"pause": "36h"},
    ("rollouts", "windows"): {"every": "2w", "first": "30m", "lasts": "90m", "at_once": 2},
    ("rollouts", "lagged"): {"shift": "20d", "lag": {"law": "exponential", "mean": "10d"}, "stayers": "2%"},
    ("rollouts", "on_demand"): {"gap": {"law": "exponential", "mean": "100d"}, "stayers": "12.5%"},
    ("laws", "constant"): {"value": "0.3s"},
    ("laws", "exponential"): {"rate": "7/d"},
    ("laws", "uniform"): {"low": "1s", "high": "70m"},
    ("laws", "lognormal"): {"mean": "34s", "sigma": 0.65},
    ("laws", "weibull"): {"shape": 0.64, "scale": "6400h"},
    ("laws", "gamma"): {"shape": 2.5, "mean": "70m"},
    ("laws", "pareto"): {"shape": 1.5, "scale": "10ms"},
    ("laws", "empirical"): {"values": ["1s", "70m", "1s", "0.3s"]},
    ("laws", "hyperexponential"): {"mean": "70m", "cv": 2},
    ("laws", "recorded"): {"file": "t.csv", "column": "a: b"},
    ("balancers", "random"): {},
    ("balancers", "round_robin"): {},
    ("balancers", "least_connections"): {},
    ("balancers", "choices"): {"d": 3},
    ("balancers", "central"): {},
}


def holding(family: str, part: dict[str, Any]) -> dict[str, Any]:
    """A scenario that holds one member of a family."""
    web: dict[str, Any] = {"kind": "cattle", "replicas": 3}
    places: dict[str, dict[str, Any]] = {
        "parts": {
            "policies": {"p": {"web": web, "part": part}},
            "steps": [{"at": "1m", "run": "x", "image": "nginx:1.27"}] if part.get("kind") == "by_hand" else [],
        },
        "autoscalers": {"policies": {"p": {"web": {**web, "autoscaler": part}}}},
        "rollouts": {
            "policies": {
                "p": {
                    "web": {**(web if part.get("kind") in ("rolling", "recreate", "blue_green", "canary") else {"kind": "pets", "servers": 3}), "rollout": part}
                }
            }
        },
        "laws": {"requests": {"service": part}},
        "balancers": {"policies": {"p": {"web": {**web, "balancer": part}}}},
        "traffic": {"traffic": [{"kind": "steady", "rate": "1/s", "to": "web"}, {**part, "to": "web"}]},
        "failures": {"failures": [part]},
        "releases": {"policies": {"p": {"web": {**web, "stack": {"os": "21.10"}, "env": {"GREETING": "hello"}}}}, "releases": [part]},
    }
    return {"horizon": "1h", "start": "2026-06-01T09:00+09:00", "policies": {"p": {"web": web}}, **places[family]}


@pytest.mark.parametrize(("family", "kind"), [(family, kind) for family, base in FAMILIES.items() for kind in base.kinds])
def test_every_kind_reads_back_as_it_was_written(family, kind, tmp_path, monkeypatch):
    """A kind that is new here needs a line in MEMBERS."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "t.csv").write_text("t,x,a: b\n0,1,2\n60,1,3\n")
    first = Scenario.model_validate(holding(family, {FAMILIES[family].tag: kind, **MEMBERS[family, kind]}))
    assert loads(written(first.dump())) == first


@pytest.mark.parametrize("config", sorted(configs().glob("*.yaml")), ids=lambda config: config.stem)
def test_a_shipped_scenario_reads_back_as_it_was_written(config):
    assert loads(written(load(config).dump())) == load(config)


def test_a_scenario_with_names_that_look_like_something_else_reads_back():
    first = loads(
        scenario("title: 'no'", policies="{'no': {'1e3': {kind: cattle, replicas: 3}, 'on': {kind: crew}}, '007': {like: 'no'}, 'null': {like: 'no'}}")
    )
    assert loads(written(first.dump())) == first


def test_a_scenario_is_frozen():
    with pytest.raises(ValueError):
        loads(scenario()).seed = 5


@pytest.fixture
def blackout():
    """A failure mode that somebody wrote in a notebook cell: the whole ground goes down, once."""

    class Blackout(Failure):
        kind: Literal["blackout"] = "blackout"
        lasts: Law = law("constant", value="2m")

        def strike(self, world, name):
            world.process(self.run(world))

        def run(self, world):
            yield world.until(1200)
            for zone in world.ground.zones.values():
                zone.hold("blackout")
            yield world.timeout(world.draw(self.lasts, "blackout", ""))
            for zone in world.ground.zones.values():
                zone.release("blackout")

    yield Blackout
    del Failure.kinds["blackout"]


def test_a_class_defined_anywhere_joins_its_family_and_runs(blackout):
    """Three containers stop at 20 minutes, when the ground goes down, for less than it takes to give them up; nothing else ever happens."""
    read = loads(scenario("failures: [{kind: blackout}]"))
    assert isinstance(read.failures[0], blackout)
    moves = simulate(read).record.frame("transitions")
    assert list(moves[(moves["state"] == "down") & (moves["cause"] == "blackout")]["time_s"]) == [1200.0] * 3


def test_a_mistake_in_one_that_stands_without_brackets_has_its_place():
    text = scenario("traffic: {kind: steady, rat: 3/s}")
    (unknown,) = [problem for problem in problems(text) if problem.kind == "ConfigUnknownKey"]
    assert text.split("\n")[unknown.place[0] - 1][unknown.place[1] - 1 :].startswith("rat:")


def test_one_source_failure_or_release_may_stand_without_brackets():
    alone, listed = (
        loads(scenario(f"traffic: {a}{{kind: steady, rate: 3/s}}{z}\nfailures: {a}{{kind: crash}}{z}\nreleases: {a}{{version: '2', at: 5m}}{z}"))
        for a, z in (("", ""), ("[", "]"))
    )
    assert alone == listed
