"""Convergence: a tool that looks at every pet now and then and puts back what somebody changed by hand."""

from __future__ import annotations

from itertools import count
from math import floor, log, log1p
from typing import TYPE_CHECKING, Annotated

from simulator.component import Model, assumed, published
from simulator.laws import Law, law
from simulator.server import READY
from simulator.units import PositiveDuration, PositiveShare, Share

if TYPE_CHECKING:
    from simulator.fleets.drift import Ledger
    from simulator.server import Life, Server


class Convergence(Model):
    """Each pet is looked at with this period, at a phase of its own, if it is well then; what a run does not mend it finds again at the next.

    It does not see all settings, and at times it alarms a person where nothing has drifted.
    """

    every: Annotated[PositiveDuration, published("run interval of the Puppet agent: 30 minutes (puppet.conf, runinterval)")] = 1800.0
    covers: Annotated[Share, assumed("what nobody has written down is not put back either")] = 0.8  # of the settings
    succeeds: Annotated[PositiveShare, assumed("a run does what it should")] = 1.0
    false_positives: Annotated[Share, assumed("no alarm without a cause")] = 0.0  # of the runs on pets that are in sync
    look: Annotated[Law, assumed("ten minutes to see that it is nothing")] = law("constant", value="10m")


class Runs:
    """The runs of the tool on one fleet. Those that find nothing are not simulated: from a change on its next run is computed."""

    def __init__(self, ledger: Ledger, tool: Convergence, crew: str) -> None:
        self.ledger, self.tool, self.crew, self.world = ledger, tool, crew, ledger.world
        self._seen: dict[tuple[Server, int], float] = {}  # changes found and not mended yet, by the time they were made

    def first(self, server: Server, after: float = 0.0) -> float:
        """Its first run on a pet at or after a time (seconds)."""
        return self.world.first_tick(after, self.tool.every, f"convergence/{server.entity}")

    def drifted(self, server: Server, setting: int, made: float) -> None:
        """A setting has been changed by hand: the next run will see it, if it can."""
        if setting + 0.5 < self.tool.covers * self.ledger.drift.settings:
            self._plan(server, setting, made, self.world.now)

    def _plan(self, server: Server, setting: int, made: float, after: float) -> None:
        time = self.first(server, after)
        self.world.call(time, lambda: self._look(server, setting, made, time))

    def _look(self, server: Server, setting: int, made: float, time: float) -> None:
        """One run, if what was changed then has not been put back in another way."""
        if self.ledger.since(server, setting) != made:
            return
        if server.state in READY and not server.holds:
            if self._seen.get((server, setting)) != made:
                self._seen[server, setting] = made
                self.ledger.write(server, setting, 0, "found")
            u = self.world.uniform(f"convergence/{setting}", server.entity, round(time / self.tool.every))
            if u < self.tool.succeeds:
                self.ledger.put_back(server, setting, "corrected")
                return
        self._plan(server, setting, made, time + self.tool.every / 2)

    def alarms(self, server: Server) -> Life:
        """Runs that see drift where there is none, each with a person who looks."""
        first, share, run = self.first(server), self.tool.false_positives, -1
        for k in count():
            u = self.world.uniform("false alarm", server.entity, k)
            run += 1 + (floor(log(u) / log1p(-share)) if share < 1 else 0)
            time = first + run * self.tool.every
            if time > self.world.horizon:
                return
            yield self.world.until(time)
            if server.state in READY and not server.holds and not self.ledger.count(server):
                self.ledger.write(server, -1, 0, "false alarm")
                if self.tool.look.expected:
                    self.world.process(self.looked_at(server, k))

    def looked_at(self, server: Server, k: int) -> Life:
        """A person sees that it is nothing."""
        crew = self.world.crews[self.crew]
        job = yield from crew.take("look", server)
        yield self.world.timeout(self.world.draw(self.tool.look, "look", server.entity, k))
        crew.done(job)
