"""Findings: the tables of a result, in words and numbers with their conditions."""

from __future__ import annotations

from itertools import product
from typing import NamedTuple

import pandas as pd

from simulator.checks import METRICS, POOLED, words
from simulator.experiment import Results
from simulator.metrics import mean, no_event_limit, paired, quantile
from simulator.metrics.recovery import NO_EVENT
from simulator.text import interval, percent, span, whole_percent

PHASES = ("wait", "detect", "respond", "act", "catch_up")
COMMON = 0.1  # an event is shown by itself where this share of some policy's runs had an incident from it
Table = tuple[list[str], list[list[str]]]


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
    tables = [results.tables[key] for key in ("summary", "incidents", "curves")]
    return [
        Fleet(name, [policy for policy in policies if name in policies[policy].fleets], *(table[table["fleet"] == name] for table in tables)) for name in names
    ]


def column(fleet: Fleet, policy: str, metric: str) -> pd.Series:
    """One number a replication."""
    return fleet.summary[fleet.summary["policy"] == policy].set_index("replication")[metric].sort_index()


def main_events(results: Results, fleet: Fleet) -> list[str]:
    """The weather from which many runs had an incident, in order of time."""
    runs = fleet.incidents.groupby(["event", "policy"])["replication"].nunique().groupby("event").max()
    common = set(runs[runs >= COMMON * results.scenario.replications].index)
    return [name for name in dict.fromkeys(event.name for event in results.scenario.events) if name in common]


def of_event(fleet: Fleet, policy: str, event: str) -> pd.DataFrame:
    """A policy's incidents of one event, the first of each run, so that every run counts once."""
    own = fleet.incidents[(fleet.incidents["policy"] == policy) & (fleet.incidents["event"] == event)]
    return own.sort_values("start_s", kind="stable").drop_duplicates("replication").sort_values("replication")


class Card(NamedTuple):
    """A headline number of one policy."""

    title: str
    value: str
    condition: str


def cards(results: Results, fleet: Fleet) -> list[Card]:
    """Recovery of each policy from each main event; and the longest of each run, where many have incidents of which no event is the name."""
    made = [
        Card(f"{policy}: full recovery from {event} (median)", *_recovered(results, of_event(fleet, policy, event)))
        for event in main_events(results, fleet)
        for policy in fleet.policies
    ]
    others = fleet.incidents[fleet.incidents["event"] == NO_EVENT].groupby("policy")["replication"].nunique()
    if (others < COMMON * results.scenario.replications).all():
        return made
    longest = fleet.incidents.sort_values(["censored", "recovery_s"], kind="stable").drop_duplicates(["policy", "replication"], keep="last")
    return made + [
        Card(f"{policy}: longest incident of a run (median)", *_recovered(results, longest[longest["policy"] == policy])) for policy in fleet.policies
    ]


def _recovered(results: Results, own: pd.DataFrame) -> tuple[str, str]:
    """Median recovery, and on what it rests."""
    runs, confidence = results.scenario.replications, results.scenario.confidence
    if not len(own):
        return "no incident", f"in {runs} runs: at {100 * confidence:g} % confidence fewer than {percent(no_event_limit(runs, confidence))} of runs have one"
    half, most = (quantile(own["recovery_s"], own["censored"], q, confidence).value for q in (0.5, 0.9))
    return span(half), f"p90 {span(most)}; {len(own)} of {runs} runs had an incident, {len(own) - own['censored'].sum()} of them were over within the run"


def numbers(results: Results, fleet: Fleet) -> Table:
    """A row a metric: mean and interval of each policy, and the paired differences from the baseline."""
    base, confidence = results.scenario.measured_with, results.scenario.confidence
    others = [policy for policy in fleet.policies if policy != base and base in fleet.policies]
    rows = []
    for name, metric in METRICS.items():
        if name in POOLED or fleet.summary[name].isna().all():
            continue
        means = [mean(column(fleet, policy, name), confidence) for policy in fleet.policies]
        most = 1.0 if metric.unit == "share" else float("inf")
        means = [found._replace(low=max(found.low, 0.0), high=min(found.high, most)) for found in means]  # in this order NaN stays
        gaps = [paired(column(fleet, policy, name), column(fleet, base, name), confidence).difference for policy in others]
        rows.append([words(name), *(interval(*found, metric.unit) for found in means), *(interval(*gap, metric.unit, signed=True) for gap in gaps)])
    return ["mean a run", *fleet.policies, *(f"{policy} − {base}" for policy in others)], rows


def recoveries(results: Results, fleet: Fleet) -> Table:
    """Incidents by event and policy: how many, how long, and what the time was spent on."""
    rows = []
    first = fleet.incidents.groupby("event")["start_s"].min().sort_values(kind="stable")
    for event, policy in product(first.index, fleet.policies):
        own = fleet.incidents[(fleet.incidents["event"] == event) & (fleet.incidents["policy"] == policy)]
        if not len(own):
            continue
        quantiles = (span(quantile(own["recovery_s"], own["censored"], q, results.scenario.confidence).value) for q in (0.5, 0.9, 0.95))
        spent = (whole_percent(own[f"{phase}_s"].sum() / own["recovery_s"].sum()) for phase in PHASES)
        rows.append([str(event), str(policy), str(len(own)), whole_percent(1 - own["censored"].mean()), *quantiles, *spent])
    return ["event", "policy", "incidents", "over within the run", "median", "p90", "p95", *(phase.replace("_", " ") for phase in PHASES)], rows


def rollouts(results: Results, fleet: Fleet) -> Table:
    """Releases by policy: how many runs had all servers on it, and by when."""
    rows = []
    table = results.tables["rollouts"]
    for (release, policy), own in table[table["fleet"] == fleet.name].groupby(["release", "policy"], sort=False):
        quantiles = (span(quantile(own["rollout_s"], own["censored"], q, results.scenario.confidence).value) for q in (0.5, 0.9))
        rows.append([str(release), str(policy), whole_percent(1 - own["censored"].mean()), *quantiles])
    return ["release", "policy", "runs with all servers on it", "median time", "p90"], rows


def first_incidents(fleet: Fleet, listed: int) -> Table:
    """Incidents one by one, in the order of replications."""
    rows = []
    for row in fleet.incidents.sort_values(["replication", "start_s", "policy"], kind="stable").head(listed).to_dict("records"):
        over = "more than " if row["censored"] else ""
        first = "—" if row["first_service_s"] != row["first_service_s"] else span(row["first_service_s"])
        rows.append(
            [str(row["replication"]), row["policy"], span(row["start_s"]), row["event"], first, over + span(row["restored_s"]), over + span(row["recovery_s"])]
        )
    return ["replication", "policy", "began at", "event", "first service", "service restored", "full recovery"], rows
