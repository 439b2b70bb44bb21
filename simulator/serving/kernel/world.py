"""The world of the kernels: everything that requests, servers and clients are, in arrays."""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


def numbers(size: int) -> list[np.int64]:
    """0, 1, 2 and so on; as whole numbers of numpy, since each of Python's would be a type of its own to the compiler."""
    return list(np.arange(size))


NONE, ONE = np.int64(-1), np.int64(1)
# What a slot is: nothing; an attempt that waits to be made; one at a server, in a fleet's one queue, waiting for a call it made, or at a server that is silent.
FREE, BACKOFF, HELD, QUEUED, CALLING, UNANSWERED = numbers(6)
# What is true of it, as bits: its client is there; the call it made came back, well or not; it goes on with work left over.
CLIENT, ANSWERED, FAILED, RESUMED = ONE << np.arange(4)
# Servers: not there; alive; their process or their machine is gone; finishing what they hold.
ABSENT, ALIVE, REFUSING, SILENT, DRAINING = numbers(5)
RANDOM, ROUND_ROBIN, CHOICES, LEAST, CENTRAL = numbers(5)
# Columns of `counts`, by window; and what becomes of attempts, by the same numbers.
OFFERED, SERVED, ABANDONED, REJECTED, LOST_FOR_GOOD, ATTEMPTS, TIMED_OUT, REFUSED, LOST, FULL, DEPENDENCY, HOLDING, WAITING, ERRORS = numbers(14)
COLUMNS = 14
DONE, ATTEMPT, CALL = np.int64(0), np.int64(20), np.int64(21)  # steps of an attempt; any other is what becomes of it
UNDER_WAY = np.int64(0)  # the outcome of an attempt that has none yet

PLAY, DRAW_FIRST, COME, TRUST, DISTRUST, GO, PACE, HOLDS, WORKED, CLOSE, ERR = numbers(11)  # what is done to a world
STAMP_BITS = 24  # of an entry of the heap for its slot's stamp
STAMPS = (1 << STAMP_BITS) - 1
SPARE = 8  # what one event may need of slots and entries in the heap

CONSTANT, EXPONENTIAL, LOGNORMAL, WEIBULL, PARETO, UNIFORM, EMPIRICAL, RECORDED, TABLE = numbers(9)  # laws
EDGE, CELLS = 40.0, 16384  # a table of a law runs over the logit of u from -EDGE to EDGE, in so many cells of a cubic each
LOG_CELLS, LOG_SHIFT = 256, 44  # a cell of the logarithm is known by the first eight bits of what a number's are above
LOG_LOWEST = np.int64(0x3FE6000000000000)  # which are those of 0.6875

BUCKETS, A_DOUBLING, SMALLEST = 1024, 32, -20  # of the latency histogram; the first bucket begins at 2^SMALLEST seconds
GRID = 60  # steps of a window in which the queue is followed

SLOT = np.dtype(
    [
        ("came", "f8"), ("start", "f8"), ("finish", "f8"), ("gone", "f8"), ("id", "u8"),
        ("next", "i4"), ("prev", "i4"), ("server", "i4"), ("stamp", "i4"), ("caller", "i2"), ("attempt", "i1"), ("state", "i1"), ("signs", "i4"),
    ],
    align=True,
)  # fmt: skip
KIN = np.dtype(
    [
        ("born", "f8"), ("parent", "i8"), ("ended", "f8"), ("left", "f8"), ("since", "f8"), ("life", "i8"), ("calls", "i8"), ("outcome", "i8"),
    ],
    align=True,
)  # fmt: skip
SERVER = np.dtype(
    [
        ("stretch", "f8"), ("fleet", "i8"), ("mode", "i8"), ("held", "i8"), ("calling", "i8"), ("lazy", "i8"), ("head", "i8"), ("tail", "i8"),
        ("speed", "f8"), ("slot", "i8"), ("ranked", "i8"), ("idle", "i8"), ("next", "i8"), ("prev", "i8"), ("rotating", "i8"), ("errors", "f8"),
    ],
    align=True,
)  # fmt: skip
FLEET = np.dtype(
    [
        ("key", "u8"), ("balancer", "i8"), ("d", "i8"), ("lazy", "i8"), ("workers", "i8"), ("places", "i8"), ("lax", "i8"), ("resumed", "i8"), ("law", "i8"),
        ("rotating", "i8"), ("turn", "i8"), ("least", "i8"), ("first_edge", "i8"), ("edges", "i8"),
        ("head", "i8"), ("tail", "i8"), ("waiting", "i8"), ("idle_head", "i8"), ("idle_tail", "i8"),
        ("busy", "i8"), ("attempts", "i8"), ("worked", "f8"), ("occupied", "f8"), ("since", "f8"),
    ],
    align=True,
)  # fmt: skip
CALLER = np.dtype(
    [
        ("fleet", "i8"), ("owner", "i8"), ("timeout", "f8"), ("attempts", "i8"), ("cancel", "i8"),
        ("base", "f8"), ("factor", "f8"), ("longest", "f8"), ("jitter", "f8"), ("budget", "f8"), ("tokens", "f8"), ("counted", "f8"),
        ("patience", "i8"), ("gaps", "i8"), ("service_key", "u8"), ("backoff_key", "u8"), ("patience_key", "u8"), ("arrivals_key", "u8"), ("calls_key", "u8"),
        ("calls", "f8"), ("time", "f8"), ("number", "i8"), ("knot", "i8"), ("last", "i8"), ("stamped", "i8"), ("errors_key", "u8"),
    ],
    align=True,
)  # fmt: skip
ROW = np.dtype(
    [("born", "f8"), ("came", "f8"), ("start", "f8"), ("end", "f8"), ("id", "u8"), ("fleet", "i8"), ("server", "i8"), ("attempt", "i8"), ("outcome", "i8")],
    align=True,
)
LAW = np.dtype([("code", "i8"), ("a", "f8"), ("b", "f8"), ("first", "i8"), ("size", "i8")], align=True)
NUMBER, COUNT, SMALL = (np.dtype([("n", kind)], align=True) for kind in ("f8", "i8", "i4"))
# Every array of a world. Those up to `rows` grow.
ARRAYS = {
    "slots": SLOT,  # attempts
    "kins": KIN,  # and what is seldom asked of them
    "heap": np.dtype([("time", "f8"), ("order", "i8"), ("what", "i8")], align=True),  # what is due, for which slot and stamp, in which order it was said
    "servers": SERVER,
    "workers": NUMBER,  # by server: when each of its workers is free (seconds), the first of them at the root of a heap
    "rotation": SMALL,  # by fleet: its servers in rotation
    "ranks": np.dtype([("head", "i8"), ("tail", "i8")], align=True),  # by fleet and number held: the servers that hold so many
    "asked": SMALL,  # for a moment: some servers, or slots
    "rows": ROW,  # attempts that are over, where they are kept
    "fleets": FLEET,
    "callers": CALLER,  # sources of traffic, then edges between fleets
    "laws": LAW,
    "tables": NUMBER,  # what some laws need
    "knots": np.dtype([("time", "f8"), ("rate", "f8")], align=True),  # of the rates of all sources (requests per second), or their stamps
    "tallies": COUNT,  # by fleet, window and column
    "waits": np.dtype([("sum", "f8"), ("longest", "f8")], align=True),  # by fleet and window: in the queue (request-seconds, seconds)
    "latencies": SMALL,  # by fleet, window and bucket
    "trail": SMALL,  # by fleet and step of the grid: how the number of those who wait changes
}
WORLD = np.dtype(
    [
        *((name, "i8") for name in ARRAYS),  # where each array lies
        ("next", "f8"), ("window", "f8"), ("steps_a_second", "f8"), ("horizon", "f8"), ("begun", "f8"), ("turns", "f8"),
        ("sources", "i8"), ("windows", "i8"), ("keep", "i8"), ("broad", "i8"),
        ("current", "i8"), ("source", "i8"), ("due", "i8"), ("pushed", "i8"), ("free", "i8"), ("room", "i8"), ("kept", "i8"), ("top", "i8"),
        ("slots_room", "i8"), ("due_room", "i8"), ("kept_room", "i8"), ("ranks_room", "i8"), ("servers_room", "i8"), ("known", "i8"),
    ],
    align=True,
)  # fmt: skip


class World:
    """All arrays of one run, and one record with where they lie: the only thing that a kernel is handed."""

    def __init__(self, fleets: Array, callers: Array, **arrays: Array) -> None:
        self.arrays: dict[str, Array] = {name: np.zeros(0, kind) for name, kind in ARRAYS.items()}
        self.record = np.zeros(1, WORLD)
        self.lay(fleets=fleets, callers=callers, **arrays)

    def __getitem__(self, name: str) -> Array:
        return self.arrays[name]

    def lay(self, **arrays: Array) -> None:
        """Put arrays in the place of others."""
        for name, array in arrays.items():
            assert array.dtype == ARRAYS[name], name
            self.arrays[name] = np.ascontiguousarray(array)
            self.record[name] = self.arrays[name].ctypes.data
