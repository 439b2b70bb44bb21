"""Lists: slots, the attempts that a server holds, the queue of a fleet, and servers by what they hold."""

from __future__ import annotations

import numpy as np

from simulator.serving.kernel.reach import asked, compiled, fleets, inlined, ranks, servers, slots, workers
from simulator.serving.kernel.world import FREE, NONE, ONE, STAMPS


@inlined
def take(w):
    """A free slot."""
    i = w.free
    w.free = slots(w, i).next
    w.room -= 1
    return i


@inlined
def give(w, i):
    """A slot is free, and what was due for it is void."""
    slot = slots(w, i)
    slot.state = FREE
    slot.stamp = (slot.stamp + 1) & STAMPS
    slot.next = w.free
    w.free = i
    w.room += 1


@compiled
def void(slot):
    """Nothing is due for it any more."""
    slot.stamp = (slot.stamp + 1) & STAMPS


# What a server holds


@inlined
def hold(w, i, s, after):
    """A server holds one attempt more, behind another (-1: first of all)."""
    slot, server = slots(w, i), servers(w, s)
    slot.server = s
    slot.prev = after
    if after < 0:
        slot.next = server.head
        server.head = i
    else:
        slot.next = slots(w, after).next
        slots(w, after).next = i
    if slot.next < 0:
        server.tail = i
    else:
        slots(w, slot.next).prev = i
    move(w, s, ONE)


@inlined
def let_go(w, i):
    """A server holds one attempt less."""
    slot = slots(w, i)
    server = servers(w, slot.server)
    if slot.prev < 0:
        server.head = slot.next
    else:
        slots(w, slot.prev).next = slot.next
    if slot.next < 0:
        server.tail = slot.prev
    else:
        slots(w, slot.next).prev = slot.prev
    move(w, np.int64(slot.server), NONE)


@inlined
def in_order(w, s, gone):
    """Behind which attempt of a server one belongs that will be gone at this time."""
    after = servers(w, s).tail
    while after >= 0 and slots(w, after).gone > gone:
        after = slots(w, after).prev
    return after


# The one queue of a fleet


@inlined
def line_up(w, i, f):
    """The last in the queue."""
    slot, fleet = slots(w, i), fleets(w, f)
    slot.prev, slot.next, slot.server = fleet.tail, -1, -1
    if fleet.tail < 0:
        fleet.head = i
    else:
        slots(w, fleet.tail).next = i
    fleet.tail = i
    fleet.waiting += 1


@compiled
def go_first(w, i, f):
    """The first in the queue."""
    slot, fleet = slots(w, i), fleets(w, f)
    slot.prev, slot.next, slot.server = -1, fleet.head, -1
    if fleet.head < 0:
        fleet.tail = i
    else:
        slots(w, fleet.head).prev = i
    fleet.head = i
    fleet.waiting += 1


@inlined
def step_out(w, i, f):
    """One less in the queue."""
    slot, fleet = slots(w, i), fleets(w, f)
    if slot.prev < 0:
        fleet.head = slot.next
    else:
        slots(w, slot.prev).next = slot.next
    if slot.next < 0:
        fleet.tail = slot.prev
    else:
        slots(w, slot.next).prev = slot.prev
    fleet.waiting -= 1


# Servers of a central queue that have a free worker, the one that has waited longest first


@inlined
def idle(w, s):
    """A worker of the server is free."""
    server = servers(w, s)
    server.idle += 1
    if server.idle == 1:
        fleet = fleets(w, server.fleet)
        server.prev, server.next = fleet.idle_tail, -1
        if fleet.idle_tail < 0:
            fleet.idle_head = s
        else:
            servers(w, fleet.idle_tail).next = s
        fleet.idle_tail = s


@inlined
def engage(w, f):
    """A free worker of a fleet gets to work; returns its server."""
    s = np.int64(fleets(w, f).idle_head)
    server = servers(w, s)
    server.idle -= 1
    if server.idle == 0:
        unlist(w, s)
    return s


@compiled
def unlist(w, s):
    """The server has no free worker any more."""
    server = servers(w, s)
    fleet = fleets(w, server.fleet)
    if server.prev < 0:
        fleet.idle_head = server.next
    else:
        servers(w, server.prev).next = server.next
    if server.next < 0:
        fleet.idle_tail = server.prev
    else:
        servers(w, server.next).prev = server.prev


# Servers by what they hold, for the balancer that looks for the least: those that came to hold so many longest ago first


@compiled
def rank(w, s):
    """The last of those that hold as many."""
    server = servers(w, s)
    f, k = server.fleet, server.held
    own = ranks(w, f * w.ranks_room + k)
    last = own.tail
    server.prev, server.next, server.ranked = last, -1, 1
    if last < 0:
        own.head = s
    else:
        servers(w, last).next = s
    own.tail = s
    fleet = fleets(w, f)
    if k < fleet.least:
        fleet.least = k
    if k > w.top:
        w.top = k


@compiled
def unrank(w, s):
    """Not among those that hold as many any more."""
    server = servers(w, s)
    f, k = server.fleet, server.held
    if server.prev < 0:
        ranks(w, f * w.ranks_room + k).head = server.next
    else:
        servers(w, server.prev).next = server.next
    if server.next < 0:
        ranks(w, f * w.ranks_room + k).tail = server.prev
    else:
        servers(w, server.next).prev = server.prev


@inlined
def move(w, s, step):
    """The server holds one more, or one less."""
    server = servers(w, s)
    if server.ranked:
        unrank(w, s)
        server.held += step
        rank(w, s)
    else:
        server.held += step


# When the workers of a server are free: a heap, of which only the root ever rises


@inlined
def book(w, s, time):
    """The worker that is free first is taken until a time."""
    base, size, place = s * w.broad, fleets(w, servers(w, s).fleet).workers, 0
    while True:
        child = 2 * place + 1
        if child >= size:
            break
        if child + 1 < size and workers(w, base + child + 1).n < workers(w, base + child).n:
            child += 1
        if workers(w, base + child).n >= time:
            break
        workers(w, base + place).n = workers(w, base + child).n
        place = child
    workers(w, base + place).n = time


@compiled
def rest(w, s, time):
    """All workers of the server are free from a time on."""
    for place in range(fleets(w, servers(w, s).fleet).workers):
        workers(w, s * w.broad + place).n = time


@compiled
def held_by(w, s):
    """Put the attempts a server holds into `asked`, in the order of their list; returns how many."""
    i, size = servers(w, s).head, servers(w, s).held
    for place in range(size):
        asked(w, place).n = i
        i = slots(w, i).next
    return size
