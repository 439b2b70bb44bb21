"""Metrics: pure functions from the record of a run to tables."""

from simulator.metrics.availability import availability, worst_windows
from simulator.metrics.capacity import capacity
from simulator.metrics.curves import curves
from simulator.metrics.recovery import recovery
from simulator.metrics.statistics import Interval, Paired, mean, no_event_limit, paired, quantile, survival
from simulator.metrics.summary import Tables, measure, summary
from simulator.metrics.version_drift import rollouts, version_drift

__all__ = [
    "Interval",
    "Paired",
    "Tables",
    "availability",
    "capacity",
    "curves",
    "mean",
    "measure",
    "no_event_limit",
    "paired",
    "quantile",
    "recovery",
    "rollouts",
    "summary",
    "survival",
    "version_drift",
    "worst_windows",
]
