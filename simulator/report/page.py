"""The page: one self-contained HTML file with the decision, the checks, the curves, the numbers and how to make it again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from jinja2 import Environment, PackageLoader
from matplotlib.figure import Figure as Drawing

from simulator import charts
from simulator.checks import METRICS, words
from simulator.experiment import Results
from simulator.folder import RunFolder, program_version
from simulator.metrics import survival
from simulator.report import findings
from simulator.report.decision import decided
from simulator.report.inputs import inputs
from simulator.text import span

LISTED = 30


class Figure(NamedTuple):
    """A drawing under the name of its file, and what to read from it."""

    file: str
    svg: str
    caption: str


def write(results: Results, folder: RunFolder) -> Path:
    """Write `report.html` and `figures/*.svg`; the same bytes for the same results."""
    page, figures = render(results, folder.facts.get("recordings", ()))
    (folder.path / "figures").mkdir(parents=True, exist_ok=True)
    for name, drawing in figures.items():
        (folder.path / "figures" / f"{name}.svg").write_text(drawing, encoding="utf-8", newline="\n")
    report = folder.path / "report.html"
    report.write_text(page, encoding="utf-8", newline="\n")
    return report


def render(results: Results, recordings: Sequence[str] = ()) -> tuple[str, dict[str, str]]:
    """The page, with what was said of the recordings when they were read, and its figures by name."""
    template = Environment(loader=PackageLoader("simulator.report"), autoescape=True, trim_blocks=True, lstrip_blocks=True).get_template("report.html.j2")
    scenario = results.scenario
    sections = [_section(results, fleet) for fleet in findings.fleets(results)]
    figures = {figure.file: figure.svg for section in sections for figure in section["figures"]}
    page = template.render(
        scenario=scenario,
        title=scenario.title or scenario.name,
        decision=decided(results),
        verdicts=results.verdicts,
        sections=sections,
        inputs=inputs(scenario),
        recordings=recordings,
        meanings={words(name): metric.means for name, metric in METRICS.items()},
        version=program_version(),
        confidence=f"{100 * scenario.confidence:g} %",
        horizon=span(scenario.horizon),
        hold=span(scenario.objectives.hold),
    )
    return page, figures


def _section(results: Results, fleet: findings.Fleet) -> dict[str, Any]:
    """What the page says of one fleet."""
    return {
        "fleet": fleet.name,
        "policies": len(fleet.policies),
        "cards": findings.cards(results, fleet),
        "figures": list(_figures(results, fleet)),
        "numbers": findings.numbers(results, fleet),
        "recoveries": findings.recoveries(results, fleet),
        "rollouts": findings.rollouts(results, fleet),
        "incidents": findings.first_incidents(fleet, LISTED),
        "more": max(0, len(fleet.incidents) - LISTED),
    }


def _figures(results: Results, fleet: findings.Fleet) -> Iterator[Figure]:
    """The curves: capacity, version drift, and the recovery from each main event."""
    scenario = results.scenario
    releases = [(release.at, f"release {release.version}") for release in scenario.releases]
    times = fleet.curves["time_s"].unique()
    spread = f"A step is the mean of {span(times[1] - times[0])}. Lines are medians of {scenario.replications} replications; "
    spread += "shaded is where 5–95 % of replications lie (spread, not the error of the mean)."
    with charts.figure() as (made, ax):
        charts.capacity(ax, fleet.curves, fleet.policies, scenario.marks)
        yield _figure(
            made,
            "capacity",
            fleet,
            f"Where a line is below the grey area, requests wait or are lost; a peak shorter than a step is drawn lower than it was. {spread}",
        )
    if scenario.releases:
        with charts.figure(2.7) as (made, ax):
            charts.drift(ax, fleet.curves, fleet.policies, releases)
            yield _figure(made, "drift", fleet, f"Where a line is between 0 and 100 %, two versions run side by side. {spread}")
    for number, event in enumerate(findings.main_events(results, fleet)):
        owns = {policy: findings.of_event(fleet, policy, event) for policy in fleet.policies}
        survivals = {policy: survival(own["recovery_s"], own["censored"], scenario.confidence) for policy, own in owns.items() if len(own)}
        with charts.figure(2.7) as (made, ax):
            charts.recovery(ax, survivals, fleet.policies, max(own["recovery_s"].max() for own in owns.values() if len(own)) * 1.1, scenario.confidence)
            ax.set_title(f"Full recovery from {event} (Kaplan–Meier, {100 * scenario.confidence:g} % CI)")
            caption = "From the incident's first moment until capacity is back and the backlog is gone. "
            caption += "Incidents that were not over when their run ended count as censored, not as missing."
            caption += "".join(f" {policy}: no incident in {scenario.replications} runs." for policy, own in owns.items() if not len(own))
            yield _figure(made, f"recovery-{number + 1}", fleet, caption)


def _figure(made: Drawing, name: str, fleet: findings.Fleet, caption: str) -> Figure:
    file = f"{name}-{fleet.name}"
    return Figure(file, charts.svg(made, file), caption)
