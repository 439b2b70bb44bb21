"""Stabilisation: a recommendation held back by earlier ones (pkg/controller/podautoscaler/horizontal.go, stabilizeRecommendation and its twin)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class Recommendation(NamedTuple):
    """Replicas that were recommended, before anything held them back, and when (seconds)."""

    replicas: int
    time: float


def legacy(recommended: int, history: list[Recommendation], now: float, window: float = 300.0) -> int:
    """Without `behavior`: the most of the window, its edge included. The history is brought up to date: the last that is older gives its place."""
    recent = [old.replicas for old in history if now - old.time <= window]
    _note(history, Recommendation(recommended, now), [place for place, old in enumerate(history) if now - old.time > window])
    return max([recommended, *recent])


def behavior(current: int, recommended: int, history: list[Recommendation], now: float, up_window: float = 0.0, down_window: float = 300.0) -> int:
    """With `behavior`: up at most to the least of one window, down at most to the most of another, their edges not included; the history as above."""
    up = min([recommended, *(old.replicas for old in history if now - old.time < up_window)])
    down = max([recommended, *(old.replicas for old in history if now - old.time < down_window)])
    _note(history, Recommendation(recommended, now), [place for place, old in enumerate(history) if now - old.time > max(up_window, down_window)])
    return min(max(current, up), down)


def _note(history: list[Recommendation], new: Recommendation, expired: Sequence[int]) -> None:
    if expired:
        history[expired[-1]] = new
    else:
        history.append(new)
