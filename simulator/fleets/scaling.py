"""Scaling: an autoscaler at work on one fleet, and its schedule beside it."""

from __future__ import annotations

from itertools import count
from math import inf
from typing import TYPE_CHECKING

from simulator.autoscalers import Group, Sight, least
from simulator.server import State

if TYPE_CHECKING:
    from simulator.autoscalers import Autoscaler
    from simulator.fleets.deployment import Deployment
    from simulator.server import Life
    from simulator.simulation import Simulation


def scaling(world: Simulation, deployment: Deployment, autoscaler: Autoscaler) -> None:
    """From now on the number wanted follows the autoscaler, and is never less than its schedule says."""
    world.process(looks(world, deployment, autoscaler))
    if autoscaler.schedule:
        deployment.want(max(deployment.desired, least(autoscaler.schedule, 0.0)))
        world.process(turns(world, deployment, autoscaler))


def looks(world: Simulation, deployment: Deployment, autoscaler: Autoscaler) -> Life:
    """Ask the autoscaler at each of its ticks."""
    decisions = autoscaler.decisions(deployment.desired)
    next(decisions)
    phase = world.uniform("phase", f"autoscaler/{deployment.fleet.name}") * autoscaler.every
    for tick in count():
        yield world.until(phase + tick * autoscaler.every)
        world.serving.advance(world.now)
        floor = max(autoscaler.min, least(autoscaler.schedule, world.now))
        wanted = decisions.send(seen(deployment, autoscaler, floor))
        deployment.want(max(floor, autoscaler.bound(wanted)))


def turns(world: Simulation, deployment: Deployment, autoscaler: Autoscaler) -> Life:
    """At the times of the schedule there are at least as many as it says, at once; how many go when it ends is the autoscaler's affair."""
    for time in sorted({time for entry in autoscaler.schedule for time in entry.turns(world.horizon)}):
        yield world.until(time)
        deployment.want(max(deployment.desired, least(autoscaler.schedule, time)))


def seen(deployment: Deployment, autoscaler: Autoscaler, floor: int) -> Sight:
    """What an autoscaler sees of a fleet now."""
    fleet, world = deployment.fleet, deployment.world
    load = world.serving.load(fleet.name, autoscaler.every)
    return Sight(world.now, deployment.desired, floor, load, fleet.server_rps, fleet.part.concurrency, groups(deployment, autoscaler.recent))


def groups(deployment: Deployment, recent: float) -> list[Group]:
    """The containers of a fleet: those that serve, which are alike unless they have become ready only recently (seconds), and all others one by one.

    Those of a set out of rotation are none of them, as Argo Rollouts has it: they carry nothing, and must not pass for idle.
    """
    made, fleet = [], deployment.fleet
    for stack in (stack for stack in deployment.sets if not deployment.aside(stack)):
        young = deployment.fresh(stack, recent)
        for server in young:
            assert server.pod and server.pod.started is not None and server.pod.ready_since is not None
            made.append(Group(1, True, True, True, server.pod.started, server.pod.ready_since))
        if settled := len(fleet.members(stack, State.SERVING)) - len(young):
            made.append(Group(settled, True, True, True))
        for state in (State.STARTING, State.DOWN):
            for server in fleet.members(stack, state):
                assert server.pod
                started = server.pod.started
                # Who starts has never been ready since its container was made; who is down has been.
                changed = -inf if started is None else started if state is State.STARTING else server.fleet.world.now
                made.append(Group(1, started is not None, False, False, -inf if started is None else started, changed))
    return made
