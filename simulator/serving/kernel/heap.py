"""The heap of what is due: times, and which slot they are for; a slot that has moved on makes its entries void."""

from __future__ import annotations

import numpy as np

from simulator.serving.kernel.bits import to_bits
from simulator.serving.kernel.reach import heap, inlined, slots
from simulator.serving.kernel.world import STAMP_BITS, STAMPS

SOON, LATE = np.int64(0), np.int64(1 << 60)


@inlined
def push(w, time, slot, order=SOON):
    """Something is due for a slot, unless its stamp changes before; of one time, what is pushed first comes first, and clients leave last."""
    place = w.due
    w.due = place + 1
    w.pushed += 1
    made = heap(w, _risen(w, place, time, order + w.pushed))
    made.time, made.order, made.what = time, order + w.pushed, (slot << STAMP_BITS) | slots(w, slot).stamp


@inlined
def _put(w, place, entry):
    """Copy an entry to another place."""
    made = heap(w, place)
    made.time, made.order, made.what = entry.time, entry.order, entry.what


@inlined
def _before(time, order, entry):
    """Whether this is due before an entry."""
    return time < entry.time or (time == entry.time and order < entry.order)


@inlined
def _risen(w, place, time, order):
    """Where above a free place this belongs, when all that is due later has moved down."""
    while place > 0:
        above = (place - 1) >> 2
        if not _before(time, order, heap(w, above)):
            break
        _put(w, place, heap(w, above))
        place = above
    return place


@inlined
def _sooner(w, one, other):
    """Which of two entries is due first, without a branch; the bits of times, of which none is negative, are ordered as they are."""
    its, their = to_bits(heap(w, one).time), to_bits(heap(w, other).time)
    return other if (their < its) | ((their == its) & (heap(w, other).order < heap(w, one).order)) else one


@inlined
def _soonest(w, place, end):
    """Of up to four neighbours the one that is due first."""
    if place + 4 <= end:
        return _sooner(w, _sooner(w, place, place + 1), _sooner(w, place + 2, place + 3))
    soonest = place
    for other in range(place + 1, end):
        soonest = _sooner(w, soonest, other)
    return soonest


@inlined
def pop(w):
    """Take the first entry; returns its slot, or -1 where it is void."""
    first = heap(w, 0).what
    size = w.due - 1
    w.due = size
    last = heap(w, size)
    place = size - size
    while (place << 2) + 1 < size:  # the free place goes down to the end, from where the last entry seldom rises far
        soonest = _soonest(w, (place << 2) + 1, size)
        if not _before(heap(w, soonest).time, heap(w, soonest).order, last):
            break
        _put(w, place, heap(w, soonest))
        place = soonest
    _put(w, place, last)
    slot = first >> STAMP_BITS
    return slot if slots(w, slot).stamp == (first & STAMPS) else -1
