"""Findings: what a result says in words, with its condition and how sure it is."""

from __future__ import annotations

from typing import NamedTuple

import pandas as pd

from simulator.checks import METRICS
from simulator.experiment import Results
from simulator.metrics import mean, no_event_limit, paired, quantile, survival
from simulator.text import change, percent, plain, span, value

MUCH = 0.10  # a difference in capacity paid for from which on a comparison must say so


class Fleet(NamedTuple):
    """One fleet of a result, with the rows of every policy that has it."""

    name: str
    policies: list[str]
    summary: pd.DataFrame
    incidents: pd.DataFrame
    curves: pd.DataFrame


def fleets(results: Results) -> list[Fleet]:
    """The fleets of a result, those that clients talk to first."""
    policies = results.scenario.policies
    entries = [name for policy in policies.values() for name in policy.entries]
    names = list(dict.fromkeys([*entries, *(name for policy in policies.values() for name in policy.fleets)]))
    tables = {name: [table[table["fleet"] == name] for table in (results.tables[key] for key in ("summary", "incidents", "curves"))] for name in names}
    return [Fleet(name, [policy for policy in policies if name in policies[policy].fleets], *tables[name]) for name in names]


def column(fleet: Fleet, policy: str, metric: str) -> pd.Series:
    """One number a replication."""
    return fleet.summary[fleet.summary["policy"] == policy].set_index("replication")[metric].sort_index()


def decision(results: Results, fleet: Fleet) -> str:
    """One sentence: who does better by what, under which condition, how sure that is, and what it costs in capacity."""
    scenario, base = results.scenario, results.scenario.measured_with
    others = [policy for policy in fleet.policies if policy != base]
    metric = "availability" if fleet.summary["offered"].sum() > 0 else "version_drift" if scenario.releases else ""
    if not others or base not in fleet.policies or not metric:
        return f"One policy alone: there is nothing to compare it with. {_evidence(results)}"
    sign = 1 if METRICS[metric].more_is_better else -1
    best = max(others, key=lambda policy: sign * column(fleet, policy, metric).mean())
    ours, theirs = column(fleet, best, metric), column(fleet, base, metric)
    found = paired(ours, theirs, scenario.confidence)
    difference, unit = found.difference, METRICS[metric].unit
    what = "of requests" if metric == "availability" else "of servers behind the newest version"
    verb = "served" if metric == "availability" else "had"
    certain = sign * difference.low > 0 and sign * difference.high > 0
    who = f"{best} {verb} {percent(ours.mean())} {what} and {base} {percent(theirs.mean())}"
    paid, other = column(fleet, best, "capacity_paid").mean(), column(fleet, base, "capacity_paid").mean()
    correlation = f", correlation {found.correlation:.2f}" if found.correlation == found.correlation else ""
    interval = f"paired difference {change(difference.value, unit)}, {percent(scenario.confidence)} CI {change(difference.low, unit)} to {change(difference.high, unit)}{correlation}"
    verdict = f"{best} did better" if certain else f"no difference between {best} and {base} is shown"
    if sign * difference.value < 0 and sign * difference.low < 0 and sign * difference.high < 0:
        verdict = f"{base} did better"
    return f"{_condition(results)}, {verdict}: {who} ({interval}), {_price(best, base, paid, other)}. {_evidence(results)}"


def _price(best: str, base: str, paid: float, other: float) -> str:
    """How the capacity paid for compares."""
    if not other or not paid:
        return "and no capacity was paid for"
    more = paid / other - 1
    text = (
        f"{best} paid for {plain(abs(100 * more))} % {'more' if more > 0 else 'less'} capacity ({plain(paid, 3)} against {plain(other, 3)} server-hours a run)"
    )
    return f"but {text}, which is part of the difference" if abs(more) > MUCH else f"and {text}"


def _condition(results: Results) -> str:
    named = [event.name for weather in (*results.scenario.traffic, *results.scenario.failures) if (event := weather.event())]
    return f"Under {' and '.join(named)}" if named else "In this weather"


def _evidence(results: Results) -> str:
    return f"{results.scenario.replications} {'paired ' if len(results.scenario.policies) > 1 else ''}replications of {span(results.scenario.horizon)} each, seed {results.scenario.seed}."


def main_event(fleet: Fleet) -> str | None:
    """The weather that caused the most incidents: the one whose recovery is shown."""
    counts = fleet.incidents.groupby("event", sort=True).size()
    return str(counts.idxmax()) if len(counts) else None


def of_event(fleet: Fleet, policy: str, event: str | None) -> pd.DataFrame:
    """A policy's incidents, of one event where it is named."""
    own = fleet.incidents[fleet.incidents["policy"] == policy]
    return own if event is None else own[own["event"] == event]


class Card(NamedTuple):
    """A headline number of one policy."""

    title: str
    value: str
    condition: str


def cards(results: Results, fleet: Fleet) -> list[Card]:
    """Recovery of each policy from the main event."""
    event, runs = main_event(fleet), results.scenario.replications
    if event is None:
        return []
    return [
        Card(f"{policy}: full recovery from {event} (median)", *recovered(of_event(fleet, policy, event), runs, results.scenario.confidence))
        for policy in fleet.policies
    ]


def recovered(own: pd.DataFrame, runs: int, confidence: float) -> tuple[str, str]:
    """Median recovery, and what else there is to say of it."""
    if not len(own):
        limit = no_event_limit(runs, confidence)
        return "no incident", f"in {runs} runs; {percent(confidence)} sure that fewer than {percent(limit)} of runs have one"
    half, most = (quantile(own["recovery_s"], own["censored"], q, confidence).value for q in (0.5, 0.9))
    over = f"{len(own) - own['censored'].sum()} of {len(own)} incidents over within the run"
    return span(half), f"p90 {span(most)}; {over}; {own['replication'].nunique()} of {runs} runs had one"


def numbers(results: Results, fleet: Fleet) -> tuple[list[str], list[list[str]]]:
    """The table of numbers: its head, and a row a metric with mean and interval of each policy."""
    base, confidence = results.scenario.measured_with, results.scenario.confidence
    others = [policy for policy in fleet.policies if policy != base and base in fleet.policies]
    head = ["mean a run", *fleet.policies, *(f"{policy} − {base}" for policy in others)]
    rows = []
    for name, metric in METRICS.items():
        if name in ("recovery", "rollout") or fleet.summary[name].isna().all():
            continue
        cells = []
        for policy in fleet.policies:
            found = mean(column(fleet, policy, name), confidence)
            cells.append(_cell(value(found.value, metric.unit), value(found.low, metric.unit), value(found.high, metric.unit)))
        for policy in others:
            found = paired(column(fleet, policy, name), column(fleet, base, name), confidence).difference
            cells.append(_cell(change(found.value, metric.unit), change(found.low, metric.unit), change(found.high, metric.unit)))
        rows.append([name.replace("_", " "), *cells])
    return head, rows


def _cell(value: str, low: str, high: str) -> str:
    return value if low == high == value or "not known" in (low, high) else f"{value} ({low} to {high})"


def recoveries(results: Results, fleet: Fleet) -> tuple[list[str], list[list[str]]]:
    """Incidents by event and policy: how many, how long, and what the time was spent on."""
    head = ["event", "policy", "incidents", "over within", "median", "p90", "p95", "wait", "detect", "respond", "act", "catch up"]
    rows = []
    for (event, policy), own in fleet.incidents.groupby(["event", "policy"], sort=False):
        quantiles = (span(quantile(own["recovery_s"], own["censored"], q, results.scenario.confidence).value) for q in (0.5, 0.9, 0.95))
        spent = (percent(own[f"{phase}_s"].sum() / own["recovery_s"].sum()) for phase in ("wait", "detect", "respond", "act", "catch_up"))
        rows.append([str(event), str(policy), str(len(own)), percent(1 - own["censored"].mean()), *quantiles, *spent])
    return head, rows


def curves_of(results: Results, fleet: Fleet, event: str) -> dict[str, pd.DataFrame]:
    """The Kaplan-Meier curve of each policy that has incidents of the event."""
    owns = {policy: of_event(fleet, policy, event) for policy in fleet.policies}
    return {policy: survival(own["recovery_s"], own["censored"], results.scenario.confidence) for policy, own in owns.items() if len(own)}
