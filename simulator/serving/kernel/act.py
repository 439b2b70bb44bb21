"""Act: the one function that is compiled, and all that is done to a world by it; times are in seconds."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from numba import types

from simulator.serving.kernel import world as names
from simulator.serving.kernel.arrivals import draw_first
from simulator.serving.kernel.play import play
from simulator.serving.kernel.reach import compiled, servers, world_at
from simulator.serving.kernel.servers import close, come, distrust, err, go, pace, trust, worked
from simulator.serving.kernel.service import refresh

SIGNATURE = types.float64(types.int64, types.int64, types.int64, types.float64, types.float64)


def act(address, which, s, value, time):
    """Do one thing to the world at this address; `s` is a server, or for `WORKED` a fleet, and `value` a mode, a speed or a share."""
    w = world_at(address)
    if which == names.PLAY:
        return 1.0 if play(w, time) else 0.0
    if which == names.DRAW_FIRST:
        draw_first(w)
    elif which == names.COME:
        come(w, s, time)
    elif which == names.TRUST:
        trust(w, s)
    elif which == names.DISTRUST:
        distrust(w, s, time)
    elif which == names.GO:
        go(w, s, np.int64(value), time)
    elif which == names.PACE:
        pace(w, s, value, time)
    elif which == names.ERR:
        err(w, s, value, time)
    elif which == names.HOLDS:
        refresh(w, s, time)
        return np.float64(servers(w, s).held)
    elif which == names.WORKED:
        return worked(w, s, time)
    else:
        close(w, time)
    return 0.0


def assembly() -> tuple[str, str]:
    """The name of the function, and LLVM's text of it; it never raises, and so needs nothing of Python."""
    if numba.config.DISABLE_JIT:  # type: ignore[attr-defined]
        raise RuntimeError("requests cannot be simulated while NUMBA_DISABLE_JIT is set")
    made: Any = compiled(SIGNATURE)(act)
    return made.overloads[SIGNATURE.args].fndesc.llvm_func_name, made.inspect_llvm(SIGNATURE.args)
