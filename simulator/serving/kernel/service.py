"""Service: an attempt at a server with a queue of its own; when it will be gone is known as it comes."""

from __future__ import annotations

import numpy as np

from simulator.serving.kernel.clients import answer, deadline_of, over, patience
from simulator.serving.kernel.counts import settle
from simulator.serving.kernel.draws import of_attempt, unit
from simulator.serving.kernel.heap import LATE, push
from simulator.serving.kernel.laws import quantile
from simulator.serving.kernel.lists import book, hold, in_order
from simulator.serving.kernel.reach import callers, compiled, fleets, inlined, once, servers, slots, workers
from simulator.serving.kernel.world import CLIENT, DONE, FULL, HELD, NONE


@inlined
def refresh(w, s, time):
    """Let go of what has left the server by now, where nothing is due that says so."""
    server = servers(w, s)
    if server.lazy and server.head >= 0 and slots(w, server.head).gone <= time:
        expire(w, s, time)


@compiled
def expire(w, s, time):
    """The same, where there is something."""
    server = servers(w, s)
    i = np.int64(server.head)
    while i >= 0:
        slot = slots(w, i)
        if slot.gone > time:
            break
        following = np.int64(slot.next)
        server.held -= 1
        settle(w, i, slot.gone)
        answer(w, i, slot.gone)
        over(w, i)
        i = following
    server.head = i
    if i < 0:
        server.tail = i
    else:
        slots(w, i).prev = NONE


@inlined
def work(w, slot, caller):
    """How long an attempt would take at full speed (seconds)."""
    return quantile(w, fleets(w, caller.fleet).law, unit(caller.service_key, of_attempt(slot)), slot.id)


@once
def admit(w, i, s, time):
    """An attempt comes to a server that is alive; returns FULL where its queue is."""
    slot, server = slots(w, i), servers(w, s)
    fleet = fleets(w, server.fleet)
    if server.held >= fleet.lax:
        refresh(w, s, time)
        if server.held - server.calling - fleet.workers >= fleet.places and workers(w, s * w.broad).n > time:
            return FULL
    slot.state = HELD
    plan(w, i, s, time, work(w, slot, callers(w, slot.caller)), False)
    return DONE


@inlined
def plan(w, i, s, time, left, begun):
    """When an attempt will start, if it has not, with so much work left, when it will be done, and when it will be gone."""
    slot, server = slots(w, i), servers(w, s)
    caller = callers(w, slot.caller)
    start = max(time, workers(w, s * w.broad).n)
    finish = start + left * server.stretch
    deadline = deadline_of(slot, caller)
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
        push(w, deadline, i, LATE)
    elif not server.lazy:
        push(w, gone, i)
