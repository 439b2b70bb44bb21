"""Findings: the tables of a result, in words and numbers with their conditions."""

from __future__ import annotations

from itertools import product
from typing import NamedTuple

import pandas as pd

from simulator.checks import METRICS, POOLED, words
from simulator.experiment import Results
from simulator.metrics import Interval, mean, no_event_limit, paired, quantile
from simulator.metrics.attempts import CAUSES
from simulator.metrics.recovery import CHANGE, NO_EVENT, SPENT
from simulator.objectives import Latency
from simulator.text import interval, percent, plain, span, whole_percent

COMMON = 0.1  # an event is shown by itself where this share of some policy's runs had an incident from it
MOST_RELEASES = 12  # listed one by one
OUTCOMES = {
    "served": "served",
    "abandoned": "left the queue, out of patience",
    "rejected": "turned away at the last attempt: queue full, or no server in rotation",
    "failed_requests": "failed at the last attempt for another reason",
}
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


def held_against(results: Results, fleet: Fleet) -> Latency | None:
    """The objective of latency, for a fleet that clients talk to."""
    entries = {name for policy in results.scenario.policies.values() for name in policy.entries}
    return results.scenario.objectives.latency if fleet.name in entries else None


class Card(NamedTuple):
    """A headline number of one policy."""

    title: str
    value: str
    condition: str


def cards(results: Results, fleet: Fleet) -> list[Card]:
    """Requests on time by policy, where there is such an objective; recovery from each main event; and the longest of each run, where many have incidents of
    which no event is the name.
    """
    made = (
        _on_time(results, fleet)
        + _data_lost(results, fleet)
        + [
            Card(f"{policy}: full recovery from {event} (median)", *_recovered(results, of_event(fleet, policy, event)))
            for event in main_events(results, fleet)
            for policy in fleet.policies
        ]
    )
    others = fleet.incidents[fleet.incidents["event"].isin((NO_EVENT, CHANGE))].groupby("policy")["replication"].nunique()
    if (others < COMMON * results.scenario.replications).all():
        return made
    longest = fleet.incidents.sort_values(["censored", "recovery_s"], kind="stable").drop_duplicates(["policy", "replication"], keep="last")
    return made + [
        Card(f"{policy}: longest incident of a run (median)", *_recovered(results, longest[longest["policy"] == policy])) for policy in fleet.policies
    ]


def _on_time(results: Results, fleet: Fleet) -> list[Card]:
    """The share of requests answered within the objective's time, against the objective."""
    objective = held_against(results, fleet)
    if not objective or fleet.summary["on_time"].isna().all():
        return []
    made = []
    for policy in fleet.policies:
        shares = column(fleet, policy, "on_time").dropna()
        met = f"the objective, {100 * objective.quantile:g} %, was met in {(shares >= objective.quantile).sum()} of {len(shares)} runs"
        made.append(Card(f"{policy}: answered within {span(objective.below)}", interval(*_mean(results, fleet, policy, "on_time"), "share"), met))
    return made


def _data_lost(results: Results, fleet: Fleet) -> list[Card]:
    """The age of what had to be restored, against what was declared."""
    made = []
    for policy in fleet.policies:
        own = results.tables.rows("restores", policy, fleet.name) if "restores" in results.tables else fleet.summary.head(0)
        backups = getattr(results.scenario.policies[policy].fleets[fleet.name], "backups", None)
        if not len(own):
            continue
        told = [f"{len(own)} restores, of which the longest took {span(own['took_s'].max())}"]
        for limit, met in (("rpo", "rpo_met"), ("rto", "rto_met")):
            declared = getattr(backups, limit, None)
            told += [f"the declared {limit.upper()}, {span(declared)}, was met in {own[met].sum()}"] if declared else []
        made.append(Card(f"{policy}: data lost at a restore (median)", span(own["lost_s"].median()), "; ".join(told)))
    return made


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
        if name in POOLED or fleet.summary[name].isna().all() or (fleet.summary[name] == metric.nothing).all():
            continue
        means = [_mean(results, fleet, policy, name) for policy in fleet.policies]
        gaps = [paired(column(fleet, policy, name), column(fleet, base, name), confidence).difference for policy in others]
        rows.append([words(name), *(interval(*found, metric.unit) for found in means), *(interval(*gap, metric.unit, signed=True) for gap in gaps)])
    return ["mean a run", *fleet.policies, *(f"{policy} − {base}" for policy in others)], rows


def _mean(results: Results, fleet: Fleet, policy: str, metric: str) -> Interval:
    """The mean over runs, with an interval that lies where the metric can."""
    found = mean(column(fleet, policy, metric), results.scenario.confidence)
    most = 1.0 if METRICS[metric].unit == "share" else float("inf")
    return found._replace(low=max(found.low, 0.0), high=min(found.high, most))  # in this order NaN stays


def outcomes(fleet: Fleet) -> Table:
    """What became of the requests of all runs together, and of the attempts made for them; no rows where traffic is a flow."""
    sums = fleet.summary.groupby("policy")[["offered", *OUTCOMES, "attempts", *CAUSES]].sum().T[fleet.policies]
    runs = fleet.summary.groupby("policy")["replication"].nunique()[fleet.policies]
    if not sums.loc["attempts"].any():
        return [], []
    rows = [["requests offered, a run", *map(plain, sums.loc["offered"] / runs)]]
    rows += [[f"– {what}", *map(percent, sums.loc[name] / sums.loc["offered"])] for name, what in OUTCOMES.items() if sums.loc[name].any()]
    rows += [["attempts made for them, a run", *map(plain, sums.loc["attempts"] / runs)]]
    rows += [
        [f"– {name.replace('_', ' ')}: {what}", *map(percent, sums.loc[name] / sums.loc["attempts"])] for name, what in CAUSES.items() if sums.loc[name].any()
    ]
    return ["", *fleet.policies], rows


def recoveries(results: Results, fleet: Fleet) -> Table:
    """Incidents by event and policy: how many, how long, and what the time was spent on."""
    rows = []
    phases = [phase for phase in SPENT if phase not in ("diagnose", "warm_up") or fleet.incidents[f"{phase}_s"].any()]
    first = fleet.incidents.groupby("event")["start_s"].min().sort_values(kind="stable")
    for event, policy in product(first.index, fleet.policies):
        own = fleet.incidents[(fleet.incidents["event"] == event) & (fleet.incidents["policy"] == policy)]
        if not len(own):
            continue
        quantiles = (span(quantile(own["recovery_s"], own["censored"], q, results.scenario.confidence).value) for q in (0.5, 0.9, 0.95))
        spent = (whole_percent(own[f"{phase}_s"].sum() / own["recovery_s"].sum()) for phase in phases)
        rows.append([str(event), str(policy), str(len(own)), whole_percent(1 - own["censored"].mean()), *quantiles, *spent])
    return ["event", "policy", "incidents", "over within the run", "median", "p90", "p95", *(phase.replace("_", " ") for phase in phases)], rows


def rollouts(results: Results, fleet: Fleet) -> Table:
    """Releases by policy: how many runs had all servers on it, and by when; many of them together."""
    rows = []
    table = results.tables["rollouts"]
    own = table[table["fleet"] == fleet.name]
    names = own["release"].where(own["item"] == "app", own["item"] + " " + own["release"])
    if names.nunique() > MOST_RELEASES:
        names = names.mask(names == names, "all of them")
    for (release, policy), rolled in own.groupby([names, "policy"], sort=False):
        quantiles = (span(quantile(rolled["rollout_s"], rolled["censored"], q, results.scenario.confidence).value) for q in (0.5, 0.9))
        rows.append([str(release), str(policy), whole_percent(1 - rolled["censored"].mean()), *quantiles])
    return ["release", "policy", "all servers were on it", "median time", "p90"], rows


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
