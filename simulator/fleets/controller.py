"""Controllers: what closes the gap between the containers a fleet wants and those it has."""

from __future__ import annotations

from collections import deque
from itertools import count, islice
from typing import TYPE_CHECKING

from simulator.server import State

if TYPE_CHECKING:
    from simulator.autoscalers import Autoscaler
    from simulator.fleet import Fleet
    from simulator.fleets.cattle import Cattle
    from simulator.server import Life


# In the order in which they are retired.
UNAVAILABLE = (State.DOWN, State.STARTING)
AVAILABLE = (State.SERVING,)
ALIVE = UNAVAILABLE + AVAILABLE


class Controller:
    """It reacts to changes of the counts, many of one instant in one reconcile, and never walks the fleet."""

    def __init__(self, fleet: Fleet, cattle: Cattle, desired: int) -> None:
        self.fleet, self.cattle, self.desired = fleet, cattle, desired
        self._due = False
        fleet.world.record.signal(fleet.world.now, fleet.name, "desired", desired)
        for _ in range(desired):
            fleet.world.process(cattle.life(fleet.add(), started=True))
        fleet.watched = self.nudge
        fleet.world.ground.watchers.append(self.nudge)

    def nudge(self) -> None:
        """Something has changed: reconcile once what happens at this instant has happened, and the reaction time has passed."""
        if not self._due:
            self._due = True
            self.fleet.world.call(self.fleet.world.now + self.cattle.reaction, self.reconcile)

    def want(self, servers: int) -> None:
        """Another number of servers is wanted."""
        if servers != self.desired:
            self.desired = servers
            self.fleet.world.record.signal(self.fleet.world.now, self.fleet.name, "desired", servers)
            self.nudge()

    def reconcile(self) -> None:
        """Launch what is missing and retire what is too many; with two versions about, as the rollout says."""
        self._due = False
        fleet = self.fleet
        serving, new, outdated = self.count([fleet.wanted], AVAILABLE), self.count([fleet.wanted], ALIVE), fleet.outdated
        if new > self.desired:
            self.retire([fleet.wanted], new - self.desired, "scale in")
        elif not outdated:
            self.launch(self.desired - new)
        if outdated:
            old, old_serving = self.count(outdated, ALIVE), self.count(outdated, AVAILABLE)
            step = self.cattle.rollout.step(self.desired, min(new, self.desired), min(serving, self.desired), old, old_serving)
            self.launch(step.launch)
            self.retire(outdated, step.retire_unavailable, "rollout", UNAVAILABLE)
            self.retire(outdated, step.retire_available, "rollout", AVAILABLE)

    def count(self, stacks: list[int], states: tuple[State, ...]) -> int:
        """How many are in these states on these stacks."""
        return sum(len(self.fleet.members(stack, state)) for stack in stacks for state in states)

    def launch(self, servers: int) -> None:
        """Start so many containers of the wanted version, or none while no host is up to take them."""
        for _ in range(servers if self.fleet.world.ground.up else 0):
            self.fleet.world.process(self.cattle.life(self.fleet.add()))

    def retire(self, stacks: list[int], servers: int, cause: str, states: tuple[State, ...] = ALIVE) -> None:
        """Stop so many: the oldest version first, those that do not serve yet before those that do, the youngest before the older."""
        groups = (reversed(self.fleet.members(stack, state)) for stack in stacks for state in states)
        for server in list(islice((server for group in groups for server in group), servers)):
            server.stop(cause)

    def autoscale(self, autoscaler: Autoscaler) -> Life:
        """Ask the autoscaler at each of its ticks; shrink only to the most it asked for within its look back."""
        world, fleet = self.fleet.world, self.fleet
        asked = deque([(0, self.desired)])
        phase = world.uniform("phase", f"autoscaler/{fleet.name}") * autoscaler.every
        for tick in count():
            yield world.until(phase + tick * autoscaler.every)
            world.serving.advance(world.now)
            servers = autoscaler.bound(autoscaler.wanted(world.serving.load(fleet.name, autoscaler.every), fleet.server_rps))
            asked.append((tick, servers))
            while (tick - asked[0][0]) * autoscaler.every > autoscaler.shrink_after:
                asked.popleft()
            self.want(max(servers, min(self.desired, max(number for _, number in asked))))
