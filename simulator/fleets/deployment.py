"""Deployments: Kubernetes' controllers of one fleet of containers, which keep as many as are wanted of the image that is wanted."""

from __future__ import annotations

from collections import Counter
from itertools import chain, count
from math import inf
from typing import TYPE_CHECKING, NamedTuple

from simulator.fleets.course import EDGE, Course
from simulator.fleets.replica_set import Entry, ReplicaSet
from simulator.kubernetes import batches, deletion_order, deployment_status, proportional_scaling
from simulator.rollouts import ContainersRollout, Sets, Size
from simulator.server import State

if TYPE_CHECKING:
    from simulator.fleet import Fleet
    from simulator.fleets.cattle import Cattle
    from simulator.fleets.pod import Pod
    from simulator.server import Server
    from simulator.sites import Host

UNREADY = (State.DOWN, State.STARTING)
STEADY = (State.SERVING, State.STANDBY)  # of those that are ready
SWITCH = "switch"  # why a container is asked to serve, or to stand by


class Tally(NamedTuple):
    """Containers of a set: that are there and do not end, that are ready, and that have been so for long enough."""

    active: int
    ready: int
    available: int


class Deployment:
    """It reacts to changes of the counts, many of one instant in one look, and never walks the fleet."""

    def __init__(self, fleet: Fleet, cattle: Cattle, desired: int) -> None:
        self.fleet, self.cattle, self.desired, self.world = fleet, cattle, desired, fleet.world
        assert isinstance(cattle.rollout, ContainersRollout)
        self.rollout = cattle.rollout
        self.sets: dict[int, ReplicaSet] = {}  # by stack, as they were made
        self.course = Course(self.rollout.course)
        self.live = fleet.wanted  # the stack in rotation, where one is at a time
        self._kept_until = -inf  # seconds: who is out of rotation
        self.crowd: Counter[Host] = Counter()  # active containers of all its sets
        self._due, self._numbers = False, count()
        self._status = deployment_status.Status(0, 0, 0, 0)
        self._before: int | None = None  # the stack that a rollout under way began with
        self._progress = 0.0  # when it last came along (seconds)
        self._timed = False  # whether somebody will look if it is late: one timer, not one for each step
        self.world.record.signal(self.world.now, fleet.name, "desired", desired)
        self._resize({self._set(fleet.wanted): desired})
        for _ in range(desired):
            self._launch(fleet.wanted, started=True)
        fleet.watched = self.changed
        self.world.ground.watchers.append(self.nudge)

    def changed(self, server: Server) -> None:
        """A container is in another state."""
        for own in self.sets.values():
            own.touched[server.host] = None
        self.nudge()

    def nudge(self) -> None:
        """Something has changed: look once what happens at this instant has happened, and the reaction time has passed."""
        if not self._due:
            self._due = True
            self.world.call(self.world.now + self.cattle.reaction, self.look)

    def want(self, servers: int) -> None:
        """Another number of containers is wanted."""
        if self.rollout.keeps_size and self._before is not None and servers < self.desired:
            return
        if servers != self.desired:
            self.desired = servers
            self.world.record.signal(self.world.now, self.fleet.name, "desired", servers)
            self.nudge()

    def announced(self, before: int) -> None:
        """Another image is wanted, instead of the stack that was until now."""
        if self._before is None:
            self._before = before
        self.course.begin()
        self._status = deployment_status.Status(0, 0, 0, 0)
        self._came_along()
        self.nudge()

    def went_back(self) -> None:
        """What ran before is wanted again, and no rollout is under way; where it is kept, it is in rotation at once."""
        self._before, self._kept_until = None, -inf
        if self.fleet.wanted in self.sets and self.sets[self.fleet.wanted].wanted:
            self._switch(self.fleet.wanted)
        self.nudge()

    @property
    def rolled(self) -> bool:
        """Whether no rollout is under way: all that are wanted are available, on what is wanted, and no other is in rotation."""
        return self._before is None

    def look(self) -> None:
        """Bring every set to its size; if all are, and none has ended just now, say their next sizes."""
        self._due = False
        self._set(self.fleet.wanted)
        tallies = {own: self._tally(own) for own in self.sets.values()}
        changed = [self._settle(own, tally.active) for own, tally in tallies.items()]
        if not any(changed):
            sizes = self._next(tallies)
            if sizes:
                self._resize(sizes)
                for own in sizes:
                    self._settle(own, tallies[own].active)
                self.nudge()
        if self._before is not None:
            self._watch(tallies)

    # The sizes of its sets

    def _next(self, tallies: dict[ReplicaSet, Tally]) -> dict[ReplicaSet, int]:
        """The sets that should be resized, and to what: in proportion where another number is wanted, else as the rollout goes on."""
        new = self.sets[self.fleet.wanted]
        old = [own for own in tallies if own is not new]
        if not self.rollout.sizes_all and any(own.wanted and own.noted_desired != self.desired for own in tallies):
            return self._scaled([*old, new], tallies)
        if not old and new.wanted == self.desired:
            return {}
        most = self._go_on(tallies[new]) if self.rollout.course and self._before is not None else None
        if self.rollout.switches:
            self._turn(new, tallies[new])
        sizes = Sets(
            Size(new.wanted, tallies[new].available),
            [Size(own.wanted, tallies[own].available) for own in old],
            sum(self._ending(own) for own in old),
            most,
            next((place for place, own in enumerate(old) if own.stack == self.live), None) if self.rollout.switches else None,
            self.world.now < self._kept_until - EDGE,
        )
        wanted = self.rollout.step(self.desired, sizes)
        return {own: size for own, size in zip([new, *old], wanted, strict=True) if size != own.wanted}

    def _go_on(self, new: Tally) -> int:
        """How many of the new image may be wanted by now."""
        analysis = self.fleet.analysis
        if self.course.go_on(self.desired, new.available, self.world.now, well=analysis is None or not analysis.failed):
            self.world.call(self.course.until, self.nudge)
        return self.course.most(self.desired)

    def aside(self, stack: int) -> bool:
        """Whether who runs a stack is out of rotation."""
        return self.rollout.switches and stack != self.live

    def _turn(self, new: ReplicaSet, tally: Tally) -> None:
        """Put the new set into rotation once all of it is available and nothing is left to wait for; the old one is kept for a while."""
        if new.stack != self.live and new.wanted == self.desired == tally.available and (self._before is None or self.course.over):
            self._kept_until = self.world.now + getattr(self.rollout, "keeps", 0.0)
            self.world.call(self._kept_until, self.nudge)
            self._switch(new.stack)

    def _switch(self, stack: int) -> None:
        """Turn traffic to a set, in one instant."""
        if self.aside(stack):
            before, self.live = self.live, stack
            for server in [*self.fleet.members(stack, State.STANDBY), *self.fleet.members(before, State.SERVING)]:
                server.stop(SWITCH)

    def _scaled(self, sets: list[ReplicaSet], tallies: dict[ReplicaSet, Tally]) -> dict[ReplicaSet, int]:
        most = self.rollout.most(self.desired)
        given = [
            proportional_scaling.Set(own.wanted, tallies[own].available, own.number, own.noted_desired, own.noted_most, own.stack == self.fleet.wanted)
            for own in sets
        ]
        return dict(zip(sets, proportional_scaling.scale(self.desired, most - self.desired, given, self.rollout.rolls), strict=True))

    def _resize(self, sizes: dict[ReplicaSet, int]) -> None:
        for own, size in sizes.items():
            own.wanted, own.noted_desired, own.noted_most = size, self.desired, self.rollout.most(self.desired)

    def _set(self, stack: int) -> ReplicaSet:
        """The set of a stack: who goes back to an image finds the old one."""
        if stack not in self.sets:
            self.sets[stack] = ReplicaSet(stack, next(self._numbers))
        return self.sets[stack]

    # How far they are

    def _tally(self, own: ReplicaSet) -> Tally:
        """What there is of a set. Who has not been ready for long enough is not available, and is looked at again when that is so."""
        members, stack, least = self.fleet.members, own.stack, self.rollout.min_ready
        ready = sum(len(members(stack, state)) for state in STEADY)
        fresh = len(self.fresh(stack, least)) if least else 0
        return Tally(ready + len(members(stack, State.STARTING)) + len(members(stack, State.DOWN)), ready, ready - fresh)

    def _ending(self, own: ReplicaSet) -> int:
        return len(self.fleet.members(own.stack, State.DRAINING))

    def fresh(self, stack: int, least: float) -> list[Server]:
        """The ready containers of a stack that have not been so for as long as this yet (seconds), the youngest first."""
        made = []
        for server in chain.from_iterable(reversed(self.fleet.members(stack, state)) for state in STEADY):
            if server.pod is None or server.pod.ready_since is None or server.pod.ready_since + least <= self.world.now + EDGE:
                break
            made.append(server)
        return made

    # Its containers

    def _settle(self, own: ReplicaSet, there: int) -> bool:
        """Launch what is missing of a set, of which so many are there, or stop what is too much; returns whether there was anything to do."""
        if there < own.wanted:
            calls = own.wanted - there if self.fleet.placeable else 0  # while no host is up there is none to put them on
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
        if started and self.fleet.repository:
            self.fleet.repository.preload(server)
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
            return [*unready, *chain.from_iterable(self.fleet.members(own.stack, state) for state in STEADY)]
        going = self._picked(unready, min(servers, len(unready)))
        while len(going) < servers:
            first = self._first(own.heads(self.crowd, self.world.now))  # a crowd as it is now: Kubernetes counts once for all that go
            assert first.pod
            first.pod.leaving = True
            own.touched[first.host] = None
            going.append(first)
        return going

    def _first(self, heads: list[Entry]) -> Server:
        """Who of some that are ready, on hosts as crowded, goes first."""
        now = self.world.now
        if len({head.ready_since for head in heads}) < len(heads) and not self._equal([head.server.pod for head in heads if head.server.pod]):
            return self._picked([head.server for head in heads], 1)[0]
        return heads[deletion_order.first_of_alike([now - head.ready_since for head in heads], [head.uid for head in heads])].server

    def _equal(self, pods: list[Pod]) -> bool:
        """Whether nothing but their UIDs tells them apart where they were ready at one instant: then nobody goes before the one with the least."""
        created = [pod.created for pod in pods]
        youngest, oldest = (deletion_order.age_bucket(self.world.now - time) for time in (max(created), min(created)))
        return youngest == oldest and len({pod.restarts for pod in pods}) == 1

    def _picked(self, servers: list[Server], count: int) -> list[Server]:
        if count == len(servers):
            return servers
        pods = [self._seen(server) for server in servers]
        return [servers[index] for index in deletion_order.pick(pods, count)]

    def _seen(self, server: Server) -> deletion_order.Pod:
        """A container as the order of deletion looks at it."""
        pod, now = server.pod, self.world.now
        assert pod
        ready = server.state in STEADY and not server.given_up
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

    def _watch(self, tallies: dict[ReplicaSet, Tally]) -> None:
        """See whether a rollout is over, or comes along; else it is late when that has been so for as long as its deadline says."""
        new = self.sets[self.fleet.wanted]
        active, ready, available = (sum(column) for column in zip(*tallies.values(), strict=True))
        if self.rollout.switches and not self.aside(new.stack):  # who is kept is no part of the rollout
            active, ready, available = tallies[new]
        status = deployment_status.Status(active, tallies[new].active, ready, available)
        if deployment_status.complete(self.desired, status):
            self._before = None
            self.sets = {stack: own for stack, own in self.sets.items() if own is new or self._ending(own) or (self.rollout.switches and own.wanted)}
        elif deployment_status.progressing(self._status, status):
            self._came_along()
        self._status = status

    def _came_along(self) -> None:
        self._progress = self.world.now
        self._set_timer()

    def _set_timer(self) -> None:
        if not self._timed:
            self._timed = True
            self.world.call(self._progress + self.rollout.progress_deadline, self._late)

    def _late(self) -> None:
        """No progress for as long as the deadline says: it is noted, and where the rollout says so all goes back to what ran before."""
        before, self._timed = self._before, False
        if before is None:
            return
        self._progress = max(self._progress, self.course.until)  # a wait is no lateness
        if self.world.now < self._progress + self.rollout.progress_deadline - EDGE:
            self._set_timer()
            return
        self._progress = inf  # said once
        self.world.record.write("events", self.world.now, f"{self.fleet.name}: no progress", self.world.now)
        if self.rollout.rollback:
            self.fleet.go_back(before, "no progress")
