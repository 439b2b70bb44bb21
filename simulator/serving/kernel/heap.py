"""The heap of what is due: times, and which slot they are for; a slot that has moved on makes its entries void."""

from __future__ import annotations

import numpy as np

from simulator.serving.kernel.reach import heap, inlined, slots

BITS = 24  # of an entry for the slot's stamp
STAMPS = (1 << BITS) - 1
SOON, LATE = np.int64(0), np.int64(1 << 60)


@inlined
def push(w, time, slot, order=SOON):
    """Something is due for a slot, unless its stamp changes before; of one time, what is pushed first comes first, and clients leave last."""
    place = w.due
    w.due = place + 1
    w.pushed += 1
    while place > 0:
        above = (place - 1) >> 2
        if heap(w, above).time < time or (heap(w, above).time == time and heap(w, above).order < order + w.pushed):
            break
        _put(w, place, heap(w, above))
        place = above
    made = heap(w, place)
    made.time, made.order, made.what = time, order + w.pushed, (slot << BITS) | slots(w, slot).stamp


@inlined
def _put(w, place, entry):
    """Copy an entry to another place."""
    made = heap(w, place)
    made.time, made.order, made.what = entry.time, entry.order, entry.what


@inlined
def _before(one, other):
    """Whether an entry is due before another."""
    return one.time < other.time or (one.time == other.time and one.order < other.order)


@inlined
def pop(w):
    """Take the first entry; returns its slot, or -1 where it is void."""
    first = heap(w, 0).what
    size = w.due - 1
    w.due = size
    last = heap(w, size)
    place = size - size
    while True:
        child = (place << 2) + 1
        if child >= size:
            break
        least = child
        for other in range(child + 1, min(child + 4, size)):
            if _before(heap(w, other), heap(w, least)):
                least = other
        if not _before(heap(w, least), last):
            break
        _put(w, place, heap(w, least))
        place = least
    _put(w, place, last)
    slot = first >> BITS
    return slot if slots(w, slot).stamp == (first & STAMPS) else -1
