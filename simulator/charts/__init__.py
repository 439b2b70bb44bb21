"""Charts: a table and an Axes in, the Axes out; nothing is computed here that a reader could not find in a table."""

from simulator.charts.capacity import capacity
from simulator.charts.drift import drift
from simulator.charts.recovery import recovery
from simulator.charts.style import figure, svg

__all__ = ["capacity", "drift", "figure", "recovery", "svg"]
