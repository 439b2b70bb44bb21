"""Entries: the kernels as Python calls them, each with the record of a world (one WORLD); times are in seconds."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from typing import Any

from simulator.serving.kernel import arrivals, play, servers
from simulator.serving.kernel.reach import entry

# Aliases, as a kernel knows functions and no modules.
_play, _draw_first = play.play, arrivals.draw_first
_come, _trust, _distrust, _go, _pace, _worked, _close = (
    servers.come, servers.trust, servers.distrust, servers.go, servers.pace, servers.worked, servers.close
)  # fmt: skip


def _made(sources: int) -> tuple[Any, ...]:
    """The entries. What is compiled is kept on disk for as long as this file and what it closes over stay the same: hence the sources of all kernels."""

    @entry
    def play(world, until):
        world[0].sources_digest = sources
        return _play(world[0], until)

    @entry
    def draw_first(world):
        world[0].sources_digest = sources
        _draw_first(world[0])

    @entry
    def come(world, s, time):
        world[0].sources_digest = sources
        _come(world[0], s, time)

    @entry
    def trust(world, s):
        world[0].sources_digest = sources
        _trust(world[0], s)

    @entry
    def distrust(world, s, time):
        world[0].sources_digest = sources
        _distrust(world[0], s, time)

    @entry
    def go(world, s, mode, time):
        world[0].sources_digest = sources
        _go(world[0], s, mode, time)

    @entry
    def pace(world, s, speed, time):
        world[0].sources_digest = sources
        _pace(world[0], s, speed, time)

    @entry
    def worked(world, f, time):
        world[0].sources_digest = sources
        return _worked(world[0], f, time)

    @entry
    def close(world, time):
        world[0].sources_digest = sources
        _close(world[0], time)

    return play, draw_first, come, trust, distrust, go, pace, worked, close


def _digest() -> int:
    """Of all files of the kernels, where there are files."""
    here = Path(__file__).parent
    files = sorted(here.glob("*.py")) if here.is_dir() else []
    return int.from_bytes(sha256(b"".join(file.read_bytes() for file in files)).digest()[:7], "big")


play, draw_first, come, trust, distrust, go, pace, worked, close = _made(_digest())
