"""Scripts: the steps of a scenario as one policy meets them, and what of them cannot be meant."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

from simulator.component import meant
from simulator.fleets.by_hand import ByHand
from simulator.policy import Found, Policy
from simulator.steps import Step, looked_at, ordered
from simulator.units import show_duration

if TYPE_CHECKING:
    from simpy import Event

    from simulator.fleet import Fleet
    from simulator.server import Life
    from simulator.simulation import Simulation

UNDONE = "not done: the run was over"


class Place(Protocol):
    """Where somebody types the steps on one server."""

    name: str

    @property
    def id(self) -> str: ...

    def command(self, step: Step) -> str: ...

    def text(self, path: str) -> str: ...

    def ready(self, step: Step) -> Life: ...

    def do(self, step: Step) -> Life: ...


class Script:
    """The steps in one run: those on one server are done one after another, each at its time or when the one before is through."""

    def __init__(self, world: Simulation, policy: Policy, steps: Sequence[Step]) -> None:
        self.world, self.steps, self.paths = world, steps, looked_at(steps)
        self._left: dict[int, tuple[Fleet, Place]] = {}
        by_fleet: dict[str, dict[str, None]] = {}
        for step in steps:
            by_fleet.setdefault(policy.fleet_of(step.server) or "", {})[step.server] = None
        for name, servers in by_fleet.items():
            fleet = world.fleets[name]
            for place in fleet.part.terminals(fleet, servers):
                self._left |= {number: (fleet, place) for number, step in enumerate(steps) if step.server == place.name}
        world.call(0.0, self.begin)

    def begin(self) -> None:
        """Plan all of them, and those of one moment in their order, whatever server they are done to."""
        by_place: dict[str, list[tuple[int, Step, Event]]] = {}
        for number, step in ordered(self.steps):
            by_place.setdefault(step.server, []).append((number, step, self.world.until(step.at)))
        for own in by_place.values():
            self.world.process(self.done(*self._left[own[0][0]], own))

    def done(self, fleet: Fleet, place: Place, own: Sequence[tuple[int, Step, Event]]) -> Life:
        """One step after another."""
        for number, step, due in own:
            yield due
            yield from place.ready(step)
            begun, before, id, command, path = self.world.now, place.text(self.paths[number]), place.id, place.command(step), self.paths[number]
            outcome = yield from place.do(step)
            del self._left[number]
            self._write(begun, fleet, number, command, place.id or id, before, place.text(path), outcome)

    def close(self) -> None:
        """The run is over: tell of what was not done."""
        for number, (fleet, place) in sorted(self._left.items()):
            text = place.text(self.paths[number])
            self._write(self.world.now, fleet, number, place.command(self.steps[number]), place.id, text, text, UNDONE)

    def _write(self, begun: float, fleet: Fleet, number: int, command: str, id: str, before: str, after: str, outcome: str) -> None:
        step = self.steps[number]
        self.world.record.write(
            "steps", begun, self.world.now, fleet.name, step.server, number, step.verb, command, id, self.paths[number], before, after, outcome
        )


def mistakes(steps: Sequence[Step], policies: Mapping[str, Policy], horizon: float) -> Iterator[Found]:
    """Steps too late, on servers or from images that are not there, or that let two write to one volume."""
    for number, step in enumerate(steps):
        if step.at > horizon:
            yield ("steps", number, "at"), "ConfigRange", f"lies beyond the horizon, {show_duration(horizon)}"
    for name, policy in policies.items():
        hands = {fleet: part for fleet, part in policy.fleets.items() if isinstance(part, ByHand)}
        for fleet in hands if not steps else ():
            example = "[{at: 1m, run: my-nginx, image: nginx}]"
            yield ("policies", name, fleet), "ConfigMissing", f"nobody runs anything here; give the scenario `steps`, such as {example}"
        for fleet, part in policy.fleets.items():
            for need in part.uses.keys() & hands.keys():
                place = (*part.uses[need], *([need] if need in part.needs else ()))
                yield ("policies", name, fleet, *place), "ConfigConflict", "containers run by hand get no requests; need another fleet"
        if len(hands) > 1:
            yield ("policies", name), "ConfigConflict", f"steps would not know which fleet they go to: {' or '.join(hands)}; have one of kind `by_hand`"
        yield from _strangers(steps, name, policy)
    yield from _unknown(steps, policies)
    yield from _second_writers(steps, policies)


def _strangers(steps: Sequence[Step], name: str, policy: Policy) -> Iterator[Found]:
    """Servers that a policy does not have; each is told of once."""
    started = {step.run for step in steps if step.run}
    told: set[str] = set()
    for number, step in enumerate(steps):
        fleet = policy.fleet_of(step.server)
        if step.server in told or (fleet and (not isinstance(policy.fleets[fleet], ByHand) or step.server in started)):
            continue
        told.add(step.server)
        if fleet:
            message = f"nothing is ever run under the name {step.server!r}{meant(step.server, started) or f', which policy {name} needs'}"
        else:
            pets = [pet for other, part in policy.fleets.items() for pet in part.names_of(other)]
            message = f"policy {name} has no pet {step.server!r}{meant(step.server, pets) or ', and no fleet of kind `by_hand` in which to run it'}"
        yield ("steps", number, step.names), "ConfigChoice", message


def _unknown(steps: Sequence[Step], policies: Mapping[str, Policy]) -> Iterator[Found]:
    """Images and volumes that are not there. A fleet without any volume runs without one what another runs with it."""
    for number, step in enumerate(steps):
        hosts = [
            (f"policies.{name}.{fleet}", part)
            for name, policy in policies.items()
            if step.run and isinstance(part := policy.fleets.get(fleet := policy.fleet_of(step.server) or ""), ByHand)
        ]
        for place, part in hosts:
            if step.image and not part.image(step.image):
                yield ("steps", number, "image"), "ConfigChoice", f"no image {step.image!r} in {place}; built: {', '.join(part.images)}"
                break
        known = dict.fromkeys(volume for _, part in hosts for volume in part.volumes)
        if step.volume and any(step.volume not in (part.volumes or known) for _, part in hosts):
            hint = meant(step.volume, known) or f"; known: {', '.join(known) or 'none'}"
            yield ("steps", number, "volume"), "ConfigChoice", f"no volume {step.volume!r}{hint}"


def _second_writers(steps: Sequence[Step], policies: Mapping[str, Policy]) -> Iterator[Found]:
    """Containers that are run with a volume that another, not yet removed, has."""
    if not any(isinstance(part, ByHand) and part.volumes for policy in policies.values() for part in policy.fleets.values()):
        return
    running: dict[str, str | None] = {}
    for number, step in ordered(steps):
        if step.remove:
            running.pop(step.server, None)
        elif step.run and step.server not in running:
            other = next((server for server, volume in running.items() if step.volume and volume == step.volume), None)
            if other:
                yield (
                    ("steps", number, "volume"),
                    "ConfigConflict",
                    f"two writers: {other} has volume {step.volume!r}; remove that first, or take another volume",
                )
            else:
                running[step.server] = step.volume
