"""Figures: the drawings of a page, in its order, and what to read from each."""

from __future__ import annotations

from collections.abc import Iterator

from simulator import charts
from simulator.experiment import Results
from simulator.metrics import survival
from simulator.metrics.attempts import CAUSES
from simulator.report import contrasts
from simulator.report.drawing import VISIBLE, Figure, drawn, headed, known_releases, marked, named_once, others, window
from simulator.report.findings import Fleet, held_against, main_events, of_event
from simulator.text import span


def figures(results: Results, fleet: Fleet) -> Iterator[Figure]:
    """The curves: capacity, what is known of single requests, drift and skew, what servers hold, and the recovery from each main event."""
    scenario = results.scenario
    releases = known_releases(scenario)
    step = f"A step is the mean of {span(window(fleet))}."
    spread = f"{step} Lines are medians of {scenario.replications} replications; "
    spread += "shaded is where 5–95 % of replications lie (spread, not the error of the mean)."
    if not scenario.steps or fleet.curves["offered_rps"].any():
        with charts.figure() as (made, ax):
            charts.capacity(ax, fleet.curves, fleet.policies, marked(scenario))
            yield drawn(
                made,
                "capacity",
                fleet,
                f"Where a line is below the grey area, requests wait or are lost; a peak shorter than a step is drawn lower than it was. {spread}",
            )
    if scenario.requests.detail == "requests" and fleet.curves["offered_rps"].any():
        yield from _goodput(results, fleet, step)
        yield from _latency(results, fleet, spread)
        yield from _errors(results, fleet, step)
    yield from contrasts.answers(results, fleet, spread)
    if scenario.releases:
        with charts.figure(2.7) as (made, ax):
            charts.drift(ax, fleet.curves, fleet.policies, releases)
            yield drawn(made, "drift", fleet, f"Where a line is between 0 and 100 %, two versions run side by side. {spread}")
    yield from contrasts.skew(results, fleet, step)
    if (fleet.curves["drifted"] > 0).any():
        with charts.figure(2.7) as (made, ax):
            charts.configuration_drift(ax, fleet.curves, fleet.policies, [])
            caption = "Settings that somebody changed by hand and nothing has put back; what is replaced from an image has none. "
            yield drawn(made, "configuration-drift", fleet, f"{caption}{spread}")
    yield from contrasts.sessions(results, fleet, spread)
    yield from contrasts.disk(results, fleet, spread)
    also = ", the objective met" if scenario.requests.detail == "requests" else ""
    for number, event in enumerate(main_events(results, fleet)):
        owns = {policy: of_event(fleet, policy, event) for policy in fleet.policies}
        survivals = {policy: survival(own["recovery_s"], own["censored"], scenario.confidence) for policy, own in owns.items() if len(own)}
        with charts.figure(2.7) as (made, ax):
            charts.recovery(ax, survivals, fleet.policies, max(own["recovery_s"].max() for own in owns.values() if len(own)) * 1.1, scenario.confidence)
            ax.set_title(f"Full recovery from {event} (Kaplan–Meier, {100 * scenario.confidence:g} % CI)")
            caption = f"From the incident's first moment until capacity is back{also} and the backlog is gone. "
            caption += "Incidents that were not over when their run ended count as censored, not as missing."
            caption += "".join(f" {policy}: no incident in {scenario.replications} runs." for policy, own in owns.items() if not len(own))
            yield drawn(made, f"recovery-{number + 1}", fleet, caption)


def _goodput(results: Results, fleet: Fleet, step: str) -> Iterator[Figure]:
    """Goodput beside what came and what was tried for it, of policies in which they differ."""
    strained = _strained(fleet)
    if not strained:
        return
    with charts.panels(len(strained)) as (made, axes):
        for policy, ax, marks in zip(strained, axes, named_once(marked(results.scenario)), strict=False):
            charts.goodput(ax, fleet.curves, fleet.policies, policy, marks)
        headed(axes, "Goodput")
        caption = "Goodput is what was served in the end of the requests that came in a step (offered, grey); attempts are drawn where retries make them more. "
        caption += "Where attempts rise above the capacity and goodput falls, work is spent on attempts that end in a timeout. "
        caption += others(fleet, strained, "Nearly all was served at the first attempt by")
        yield drawn(made, "goodput", fleet, f"{caption}{step} Medians of {results.scenario.replications} replications.")


def _latency(results: Results, fleet: Fleet, spread: str) -> Iterator[Figure]:
    """Latency, where anything was served."""
    if not fleet.curves["p99_s"].notna().any():
        return
    objective = held_against(results, fleet)
    with charts.figure() as (made, ax):
        line = (objective.below, f"objective: {100 * objective.quantile:g} % within {span(objective.below)}") if objective else None
        charts.latency(ax, fleet.curves, fleet.policies, marked(results.scenario), line)
        caption = "From the first attempt to the answer, of the requests that came in a step and were served; where none was, there is no line. "
        caption += "Times are counted in buckets, 32 to a doubling, so a quantile is right to 3 %, and mostly to much less; "
        caption += "of fewer than a hundred requests p99 is the slowest. "
        caption += "For the objective, what was not served is late. " if objective else ""
        yield drawn(made, "latency", fleet, f"{caption}{spread}")


def _errors(results: Results, fleet: Fleet, step: str) -> Iterator[Figure]:
    """Why attempts failed, of policies in which they did."""
    failed = fleet.curves.groupby("policy")[[f"{cause}_rps" for cause in CAUSES]].sum().set_axis(list(CAUSES), axis="columns")
    happened = [cause for cause in CAUSES if failed[cause].sum() > VISIBLE * failed.sum().sum()]
    if not happened:
        return
    each = failed.sum(axis=1)
    failing = [policy for policy in fleet.policies if each[policy] > VISIBLE * each.max()]
    with charts.panels(len(failing)) as (made, axes):
        for policy, ax, marks in zip(failing, axes, named_once(marked(results.scenario)), strict=False):
            charts.errors(ax, fleet.curves, happened, policy, marks)
        headed(axes, "Attempts that failed")
        meant = "; ".join(f"{cause.replace('_', ' ')}: {CAUSES[cause]}" for cause in happened)
        caption = f"By the moment and the cause ({meant}); causes of less than 1 % are left out. A request fails only with its last attempt. "
        caption += others(fleet, failing, "Hardly any failed with")
        yield drawn(made, "errors", fleet, f"{caption}{step} Means of {results.scenario.replications} replications.")


def _strained(fleet: Fleet) -> list[str]:
    """The policies in which at some time goodput was less than what came, or attempts were more, by what can be seen."""
    middle = fleet.curves.groupby(["policy", "time_s"])[["offered_rps", "served_rps", "attempts_rps"]].median()
    least, most = (1 - VISIBLE) * middle["offered_rps"], (1 + VISIBLE) * middle["offered_rps"]
    found = ((middle["served_rps"] < least) | (middle["attempts_rps"] > most)).groupby("policy").any()
    return [policy for policy in fleet.policies if found[policy]]
