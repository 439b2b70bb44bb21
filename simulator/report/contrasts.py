"""Contrasts: the figures in which what is replaced differs from what is nursed: the answers it gives, the sessions it holds, the disk it takes."""

from __future__ import annotations

from collections.abc import Iterator

from simulator import charts
from simulator.experiment import Results
from simulator.report.drawing import VISIBLE, Figure, drawn, headed, marked, named_once, others
from simulator.report.findings import Fleet

CAUSES = {
    "skew_version": "they run different versions of the software",
    "skew_configuration": "they run the same with different configuration or settings",
    "skew_state": "one does not have what was written to the other",
}


FLAT = 0.05  # of the highest: less would be an empty panel


def answers(results: Results, fleet: Fleet, spread: str) -> Iterator[Figure]:
    """Of a flow the requests that were answered with an error, where any was."""
    if "failed" not in fleet.curves or not (fleet.curves["failed"] > 0).any():
        return
    with charts.figure(2.7) as (made, ax):
        charts.answers(ax, fleet.curves, fleet.policies, marked(results.scenario))
        caption = "Of the requests offered in a step, those that got an answer which was an error, of this fleet's servers or of a fleet that it needs. "
        yield drawn(made, "answers", fleet, f"{caption}{spread}")


def skew(results: Results, fleet: Fleet, step: str) -> Iterator[Figure]:
    """Answer skew by its causes, of policies in which it can be seen."""
    most = fleet.curves.groupby(["policy", "time_s"])[list(CAUSES)].mean().groupby("policy").max()
    seen = most >= max(VISIBLE, FLAT * most.max().max())
    causes = [cause for cause in CAUSES if seen[cause].any()]
    skewed = [policy for policy in fleet.policies if seen.loc[policy].any()]
    if not skewed:
        return
    with charts.panels(len(skewed)) as (made, axes):
        for policy, ax, marks in zip(skewed, axes, named_once(marked(results.scenario)), strict=False):
            charts.skew(ax, fleet.curves, causes, policy, marks)
        headed(axes, "Answer skew")
        caption = "How likely two requests in a row are to meet servers that answer differently, if any server may take each: "
        caption += f"{'; or '.join(CAUSES[cause] for cause in causes)}. "
        caption += "Local state is a probability of its own, and not added to the others. " if "skew_state" in causes and len(causes) > 1 else ""
        caption += others(fleet, skewed, "All servers answered alike, or nearly always, with")
        yield drawn(made, "skew", fleet, f"{caption}{step} Means of {results.scenario.replications} replications.")


def sessions(results: Results, fleet: Fleet, spread: str) -> Iterator[Figure]:
    """Live sessions, and those lost where any was."""
    if "sessions" not in fleet.curves or not fleet.curves["sessions"].any():
        return
    lost = fleet.curves["sessions_lost"].any()
    drawings = [charts.sessions, charts.sessions_lost] if lost else [charts.sessions]
    marks = marked(results.scenario)
    with charts.panels(len(drawings), 2.5, alike=False) as (made, axes):
        for draw, ax, named in zip(drawings, axes, named_once(marks), strict=False):
            draw(ax, fleet.curves, fleet.policies, named)
            ax.label_outer()
        caption = "A session is lost with the server, or the server of the cache, that holds it. " if lost else "No session was lost. "
        yield drawn(made, "sessions", fleet, f"{caption}{spread}")


def disk(results: Results, fleet: Fleet, spread: str) -> Iterator[Figure]:
    """Disk in use, where there are images."""
    if "disk_gb" not in fleet.curves or not fleet.curves["disk_gb"].any():
        return
    with charts.figure(2.7) as (made, ax):
        charts.disk(ax, fleet.curves, fleet.policies, marked(results.scenario))
        caption = "A layer of an image lies once on each host that has it, however many containers share it, and each container writes to a layer of its own; "
        caption += "a pet has a full copy of everything. "
        yield drawn(made, "disk", fleet, f"{caption}{spread}")
