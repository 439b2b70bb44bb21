"""Cattle: interchangeable containers that a controller replaces from an image and never repairs."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import model_validator

from simulator.autoscalers import Autoscaler
from simulator.component import Model, assumed, published, refuse
from simulator.fleets.controller import Controller
from simulator.fleets.part import FleetPart
from simulator.laws import Law, law
from simulator.rollouts import PetsRollout, Rollout
from simulator.server import State
from simulator.units import Duration, PositiveDuration, ServerCount

if TYPE_CHECKING:
    from simulator.fleet import Fleet
    from simulator.server import Life, Server
    from simulator.simulation import Simulation


class Start(Model):
    """How long a container takes from launch to service."""

    time: Annotated[Law, published("Borg task start, median about 25 s: Verma et al., EuroSys 2015; sigma as of VM boots, Hao et al. 2021")] = law(
        "lognormal", median="25s", sigma=0.65
    )
    cached: Annotated[Law, published("with the image on its host, a fifth: 80 % of a start installs packages (Verma et al. 2015)")] = law(
        "lognormal", median="5s", sigma=0.65
    )


class NodeLoss(Model):
    """When a lost host is given up: its silence is noticed by a controller that polls, and its containers are evicted after their toleration."""

    every: Annotated[PositiveDuration, published("Kubernetes node monitor period")] = 5.0
    grace: Annotated[Duration, published("Kubernetes node monitor grace period since v1.32")] = 50.0
    toleration: Annotated[Duration, published("Kubernetes default toleration of unreachable nodes")] = 300.0


class Cattle(FleetPart):
    """Interchangeable containers under a controller, replaced under a fresh name in the same slot."""

    kind: Literal["cattle"] = "cattle"
    replicas: ServerCount
    start: Start = Start()
    node_loss: NodeLoss = NodeLoss()
    reaction: Annotated[Duration, assumed("controllers watch, they do not poll")] = 0.0
    autoscaler: Autoscaler | None = None
    rollout: Annotated[Rollout, published("Kubernetes Deployment: RollingUpdate, 25 % surge, 25 % unavailable")] = Rollout.model_validate({"kind": "rolling"})

    @model_validator(mode="after")
    def _for_cattle(self) -> Self:
        if isinstance(self.rollout, PetsRollout):
            raise refuse("ConfigConflict", f"a rollout of kind `{self.rollout.kind}` is for pets")  # type: ignore[attr-defined]
        return self

    @property
    def size(self) -> int:
        return self.autoscaler.bound(self.replicas) if self.autoscaler else self.replicas

    @property
    def most(self) -> int:
        return self.autoscaler.max if self.autoscaler else self.replicas

    @property
    def polls_every(self) -> float:
        return self.autoscaler.every if self.autoscaler else math.inf

    def name_of(self, fleet: str, serial: int) -> str:
        return f"{fleet}-{serial:05d}"

    def open(self, world: Simulation, name: str) -> None:
        controller = Controller(world.fleets[name], self, self.size)
        if self.autoscaler:
            world.process(controller.autoscale(self.autoscaler))

    def life(self, server: Server, started: bool = False) -> Life:
        """Start, serve once, and be gone: what follows is another container in the same slot."""
        cause = None if started else (yield from self.boot(server, self.start.time, "start"))
        while cause in (None, "power"):
            if cause:  # its host came back in time: the container starts again where it is
                server.renew()
                cause = yield from self.boot(server, self.start.cached, "restart")
            else:
                cause = yield from server.serve()
        server.fleet.remove(server, cause)

    def boot(self, server: Server, time: Law, purpose: str) -> Life:
        """Be pulled and started."""
        return (yield from server.wait(server.draw(time, purpose), "start", State.STARTING))

    def held(self, server: Server) -> None:
        """Count on the container no longer once its host is silent for too long, and evict it after its toleration."""
        world, since = server.fleet.world, server.held_since
        noticed = world.first_tick(since + self.node_loss.grace, self.node_loss.every, "node monitor")

        def while_held(act: Callable[[], None]) -> Callable[[], None]:
            return lambda: act() if server.holds and server.held_since == since and server.state is not State.RETIRED else None

        world.call(noticed, while_held(lambda: server.give_up(True)))
        world.call(noticed + self.node_loss.toleration, while_held(lambda: server.stop("evicted")))

    def announced(self, fleet: Fleet) -> None:
        fleet.watched()
