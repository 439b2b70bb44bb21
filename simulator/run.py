"""Runs: one policy under one replication of the weather, from start to horizon."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from math import nan
from typing import NamedTuple

from simulator.component import meant
from simulator.draws import Draws
from simulator.fleet import Fleet
from simulator.laws import Law
from simulator.record import Record
from simulator.scenario import Release, Scenario
from simulator.server import Life
from simulator.serving import Constant, Exponential, Patience, Queue, Rate
from simulator.simulation import Simulation

LEAST_WINDOW = 60.0
MOST_WINDOWS = 2000


class Run(NamedTuple):
    """What one run left: its record, and what a metric must know to read it."""

    scenario: Scenario
    policy: str
    replication: int
    record: Record


def simulate(scenario: Scenario, policy: str | None = None, replication: int = 0) -> Run:
    """Run one policy (the first, where none is named) under one replication; the same arguments give the same record."""
    policy = policy or next(iter(scenario.policies))
    if policy not in scenario.policies:
        raise ValueError(f"no policy {policy!r}{meant(policy, scenario.policies)}")
    parts = scenario.policies[policy]
    with _uncollected():
        world = Simulation(scenario.sites, Draws(scenario.seed, replication), scenario.horizon)
        for name, fleet in parts.fleets.items():
            world.fleets[name] = Fleet(world, name, fleet, scenario.server_rps(policy, name))
        world.serving = serving = _serving(scenario, policy)
        for number, failure in enumerate(scenario.failures):
            failure.strike(world, f"failures/{number}")
        for name, part in sorted(parts.root.items(), key=lambda named: named[0] in world.fleets):  # crews are there before the fleets they serve
            part.open(world, name)
        world.process(_announce(world, scenario.releases))
        world.play()
        _keep(world.record, scenario, serving)
    return Run(scenario, policy, replication, world.record)


def _serving(scenario: Scenario, policy: str) -> Rate:
    """The engine that carries the scenario's traffic to the policy's fleets."""
    fleets = scenario.policies[policy].fleets
    patience = _patience(scenario.requests.patience)
    queues = {name: Queue(float("inf") if fleet.queue is None else fleet.queue, patience) for name, fleet in fleets.items()}
    window = max(LEAST_WINDOW, scenario.horizon / MOST_WINDOWS)
    if scenario.warmup:  # its end is to be a window's edge
        window = scenario.warmup / max(1, round(scenario.warmup / window))
    return Rate(scenario.offered(policy), queues, scenario.policies[policy].calls, window)


def _patience(law: Law | None) -> Patience | None:
    if law is None:
        return None
    return Exponential(law.expected) if law.law == "exponential" else Constant(law.expected)  # type: ignore[attr-defined]


def _announce(world: Simulation, releases: tuple[Release, ...]) -> Life:
    """One release after another is announced, and every fleet wants it from then on."""
    for release in sorted(releases, key=lambda release: release.at):
        yield world.until(release.at)
        world.record.write("releases", world.now, "app", release.version)
        for fleet in world.fleets.values():
            fleet.want(release.version)


def _keep(record: Record, scenario: Scenario, serving: Rate) -> None:
    """Put into the record what the engine kept in columns, and what the weather was."""
    for source in scenario.traffic:
        event = source.event()
        if event and event.start_s < scenario.horizon:
            record.write("events", *event)
    for fleet, windows in serving.windows.items():
        demand = serving.demand[fleet]
        record.extend("signals", {"time_s": demand.times, "value": demand.rates}, fleet=fleet, signal="demand")
        for signal, rows in (("backlog", serving.backlogs[fleet]), ("limit", serving.limited[fleet])):
            record.extend("signals", {"time_s": [time for time, _ in rows], "value": [value for _, value in rows]}, fleet=fleet, signal=signal)
        counts = windows._asdict()
        times = counts.pop("start_s")
        none, unknown = [0.0] * len(times), [nan] * len(times)
        not_modelled = {"failed": none, **dict.fromkeys(("timed_out", "refused", "lost", "full", "unanswered"), none), "longest_s": unknown}
        same = {"attempts": windows.offered, "in_flight": windows.backlog}
        record.extend("windows", {"time_s": times, "end_s": [*times[1:], scenario.horizon], **counts, **same, **not_modelled}, fleet=fleet)


@contextmanager
def _uncollected() -> Iterator[None]:
    """The cyclic collector off: a run makes few cycles, and looking for them takes a quarter more time."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()
