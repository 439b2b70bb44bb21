"""The decision: one sentence that says who did better, under which condition, how sure that is, and what it cost."""

from __future__ import annotations

from math import isnan
from typing import TYPE_CHECKING

from simulator.checks import METRICS
from simulator.experiment import Results
from simulator.metrics import Paired, paired
from simulator.scenario import Scenario
from simulator.text import interval, plain, span, value

if TYPE_CHECKING:
    import pandas as pd

ROUNDING = 1e-9
MUCH = 0.10  # from this difference in capacity paid for a comparison is not one of like with like


def decided(results: Results) -> str:
    """The baseline against the policy that did best, in the fleets that clients talk to, by the metric that tells them apart."""
    scenario, base, metric = results.scenario, results.scenario.measured_with, _metric(results)
    others = [policy for policy in scenario.policies if policy != base]
    if not others or metric is None:
        return f"There is nothing to compare here. {_evidence(results)}"
    sign = 1 if METRICS[metric].more_is_better else -1
    numbers = _numbers(results, metric)
    rival = max(others, key=lambda policy: sign * numbers[policy].mean())
    found = paired(numbers[rival], numbers[base], scenario.confidence)
    low, high = sorted((sign * found.difference.low, sign * found.difference.high))
    winner, loser = (rival, base) if low > 0 else (base, rival) if high < 0 else (None, None)
    if isnan(low):
        verdict, price = f"one replication cannot tell {rival} from {base}", _price(results, rival, base, "and")
    elif winner is None or loser is None:
        verdict, price = f"no difference between {rival} and {base} is shown", _price(results, rival, base, "and")
    else:
        verdict, price = f"{winner} did better than {loser}", _price(results, winner, loser, "but")
    who = _who(results, metric, {policy: value(numbers[policy].mean(), METRICS[metric].unit) for policy in (rival, base)})
    told = f"{verdict}: {who} ({_difference(found, METRICS[metric].unit, scenario.confidence)})"
    if metric == "found":
        return f"With the same {len(scenario.steps)} steps by hand, {told}. {_evidence(results)}"
    return f"{_condition(results)}, {told}, {price}. {_evidence(results)}"


def _fleet(scenario: Scenario, policy: str, metric: str) -> str:
    """The fleet of a policy that is looked at."""
    stepped = scenario.policies[policy].fleet_of(scenario.steps[0].server) if metric == "found" else None
    return stepped or scenario.entry(policy)


def _numbers(results: Results, metric: str) -> dict[str, pd.Series[float]]:
    """For each policy one number a replication, of the fleet that clients talk to."""
    scenario = results.scenario
    return {policy: results.tables.rows("summary", policy, _fleet(scenario, policy, metric))[metric] for policy in scenario.policies}


def _metric(results: Results) -> str | None:
    """What tells of requests; where the best is level with the baseline there, sessions lost or what users wrote, if these are not;
    without traffic what was found of what steps had written, the data lost, or the kind of drift that tells them apart.
    """
    summary = results.tables["summary"]
    if summary["offered"].sum() > 0:
        served = _served(summary)
        lost = (metric for metric in ("sessions_lost_share", "state_lost") if not _level(results, metric))
        return next(lost, served) if _level(results, served) else served
    if summary["found"].notna().any():
        return "found"
    if summary["data_lost"].any():
        return "data_lost"
    means = summary.groupby("policy")[["version_drift", "configuration_drift"]].mean()
    return str((means.max() - means.min()).idxmax()) if means.to_numpy().any() else None


def _served(summary: pd.DataFrame) -> str:
    """Requests served; where none is lost, those on time or, without such an objective, their latency; where that is not known, time with the needed
    capacity.
    """
    if summary[["abandoned", "rejected", "failed_requests"]].sum().sum() > 0:
        return "availability"
    return next((metric for metric in ("on_time", "latency_p99") if summary[metric].notna().any()), "availability_by_time")


def _level(results: Results, metric: str) -> bool:
    """Whether the best of the others does just as well as the baseline."""
    sign = 1 if METRICS[metric].more_is_better else -1
    means = {policy: sign * float(numbers.mean()) for policy, numbers in _numbers(results, metric).items()}
    base = means.pop(results.scenario.measured_with)
    return bool(means) and abs(max(means.values()) - base) <= ROUNDING


def _who(results: Results, metric: str, means: dict[str, str]) -> str:
    """`cattle served 99 % of requests, pets 87 %`, with the fleets where there are several."""
    scenario = results.scenario
    several = any(len(scenario.policies[policy].fleets) > 1 for policy in means)
    (rival, ours), (base, theirs) = ((f"{policy} ({_fleet(scenario, policy, metric)})" if several else policy, mean) for policy, mean in means.items())
    if metric == "availability":
        return f"{rival} served {ours} of requests, {base} {theirs}"
    if metric == "on_time":
        return f"{rival} answered {ours} of requests on time, {base} {theirs}"
    if metric == "latency_p99":
        return f"{rival} answered 99 % of requests within {ours}, {base} within {theirs}"
    if metric == "availability_by_time":
        return f"{rival} had the needed capacity {ours} of the time, {base} {theirs}"
    if metric == "found":
        return f"{rival} found {ours} of what was written again, {base} {theirs}"
    if metric == "data_lost":
        return f"{rival} lost at worst the data of {ours}, {base} of {theirs}"
    if metric == "sessions_lost_share":
        return f"{rival} lost {ours} of its sessions, {base} {theirs}"
    if metric == "state_lost":
        return f"{rival} lost {ours} MB of what users wrote, {base} {theirs} MB"
    if metric == "configuration_drift":
        return f"{ours} of the servers of {rival} were not as declared, {theirs} of {base}"
    return f"{ours} of the servers of {rival} ran an old version, {theirs} of {base}"


def _difference(found: Paired, unit: str, confidence: float) -> str:
    """`paired difference +13.0 points (+12.8 to +13.2), 95 % CI`."""
    text = f"paired difference {interval(*found.difference, unit, signed=True)}"
    if not isnan(found.difference.low):
        text += f", {100 * confidence:g} % CI"
    return text if isnan(found.correlation) else f"{text}, correlation of the pairs {found.correlation:.2f}".replace("-", "−")


def _price(results: Results, ours: str, theirs: str, contrast: str) -> str:
    """How the capacity paid for compares, over all fleets; a winner that paid for much more has bought part of the difference."""
    paid = results.tables["summary"].groupby(["policy", "replication"])[["capacity_paid", "capacity_paid_requests"]].sum().groupby("policy").mean()
    (hours, requests), (other_hours, other_requests) = (map(float, paid.loc[policy].to_numpy()) for policy in (ours, theirs))
    if not other_requests:
        return "and no capacity was paid for"
    more = requests / other_requests - 1
    size = requests * other_hours / (hours * other_requests) - 1 if requests else 0.0  # of a server in the mean, beside the other's
    larger = "" if abs(size) < 0.005 else f", of servers that are {'larger' if size > 0 else 'smaller'} in the mean"
    beside = f"({plain(hours)} against {plain(other_hours)} server-hours a run{larger})"
    if abs(more) < 0.005:
        return f"for the same capacity paid for {beside}"
    text = f"{ours} paid for {plain(100 * abs(more))} % {'more' if more > 0 else 'less'} capacity {beside}"
    return f"{contrast} {text}, which is part of the difference" if more > MUCH else f"and {text}"


def _condition(results: Results) -> str:
    named = [*(source.condition for source in results.scenario.traffic if source.condition), *(event.name for event in results.scenario.events)]
    return f"Under {' and '.join(named)}" if named else "In this weather"


def _evidence(results: Results) -> str:
    scenario = results.scenario
    runs = f"{scenario.replications} {'paired ' if len(scenario.policies) > 1 else ''}replication{'s' if scenario.replications > 1 else ''}"
    return f"{runs} of {span(scenario.horizon)}, seed {scenario.seed}."
