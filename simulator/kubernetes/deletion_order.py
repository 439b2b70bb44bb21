"""Deletion order: which of its pods a replica set deletes first (pkg/controller/controller_utils.go, ActivePodsWithRanks)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import cmp_to_key
from math import floor, frexp, log
from typing import NamedTuple

PHASES = {"Pending": 0, "Unknown": 1, "Running": 2}
PER_LN2 = 1 / log(2)


class Pod(NamedTuple):
    """A pod as the order looks at it; ages in seconds, None where a time is not set."""

    node: str | None = "node"  # None: not scheduled
    phase: str = "Running"
    ready: bool = True
    restarts: int = 0
    ready_ago: float | None = None
    created_ago: float | None = None
    deletion_cost: int = 0
    same_node_rank: int = 1  # active pods of its family on its node
    uid: str | float = ""


def age_bucket(age: float) -> int:
    """The power of two of an age (seconds) in nanoseconds, by which Kubernetes tells ages apart; -1 for none."""
    nanoseconds = round(age * 1e9)
    if nanoseconds <= 0:
        return -1
    part, power = frexp(nanoseconds)
    return power - 1 if part == 0.5 else floor(log(part) * PER_LN2 + power)


def before(a: Pod, b: Pod, by_cost: bool = True) -> bool:
    """Whether `a` goes before `b`; where neither does, they are alike."""
    if (a.node is None) != (b.node is None):
        return a.node is None
    if PHASES[a.phase] != PHASES[b.phase]:
        return PHASES[a.phase] < PHASES[b.phase]
    if a.ready != b.ready:
        return b.ready
    if by_cost and a.deletion_cost != b.deletion_cost:
        return a.deletion_cost < b.deletion_cost
    if a.same_node_rank != b.same_node_rank:
        return a.same_node_rank > b.same_node_rank
    if a.ready and a.ready_ago != b.ready_ago:
        return _younger(a, b, a.ready_ago, b.ready_ago)
    if a.restarts != b.restarts:
        return a.restarts > b.restarts
    if a.created_ago != b.created_ago:
        return _younger(a, b, a.created_ago, b.created_ago)
    return False


def _younger(a: Pod, b: Pod, age: float | None, other: float | None) -> bool:
    """Whose time is not set goes first, then the younger; of one bucket the one with the smaller UID."""
    if age is None or other is None:
        return age is None
    mine, its = age_bucket(age), age_bucket(other)
    return a.uid < b.uid if mine == its else mine < its  # type: ignore[operator]  # all UIDs of a fleet are of one type


def pick(pods: Sequence[Pod], count: int, by_cost: bool = True) -> list[int]:
    """The places of so many pods that go first; where all go, in the order given."""
    if count >= len(pods):
        return list(range(len(pods)))

    def compared(i: int, j: int) -> int:
        return before(pods[j], pods[i], by_cost) - before(pods[i], pods[j], by_cost)

    return sorted(range(len(pods)), key=cmp_to_key(compared))[:count]


def first_of_alike(ages: Sequence[float], uids: Sequence[str | float]) -> int:
    """The place of the one that goes first, of ready pods that have been so for these times (seconds) and are alike in all before that; where
    two of these times are the same, they are to be alike in all after it, but for ages of one bucket: nobody goes before it then, either."""
    youngest = age_bucket(min(ages))
    edge = 2.0 ** (youngest + 1) * 1e-9  # of its bucket; only near it is a closer look needed
    sure, near = edge * (1 - 1e-9), edge * (1 + 1e-9)
    return min((uid, place) for place, (uid, age) in enumerate(zip(uids, ages, strict=True)) if age < sure or (age < near and age_bucket(age) == youngest))[1]


def ranked(pods: Sequence[Pod], related: Sequence[Pod]) -> list[Pod]:
    """The pods with the number of active related pods on the node of each; who has ended is not active."""
    crowd = Counter(pod.node for pod in related if pod.phase in PHASES)
    return [pod._replace(same_node_rank=crowd[pod.node]) for pod in pods]
