"""The command line: exit codes, what is printed where, and what is left on disk."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from simulator.scenario_file import loads

TINY = """
name: tiny
horizon: 1h
replications: 2
traffic: [{kind: steady, rate: 20/s}]
failures: [{kind: outage, zone: a, at: 20m, lasts: 5m}]
releases: [{version: "1.1", at: 10m}]
policies:
  pets: {web: {kind: pets, servers: 3}}
  cattle: {web: {kind: cattle, replicas: 3}}
"""
LONG = TINY.replace("replications: 2", "replications: 100000")
OPTIONS = ("--replications", "11", "--seed", "5", "--set", "traffic[0].rate=22/s")  # 11 replications are two parts a policy


def fleetsim(folder: Path, *args: object, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "simulator", *map(str, args)]
    return subprocess.run(
        command, cwd=folder, env={**os.environ, "PYTHONUTF8": "1", **environment}, capture_output=True, text=True, encoding="utf-8", timeout=180
    )


def started(folder: Path, *args: object) -> subprocess.Popen[str]:
    """The same in a session of its own, still at work; with its folder made and locked."""
    command = [sys.executable, "-m", "simulator", *map(str, args)]
    process = subprocess.Popen(
        command,
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a shell's background jobs ignore it
    )
    give_up = time.monotonic() + 30
    while not list(folder.rglob("summary/*.parquet")) and process.poll() is None and time.monotonic() < give_up:
        time.sleep(0.02)
    return process


def stop(process: subprocess.Popen[str]) -> None:
    """Whatever became of the test, nothing of it stays."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.communicate()


def content(folder: Path) -> dict[str, bytes]:
    """Every file but what says when and how it was made."""
    return {
        file.relative_to(folder).as_posix(): file.read_bytes()
        for file in sorted(folder.rglob("*"))
        if file.is_file() and file.name not in ("run.json", ".lock")
    }


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    (tmp_path / "tiny.yaml").write_text(TINY, encoding="utf-8")
    return tmp_path


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of two parts a policy, which the tests below read and never change."""
    folder = tmp_path_factory.mktemp("한글 and spaces")
    (folder / "tiny.yaml").write_text(TINY, encoding="utf-8")
    done = fleetsim(folder, "run", "tiny.yaml", *OPTIONS, "--jobs", 2, "--out", folder / "the run", "--json")
    assert done.returncode == 0, done.stderr
    (folder / "stdout").write_text(done.stdout, encoding="utf-8")
    (folder / "stderr").write_text(done.stderr, encoding="utf-8")
    return folder


def test_json_and_nothing_else_is_on_stdout(finished):
    said = json.loads((finished / "stdout").read_text(encoding="utf-8"))
    assert (said["seed"], Path(said["report"]).exists()) == (5, True)


def test_progress_is_not_shown_where_there_is_no_terminal(finished):
    assert (finished / "stderr").read_text(encoding="utf-8") == ""


def test_the_options_are_in_what_was_run(finished):
    resolved = loads((finished / "the run" / "scenario.resolved.yaml").read_text(encoding="utf-8"))
    assert (resolved.seed, resolved.replications, resolved.traffic[0].rate) == (5, 11, 22)


def test_a_finished_run_names_its_versions_its_hashes_and_how_to_make_it_again(finished):
    facts = json.loads((finished / "the run" / "run.json").read_text(encoding="utf-8"))
    assert (facts["status"], facts["seed"], facts["argv"][:2]) == ("finished", 5, ["run", "tiny.yaml"])
    assert set(facts["sha256"]) == set(content(finished / "the run"))


def test_a_finished_run_holds_the_scenario_as_it_was_given(finished):
    assert (finished / "the run" / "scenario.yaml").read_text(encoding="utf-8") == TINY


def test_one_worker_and_another_hash_seed_make_the_same_bytes(finished, tmp_path):
    done = fleetsim(finished, "run", "tiny.yaml", *OPTIONS, "--jobs", 1, "--out", tmp_path / "again", "--quiet", PYTHONHASHSEED="1")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert content(tmp_path / "again") == content(finished / "the run")


def test_the_resolved_scenario_alone_makes_the_same_tables_and_figures(finished, tmp_path):
    """The report may differ: of the resolved scenario every input is the reader's own."""
    assert fleetsim(tmp_path, "run", finished / "the run" / "scenario.resolved.yaml", "--jobs", 1, "--out", "again", "--quiet").returncode == 0
    before, after = content(finished / "the run"), content(tmp_path / "again")
    assert {name for name in before | after if before.get(name) != after.get(name)} <= {"scenario.yaml", "report.html"}


def copy(finished: Path, folder: Path) -> Path:
    return Path(shutil.copytree(finished / "the run", folder / "the run"))


def test_a_report_is_made_anew_from_the_tables_alone(finished, tmp_path):
    run = copy(finished, tmp_path)
    before = content(run)
    (run / "report.html").unlink()
    for figure in (run / "figures").iterdir():
        figure.unlink()
    assert fleetsim(tmp_path, "report", run).returncode == 0
    assert content(run) == before


def test_an_unfinished_run_is_continued_to_the_same_bytes(finished, tmp_path):
    """As after a kill in the midst of one part: its summary, which is written last, is not there, nor anything that comes after the parts."""
    run = copy(finished, tmp_path)
    before = content(run)
    facts = json.loads((run / "run.json").read_text(encoding="utf-8"))
    (run / "run.json").write_text(json.dumps({key: facts[key] for key in facts if key not in ("ended", "sha256")} | {"status": "unfinished"}), encoding="utf-8")
    for name in ("summary/part-cattle-00010.parquet", "events/part-cattle-00010.parquet", "summary.parquet", "report.html"):
        (run / name).unlink()
    kept = (run / "summary/part-pets-00000.parquet").stat().st_mtime_ns
    assert fleetsim(finished, "run", "tiny.yaml", *OPTIONS, "--jobs", 1, "--out", run).returncode == 0
    assert content(run) == before
    assert (run / "summary/part-pets-00000.parquet").stat().st_mtime_ns == kept


def test_a_finished_run_is_left_alone_and_a_new_one_made(tiny):
    for _ in range(2):
        assert fleetsim(tiny, "run", "tiny.yaml", "--jobs", 1, "--quiet").returncode == 0
    runs = sorted(path.name for path in (tiny / "runs").iterdir() if path.is_dir())
    assert len(runs) == 2
    assert (tiny / "runs" / "latest").read_text().strip() in runs


@pytest.mark.parametrize("rest", [(), ("--seed", 6)], ids=["the same run", "another run"])
def test_a_folder_that_holds_a_run_is_not_written_into(finished, rest):
    before = content(finished / "the run")
    done = fleetsim(finished, "run", finished / "the run" / "scenario.resolved.yaml", "--out", finished / "the run", *rest)
    assert (done.returncode, "[OutputExists]" in done.stderr, content(finished / "the run")) == (2, True, before)


def test_a_folder_that_holds_something_else_is_not_written_into(tiny):
    done = fleetsim(tiny, "run", "tiny.yaml", "--out", tiny)
    assert (done.returncode, "[OutputExists]" in done.stderr, list(content(tiny))) == (2, True, ["tiny.yaml"])


def test_a_folder_that_cannot_be_made_is_an_error_of_one_line(tiny):
    done = fleetsim(tiny, "run", "tiny.yaml", "--out", "tiny.yaml/run")
    assert (done.returncode, len(done.stderr.splitlines()), "[Output" in done.stderr) == (2, 1, True)


def test_a_check_that_fails_decides_the_exit_code(tiny):
    """Three pets for an hour are three server-hours, whatever happens."""
    (tiny / "tiny.yaml").write_text(TINY + "checks: [{metric: capacity_paid, policy: pets, below: 0.5}]\n", encoding="utf-8")
    done = fleetsim(tiny, "run", "tiny.yaml", "--jobs", 1)
    assert (done.returncode, "fail" in done.stdout) == (99, True)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("horizon: 5\nsede: 1\npolicies: {p: {web: {kind: cattle, replicas: -3}}}\n", "ConfigUnit"),
        ("horizon: 1h\npolicies: {p: {web: {kind: goat}}}\n", "ConfigChoice"),
        ("a: [1\n", "ConfigSyntax"),
        ("", "ConfigEmpty"),
    ],
)
@pytest.mark.parametrize("command", ["run", "validate"])
def test_a_wrong_file_is_told_in_a_line_a_mistake_and_nothing_is_written(tmp_path, command, text, kind):
    (tmp_path / "wrong.yaml").write_text(text, encoding="utf-8")
    done = fleetsim(tmp_path, command, "wrong.yaml")
    assert (done.returncode, done.stdout, f"[{kind}]" in done.stderr, "Traceback" in done.stderr) == (2, "", True, False)
    assert all(line.startswith("wrong.yaml") for line in done.stderr.splitlines())
    assert [path.name for path in tmp_path.iterdir()] == ["wrong.yaml"]


@pytest.mark.parametrize(
    "args",
    [
        ("--jobs", 0),
        ("--jobs", -3),
        ("--jobs", 10**9),
        ("--replications", 0),
        ("--seed", -1),
        ("--seed", "x"),
        ("--set", "sede=1"),
        ("--set", "traffic[9].rate=1/s"),
        ("--max-events", 0),
        ("--max-events", "nan"),
        ("--wrong",),
    ],
    ids=str,
)
def test_a_wrong_option_is_refused_and_nothing_is_written(tiny, args):
    done = fleetsim(tiny, "run", "tiny.yaml", *args)
    assert (done.returncode, done.stdout, "Traceback" in done.stderr, [path.name for path in tiny.iterdir()]) == (2, "", False, ["tiny.yaml"])


def test_a_scenario_that_is_not_there_is_told_with_the_nearest(tmp_path):
    done = fleetsim(tmp_path, "validate", "spyke")
    assert (done.returncode, "did you mean 'spike'?" in done.stderr) == (2, True)


@pytest.mark.parametrize("command", [("report", "."), ("report", "nowhere")])
def test_a_report_of_what_is_no_run_is_refused(tmp_path, command):
    done = fleetsim(tmp_path, *command)
    assert (done.returncode, len(done.stderr.splitlines()), list(tmp_path.iterdir())) == (2, 1, [])


def test_a_shipped_scenario_is_found_by_its_name_and_what_validate_prints_is_valid(tmp_path):
    first = fleetsim(tmp_path, "validate", "spike")
    (tmp_path / "resolved.yaml").write_text(first.stdout, encoding="utf-8")
    assert (first.returncode, fleetsim(tmp_path, "validate", "resolved.yaml").stdout) == (0, first.stdout)


def test_validate_says_what_the_changes_made_of_it(tiny):
    done = fleetsim(tiny, "validate", "tiny.yaml", "--set", "policies.cattle.web.replicas=20", "--json")
    assert json.loads(done.stdout)["policies"]["cattle"]["web"]["replicas"] == 20
    assert fleetsim(tiny, "validate", "tiny.yaml", "--quiet").stdout == ""


STORM = TINY.replace("releases:", "requests: {detail: requests, timeout: 1s, attempts: 3}\nreleases:").replace("1h", "10m").replace("20m", "5m")


@pytest.mark.parametrize("command", ["validate", "run"])
def test_what_is_perhaps_not_meant_is_a_warning_on_stderr(tiny, command):
    (tiny / "tiny.yaml").write_text(STORM, encoding="utf-8")
    done = fleetsim(tiny, command, "tiny.yaml", *(["--jobs", 1, "--out", "out"] if command == "run" else []))
    assert (done.returncode, done.stderr) == (
        0,
        "warning: requests.attempts: retries come at once, which makes a storm worse; give a `backoff`, such as 200ms\n",
    )
    if command == "run":
        assert done.stderr == "".join(f"warning: {warning}\n" for warning in json.loads((tiny / "out/run.json").read_text(encoding="utf-8"))["warnings"])
        assert "Warning: requests.attempts" in (tiny / "out/report.html").read_text(encoding="utf-8")
    else:
        assert fleetsim(tiny, "validate", "tiny.yaml", "--quiet").stderr == ""


def test_the_limit_of_a_runs_size_can_be_moved(tiny):
    """An hour of a crash a millisecond is more than the limit; and what is small is refused where the limit is smaller."""
    crash = "failures[0]={kind: crash, time_to_failure: {law: exponential, mean: 100ms}}"
    large = fleetsim(tiny, "validate", "tiny.yaml", "--set", crash, "--set", "horizon=100d")
    assert (large.returncode, "--max-events" in large.stderr) == (2, True)
    assert fleetsim(tiny, "validate", "tiny.yaml", "--set", crash, "--set", "horizon=100d", "--max-events", "1e12").returncode == 0
    assert "[ConfigLimit]" in fleetsim(tiny, "run", "tiny.yaml", "--max-events", "10").stderr


def test_a_row_an_attempt_counts_as_an_event(tiny):
    """Which would fill the memory: 100 requests a second for ten days."""
    storm = ["--set", "horizon=10d", "--set", "traffic=[{kind: steady, rate: 100/s}]"]
    (tiny / "tiny.yaml").write_text(STORM, encoding="utf-8")
    assert fleetsim(tiny, "validate", "tiny.yaml", *storm).returncode == 0
    kept = fleetsim(tiny, "validate", "tiny.yaml", *storm, "--set", "requests.keep=all")
    assert (kept.returncode, "8.6e+07 requests, which count one each, as `keep: all` has them" in kept.stderr) == (2, True)


def test_a_run_of_another_limit_says_so_where_it_says_how_to_make_it_again(tiny):
    assert fleetsim(tiny, "run", "tiny.yaml", "--jobs", 1, "--out", "out", "--max-events", "1e6", "--quiet").returncode == 0
    assert "scenario.resolved.yaml --max-events 1e+06" in (tiny / "out/report.html").read_text(encoding="utf-8")
    assert fleetsim(tiny, "report", "out", "--quiet").returncode == 0
    assert "scenario.resolved.yaml --max-events 1e+06" in (tiny / "out/report.html").read_text(encoding="utf-8")


def test_all_attempts_are_kept_a_file_a_replication_and_no_report_reads_them(tiny):
    (tiny / "tiny.yaml").write_text(STORM.replace("attempts: 3", "attempts: 3, keep: all"), encoding="utf-8")
    assert fleetsim(tiny, "run", "tiny.yaml", "--jobs", 1, "--out", "out", "--quiet").returncode == 0
    kept = sorted((tiny / "out/requests").iterdir())
    assert [file.name for file in kept] == [f"part-{policy}-{replication:05d}.parquet" for policy in ("cattle", "pets") for replication in (0, 1)]
    for file in kept:
        file.write_bytes(b"of no use to a report")
    assert fleetsim(tiny, "report", "out", "--quiet").returncode == 0


def test_kinds_lists_every_family_with_a_sentence_a_kind(tmp_path):
    said = json.loads(fleetsim(tmp_path, "kinds", "--json").stdout)
    assert {"cattle", "crew", "pets"} <= said["parts"].keys()
    assert all(sentence for family in said.values() for sentence in family.values())
    table = fleetsim(tmp_path, "kinds").stdout
    assert all(kind in table for family in said.values() for kind in family)


def test_the_schema_has_every_kind_in_it(tmp_path):
    schema = fleetsim(tmp_path, "schema").stdout
    kinds = {kind for family in json.loads(fleetsim(tmp_path, "kinds", "--json").stdout).values() for kind in family}
    assert "properties" in json.loads(schema)
    assert all(f'"const": "{kind}"' in schema for kind in kinds)


def test_the_version_is_printed(tmp_path):
    assert fleetsim(tmp_path, "--version").stdout.startswith("fleetsim ")


posix = pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")


@posix
@pytest.mark.parametrize("jobs", [1, 2])
def test_an_interrupt_ends_the_run_with_130_and_keeps_what_is_done(tiny, jobs):
    (tiny / "tiny.yaml").write_text(LONG, encoding="utf-8")
    process = started(tiny, "run", "tiny.yaml", "--jobs", jobs, "--out", "out")
    try:
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to the workers too
        _, errors = process.communicate(timeout=20)
    finally:
        stop(process)
    assert list((tiny / "out" / "summary").glob("*.parquet"))
    assert (process.returncode, errors) == (130, "interrupted; run it again to go on from here\n")


@posix
def test_two_runs_into_one_folder_at_once_are_refused(tiny):
    (tiny / "tiny.yaml").write_text(LONG, encoding="utf-8")
    process = started(tiny, "run", "tiny.yaml", "--jobs", 1, "--out", "out")
    try:
        second = fleetsim(tiny, "run", "tiny.yaml", "--jobs", 1, "--out", "out")
    finally:
        stop(process)
    assert (second.returncode, len(second.stderr.splitlines()), "[OutputLocked]" in second.stderr) == (1, 1, True)


@pytest.mark.skipif(sys.platform != "linux", reason="children are found in /proc")
def test_a_worker_that_dies_ends_the_run_with_one_line(tiny):
    (tiny / "tiny.yaml").write_text(LONG, encoding="utf-8")
    process = started(tiny, "run", "tiny.yaml", "--jobs", 2, "--out", "out")
    try:
        os.kill(worker_of(process.pid), signal.SIGKILL)
        _, errors = process.communicate(timeout=30)
    finally:
        stop(process)
    assert (process.returncode, len(errors.splitlines()), "[WorkerDied]" in errors) == (1, 1, True)


def worker_of(session: int) -> int:
    """A process of a session whose parent is not the leader: one that the fork server made."""
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            parent, _, its = map(int, stat.read_text().rpartition(")")[2].split()[1:4])
            if its == session and parent != session != int(stat.parent.name):
                return int(stat.parent.name)
    raise LookupError("no worker")


@posix
@pytest.mark.parametrize("command", ["schema", "validate spike", "kinds"])
def test_a_reader_that_stops_reading_is_no_error(tmp_path, command):
    """`fleetsim schema | head -1`: a pipe whose end is closed."""
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run([sys.executable, "-m", "simulator", *command.split()], cwd=tmp_path, stdout=write, stderr=subprocess.PIPE, text=True, timeout=60)
    os.close(write)
    assert done.stderr == ""


def test_no_time_zone_database_is_needed(tiny):
    (tiny / "tiny.yaml").write_text(TINY + 'start: "2026-06-01T09:00+09:00"\n', encoding="utf-8")
    assert fleetsim(tiny, "validate", "tiny.yaml", PYTHONTZPATH="", TZ="Nowhere/At_all").returncode == 0
