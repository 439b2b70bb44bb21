"""Deployment status: whether a rollout is complete, comes along, or has taken too long (pkg/controller/deployment/util/deployment_util.go)."""

from __future__ import annotations

from typing import NamedTuple

COMPLETE, TIMED_OUT = "new_set_available", "progress_deadline_exceeded"  # reasons of the condition Progressing
NEVER = 2147483647  # a progress deadline (seconds) that is none


class Status(NamedTuple):
    """Pods of a deployment: all, those of the new image, those that are ready, and those that have been so for long enough."""

    replicas: int
    updated: int
    ready: int
    available: int


def complete(desired: int, status: Status) -> bool:
    """Whether all are new and available, and no old one is left."""
    return status.updated == desired and status.replicas == desired and status.available == desired


def progressing(before: Status, after: Status) -> bool:
    """Whether more are new, fewer are old, more are ready or more are available."""
    return (
        after.updated > before.updated
        or after.replicas - after.updated < before.replicas - before.updated
        or after.ready > before.ready
        or after.available > before.available
    )


def timed_out(since_progress: float, deadline: float | None, reason: str = "") -> bool:
    """Whether more seconds have passed since the last progress than the deadline allows; never after a rollout was complete, still when it was said before."""
    if deadline is None or deadline == NEVER or reason == COMPLETE:
        return False
    return reason == TIMED_OUT or since_progress > deadline
