"""Pod groups: which pods the Horizontal Pod Autoscaler counts, and how (pkg/controller/podautoscaler/replica_calculator.go, groupPods)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import inf
from typing import NamedTuple


class Pod(NamedTuple):
    """A pod, or so many that are alike, as the autoscaler looks at it; ages in seconds, None where a time is not set."""

    name: str
    phase: str = "Running"
    ready: bool | None = True  # None: it has no Ready condition
    started_ago: float | None = inf
    ready_changed_ago: float | None = inf
    request: int | None = 1000  # thousandths
    deleting: bool = False
    pods: int = 1


class Sample(NamedTuple):
    """A measurement of one pod, over a window up to the time it was taken (seconds)."""

    value: int  # thousandths
    taken_ago: float = 0.0
    window: float = 60.0


class Periods(NamedTuple):
    """Flags of the controller (seconds)."""

    cpu_initialization: float = 300.0
    initial_readiness: float = 30.0


DEFAULT = Periods()


class Groups(NamedTuple):
    """How many pods are ready, and the others."""

    ready: int
    unready: list[Pod]
    missing: list[Pod]
    ignored: list[Pod]


def group(pods: Sequence[Pod], samples: Mapping[str, Sample], resource: str | None, periods: Periods = DEFAULT) -> Groups:
    """Each pod in its group, by the first rule that fits; readiness and age are looked at for CPU alone."""
    groups = Groups(0, [], [], [])
    ready = 0
    for pod in pods:
        if pod.deleting or pod.phase == "Failed":
            groups.ignored.append(pod)
        elif pod.phase == "Pending":
            groups.unready.append(pod)
        elif pod.name not in samples:
            groups.missing.append(pod)
        elif resource == "cpu" and _unready(pod, samples[pod.name], periods):
            groups.unready.append(pod)
        else:
            ready += pod.pods
    return groups._replace(ready=ready)


def _unready(pod: Pod, sample: Sample, periods: Periods) -> bool:
    if pod.ready is None or pod.started_ago is None or pod.ready_changed_ago is None:
        return True
    if pod.started_ago < periods.cpu_initialization:
        return not pod.ready or sample.taken_ago > pod.ready_changed_ago - sample.window
    # Never ready: it changed within the delay after its start.
    return not pod.ready and pod.started_ago - periods.initial_readiness < pod.ready_changed_ago
