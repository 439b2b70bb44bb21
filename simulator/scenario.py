"""A scenario: the weather, the policies that meet it, and everything else that decides a run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime, time
from typing import Annotated, Any, Self

from pydantic import AfterValidator, BeforeValidator, Field, GetCoreSchemaHandler, GetJsonSchemaHandler, model_validator
from pydantic_core import CoreSchema
from pydantic_core.core_schema import no_info_before_validator_function

from simulator import script
from simulator.announcements import Announcement, Uniform, announcements, mistakes, unbuilt
from simulator.autoscalers import Autoscaler
from simulator.checks import Check, unmeasured
from simulator.component import Component, Model, Name, assumed, meant, refuse
from simulator.failures import Failure
from simulator.fleets import Part
from simulator.laws import Law
from simulator.objectives import Objectives
from simulator.policy import Found, Policy, alike, refusal
from simulator.polyline import Polyline
from simulator.prices import Prices
from simulator.record import Event, told_apart
from simulator.releases import Release
from simulator.requests import Requests
from simulator.rollouts import Rollout
from simulator.serving import Balancer
from simulator.sites import Sites
from simulator.size import too_large, warned
from simulator.steps import Step
from simulator.traffic import Traffic
from simulator.units import Duration, PositiveCount, PositiveDuration, PositiveShare, count, show_duration, start_of_time

FAMILIES: dict[str, type[Component]] = {
    "parts": Part,
    "failures": Failure,
    "traffic": Traffic,
    "releases": Release,
    "autoscalers": Autoscaler,
    "rollouts": Rollout,
    "balancers": Balancer,
    "laws": Law,
}
MOST_REPLICATIONS = 1_000_000
MOST_WARMUPS = 10_000  # that fit into the horizon


def _version(value: Any) -> int:
    if count(value) != 1:
        raise refuse("ConfigVersion", f"this program reads scenarios of version 1, not {value}")
    return 1


def _seed(value: Any) -> int:
    if count(value) >= 1 << 128:
        raise refuse("ConfigRange", "should be below 2^128")
    return int(value)


def _start(value: Any) -> datetime:
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            raise refuse("ConfigType", f"cannot read {value!r:.60} as a time; write it like '2026-06-01T09:00+09:00'") from None
    if isinstance(value, date) and not isinstance(value, datetime):
        return datetime.combine(value, time())
    if not isinstance(value, datetime):
        raise refuse("ConfigType", f"should be a date and a time such as '2026-06-01T09:00+09:00', not {value!r:.60}")
    return value


def _replications(value: int) -> int:
    if value > MOST_REPLICATIONS:
        raise refuse("ConfigLimit", f"{value:,} replications; the limit is {MOST_REPLICATIONS:,}")
    return value


def _confidence(value: float) -> float:
    if not 0.5 <= value < 1:
        raise refuse("ConfigRange", "should lie between 50% and 100%, such as '95%'")
    return value


def _place(policy: str, fleet: str) -> str:
    return f"policies.{policy}.{fleet}"


class OneOrMore:
    """A list, of which one alone may stand without brackets."""

    @staticmethod
    def __get_pydantic_core_schema__(kind: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return no_info_before_validator_function(lambda value: [value] if isinstance(value, dict) else value, handler(kind))

    @staticmethod
    def __get_pydantic_json_schema__(schema: Any, handler: GetJsonSchemaHandler) -> Any:
        many = handler(schema)
        return {"anyOf": [many, many["items"]]}


class Scenario(Model):
    """The weather, the policies, and how often and how closely they are looked at; times are seconds, rates per second."""

    version: Annotated[int, BeforeValidator(_version)] = 1
    name: Name = "scenario"
    title: Annotated[str, Field(max_length=200, pattern=r"^[^\p{Cc}\p{Zl}\p{Zp}]*$")] = ""
    start: Annotated[datetime, BeforeValidator(_start)] | None = None
    horizon: PositiveDuration
    warmup: Annotated[Duration, assumed("fleets start in service")] = 0.0
    replications: Annotated[PositiveCount, AfterValidator(_replications)] = 20
    seed: Annotated[int, BeforeValidator(_seed)] = 1
    confidence: Annotated[PositiveShare, AfterValidator(_confidence)] = 0.95
    sites: Sites = Sites()
    objectives: Objectives = Objectives()
    prices: Prices | None = None
    traffic: Annotated[tuple[Traffic, ...], OneOrMore] = ()
    requests: Requests = Requests()
    failures: Annotated[tuple[Failure, ...], OneOrMore] = ()
    releases: Annotated[tuple[Release, ...], OneOrMore] = ()
    steps: Annotated[tuple[Step, ...], OneOrMore] = ()
    baseline: Name | None = None
    checks: Annotated[tuple[Check, ...], OneOrMore] = ()
    policies: Annotated[Mapping[Name, Policy], Field(min_length=1)]

    @model_validator(mode="wrap")
    @classmethod
    def _with_calendar(cls, value: Any, handler: Any) -> Any:
        """Read clock times against the scenario's own start, and policies that are `like` another."""
        if not isinstance(value, dict):
            return handler(value)
        try:
            start = _start(value["start"]) if value.get("start") is not None else None
        except ValueError:  # said again, with its place, where the field itself is read
            start = None
        token = start_of_time.set(start)
        try:
            return handler({**value, "policies": alike(value["policies"])} if isinstance(value.get("policies"), dict) else value)
        finally:
            start_of_time.reset(token)

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        mistakes = list(self.mistakes())
        if mistakes:
            raise refusal(mistakes)
        return self

    @property
    def week(self) -> float:
        """Seconds from a Monday's 00:00 to the start; a scenario without a start begins there."""
        return (
            (self.start - datetime.combine(self.start.date(), time(), self.start.tzinfo)).total_seconds() + 86400 * self.start.weekday() if self.start else 0.0
        )

    @property
    def measured_with(self) -> str:
        """The policy that the others are compared with."""
        return self.baseline or next(iter(self.policies))

    def entry(self, policy: str) -> str:
        """The fleet of a policy that clients talk to; the first, where there are several, or the one that the traffic names."""
        fleets = self.policies[policy].fleets
        named = next((source.to for source in self.traffic if source.to in fleets), None)
        return named or self.policies[policy].first

    def server_rps(self, policy: str, fleet: str) -> float:
        """What one server of a fleet serves at full speed (requests per second)."""
        part = self.policies[policy].fleets[fleet]
        return part.concurrency / (part.service or self.requests.service).expected

    def target(self, policy: str, source: Traffic) -> str:
        """The fleet of a policy that a source of traffic goes to."""
        return source.to or self.policies[policy].first

    def offered(self, policy: str) -> dict[str, Polyline]:
        """The traffic (requests per second) that clients offer to each fleet of a policy."""
        offered: dict[str, Polyline] = {}
        for source in self.traffic:
            fleet = self.target(policy, source)
            offered[fleet] = source.shape(offered.get(fleet, Polyline([(0.0, 0.0)])), self.horizon)
        return offered

    def stream(self, policy: str, fleet: str) -> tuple[str, list[float] | None]:
        """What feeds a fleet: the numbers of its sources, which name it to the draws of every policy; and the times of its requests, if a file tells them."""
        fed = [(number, source) for number, source in enumerate(self.traffic) if self.target(policy, source) == fleet]
        times = fed[0][1].times(self.horizon) if len(fed) == 1 and not self.requests.gaps else None
        return ",".join(str(number) for number, _ in fed), times

    @property
    def events(self) -> list[Event]:
        """What a reader would mark on a chart, in order; what comes under one name twice is told apart by its time."""
        weather: tuple[Traffic | Failure, ...] = (*self.traffic, *self.failures)
        return told_apart(sorted(event for part in weather if (event := part.event()) and event.start_s < self.horizon))

    @property
    def marks(self) -> list[tuple[float, str]]:
        """The events, and the releases that are known before the run, as charts take them: (seconds, name), in order."""
        return sorted([*((event.start_s, event.name) for event in self.events), *((release.time_s, release.name) for release in self.announcements())])

    def announcements(self, uniform: Uniform | None = None) -> Iterator[Announcement]:
        """The releases up to the horizon in order, as a replication draws them, or those that are known before the run."""
        return announcements(self.releases, self.items, self.horizon, uniform)

    @property
    def items(self) -> dict[str, Mapping[str, str]]:
        """The versions that each fleet begins with, by the fleet's place."""
        return {_place(name, fleet): part.items for name, policy in self.policies.items() for fleet, part in policy.fleets.items()}

    @property
    def imaged(self) -> bool:
        """Whether any fleet says what its image is."""
        return any(policy.registries for policy in self.policies.values())

    @property
    def with_sessions(self) -> bool:
        """Whether users have sessions with any fleet."""
        return any(fleet.sessions for policy in self.policies.values() for fleet in policy.fleets.values())

    @property
    def with_state(self) -> bool:
        """Whether users write anything that a fleet keeps."""
        return any(fleet.state for policy in self.policies.values() for fleet in policy.fleets.values())

    @property
    def recordings(self) -> list[str]:
        """What was read from files, a line each."""
        return [f"traffic[{number}]: {source.note}" for number, source in enumerate(self.traffic) if source.note]

    def mistakes(self) -> Iterator[Found]:
        """What does not fit together, though each part is right by itself."""
        if self.warmup >= self.horizon:
            yield ("warmup",), "ConfigConflict", "`warmup` should be shorter than `horizon`"
        elif self.warmup and self.horizon / self.warmup > MOST_WARMUPS:
            least = show_duration(self.horizon / MOST_WARMUPS)
            yield ("warmup",), "ConfigRange", f"should be none, or at least {least} of this horizon, as what is counted is counted in windows no longer than it"
        if self.baseline and self.baseline not in self.policies:
            yield ("baseline",), "ConfigChoice", f"no policy {self.baseline!r}{meant(self.baseline, self.policies)}"
        if len(set(self.sites.zones)) < len(self.sites.zones):
            yield ("sites", "zones"), "ConfigConflict", "two zones have one name"
        if len({name.lower() for name in self.policies}) < len(self.policies):
            yield ("policies",), "ConfigConflict", "two policies differ in capitals only, and many file systems do not tell them apart"
        for name, policy in self.policies.items():
            yield from ((("policies", name, *path), kind, message) for path, kind, message in policy.mistakes(self.horizon, self.sites))
            yield from self._unaimed(name, policy)
            for fleet, part in policy.fleets.items() if self.requests.detail == "requests" else ():
                cached = [need for need, edge in part.needs.items() if edge.behind]
                message = "a cache is simulated where traffic is a flow: leave it out, or set `requests: {detail: rate}`"
                yield from ((("policies", name, fleet, "needs", need, "behind"), "ConfigConflict", message) for need in cached)
            yield from too_large(self, name, policy)
        for number, check in enumerate(self.checks):
            yield from ((("checks", number, key), "ConfigChoice", message) for key, message in self._unknown_names(check))
            if why := unmeasured(check.metric, self):
                yield ("checks", number, "metric"), "ConfigConflict", why
        for number, failure in enumerate(self.failures):
            yield from (
                (("failures", number, key), "ConfigChoice", message)
                for key, message in failure.unknown(
                    self.sites, {name for p in self.policies.values() for name in p.fleets}, {name for p in self.policies.values() for name in p.registries}
                )
            )

        yield from script.mistakes(self.steps, self.policies, self.horizon)
        for number, source in enumerate(self.traffic):
            yield from ((("traffic", number, key), kind, message) for key, kind, message in source.mistakes(self.horizon))
        wrong = list(mistakes(self.releases, self.items, self.horizon))
        images = {_place(policy, name) for policy, fleet in self.policies.items() for name, part in fleet.fleets.items() if part.registries}
        yield from ((("releases", *path), kind, message) for path, kind, message in wrong or unbuilt(self.releases, self.items, images, self.horizon))
        environments = {fleet.environment for policy in self.policies.values() for fleet in policy.fleets.values() if fleet.environment}
        for number, release in enumerate(self.releases):
            yield from ((("releases", number, "promote", place), "ConfigChoice", message) for place, message in release.strangers(environments))

    def _unaimed(self, name: str, policy: Policy) -> Iterator[Found]:
        fed: set[str] = set()
        for number, source in enumerate(self.traffic):
            if source.to and source.to not in policy.fleets:
                yield ("traffic", number, "to"), "ConfigChoice", f"policy {name} has no fleet {source.to!r}{meant(source.to, policy.fleets)}"
            elif not source.to and len(policy.entries) != 1:
                yield ("traffic", number), "ConfigMissing", f"say which fleet of policy {name} this goes `to`: {' or '.join(policy.entries or policy.fleets)}"
            elif source.multiplies and self.target(name, source) not in fed:
                yield ("traffic", number), "ConfigConflict", "multiplies the traffic that stands before it, and there is none"
            elif not policy.fleets[self.target(name, source)].most:
                yield (
                    ("traffic", number),
                    "ConfigConflict",
                    f"containers run by hand get no requests; send it `to` another fleet than {self.target(name, source)}",
                )
            else:
                fed.add(self.target(name, source))

    @property
    def warnings(self) -> list[str]:
        """What is allowed, and perhaps not meant, a line each."""
        return list(warned(self))

    def _unknown_names(self, check: Check) -> Iterator[tuple[str, str]]:
        for key, policy in (("policy", check.policy), ("better_than", check.better_than)):
            if policy and policy not in self.policies:
                yield key, f"no policy {policy!r}{meant(policy, self.policies)}"
            elif policy and check.fleet and check.fleet not in self.policies[policy].fleets:
                yield "fleet", f"policy {policy} has no fleet {check.fleet!r}"
            elif policy and not check.fleet and len(self.policies[policy].entries) > 1:
                yield "metric", f"say which `fleet` of policy {policy}: {' or '.join(self.policies[policy].entries)}"
