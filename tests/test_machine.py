"""The kernels' own mathematics, and where their machine code is kept."""

from __future__ import annotations

import math
import os
import subprocess
import sys

import numpy as np
import pytest

from simulator.serving import machine
from simulator.serving.kernel.world import CALLER, FLEET, NUMBER, World
from simulator.serving.tables import logarithms

RUN = """
import sys
from simulator import loads, simulate
run = simulate(loads("{horizon: 1m, traffic: [{kind: steady, rate: 10/s}], requests: {detail: requests}, policies: {p: {web: {kind: pets, servers: 2}}}}"))
print(sum(run.record.tables["windows"].columns["served"]), "numba" in sys.modules)
"""


@pytest.fixture(scope="module")
def logarithm():
    numba = pytest.importorskip("numba")
    from simulator.serving.kernel.logarithm import log

    @numba.njit(error_model="numpy")
    def of_all(record, given, made):
        for place in range(len(given)):
            made[place] = log(record[0], given[place])

    def of(given):
        made, world = np.zeros(len(given)), World(np.zeros(1, FLEET), np.zeros(1, CALLER), tables=logarithms().view(NUMBER))
        of_all(world.record, given, made)
        return made

    return of


@pytest.mark.parametrize(
    "given",
    [
        pytest.param(lambda u: 1 - u, id="uniform"),
        pytest.param(lambda u: 1 - u * 1e-9, id="just below one"),
        pytest.param(lambda u: 0.98 + 0.04 * u, id="about one"),
        pytest.param(lambda u: np.exp(1400 * u - 700), id="any size"),
        pytest.param(lambda u: 1 - np.append(u[1:], 0.0) * 2.0**-52, id="the last bit"),
    ],
)
def test_the_logarithm_is_right_to_two_units_in_the_last_place(logarithm, given):
    numbers = given(np.random.default_rng(1).random(100_000))
    right = np.array([math.log(number) for number in numbers])
    assert np.max(np.abs(logarithm(numbers) - right) / np.spacing(np.abs(right))) <= 2


def told(environment):
    """What a new process prints that simulates a minute."""
    made = subprocess.run([sys.executable, "-c", RUN], env={**os.environ, **environment}, check=True, capture_output=True, text=True)
    return made.stdout.split()


def test_what_is_compiled_is_kept_and_found_again(tmp_path):
    first, again = (told({"NUMBA_CACHE_DIR": str(tmp_path)}) for _ in range(2))
    assert first[0] == again[0] and float(first[0]) > 400
    assert (first[1], again[1]) == ("True", "False")
    assert [file.suffix for file in tmp_path.iterdir()] == [".o"]


def test_a_file_that_was_cut_short_is_compiled_again(tmp_path, monkeypatch):
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    told({"NUMBA_CACHE_DIR": str(tmp_path)})
    assert machine._kept()
    file = tmp_path / machine._name()
    file.write_bytes(file.read_bytes()[:-1])
    assert not machine._kept()


def test_where_nothing_can_be_written_it_runs_all_the_same(tmp_path):
    nowhere = tmp_path / "file"
    nowhere.write_text("which is no folder")
    assert told({"NUMBA_CACHE_DIR": str(nowhere)})[1] == "True"
