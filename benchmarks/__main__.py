"""Run all benchmarks and print one table: medians of runs taken in turn, and their ratios."""

from __future__ import annotations

import resource
import tempfile
from pathlib import Path

import simpy
from rich.console import Console
from rich.table import Table

from benchmarks import c_loop, day, fleet_year, requests, results, rolled, world_cup
from benchmarks.alone import alone
from benchmarks.program import first, program
from benchmarks.subject import SIZES, SUBJECTS
from benchmarks.timing import in_turn, show
from simulator import loads, simulate

KEPT_SIZE = 100  # servers


def main() -> None:
    """Measure, print and keep."""
    console = Console(width=160)
    table = Table("benchmark", "median", "beside it", "median", "ratio", "target", box=None, pad_edge=False, padding=(0, 3, 0, 0))
    operating(table)
    starting(table)
    with tempfile.TemporaryDirectory() as folder:
        c = c_loop.compiled(folder)
        results.keep([*serving(table, c), *a_day(table)])
    console.print(table)
    console.print(f"peak memory of this process: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB")
    if not c:
        console.print("There is no C compiler here, so nothing is beside the C loop.")


def row(table: Table, name: str, ours: float, beside: str, theirs: float, target: str) -> None:
    """One of ours beside one of theirs (seconds)."""
    table.add_row(name, show(ours), beside, show(theirs), f"{ours / theirs:.2f}", target)


def operating(table: Table) -> None:
    """What is alive and rare, without requests."""
    empty = loads("{horizon: 1d, policies: {p: {web: {kind: cattle, replicas: 1}}}}")
    run, bare = in_turn(lambda: simulate(empty), lambda: simpy.Environment().run(until=86400), rounds=51)
    row(table, "empty run of a day, record included", run, "an empty SimPy run", bare, "3 ms")
    year, plain, half = in_turn(lambda: fleet_year.ours(10_000), lambda: fleet_year.theirs(10_000), lambda: fleet_year.ours(5_000))
    row(table, "10,000 pets, a year, 120,000 repairs", year, "SimPy by hand, no record", plain, "6 s")
    row(table, "10,000 pets, a year", year, "5,000 pets, a year", half, "n log n: 2.2")
    one = fleet_year.patched(10_000)
    assert one.repairs > 110_000 and one.patches > 200_000, f"no year as it was meant: {one}"
    row(table, f"10,000 pets, a year, {one.repairs:,} repairs, {one.patches:,} patches", one.seconds, "its tables", one.metrics_seconds, "30 s together")
    table.add_row("its peak memory, tables included", f"{one.peak_mb:.0f} MB", "", "", "", "1,500 MB")
    many, few = rolled.replacements(5_000, 30), rolled.replacements(2_500, 30)
    assert rolled.replaced(few) == 75_000
    scaled, whole, part = in_turn(lambda: simulate(rolled.day(1_000)), lambda: simulate(many), lambda: simulate(few), rounds=1)
    row(table, "1,000 containers, a day of HPA, a spike and a rollout", scaled, "150,000 replacements among 5,000", whole, "5 s; 20 s")
    row(table, "150,000 replacements among 5,000", whole, "75,000 among 2,500", part, "n log n: 2.2")
    images, bare = in_turn(lambda: simulate(rolled.pulled(30)), lambda: simulate(many), rounds=1)
    row(table, "5,000 containers of an image on 200 hosts, a release a day for 30 days", images, "without images", bare, "20 s")
    cold, start = in_turn(program("run", "spike", "--quiet"), program("--help"))
    row(table, "fleetsim run spike, cold", cold, "fleetsim --help", start, "15 s; 0.3 s")
    if world_cup.TRACE.exists():
        days, one = in_turn(
            *(program("run", "own.yaml", "--quiet", f"--data={world_cup.DATA}", scenario=world_cup.scenario(runs)) for runs in (20, 2)), rounds=1
        )
        row(table, "World Cup 1998, 10 d, 20 x 2 runs, cold", days, "2 x 2 runs", one, "60 s")


def starting(table: Table) -> None:
    """The kernels are compiled once, and loaded by every process."""
    with tempfile.TemporaryDirectory() as compiled:
        first("requests", compiled)()
        warm, cold, flow = in_turn(first("requests", compiled), first("requests"), first("rate"))
    row(table, "a first run with requests, compiled before", warm, "traffic as a flow", flow, "0.6 s")
    row(table, "a first run with requests, to be compiled", cold, "traffic as a flow", flow, "4 s")


def serving(table: Table, c: Path | None) -> list[results.Row]:
    """What a request costs us, and others; returns the rows of one size."""
    kept = []
    simulate(loads(requests.scenario(SUBJECTS[0], 1, 10)))  # compiled
    for subject in SUBJECTS:
        for servers in SIZES:
            costs = requests.costs(subject, servers, c)
            ours = costs.pop("ours")
            times = {name: theirs / ours for name, theirs in costs.items()}
            targets = {"SimPy": subject.x_simpy, "Ciw": 0.0, "C": subject.x_c}
            table.add_row(
                f"a request: {subject.title}, {servers:,} servers",
                show(ours),
                ", ".join(costs),
                ", ".join(map(show, costs.values())),
                ", ".join(f"{ratio:.3g}x" for ratio in times.values()),
                ", ".join(f"{targets[name]:g}x{' missed' * (ratio < targets[name])}" for name, ratio in times.items() if targets[name]),
            )
            if servers == KEPT_SIZE:
                peak = alone(requests.scenario(subject, servers)).peak_mb
                kept.append(results.Row("requests", subject.name, 1 / ours, times["SimPy"], times.get("C"), peak))
    return kept


def a_day(table: Table) -> list[results.Row]:
    """A day of requests, and one of ten times as many."""
    one, ten = alone(day.scenario()), alone(day.scenario(10))
    for run in (one, ten):
        assert run.attempts > run.requests > run.served > 0.9 * run.requests, f"no day as it was meant: {run}"
    more = f"{ten.requests / 1e6:,.0f} M requests"
    row(table, f"24 h, {one.requests / 1e6:.0f} M requests, {one.requests / one.seconds / 1e6:.1f} M/s", one.seconds, more, ten.seconds, "10 s; linear: 0.1")
    table.add_row("their peak memory", f"{one.peak_mb:.0f} MB", more, f"{ten.peak_mb:.0f} MB", f"{one.peak_mb / ten.peak_mb:.2f}", "300 MB; flat: 1")
    return [results.Row("requests", name, run.requests / run.seconds, None, None, run.peak_mb) for name, run in (("day", one), ("day_x10", ten))]


if __name__ == "__main__":
    main()
