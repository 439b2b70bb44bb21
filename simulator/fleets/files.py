"""Files: the texts on the disks of a fleet's pets, by path, and what was there before, which backups have."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from simulator.server import Server
    from simulator.simulation import Simulation

Texts = dict[str, str]


class Files:
    """What is on the disks of one fleet in one run; each begins with the same files."""

    def __init__(self, world: Simulation, first: Mapping[str, str]) -> None:
        self.world, self.first = world, dict(first)
        self._kept: dict[Server, list[tuple[float, Texts]]] = {}
        self._lost: set[Server] = set()

    def read(self, server: Server, path: str) -> str:
        """The text at a path; empty where there is none, or no disk."""
        return "" if server in self._lost else self._versions(server)[-1][1].get(path, "")

    def write(self, server: Server, path: str, text: str) -> None:
        """Put a text at a path, whose folder is taken to be there."""
        self._hold(server, {**self._versions(server)[-1][1], path: text})

    def lost(self, server: Server) -> None:
        """Nothing of its disk is left."""
        self._lost.add(server)

    def restored(self, server: Server, content: float) -> None:
        """What was on it at a time (seconds) is on it again."""
        self._hold(server, next(files for since, files in reversed(self._versions(server)) if since <= content))

    def rebuilt(self, server: Server) -> None:
        """Somebody has made it as it was at first."""
        self._hold(server, self.first)

    def _hold(self, server: Server, files: Texts) -> None:
        self._lost.discard(server)
        self._versions(server).append((self.world.now, files))

    def _versions(self, server: Server) -> list[tuple[float, Texts]]:
        return self._kept.setdefault(server, [(0.0, self.first)])
