"""Statistics: how sure a number is, by rules that hold for few replications."""

from __future__ import annotations

import warnings
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import stats

Numbers = NDArray[np.float64]


class Interval(NamedTuple):
    """A number with its confidence interval; where the interval cannot be had it is NaN."""

    value: float
    low: float
    high: float


def mean(values: ArrayLike, confidence: float) -> Interval:
    """The mean of one number a replication, with its t interval."""
    x = np.asarray(values, float)
    if len(x) < 2:
        return Interval(float(x.mean()) if len(x) else np.nan, np.nan, np.nan)
    half = float(stats.t.ppf((1 + confidence) / 2, len(x) - 1) * x.std(ddof=1) / np.sqrt(len(x)))
    return Interval(float(x.mean()), float(x.mean()) - half, float(x.mean()) + half)


class Paired(NamedTuple):
    """The mean difference of two policies over the same replications, and the correlation gained by sharing the weather (NaN where one does not vary)."""

    difference: Interval
    correlation: float


def paired(values: ArrayLike, others: ArrayLike, confidence: float) -> Paired:
    """`values - others`, replication by replication."""
    x, y = np.asarray(values, float), np.asarray(others, float)
    varied = len(x) > 2 and x.std() > 0 and y.std() > 0
    return Paired(mean(x - y, confidence), float(np.corrcoef(x, y)[0, 1]) if varied else np.nan)


def quantile(durations: ArrayLike, censored: ArrayLike, q: float, confidence: float) -> Interval:
    """A quantile of durations with one-sided order-statistic bounds, each at this confidence.

    Infinite where censoring leaves it unknown, NaN where there are too few values: with n values the upper bound exists if
    q^n <= 1 - confidence, so a p95 at 95 % needs 59 (Conover, Practical Nonparametric Statistics, 3.2).
    """
    x = np.sort(np.where(np.asarray(censored, bool), np.inf, np.asarray(durations, float)))  # censored ones lie above every value
    n = len(x)
    if not n:
        return Interval(np.nan, np.nan, np.nan)
    upper, lower = int(stats.binom.ppf(confidence, n, q)) + 1, int(stats.binom.ppf(1 - confidence, n, q))
    value = x[max(0, int(np.ceil(q * n - 1e-9)) - 1)]
    return Interval(float(value), float(x[lower - 1]) if lower >= 1 else np.nan, float(x[upper - 1]) if upper <= n else np.nan)


def no_event_limit(trials: int, confidence: float) -> float:
    """The upper limit of a probability after no event in so many trials: 1 - (1 - c)^(1/n)."""
    return float(1 - (1 - confidence) ** (1 / trials))


def survival(durations: ArrayLike, censored: ArrayLike, confidence: float) -> pd.DataFrame:
    """The Kaplan-Meier curve: `time_s`, and the share `done` by then with its log-log interval `low` to `high`."""
    x, cut = np.asarray(durations, float), np.asarray(censored, bool)
    fit = stats.ecdf(stats.CensoredData(uncensored=x[~cut], right=x[cut]))
    with warnings.catch_warnings(action="ignore", category=RuntimeWarning):
        band: Any = fit.cdf.confidence_interval(confidence, method="log-log")
    done = fit.cdf.probabilities
    # At none and at all done the log-log interval is not defined: there it has no width.
    low, high = (np.where(np.isfinite(side.probabilities), side.probabilities, done) for side in (band.low, band.high))
    return pd.DataFrame({"time_s": np.append(0.0, fit.cdf.quantiles), "done": np.append(0.0, done), "low": np.append(0.0, low), "high": np.append(0.0, high)})
