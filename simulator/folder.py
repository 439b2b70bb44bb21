"""Run folders: what a run leaves behind, so that it can be read, continued and made again."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import pandas as pd
from filelock import FileLock, Timeout

from simulator.checks import METRICS
from simulator.document import written
from simulator.metrics.summary import Tables
from simulator.problems import Problem, ScenarioError
from simulator.scenario import Scenario
from simulator.scenario_file import reread

RUN = "run.json"
LIBRARIES = ("simpy", "numpy", "numba", "pandas", "pyarrow", "scipy", "pydantic", "matplotlib")
UNREAD = ("events", "requests")  # tables that grow with the fleet and its traffic, and that no report needs


class RunFolder:
    """One run on disk: `run.json` with how it was made, the scenario as given and as resolved, tables in Parquet, report and figures."""

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)

    @classmethod
    def for_run(cls, scenario: Scenario, given: bytes, argv: Sequence[str], changes: Sequence[str], out: Path | None) -> RunFolder:
        """The folder `out`, if it holds nothing else; else the newest unfinished one of just this run below `runs`, or a new one there."""
        key = key_of(scenario)
        folder = cls(out) if out else cls._below(Path("runs"), scenario.name, key)
        if out:
            folder._refuse_another(key)
        if not folder.facts:
            folder._begin(scenario, given)
            made = {"seed": scenario.seed, "argv": list(argv), "changes": list(changes)}
            said = {"recordings": scenario.recordings, "warnings": scenario.warnings}
            folder.note(key=key, status="unfinished", **made, **said, versions=_versions(), begun=_now())
        return folder

    @classmethod
    def _below(cls, runs: Path, name: str, key: str) -> RunFolder:
        begun = [cls(run.parent) for run in sorted(runs.glob(f"*/{RUN}"))]
        same = [folder for folder in begun if folder.facts.get("key") == key and folder.facts.get("status") == "unfinished" and not folder.busy]
        folder = same[-1] if same else cls(_free(runs / f"{time.strftime('%Y-%m-%dT%H%MZ', time.gmtime())}_{name}_{key[:4]}"))
        with suppress(OSError):  # where nothing can be written, the folder itself will say so
            _replace(runs / "latest", f"{folder.path.name}\n".encode())
        return folder

    def _refuse_another(self, key: str) -> None:
        facts = self.facts
        if facts.get("key") == key and facts.get("status") == "finished":
            raise ScenarioError(str(self.path), [Problem("OutputExists", "holds this very run, finished; `fleetsim report` renews its page")])
        if self.path.exists() and (not self.path.is_dir() or (any(self.path.iterdir()) and facts.get("key") != key)):
            raise ScenarioError(str(self.path), [Problem("OutputExists", "holds something else; choose another folder, or remove it")])

    def _begin(self, scenario: Scenario, given: bytes) -> None:
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            (self.path / "scenario.yaml").write_bytes(given)
            (self.path / "scenario.resolved.yaml").write_text(written(scenario.dump()), encoding="utf-8")
        except OSError as error:
            raise ScenarioError(str(self.path), [Problem("OutputNotWritable", f"cannot be written: {error.strerror}")]) from None

    @property
    def facts(self) -> dict[str, Any]:
        """What `run.json` says; empty where there is none."""
        try:
            return dict(json.loads((self.path / RUN).read_text(encoding="utf-8")))
        except (OSError, ValueError):
            return {}

    def note(self, **facts: Any) -> None:
        """Add to `run.json`."""
        _replace(self.path / RUN, json.dumps({**self.facts, **facts}, indent=2).encode())

    def finish(self, tables: Tables) -> None:
        """Put the summary into one file, and say what everything hashes to."""
        _replace(self.path / "summary.parquet", _parquet(tables["summary"]))
        files = sorted(file for file in self.path.rglob("*") if file.is_file() and file.name not in (RUN, ".lock"))
        hashes = {file.relative_to(self.path).as_posix(): hashlib.sha256(file.read_bytes()).hexdigest() for file in files}
        self.note(status="finished", ended=_now(), sha256=hashes)

    def write_part(self, name: str, tables: Tables) -> None:
        """Each table of one part as a file of its own; a part counts once its summary is there, which comes last."""
        for table in sorted(tables, key=lambda table: table == "summary"):
            self.write_table(table, name, tables[table])

    def write_table(self, table: str, name: str, rows: pd.DataFrame) -> None:
        """One table of one part."""
        _replace(self.path / table / f"{name}.parquet", _parquet(rows))

    def has_part(self, name: str) -> bool:
        """Whether a part is finished."""
        return (self.path / "summary" / f"{name}.parquet").exists()

    def read_part(self, name: str) -> Tables:
        """The tables of one part that a report needs."""
        found = sorted(file.parent.name for file in self.path.glob(f"*/{name}.parquet"))
        try:
            tables = Tables({table: pd.read_parquet(self.path / table / f"{name}.parquet") for table in found if table not in UNREAD})
        except (OSError, ValueError) as error:
            raise ScenarioError(str(self.path), [Problem("FolderDamaged", f"{name} cannot be read: {error}".split("\n")[0])]) from None
        if unknown := [metric for metric in METRICS if metric not in tables["summary"]]:
            raise ScenarioError(str(self.path), [Problem("FolderDamaged", f"another version made it, which did not measure {unknown[0]}; run it again")])
        return tables

    def expect(self, parts: Iterable[str]) -> None:
        """Raise ScenarioError where one of these parts is missing."""
        missing = [part for part in parts if not self.has_part(part)]
        if missing:
            raise ScenarioError(str(self.path), [Problem("FolderDamaged", f"{missing[0]} is missing; run the scenario again")])

    def finished(self) -> Scenario:
        """What was simulated, all of it; raises ScenarioError where it is not finished."""
        if self.facts.get("status") != "finished":
            raise ScenarioError(str(self.path), [Problem("FileNotFound", "is not the folder of a finished run")])
        return reread(self.path / "scenario.yaml", self.facts.get("changes", ()))  # as given, so that the page knows what was given

    @property
    def busy(self) -> bool:
        """Whether another process writes here."""
        try:
            with self.locked():
                return False
        except ScenarioError:
            return True

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Alone in this folder."""
        try:
            with FileLock(self.path / ".lock", timeout=0):
                yield
        except Timeout:
            raise ScenarioError(str(self.path), [Problem("OutputLocked", "another run is writing here")]) from None


def key_of(scenario: Scenario) -> str:
    """What makes two runs the same: the resolved scenario, its seed in it, and the version of the program."""
    return hashlib.sha256(json.dumps([scenario.dump(), program_version()], sort_keys=True).encode()).hexdigest()


def _versions() -> dict[str, str]:
    """What a run was made with."""
    found = {}
    for name in LIBRARIES:
        with suppress(PackageNotFoundError):
            found[name] = version(name)
    return {"fleetsim": program_version(), "python": platform.python_version(), "platform": platform.platform(), **found}


def program_version() -> str:
    """The version installed."""
    return version("fleetsim")


def _parquet(table: pd.DataFrame) -> bytes:
    return bytes(table.to_parquet(None, compression="zstd", index=False) or b"")


def _replace(file: Path, content: bytes) -> None:
    """Write a whole file or none of it."""
    file.parent.mkdir(parents=True, exist_ok=True)
    half = file.with_name(f"{file.name}.{os.getpid()}.part")
    half.write_bytes(content)
    half.replace(file)


def _free(path: Path) -> Path:
    return next(other for n in range(1000) if not (other := path.with_name(f"{path.name}{f'-{n}' if n else ''}")).exists())


def _now() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
