"""Draws are uniform, independent, and a pure function of what they are for."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest
from scipy import stats

from simulator.draws import GOLDEN, Draws
from simulator.laws import law

N = 20_000
ALPHA = 1e-4  # with the seed fixed, a test that passes always passes; so rare a value under a right hash would be bad luck
weather = Draws(seed=7, replication=0)
ALONG = {
    "draws of one entity": lambda k: weather.uniform("crash", "web/0", k),
    "entities": lambda k: weather.uniform("crash", f"web/{k}"),
    "purposes": lambda k: weather.uniform(f"purpose {k}", "web/0"),
    "replications": lambda k: Draws(7, k).uniform("crash", "web/0"),
    "seeds": lambda k: Draws(k, 0).uniform("crash", "web/0"),
}


def along(axis: str) -> np.ndarray:
    return np.array([ALONG[axis](k) for k in range(N)])


@pytest.mark.parametrize("axis", ALONG)
def test_draws_are_uniform_along(axis):
    assert stats.kstest(along(axis), "uniform").pvalue > ALPHA


@pytest.mark.parametrize("axis", ALONG)
def test_neighbours_are_independent_along(axis):
    """Pairs of neighbours fill the unit square evenly: 64 cells of N / 2 / 64 pairs each, by chi-square."""
    pairs = along(axis).reshape(-1, 2)
    cells = np.histogram2d(pairs[:, 0], pairs[:, 1], bins=8, range=[[0, 1], [0, 1]])[0]
    assert stats.chisquare(cells.ravel()).pvalue > ALPHA


@pytest.mark.parametrize("other", ["repair of web/0", "crash of web/1", "crash of web/0 in replication 1", "crash of web/0 under seed 8"])
def test_two_series_of_draws_are_independent(other):
    """The rank correlation of N independent pairs has standard deviation 1 / sqrt(N - 1)."""
    draws, purpose, entity = {
        "repair of web/0": (weather, "repair", "web/0"),
        "crash of web/1": (weather, "crash", "web/1"),
        "crash of web/0 in replication 1": (Draws(7, 1), "crash", "web/0"),
        "crash of web/0 under seed 8": (Draws(8, 0), "crash", "web/0"),
    }[other]
    theirs = np.array([draws.uniform(purpose, entity, k) for k in range(N)])
    assert stats.spearmanr(along("draws of one entity"), theirs).pvalue > ALPHA


def test_a_draw_does_not_depend_on_what_was_drawn_before():
    fresh = Draws(7, 0)
    for k in reversed(range(50)):
        fresh.uniform("other", f"web/{k}", k)
    assert fresh.uniform("crash", "web/3", 4) == weather.uniform("crash", "web/3", 4)


def test_purpose_and_entity_do_not_run_together():
    assert weather.uniform("ab", "c") != weather.uniform("a", "bc")


def test_seed_and_replication_do_not_run_together():
    assert Draws(11, 1).uniform("a", "b") != Draws(1, 11).uniform("a", "b")


def test_a_draw_of_a_law_is_its_quantile_there():
    hour = law("exponential", mean="1h")
    assert weather.draw(hour, "crash", "web/0", 3) == hour.quantile(weather.uniform("crash", "web/0", 3))


@pytest.mark.parametrize("bits", [0, 2**64 - 1])
def test_a_draw_lies_strictly_between_nought_and_one_whatever_the_hash(bits):
    """SplitMix64 is a bijection, so some k hashes to all bits 0, and some to all bits 1: there (2^53 - 1) + 0.5 must not round to 1."""
    weather.uniform("crash", "web/0")
    key = weather._keys["crash", "web/0"]
    k = (splitmix_from(bits) - key) * pow(GOLDEN, -1, 2**64) % 2**64 - 1
    assert 0 < weather.uniform("crash", "web/0", k) < 1


def splitmix_from(bits: int) -> int:
    """What SplitMix64 mixes to these bits: its three xor-shifts and two multiplications backwards."""
    for shift, factor in ((31, 0x94D049BB133111EB), (27, 0xBF58476D1CE4E5B9), (30, 1)):
        mixed = bits
        for _ in range(64 // shift):
            mixed = bits ^ (mixed >> shift)
        bits = mixed * pow(factor, -1, 2**64) % 2**64
    return bits


@pytest.mark.parametrize("hashseed", ["0", "1"])
def test_another_process_draws_the_same(hashseed):
    program = "from simulator.draws import Draws; print([Draws(7, 2).uniform('crash', 'web/3', k) for k in range(5)])"
    out = subprocess.run([sys.executable, "-c", program], env={**os.environ, "PYTHONHASHSEED": hashseed}, capture_output=True, text=True, check=True).stdout
    assert out.strip() == str([Draws(7, 2).uniform("crash", "web/3", k) for k in range(5)])
