"""The decision: one sentence that says who did better, under which condition, how sure that is, and what it cost."""

from __future__ import annotations

from collections.abc import Iterator
from math import isnan
from typing import NamedTuple

from pandas import Series

from simulator.checks import METRICS
from simulator.experiment import Results
from simulator.metrics import Paired, paired
from simulator.scenario import Scenario
from simulator.text import interval, plain, span, value

MUCH = 0.10  # from this difference in capacity paid for a comparison is not one of like with like


class Compared(NamedTuple):
    """One metric of the baseline, and of the policy that did best in it."""

    metric: str
    rival: str
    numbers: dict[str, Series[float]]  # of each policy one a replication, of the fleet that clients talk to
    found: Paired

    @property
    def winner(self) -> int:
        """1 for the rival, -1 for the baseline, 0 where no difference is shown."""
        sign = 1 if METRICS[self.metric].more_is_better else -1
        low, high = sorted((sign * self.found.difference.low, sign * self.found.difference.high))
        return int(low > 0) - int(high < 0)


def decided(results: Results) -> str:
    """The baseline against the policy that did best, in the fleets that clients talk to, by the first metric that tells them apart."""
    scenario, base = results.scenario, results.scenario.measured_with
    compared = [_compared(results, metric) for metric in _metrics(results)] if len(scenario.policies) > 1 else []
    if not compared:
        return f"There is nothing to compare here. {_evidence(results)}"
    metric, rival, numbers, found = one = next((each for each in compared if each.winner), compared[0])
    if isnan(found.difference.low):
        verdict, price = f"one replication cannot tell {rival} from {base}", _price(results, rival, base, "and")
    elif not one.winner:
        verdict, price = f"no difference between {rival} and {base} is shown", _price(results, rival, base, "and")
    else:
        winner, loser = (rival, base) if one.winner > 0 else (base, rival)
        verdict, price = f"{winner} did better than {loser}", _price(results, winner, loser, "but")
    who = _who(results, metric, {policy: value(numbers[policy].mean(), METRICS[metric].unit) for policy in (rival, base)})
    told = f"{verdict}: {who} ({_difference(found, METRICS[metric].unit, scenario.confidence)})"
    if metric == "found":
        return f"With the same {len(scenario.steps)} steps by hand, {told}. {_evidence(results)}"
    return f"{_condition(results)}, {told}, {price}. {_evidence(results)}"


def _compared(results: Results, metric: str) -> Compared:
    scenario, base = results.scenario, results.scenario.measured_with
    sign = 1 if METRICS[metric].more_is_better else -1
    numbers = {policy: results.tables.rows("summary", policy, _fleet(scenario, policy, metric))[metric] for policy in scenario.policies}
    rival = max((policy for policy in scenario.policies if policy != base), key=lambda policy: sign * numbers[policy].mean())
    return Compared(metric, rival, numbers, paired(numbers[rival], numbers[base], scenario.confidence))


def _fleet(scenario: Scenario, policy: str, metric: str) -> str:
    """The fleet of a policy that is looked at."""
    stepped = scenario.policies[policy].fleet_of(scenario.steps[0].server) if metric == "found" else None
    return stepped or scenario.entry(policy)


def _metrics(results: Results) -> Iterator[str]:
    """Requests served; where none is lost, those on time or, without such an objective, their latency; where that is not known, time with the needed capacity;
    without traffic what was found of what steps had written, or the data lost. What these do not tell apart what was lost of state and sessions may, or drift.
    """
    summary = results.tables["summary"]
    if summary[["abandoned", "rejected", "failed_requests"]].sum().sum() > 0:
        yield "availability"
    elif summary["offered"].sum() > 0:
        yield next((metric for metric in ("on_time", "latency_p99") if summary[metric].notna().any()), "availability_by_time")
    elif summary["found"].notna().any():
        yield "found"
    elif summary["data_lost"].any():
        yield "data_lost"
    yield from (metric for metric in ("sessions_lost_share", "state_lost") if summary[metric].any())
    means = summary.groupby("policy")[["version_drift", "configuration_drift"]].mean()
    if means.to_numpy().any():
        yield str((means.max() - means.min()).idxmax())


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
