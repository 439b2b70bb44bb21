"""Central: one queue for a whole fleet, and the server that has had a free worker for longest takes its head."""

from __future__ import annotations

import numpy as np

from simulator.serving.kernel.clients import deadline_of, patience
from simulator.serving.kernel.counts import stood, window
from simulator.serving.kernel.heap import LATE, SOON, push
from simulator.serving.kernel.lists import engage, hold, idle, line_up, step_out, void
from simulator.serving.kernel.reach import callers, compiled, fleets, inlined, kins, servers, slots
from simulator.serving.kernel.service import work
from simulator.serving.kernel.world import ALIVE, DONE, FULL, HELD, NONE, ONE, QUEUED, RESUMED


@compiled
def line(w, i, f, time):
    """An attempt comes to a free worker, or else to the end of the queue; returns FULL where it is."""
    slot, fleet = slots(w, i), fleets(w, f)
    if fleet.idle_head >= 0:  # then nobody waits
        begin(w, i, engage(w, f), time)
        return DONE
    if fleet.waiting >= fleet.places:
        return FULL
    caller = callers(w, slot.caller)
    slot.state = QUEUED
    slot.finish = slot.gone = np.inf
    line_up(w, i, f)
    deadline, tired = deadline_of(slot, caller), time + patience(w, slot, caller)
    if tired <= deadline:
        slot.gone = tired
    if min(deadline, tired) < np.inf:
        push(w, min(deadline, tired), i, LATE)
    return DONE


@compiled
def call_up(w, f, time):
    """Free workers take from the queue for as long as there are both."""
    fleet = fleets(w, f)
    while fleet.head >= 0 and fleet.idle_head >= 0:
        take_on(w, f, engage(w, f), time)


@inlined
def take_on(w, f, s, time):
    """A server takes the head of the queue into service."""
    i = np.int64(fleets(w, f).head)
    step_out(w, i, f)
    void(slots(w, i))
    begin(w, i, s, time)


@inlined
def begin(w, i, s, time):
    """A server takes an attempt into service."""
    slot, server = slots(w, i), servers(w, s)
    caller = callers(w, slot.caller)
    if slot.signs & RESUMED:
        slot.signs &= ~RESUMED
        left = kins(w, i).left
        stood(w, callers(w, slot.caller).fleet, window(w, slot.came), kins(w, i).since, time)
    else:
        slot.start = time
        left = work(w, slot, caller)
    slot.state = HELD
    occupy(fleets(w, server.fleet), ONE, time)
    hold(w, i, s, np.int64(server.tail))
    until_done(w, i, time + left * server.stretch)


@inlined
def until_done(w, i, finish):
    """Service will be over at a time, unless the client leaves before."""
    slot = slots(w, i)
    caller = callers(w, slot.caller)
    deadline = deadline_of(slot, caller)
    slot.finish = finish
    slot.gone = min(finish, deadline) if caller.cancel else finish
    push(w, min(deadline, finish), i, LATE if deadline < finish else SOON)


@inlined
def occupy(fleet, step, time):
    """One worker of the fleet more is busy, or one less."""
    fleet.occupied += fleet.busy * (time - fleet.since)
    fleet.since = time
    fleet.busy += step


@compiled
def discharge(w, s, time):
    """A worker of the server is done, and takes the next from the queue."""
    server = servers(w, s)
    f = np.int64(server.fleet)
    occupy(fleets(w, f), NONE, time)
    if server.mode == ALIVE:
        if fleets(w, f).head >= 0:  # then no other worker is free
            take_on(w, f, s, time)
        else:
            idle(w, s)
