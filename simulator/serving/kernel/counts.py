"""Counts: what is written down of each attempt, by windows."""

from __future__ import annotations

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic

from simulator.serving.kernel.reach import callers, fleets, kins, latencies, rows, servers, slots, tallies, trail, waits
from simulator.serving.kernel.world import (
    A_DOUBLING,
    BUCKETS,
    CALLING,
    CENTRAL,
    COLUMNS,
    GRID,
    HOLDING,
    SERVED,
    SMALLEST,
    UNANSWERED,
    WAITING,
)

SHIFT = 52 - 5  # a bucket's number is the exponent and the first five bits of the fraction
FIRST = (1023 + SMALLEST) * A_DOUBLING


@intrinsic
def bits(typing, number):
    """The bits of a float, as a whole number."""
    return types.int64(types.float64), lambda context, builder, signature, given: builder.bitcast(given[0], ir.IntType(64))


@njit
def bucket(latency):
    """The bucket that a latency (seconds) falls into."""
    return min(max((bits(latency) >> SHIFT) - FIRST, 0), BUCKETS - 1)


@njit
def window(w, time):
    """The window of a time; what is after the horizon belongs to the last."""
    return min(np.int64(time / w.window), w.windows - 1)


@njit
def ended(w, time):
    """How many windows have ended at a time."""
    return w.windows if time >= w.horizon else np.int64(time / w.window)


@njit
def count(w, fleet, column, time):
    """One more."""
    tallies(w, (fleet * (w.windows + 1) + window(w, time)) * COLUMNS + column).n += 1


@njit
def serve(w, fleet, born, time):
    """A client has its answer."""
    count(w, fleet, SERVED, born)
    latencies(w, (fleet * w.windows + window(w, born)) * BUCKETS + bucket(time - born)).n += 1


@njit
def settle(w, i, time):
    """An attempt has left the servers of its fleet, or their queue: how long it waited, and where it was at the windows' ends."""
    slot = slots(w, i)
    fleet = callers(w, slot.caller).fleet
    until = kins(w, i).left if slot.state == CALLING or slot.state == UNANSWERED else time  # when it last waited or was served
    came, start = slot.came, min(slot.start, until)
    first, last = ended(w, came), ended(w, time)
    if first != last:
        between(w, fleet, HOLDING, first, last)
    if start > came:
        wait = start - came
        at = fleet * w.windows + min(first, w.windows - 1)
        waits(w, at).sum += wait
        waits(w, at).longest = max(waits(w, at).longest, wait)
        begun = ended(w, start)
        if first != begun:
            between(w, fleet, WAITING, first, begun)
        step = w.window / GRID
        steps = w.windows * GRID
        one, other = min(np.int64(came / step), steps), min(np.int64(start / step), steps)
        if one != other:
            trail(w, fleet * (steps + 1) + one).n += 1
            trail(w, fleet * (steps + 1) + other).n -= 1
    if fleets(w, fleet).balancer != CENTRAL:
        fleets(w, fleet).worked += until - start


@njit
def between(w, fleet, column, first, last):
    """One more in the windows from the first to before the last, as changes."""
    tallies(w, (fleet * (w.windows + 1) + first) * COLUMNS + column).n += 1
    tallies(w, (fleet * (w.windows + 1) + last) * COLUMNS + column).n -= 1


@njit
def row(w, i):
    """Write an attempt down, where attempts are kept."""
    if w.keep:
        slot, kin, made = slots(w, i), kins(w, i), rows(w, w.kept)
        made.born, made.came, made.start, made.end, made.id = kin.born, slot.came, slot.start, kin.ended, slot.id
        made.fleet, made.attempt, made.outcome = callers(w, slot.caller).fleet, slot.attempt, kin.outcome
        made.server = servers(w, slot.server).slot if slot.server >= 0 else -1
        w.kept += 1
