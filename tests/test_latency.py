"""Latency: quantiles and shares from counts in buckets, as a pencil finds them, and as close to the times themselves as the buckets are narrow."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from by_hand import left
from pytest import approx

from simulator import loads, metrics, simulate

WITHIN_A_BUCKET = 1 / 32


def test_there_are_32_buckets_from_a_second_to_two():
    """Bucket 640 begins at 2^0, and the 32nd after it at 2^1."""
    edges = metrics.edges()
    assert (edges[640], edges[641], edges[672]) == (1, 1 + 1 / 32, 2)
    assert (edges[0], edges[-1], len(edges)) == (2**-20, 4096, 1025)


def bucket(seconds, place=0.5):
    """A place within the bucket that begins there: with 32 a doubling it is as wide as 1/32 of a power of two."""
    return seconds + place * 2.0 ** np.floor(np.log2(seconds)) / 32


def test_a_quantile_is_the_value_that_so_many_do_not_exceed():
    """Of 1,000: 980 in the bucket at 1 s, 18 at 2 s, one at 4 s, one at 8 s, evenly spread: the 500th is at 499.5 / 980 of the first bucket,
    the 990th the tenth of the second."""
    (row,) = metrics.latency(left({}, times=[(0, 1, 980), (0, 2, 18), (0, 4, 1), (0, 8, 1)])).to_dict("records")
    expected = [bucket(1, 499.5 / 980), bucket(1, 949.5 / 980), bucket(2, 9.5 / 18), bucket(4), bucket(8)]
    assert [row[name] for name in ("p50_s", "p95_s", "p99_s", "p999_s", "p9999_s")] == approx(expected)
    assert (row["served"], row["mean_s"]) == (1000, approx((980 * bucket(1) + 18 * bucket(2) + bucket(4) + bucket(8)) / 1000))


def test_what_is_told_of_a_lognormal_sample_is_within_a_bucket_of_it():
    """100,000 times around 100 ms, against numpy's quantiles of the times themselves."""
    sample = np.random.default_rng(7).lognormal(np.log(0.1), 1, 100_000)
    counts = np.bincount(np.searchsorted(metrics.edges(), sample, side="right") - 1)
    told = metrics.latency(left({}, times=[(0, metrics.edges()[bucket], int(counts[bucket])) for bucket in np.flatnonzero(counts)])).iloc[0]
    for name, q in (("p50_s", 0.5), ("p95_s", 0.95), ("p99_s", 0.99), ("p999_s", 0.999), ("p9999_s", 0.9999)):
        assert told[name] == approx(np.quantile(sample, q, method="inverted_cdf"), rel=WITHIN_A_BUCKET)
    assert told[["p50_s", "p99_s"]].tolist() == approx(np.quantile(sample, [0.5, 0.99]).tolist(), rel=0.005)  # as the values of a bucket are spread in it
    assert told["mean_s"] == approx(sample.mean(), rel=0.001)


def test_who_is_on_time_at_a_quantile_is_as_many_as_it_says():
    """The two questions have one answer, to half a request of a thousand."""
    run = left({"offered": 1000.0}, times=[(0, 1, 980), (0, 2, 18), (0, 4, 1), (0, 8, 1)])
    (row,) = metrics.latency(run).to_dict("records")
    assert [metrics.within(run, "web", row[name]) for name in ("p50_s", "p95_s", "p99_s")] == approx([0.5, 0.95, 0.99], abs=0.0005 + 1e-9)


def test_windows_and_replications_merge_by_addition():
    """99 of 100 take 1 s in one, 1 of 100 in the other: half of the 200 do."""
    one, other = (metrics.latencies(left({}, {}, times=[(0, 1, count), (1, 4, 100 - count)])) for count in (99, 1))
    both = metrics.merged(pd.concat([one, other]), ["fleet"])
    assert both["count"].tolist() == [100, 100]
    assert metrics.quantiles(both, ["fleet"]).loc["web", ["p50", "p95"]].tolist() == approx([bucket(1, 99.5 / 100), bucket(4, 89.5 / 100)])


def test_who_came_in_the_warm_up_is_not_counted():
    run = left({}, {}, times=[(0, 8, 1000), (1, 1, 5)], warmup="60s")
    assert metrics.latency(run).loc["web", ["served", "p50_s"]].tolist() == [5, bucket(1)]


def test_where_none_was_served_there_is_no_quantile():
    run = left({"failed": 3600.0})
    assert len(metrics.latency(run)) == 0
    assert np.isnan(metrics.measure(run)["summary"]["latency_p99"].iloc[0])


def test_what_is_on_time_is_a_share_of_all_that_were_offered():
    """Of 100 offered 60 were served, between 1 s and 1 1/32 s: half of these by the bucket's middle, all in the end, the other 40 never."""
    run = left({"offered": 100.0, "failed": 40.0}, times=[(0, 1, 60)])
    assert [metrics.within(run, "web", t) for t in (0.5, 1, bucket(1), 2, 1e6)] == approx([0, 0, 0.3, 0.6, 0.6])


def test_on_time_is_held_against_the_objective():
    """3,000 of 3,600 at 500 ms, 600 at 900 ms."""
    run = left({}, times=[(0, 0.5, 3000), (0, 0.9, 600)], rest="objectives: {latency: {quantile: 99%, below: 800ms}}")
    assert metrics.measure(run)["summary"]["on_time"].iloc[0] == approx(3000 / 3600)


def test_nothing_offered_is_neither_on_time_nor_late():
    assert np.isnan(metrics.within(left({"offered": 0.0}), "web", 1))


def test_a_flow_has_no_latencies():
    run = simulate(loads("horizon: 1h\ntraffic: {kind: steady, rate: 5/s}\npolicies: {p: {web: {kind: pets, servers: 2}}}"))
    assert len(metrics.latency(run)) == 0
    assert np.isnan(metrics.within(run, "web", 1))
    row = metrics.measure(run)["summary"].iloc[0]
    assert row[["latency_p50", "latency_p95", "latency_p99", "latency_p999", "on_time", "attempts_per_request", "attempts", "refused"]].isna().all()


def test_a_curve_has_the_latency_of_those_who_came_in_its_window():
    """1 s in the first minute, 4 s in the third, and none served in the second; the horizon repeats the last."""
    found = metrics.measure(left({}, {"failed": 3600.0}, {}, times=[(0, 1, 1), (2, 4, 1)]))["curves"]
    assert found["p50_s"].tolist() == approx([bucket(1), np.nan, bucket(4), bucket(4)], nan_ok=True)


def test_a_curve_tells_attempts_from_goodput():
    """30 of 60 a second are served though each is tried thrice, and 90 attempts a second time out."""
    found = metrics.measure(left({"failed": 1800.0, "attempts": 10_800.0, "timed_out": 5400.0, "in_flight": 12.0}))["curves"]
    assert found[["offered_rps", "attempts_rps", "served_rps", "timed_out_rps"]].iloc[0].tolist() == [60, 180, 30, 90]
    assert found["in_flight"].tolist() == [0, 12]


@pytest.mark.parametrize("quantile", ["p50", "p999"])
def test_a_flow_has_no_curves_of_it(quantile):
    run = simulate(loads("horizon: 1h\ntraffic: {kind: steady, rate: 5/s}\npolicies: {p: {web: {kind: pets, servers: 2}}}"))
    assert not {"p50_s", "p99_s", "attempts_rps", "in_flight"} & set(metrics.measure(run)["curves"])
