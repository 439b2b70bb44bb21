"""A server: one pet or one container in its slot, whose life is a story of waits."""

from __future__ import annotations

from collections.abc import Generator
from enum import StrEnum
from math import prod
from typing import TYPE_CHECKING, Any

from simpy import Event

if TYPE_CHECKING:
    from simulator.fleet import Fleet
    from simulator.fleets.hands import Hands
    from simulator.fleets.pod import Pod
    from simulator.laws import Law
    from simulator.sites import Host

Life = Generator[Event, Any, Any]  # yields waits, returns the cause that ended it early


class State(StrEnum):
    """What a server is doing; `down` also while its domain is, whatever it is doing itself."""

    STARTING = "starting"
    SERVING = "serving"
    DEGRADED = "degraded"
    STANDBY = "standby"
    DOWN = "down"
    REPAIRING = "repairing"
    UPGRADING = "upgrading"
    DRAINING = "draining"
    RETIRED = "retired"

    __hash__ = str.__hash__  # an enum's own is written in Python, and states are counted at every step


IN_SERVICE = (State.SERVING, State.DEGRADED)
READY = (*IN_SERVICE, State.STANDBY)
WELL = (*READY, State.STARTING)  # what has a trouble of its own is none of these
HANDS_ON = (State.REPAIRING, State.UPGRADING)  # what a person does to the machine, and cannot while its domain is down


class Leave(StrEnum):
    """How a server goes out of service, as its clients see it."""

    DRAINED = "drained"  # gets nothing new, and finishes what it holds
    REFUSING = "refusing"  # its process is gone: who holds a connection, or asks for one, is told so
    SILENT = "silent"  # its machine is gone: nobody gets an answer


class Server:
    """One server: it serves while its own story says so and nothing holds it."""

    __slots__ = (
        "_awaited",
        "_speed",
        "_strains",
        "age",
        "ageing",
        "asleep",
        "cause",
        "counted",
        "data_since",
        "degraded",
        "entity",
        "errors",
        "fleet",
        "given_up",
        "hands",
        "held_since",
        "holds",
        "host",
        "id",
        "in_service",
        "life",
        "name",
        "new_at",
        "phase",
        "pod",
        "since",
        "slot",
        "slowed",
        "spell",
        "stack",
        "state",
    )

    def __init__(self, fleet: Fleet, slot: int, name: str, host: Host, stack: int) -> None:
        self.fleet, self.slot, self.name, self.host, self.stack = fleet, slot, name, host, stack
        self.id = fleet.world.record.server(fleet.name, name, slot)
        self.entity = fleet.entity(slot)
        self._speed, self.degraded = 1.0, False
        self.slowed = 1.0  # by what it runs: the part of its speed that is left
        self.errors = 0.0  # the share of its answers that are errors
        self.age, self.ageing = 0.0, 1.0  # seconds of service in this life, up to `since`; how fast it ages from then on, where nothing strains it
        self.since = self.new_at = 0.0  # when it last began to serve, to stand by, or to age at another pace; when its age was 0
        self.spell: object = None  # another one each time
        self._strains: dict[str, float] = {}
        self.hands: Hands | None = None  # who upgrades it
        self.pod: Pod | None = None  # what Kubernetes keeps of a container
        self.life = fleet.next_life(slot)
        self.state, self.phase, self.cause = State.STARTING, "", ""
        self.counted: tuple[int, State] | None = None
        self.holds: list[str] = []
        self.held_since = self.data_since = 0.0
        self.in_service = False
        self.given_up = False
        self.asleep: Event | None = None
        self._awaited: list[tuple[str, Event]] = []

    @property
    def drains(self) -> bool:
        """Whether it gets nothing new, and finishes what it holds."""
        return not self.holds and (self.state is State.DRAINING or self.phase == "drain")

    @property
    def trouble(self) -> str:
        """Why it is not in service."""
        return self.holds[0] if self.holds else self.cause

    @property
    def capacity_rps(self) -> float:
        """What it serves at full speed (requests per second)."""
        return self.fleet.server_rps

    @property
    def speed(self) -> float:
        """The part of full speed at which it serves."""
        return self._speed * self.slowed

    @speed.setter
    def speed(self, speed: float) -> None:
        self._speed = speed

    def draw(self, law: Law, purpose: str) -> float:
        """A duration of this life: the k-th life in a slot takes draw k of each purpose."""
        return self.fleet.world.draw(law, purpose, self.entity, self.life)

    def chance(self, purpose: str) -> float:
        """A number between 0 and 1 of this life."""
        return self.fleet.world.uniform(purpose, self.entity, self.life)

    # Its own story

    def enter(self, state: State, phase: str = "", cause: str = "") -> None:
        """Be in a state from now on."""
        self.state, self.phase, self.cause = state, phase, cause
        self.fleet.count(self)
        if not self.holds or state is State.RETIRED:
            self._tell()
        if self._awaited:
            self.announce(phase)

    def wait(self, delay: float | Event, phase: str, state: State = State.DOWN, cause: str = "") -> Life:
        """Spend the delay (seconds), or wait for an event, in a phase; returns None, or at once the cause with which the server was stopped meanwhile."""
        if self.holds and state in HANDS_ON:
            return "held"
        self.enter(state, phase, cause)
        self.asleep = asleep = delay if isinstance(delay, Event) else self.fleet.world.timeout(delay)
        stopped = yield asleep
        self.asleep = None
        return stopped

    def serve(self, standby: bool = False) -> Life:
        """Serve, or stand by, until stopped; returns the cause."""
        serving = State.DEGRADED if self.degraded else State.SERVING
        self.enter(State.STANDBY if standby else serving, "standby" if standby else "serve")
        self.asleep = asleep = self.fleet.world.event()
        if not self.age:
            self.new_at = self.fleet.world.now
        if self._awaited:
            self.announce("well")
        self._age_on()
        cause = yield asleep
        self.asleep = self.spell = None
        self.age = self.age_now
        return cause

    @property
    def pace(self) -> float:
        """How fast it ages."""
        return self.ageing * prod(self._strains.values()) if self._strains else self.ageing

    @property
    def age_now(self) -> float:
        """Seconds of service in this life, of one that serves or stands by."""
        return self.age + self.pace * (self.fleet.world.now - self.since)

    def strain(self, cause: str, factor: float) -> None:
        """Age so much faster from now on for this cause; what it has aged so far stays."""
        if factor == self._strains.get(cause, 1.0):
            return
        ages = self.state in READY and self.asleep is not None
        if ages:
            self.age = self.age_now
        self._strains[cause] = factor
        if ages:
            self._age_on()

    def degrade(self, speed: float, hazard: float) -> None:
        """Serve at a part of full speed from the next service on, and fail so much more often; whole again with 1 and 1."""
        self.degraded, self.speed = (speed, hazard) != (1.0, 1.0), speed
        self.strain("half-upgraded", hazard)

    def run_at(self, speed: float) -> None:
        """Serve at this part of full speed from now on."""
        self.speed = speed
        self.phase = "serve" if speed == 1 else "warm up"
        if self.in_service:
            serving = self.fleet.world.serving
            serving.advance(self.fleet.world.now)
            serving.pace(self, self.speed)
            self._tell()

    def slow(self, part: float) -> None:
        """Serve at this part of the speed it would have otherwise from now on."""
        if part == self.slowed:
            return
        self.slowed = part
        if self.in_service:
            serving = self.fleet.world.serving
            serving.advance(self.fleet.world.now)
            serving.pace(self, self.speed)
            self._tell()

    def err(self, share: float) -> None:
        """Answer this share of its requests with an error from now on."""
        if share == self.errors:
            return
        world = self.fleet.world
        self.errors = share
        world.record.write("errors", world.now, self.id, share)
        if self.in_service:
            world.serving.advance(world.now)
            world.serving.err(self, share)

    def _age_on(self) -> None:
        """Those who strike at an age look again when that will be."""
        self.since, self.spell = self.fleet.world.now, object()
        self.fleet.world.began(self)

    def move(self, host: Host) -> None:
        """Be on another host, of which nothing holds it; what it had on the old one stays there."""
        for cause in self.host.causes:
            self.holds.remove(cause)
        del self.host.servers[self]
        self.host = host
        host.servers[self] = None
        self.stop("lost host")

    def renew(self) -> None:
        """Begin another life in the same slot."""
        self.life, self.age = self.fleet.next_life(self.slot), 0.0

    def stop(self, cause: str) -> None:
        """The server's own trouble, whatever it is: its life goes on at once, with the cause."""
        asleep = self.asleep
        if asleep is None:
            return
        # The wait hands its sleeper to an event that is due now; the clock it leaves behind wakes nobody.
        waker = self.fleet.world.event()
        waker.callbacks, asleep.callbacks = asleep.callbacks, []
        self.asleep = None
        waker.succeed(cause)

    def fail(self, cause: str) -> None:
        """What it serves with, or starts, breaks; at what is down already somebody is."""
        if self.state in WELL:
            self.stop(cause)

    def reaches(self, phase: str) -> Event:
        """When it next enters this phase, or is `well` again: serves, or stands by."""
        event = self.fleet.world.event()
        self._awaited.append((phase, event))
        return event

    # What its domains do to it

    def hold(self, cause: str) -> None:
        """Its domain is down: it serves nobody, and whoever works on it has to stop."""
        self.holds.append(cause)
        if len(self.holds) > 1:
            return
        self.held_since = self.fleet.world.now
        self._tell()
        if self.state in HANDS_ON:
            self.stop("held")
        self.fleet.part.held(self)

    def release(self, cause: str) -> None:
        """Its domain is back, and has to be started again; troubles of its own it still has."""
        first = self.holds[0]
        self.holds.remove(cause)
        if self.state is State.RETIRED:
            return
        if self.holds:
            if self.holds[0] != first:
                self._tell()  # another cause holds it from now on
            return
        self.give_up(False)
        self.fleet.part.released(self)
        if self.state in WELL:
            self.stop("power")
        else:
            self._tell()
        self.announce("released")

    def give_up(self, lost: bool) -> None:
        """Count it as down, though nobody can reach it to make sure; or no longer."""
        self.given_up = lost
        self.fleet.count(self)

    def released(self) -> Life:
        """Wait until nothing holds it."""
        if self.holds:
            yield self.reaches("released")

    def announce(self, phase: str) -> None:
        """Tell those who have waited for it."""
        due = [event for wanted, event in self._awaited if wanted == phase]
        self._awaited = [(wanted, event) for wanted, event in self._awaited if wanted != phase]
        for event in due:
            event.succeed()

    def _tell(self) -> None:
        """Put what is true now into the record, and into or out of the balancer."""
        fleet = self.fleet
        in_service = self.state in IN_SERVICE and not self.holds
        if in_service is not self.in_service:
            if in_service and fleet.flaws:
                fleet.flaws.begins(self)
            self.in_service = in_service
            fleet.serves(self, in_service)
        held = self.holds and self.state is not State.RETIRED
        state, phase, cause = (State.DOWN, "hold", self.holds[0]) if held else (self.state, self.phase, self.cause)
        fleet.world.record.transition(
            fleet.world.now, self.id, self.host.name, state, phase, self.stack, fleet.server_rps * self.speed if in_service else 0.0, cause
        )
        for keeper in fleet.keepers:
            keeper.told(self)
