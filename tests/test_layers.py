"""The floors of DESIGN 3: a module imports from its own floor or below, and families do not know each other."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import simulator

HOME = Path(simulator.__file__).parent
FLOORS = [
    {"problems", "component", "kubernetes", "units", "laws", "draws", "polyline", "record", "recorded", "text", "versions"},
    {"server", "fleet", "sites", "simulation", "steps"},
    {"fleets", "failures", "traffic", "serving", "autoscalers", "rollouts", "releases"},
    {"announcements", "checks", "document", "objectives", "policy", "prices", "requests", "scenario", "scenario_file", "script", "size"},
    {"run"},
    {"metrics", "folder", "experiment"},
    {"charts", "report"},
    {"cli", "progress", "__main__", "simulator"},
]
FLOOR = {unit: number for number, units in enumerate(FLOORS) for unit in units}
FAMILIES = FLOORS[2]
KNOWN = {"metrics": {"metrics", "record", "text", "checks"}, "charts": {"charts"}}  # all that these may know of the project
FOREIGN = {"charts": {"pandas", "numpy", "matplotlib"}}  # and of other libraries
MODULES = {".".join(file.relative_to(HOME.parent).with_suffix("").parts).removesuffix(".__init__"): file for file in sorted(HOME.rglob("*.py"))}


def imports(module: str) -> Iterator[str]:
    """The full names that a module imports, wherever it does so but for type checking."""
    pending: list[ast.AST] = [ast.parse(MODULES[module].read_text(encoding="utf-8"))]
    while pending:
        node = pending.pop()
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            pending += node.orelse
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{module} imports relatively"
            names = {f"{node.module}.{alias.name}" for alias in node.names}
            yield from {name if name in MODULES else f"{node.module}" for name in names}
        else:
            pending += ast.iter_child_nodes(node)


def unit(name: str) -> str:
    """The file or folder of the package that a full name lies in."""
    return f"{name}.".split(".")[1] or "simulator"


OWN = [(module, name) for module in MODULES for name in sorted(set(imports(module))) if name.split(".")[0] == "simulator"]


def test_every_module_has_a_floor():
    assert {unit(module) for module in MODULES} <= FLOOR.keys()


def test_nothing_is_imported_from_above():
    assert [f"{module} imports {name}" for module, name in OWN if FLOOR[unit(name)] > FLOOR[unit(module)]] == []


def test_families_know_of_each_other_only_the_base():
    """`from simulator.autoscalers import Autoscaler` is such a base; a member's own module is not for others."""
    strangers = [(module, name) for module, name in OWN if {unit(module), unit(name)} <= FAMILIES and unit(module) != unit(name)]
    assert [f"{module} imports {name}" for module, name in strangers if name.count(".") > 1] == []


@pytest.mark.parametrize("one", KNOWN)
def test_results_are_read_from_the_record_alone(one):
    assert [f"{module} imports {name}" for module, name in OWN if unit(module) == one and unit(name) not in KNOWN[one]] == []


def test_charts_know_tables_and_drawing_only():
    library = {name.split(".")[0] for module in MODULES if unit(module) == "charts" for name in imports(module)} - {"__future__", "simulator"}
    assert {name for name in library if name not in __import__("sys").stdlib_module_names} <= FOREIGN["charts"]
