"""Hands: the person who is at work on one pet, from one step to the next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.server import State

if TYPE_CHECKING:
    from simulator.fleets.crew import Job, People
    from simulator.laws import Law
    from simulator.server import Life, Server


class Hands:
    """Whoever of a crew is free; what a lost domain breaks off is begun again when it is back, perhaps by another."""

    def __init__(self, server: Server, crew: People, cause: str) -> None:
        self.server, self.crew, self.cause = server, crew, cause
        self._job: Job | None = None

    def on(self, law: Law, phase: str) -> Life:
        """Work on it for as long as it takes."""
        server, time = self.server, self.server.draw(law, phase)
        while True:
            if self._job is None:
                yield from server.released()
                if not self.crew.free:
                    server.enter(State.DOWN, "queue", self.cause)
                self._job = yield from self.crew.take("repair", server)
            if not (yield from server.wait(time, phase, State.REPAIRING, self.cause)):
                return
            self.off()

    def off(self) -> None:
        """The person is free."""
        if self._job:
            self.crew.done(self._job)
            self._job = None
