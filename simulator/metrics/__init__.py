"""Metrics: pure functions from the record of a run to tables."""

from simulator.metrics.attempts import attempts
from simulator.metrics.availability import availability, worst_windows
from simulator.metrics.capacity import capacity
from simulator.metrics.changes import bad_releases, changes
from simulator.metrics.configuration_drift import configuration_drift, corrections, snapshot
from simulator.metrics.cost import cost
from simulator.metrics.curves import curves
from simulator.metrics.deployments import deployments
from simulator.metrics.environment_drift import environment_drift
from simulator.metrics.images import disk, pulls
from simulator.metrics.latency import edges, latencies, latency, merged, quantiles, within
from simulator.metrics.people import people, toil_slope
from simulator.metrics.recovery import recovery
from simulator.metrics.reliability import AtLeast, at_least, crews, deaths_noticed, downtimes, first_below, first_up, reliability, up
from simulator.metrics.restores import restores
from simulator.metrics.sessions import session_totals, sessions
from simulator.metrics.state import state, state_totals
from simulator.metrics.statistics import Interval, Paired, mean, no_event_limit, paired, quantile, survival
from simulator.metrics.summary import Tables, measure, summary
from simulator.metrics.survived import found, survived
from simulator.metrics.version_drift import rollouts, version_drift
from simulator.metrics.waiting import backlog, longest_wait, saturated, waiting

__all__ = [
    "AtLeast",
    "Interval",
    "Paired",
    "Tables",
    "at_least",
    "attempts",
    "availability",
    "backlog",
    "bad_releases",
    "capacity",
    "changes",
    "configuration_drift",
    "corrections",
    "cost",
    "crews",
    "curves",
    "deaths_noticed",
    "deployments",
    "disk",
    "downtimes",
    "edges",
    "environment_drift",
    "first_below",
    "first_up",
    "found",
    "latencies",
    "latency",
    "longest_wait",
    "mean",
    "measure",
    "merged",
    "no_event_limit",
    "paired",
    "people",
    "pulls",
    "quantile",
    "quantiles",
    "recovery",
    "reliability",
    "restores",
    "rollouts",
    "saturated",
    "session_totals",
    "sessions",
    "snapshot",
    "state",
    "state_totals",
    "summary",
    "survival",
    "survived",
    "toil_slope",
    "up",
    "version_drift",
    "waiting",
    "within",
    "worst_windows",
]
