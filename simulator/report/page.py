"""The page: one self-contained HTML file with the decision, the checks, the curves, the numbers and how to make it again."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader

from simulator.checks import METRICS, unmeasured, words
from simulator.experiment import Results
from simulator.folder import RunFolder, program_version
from simulator.report import findings
from simulator.report.assumptions import left_out
from simulator.report.changes import changes, gated
from simulator.report.decision import decided
from simulator.report.drawing import window
from simulator.report.figures import figures
from simulator.report.inputs import inputs
from simulator.report.losses import losses, stops
from simulator.report.survival import blocks
from simulator.text import span

LISTED = 30


def write(results: Results, folder: RunFolder) -> Path:
    """Write `report.html` and `figures/*.svg`; the same bytes for the same results."""
    page, drawings = render(results, folder.facts)
    (folder.path / "figures").mkdir(parents=True, exist_ok=True)
    for name, drawing in drawings.items():
        (folder.path / "figures" / f"{name}.svg").write_text(drawing, encoding="utf-8", newline="\n")
    report = folder.path / "report.html"
    report.write_text(page, encoding="utf-8", newline="\n")
    return report


def render(results: Results, facts: Mapping[str, Any] | None = None) -> tuple[str, dict[str, str]]:
    """The page, with what was said of the scenario when it was read (`recordings`, `warnings`, `max_events`), and its figures by name."""
    template = Environment(loader=PackageLoader("simulator.report"), autoescape=True, trim_blocks=True, lstrip_blocks=True).get_template("report.html.j2")
    scenario = results.scenario
    sections = [_section(results, fleet) for fleet in findings.fleets(results)]
    drawings = {figure.file: figure.svg for section in sections for figure in section["figures"]}
    page = template.render(
        scenario=scenario,
        title=scenario.title or scenario.name,
        decision=decided(results),
        verdicts=results.verdicts,
        sections=sections,
        survival=blocks(results),
        inputs=inputs(scenario),
        facts=facts or {},
        left_out=left_out(scenario),
        unpriced=scenario.prices.absent if scenario.prices else [],
        meanings={words(name): metric.means for name, metric in METRICS.items() if not unmeasured(name, scenario)},
        version=program_version(),
        confidence=f"{100 * scenario.confidence:g} %",
        horizon=span(scenario.horizon),
        hold=span(scenario.objectives.hold),
        drain=span(scenario.requests.drain),
        gated=gated(part for policy in scenario.policies.values() for part in policy.fleets.values()),
        single=scenario.requests.detail == "requests",
    )
    return page, drawings


def _section(results: Results, fleet: findings.Fleet) -> dict[str, Any]:
    """What the page says of one fleet."""
    head, lost = stops(results, fleet)
    return {
        "fleet": fleet.name,
        "policies": len(fleet.policies),
        "cards": findings.cards(results, fleet),
        "figures": list(figures(results, fleet)),
        "window": span(window(fleet)),
        "numbers": findings.numbers(results, fleet),
        "outcomes": findings.outcomes(fleet),
        "recoveries": findings.recoveries(results, fleet),
        "rollouts": findings.rollouts(results, fleet),
        "changes": changes(results, fleet),
        "losses": losses(results, fleet),
        "stops": (head, lost[:LISTED]),
        "more_stops": max(0, len(lost) - LISTED),
        "incidents": findings.first_incidents(fleet, LISTED),
        "more": max(0, len(fleet.incidents) - LISTED),
    }
