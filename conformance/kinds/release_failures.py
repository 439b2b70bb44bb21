"""Releases of which some are bad until they are mended."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from conformance.cases import Given, Plan
from conformance.kinds.kind import Kind, NotCovered, law, seconds
from simulator import Run, Scenario, metrics

DAY = 86400.0  # the unit of time of these cases
FLEET = "pets"


def in_days(given: Given) -> Mapping[str, Any]:
    """A law of days as one of seconds."""
    return {key: value * DAY if key in ("mean", "low", "high", "value") else value for key, value in given.items()}


def scenario(model: Given, plan: Plan) -> Scenario:
    """One pet that nobody upgrades: what counts is what was released."""
    if model.get("overlapping", "allowed") != "allowed":
        raise NotCovered(f"overlapping: {model['overlapping']}")
    defect = {"probability": f"{100 * model['change_failure_rate']!r}%", "errors": "20%", "mended": law(in_days(model["restore"]))}
    return Scenario.model_validate(
        {
            "warmup": seconds(plan.warmup * DAY),
            "horizon": seconds((plan.horizon or 0) * DAY),
            "replications": plan.replications,
            "seed": plan.seed,
            "releases": [{"kind": "poisson", "rate": f"{model['releases_per_day']!r}/d", "defect": defect}],
            "policies": {"policy": {FLEET: {"kind": "pets", "servers": 1, "rollout": {"kind": "on_demand", "stayers": "100%"}}}},
        }
    )


def asked(column: str) -> Any:
    return lambda run, model, given: changed(run)[column]


def changed(run: Run) -> Mapping[str, float]:
    """What the bad releases of the one fleet came to."""
    (found,) = metrics.bad_releases(run).to_dict("records")
    return {str(name): float(value) for name, value in found.items()}


KIND = Kind(
    "release_failures",
    frozenset({"releases_per_day", "change_failure_rate", "restore", "overlapping"}),
    scenario,
    {"fraction_time_degraded": asked("degraded"), "mean_open_incidents": asked("open"), "failed_releases_per_day": asked("failed_per_day")},
)
