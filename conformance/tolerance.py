"""Tolerance: whether what was measured agrees with what is known."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from math import inf, nan
from typing import Any, NamedTuple

import numpy as np

from conformance.cases import Expected, Given
from conformance.kinds.kind import Course
from simulator.metrics import Interval, mean, paired

STRICT = 0.9999  # the confidence of the second look
USUAL = 0.999
ROUNDING = 1e-12


class Judgement(NamedTuple):
    """What was found, within which interval, and whether that agrees."""

    found: Any
    low: float
    high: float
    agrees: bool


def judge(expected: Expected, measured: Sequence[Any], second: bool = False) -> Judgement:
    """Hold one measurement a replication against what is expected; at a second look the confidence is higher."""
    confidence = STRICT if second else expected.rule.get("confidence", USUAL)
    return RULES[expected.rule["rule"]](expected, measured, confidence)


def _exact(expected: Expected, measured: Sequence[Any], confidence: float) -> Judgement:
    """Every replication gives the value, element by element."""
    wanted, rule = np.atleast_1d(np.asarray(expected.value, float)), expected.rule
    room = np.maximum(rule.get("abs", 0), rule.get("rel", 0) * np.abs(wanted))
    for whole in measured:
        found = whole[: len(wanted)] if isinstance(whole, Course) else whole
        got = np.atleast_1d(np.asarray(found, float))
        if got.shape != wanted.shape or not all(one == other or abs(one - other) <= most for one, other, most in zip(got, wanted, room, strict=True)):
            return Judgement(found, nan, nan, False)
    return Judgement(found, nan, nan, True)


def _rel(expected: Expected, measured: Sequence[Any], confidence: float) -> Judgement:
    """The mean is off by no more than a share of the value."""
    found = float(np.mean(measured))
    return Judgement(found, nan, nan, abs(found - expected.value) <= expected.rule["rel"] * abs(expected.value))


def _ci(expected: Expected, measured: Sequence[Any], confidence: float) -> Judgement:
    return _within(mean(measured, confidence), expected.value, expected.rule)


def _tail_ci(expected: Expected, measured: Sequence[Any], confidence: float) -> Judgement:
    """Each replication has its observations, and the value is a quantile of theirs: the share above it is what is held against 1 - q."""
    above = [float(np.mean(np.asarray(one) > expected.value)) for one in measured]
    return _within(mean(above, confidence), 1 - expected.question.given["q"], expected.rule)


def _within(found: Interval, value: float, rule: Given) -> Judgement:
    """The interval holds the value, and is narrow enough to mean something."""
    half = found.high - found.value
    near = abs(found.value - value) <= half + (rule.get("extra_rel", 0) + ROUNDING) * abs(value)
    narrow = "max_rel_halfwidth" not in rule or half <= rule["max_rel_halfwidth"] * abs(value)
    return Judgement(*found, bool(near and narrow))


def _bound(expected: Expected, measured: Sequence[Any], confidence: float) -> Judgement:
    """The mean lies between the bounds, widened by what chance explains."""
    found, rule = mean(measured, confidence), expected.rule
    half = 0.0 if rule.get("slack") == "none" or len(measured) < 2 else found.high - found.value
    return Judgement(*found, bool(rule.get("low", -inf) - half <= found.value <= rule.get("high", inf) + half))


def _strict_order(expected: Expected, measured: Sequence[Any], confidence: float) -> Judgement:
    """Each replication has a number for each of some policies: every one is above the one before it, and the interval of their paired difference above 0."""
    policies = np.asarray(measured, float).T
    steps = [paired(after, before, confidence).difference for before, after in pairwise(policies)]
    least = min(steps, key=lambda step: step.low)
    return Judgement(" < ".join(f"{policy.mean():.4g}" for policy in policies), least.low, least.high, all(step.low > 0 for step in steps))


RULES: dict[str, Callable[[Expected, Sequence[Any], float], Judgement]] = {
    "exact": _exact,
    "rel": _rel,
    "ci": _ci,
    "tail_ci": _tail_ci,
    "bound": _bound,
    "strict_order": _strict_order,
}
RANDOM = ("ci", "tail_ci", "bound")  # a right simulator misses these now and then
