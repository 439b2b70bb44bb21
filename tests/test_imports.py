"""Reading a scenario is quick: it imports no library that only running or drawing needs."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = {"numba", "numpy", "pandas", "pyarrow", "scipy", "matplotlib", "jinja2"}


@pytest.mark.parametrize("module", ["simulator", "simulator.scenario", "simulator.scenario_file", "simulator.cli"])
def test_reading_a_scenario_imports_no_heavy_library(module):
    """In a fresh process, as this one has imported everything."""
    program = f"import sys, {module}; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()
    assert HEAVY.isdisjoint(loaded)
