"""Scheduler scores: how well a node would take a pod, from 0 to 100, by what is requested of it (pkg/scheduler/framework/plugins/noderesources)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

MOST = 100
# What a container counts for that requests nothing of it: 100 thousandths of a CPU, 200 MiB.
UNSAID = {"cpu": 100, "memory": 200 * 1024 * 1024}
Requests = Mapping[str, int]


def requested(containers: Sequence[Requests], resource: str) -> int:
    """What containers request of a resource."""
    return sum(container.get(resource, UNSAID.get(resource, 0)) for container in containers)


def score(strategy: Literal["least", "most"], weights: Mapping[str, int], capacity: Requests, running: Sequence[Requests], pod: Sequence[Requests]) -> int:
    """The score of a node with this capacity for one more pod: `least` prefers the emptiest, `most` the fullest."""
    total = weight_sum = 0
    for resource, weight in weights.items():
        there, asked = capacity.get(resource, 0), requested(pod, resource)
        if not there or (resource not in UNSAID and not asked):
            continue
        needed = requested(running, resource) + asked
        points = (max(0, there - needed) if strategy == "least" else min(needed, there)) * MOST // there
        total, weight_sum = total + weight * points, weight_sum + weight
    return total // weight_sum if weight_sum else 0
