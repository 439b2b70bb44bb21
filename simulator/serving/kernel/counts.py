"""Counts: what is written down of each attempt, by windows."""

from __future__ import annotations

import numpy as np

from simulator.serving.kernel.bits import to_bits
from simulator.serving.kernel.reach import callers, compiled, fleets, inlined, kins, latencies, rows, servers, slots, tallies, trail, waits
from simulator.serving.kernel.world import (
    A_DOUBLING,
    BUCKETS,
    CALLING,
    COLUMNS,
    GRID,
    HOLDING,
    RESUMED,
    SERVED,
    SMALLEST,
    WAITING,
)

SHIFT = 52 - 5  # a bucket's number is the exponent and the first five bits of the fraction
FIRST = (1023 + SMALLEST) * A_DOUBLING


@inlined
def bucket(latency):
    """The bucket that a latency (seconds) falls into."""
    return min(max((to_bits(latency) >> SHIFT) - FIRST, 0), BUCKETS - 1)


@inlined
def window(w, time):
    """The window of a time up to now; one more stands for what is after the horizon."""
    if time >= w.begun:
        return w.current
    found = np.int64(time / w.window)
    return found - 1 if time < found * w.window else found


@compiled
def roll(w, time):
    """Go on to the window of a time."""
    while time >= w.turns:
        w.current += 1
        w.begun = w.turns
        w.turns = min((w.current + 1) * w.window, w.horizon) if w.current < w.windows else np.inf


@inlined
def cell(w, fleet, window):
    """The place of a fleet's window."""
    return fleet * (w.windows + 1) + window


@inlined
def count(w, fleet, column, time):
    """One more."""
    tallies(w, cell(w, fleet, window(w, time)) * COLUMNS + column).n += 1


@inlined
def serve(w, fleet, born, time):
    """A client has its answer."""
    at = cell(w, fleet, window(w, born))
    tallies(w, at * COLUMNS + SERVED).n += 1
    latencies(w, at * BUCKETS + bucket(time - born)).n += 1


@inlined
def settle(w, i, time):
    """An attempt has left the servers of its fleet, or their queue: how long it waited, and where it was at the windows' ends."""
    slot = slots(w, i)
    fleet = callers(w, slot.caller).fleet
    until = kins(w, i).left if slot.state >= CALLING else time  # when it last waited or was served
    came, start = slot.came, min(slot.start, until)
    first = window(w, came)
    between(w, fleet, HOLDING, came, time)
    stood(w, fleet, first, came, start)
    if slot.signs & RESUMED:
        stood(w, fleet, first, kins(w, i).since, time)
    if start < until:
        fleets(w, fleet).worked += until - start


@inlined
def stood(w, fleet, at, since, until):
    """Somebody who came in this window has been in the queue from one time to another."""
    own = waits(w, cell(w, fleet, at))
    own.sum += until - since
    own.longest = max(own.longest, until - since)
    between(w, fleet, WAITING, since, until)
    steps = w.windows * GRID
    one, other = min(np.int64(since * w.steps_a_second), steps), min(np.int64(until * w.steps_a_second), steps)
    trail(w, fleet * (steps + 1) + one).n += 1  # even where both are one: a branch that nobody can predict is dearer
    trail(w, fleet * (steps + 1) + other).n -= 1


@inlined
def between(w, fleet, column, since, until):
    """One more at the ends of the windows from one time to another, as changes."""
    if since >= w.begun:
        return
    first, last = window(w, since), window(w, until)
    if first != last:
        tallies(w, cell(w, fleet, first) * COLUMNS + column).n += 1
        tallies(w, cell(w, fleet, last) * COLUMNS + column).n -= 1


@compiled
def row(w, i):
    """Write an attempt down, where attempts are kept."""
    if w.keep:
        slot, kin, made = slots(w, i), kins(w, i), rows(w, w.kept)
        made.born, made.came, made.start, made.end, made.id = (kin.born if slot.attempt else slot.came), slot.came, slot.start, kin.ended, slot.id
        made.fleet, made.attempt, made.outcome = callers(w, slot.caller).fleet, slot.attempt, kin.outcome
        made.server = servers(w, slot.server).slot if slot.server >= 0 else -1
        w.kept += 1
