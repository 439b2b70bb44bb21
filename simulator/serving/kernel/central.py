"""Central: one queue for a whole fleet, and the server with a worker free for longest takes its head."""

from __future__ import annotations

import numpy as np

from simulator.serving.kernel.clients import fail, over, patience
from simulator.serving.kernel.counts import settle
from simulator.serving.kernel.heap import push
from simulator.serving.kernel.lists import engage, hold, idle, let_go, line_up, step_out, void
from simulator.serving.kernel.reach import callers, compiled, fleets, kins, servers, slots
from simulator.serving.kernel.service import work
from simulator.serving.kernel.world import ALIVE, CLIENT, FULL, HELD, NONE, ONE, QUEUED, RESUMED


@compiled
def line(w, i, f, time):
    """An attempt comes to the fleet: into service, into the queue, or away."""
    slot, fleet = slots(w, i), fleets(w, f)
    caller = callers(w, slot.caller)
    slot.server = -1
    if fleet.idle_head >= 0:
        begin(w, i, fleet.idle_head, time)
        return
    if fleet.waiting >= fleet.places:
        fail(w, i, FULL, time)
        over(w, i)
        return
    slot.state = QUEUED
    slot.start = slot.finish = np.inf
    deadline, leave = time + caller.timeout, time + patience(w, slot, caller)
    slot.gone = leave if leave <= deadline else np.inf
    line_up(w, i, f)
    if min(deadline, leave) < np.inf:
        push(w, min(deadline, leave), i)


@compiled
def begin(w, i, s, time):
    """A server takes an attempt into service."""
    slot, server = slots(w, i), servers(w, s)
    caller, fleet = callers(w, slot.caller), fleets(w, server.fleet)
    if slot.signs & RESUMED:
        slot.signs &= ~RESUMED
        left = kins(w, i).left
    else:
        slot.start = time
        left = work(w, slot, caller)
    finish = time + left * server.stretch
    slot.finish = slot.gone = finish
    deadline = slot.came + caller.timeout if slot.signs & CLIENT else np.inf
    if caller.cancel and deadline < finish:
        slot.gone = deadline
    slot.state = HELD
    occupy(fleet, ONE, time)
    engage(w, s)
    hold(w, i, s, server.tail)
    push(w, min(deadline, finish), i)


@compiled
def occupy(fleet, step, time):
    """One worker of the fleet more is busy, or one less."""
    fleet.occupied += fleet.busy * (time - fleet.since)
    fleet.since = time
    fleet.busy += step


@compiled
def leave(w, i, time):
    """An attempt is out of service, and its worker takes the next one."""
    slot = slots(w, i)
    s = np.int64(slot.server)
    let_go(w, i)
    occupy(fleets(w, servers(w, s).fleet), NONE, time)
    if servers(w, s).mode == ALIVE:
        idle(w, s)
        call_up(w, servers(w, s).fleet, time)


@compiled
def call_up(w, f, time):
    """Free workers take from the queue for as long as there are both."""
    fleet = fleets(w, f)
    while fleet.head >= 0 and fleet.idle_head >= 0:
        i = np.int64(fleet.head)
        step_out(w, i, f)
        void(slots(w, i))
        begin(w, i, fleet.idle_head, time)


@compiled
def quit(w, i, time):
    """An attempt leaves the queue without service."""
    slot = slots(w, i)
    step_out(w, i, callers(w, slot.caller).fleet)
    settle(w, i, time)
    over(w, i)
