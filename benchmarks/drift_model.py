"""The drift model: movers leave their version for the newest that has reached them, stayers do so seldom."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.optimize import least_squares

from benchmarks.version_mix import Mix

MONTH = 365.25 / 12  # days
SMALL = 0.01  # a line with less on the first day has stayers only, as nothing could be fitted to it
NAMES = ("hazard", "seldom", "lag", "spread", "fork")
LOW, HIGH = (0.0, 0.0, 0.0, 0.5, 0.0), (0.1, 0.1, 90.0, 180.0, 1.0)
STARTS = (0.003, 0.01, 0.03)  # daily hazards that the fit is begun from; the best end is taken


@dataclass(frozen=True)
class Drift:
    """What the model is told: probabilities are a day's, lags are days, `movers` are shares of each line on the first day."""

    hazard: float  # that a mover leaves for a newer version which has reached it
    seldom: float  # that a stayer does
    lag: float  # after a version is first seen, when it reaches the first server
    spread: float  # the mean of the exponential time by which it reaches the others later
    fork: float  # share of those who leave that goes to another maker's new version, once there is one
    movers: pd.Series

    def forecast(self, mix: Mix, start: pd.Series, movers: pd.Series, days: np.ndarray) -> tuple[pd.DataFrame, pd.Series]:
        """Shares of lines on days that follow each other, the first as `start`; and which share of each line are movers at the end."""
        two = np.array([start * movers, start * (1 - movers)])
        leaving = np.array([[self.hazard], [self.seldom]])
        shares = [two.sum(axis=0)]
        for ways in self._ways(mix.lines, days[:-1]):
            two = two + leaving * (two @ ways - two * ways.sum(axis=1))
            shares.append(two.sum(axis=0))
        # Whoever came early to a version that nobody was to have yet, is a mover.
        left = np.divide(two[0], shares[-1], out=np.ones(len(start)), where=shares[-1] > 1e-9)
        return pd.DataFrame(shares, index=days, columns=mix.lines.index), pd.Series(left, mix.lines.index)

    def _ways(self, lines: pd.DataFrame, days: np.ndarray) -> np.ndarray:
        """Where those who leave a line (second axis) go (third), on each day (first)."""
        maker, seen = lines["maker"].to_numpy(), lines["seen"].to_numpy()
        own = maker == ""
        # Forks show no candidates ahead of a release, so they have no lag.
        age = days[:, None] - seen - np.where(own, self.lag, 0.0)
        reached = np.where(lines["release"], -np.expm1(-np.maximum(age, 0.0) / self.spread), 0.0)
        same = maker[:, None] == maker
        newer = same & (np.arange(len(seen))[:, None] < np.arange(len(seen)))
        beyond = np.max(np.where(newer, reached[:, None, :], 0.0), axis=2)
        latest = np.maximum(reached - beyond, 0.0)  # the share of servers whose newest it is
        upgrades = latest[:, None, :] * newer
        forks = latest * (~own & np.isfinite(seen))
        to_fork = self.fork * own[:, None] * upgrades.sum(axis=2, keepdims=True) * forks[:, None, :]
        return upgrades * (1 - self.fork * own[:, None] * forks.sum(axis=1)[:, None, None]) + to_fork


def fit(mix: Mix) -> Drift:
    """The model whose shares have the least squares of differences to these."""
    first, days = mix.shares.iloc[0], np.arange(mix.shares.index[-1] + 1)
    free = (first >= SMALL) & (mix.lines["maker"] == "")

    def model(x: np.ndarray) -> Drift:
        movers = pd.Series(0.0, mix.lines.index)
        movers[free] = x[len(NAMES) :]
        return Drift(*x[: len(NAMES)], movers)

    def misses(x: np.ndarray) -> np.ndarray:
        drift = model(x)
        shares, _ = drift.forecast(mix, first, drift.movers, days)
        return 100 * (shares.loc[mix.shares.index] - mix.shares).to_numpy().ravel()

    many = int(free.sum())
    bounds = ([*LOW, *[0.0] * many], [*HIGH, *[1.0] * many])
    scale = [0.01, 0.001, 10.0, 10.0, 0.1, *[0.5] * many]
    ends = [least_squares(misses, [hazard, hazard / 10, 20.0, 20.0, 0.1, *[0.5] * many], bounds=bounds, x_scale=scale) for hazard in STARTS]
    return model(min(ends, key=lambda end: end.cost).x)


def predict(drift: Drift, mix: Mix, end: int, days: pd.Index) -> pd.DataFrame:
    """Shares on days after `end`, from the mix of that day on; of what came later, only its day is known."""
    known = mix.until(end)
    _, movers = drift.forecast(known, known.shares.iloc[0], drift.movers, np.arange(end + 1))
    start = mix.shares.loc[end]
    shares, _ = drift.forecast(mix, start, movers.reindex(start.index, fill_value=1.0), np.arange(end, days[-1] + 1))
    return shares.loc[days]


def monthly(daily: float) -> float:
    """The probability of a month, from that of a day."""
    return 1 - (1 - daily) ** MONTH
