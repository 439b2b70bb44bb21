"""Pods: what Kubernetes keeps of one container beside what it is doing."""

from __future__ import annotations

from dataclasses import dataclass

from simulator.kubernetes.crash_backoff import Backoff


@dataclass(slots=True, eq=False)
class Pod:
    """Times are seconds since the scenario's start; a long time before it for those that were there."""

    uid: float  # by which ties are broken
    created: float
    started: float | None  # its container, last
    ready_since: float | None
    backoff: Backoff
    restarts: int = 0
    leaving: bool = False  # asked to stop, or ending: of no replica set any more
