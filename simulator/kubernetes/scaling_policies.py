"""Scaling policies: by how much an autoscaler may change the replicas in a time (podautoscaler/horizontal.go; apis/autoscaling/v2/defaults.go)."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, trunc
from typing import Literal, NamedTuple

from simulator.kubernetes.scale_events import ScaleEvent, changed

Reason = Literal["within_range", "scale_up_limit", "scale_down_limit", "too_few", "too_many"]
FACTOR, LEAST = 2, 4  # without `behavior`: at most twice as many, or four


class Policy(NamedTuple):
    """So many pods, or so many percent of them, in a period (seconds)."""

    kind: Literal["pods", "percent"]
    value: int
    period: float


class Rules(NamedTuple):
    """What holds in one direction; a window (seconds) of None is the controller's own, 300 s."""

    policies: tuple[Policy, ...]
    window: float | None
    select: Literal["max", "min", "disabled"] = "max"


UP = Rules((Policy("pods", 4, 15.0), Policy("percent", 100, 15.0)), 0.0)
DOWN = Rules((Policy("percent", 100, 15.0),), None)


def completed(
    direction: Literal["up", "down"],
    policies: Sequence[Policy] | None = None,
    window: float | None = None,
    select: Literal["max", "min", "disabled"] | None = None,
) -> Rules:
    """The rules with the default of each field that is not given."""
    default = UP if direction == "up" else DOWN
    return Rules(default.policies if policies is None else tuple(policies), default.window if window is None else window, select or default.select)


def legacy(current: int, recommended: int, least: int, most: int) -> tuple[int, Reason]:
    """Without `behavior`: the replicas within `min`, `max` and twice as many as now, and what held them back."""
    limit = max(FACTOR * current, LEAST)
    if recommended < least:
        return least, "too_few"
    if recommended > min(most, limit):
        return (limit, "scale_up_limit") if most > limit else (most, "too_many")
    return recommended, "within_range"


def behavior(
    current: int, recommended: int, least: int, most: int, up: Rules, down: Rules, ups: Sequence[ScaleEvent], downs: Sequence[ScaleEvent], now: float
) -> tuple[int, Reason]:
    """With `behavior`: the replicas within `min`, `max` and the policies of their direction, and what held them back."""
    if recommended > current:
        limit = max(current, up_limit(current, up, ups, downs, now))
        if recommended > min(most, limit):
            return (limit, "scale_up_limit") if most > limit else (most, "too_many")
    elif recommended < current:
        limit = min(current, down_limit(current, down, ups, downs, now))
        if recommended < max(least, limit):
            return (limit, "scale_down_limit") if least < limit else (least, "too_few")
    return recommended, "within_range"


def up_limit(current: int, rules: Rules, ups: Sequence[ScaleEvent], downs: Sequence[ScaleEvent], now: float) -> int:
    """The most that the policies allow: a share is rounded up, so that few can grow."""
    if rules.select == "disabled" or not rules.policies:
        return current
    limits = []
    for policy in rules.policies:
        start = current - changed(ups, policy.period, now) + changed(downs, policy.period, now)
        limits.append(start + policy.value if policy.kind == "pods" else ceil(start * (1 + policy.value / 100)))
    return min(limits) if rules.select == "min" else max(limits)


def down_limit(current: int, rules: Rules, ups: Sequence[ScaleEvent], downs: Sequence[ScaleEvent], now: float) -> int:
    """The least that the policies allow; the smallest change is the highest number."""
    if rules.select == "disabled" or not rules.policies:
        return current
    limits = []
    for policy in rules.policies:
        start = current - changed(ups, policy.period, now) + changed(downs, policy.period, now)
        limits.append(start - policy.value if policy.kind == "pods" else trunc(start * (1 - policy.value / 100)))
    return max(limits) if rules.select == "min" else min(limits)
