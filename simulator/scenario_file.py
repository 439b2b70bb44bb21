"""Scenario files: a scenario on disk, with the reader's changes, read or refused as a whole."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from itertools import pairwise
from math import inf
from pathlib import Path as File
from typing import Any

from pydantic import ValidationError

from simulator import recorded
from simulator.component import meant
from simulator.document import Document, parse, read
from simulator.problems import Path, Problem, ScenarioError
from simulator.scenario import Scenario
from simulator.size import most_events

STEP = re.compile(r"\"([^\"]+)\"|([^.\[\]\"]+)|\[(\d+)\]")  # a name with dots goes into quotes


def load(source: str | File, changes: Sequence[str] = (), data: str | File | Sequence[str | File] = (), max_events: float | None = None) -> Scenario:
    """The scenario in a file, or the shipped one of that name, after changes such as `policies.cattle.web.replicas=20`.

    Its traces lie below the folder of the file or below one of `data`; `max_events` is another limit of a run's size.
    Raises ScenarioError, which lists everything that is wrong.
    """
    file = find(source)
    return scenario_of(read(file), changes, (file.parent, *_folders(data)), max_events)


def loads(
    text: str,
    changes: Sequence[str] = (),
    source: str = "scenario",
    data: str | File | Sequence[str | File] = (),
    max_events: float | None = None,
) -> Scenario:
    """The scenario in a text; its traces lie below the current folder or below one of `data`."""
    return scenario_of(parse(text, source), changes, (File(), *_folders(data)), max_events)


def reread(file: File, changes: Sequence[str]) -> Scenario:
    """The scenario of a run that is over: its traces stay unread, as a report needs none."""
    return scenario_of(read(file), changes, None, inf)


def _folders(data: str | File | Sequence[str | File]) -> list[File]:
    """One folder or several, if that is what they are."""
    folders = [data] if isinstance(data, str | File) else list(data)
    for folder in folders:
        if not os.path.isdir(folder):  # and not Path.is_dir, which raises for names that are too long
            raise ScenarioError(f"data folder {str(folder)!r:.200}", [Problem("Usage", "no such folder; name one that holds traces")])
    return [File(folder) for folder in folders]


def scenario_of(document: Document, changes: Sequence[str] = (), folders: tuple[File, ...] | None = (File(),), max_events: float | None = None) -> Scenario:
    """The scenario that a document describes, with its traces from these folders."""
    changed: dict[Path, str] = {}
    for change in changes:
        changed[apply(document.data, change)] = change
    problems = document.problems
    token, limit = recorded.folders.set(folders), most_events.set(max_events or most_events.get())
    try:
        scenario = Scenario.model_validate(document.data)
    except ValidationError as error:
        known = {problem.path for problem in problems}
        problems = problems + [located(document, e["loc"], e["type"], e["msg"], changed) for e in error.errors() if e["loc"] not in known]
    finally:
        recorded.folders.reset(token)
        most_events.reset(limit)
    if problems:
        raise ScenarioError(document.source, problems)
    return scenario


def located(document: Document, path: Path, kind: str, message: str, changed: dict[Path, str]) -> Problem:
    """A problem at its line, or at the change that brought it."""
    for place, change in changed.items():
        if path[: len(place)] == place:
            return Problem(kind, f"{message} (from --set {change})", path)
    return Problem(kind, message, path, document.place(path, of_key=kind in ("ConfigUnknownKey", "ConfigConflict")))


def find(source: str | File) -> File:
    """The file itself, or the shipped scenario of that name."""
    file = File(source)
    if file.exists() or file.suffix or len(file.parts) != 1:
        return file
    shipped = {config.stem: config for config in configs().glob("*.yaml")}
    if str(source) not in shipped:
        raise ScenarioError(
            str(source),
            [
                Problem(
                    "FileNotFound", f"no such file, and no shipped scenario of that name{meant(str(source), shipped)}; shipped: {', '.join(sorted(shipped))}"
                )
            ],
        )
    return shipped[str(source)]


def configs() -> File:
    """The folder of the shipped scenarios: within an installed package, or beside it in a checkout."""
    here = File(__file__).resolve().parent
    return here / "configs" if (here / "configs").is_dir() else here.parent / "configs"


def apply(data: Any, change: str) -> Path:
    """Make one change `path=value` in plain data; returns the path."""
    path_text, given, value_text = change.partition("=")
    path: Path = tuple(int(index) if index else quoted or key for quoted, key, index in STEP.findall(path_text.strip()))
    source = f"--set {change}"
    if not given or not path or "\n" in change:
        raise ScenarioError(source, [Problem("Usage", "write it as path=value, such as policies.cattle.web.replicas=20")])
    read_value = parse(f"value: {value_text}", source)
    if read_value.problems:
        raise ScenarioError(source, [problem._replace(path=path, place=None) for problem in read_value.problems])
    place = data
    for step, following in pairwise(path):
        if isinstance(place, dict) and isinstance(step, str) and step not in place and isinstance(following, str):
            place[step] = {}
        place = _inside(place, step, source, path)
    if isinstance(place, dict) and isinstance(path[-1], str):
        place[path[-1]] = read_value.data["value"]
    else:
        if not isinstance(place, list):
            raise ScenarioError(source, [Problem("ConfigType", "is no list here", path)])
        _inside(place, path[-1], source, path)
        place[int(path[-1])] = read_value.data["value"]
    return path


def _inside(place: Any, step: str | int, source: str, path: Path) -> Any:
    try:
        return place[step]
    except (KeyError, IndexError, TypeError):
        raise ScenarioError(source, [Problem("ConfigUnknownKey", f"nothing at {step!r} here", path)]) from None
