"""Run all benchmarks and print one table: medians of runs taken in turn, and their ratios."""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from statistics import median
from time import perf_counter

import simpy
from rich.console import Console
from rich.table import Table

from benchmarks import fleet_year, world_cup
from simulator import loads, simulate

ROUNDS = 3


def seconds(act: Callable[[], object]) -> float:
    """How long it takes."""
    start = perf_counter()
    act()
    return perf_counter() - start


def in_turn(*sides: Callable[[], object], rounds: int = ROUNDS) -> list[float]:
    """The median time of each side, all sides taken in turn."""
    times = [[seconds(side) for side in sides] for _ in range(rounds)]
    return [median(column) for column in zip(*times, strict=True)]


def program(*words: str, scenario: str = "") -> Callable[[], object]:
    """The command as a user types it, in a new process and an empty folder, or one that holds `own.yaml`."""

    def run() -> None:
        with tempfile.TemporaryDirectory() as folder:
            if scenario:
                Path(folder, "own.yaml").write_text(scenario, encoding="utf-8")
            subprocess.run([sys.executable, "-m", "simulator", *words], cwd=folder, check=True, capture_output=True)

    return run


def main() -> None:
    """Measure and print."""
    table = Table("benchmark", "median", "beside it", "median", "ratio", "target", box=None, pad_edge=False, padding=(0, 3, 0, 0))

    def row(name: str, ours: float, beside: str, theirs: float, target: str) -> None:
        table.add_row(name, f"{ours:.3g} s", beside, f"{theirs:.3g} s", f"{ours / theirs:.2f}", target)

    empty = loads("{horizon: 1d, policies: {p: {web: {kind: cattle, replicas: 1}}}}")
    run, bare = in_turn(lambda: simulate(empty), lambda: simpy.Environment().run(until=86400), rounds=51)
    row("empty run of a day, record included", run, "an empty SimPy run", bare, "3 ms")
    year, plain, half = in_turn(lambda: fleet_year.ours(10_000), lambda: fleet_year.theirs(10_000), lambda: fleet_year.ours(5_000))
    row("10,000 pets, a year, 120,000 repairs", year, "SimPy by hand, no record", plain, "6 s")
    row("10,000 pets, a year", year, "5,000 pets, a year", half, "n log n: 2.2")
    cold, start = in_turn(program("run", "spike", "--quiet"), program("--help"))
    row("fleetsim run spike, cold", cold, "fleetsim --help", start, "15 s; 0.3 s")
    if world_cup.TRACE.exists():
        days, one = in_turn(
            *(program("run", "own.yaml", "--quiet", f"--data={world_cup.DATA}", scenario=world_cup.scenario(runs)) for runs in (20, 2)), rounds=1
        )
        row("World Cup 1998, 10 d, 20 x 2 runs, cold", days, "2 x 2 runs", one, "60 s")
    console = Console(width=140)
    console.print(table)
    console.print(f"peak memory of this process: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB")


if __name__ == "__main__":
    main()
