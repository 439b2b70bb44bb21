"""Tolerance: whether what was measured agrees with what is known."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite, isnan, nan
from typing import Any, NamedTuple

import numpy as np

from conformance.cases import Expected, Given
from simulator.metrics import Interval, mean

STRICT = 0.9999  # the confidence of the second look
BOUND = 0.999


class Judgement(NamedTuple):
    """What was found, within which interval, and whether that agrees."""

    found: Any
    low: float
    high: float
    agrees: bool


def judge(expected: Expected, measured: Sequence[Any], second: bool = False) -> Judgement:
    """Hold one measurement a replication against what is expected; at a second look the confidence is higher."""
    answer, rule = expected.answer, expected.rule
    if rule["rule"] == "exact":
        return _exact(measured, answer["value"], rule)
    if rule["rule"] == "rel":
        found = float(np.mean(measured))
        return Judgement(found, nan, nan, abs(found / answer["value"] - 1) <= rule["rel"])
    confidence = STRICT if second else rule.get("confidence", BOUND)
    if rule["rule"] == "bound":
        return _bound(mean(measured, confidence), answer, rule)
    if rule["rule"] == "tail_ci":  # each replication has its observations, and the answer is a quantile of theirs
        above = [float(np.mean(np.asarray(one) > answer["value"])) for one in measured]
        return _ci(mean(above, confidence), 1 - expected.question.given["q"], rule)
    assert rule["rule"] == "ci", rule
    return _ci(mean(measured, confidence), answer["value"], rule)


RULES = ("exact", "rel", "bound", "ci", "tail_ci")
RANDOM = ("bound", "ci", "tail_ci")  # a right simulator misses these now and then


def _exact(measured: Sequence[Any], value: Any, rule: Given) -> Judgement:
    """Every replication gives the value, element by element."""
    for found in measured:
        got, wanted = np.atleast_1d(np.asarray(found, float)), np.atleast_1d(np.asarray(value, float))
        room = np.maximum(rule.get("abs", 0), rule.get("rel", 0) * np.abs(wanted))
        if got.shape != wanted.shape or not np.all(np.abs(got - wanted) <= room):
            return Judgement(found, nan, nan, False)
    return Judgement(measured[0], nan, nan, True)


def _ci(found: Interval, value: float, rule: Given) -> Judgement:
    """The interval holds the value, and is narrow enough to mean something."""
    half = found.high - found.value
    near = abs(found.value - value) <= half + rule.get("extra_rel", 0) * abs(value)
    narrow = half <= rule.get("max_rel_halfwidth", np.inf) * abs(value)
    return Judgement(found.value, found.low, found.high, bool(near and narrow))


def _bound(found: Interval, answer: Given, rule: Given) -> Judgement:
    """The value lies between the bounds, widened by what chance explains."""
    half = 0.0 if rule.get("slack") == "none" or isnan(found.low) else found.high - found.value
    low, high = answer.get("low", -np.inf), answer.get("high", np.inf)
    return Judgement(found.value, found.low, found.high, bool(low - half <= found.value <= high + half) and isfinite(found.value))
