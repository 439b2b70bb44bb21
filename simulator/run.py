"""Runs: one policy under one replication of the weather, from start to horizon."""

from __future__ import annotations

import gc
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from math import inf
from typing import NamedTuple

from simulator.announcements import Announcement
from simulator.component import meant
from simulator.draws import Draws
from simulator.fleet import Fleet
from simulator.fleets.flaws import Flaws
from simulator.fleets.promotion import Promotion
from simulator.laws import Law
from simulator.polyline import Polyline
from simulator.record import Record
from simulator.releases import Defect
from simulator.scenario import Scenario
from simulator.script import Script
from simulator.server import Life
from simulator.serving import Constant, Exponential, Patience, Queue, Rate, Serving, asked, demanded
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
        world = Simulation(scenario.sites, Draws(scenario.seed, replication), scenario.horizon, scenario.week, scenario.warmup)
        for name, fleet in parts.fleets.items():
            made = world.fleets[name] = Fleet(world, name, fleet, scenario.server_rps(policy, name))
            made.flaws = Flaws(made) if any(release.defect or release.breaks for release in scenario.releases) else None
        offered = scenario.offered(policy)
        world.serving = _serving(world, scenario, policy, offered)
        for number, failure in enumerate(scenario.failures):
            failure.strike(world, f"failures/{number}")
        for name, fleet in parts.fleets.items():
            fleet.keep(world, name)
        for name, part in sorted(parts.root.items(), key=lambda named: named[0] in world.fleets):  # crews are there before the fleets they serve
            part.open(world, name)
        world.process(_announce(world, scenario))
        script = Script(world, parts, scenario.steps)
        world.play()
        script.close()
        _weather(world, scenario, policy, offered)
        world.serving.keep(world.record, scenario.horizon)
    return Run(scenario, policy, replication, world.record)


def _serving(world: Simulation, scenario: Scenario, policy: str, offered: Mapping[str, Polyline]) -> Serving:
    """The engine that carries the scenario's traffic to the policy's fleets."""
    fleets, window = scenario.policies[policy].fleets, _window(scenario)
    if scenario.requests.detail == "requests":
        from simulator.serving.build import Stream
        from simulator.serving.requests import Requests  # where traffic is a flow, numba stays out

        streams = {fleet: Stream(*scenario.stream(policy, fleet), rate) for fleet, rate in offered.items()}
        return Requests(world, fleets, scenario.requests, streams, window)
    patience = _patience(scenario.requests.patience)
    queues = {name: Queue(float("inf") if fleet.queue is None else fleet.queue, patience) for name, fleet in fleets.items()}
    return Rate(offered, queues, scenario.policies[policy].calls, window, scenario.policies[policy].caches)


def prepare(scenario: Scenario) -> None:
    """Compile what runs of the scenario need, so that of many processes none has to."""
    if scenario.requests.detail == "requests":
        from simulator.serving.machine import machine_code

        machine_code()


def _window(scenario: Scenario) -> float:
    """The length of a window (seconds), so that the warm-up ends at the edge of one."""
    window = max(LEAST_WINDOW, scenario.horizon / MOST_WINDOWS)
    return scenario.warmup / max(1, round(scenario.warmup / window)) if scenario.warmup else window


def _patience(law: Law | None) -> Patience | None:
    if law is None:
        return None
    return Exponential(law.expected) if law.law == "exponential" else Constant(law.expected)  # type: ignore[attr-defined]


def _announce(world: Simulation, scenario: Scenario) -> Life:
    """One release after another is announced, and every fleet that has its item wants it from then on."""
    for release in scenario.announcements(world.uniform):
        yield world.until(release.time_s)
        given = scenario.releases[release.number]
        world.record.write("releases", world.now, release.item, release.version, given.security)
        bad = given.defect and world.uniform("defect", f"releases/{release.number}", release.k) < given.defect.probability
        defect = given.defect if bad else None
        mended = world.draw(defect.mended, "mended", f"releases/{release.number}", release.k) if defect and defect.mended else inf
        want = partial(_want, release, defect, world.now + mended, given.breaks)
        if given.promote:
            concerned = [fleet for fleet in world.fleets.values() if release.item in fleet.items]
            stages = [[fleet for fleet in concerned if fleet.part.environment == name] for name in given.promote]
            Promotion(world, stages, given.soak, release.item, release.version, want)
        else:
            for fleet in world.fleets.values():
                want(fleet)


def _want(release: Announcement, defect: Defect | None, mended_at: float, breaks: bool, fleet: Fleet) -> None:
    """A fleet wants a release from now on, with what is wrong with it; one that was promoted to it does not undo what was announced later."""
    if fleet.announced.get(release.item, 0.0) > release.time_s:
        return
    fleet.announced[release.item] = release.time_s
    if fleet.flaws:
        fleet.flaws.announce(release.item, release.version, defect, mended_at, breaks)
    fleet.want(release.item, release.version)


def _weather(world: Simulation, scenario: Scenario, policy: str, offered: Mapping[str, Polyline]) -> None:
    """Put into the record what came upon the fleets."""
    record, serving, caches = world.record, world.serving, scenario.policies[policy].caches
    for source in scenario.traffic:
        event = source.event()
        if event and event.start_s < scenario.horizon:
            record.write("events", *event)
    for fleet in scenario.policies[policy].fleets:
        rate = asked(fleet, offered, serving.asked) if caches and isinstance(serving, Rate) else demanded(fleet, offered, scenario.policies[policy].calls)
        record.extend("signals", {"time_s": rate.times, "value": rate.rates}, fleet=fleet, signal="demand")


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
