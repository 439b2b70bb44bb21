"""Experiments: every policy under the same replications of the weather."""

from __future__ import annotations

import multiprocessing
import signal
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from functools import partial
from typing import Any, NamedTuple

import pandas as pd
from pydantic import BaseModel

from simulator.folder import RunFolder
from simulator.metrics.summary import Tables, measure
from simulator.metrics.verdict import Verdict, verdicts
from simulator.problems import Problem, ScenarioError
from simulator.run import prepare, simulate
from simulator.scenario import Scenario

REPLICATIONS_A_PART = 10  # whatever the jobs, so that the files are the same for any number of them
AHEAD = 1024  # parts


class Part(NamedTuple):
    """Some replications of one policy: what a worker does at a time."""

    policy: str
    replications: range

    @property
    def name(self) -> str:
        return f"part-{self.policy}-{self.replications.start:05d}"


class Results(NamedTuple):
    """What an experiment found: its tables, one below the other in the order of policies and replications."""

    scenario: Scenario
    tables: Tables

    @property
    def verdicts(self) -> list[Verdict]:
        """The scenario's checks."""
        return verdicts(self.scenario, self.tables)

    @property
    def exit_code(self) -> int:
        """99 where a check failed, else 0."""
        return 99 if any(verdict.status == "fail" for verdict in self.verdicts) else 0


class Experiment:
    """A scenario with all its policies and replications; replication r of a policy depends on (scenario, seed, policy, r) alone."""

    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario

    @property
    def parts(self) -> list[Part]:
        """The work, in the order in which results are kept."""
        all_ = range(self.scenario.replications)
        return [Part(policy, all_[first : first + REPLICATIONS_A_PART]) for policy in self.scenario.policies for first in all_[::REPLICATIONS_A_PART]]

    def run(
        self, jobs: int = 1, folder: RunFolder | None = None, executor: Executor | None = None, done: Callable[[int], None] = lambda replications: None
    ) -> Results:
        """Simulate and measure everything; with a folder, what is already there is not done again. `done` hears how many replications more are finished.

        `jobs` worker processes share the parts (1: this process does them), or any `concurrent.futures.Executor` does.
        """
        found = []
        with _hands(self.scenario, jobs, executor) as each:
            for part, tables in zip(self.parts, each(partial(work, self.scenario, folder), self.parts), strict=True):
                found.append(tables or _kept(folder, part))
                done(len(part.replications))
        return Results(self.scenario, joined(found))


def work(scenario: Scenario, folder: RunFolder | None, part: Part) -> Tables | None:
    """Simulate and measure one part; into the folder where there is one, so that nothing large passes between processes."""
    if folder and folder.has_part(part.name):
        return None
    found = []
    for replication in part.replications:
        tables = measure(simulate(scenario, part.policy, replication))
        if folder and "requests" in tables:  # a replication has so many that it gets a file of its own
            folder.write_table("requests", Part(part.policy, range(replication, replication + 1)).name, tables.pop("requests"))
        found.append(tables)
    if not folder:
        return joined(found)
    folder.write_part(part.name, joined(found))
    return None


def _kept(folder: RunFolder | None, part: Part) -> Tables:
    assert folder
    return folder.read_part(part.name)


def joined(found: Sequence[Tables]) -> Tables:
    """Tables below each other."""
    return Tables({name: pd.concat([tables[name] for tables in found if len(tables[name])] or [found[0][name]], ignore_index=True) for name in found[0]})


Work = Callable[[Part], Tables | None]
Map = Callable[[Work, Iterable[Part]], Iterator[Tables | None]]


@contextmanager
def _hands(scenario: Scenario, jobs: int, executor: Executor | None) -> Iterator[Map]:
    """What maps a function over parts: this process, worker processes, or the executor given."""
    if executor or jobs > 1:
        _importable(scenario)
        prepare(scenario)
    if executor:
        yield partial(ahead, executor)
    elif jobs > 1:
        method = "forkserver" if "forkserver" in multiprocessing.get_all_start_methods() else "spawn"
        context = multiprocessing.get_context(method)
        if method == "forkserver":
            context.set_forkserver_preload([__name__])
        pool = ProcessPoolExecutor(min(jobs, 61) if sys.platform == "win32" else jobs, mp_context=context, initializer=_deaf)
        try:
            yield partial(ahead, pool)
        except BrokenProcessPool:
            raise ScenarioError(
                scenario.name, [Problem("WorkerDied", "a worker process died, perhaps for lack of memory; run it again with fewer --jobs to go on from here")]
            ) from None
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
    else:
        yield map


def ahead(executor: Executor, function: Work, parts: Iterable[Part]) -> Iterator[Tables | None]:
    """Results in order, with only so much asked for beforehand as keeps every worker busy."""
    asked: deque[Future[Tables | None]] = deque()
    for part in parts:
        asked.append(executor.submit(function, part))
        if len(asked) >= AHEAD:
            yield asked.popleft().result()
    while asked:
        yield asked.popleft().result()


def _deaf() -> None:
    """An interrupt is for the parent, which lets workers finish their parts."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _importable(part: Any) -> None:
    """Refuse what a worker process could not import."""
    if type(part).__module__ == "__main__":
        raise ValueError(f"{type(part).__name__} is defined in __main__, which worker processes cannot import: put it into a module, or run with jobs=1")
    for inside in part.values() if isinstance(part, dict) else part if isinstance(part, tuple) else vars(part).values() if isinstance(part, BaseModel) else ():
        _importable(inside)
