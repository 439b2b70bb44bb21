"""Real drift: the drift model finds its own parameters in a mix it made, and predicts one that was recorded."""

from __future__ import annotations

import re
import sys

import numpy as np
import pandas as pd
import pytest

from benchmarks import real_drift
from benchmarks.drift_model import Drift, fit, predict
from benchmarks.version_mix import Mix, mix

SEEN = {"26.0.0": 0, "27.1.0": 0, "28.0.0": 0, "28.1.0": 10, "28.1.0/Knots:20250305": 60, "29.0.0": 100}  # days
TRUTH = Drift(hazard=0.012, seldom=0.001, lag=30.0, spread=15.0, fork=0.1, movers=pd.Series({"26": 0.2, "27": 0.5, "28": 0.9}))
DAYS, END = 210, 139


def made_by_the_model() -> pd.DataFrame:
    """Counts of 200,000 servers, drawn anew each day from the model's shares; a new version has one server (a candidate) from its first day."""
    days = pd.date_range("2025-01-01", periods=DAYS)
    there = pd.DataFrame({f"/Satoshi:{version}/": (np.arange(DAYS) >= day).astype(int) for version, day in SEEN.items()}, days)
    whole = mix(there)
    start = pd.Series({"26": 0.2, "27": 0.5, "28": 0.3}).reindex(whole.lines.index, fill_value=0.0)
    movers = TRUTH.movers.reindex(whole.lines.index, fill_value=0.0)
    shares, _ = TRUTH.forecast(whole, start, movers, np.arange(DAYS))
    rng = np.random.default_rng(1)
    return there + np.array([rng.multinomial(200_000, share) for share in shares.to_numpy()])


@pytest.fixture(scope="module")
def made() -> Mix:
    return mix(made_by_the_model())


@pytest.fixture(scope="module")
def fitted(made) -> Drift:
    return fit(made.until(END))


def test_the_fit_finds_the_parameters_back(fitted):
    """Within a tenth for the movers' hazard, 2 days for the lags and 5 points for shares, where a share that is counted has an error of 0.1 points."""
    assert fitted.hazard == pytest.approx(TRUTH.hazard, rel=0.1)
    assert fitted.seldom == pytest.approx(TRUTH.seldom, abs=0.0003)
    assert (fitted.lag, fitted.spread) == pytest.approx((TRUTH.lag, TRUTH.spread), abs=2)
    assert fitted.fork == pytest.approx(TRUTH.fork, abs=0.03)
    assert fitted.movers[TRUTH.movers.index].tolist() == pytest.approx(TRUTH.movers.tolist(), abs=0.05)


def test_the_forecast_of_a_mix_of_its_own_is_within_half_a_point(made, fitted):
    model, naive = real_drift.errors(made, predict(fitted, made, END, made.shares.loc[END + 1 :].index), END)
    assert model.mean() < 0.5 < 5 < naive.mean()


def test_shares_after_the_training_change_neither_the_fit_nor_the_forecast(made, fitted):
    """Only the day on which a version was first seen is known of what came later: shares are turned round, where they are not zero."""
    turned = made.shares.copy()
    turned.loc[END + 1 :] = turned.loc[END + 1 :].to_numpy()[:, ::-1]
    other = Mix(turned, made.lines)
    days = turned.loc[END + 1 :].index
    pd.testing.assert_frame_equal(predict(fitted, other, END, days), predict(fitted, made, END, days))
    pd.testing.assert_frame_equal(other.until(END).shares, made.until(END).shares)


def test_versions_that_are_new_after_a_gap_came_at_equal_steps_in_it():
    """Nine days without a count, then 28.1 and 29.0 at once: they came after three and six of these."""
    days = pd.to_datetime(["2025-01-01", "2025-01-11"])
    lines = mix(pd.DataFrame({"/Satoshi:29.0.0/": [0, 1], "/Satoshi:28.1.0/": [0, 1], "/Satoshi:28.0.0/": [1, 1]}, days)).lines
    assert lines["seen"].to_dict() == {"28": -np.inf, "28.1.0": 4.0, "29.0.0": 7.0}


@pytest.mark.skipif(not real_drift.RECORDED.exists(), reason="the recorded versions are not here")
def test_the_recorded_last_third_is_predicted_within_five_points(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["real_drift", "--chart", str(tmp_path / "chart.svg")])
    real_drift.main()
    found = re.fullmatch(r"mean absolute error .*: ([\d.]+) percentage points; without any change: ([\d.]+)", capsys.readouterr().out.splitlines()[-1])
    model, naive = map(float, found.groups())
    assert model <= 5
    assert model < naive
    assert (tmp_path / "chart.svg").read_text().startswith("<svg")


def test_a_file_that_is_not_there_is_said(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["real_drift", str(tmp_path / "none.csv")])
    real_drift.main()
    assert capsys.readouterr().out.startswith("skipped: ")
