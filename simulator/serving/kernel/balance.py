"""Balance: which of the servers in rotation gets an attempt."""

from __future__ import annotations

import numpy as np

from simulator.serving.kernel.draws import GOLDEN, index, mixed, of_attempt, raw
from simulator.serving.kernel.reach import asked, compiled, fleets, once, ranks, rotation, servers
from simulator.serving.kernel.service import refresh
from simulator.serving.kernel.world import LEAST, RANDOM, ROUND_ROBIN


@once
def choose(w, f, slot, time):
    """A server, or -1 where none is in rotation."""
    fleet = fleets(w, f)
    n, kind = fleet.rotating, fleet.balancer
    if n == 0:
        return np.int64(-1)
    first_of = f * w.servers_room
    if kind == ROUND_ROBIN:
        turn = fleet.turn
        fleet.turn = turn + 1 if turn + 1 < n else 0
        return np.int64(rotation(w, first_of + turn).n)
    if kind == LEAST:
        while ranks(w, f * w.ranks_room + fleet.least).head < 0:
            fleet.least += 1
        return np.int64(ranks(w, f * w.ranks_room + fleet.least).head)
    bits = raw(fleet.key, of_attempt(slot))
    first = index(bits, n)
    if kind == RANDOM or n == 1:
        return np.int64(rotation(w, first_of + first).n)
    best = np.int64(rotation(w, first_of + first).n)
    refresh(w, best, time)
    if n <= fleet.d:  # all are asked, beginning at one of them
        for step in range(1, n):
            best = _freer(w, best, np.int64(rotation(w, first_of + (first + step) % n).n), time)
        return best
    if fleet.d == 2:
        bits = mixed(bits + GOLDEN)
        second = index(bits, n)
        while second == first:
            bits = mixed(bits + GOLDEN)
            second = index(bits, n)
        return _freer(w, best, np.int64(rotation(w, first_of + second).n), time)
    asked(w, 0).n = first
    for number in range(1, fleet.d):
        bits = mixed(bits + GOLDEN)
        while _among(w, number, index(bits, n)):
            bits = mixed(bits + GOLDEN)
        asked(w, number).n = index(bits, n)
        best = _freer(w, best, np.int64(rotation(w, first_of + asked(w, number).n).n), time)
    return best


@compiled
def _freer(w, best, other, time):
    """The one of two servers that holds less, the first on a tie."""
    refresh(w, other, time)
    return np.int64(other) if servers(w, other).held < servers(w, best).held else best


@compiled
def _among(w, size, one):
    """Whether it has been asked."""
    for place in range(size):  # noqa: SIM110  a generator is more than the compiler knows
        if asked(w, place).n == one:
            return True
    return False
