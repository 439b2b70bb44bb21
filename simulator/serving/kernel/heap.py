"""The heap of what is due: times, and which slot they are for; a slot that has moved on makes its entries void."""

from __future__ import annotations

from simulator.serving.kernel.reach import compiled, heap, inlined, slots

BITS = 24  # of an entry for the slot's stamp
STAMPS = (1 << BITS) - 1


@inlined
def push(w, time, slot):
    """Something is due for a slot, unless its stamp changes before."""
    place = w.due
    w.due = place + 1
    while place > 0:
        above = (place - 1) >> 2
        if heap(w, above).time <= time:
            break
        _put(w, place, heap(w, above).time, heap(w, above).what)
        place = above
    _put(w, place, time, (slot << BITS) | slots(w, slot).stamp)


@compiled
def _put(w, place, time, what):
    entry = heap(w, place)
    entry.time = time
    entry.what = what


@inlined
def pop(w):
    """Take the first entry; returns its slot, or -1 where it is void."""
    first = heap(w, 0).what
    size = w.due - 1
    w.due = size
    time, what = heap(w, size).time, heap(w, size).what
    place = size - size
    while True:
        child = (place << 2) + 1
        if child >= size:
            break
        least, soonest = child, heap(w, child).time
        for other in range(child + 1, min(child + 4, size)):
            if heap(w, other).time < soonest:
                least, soonest = other, heap(w, other).time
        if soonest >= time:
            break
        _put(w, place, soonest, heap(w, least).what)
        place = least
    _put(w, place, time, what)
    slot = first >> BITS
    return slot if slots(w, slot).stamp == (first & STAMPS) else -1
