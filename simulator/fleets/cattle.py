"""Cattle: interchangeable containers that controllers replace from an image and nobody repairs."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import count
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal, Self

from pydantic import model_validator

from simulator.autoscalers import Autoscaler
from simulator.component import Model, assumed, meant, published, refuse
from simulator.fleets.analysis import analyse
from simulator.fleets.connections import connected
from simulator.fleets.deployment import SWITCH, Deployment
from simulator.fleets.image import Image
from simulator.fleets.monitor import Monitor
from simulator.fleets.part import FleetPart
from simulator.fleets.pod import Pod
from simulator.fleets.probes import Probes
from simulator.fleets.repository import Repository
from simulator.fleets.scaling import scaling
from simulator.fleets.start import Start, WarmUp
from simulator.fleets.volume import mounted
from simulator.kubernetes import names
from simulator.kubernetes.crash_backoff import Backoff, Limits
from simulator.laws import Law, law
from simulator.rollouts import ContainersRollout, Rollout
from simulator.server import State
from simulator.units import Duration, PositiveDuration, ServerCount

if TYPE_CHECKING:
    from simulator.fleet import Fleet
    from simulator.server import Life, Server
    from simulator.simulation import Simulation

DAY = 86400.0
LONG_AGO = -30 * DAY  # when the containers of the start were made: to Kubernetes' rules they are old
FORGOTTEN = ("hang", "detect", "kill", "back-off")  # phases that end with the host
RESTARTED = ("crash", "hang", "unfit")  # causes for which a container is started again where it is


class NodeLoss(Model):
    """When a lost host is given up: its silence is noticed by a controller that polls, and its containers are evicted after their toleration."""

    every: Annotated[PositiveDuration, published("Kubernetes node monitor period")] = 5.0
    grace: Annotated[Duration, published("Kubernetes node monitor grace period since v1.32")] = 50.0
    toleration: Annotated[Duration, published("Kubernetes default toleration of unreachable nodes")] = 300.0


class Stop(Model):
    """How a container ends that is asked to: it gets no new requests at once, and is gone when its process has ended, or is killed after the grace."""

    takes: Annotated[Law, assumed("it ends as soon as it is asked")] = law("constant", value="0s")
    grace: Annotated[Duration, published("Kubernetes terminationGracePeriodSeconds")] = 30.0


class Restarts(Model):
    """The pauses before a container that has died is started again: none at first, then `first`, doubled each time up to `most`."""

    first: Annotated[Duration, published("kubelet: initial back-off of a crash loop")] = 10.0
    most: Annotated[Duration, published("kubelet: its cap")] = 300.0
    forgotten_after: Annotated[Duration, published("kubelet: a run of more than ten minutes forgives")] = 600.0

    @model_validator(mode="after")
    def _growing(self) -> Self:
        if self.first > self.most:
            raise refuse("ConfigConflict", "`first` should not be longer than `most`")
        return self


class Cattle(FleetPart):
    """Interchangeable containers under Kubernetes' controllers: what crashes starts again where it is, what is lost is replaced under a fresh name."""

    containers: ClassVar[bool] = True

    kind: Literal["cattle"] = "cattle"
    replicas: ServerCount
    image: Image | None = None  # without it, what a start takes is all that is known of its pull
    start: Start = Start()
    probes: Probes = Probes()
    warm_up: WarmUp | None = None
    stop: Stop = Stop()
    restarts: Restarts = Restarts()
    unhealthy: Monitor = Monitor()  # how a machine that does not answer is noticed, with `start: {profile: vm}`
    node_loss: NodeLoss = NodeLoss()
    reaction: Annotated[Duration, assumed("controllers watch, they do not poll")] = 0.0
    autoscaler: Autoscaler | None = None
    rollout: Annotated[Rollout, published("Kubernetes Deployment: RollingUpdate, 25 % surge, 25 % unavailable")] = Rollout.model_validate({"kind": "rolling"})

    @model_validator(mode="after")
    def _for_cattle(self) -> Self:
        if not isinstance(self.rollout, ContainersRollout):
            raise refuse("ConfigConflict", f"a rollout of kind `{self.rollout.kind}` is for pets")  # type: ignore[attr-defined]
        if self.image and self.start.profile == "vm":
            raise refuse("ConfigConflict", "a machine with `profile: vm` boots from an image of its own; layers are pulled by containers")
        if self.image and (strange := [item for item in self.image.layers if item not in self.items]):
            raise refuse("ConfigChoice", f"a layer of {strange[0]!r}, which is not in the fleet's `stack`{meant(strange[0], self.items)}")
        return self

    @property
    def registries(self) -> dict[str, str]:
        return {"image.registry": self.image.registry} if self.image else {}

    @property
    def own_bytes(self) -> float:
        return self.image.writable if self.image else 0.0

    @property
    def platforms(self) -> tuple[str, ...]:
        return self.image.platforms if self.image else ()

    @property
    def size(self) -> int:
        return self.autoscaler.bound(self.replicas) if self.autoscaler else self.replicas

    @property
    def most(self) -> int:
        return self.autoscaler.max if self.autoscaler else self.replicas

    @property
    def surge(self) -> int:
        return self.rollout.most(self.most) - self.most

    @property
    def polls_every(self) -> float:
        return self.autoscaler.every if self.autoscaler else math.inf

    @property
    def remark(self) -> str:
        return f"rollout: {self.rollout.remark}" if self.rollout.remark else ""

    def christen(self, fleet: Fleet, serial: int, stack: int) -> str:
        """As Kubernetes does: the deployment, a hash of what is in its image, and five characters; drawn again where there was one of that name."""
        base = names.replica_set(fleet.name, fleet.template(stack))
        tried = (names.pod(base, fleet.world.uniform(f"name {serial}", fleet.name, k)) for k in count())
        name = next(name for name in tried if name not in fleet.names)
        fleet.names.add(name)
        return name

    def open(self, world: Simulation, name: str) -> None:
        fleet = world.fleets[name]
        if self.image:
            fleet.repository = Repository(fleet, self.image)
            fleet.repository.build(fleet.wanted, fleet.items)
            fleet.hosts = [host for host in world.ground.hosts if host.disk and self.runs_on(host.disk.platform)]
        deployment = fleet.deployment = Deployment(fleet, self, self.size)
        if self.autoscaler:
            scaling(world, deployment, self.autoscaler)

    def pod(self, server: Server, started: bool) -> Pod:
        world = server.fleet.world
        since = LONG_AGO - DAY * server.chance("age") if started else None  # so that probes do not look at all of them at once
        backoff = Backoff(Limits(self.restarts.first, self.restarts.most), self.restarts.forgotten_after)
        return Pod(server.chance("uid"), world.now if since is None else since, since, since, backoff)

    def life(self, server: Server, deployment: Deployment, started: bool = False) -> Life:
        """Start, serve, start again where it is after a crash, and be gone when asked to: what follows is another container."""
        pod = server.pod
        assert pod
        cause = None if started else (yield from self.begin(server, self.start.cached if self.image else self.start.time, "start", ""))
        while not pod.leaving and cause not in ("broken", "evicted"):
            if cause is None:
                if cause := (yield from connected(server)):
                    continue
                pod.ready_since = pod.started if started else server.fleet.world.now
                deployment.ready(server)
                cause = yield from self.serve(server, deployment, cold=not started)
                pod.ready_since, started = None, False
            elif cause == "power":  # its host came back in time
                self.emptied(server, cause)
                cause = yield from self.begin(server, self.start.cached, "restart", cause)
            elif cause in RESTARTED and self.start.profile == "container":
                cause = yield from self.restart(server, cause)
            else:
                cause = yield from self.missed(server, cause)
        pod.leaving = True
        deployment.gone(server)
        yield from self.end(server, cause or "scale in")

    def serve(self, server: Server, deployment: Deployment, cold: bool) -> Life:
        """Serve, or stand by while its set is out of rotation; returns what ended that."""
        assert server.pod
        cause = SWITCH
        while cause == SWITCH:
            if server.pod.leaving:
                return "rollout"
            aside = deployment.aside(server.stack)
            if self.warm_up and cold and not aside:
                self.warm(server, self.warm_up)
                cold = False
            cause = yield from server.serve(standby=aside)
        return cause

    def begin(self, server: Server, time: Law, purpose: str, cause: str) -> Life:
        """Be pulled and started, initialise, and be found ready; returns what came between."""
        world, pod = server.fleet.world, server.pod
        assert pod
        pod.started = None
        if pod.leaving:
            return cause or "scale in"
        if broken_off := (yield from mounted(server, cause)):
            return broken_off
        if server.fleet.repository and (broken_off := (yield from server.fleet.repository.fetch(server, cause))):
            return broken_off
        if broken_off := (yield from server.wait(server.draw(time, purpose), "start", State.STARTING, cause)):
            return broken_off
        pod.started = world.now
        able = server.draw(self.start.initialise, f"initialise {purpose}") if self.start.initialise.expected else 0.0
        defect = server.fleet.defect(server.stack)
        if defect == "crash_loop":
            return (yield from server.wait(able, "initialise", State.STARTING, cause)) or "crash"
        ready = self.probes.ready(math.inf if defect else able)
        if ready < math.inf:
            return (yield from server.wait(ready, "initialise", State.STARTING, cause)) if ready else None
        if self.probes.startup:
            return (yield from server.wait(self.probes.startup.failed(0.0), "initialise", State.STARTING, cause)) or "unfit"
        return (yield from server.wait(world.event(), "unready", State.STARTING, cause))

    def warm(self, server: Server, ramp: WarmUp) -> None:
        """Come to full speed by and by, from now on."""
        world, life = server.fleet.world, server.life

        def step(speed: float) -> Callable[[], None]:
            return lambda: server.run_at(speed) if server.life == life and server.state is State.SERVING else None

        for after, speed in ramp.speeds():
            world.call(world.now + after, step(speed))
        server.speed = ramp.speeds()[0][1]

    def restart(self, server: Server, cause: str) -> Life:
        """Be started again where it is; who hangs is killed first, once its liveness probe has noticed."""
        world, pod = server.fleet.world, server.pod
        assert pod and pod.started is not None
        if cause == "hang":
            if not self.probes.liveness:
                return (yield from server.wait(world.event(), "hang", State.DOWN, cause))
            noticed = pod.started + self.probes.liveness.failed(world.now - pod.started) - world.now
            broken_off = (yield from server.wait(noticed, "detect", State.DOWN, cause)) or (yield from server.wait(self.stop.grace, "kill", State.DOWN, cause))
            if broken_off:
                return broken_off
        pod.restarts += 1
        pause = pod.backoff.pause(world.now)
        self.emptied(server, cause)
        if pause and (broken_off := (yield from server.wait(pause, "back-off", State.DOWN, cause))):
            return broken_off
        return (yield from self.begin(server, self.start.cached, "restart", cause))

    def emptied(self, server: Server, cause: str) -> None:
        """Another container takes the place of the one that ended in the same pod."""
        server.renew()
        if server.fleet.written:
            server.fleet.written.restarted(server, cause)

    def missed(self, server: Server, cause: str) -> Life:
        """A machine that does not answer: once that is noticed it is replaced."""
        world = server.fleet.world
        return (yield from server.wait(self.unhealthy.notice(world, server.entity), "detect", State.DOWN, cause)) or "evicted"

    def end(self, server: Server, cause: str) -> Life:
        """Get nothing new, finish, and be gone."""
        time = min(server.draw(self.stop.takes, "stop"), self.stop.grace) if self.stop.takes.expected else 0.0
        if time and not server.holds:
            yield from server.wait(time, "stop", State.DRAINING, cause)
        server.fleet.remove(server, cause)

    def held(self, server: Server) -> None:
        """Count on the container no longer once its host is silent for too long, and evict it after its toleration."""
        world, since = server.fleet.world, server.held_since
        noticed = world.first_tick(since + self.node_loss.grace, self.node_loss.every, "node monitor")

        def while_held(act: Callable[[], None]) -> Callable[[], None]:
            return lambda: act() if server.holds and server.held_since == since and server.state is not State.RETIRED else None

        world.call(noticed, while_held(lambda: server.give_up(True)))
        world.call(noticed + self.node_loss.toleration, while_held(lambda: server.stop("evicted")))

    def released(self, server: Server) -> None:
        """A host that was down has started anew: of what hung on it, or waited to be started again, nothing is left but the container itself."""
        if server.phase in FORGOTTEN and server.pod:
            server.pod.backoff.reset()
            server.stop("power")

    def announced(self, fleet: Fleet, before: int) -> None:
        assert fleet.deployment
        fleet.deployment.announced(before)
        analyse(fleet, self.rollout.looked_at, before)

    def rolled(self, fleet: Fleet) -> bool:
        assert fleet.deployment
        return fleet.deployment.rolled

    def went_back(self, fleet: Fleet) -> None:
        assert fleet.deployment
        fleet.deployment.went_back()
