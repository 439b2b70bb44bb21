"""Laws against scipy: quantiles invert the distribution, means are means, and residual laws have density (1 - F) / mean."""

from __future__ import annotations

import math
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from scipy import integrate, stats

from simulator.laws import Law, law
from simulator.recorded import folders

LAWS = [law("constant", value="5m"), law("exponential", mean="2h"), law("exponential", rate="6/h"), law("uniform", low="0s", high="1h")]
LAWS += [law("uniform", low="10m", high="1h"), law("lognormal", mean="100ms", cv=1), law("lognormal", median="1h", sigma=1.16)]
LAWS += [law("lognormal", mean="34s", sigma=0.65), law("lognormal", median="5m", p95="1h")]
LAWS += [law("weibull", shape=0.7, mean="300d"), law("weibull", shape=0.64, scale="6400h"), law("weibull", shape=3, mean="1h")]
LAWS += [law("gamma", shape=2, mean="1h"), law("gamma", shape=0.5, mean="10s"), law("hyperexponential", mean="1h", cv=2)]
LAWS += [law("pareto", shape=1.5, mean="1s"), law("pareto", shape=3, scale="10ms")]
SPREAD = LAWS[1:]


class Mixture:
    """Two exponentials of means 1h / 2p and 1h / 2(1-p), p = (1 + sqrt((4-1)/(4+1))) / 2, with a squared coefficient of variation of 4."""

    p = (1 + math.sqrt(3 / 5)) / 2
    rates = (2 * p / 3600, 2 * (1 - p) / 3600)

    def sf(self, x):
        return self.p * np.exp(-self.rates[0] * x) + (1 - self.p) * np.exp(-self.rates[1] * x)

    def cdf(self, x):
        return -self.p * np.expm1(-self.rates[0] * x) - (1 - self.p) * np.expm1(-self.rates[1] * x)

    def mean(self):
        return 3600


SAME = [  # what each law of SPREAD is to scipy, from the definitions of its numbers
    stats.expon(scale=7200),
    stats.expon(scale=600),
    stats.uniform(0, 3600),
    stats.uniform(600, 3000),
    stats.lognorm(s=math.sqrt(math.log(2)), scale=0.1 / math.sqrt(2)),  # cv 1: sigma^2 = ln 2, median = mean / sqrt(1 + cv^2)
    stats.lognorm(s=1.16, scale=3600),
    stats.lognorm(s=0.65, scale=34 * math.exp(-(0.65**2) / 2)),
    stats.lognorm(s=math.log(12) / stats.norm.ppf(0.95), scale=300),  # 1h is 12 x 5m
    stats.weibull_min(0.7, scale=300 * 86400 / math.gamma(1 + 1 / 0.7)),
    stats.weibull_min(0.64, scale=6400 * 3600),
    stats.weibull_min(3, scale=3600 / math.gamma(1 + 1 / 3)),
    stats.gamma(2, scale=1800),
    stats.gamma(0.5, scale=20),
    Mixture(),
    stats.pareto(1.5, scale=1 / 3),  # mean = shape scale / (shape - 1)
    stats.pareto(3, scale=0.01),
]
US = [1e-9, 0.001, 0.05, 0.3, 0.5, 0.9, 0.95, 0.999, 1 - 1e-9]
between = st.floats(2**-54, 1 - 2**-53)  # what a draw can be


def told(given: Law) -> str:
    return str(given.dump())


def pairs(laws=SPREAD):
    return pytest.mark.parametrize(("given", "same"), list(zip(laws, SAME, strict=True)), ids=[told(one) for one in laws])


def refused(value) -> str:
    with pytest.raises(ValidationError) as error:
        Law.model_validate(value)
    return error.value.errors()[0]["type"]


@pairs()
def test_a_quantile_inverts_the_distribution_function(given, same):
    assert [same.cdf(given.quantile(u)) for u in US] == pytest.approx(US, rel=1e-9)


@pairs()
def test_the_expected_value_is_the_mean(given, same):
    assert given.expected == pytest.approx(same.mean(), rel=1e-12)


@pairs()
def test_the_residual_law_has_density_survival_over_mean(given, same):
    """The share of residual lives below x is the integral of (1 - F) / mean from 0 to x, here by quadrature in pieces."""
    for u in (0.001, 0.2, 0.5, 0.9, 0.99):
        knots = np.concatenate([[0], np.geomspace(given.residual(u) * 1e-6, given.residual(u), 40)])
        below = sum(integrate.quad(same.sf, a, b)[0] for a, b in pairwise(knots)) / same.mean()
        assert below == pytest.approx(u, rel=1e-7)


def test_what_is_left_of_a_constant_is_uniform():
    assert [LAWS[0].quantile(0.3), LAWS[0].residual(0.25), LAWS[0].expected] == [300, 75, 300]


def test_what_is_left_of_an_exponential_is_the_same_exponential():
    assert [LAWS[1].residual(u) for u in US] == [LAWS[1].quantile(u) for u in US]


def test_a_hyperexponential_has_the_spread_that_was_asked_for():
    """The mean of what is left is (1 + cv^2) / 2 times the mean; 10,000 evenly spaced quantiles miss the end of the tail by less than 1 %."""
    given = law("hyperexponential", mean="1s", cv=3)
    assert np.mean([given.residual((k + 0.5) / 10_000) for k in range(10_000)]) == pytest.approx(5, rel=0.01)


def test_an_empirical_law_gives_each_of_its_values_as_often():
    given = law("empirical", values=["3s", "1s", "1s", "7s"])
    assert [given.quantile((k + 0.5) / 8) for k in range(8)] == [1, 1, 1, 1, 3, 3, 7, 7]
    assert given.expected == 3


def test_what_is_left_of_a_measured_duration_is_longer_where_durations_differ():
    """1 - F is 1 up to 1 s, 1/2 up to 3 s and 1/4 up to 7 s, of 1 + 1 + 1 = 3: a third below each; the mean is E[X^2] / 2 E[X] = 15 / 6."""
    given = law("empirical", values=["3s", "1s", "1s", "7s"])
    assert [given.residual(u) for u in (1 / 6, 1 / 2, 5 / 6)] == pytest.approx([0.5, 2, 5])
    assert np.mean([given.residual((k + 0.5) / 9000) for k in range(9000)]) == pytest.approx(15 / 6, rel=1e-6)
    assert law("empirical", values=["0s", "0s"]).residual(0.5) == 0


def test_a_recorded_law_keeps_its_order_and_is_an_empirical_one_beside():
    recorded, measured = (law(kind, values=["3s", "1s", "1s", "7s"]) for kind in ("recorded", "empirical"))
    assert list(recorded.sequence) == [3, 1, 1, 7]
    assert recorded.expected == measured.expected
    assert [(recorded.quantile(u), recorded.residual(u)) for u in US] == [(measured.quantile(u), measured.residual(u)) for u in US]


@pytest.fixture
def services(tmp_path, monkeypatch):
    """A file in the current folder, whose times do not matter and need not rise."""
    monkeypatch.chdir(tmp_path)
    rows = {"at": [5, 1, 1], "service": [2.5, 0, 0.5]}
    pd.DataFrame(rows).to_csv("x.csv", index=False)
    pd.DataFrame(rows).to_parquet("x.parquet")
    pd.DataFrame({"service": rows["service"]}).to_csv("alone.csv", index=False)


@pytest.mark.parametrize("given", [{"file": "x.csv", "column": "service"}, {"file": "x.parquet", "column": "service"}, {"file": "alone.csv"}], ids=str)
def test_a_recorded_law_takes_its_seconds_from_a_column(services, given):
    """Dumped, it says which file that was: one that has changed meanwhile is refused."""
    read = law("recorded", **given)
    assert (list(read.sequence), read.expected) == ([2.5, 0, 0.5], 1)
    assert Law.model_validate(read.dump()) == read
    with Path(given["file"]).open("ab") as file:
        file.write(b"\n")
    assert refused(read.dump()) == "TraceChanged"


def test_a_report_leaves_the_file_of_a_recorded_law_unread(services):
    told = law("recorded", file="x.csv", column="service").dump()
    Path("x.csv").unlink()
    token = folders.set(None)
    try:
        assert Law.model_validate(told).dump() == told
    finally:
        folders.reset(token)


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        ({}, "ConfigMissing"),
        ({"values": []}, "ConfigMissing"),
        ({"values": ["1s"], "column": "service"}, "ConfigConflict"),
        ({"values": ["1s"], "file": "x.csv"}, "ConfigConflict"),
        ({"values": [2]}, "ConfigUnit"),
        ({"file": "x.csv"}, "ConfigMissing"),
        ({"file": "x.csv", "column": "srvice"}, "ConfigChoice"),
        ({"file": "none.csv"}, "FileNotFound"),
        ({"file": "/etc/hosts.csv"}, "PathNotAllowed"),
        ({"file": "words.csv"}, "TraceValue"),
        ({"file": "long.csv"}, "ConfigLimit"),
        ({"file": "empty.csv"}, "TraceEmpty"),
        ({"file": "x.csv", "column": "service", "sha256": "abc"}, "ConfigType"),
    ],
    ids=str,
)
def test_what_cannot_have_been_recorded_is_refused_by_its_class(services, given, kind):
    for name, cell in (("words", "soon\n"), ("long", "1e12\n"), ("empty", "")):
        Path(f"{name}.csv").write_text(f"service\n{cell}")
    assert refused({"law": "recorded", **given}) == kind


def test_what_is_left_of_a_narrow_lognormal_is_nearly_uniform():
    """With a cv of 1 % it is a constant but for 1 %: u times the mean up to nine tenths of it."""
    for cv in (0.001, 0.01):
        given = law("lognormal", mean="100s", cv=cv)
        assert [given.residual(u) for u in (1e-9, 0.001, 0.3, 0.5, 0.9)] == pytest.approx([1e-7, 0.1, 30, 50, 90], rel=1e-9)


def test_a_median_and_a_p95_are_met():
    given = Law.model_validate({"median": "5m", "p95": "1h"})
    assert (given.quantile(0.5), given.quantile(0.95)) == (pytest.approx(300), pytest.approx(3600))


def test_a_text_alone_is_a_constant():
    assert Law.model_validate("5m") == law("constant", value="5m")


@pytest.mark.parametrize("given", LAWS, ids=told)
@given(low=between, high=between)
def test_more_u_is_never_less_time(given, low, high):
    """So that two policies with different means stay coupled."""
    low, high = sorted((low, high))
    assert 0 <= given.quantile(low) <= given.quantile(high) < math.inf
    assert 0 <= given.residual(low) <= given.residual(high) * (1 + 1e-12) < math.inf  # neighbouring floats may change places


@pytest.mark.parametrize("given", LAWS, ids=told)
def test_a_law_reads_back_as_it_was_written(given):
    assert Law.model_validate(given.dump()) == given


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (5, "ConfigUnit"),
        ({"law": "exponental", "mean": "5h"}, "ConfigChoice"),
        ({"law": ["exponential"]}, "ConfigChoice"),
        ({"mean": "5h"}, "ConfigMissing"),
        ({"law": "exponential"}, "ConfigMissing"),
        ({"law": "lognormal", "mean": "5h"}, "ConfigMissing"),
        ({"law": "exponential", "mean": "1h", "rate": "1/h"}, "ConfigConflict"),
        ({"law": "lognormal", "mean": "1h", "cv": 1, "sigma": 1}, "ConfigConflict"),
        ({"law": "exponential", "mean": "1h", "shape": 2}, "ConfigConflict"),
        ({"median": "1h", "p95": "5m"}, "ConfigConflict"),
        ({"law": "uniform", "low": "2h", "high": "1h"}, "ConfigConflict"),
        ({"law": "exponential", "mean": "-5h"}, "ConfigRange"),
        ({"law": "exponential", "mean": "0s"}, "ConfigRange"),
        ({"law": "exponential", "rate": "0/s"}, "ConfigRange"),
        ({"law": "weibull", "shape": 0, "mean": "5h"}, "ConfigRange"),
        ({"law": "lognormal", "mean": "5h", "cv": -1}, "ConfigRange"),
        ({"law": "gamma", "shape": 0, "mean": "5h"}, "ConfigRange"),
        ({"law": "gamma", "shape": 1e9, "mean": "5h"}, "ConfigRange"),
        ({"law": "hyperexponential", "mean": "5h", "cv": 1}, "ConfigRange"),
        ({"law": "pareto", "shape": 1, "mean": "5h"}, "ConfigRange"),
        ({"law": "pareto", "shape": 2}, "ConfigMissing"),
        ({"law": "empirical", "values": []}, "ConfigRange"),
        ({"law": "empirical", "values": ["1h", "-1h"]}, "ConfigRange"),
        ({"law": "lognormal", "mean": "5h", "cv": math.nan}, "ConfigRange"),
    ],
)
def test_a_law_that_makes_no_sense_is_refused_by_its_class(value, kind):
    assert refused(value) == kind


@pytest.mark.parametrize("value", [{"law": "weibull", "shape": 0.001, "mean": "5h"}, {"law": "lognormal", "median": "5m", "sigma": 1000}])
def test_a_law_whose_mean_no_float_holds_is_refused(value):
    """gamma(1001) and exp(1000^2 / 2) are beyond any float: an error of the file, and no OverflowError later."""
    assert refused(value) in ("ConfigRange", "ConfigLimit")
