"""A scenario: the weather, the policies that meet it, and everything else that decides a run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime, time
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, GetCoreSchemaHandler, GetJsonSchemaHandler, model_validator
from pydantic_core import CoreSchema
from pydantic_core.core_schema import no_info_before_validator_function

from simulator.autoscalers import Autoscaler
from simulator.checks import Check
from simulator.component import Component, Model, Name, assumed, meant, refuse
from simulator.failures import Failure
from simulator.fleets import Part
from simulator.laws import LastingLaw, Law, law
from simulator.policy import Found, Policy, alike, refusal
from simulator.polyline import Polyline
from simulator.record import Event, told_apart
from simulator.rollouts import Rollout
from simulator.sites import Sites
from simulator.traffic import Traffic
from simulator.units import MOST_SERVERS, Duration, Moment, PositiveCount, PositiveDuration, PositiveShare, Share, count, start_of_time

FAMILIES: dict[str, type[Component]] = {"parts": Part, "failures": Failure, "traffic": Traffic, "autoscalers": Autoscaler, "rollouts": Rollout, "laws": Law}
MOST_REPLICATIONS = 1_000_000
MOST_KNOTS = 2_000_000  # of the line that traffic is
MOST_EVENTS = 50_000_000  # a run; about ten minutes on one core


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


def _below_all(value: float) -> float:
    if value >= 1:
        raise refuse("ConfigRange", "should be below 100%, such as '99.9%'")
    return value


def _confidence(value: float) -> float:
    if not 0.5 <= value < 1:
        raise refuse("ConfigRange", "should lie between 50% and 100%, such as '95%'")
    return value


class OneOrMore:
    """A list, of which one alone may stand without brackets."""

    @staticmethod
    def __get_pydantic_core_schema__(kind: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return no_info_before_validator_function(lambda value: [value] if isinstance(value, dict) else value, handler(kind))

    @staticmethod
    def __get_pydantic_json_schema__(schema: Any, handler: GetJsonSchemaHandler) -> Any:
        many = handler(schema)
        return {"anyOf": [many, many["items"]]}


class Objectives(Model):
    """What recovery and availability refer to, for every policy."""

    availability: Annotated[Share, AfterValidator(_below_all), assumed("three nines")] = 0.999
    hold: Annotated[Duration, assumed("a minute: shorter dips are no incident")] = 60.0
    ceiling: Annotated[PositiveShare, assumed("servers may be used to the full")] = 1.0


class Requests(Model):
    """What belongs to clients, and the service time where a fleet does not give its own."""

    detail: Literal["rate"] = "rate"
    service: Annotated[LastingLaw, assumed("a web request that touches a database")] = law("lognormal", mean="100ms", cv=1)
    patience: Annotated[LastingLaw | None, assumed("clients wait for ever")] = None

    @model_validator(mode="after")
    def _carried(self) -> Self:
        if self.patience and self.patience.law not in ("constant", "exponential"):  # type: ignore[attr-defined]
            raise refuse("ConfigChoice", "the rate engine carries a patience that is constant or exponential")
        return self


class Release(Model):
    """A new version of every fleet's software."""

    version: Annotated[str, Field(pattern=r"^[A-Za-z0-9._+-]{1,63}$")]
    at: Moment


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
    traffic: Annotated[tuple[Traffic, ...], OneOrMore] = ()
    requests: Requests = Requests()
    failures: Annotated[tuple[Failure, ...], OneOrMore] = ()
    releases: Annotated[tuple[Release, ...], OneOrMore] = ()
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
    def measured_with(self) -> str:
        """The policy that the others are compared with."""
        return self.baseline or next(iter(self.policies))

    def entry(self, policy: str) -> str:
        """The fleet of a policy that clients talk to; the first, where there are several."""
        return (self.policies[policy].entries or list(self.policies[policy].fleets))[0]

    def server_rps(self, policy: str, fleet: str) -> float:
        """What one server of a fleet serves at full speed (requests per second)."""
        part = self.policies[policy].fleets[fleet]
        return part.concurrency / (part.service or self.requests.service).expected

    def target(self, policy: str, source: Traffic) -> str:
        """The fleet of a policy that a source of traffic goes to."""
        return source.to or self.entry(policy)

    def offered(self, policy: str) -> dict[str, Polyline]:
        """The traffic (requests per second) that clients offer to each fleet of a policy."""
        offered: dict[str, Polyline] = {}
        for source in self.traffic:
            fleet = self.target(policy, source)
            offered[fleet] = source.shape(offered.get(fleet, Polyline([(0.0, 0.0)])), self.horizon)
        return offered

    @property
    def events(self) -> list[Event]:
        """What a reader would mark on a chart, in order; what comes under one name twice is told apart by its time."""
        weather: tuple[Traffic | Failure, ...] = (*self.traffic, *self.failures)
        return told_apart(sorted(event for part in weather if (event := part.event()) and event.start_s < self.horizon))

    @property
    def marks(self) -> list[tuple[float, str]]:
        """The events and the releases as charts take them: (seconds, name), in order."""
        return sorted([*((event.start_s, event.name) for event in self.events), *((release.at, f"release {release.version}") for release in self.releases)])

    @property
    def recordings(self) -> list[str]:
        """What was read from files, a line each."""
        return [f"traffic[{number}]: {source.note}" for number, source in enumerate(self.traffic) if source.note]

    def mistakes(self) -> Iterator[Found]:
        """What does not fit together, though each part is right by itself."""
        if self.warmup >= self.horizon:
            yield ("warmup",), "ConfigConflict", "`warmup` should be shorter than `horizon`"
        if self.baseline and self.baseline not in self.policies:
            yield ("baseline",), "ConfigChoice", f"no policy {self.baseline!r}{meant(self.baseline, self.policies)}"
        if len(set(self.sites.zones)) < len(self.sites.zones):
            yield ("sites", "zones"), "ConfigConflict", "two zones have one name"
        if len({name.lower() for name in self.policies}) < len(self.policies):
            yield ("policies",), "ConfigConflict", "two policies differ in capitals only, and many file systems do not tell them apart"
        for name, policy in self.policies.items():
            yield from ((("policies", name, *path), kind, message) for path, kind, message in policy.mistakes())
            yield from self._unaimed(name, policy)
            yield from self._too_large(name, policy)
        for number, check in enumerate(self.checks):
            yield from ((("checks", number, key), "ConfigChoice", message) for key, message in self._unknown_names(check))
        for number, failure in enumerate(self.failures):
            yield from (
                (("failures", number, key), "ConfigChoice", message)
                for key, message in failure.unknown(self.sites, {name for p in self.policies.values() for name in p.fleets})
            )

        for number, source in enumerate(self.traffic):
            yield from ((("traffic", number, key), kind, message) for key, kind, message in source.mistakes(self.horizon))

    def _unaimed(self, name: str, policy: Policy) -> Iterator[Found]:
        fed: set[str] = set()
        for number, source in enumerate(self.traffic):
            if source.to and source.to not in policy.fleets:
                yield ("traffic", number, "to"), "ConfigChoice", f"policy {name} has no fleet {source.to!r}{meant(source.to, policy.fleets)}"
            elif not source.to and len(policy.entries) != 1:
                yield ("traffic", number), "ConfigMissing", f"say which fleet of policy {name} this goes `to`: {' or '.join(policy.entries or policy.fleets)}"
            elif source.multiplies and self.target(name, source) not in fed:
                yield ("traffic", number), "ConfigConflict", "multiplies the traffic that stands before it, and there is none"
            else:
                fed.add(self.target(name, source))

    def _too_large(self, name: str, policy: Policy) -> Iterator[Found]:
        servers, hosts = sum(fleet.most for fleet in policy.fleets.values()), len(self.sites.zones) * self.sites.hosts_per_zone
        if max(servers, hosts) > MOST_SERVERS:
            yield ("policies", name), "ConfigLimit", f"{max(servers, hosts):,} servers or hosts; the limit is {MOST_SERVERS:,}"
        polls = sum(self.horizon / fleet.polls_every for fleet in policy.fleets.values())
        events = 6 * servers + polls + sum(6 * failure.rate(servers, hosts) for failure in self.failures) * self.horizon
        knots = sum(source.knots(self.horizon) for source in self.traffic)
        if knots > MOST_KNOTS:
            yield (
                ("traffic",),
                "ConfigLimit",
                f"would be about {knots:.1e} pieces of a line; the limit is {MOST_KNOTS:.0e}: shorten `horizon`, lengthen `period`, or sum up rows",
            )
        if events > MOST_EVENTS:
            yield (
                ("policies", name),
                "ConfigLimit",
                f"a run would have about {events:.1e} events; the limit is {MOST_EVENTS:.0e}: shorten `horizon`, or have fewer servers or failures",
            )

    def _unknown_names(self, check: Check) -> Iterator[tuple[str, str]]:
        for key, policy in (("policy", check.policy), ("better_than", check.better_than)):
            if policy and policy not in self.policies:
                yield key, f"no policy {policy!r}{meant(policy, self.policies)}"
            elif policy and check.fleet and check.fleet not in self.policies[policy].fleets:
                yield "fleet", f"policy {policy} has no fleet {check.fleet!r}"
            elif policy and not check.fleet and len(self.policies[policy].entries) > 1:
                yield "metric", f"say which `fleet` of policy {policy}: {' or '.join(self.policies[policy].entries)}"
