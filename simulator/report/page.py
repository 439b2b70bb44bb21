"""The page: one self-contained HTML file with the decision, the checks, the curves, the numbers and how to make it again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader

from simulator import charts
from simulator.checks import METRICS
from simulator.experiment import Results
from simulator.folder import RunFolder, program_version
from simulator.report import findings
from simulator.report.inputs import inputs
from simulator.text import percent, span

LISTED = 30


def write(results: Results, folder: RunFolder) -> Path:
    """Write `report.html` and `figures/*.svg`; the same bytes for the same results."""
    page, figures = render(results)
    (folder.path / "figures").mkdir(parents=True, exist_ok=True)
    for name, drawing in figures.items():
        (folder.path / "figures" / f"{name}.svg").write_text(drawing, encoding="utf-8", newline="\n")
    report = folder.path / "report.html"
    report.write_text(page, encoding="utf-8", newline="\n")
    return report


def render(results: Results) -> tuple[str, dict[str, str]]:
    """The page, and its figures by name."""
    template = Environment(loader=PackageLoader("simulator.report"), autoescape=True, trim_blocks=True, lstrip_blocks=True).get_template("report.html.j2")
    scenario = results.scenario
    sections = [_section(results, fleet) for fleet in findings.fleets(results)]
    figures = {figure["file"]: figure["svg"] for section in sections for figure in section["figures"]}
    page = template.render(
        scenario=scenario,
        title=scenario.title or scenario.name,
        decision=findings.decision(results, findings.fleets(results)[0]),
        verdicts=results.verdicts,
        sections=sections,
        inputs=inputs(scenario),
        metrics={name: metric for name, metric in METRICS.items()},
        version=program_version(),
        confidence=percent(scenario.confidence),
        horizon=span(scenario.horizon),
        hold=span(scenario.objectives.hold),
    )
    return page, figures


def _section(results: Results, fleet: findings.Fleet) -> dict[str, Any]:
    """What the page says of one fleet."""
    return {
        "fleet": fleet.name,
        "cards": findings.cards(results, fleet),
        "figures": _figures(results, fleet),
        "numbers": findings.numbers(results, fleet),
        "recoveries": findings.recoveries(results, fleet),
        "incidents": _incidents(fleet),
        "more": max(0, len(fleet.incidents) - LISTED),
    }


def _incidents(fleet: findings.Fleet) -> list[list[str]]:
    """The first incidents, one row each."""
    rows = fleet.incidents.sort_values(["replication", "start_s", "policy"], kind="stable").head(LISTED)
    return [
        [
            str(row.replication),
            str(row.policy),
            span(row.start_s),
            str(row.event),
            "—" if row.first_service_s != row.first_service_s else span(row.first_service_s),
            f"{'over ' if row.censored else ''}{span(row.restored_s)}",
            f"{'over ' if row.censored else ''}{span(row.recovery_s)}",
        ]
        for row in rows.itertuples()
    ]


def _figures(results: Results, fleet: findings.Fleet) -> list[dict[str, str]]:
    """The three curves."""
    scenario = results.scenario
    events = [(event.start_s, event.name) for weather in (*scenario.traffic, *scenario.failures) if (event := weather.event())]
    releases = [(release.at, f"release {release.version}") for release in scenario.releases]
    spread = f"Lines are medians of {scenario.replications} replications; shaded is where 5–95 % of replications lie (spread, not the error of the mean)."
    drawn = []
    with charts.figure() as (made, ax):
        charts.capacity(ax, fleet.curves, fleet.policies, events)
        drawn.append(_figure("capacity", fleet, charts.svg(made, f"capacity-{fleet.name}"), f"Below the grey area requests wait or are lost. {spread}"))
    if scenario.releases:
        with charts.figure(2.7) as (made, ax):
            charts.drift(ax, fleet.curves, fleet.policies, releases)
            drawn.append(_figure("drift", fleet, charts.svg(made, f"drift-{fleet.name}"), f"How long two versions run side by side. {spread}"))
    event = findings.main_event(fleet)
    if event:
        survivals = findings.curves_of(results, fleet, event)
        watched = max(curve["time_s"].max() for curve in survivals.values()) * 1.1
        with charts.figure(2.7) as (made, ax):
            charts.recovery(ax, survivals, fleet.policies, watched, scenario.confidence)
            none = [policy for policy in fleet.policies if policy not in survivals]
            caption = f"Incidents during {event}, from its first moment until capacity is back and the backlog is gone. What was not over when its run ended counts as censored, not as missing."
            caption += "".join(f" {policy}: no incident in {scenario.replications} runs." for policy in none)
            drawn.append(_figure("recovery", fleet, charts.svg(made, f"recovery-{fleet.name}"), caption))
    return drawn


def _figure(name: str, fleet: findings.Fleet, svg: str, caption: str) -> dict[str, str]:
    return {"file": f"{name}-{fleet.name}", "svg": svg, "caption": caption, "alt": f"{name} of {fleet.name}"}
