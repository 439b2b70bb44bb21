"""Verdicts: what the checks of a scenario say of its results: pass, fail or undecided."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from simulator.checks import METRICS, POOLED, Check
from simulator.metrics import statistics
from simulator.metrics.statistics import Interval
from simulator.text import interval, percent

if TYPE_CHECKING:
    from simulator.metrics.summary import Tables
    from simulator.scenario import Scenario

Status = Literal["pass", "fail", "undecided"]


class Verdict(NamedTuple):
    """One check, what was measured, and what follows."""

    question: str
    target: str
    measured: str
    status: Status


def verdicts(scenario: Scenario, tables: Tables) -> list[Verdict]:
    """The scenario's checks in order, at its confidence."""
    return [_verdict(check, scenario, tables) for check in scenario.checks]


def _verdict(check: Check, scenario: Scenario, tables: Tables) -> Verdict:
    fleet = check.fleet or scenario.entry(check.policy)
    metric, confidence = METRICS[check.metric], scenario.confidence
    mine = tables.rows("summary", check.policy, fleet)
    if check.better_than:
        theirs = tables.rows("summary", check.better_than, check.fleet or scenario.entry(check.better_than))
        # One-sided at the confidence, as the question is.
        found = statistics.paired(mine[check.metric], theirs[check.metric], 2 * confidence - 1).difference
        status = _decided(found, 0.0, below=not metric.more_is_better)
        measured = f"{interval(*found, metric.unit, signed=True)}, {len(mine)} paired runs"
        return Verdict(check.question(), check.target(), measured, status)
    assert check.threshold is not None
    below = check.below is not None
    if check.quantile:
        durations, censored = _pool(check, mine, tables, fleet)
        if not len(durations):
            limit = statistics.no_event_limit(max(1, len(mine)), confidence)
            return Verdict(
                check.question(),
                check.target(),
                f"none in {len(mine)} runs (at {100 * confidence:g} % fewer than {percent(limit)} of runs have one)",
                "pass" if below else "undecided",
            )
        found = statistics.quantile(durations, censored, check.quantile, confidence)
        measured = f"{interval(*found, metric.unit)}, {len(durations)} {check.over}"
    else:
        found = statistics.mean(mine[check.metric], 2 * confidence - 1)
        measured = f"{interval(*found, metric.unit)}, {len(mine)} runs"
    return Verdict(check.question(), check.target(), measured, _decided(found, check.threshold, below))


def _pool(check: Check, runs: pd.DataFrame, tables: Tables, fleet: str) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """All values the quantile is over, and which are censored."""
    if check.metric in POOLED and check.over != "runs":
        own = tables.rows("incidents" if check.over == "incidents" else "rollouts", check.policy, fleet)
        return own[f"{check.metric}_s"].to_numpy(), own["censored"].to_numpy()
    known = runs[runs[check.metric].notna()]
    censored = known[f"{check.metric}_censored"].to_numpy() if check.metric in POOLED else np.zeros(len(known), bool)
    return known[check.metric].to_numpy(), censored


def _decided(found: Interval, threshold: float, below: bool) -> Status:
    """Pass or fail where the bounds leave no doubt."""
    low, high = (found.low, found.high) if below else (-found.high, -found.low)
    limit = threshold if below else -threshold
    return "pass" if high < limit else "fail" if low >= limit else "undecided"
