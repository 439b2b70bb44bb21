"""Size: how much work a run will be, what is refused because it is too much, and what will grow without end."""

from __future__ import annotations

from collections.abc import Iterator
from contextvars import ContextVar
from math import fsum, inf
from typing import TYPE_CHECKING

from simulator.policy import Found, Policy
from simulator.serving import Client, work
from simulator.text import plain
from simulator.units import MOST_SERVERS

if TYPE_CHECKING:
    from simulator.scenario import Scenario

MOST_KNOTS = 2_000_000  # of the line that traffic is
MOST_EVENTS = 50_000_000  # a run; about ten minutes on one core
REQUESTS_AN_EVENT = 100  # an attempt takes a hundredth of the time of an event in Python, or less
SESSIONS_AN_EVENT = 10
most_events: ContextVar[float] = ContextVar("most_events", default=MOST_EVENTS)


def too_large(scenario: Scenario, name: str, policy: Policy) -> Iterator[Found]:
    """What is beyond a limit: servers, pieces of the line of traffic, events."""
    servers, hosts = sum(fleet.most for fleet in policy.fleets.values()), len(scenario.sites.zones) * scenario.sites.hosts_per_zone
    if max(servers, hosts) > MOST_SERVERS:
        yield ("policies", name), "ConfigLimit", f"{max(servers, hosts):,} servers or hosts; the limit is {MOST_SERVERS:,}"
    knots = sum(source.knots(scenario.horizon) for source in scenario.traffic)
    if knots > MOST_KNOTS:
        yield (
            ("traffic",),
            "ConfigLimit",
            f"would be about {knots:.1e} pieces of a line; the limit is {MOST_KNOTS:.0e}: shorten `horizon`, lengthen `period`, or sum up rows",
        )
        return
    if most_events.get() == inf:  # of a run that is over; its traces are not read again
        return
    releases = sum(release.expected(scenario.horizon) * sum(f.most for f in policy.fleets.values() if release.item in f.items) for release in scenario.releases)
    polls = sum(scenario.horizon / fleet.polls_every for fleet in policy.fleets.values())
    events = 6 * (servers + releases) + polls + sum(6 * failure.rate(servers, hosts) for failure in scenario.failures) * scenario.horizon
    requests, kept = _requests(scenario, name, policy), scenario.requests.keep == "all"
    events += requests / (1 if kept else REQUESTS_AN_EVENT)
    events += sum(fleet.sessions.starts for fleet in policy.fleets.values() if fleet.sessions) * scenario.horizon / SESSIONS_AN_EVENT
    if events > most_events.get():
        counted = f" ({requests:.1e} requests, which count {'one each, as `keep: all` has them' if kept else 'a hundredth each'})" if requests else ""
        yield (
            ("policies", name),
            "ConfigLimit",
            f"a run would have about {events:.1e} events{counted}; the limit is {most_events.get():.0e}: "
            "shorten `horizon`, have fewer servers, failures, releases, requests or sessions, or raise the limit with --max-events",
        )


def _requests(scenario: Scenario, name: str, policy: Policy) -> float:
    """About how many attempts the engine will follow in a run, if none is made again; none where traffic is a flow."""
    if scenario.requests.detail == "rate" or not _aimed(scenario, policy):
        return 0.0
    return fsum(rate.integral(0, scenario.horizon) * fsum(work(fleet, policy.calls).values()) for fleet, rate in scenario.offered(name).items())


def _aimed(scenario: Scenario, policy: Policy) -> bool:
    """Whether every source finds its fleet, and no fleet needs itself; else other mistakes are told."""
    known = all(source.to in policy.fleets if source.to else len(policy.entries) == 1 for source in scenario.traffic)
    return known and all(need in policy.fleets for fleet in policy.fleets.values() for need in fleet.needs) and not policy.cycle


def warned(scenario: Scenario) -> Iterator[str]:
    """Rollouts that are not as they are written, what is shared with nobody, retries without a wait between them, and load that will never drain."""
    for name, policy in scenario.policies.items():
        for fleet, part in policy.fleets.items():
            if remark := part.remark:
                yield f"policies.{name}.{fleet}.{remark}"
        named = {shared for part in policy.fleets.values() for shared in (*part.crews.values(), *part.registries.values())}
        for kind, parts in (("crew", policy.crews), ("registry", policy.registries)):
            yield from (f"policies.{name}.{part}: no fleet of this policy names this {kind}" for part in parts if part not in named)
    if scenario.requests.detail == "rate":
        return
    if scenario.requests.attempts > 1 and not scenario.requests.backoff:
        yield "requests.attempts: retries come at once, which makes a storm worse; give a `backoff`, such as 200ms"
    clients = scenario.requests
    if clients.attempts == 1 and (clients.backoff or clients.budget):
        yield "requests: `backoff` and `budget` are for retries, and with `attempts: 1` there are none"
    if clients.cancel and not clients.timeout:
        yield "requests.cancel: without a `timeout` no client leaves, and nothing is cancelled"
    for name, policy in scenario.policies.items():
        for fleet, part in policy.fleets.items():
            for need, edge in part.needs.items():
                if edge.attempts > 1 and not edge.backoff:
                    yield f"policies.{name}.{fleet}.needs.{need}.attempts: retries come at once, which makes a storm worse; give a `backoff`, such as 50ms"
        yield from _never_drained(scenario, name, policy)


def _never_drained(scenario: Scenario, name: str, policy: Policy) -> Iterator[str]:
    means = {fleet: rate.mean(0, scenario.horizon) for fleet, rate in scenario.offered(name).items()}
    for fleet, part in policy.fleets.items():
        offered = fsum(mean * work(entry, policy.calls).get(fleet, 0.0) for entry, mean in means.items())
        most = part.most * scenario.server_rps(name, fleet)
        callers: list[Client] = [other.needs[fleet] for other in policy.fleets.values() if fleet in other.needs]
        callers += [scenario.requests] if fleet in means else []
        leave = all((caller.cancel and caller.timeout) or getattr(caller, "patience", None) for caller in callers)
        if offered > most * (1 + 1e-9) and part.queue is None and not leave:
            yield (
                f"policies.{name}.{fleet}: {plain(offered)} requests/s on average are more than the {plain(most)}/s that it can serve at most, and its queue "
                "has no bound: the backlog will never drain; give it a `queue`, clients a `patience`, or more servers"
            )
