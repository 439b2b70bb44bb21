"""Configuration drift: changes made by hand to single pets, and what comes of pets that are no longer as declared."""

from __future__ import annotations

from itertools import count
from math import log1p
from typing import TYPE_CHECKING, Annotated

from simulator.component import Model, assumed, published
from simulator.fleets.convergence import Convergence, Runs
from simulator.server import READY
from simulator.units import PositiveCount, Rate, Share

if TYPE_CHECKING:
    from simulator.server import Life, Server
    from simulator.simulation import Simulation


class Drift(Model):
    """Somebody changes a setting of a pet by hand, now and then and in a hurry; it stays so until a tool or a rebuilding puts it back.

    The more settings of a pet are not as declared, the more often it fails and its upgrades fail, and the longer people take over it, by so much for each.
    """

    edits: Annotated[
        Rate, published("no rate of hand edits is published; as a proxy hand-run servers leave their version at 18 % a month: Bitcoin nodes, DSN/KIT 2024-25")
    ] = 0.198 / (30 * 86400.0)
    settings: Annotated[PositiveCount, assumed("a hundred settings that somebody might change, each as likely")] = 100
    emergency: Annotated[Share, assumed("one repair in ten leaves a hot fix")] = 0.1
    convergence: Convergence | None = None
    fails_more: Annotated[Share, assumed("no measurement found; 0% where drift does no harm")] = 0.02
    upgrades_fail_more: Annotated[Share, assumed("likewise")] = 0.02
    repairs_longer: Annotated[Share, assumed("likewise")] = 0.05
    rebuild_longer: Annotated[Share, assumed("likewise: who rebuilds it has to remember each")] = 0.10
    forgets: Annotated[Share, published("slip in a routine, rapid step: HEART nominal value (Williams 1986, process industry); an analogy")] = 0.02


class Ledger:
    """What was changed by hand on the pets of one fleet in one run, and when it was put back."""

    def __init__(self, world: Simulation, drift: Drift, crew: str) -> None:
        self.world, self.drift = world, drift
        self.runs = Runs(self, drift.convergence, crew) if drift.convergence else None
        self._drifted: dict[Server, dict[int, float]] = {}  # the settings that are not as declared, by when each was changed
        self._made: dict[Server, list[tuple[float, int, bool]]] = {}  # all that was ever changed or put back

    def open(self, server: Server) -> None:
        """From now on people change things on a pet, and the tool looks at it."""
        if self.drift.edits:
            self.world.process(self.edits(server))
        if self.runs and self.runs.tool.false_positives:
            self.world.process(self.runs.alarms(server))
        if self.runs:
            self.world.record.write("checks", server.id, self.runs.first(server), self.runs.tool.every)

    def edits(self, server: Server) -> Life:
        """Changes to a pet that is there to be changed: a Poisson process of its own."""
        world = self.world
        for k in count():
            yield world.timeout(-log1p(-world.uniform("edit", server.entity, k)) / self.drift.edits)
            if server.state in READY and not server.holds:
                self.change(server, int(world.uniform("setting", server.entity, k) * self.drift.settings), "edit")

    def repaired(self, server: Server, cause: str) -> None:
        """A repair may leave a change made in a hurry, and does where something had been forgotten."""
        if cause == "forgotten" or (self.drift.emergency and server.chance("emergency") < self.drift.emergency):
            self.change(server, int(server.chance("emergency setting") * self.drift.settings), "emergency")

    def count(self, server: Server) -> int:
        """How many settings of a pet are not as declared."""
        return len(self._drifted.get(server, ()))

    def upgrades_succeed(self, server: Server) -> float:
        """By which share its drift leaves an upgrade to succeed."""
        return (1 - self.drift.upgrades_fail_more) ** self.count(server)

    def since(self, server: Server, setting: int) -> float | None:
        """When a setting that is not as declared came to be so (seconds)."""
        return self._drifted.get(server, {}).get(setting)

    def change(self, server: Server, setting: int, why: str) -> None:
        """A setting is no longer as declared; where it was not before, it stays as it is."""
        drifted = self._drifted.setdefault(server, {})
        if setting in drifted:
            return
        drifted[setting] = self.world.now
        self._changed(server, setting, True, why)
        if self.runs:
            self.runs.drifted(server, setting, self.world.now)

    def put_back(self, server: Server, setting: int, why: str) -> None:
        """A setting is as declared again."""
        del self._drifted[server][setting]
        self._changed(server, setting, False, why)

    def restored(self, server: Server, content: float) -> None:
        """A pet is as it was at a time (seconds)."""
        then = {setting: drifted for time, setting, drifted in self._made.get(server, ()) if time <= content}
        now = self._drifted.get(server, {})
        for setting in [setting for setting in now if not then.get(setting)]:
            self.put_back(server, setting, "restored")
        for setting in [setting for setting, drifted in then.items() if drifted and setting not in now]:
            self.change(server, setting, "restored")

    def rebuilt(self, server: Server) -> bool:
        """A pet was made anew, with what somebody remembers of its changes; returns whether one was forgotten."""
        lost = [n for n in self._drifted.get(server, ()) if self.world.uniform(f"forgets/{n}", server.entity, server.life) < self.drift.forgets]
        for setting in lost:
            self.put_back(server, setting, "forgotten")
        return bool(lost)

    def write(self, server: Server, setting: int, step: int, change: str) -> None:
        """Put it into the record; of a step of 0 nothing has changed."""
        self.world.record.write("drift", self.world.now, server.id, setting, step, change)

    def _changed(self, server: Server, setting: int, drifted: bool, why: str) -> None:
        self._made.setdefault(server, []).append((self.world.now, setting, drifted))
        self.write(server, setting, 1 if drifted else -1, why)
        server.strain("drift", 1 + self.drift.fails_more * self.count(server))
