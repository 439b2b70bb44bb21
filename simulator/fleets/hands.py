"""Hands: the person who is at work on one pet, from one step to the next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.server import State

if TYPE_CHECKING:
    from simulator.fleets.crew import Job, People
    from simulator.server import Life, Server

DOING = {"repair": State.REPAIRING, "upgrade": State.UPGRADING}


class Hands:
    """Whoever of a crew is free; what a lost domain breaks off is begun again when it is back, perhaps by another."""

    def __init__(self, server: Server, crew: People, cause: str, task: str = "repair", job: Job | None = None) -> None:
        self.server, self.crew, self.cause, self.task, self._job = server, crew, cause, task, job

    def on(self, time: float, phase: str) -> Life:
        """Work on it for as long as it takes (seconds)."""
        while True:
            yield from self.come()
            if not (yield from self.once(time, phase)):
                return
            self.off()

    def come(self) -> Life:
        """Wait for a free person, if none is here."""
        if self._job is None:
            yield from self.server.released()
            if not self.crew.free:
                self.server.enter(State.DOWN, "queue", self.cause)
            self._job = yield from self.crew.take(self.task, self.server)

    def once(self, time: float, phase: str) -> Life:
        """Work on it, or with nobody there let it be worked on; returns what broke that off."""
        return self.server.wait(time, phase, DOING[self.task], self.cause)

    def off(self) -> None:
        """The person is free."""
        if self._job:
            self.crew.done(self._job)
            self._job = None
