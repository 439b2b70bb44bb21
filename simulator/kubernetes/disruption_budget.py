"""Disruption budgets: how many pods may be evicted at once (pkg/controller/disruption/disruption.go)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from simulator.kubernetes.fences import Value, scaled

EVICTION_TIMEOUT = 120.0  # seconds for which an eviction that was granted counts as done


class Pods(NamedTuple):
    """Pods that a budget selects, so many alike."""

    pods: int
    ready: bool
    controller: str | None = None
    deleting: bool = False
    evicted_ago: float | None = None  # seconds


class Budget(NamedTuple):
    """What its status says."""

    disruptions_allowed: int
    healthy: int
    desired_healthy: int
    expected_pods: int


def budget(
    pods: Sequence[Pods],
    controllers: Mapping[str, int],
    min_available: Value | None = None,
    max_unavailable: Value | None = None,
    eviction_timeout: float = EVICTION_TIMEOUT,
) -> Budget:
    """Of pods and how many their controllers want; percentages are rounded up. Raises `fences.BadValue`."""
    selected = sum(group.pods for group in pods)
    wanted = sum(controllers.get(name, 0) for name in {group.controller for group in pods if group.controller is not None and group.pods})
    if max_unavailable is not None:
        expected, desired = wanted, max(0, wanted - scaled(max_unavailable, wanted, up=True))
    elif isinstance(min_available, str):
        expected, desired = wanted, scaled(min_available, wanted, up=True)
    else:
        expected, desired = selected, min_available or 0
    healthy = sum(group.pods for group in pods if group.ready and not group.deleting and not _evicted(group, eviction_timeout))
    return Budget(max(0, healthy - desired) if expected > 0 else 0, healthy, desired, expected)


def _evicted(group: Pods, timeout: float) -> bool:
    return group.evicted_ago is not None and group.evicted_ago < timeout
