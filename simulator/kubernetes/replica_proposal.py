"""Replica proposal: how many replicas one metric asks for (pkg/controller/podautoscaler/replica_calculator.go); values are whole thousandths."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import ceil, inf
from typing import NamedTuple

from simulator.kubernetes.pod_groups import DEFAULT, Groups, Periods, Pod, Sample, group


class NoMetrics(ValueError):
    """There is no measurement at all."""


class NoMatchingMetrics(ValueError):
    """None of the measurements is of a pod that counts."""


class MissingRequest(ValueError):
    """A pod requests nothing of the resource, so there is nothing to take a share of."""


class Tolerance(NamedTuple):
    """How far the ratio of use to target may be from 1, both ends included."""

    up: float = 0.1
    down: float = 0.1

    def holds(self, ratio: float) -> bool:
        return 1.0 - self.down <= ratio <= 1.0 + self.up


TENTH = Tolerance()


class Proposal(NamedTuple):
    """The replicas, the use they are for (of one pod in the mean, or of all), and its share of what is requested in whole percent."""

    replicas: int
    usage: int
    utilization: int | None = None


class Measured(NamedTuple):
    """What is known of pods: the sum of a value over so many, and how many of these are in the deployment."""

    value: int
    request: int  # of those in the deployment
    samples: int
    known_value: int
    known: int


def resource_utilization(
    current: int,
    target: int,
    pods: Sequence[Pod],
    samples: Mapping[str, Sample],
    resource: str = "cpu",
    tolerance: Tolerance = TENTH,
    periods: Periods = DEFAULT,
) -> Proposal:
    """Of the use of a resource as a share (whole percent) of what pods request. Raises NoMetrics, NoMatchingMetrics, MissingRequest."""
    groups, seen = _looked_at(pods, samples, resource, periods)
    if any(pod.request is None for pod in pods):
        raise MissingRequest(f"a pod requests no {resource}")
    if not seen.request:
        raise NoMatchingMetrics("no measurement of a pod of the deployment")
    used = 100 * seen.known_value // seen.request
    ratio = used / target
    told = Proposal(current, seen.known_value // seen.known, used)
    full = max(100, target)

    def filled(missing: Sequence[Pod]) -> int:
        return sum((pod.request or 0) * full // 100 * pod.pods for pod in missing)

    def again(value: int, samples: int, request: int) -> float:
        return 100 * (seen.known_value + value) // (seen.request + request) / target

    return told._replace(replicas=_replicas(current, ratio, groups, seen, tolerance, filled, again))


def pods_average(
    current: int,
    target: int,
    pods: Sequence[Pod],
    samples: Mapping[str, Sample],
    resource: str | None = None,
    tolerance: Tolerance = TENTH,
    periods: Periods = DEFAULT,
) -> Proposal:
    """Of a value that each pod has, in the mean of the pods. Raises NoMetrics, NoMatchingMetrics."""
    groups, seen = _looked_at(pods, samples, resource, periods)
    usage = seen.value // seen.samples

    def filled(missing: Sequence[Pod]) -> int:
        return target * sum(pod.pods for pod in missing)

    def again(value: int, samples: int, request: int) -> float:
        return (seen.value + value) // (seen.samples + samples) / target

    return Proposal(_replicas(current, usage / target, groups, seen, tolerance, filled, again), usage)


def total_value(current: int, target: int, pods: Sequence[Pod], values: Sequence[int], tolerance: Tolerance = TENTH) -> Proposal:
    """Of a value that belongs to the whole, such as the length of a queue. Raises NoMetrics."""
    if not values:
        raise NoMetrics("no measurement")
    usage = sum(values)
    ratio = usage / target
    if current == 0:
        return Proposal(ceil(ratio), usage)
    if tolerance.holds(ratio):
        return Proposal(current, usage)
    return Proposal(ceil(ratio * sum(pod.pods for pod in pods if pod.phase == "Running" and pod.ready)), usage)


def average_value(current: int, target: int, values: Sequence[int], tolerance: Tolerance = TENTH) -> Proposal:
    """Of a value of the whole, a part of which each pod should have. Raises NoMetrics."""
    if not values:
        raise NoMetrics("no measurement")
    usage = sum(values)
    ratio = usage / (target * current) if current else inf
    replicas = current if tolerance.holds(ratio) else ceil(usage / target)
    return Proposal(replicas, ceil(usage / current) if current else usage)


def _looked_at(pods: Sequence[Pod], samples: Mapping[str, Sample], resource: str | None, periods: Periods) -> tuple[Groups, Measured]:
    """The pods in their groups, and what is known of those that count."""
    if not samples:
        raise NoMetrics("no measurement")
    groups = group(pods, samples, resource, periods)
    seen = _measured(pods, samples, groups)
    if not seen.samples:
        raise NoMatchingMetrics("no measurement of a pod that counts")
    return groups, seen


def _measured(pods: Sequence[Pod], samples: Mapping[str, Sample], groups: Groups) -> Measured:
    """What is left of the measurements without those of pods that are unready or ignored; some may be of pods nobody knows."""
    out = {pod.name for pod in (*groups.unready, *groups.ignored)}
    known = {pod.name: pod for pod in pods}
    value = request = count = known_value = known_count = 0
    for name, sample in samples.items():
        if name in out:
            continue
        pod = known.get(name)
        many = pod.pods if pod else 1
        value, count = value + many * sample.value, count + many
        if pod:
            request, known_value, known_count = request + many * (pod.request or 0), known_value + many * sample.value, known_count + many
    return Measured(value, request, count, known_value, known_count)


def _replicas(
    current: int,
    ratio: float,
    groups: Groups,
    seen: Measured,
    tolerance: Tolerance,
    filled: Callable[[Sequence[Pod]], int],
    again: Callable[[int, int, int], float],
) -> int:
    """The replicas for a ratio of use to target; where pods are missing or unready, for the ratio if they used little or much, if that says the same."""
    unready = ratio > 1 and bool(groups.unready)
    if not unready and not groups.missing:
        return current if tolerance.holds(ratio) else ceil(ratio * groups.ready)
    value = samples = request = 0
    if groups.missing and ratio != 1:
        value += filled(groups.missing) if ratio < 1 else 0
        samples, request = samples + _count(groups.missing), request + _requests(groups.missing)
    if unready:
        samples, request = samples + _count(groups.unready), request + _requests(groups.unready)
    other = again(value, samples, request)
    if tolerance.holds(other) or (ratio < 1 < other) or (other < 1 < ratio):
        return current
    replicas = ceil(other * (seen.samples + samples))
    return current if (other < 1 and replicas > current) or (other > 1 and replicas < current) else replicas


def _count(pods: Sequence[Pod]) -> int:
    return sum(pod.pods for pod in pods)


def _requests(pods: Sequence[Pod]) -> int:
    return sum((pod.request or 0) * pod.pods for pod in pods)
