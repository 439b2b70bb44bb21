"""Experiments: the same bytes for any number of workers, and replications that stand for themselves."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Literal

import pandas as pd
import pytest

from simulator import Experiment, loads, simulate
from simulator.experiment import Part, work
from simulator.folder import RunFolder
from simulator.metrics import measure, merged
from simulator.report import write
from simulator.scenario import Traffic
from simulator.traffic.steady import Steady

TEXT = """
name: tiny
horizon: 6h
replications: 12
seed: 9
sites: {zones: [a, b], hosts_per_zone: 2}
traffic: [{kind: steady, rate: 30/s}]
failures: [{kind: crash, time_to_failure: {law: exponential, mean: 6h}}, {kind: outage, zone: a, at: 2h, lasts: {median: 10m, p95: 20m}}]
releases: [{version: "1.1", at: 1h}]
checks: [{metric: availability, policy: cattle, above: 50%}]
policies:
  pets: {web: {kind: pets, servers: 4}}
  cattle: {web: {kind: cattle, replicas: 4, autoscaler: {kind: target_utilisation, min: 4, max: 12}}}
"""


def files(folder):
    """What each file of a run folder hashes to, but for the file that says how and when it was made."""
    found = sorted(file for file in folder.rglob("*") if file.is_file() and file.name not in ("run.json", ".lock", "scenario.yaml"))
    return {file.relative_to(folder).as_posix(): hashlib.sha256(file.read_bytes()).hexdigest() for file in found}


def left_behind(path, jobs=1, executor=None):
    """The files of the tiny experiment after a run."""
    folder = RunFolder(path)
    results = Experiment(loads(TEXT)).run(jobs, folder, executor)
    write(results, folder)
    folder.finish(results.tables)
    return files(path)


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    """What one process leaves behind."""
    path = tmp_path_factory.mktemp("alone")
    return path, left_behind(path)


def test_two_workers_leave_the_same_bytes_as_one(alone, tmp_path):
    """Parquet of every part, summary, figures and report."""
    names = alone[1].keys()
    assert {"report.html", "summary.parquet", "events/part-pets-00000.parquet", "curves/part-cattle-00010.parquet"} <= names
    assert left_behind(tmp_path, jobs=2) == alone[1]


def test_any_executor_may_do_the_work(alone, tmp_path):
    with ThreadPoolExecutor(2) as threads:
        assert left_behind(tmp_path, executor=threads) == alone[1]


def test_a_run_that_goes_on_from_what_is_there_leaves_the_same_bytes(alone, tmp_path):
    """Two parts of four were done when it was stopped."""
    scenario = loads(TEXT)
    for part in Experiment(scenario).parts[1:3]:
        work(scenario, RunFolder(tmp_path), part)
    assert left_behind(tmp_path) == alone[1]


def test_a_part_is_ten_replications_of_one_policy():
    """Twelve replications of two policies: ten and two of each, whatever the jobs."""
    assert Experiment(loads(TEXT)).parts == [
        Part("pets", range(10)),
        Part("pets", range(10, 12)),
        Part("cattle", range(10)),
        Part("cattle", range(10, 12)),
    ]


@pytest.mark.parametrize("policy", ["pets", "cattle"])
def test_a_replication_alone_is_the_same_as_among_many(alone, policy):
    """The eleventh of twelve, and nothing else in the process: summary, incidents, curves and every transition."""
    for name, table in measure(simulate(loads(TEXT), policy, 10)).items():
        many = pd.read_parquet(alone[0] / name / f"part-{policy}-00010.parquet")
        mine = many[many["replication"] == 10]
        assert table.to_csv(index=False) == mine.to_csv(index=False), name


def test_replications_differ(alone):
    """Every run has an availability of its own."""
    summary = RunFolder(alone[0]).read_part("part-pets-00000")["summary"]
    assert summary["availability_by_time"].nunique() == 10


def test_the_hash_seed_of_python_changes_no_byte(tmp_path):
    """The command in two processes that order their sets differently."""
    (tmp_path / "tiny.yaml").write_text(TEXT, encoding="utf-8")
    command = [sys.executable, "-m", "simulator", "run", "tiny.yaml", "--quiet", "--jobs", "1", "--replications", "3", "--out"]
    runs = [
        subprocess.Popen([*command, seed], cwd=tmp_path, env={**os.environ, "PYTHONHASHSEED": seed}, stderr=subprocess.PIPE, text=True) for seed in ("1", "2")
    ]
    said = [run.communicate(timeout=120)[1] for run in runs]
    assert [run.returncode for run in runs] == [0, 0], said
    assert files(tmp_path / "1") == files(tmp_path / "2")
    assert "report.html" in files(tmp_path / "1")


def test_a_class_of_main_cannot_go_to_workers():
    """A notebook's own kind of traffic runs in the notebook's process, and with two jobs it is refused with the remedy."""

    class Mine(Steady):
        kind: Literal["mine"] = "mine"

    Mine.__module__ = "__main__"
    try:
        experiment = Experiment(loads(TEXT.replace("kind: steady", "kind: mine"), ["replications=1"]))
        assert len(experiment.run(jobs=1).tables["summary"]) == 2
        with pytest.raises(ValueError, match=r"Mine is defined in __main__, .* run with jobs=1"):
            experiment.run(jobs=2)
    finally:
        del Traffic.kinds["mine"]


SINGLE = TEXT.replace("6h", "10m").replace("2h", "3m").replace("1h", "5m").replace("replications: 12", "replications: 2")


def test_the_table_of_attempts_is_there_where_all_are_kept_and_absent_otherwise():
    """In memory those of all replications; a row each attempt, which the windows count as well."""
    kept, counted = (Experiment(loads(SINGLE, [f"requests={{detail: requests, keep: {keep}}}"])).run().tables for keep in ("all", "windows"))
    assert "requests" not in counted and "requests" not in Experiment(loads(SINGLE)).run().tables
    rows = kept["requests"].groupby(["policy", "replication"]).size()
    assert rows.tolist() == counted["summary"].set_index(["policy", "replication"]).sort_index()["attempts"].tolist()
    assert list(kept["requests"].columns[:5]) == ["policy", "replication", "fleet", "request", "attempt"]


def test_attempts_on_disk_are_those_in_memory(tmp_path):
    """Whatever the jobs, and a file for each replication."""
    scenario = loads(SINGLE, ["requests={detail: requests, keep: all}"])
    for jobs in (1, 2):
        found = Experiment(scenario).run(jobs, RunFolder(tmp_path / str(jobs))).tables
        assert "requests" not in found
    assert files(tmp_path / "1") == files(tmp_path / "2")
    memory = Experiment(scenario).run().tables["requests"]
    disk = pd.concat([pd.read_parquet(tmp_path / "1" / "requests" / f"part-{policy}-0000{n}.parquet") for policy in ("pets", "cattle") for n in (0, 1)])
    assert disk.to_csv(index=False) == memory.to_csv(index=False)


def test_latencies_of_all_replications_merge():
    """They are as many as were served."""
    tables = Experiment(loads(SINGLE, ["requests={detail: requests}"])).run().tables
    both = merged(tables["latencies"], ["policy", "fleet"])
    assert both.groupby("policy")["count"].sum().to_dict() == tables["summary"].groupby("policy")["served"].sum().to_dict()
