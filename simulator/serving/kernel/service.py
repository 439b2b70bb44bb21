"""Service: an attempt at a server with a queue of its own, from when it comes to when it is gone, which is known as it comes."""

from __future__ import annotations

import numpy as np

from simulator.serving.kernel.clients import answer, born, end, fail, over, patience
from simulator.serving.kernel.counts import count, settle
from simulator.serving.kernel.draws import of_attempt, unit
from simulator.serving.kernel.heap import push
from simulator.serving.kernel.laws import quantile
from simulator.serving.kernel.lists import book, hold, in_order, let_go
from simulator.serving.kernel.reach import callers, compiled, fleets, inlined, servers, slots, workers
from simulator.serving.kernel.world import ABANDONED, CLIENT, FULL, HELD


@inlined
def work(w, slot, caller):
    """How long an attempt would take at full speed (seconds)."""
    fleet = fleets(w, caller.fleet)
    return quantile(w, fleet.law, unit(caller.service_key, of_attempt(slot)), slot.id)


@inlined
def expire(w, s, time):
    """Let go of what has left the server by now, where nothing else says so."""
    server = servers(w, s)
    if not server.lazy:
        return
    i = np.int64(server.head)
    while i >= 0:
        slot = slots(w, i)
        if slot.gone > time or (slot.gone < slot.finish < np.inf and slot.signs & CLIENT):
            return  # or it is cancelled just now, and what is due for it will say so
        following = np.int64(slot.next)
        depart(w, i, slot.gone)
        i = following


@inlined
def depart(w, i, time):
    """An attempt leaves its server, served or tired of waiting."""
    slot = slots(w, i)
    let_go(w, i)
    settle(w, i, time)
    if slot.start < np.inf:
        answer(w, i, time)
    elif slot.signs & CLIENT:
        abandon(w, i, time)
    over(w, i)


@compiled
def abandon(w, i, time):
    """A client has waited for as long as it would."""
    slot = slots(w, i)
    slot.signs &= ~CLIENT
    end(w, i, ABANDONED, time)
    count(w, callers(w, slot.caller).fleet, ABANDONED, born(w, i))


@inlined
def admit(w, i, s, time):
    """An attempt comes to a server that is alive."""
    slot, server = slots(w, i), servers(w, s)
    fleet = fleets(w, server.fleet)
    slot.server = s
    if workers(w, s * w.broad).n > time and server.held - server.calling - fleet.workers >= fleet.places:
        fail(w, i, FULL, time)
        over(w, i)
        return
    slot.state = HELD
    plan(w, i, s, time, work(w, slot, callers(w, slot.caller)), False)


@inlined
def plan(w, i, s, time, left, begun):
    """When an attempt will start, if it has not, with so much work left, when it will be done, and when it will be gone."""
    slot, server = slots(w, i), servers(w, s)
    caller = callers(w, slot.caller)
    start = max(time, workers(w, s * w.broad).n)
    finish = start + left * server.stretch
    deadline = slot.came + caller.timeout if slot.signs & CLIENT else np.inf
    gone = finish
    if caller.patience >= 0 and start > slot.came and slot.signs & CLIENT and not begun:
        leave = slot.came + patience(w, slot, caller)
        if start > leave and leave <= deadline:
            start, finish, gone, deadline = np.inf, np.inf, leave, np.inf
    if caller.cancel and finish > deadline:
        gone = deadline
        if start >= deadline:
            start = np.inf
    if start < np.inf:
        book(w, s, gone)
    if not begun:
        slot.start = start
    slot.finish, slot.gone = finish, gone
    hold(w, i, s, in_order(w, s, gone) if server.lazy else server.tail)
    if deadline < finish:
        push(w, deadline, i)
    elif not server.lazy:
        push(w, gone, i)
