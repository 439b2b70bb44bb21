"""Acts: what is done to the world of the kernels; times are in seconds, and servers and fleets are their numbers."""

from __future__ import annotations

from ctypes import byref, c_double, c_void_p

import numpy as np

from simulator.serving.kernel import world as names
from simulator.serving.kernel.world import World
from simulator.serving.machine import machine_code


class Acts:
    """The kernels, for one world."""

    def __init__(self, world: World) -> None:
        self._world = world  # whose arrays have to live as long
        self._act, self._address = machine_code(), int(world.record.ctypes.data)
        self._result = c_double()
        self._places = byref(self._result), byref(c_void_p())

    def _do(self, which: np.int64, s: int = 0, value: float = 0.0, time: float = 0.0) -> float:
        status = self._act(*self._places, self._address, int(which), s, value, time)
        assert status == 0, "kernels do not raise"
        return self._result.value

    def play(self, until: float) -> bool:
        """Let everything happen up to a time; returns True where there was no room, and the arrays have to grow first."""
        return self._do(names.PLAY, time=until) > 0

    def draw_first(self) -> None:
        """See when each source begins."""
        self._do(names.DRAW_FIRST)

    def come(self, s: int, time: float) -> None:
        """A server is alive."""
        self._do(names.COME, s, time=time)

    def trust(self, s: int) -> None:
        """A server comes into rotation."""
        self._do(names.TRUST, s)

    def distrust(self, s: int, time: float) -> None:
        """A server goes out of rotation."""
        self._do(names.DISTRUST, s, time=time)

    def go(self, s: int, mode: np.int64, time: float) -> None:
        """A server is drained, refuses, or is silent from now on."""
        self._do(names.GO, s, float(mode), time)

    def pace(self, s: int, speed: float, time: float) -> None:
        """A server serves at this part of its full speed from now on."""
        self._do(names.PACE, s, speed, time)

    def err(self, s: int, share: float, time: float) -> None:
        """This share of a server's answers are errors from now on."""
        self._do(names.ERR, s, share, time)

    def held(self, s: int, time: float) -> int:
        """How many attempts a server holds."""
        return int(self._do(names.HOLDS, s, time=time))

    def worked(self, fleet: int, time: float) -> float:
        """Worker-seconds that a fleet has spent in service."""
        return self._do(names.WORKED, fleet, time=time)

    def close(self, time: float) -> None:
        """Write down what is still under way as it is."""
        self._do(names.CLOSE, time=time)
