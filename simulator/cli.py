"""The command line: parse, call what a notebook would call, print, exit code."""

from __future__ import annotations

import json
import os
import signal
import sys
from io import TextIOWrapper
from pathlib import Path
from shutil import get_terminal_size
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from simulator.experiment import Results
    from simulator.folder import RunFolder
    from simulator.scenario import Scenario

MOST_JOBS = 256

app = typer.Typer(
    name="fleetsim",
    help="A wind tunnel for operating fleets: pets and cattle under the same weather.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

Where = Annotated[str, typer.Argument(metavar="SCENARIO", help="A scenario file, or the name of a shipped one, such as spike.")]
Changes = Annotated[list[str] | None, typer.Option("--set", metavar="PATH=VALUE", help="Change the scenario, such as policies.cattle.web.replicas=20.")]
Data = Annotated[list[Path] | None, typer.Option("--data", metavar="FOLDER", help="Another folder that traces may lie in, besides the scenario's own.")]
MaxEvents = Annotated[float | None, typer.Option("--max-events", metavar="N", min=1, help="Another limit of a run's size, such as 1e9 (default 5e7).")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
Quiet = Annotated[bool, typer.Option("--quiet", help="Print nothing but errors.")]


@app.callback(invoke_without_command=True)
def version(show: Annotated[bool, typer.Option("--version", help="Print the version and stop.")] = False) -> None:
    """A wind tunnel for operating fleets: pets and cattle under the same weather."""
    if show:
        from importlib.metadata import version as installed

        print(f"fleetsim {installed('fleetsim')}")
        raise typer.Exit


@app.command()
def run(
    scenario: Where,
    changes: Changes = None,
    data: Data = None,
    seed: Annotated[int | None, typer.Option(help="Another seed than the scenario's.")] = None,
    replications: Annotated[int | None, typer.Option(help="Another number of replications.")] = None,
    jobs: Annotated[int | None, typer.Option(min=1, max=MOST_JOBS, help="Worker processes; all cores where nothing is said.")] = None,
    out: Annotated[Path | None, typer.Option(help="Folder for the results; without it a new one below runs/.")] = None,
    max_events: MaxEvents = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Simulate a scenario and write its report."""
    from simulator import scenario_file

    changes = [*(changes or []), *([f"seed={seed}"] if seed is not None else []), *([f"replications={replications}"] if replications is not None else [])]
    wanted = scenario_file.load(scenario, changes, data or (), max_events)
    warn(wanted, quiet)

    from simulator.experiment import Experiment
    from simulator.folder import RunFolder
    from simulator.progress import progress
    from simulator.report import write

    given = scenario_file.find(scenario).read_bytes()
    folder = RunFolder.for_run(wanted, given, sys.argv[1:], changes, out)
    if max_events:
        folder.note(max_events=max_events)
    try:
        with folder.locked(), progress(wanted.replications * len(wanted.policies), quiet or as_json) as done:
            results = Experiment(wanted).run(jobs or _cores(), folder, done=done)
            write(results, folder)
            folder.finish(results.tables)
    except KeyboardInterrupt:
        print("interrupted; run it again to go on from here", file=sys.stderr)
        raise typer.Exit(130) from None
    show(results, folder, as_json, quiet)
    raise typer.Exit(results.exit_code)


@app.command()
def report(folder: Annotated[Path, typer.Argument(metavar="RUN", help="A run folder.")], as_json: AsJson = False, quiet: Quiet = False) -> None:
    """Write a run's report anew, without simulating."""
    from simulator.experiment import Experiment
    from simulator.folder import RunFolder
    from simulator.report import write

    kept = RunFolder(folder)
    experiment = Experiment(kept.finished())
    kept.expect(part.name for part in experiment.parts)
    results = experiment.run(folder=kept)
    write(results, kept)
    show(results, kept, as_json, quiet)
    raise typer.Exit(results.exit_code)


@app.command()
def validate(
    scenario: Where,
    changes: Changes = None,
    data: Data = None,
    max_events: MaxEvents = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Check a scenario without running it."""
    from simulator.document import written
    from simulator.scenario_file import load

    found = load(scenario, changes or [], data or (), max_events)
    warn(found, quiet)
    if as_json:
        print(json.dumps(found.dump(), indent=2))
    elif not quiet:
        print("".join(f"# {note}\n" for note in found.recordings) + written(found.dump()), end="")


@app.command()
def kinds(as_json: AsJson = False) -> None:
    """List what can stand in a scenario: every family and its kinds."""
    from simulator.scenario import FAMILIES

    known = {family: {kind: (member.__doc__ or "").split("\n")[0] for kind, member in sorted(base.kinds.items())} for family, base in FAMILIES.items()}
    if as_json:
        print(json.dumps(known, indent=2))
        return
    for family, members in known.items():
        print(family)
        for kind, what in members.items():
            print(f"  {kind:20} {what}")


@app.command()
def schema() -> None:
    """Print the JSON Schema of a scenario, for editors."""
    from simulator.scenario import Scenario

    print(json.dumps(Scenario.model_json_schema(), indent=2))


def warn(scenario: Scenario, quiet: bool) -> None:
    """What is allowed, and perhaps not meant."""
    for warning in () if quiet else scenario.warnings:
        print(f"warning: {warning}", file=sys.stderr)


def show(results: Results, folder: RunFolder, as_json: bool, quiet: bool) -> None:
    """What a person or a script wants to know first."""
    if quiet:
        return
    from simulator.checks import POOLED
    from simulator.report import decided

    report = folder.path / "report.html"
    verdicts = [verdict._asdict() for verdict in results.verdicts]
    if as_json:
        summary = results.tables["summary"].drop(columns=["replication", *POOLED, *(f"{name}_censored" for name in POOLED)])  # a mean of these says little
        means = summary.groupby(["policy", "fleet"], sort=False).mean().reset_index()
        facts = {
            "decision": decided(results),
            "seed": results.scenario.seed,
            "checks": verdicts,
            "means": json.loads(means.to_json(orient="records")),
        }
        print(json.dumps({**facts, "folder": str(folder.path), "report": str(report)}, indent=2, ensure_ascii=False))
        return
    from rich.console import Console
    from rich.table import Table

    console = Console(width=get_terminal_size((140, 24)).columns, highlight=False)
    console.print(decided(results), markup=False)
    if verdicts:
        table = Table("check", "target", "measured", "result", box=None, pad_edge=False, padding=(0, 3, 0, 0))
        for verdict in verdicts:
            table.add_row(*verdict.values())
        console.print()
        console.print(table)
    console.print(f"\nseed {results.scenario.seed}, report: {report}", markup=False)


def main() -> None:
    """The program `fleetsim`."""
    from simulator.problems import ScenarioError

    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))  # so that workers are sent home
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")  # a console that cannot show a sign shows another
    try:
        app(prog_name="fleetsim")
    except ScenarioError as error:
        for line in error.lines():
            print(line, file=sys.stderr)
        sys.exit(error.exit_code)


def _cores() -> int:
    """The cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
