"""Deployments: Kubernetes' controllers of one fleet of containers, which keep as many as are wanted of the image that is wanted."""

from __future__ import annotations

from collections import Counter
from itertools import chain, islice
from typing import TYPE_CHECKING

from simulator.fleets.replica_set import ReplicaSet
from simulator.kubernetes import batches, deletion_order, deployment_status, proportional_scaling
from simulator.rollouts import ContainersRollout, Sets, Size
from simulator.server import State

if TYPE_CHECKING:
    from simulator.fleet import Fleet
    from simulator.fleets.cattle import Cattle
    from simulator.server import Server
    from simulator.sites import Host

UNREADY = (State.DOWN, State.STARTING)
ACTIVE = (*UNREADY, State.SERVING)  # what ends is no longer of its replica set


class Deployment:
    """It reacts to changes of the counts, many of one instant in one look, and never walks the fleet."""

    def __init__(self, fleet: Fleet, cattle: Cattle, desired: int) -> None:
        self.fleet, self.cattle, self.desired, self.world = fleet, cattle, desired, fleet.world
        assert isinstance(cattle.rollout, ContainersRollout)
        self.rollout = cattle.rollout
        self.sets: dict[int, ReplicaSet] = {}  # by stack, as they were made
        self.crowd: Counter[Host] = Counter()  # active containers of all its sets
        self._due = False
        self._status = deployment_status.Status(0, 0, 0, 0)
        self._before: int | None = None  # the stack that a rollout under way began with
        self._progress = 0.0  # when it last came along (seconds)
        self.world.record.signal(self.world.now, fleet.name, "desired", desired)
        self._resize({self._set(fleet.wanted): desired})
        for _ in range(desired):
            self._launch(fleet.wanted, started=True)
        fleet.watched = self.nudge
        self.world.ground.watchers.append(self.nudge)

    def nudge(self) -> None:
        """Something has changed: look once what happens at this instant has happened, and the reaction time has passed."""
        if not self._due:
            self._due = True
            self.world.call(self.world.now + self.cattle.reaction, self.look)

    def want(self, servers: int) -> None:
        """Another number of containers is wanted."""
        if servers != self.desired:
            self.desired = servers
            self.world.record.signal(self.world.now, self.fleet.name, "desired", servers)
            self.nudge()

    def announced(self, before: int) -> None:
        """Another image is wanted, instead of the stack that was until now."""
        if self._before is None:
            self._before = before
        self._progress, self._status = self.world.now, deployment_status.Status(0, 0, 0, 0)
        self.nudge()

    def look(self) -> None:
        """Bring every set to its size; if all are, and none has ended just now, say their next sizes."""
        self._due = False
        changed = [self._settle(own) for own in self.sets.values()]
        if not any(changed):
            sizes = self._next()
            if sizes:
                self._resize(sizes)
                for own in sizes:
                    self._settle(own)
                self.nudge()
        self._watch()

    # The sizes of its sets

    def _next(self) -> dict[ReplicaSet, int]:
        """The sets that should be resized, and to what: in proportion where another number is wanted, else as the rollout goes on."""
        new = self._set(self.fleet.wanted)
        old = [own for own in self.sets.values() if own is not new]
        if any(own.wanted and own.noted_desired != self.desired for own in self.sets.values()):
            return self._scaled([*old, new])
        sizes = Sets(Size(new.wanted, self._available(new)), [Size(own.wanted, self._available(own)) for own in old], sum(map(self._ending, old)))
        wanted = self.rollout.step(self.desired, sizes)
        return {own: size for own, size in zip([new, *old], wanted, strict=True) if size != own.wanted}

    def _scaled(self, sets: list[ReplicaSet]) -> dict[ReplicaSet, int]:
        most = self.rollout.most(self.desired)
        given = [
            proportional_scaling.Set(own.wanted, self._available(own), own.number, own.noted_desired, own.noted_most, own.stack == self.fleet.wanted)
            for own in sets
        ]
        return dict(zip(sets, proportional_scaling.scale(self.desired, most - self.desired, given, self.rollout.rolls), strict=True))

    def _resize(self, sizes: dict[ReplicaSet, int]) -> None:
        for own, size in sizes.items():
            own.wanted, own.noted_desired, own.noted_most = size, self.desired, self.rollout.most(self.desired)

    def _set(self, stack: int) -> ReplicaSet:
        """The set of a stack: who goes back to an image finds the old one."""
        if stack not in self.sets:
            self.sets[stack] = ReplicaSet(stack, len(self.sets))
        return self.sets[stack]

    # How far they are

    def _count(self, own: ReplicaSet, states: tuple[State, ...]) -> int:
        return sum(len(self.fleet.members(own.stack, state)) for state in states)

    def _ending(self, own: ReplicaSet) -> int:
        return len(self.fleet.members(own.stack, State.DRAINING))

    def _available(self, own: ReplicaSet) -> int:
        """Those that have been ready for long enough; who has not is looked at again when that is so."""
        ready, least = self.fleet.members(own.stack, State.SERVING), self.rollout.min_ready
        if not least:
            return len(ready)
        return len(ready) - sum(1 for _ in self.fresh(own.stack, self.world.now - least))

    def fresh(self, stack: int, since: float) -> list[Server]:
        """The ready containers of a stack that have been so only from after a time on (seconds), the youngest first."""
        made = []
        for server in reversed(self.fleet.members(stack, State.SERVING)):
            if server.pod is None or server.pod.ready_since is None or server.pod.ready_since <= since:
                break
            made.append(server)
        return made

    # Its containers

    def _settle(self, own: ReplicaSet) -> bool:
        """Launch what is missing of a set, or stop what is too much; returns whether there was anything to do."""
        there = self._count(own, ACTIVE)
        if there < own.wanted:
            calls = own.wanted - there if self.world.ground.up else 0  # while no host is up there is none to put them on
            made = batches.create(min(own.wanted - there, batches.BURST), calls).created
            for _ in range(made):
                self._launch(own.stack)
            return made > 0
        if there > own.wanted:
            for server in self._going(own, min(there - own.wanted, batches.BURST), there):
                self.stop(server, "scale in" if own.stack == self.fleet.wanted else "rollout")
            return True
        return False

    def _launch(self, stack: int, started: bool = False) -> None:
        server = self.fleet.add(stack)
        server.pod = self.cattle.pod(server, started)
        self.crowd[server.host] += 1
        self.world.process(self.cattle.life(server, self, started))

    def stop(self, server: Server, cause: str) -> None:
        """A container is asked to stop, and counts no longer."""
        assert server.pod
        server.pod.leaving = True
        server.stop(cause)

    def ready(self, server: Server) -> None:
        """One of its containers is ready from now on."""
        self.sets[server.stack].ready(server)
        if self.rollout.min_ready:
            self.world.call(self.world.now + self.rollout.min_ready, self.nudge)

    def gone(self, server: Server) -> None:
        """One of them ends, whatever the cause."""
        self.crowd[server.host] -= 1

    def _going(self, own: ReplicaSet, servers: int, there: int) -> list[Server]:
        """Whom Kubernetes would delete: who is not ready comes first."""
        unready = list(chain(*(self.fleet.members(own.stack, state) for state in UNREADY)))
        if servers == there:
            return [*unready, *self.fleet.members(own.stack, State.SERVING)]
        going = self._picked(unready, min(servers, len(unready)))
        crowd = dict(self.crowd)  # as it is now: Kubernetes counts once for all that go
        while len(going) < servers:
            (first,) = self._picked(list(own.first_to_go(crowd, self.world.now)), 1)
            assert first.pod
            first.pod.leaving = True
            going.append(first)
        return going

    def _picked(self, servers: list[Server], count: int) -> list[Server]:
        if count == len(servers):
            return servers
        pods = [self._seen(server) for server in servers]
        return [servers[index] for index in deletion_order.pick(pods, count)]

    def _seen(self, server: Server) -> deletion_order.Pod:
        """A container as the order of deletion looks at it."""
        pod, now = server.pod, self.world.now
        assert pod
        ready = server.state is State.SERVING and not server.given_up
        return deletion_order.Pod(
            node=server.host.name,
            phase="Pending" if pod.started is None else "Running",
            ready=ready,
            restarts=pod.restarts,
            ready_ago=now - pod.ready_since if ready and pod.ready_since is not None else None,
            created_ago=now - pod.created,
            deletion_cost=0,
            same_node_rank=self.crowd[server.host],
            uid=pod.uid,
        )

    # How it comes along

    def _watch(self) -> None:
        """See whether a rollout is over, comes along, or has not for as long as its deadline says."""
        if self._before is None:
            return
        sets, new = list(self.sets.values()), self._set(self.fleet.wanted)
        status = deployment_status.Status(
            sum(self._count(own, ACTIVE) for own in sets),
            self._count(new, ACTIVE),
            sum(self._count(own, (State.SERVING,)) for own in sets),
            sum(self._available(own) for own in sets),
        )
        if deployment_status.complete(self.desired, status):
            self._before = None
        elif deployment_status.progressing(self._status, status):
            self._progress = self.world.now
            self.world.call(self._progress + self.rollout.progress_deadline, self._late)
        self._status = status

    def _late(self) -> None:
        """No progress for as long as the deadline says: it is noted, and where the rollout says so all goes back to what ran before."""
        before, deadline = self._before, self.rollout.progress_deadline
        if before is None or self.world.now < self._progress + deadline:
            return
        self.world.record.write("events", self.world.now, f"{self.fleet.name}: no progress", self.world.now)
        if self.rollout.rollback:
            self._before = None
            self.fleet.go_back(before)
            self.nudge()
