"""Batches: a replica set makes one pod, then two, then four, and stops at a batch in which one fails (pkg/controller/replicaset, slowStartBatch)."""

from __future__ import annotations

from typing import NamedTuple

FIRST = 1
BURST = 500  # pods that a set makes or deletes in one look: BurstReplicas


class Created(NamedTuple):
    """How many came of it, whether one failed, and how many were tried."""

    created: int
    failed: bool
    calls: int


def create(wanted: int, succeed: int, first: int = FIRST) -> Created:
    """Make so many, of which the first `succeed` calls succeed."""
    calls, batch = 0, min(wanted, first)
    while batch > 0:
        calls += batch
        if calls > succeed:
            return Created(succeed, True, calls)
        batch = min(2 * batch, wanted - calls)
    return Created(calls, False, calls)
