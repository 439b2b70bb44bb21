"""What is shipped: the scenarios, their schema, and what the README promises."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from simulator import Experiment, Scenario, loads, metrics, simulate
from simulator.component import Component
from simulator.scenario import FAMILIES
from simulator.scenario_file import configs, load

ROOT = Path(__file__).parent.parent


def test_the_schema_beside_the_scenarios_is_the_one_the_program_prints():
    assert json.loads((configs() / "scenario.schema.json").read_text(encoding="utf-8")) == Scenario.model_json_schema()


def test_the_schema_has_every_kind_in_it():
    consts = set(re.findall(r'"const": "([a-z_]+)"', (configs() / "scenario.schema.json").read_text(encoding="utf-8")))
    assert {kind for family in FAMILIES.values() for kind, member in family.kinds.items() if member.__module__.startswith("simulator")} <= consts


@pytest.mark.parametrize("config", sorted(configs().glob("*.yaml")), ids=lambda config: config.stem)
def test_a_shipped_scenario_points_editors_to_the_schema_and_bears_its_own_name(config):
    assert config.read_text(encoding="utf-8").startswith("# yaml-language-server: $schema=scenario.schema.json\n")
    assert load(config).name == config.stem


@pytest.mark.parametrize("config", sorted(configs().glob("*.yaml")), ids=lambda config: config.stem)
def test_two_replications_of_a_shipped_scenario_refute_none_of_its_findings(config):
    assert {verdict.status for verdict in Experiment(load(config, ["replications=2"])).run().verdicts} <= {"pass", "undecided"}


@pytest.mark.parametrize(("rate", "heals"), [(60, True), (64, True), (70, False), (80, False)])
def test_the_retry_storm_heals_below_a_load_of_capacity_over_attempts(rate, heals):
    """C / m = 200/s / 3 = 66.7/s. At 64/s what comes in 30 s of stall, 3 x 64/s x 30 s, is worked off at 8/s: 12 min, and 15 are left."""
    run = simulate(load("retry-storm", [f"traffic[0].rate={rate}/s"]), "naive")
    (incident,) = metrics.recovery(run).query("fleet == 'web'").itertuples()
    assert incident.censored is not heals


def test_least_connections_feeds_a_dead_server_ten_times_as_much_as_random_does():
    """Random sends the dead server of ten 1/10, least connections all. Random's count of about 520 has a standard deviation of 23, 4.4 %: three of them."""
    refused = {policy: sum(refusals("black-hole", policy, replication) for replication in range(2)) for policy in ("random", "least_connections")}
    assert refused["random"] > 200
    assert refused["least_connections"] / refused["random"] == pytest.approx(10, rel=0.15)


def refusals(config, policy, replication):
    """How many attempts a dead server refused."""
    return metrics.attempts(simulate(load(config), policy, replication)).loc["web", "refused"]


def test_one_queue_for_all_workers_has_the_tail_of_the_service_alone():
    """The lognormal law of mean 100 ms and cv 1 has its p99 at 490 ms; one queue adds a few, and with a queue for each worker it is 2 s."""
    p99 = {policy: metrics.latency(simulate(load("tail"), policy)).loc["web", "p99_s"] for policy in ("central", "random_16x1")}
    assert p99["central"] == pytest.approx(0.490, rel=0.05)
    assert p99["random_16x1"] > 3 * p99["central"]


def test_the_scenario_of_the_readme_runs():
    text = re.search(r"```yaml\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.S)[1]
    assert simulate(loads(text)).record.tables["transitions"]


def test_the_program_of_the_readme_runs():
    exec(re.search(r"```python\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.S)[1], found := {})
    assert set(found["results"].tables["summary"]["policy"]) == {"pets", "cattle"}


def test_the_first_commands_of_the_readme_are_the_two_that_ci_runs():
    commands = re.search(r"```sh\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.S)[1].split("\n")
    assert [command for command in commands if command] == ["make run", "make test"]
    assert (ROOT / ".ci" / "run").read_text(encoding="utf-8").endswith("make lint\nmake run\nmake test\nmake conformance\nmake conformance-kubernetes\n")


def test_every_member_of_a_family_has_a_docstring_for_fleetsim_kinds():
    assert all(member.__doc__ != Component.__doc__ and member.__doc__ for family in FAMILIES.values() for member in family.kinds.values())
