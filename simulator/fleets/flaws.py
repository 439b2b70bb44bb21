"""Flaws: what is wrong with the versions that one fleet is to run, who shows it, and until when."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from math import inf, nan, prod
from typing import TYPE_CHECKING

from simulator.server import State

if TYPE_CHECKING:
    from simulator.fleet import Fleet
    from simulator.releases import Defect
    from simulator.server import Server


@dataclass(slots=True, eq=False)
class Flaw:
    """A release that is bad; times are seconds."""

    item: str
    version: str
    defect: Defect
    mended_at: float  # in all that run it; infinite where it never is
    mended: bool = False
    since: float = nan  # when it began to be wanted by the fleet; NaN while it is open no longer
    shown: float = nan  # when it first showed since then


@dataclass(slots=True, eq=False)
class Spell:
    """A server in service, and the flaws that show in it."""

    shown: list[Flaw] = field(default_factory=list)


class Flaws:
    """The bad releases of one fleet in one run, and which of its versions can serve together.

    A release that breaks takes what all share along, such as a database's schema, as soon as the first server that is wanted serves: who is of the other
    side answers with errors only, until it is taken back.
    """

    def __init__(self, fleet: Fleet) -> None:
        self.fleet, self.world = fleet, fleet.world
        self._of = {version: list[Flaw]() for version in fleet.items.items()}  # by item and version
        self._breaks = dict.fromkeys(fleet.items.items(), 0)  # how many breaking releases an item's version has behind it
        self._newest = dict(fleet.items)  # the version announced last
        self._open: dict[Flaw, None] = {}
        self._spells: dict[Server, Spell] = {}
        self._schema = 0  # how many breaking releases what all share has behind it
        fleet.watchers.append(self._close)

    def announce(self, item: str, version: str, defect: Defect | None, mended_at: float, breaks: bool) -> None:
        """A version of an item is about to be wanted; one that was there before goes back to what it was, but for a new defect."""
        if item not in self._newest:
            return
        before, known = (item, self._newest[item]), (item, version) in self._of
        carried = [] if known else [flaw for flaw in self._of[before] if flaw.mended_at < inf and not flaw.mended]
        self._of[item, version] = carried
        if not known:
            self._breaks[item, version] = self._breaks[before] + breaks
        self._newest[item] = version
        if defect:
            flaw = Flaw(item, version, defect, mended_at)
            carried.append(flaw)
            flaw.mended = mended_at <= self.world.now
            self.world.call(mended_at, lambda: self._mend(flaw))

    def look(self) -> None:
        """Something else is wanted: what of it is bad is open from now on, what nobody runs any longer is not."""
        for flaw in self._in(self.fleet.wanted):
            if flaw not in self._open:
                flaw.since, flaw.shown = self.world.now, nan
                self._open[flaw] = None
        self._close()
        self._agree()

    def hinders(self, stack: int) -> str:
        """What keeps a stack from ever serving, which shows as soon as it is asked for."""
        for flaw in self._in(stack):
            if flaw.defect.does != "errors":
                self._show(flaw)
                return flaw.defect.does
        return ""

    def begins(self, server: Server) -> None:
        """A server is about to be in service."""
        spell = self._spells[server] = Spell()
        for flaw in self._in(server.stack):
            if flaw.defect.does == "errors":
                after = server.draw(flaw.defect.after, f"defect of {flaw.item} {flaw.version}") if flaw.defect.after.expected else 0.0
                self._begin(flaw, server, spell, after)
        if server.stack == self.fleet.wanted:
            self._agree()
        self._tell(server, spell)

    def ends(self, server: Server) -> None:
        """A server is out of service."""
        self._spells.pop(server, None)
        server.err(0.0)
        server.slow(1.0)

    def stop(self) -> None:
        """The run is over."""
        for flaw in list(self._open):
            self._end(flaw)

    def _in(self, stack: int) -> Iterator[Flaw]:
        """The flaws of a stack that are not mended."""
        return (flaw for version in self.fleet.versions(stack).items() for flaw in self._of[version] if not flaw.mended)

    def _begin(self, flaw: Flaw, server: Server, spell: Spell, after: float) -> None:
        def show() -> None:
            if self._spells.get(server) is spell and not flaw.mended:
                self._show(flaw)
                spell.shown.append(flaw)
                self._tell(server, spell)

        if after:
            self.world.call(self.world.now + after, show)
        else:
            self._show(flaw)
            spell.shown.append(flaw)

    def _show(self, flaw: Flaw) -> None:
        if flaw.shown != flaw.shown:
            flaw.shown = self.world.now

    def _tell(self, server: Server, spell: Spell) -> None:
        """Let a server serve as what shows in it has it."""
        alone = self._level(server.stack) != self._schema
        server.err(1.0 if alone else 1 - prod(1 - flaw.defect.wrong for flaw in spell.shown))
        server.slow(prod(flaw.defect.speed for flaw in spell.shown))

    def _level(self, stack: int) -> int:
        """How many breaking releases a stack has behind it."""
        return sum(self._breaks[version] for version in self.fleet.versions(stack).items())

    def _agree(self) -> None:
        """What all share is as the wanted stack needs it, once a server of that serves."""
        wanted = self.fleet.wanted
        if (level := self._level(wanted)) != self._schema and any(server.stack == wanted for server in self._spells):
            self._schema = level
            for server, spell in self._spells.items():
                self._tell(server, spell)

    def _mend(self, flaw: Flaw) -> None:
        """A hot fix is in all that run it; who could not be ready is started again with it."""
        flaw.mended = True
        if flaw in self._open:
            self._end(flaw)
        for server, spell in self._spells.items():
            if flaw in spell.shown:
                spell.shown.remove(flaw)
                self._tell(server, spell)
        for server in list(self.fleet.servers.values()):
            if server.state is State.STARTING and server.phase == "unready" and flaw in self._of_stack(server.stack):
                server.fail("crash")

    def _of_stack(self, stack: int) -> list[Flaw]:
        return [flaw for version in self.fleet.versions(stack).items() for flaw in self._of[version]]

    def _close(self) -> None:
        """A bad release that is not wanted, and that nobody runs, is over."""
        if self._open:
            there = {flaw for stack in (self.fleet.wanted, *self.fleet.outdated) for flaw in self._of_stack(stack)}
            for flaw in [flaw for flaw in self._open if flaw not in there]:
                self._end(flaw)

    def _end(self, flaw: Flaw) -> None:
        del self._open[flaw]
        self.world.record.write("defects", flaw.since, self.world.now, flaw.shown, self.fleet.name, flaw.item, flaw.version, flaw.defect.does)
