"""Charts: a table and an Axes in, the Axes out; nothing is computed here that a reader could not find in a table."""

from simulator.charts.answers import answers
from simulator.charts.capacity import capacity
from simulator.charts.disk import disk
from simulator.charts.drift import configuration_drift, drift
from simulator.charts.errors import errors
from simulator.charts.goodput import goodput
from simulator.charts.latency import latency
from simulator.charts.recovery import recovery
from simulator.charts.sessions import sessions, sessions_lost
from simulator.charts.skew import skew
from simulator.charts.style import figure, panels, svg

__all__ = [
    "answers",
    "capacity",
    "configuration_drift",
    "disk",
    "drift",
    "errors",
    "figure",
    "goodput",
    "latency",
    "panels",
    "recovery",
    "sessions",
    "sessions_lost",
    "skew",
    "svg",
]
