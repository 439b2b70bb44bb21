"""What is shipped: the scenarios, their schema, and what the README promises."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from simulator import Scenario, loads, simulate
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


def test_the_scenario_of_the_readme_runs():
    text = re.search(r"```yaml\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.S)[1]
    assert simulate(loads(text)).record.tables["transitions"]


def test_the_program_of_the_readme_runs():
    exec(re.search(r"```python\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.S)[1], found := {})
    assert set(found["results"].tables["summary"]["policy"]) == {"pets", "cattle"}


def test_the_first_commands_of_the_readme_are_the_two_that_ci_runs():
    commands = re.search(r"```sh\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.S)[1].split("\n")
    assert [command for command in commands if command] == ["make run", "make test"]
    assert (ROOT / ".ci" / "run").read_text(encoding="utf-8").endswith("make lint\nmake run\nmake test\nmake conformance\n")


def test_every_member_of_a_family_has_a_docstring_for_fleetsim_kinds():
    assert all(member.__doc__ != Component.__doc__ and member.__doc__ for family in FAMILIES.values() for member in family.kinds.values())
