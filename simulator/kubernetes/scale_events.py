"""Scale events: what an autoscaler changed of late, on which its policies count (pkg/controller/podautoscaler/horizontal.go, storeScaleEvent)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(slots=True)
class ScaleEvent:
    """Replicas more, or fewer, in the direction of its log, since a time (seconds)."""

    change: int
    time: float
    outdated: bool = False


def changed(events: Sequence[ScaleEvent], period: float, now: float) -> int:
    """By how much in all within a period (seconds), its edge not included."""
    return sum(event.change for event in events if now - event.time < period)


def store(events: list[ScaleEvent], change: int, longest: float, now: float) -> None:
    """Note one more. What is older than the longest period of the policies is marked, and the last such gives its place."""
    for event in events:
        event.outdated |= now - event.time > longest
    expired = [place for place, event in enumerate(events) if event.outdated]
    if expired:
        events[expired[-1]] = ScaleEvent(change, now)
    else:
        events.append(ScaleEvent(change, now))
