"""Entries: the kernels as Python calls them, each with the record of a world (one WORLD); times are in seconds."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from typing import Any

import numba
import numpy as np

from simulator.serving.kernel.arrivals import draw_first as _draw_first
from simulator.serving.kernel.play import play as _play
from simulator.serving.kernel.reach import entry
from simulator.serving.kernel.servers import close as _close
from simulator.serving.kernel.servers import come as _come
from simulator.serving.kernel.servers import distrust as _distrust
from simulator.serving.kernel.servers import go as _go
from simulator.serving.kernel.servers import pace as _pace
from simulator.serving.kernel.servers import trust as _trust
from simulator.serving.kernel.servers import worked as _worked
from simulator.serving.kernel.world import WORLD


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
    """Of all files that are compiled into the kernels, where there are files."""
    here = Path(__file__).parent
    files = [*sorted(here.glob("*.py")), here.parent / "client.py", here.parents[1] / "draws.py"] if here.is_dir() else []
    return int.from_bytes(sha256(b"".join(file.read_bytes() for file in files)).digest()[:7], "big")


ENTRIES = _made(_digest())
play, draw_first, come, trust, distrust, go, pace, worked, close = ENTRIES


def prepare() -> None:
    """Compile everything, or find it compiled."""
    world = numba.typeof(np.zeros(1, WORLD))
    numbers, time = {"s": numba.int64, "f": numba.int64, "mode": numba.int64}, numba.float64
    for kernel in ENTRIES:
        kernel.compile((world, *(numbers.get(name, time) for name in kernel.py_func.__code__.co_varnames[1 : kernel.py_func.__code__.co_argcount])))
