"""fleetsim: a wind tunnel for operating fleets of pets and cattle."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from simulator import charts, metrics
    from simulator.experiment import Experiment, Results
    from simulator.run import Run, simulate
    from simulator.scenario import Scenario
    from simulator.scenario_file import load, loads

__all__ = ["Experiment", "Results", "Run", "Scenario", "charts", "load", "loads", "metrics", "simulate"]
HOME = {
    "Experiment": "experiment",
    "Results": "experiment",
    "Run": "run",
    "simulate": "run",
    "Scenario": "scenario",
    "load": "scenario_file",
    "loads": "scenario_file",
}


def __getattr__(name: str) -> Any:
    """Each name is imported when it is first asked for, so that reading a scenario needs no pandas."""
    if name in HOME:
        return getattr(import_module(f"simulator.{HOME[name]}"), name)
    if name in __all__:
        return import_module(f"simulator.{name}")
    raise AttributeError(f"module 'simulator' has no attribute {name!r}")
