"""Logins: where somebody types what is done to one pet, once it is up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.fleets.dialect import DONE, SSH, missing
from simulator.server import READY

if TYPE_CHECKING:
    from simulator.fleets.files import Files
    from simulator.server import Life, Server
    from simulator.steps import Step

LOST = "machine lost"
REBOOT = "reboot"


class Login:
    """A shell on one pet: who finds it down waits until it serves, or stands by, again."""

    id = ""

    def __init__(self, server: Server, files: Files) -> None:
        self.server, self.files, self.name = server, files, server.name

    @property
    def up(self) -> bool:
        return self.server.state in READY and self.server.asleep is not None and not self.server.holds

    def command(self, step: Step) -> str:
        """What one types."""
        return SSH.command(step)

    def text(self, path: str) -> str:
        """What is on its disk at a path; empty where nothing is."""
        return self.files.read(self.server, path)

    def ready(self, step: Step) -> Life:
        """Wait until it is up; to find it down is what `run` is for."""
        while not step.run and not self.up:
            yield self.server.reaches("well")

    def do(self, step: Step) -> Life:
        """Do it; returns what came of it. Nobody runs a pet anew: where it is down, it comes back by itself or is repaired."""
        if step.run:
            was_up = self.up
            while not self.up:
                yield self.server.reaches("well")
            return f"{DONE}: it runs already" if was_up else f"{DONE}: it runs again"
        if step.write:
            self.files.write(self.server, step.path, step.text or "")
        elif step.read:
            return DONE if self.text(step.path) else missing(step.path)
        elif step.restart:
            well = self.server.reaches("well")
            self.server.stop(REBOOT)
            yield well
        else:
            self.files.lost(self.server)
            self.server.stop(LOST)
        return DONE
