"""Real drift: the drift model, fitted to the first two thirds of a recorded version mix, predicts the last, or the days of another file.

`python -m benchmarks.real_drift [FILE] [--chart PATH]`
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pandas as pd
from rich.console import Console
from rich.table import Table

from benchmarks.drift_chart import draw
from benchmarks.drift_model import Drift, fit, monthly, predict
from benchmarks.version_mix import Mix, mix, read

DATA = Path(__file__).parents[2] / "shared" / "data" / "versions"
RECORDED = DATA / "bitcoin_node_versions_daily.csv"
CHART = Path(__file__).parent / "results" / "real_drift.svg"
MATTERS = 0.01  # a major version is scored if it had so much on any day of the training, or was released after it


def main() -> None:
    """Fit, predict, print and draw."""
    parser = argparse.ArgumentParser(description="Predict the version mix of hand-run servers.")
    parser.add_argument("later", nargs="?", type=Path, metavar="FILE", help="later days, with columns date, version, nodes; without it, the last third")
    parser.add_argument("--chart", type=Path, default=CHART, help="where the chart is saved, as SVG")
    words = parser.parse_args()
    for file in (RECORDED, words.later):
        if file and not file.exists():
            print(f"skipped: {file} is not here")
            return
    console = Console(width=120, highlight=False)
    counts = read(RECORDED)
    end = len(counts) * 2 // 3
    trained = counts.index[end - 1]
    scored = counts.index[end:]
    if words.later:
        try:
            later = read(words.later)
        except ValueError as problem:
            parser.error(str(problem))
        scored = later.index[later.index > trained]
        if scored.empty:
            print(f"skipped: {words.later} has no day after {trained:%Y-%m-%d}, where the training ends")
            return
        # Its days replace what the first file has of them; those between tell when versions came.
        counts = pd.concat([counts[(counts.index <= trained) | ~counts.index.isin(scored)], later.loc[scored]]).fillna(0).sort_index()
    whole = mix(counts)
    start, last = counts.index[0], (trained - counts.index[0]).days
    drift = fit(whole.until(last))
    days = pd.Index((scored - start).days)
    daily = predict(drift, whole, last, pd.RangeIndex(last + 1, days[-1] + 1))
    predicted = daily.loc[days]
    console.print(f"fitted to {start:%Y-%m-%d} .. {trained:%Y-%m-%d}, predicted {scored[0]:%Y-%m-%d} .. {scored[-1]:%Y-%m-%d} ({len(scored)} days)")
    tell(console, drift, whole)
    console.print(method(whole, last), soft_wrap=True)
    console.print(shares_table(whole, predicted, last))
    draw(words.chart, whole, daily, last, start, majors_scored(whole, last))
    console.print(f"chart: {words.chart}")
    others(console, whole, predicted, last)
    model, naive = errors(whole, predicted, last)
    console.print(f"mean absolute error of the share of a major version: {model.mean():.2f} percentage points; without any change: {naive.mean():.2f}")


def tell(console: Console, drift: Drift, whole: Mix) -> None:
    """Print the parameters of the model."""
    first = whole.shares.iloc[0]
    by_line = ", ".join(f"{line} {1 - share:.0%}" for line, share in drift.movers.items() if first[line] >= MATTERS)
    console.print(f"stayers: {1 - (first * drift.movers).sum():.1%} of all servers on the first day ({by_line})")
    console.print(f"monthly probability to leave for a newer version: movers {monthly(drift.hazard):.1%}, stayers {monthly(drift.seldom):.1%}")
    console.print(
        f"lag after a version is first seen: {drift.lag:.0f} d + exponential of mean {drift.spread:.0f} d; to another maker's: {drift.fork:.0%} of upgrades"
    )


def majors_scored(whole: Mix, last: int) -> list[str]:
    """The major versions that matter: see MATTERS."""
    seen = whole.majors(whole.shares)
    released = whole.lines["release"].groupby(whole.lines["major"]).any()
    return [major for major in seen if (top := seen.loc[:last, major].max()) >= MATTERS or (top == 0 and released[major])]


def errors(whole: Mix, predicted: pd.DataFrame, last: int) -> tuple[pd.Series, pd.Series]:
    """Mean absolute error (percentage points) by major version that matters: the model's, and that of the last day of the training."""
    majors = majors_scored(whole, last)
    seen = whole.majors(whole.shares)[majors]
    truth = seen.loc[predicted.index]
    return 100 * (whole.majors(predicted)[majors] - truth).abs().mean(), 100 * (truth - seen.loc[last]).abs().mean()


def method(whole: Mix, last: int) -> str:
    """The same done within the training: a fit to the first third predicts the second, from its eve or one of the days of two weeks after."""
    known, third = whole.until(last), (last + 1) // 2 - 1
    drift = fit(known.until(third))
    days = known.shares.index
    begun = [int(day) for day in days[(days >= third) & (days <= third + 14)]]
    means = [[by_major.mean() for by_major in errors(known, predict(drift, known, day, days[days > day]), day)] for day in begun]
    better = sum(model < naive for model, naive in means)
    return (
        f"check of the method, first third predicts second: {means[0][0]:.2f} points, without any change {means[0][1]:.2f}; "
        f"begun up to two weeks later, better on {better} of {len(begun)} days, at worst {max(model for model, _ in means):.2f}"
    )


def shares_table(whole: Mix, predicted: pd.DataFrame, last: int) -> Table:
    """A row a major version that matters."""
    table = Table("major", "end of training", "predicted at end", "seen at end", "MAE model", "MAE no change", box=None, pad_edge=False, padding=(0, 3, 0, 0))
    model, naive = errors(whole, predicted, last)
    seen, guess = 100 * whole.majors(whole.shares), 100 * whole.majors(predicted)
    for major in model.index:
        numbers = seen.loc[last, major], guess[major].iloc[-1], seen.loc[predicted.index[-1], major]
        table.add_row(major, *(f"{number:.1f} %" for number in numbers), f"{model[major]:.2f}", f"{naive[major]:.2f}")
    return table


def others(console: Console, whole: Mix, predicted: pd.DataFrame, last: int) -> None:
    """Print the error counted in other ways, so that none is picked."""
    truth = whole.shares.loc[predicted.index]
    before = pd.DataFrame(np.tile(whole.shares.loc[last], (len(truth), 1)), truth.index, truth.columns)
    # A line is a version, or what a major version had on the first day.
    for name, of in (("all major versions", whole.majors), ("all lines", lambda shares: shares)):
        pairs = [100 * (of(guess) - of(truth)).abs() for guess in (predicted, before)]
        weights = of(truth)
        plain = " against ".join(f"{pair.to_numpy().mean():.2f}" for pair in pairs)
        weighted = " against ".join(f"{(pair * weights).sum(axis=1).mean():.2f}" for pair in pairs)
        console.print(f"over {name}: {plain}; weighted by the share seen: {weighted}")


if __name__ == "__main__":
    main()
