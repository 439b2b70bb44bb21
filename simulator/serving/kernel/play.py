"""Play: what happens to requests, one event after another, up to a time."""

from __future__ import annotations

import numpy as np

from simulator.serving.kernel.arrivals import draw_next
from simulator.serving.kernel.balance import choose
from simulator.serving.kernel.central import leave, line, quit
from simulator.serving.kernel.clients import answer, ask, born, end, fail, named, over, waits
from simulator.serving.kernel.counts import count, roll, settle
from simulator.serving.kernel.draws import call_number, of_attempt, unit
from simulator.serving.kernel.heap import pop, push
from simulator.serving.kernel.lists import give, hold, let_go
from simulator.serving.kernel.reach import callers, compiled, entry, fleets, heap, inlined, kins, servers, slots
from simulator.serving.kernel.service import abandon, admit, depart, expire
from simulator.serving.kernel.world import (
    ALIVE,
    ANSWERED,
    ATTEMPTS,
    BACKOFF,
    CALLING,
    CENTRAL,
    CLIENT,
    DEPENDENCY,
    FAILED,
    FULL,
    LOST_FOR_GOOD,
    NONE,
    QUEUED,
    REFUSED,
    REFUSING,
    TIMED_OUT,
    UNANSWERED,
    UNDER_WAY,
)

SPARE = 8  # what one event may need of slots and entries in the heap


@entry
def play(world, until):
    """Let everything happen up to a time; returns True where there was no room, and the arrays have to grow first."""
    w = world[0]
    while True:
        if w.room < SPARE or w.due + SPARE > w.due_room or w.top + 2 >= w.ranks_room or (w.keep and w.kept + SPARE > w.kept_room):
            return True
        if w.due > 0 and heap(w, 0).time <= w.next:
            time = heap(w, 0).time
            if time > until:
                break
            if time >= w.turns:
                roll(w, time)
            i = pop(w)
            if i >= 0:
                happen(w, i, time)
        else:
            time = w.next
            if time > until:
                break
            if time >= w.turns:
                roll(w, time)
            c = np.int64(w.source)
            i = ask(w, c, np.uint64(callers(w, c).number), NONE, time)
            draw_next(w, c)
            attempt(w, i, time)
    roll(w, until)
    return False


@inlined
def attempt(w, i, time):
    """An attempt comes to its fleet."""
    slot = slots(w, i)
    f = np.int64(callers(w, slot.caller).fleet)
    fleet = fleets(w, f)
    slot.came = time
    slot.start = np.inf
    end(w, i, UNDER_WAY, np.nan)
    fleet.attempts += 1
    count(w, f, ATTEMPTS, time)
    if fleet.balancer == CENTRAL:
        line(w, i, f, time)
        return
    s = choose(w, f, slot, time)
    slot.server = s
    if s >= 0 and servers(w, s).mode == ALIVE:
        expire(w, s, time)
        admit(w, i, s, time)
    elif s < 0 or servers(w, s).mode == REFUSING:
        fail(w, i, FULL if s < 0 else REFUSED, time)
        over(w, i)
    else:
        hang(w, i, s, time)


@compiled
def hang(w, i, s, time):
    """An attempt is at a server that does not answer."""
    slot = slots(w, i)
    slot.state = UNANSWERED
    slot.finish = slot.gone = np.inf
    kins(w, i).left = time
    hold(w, i, s, servers(w, s).tail)
    deadline = slot.came + callers(w, slot.caller).timeout
    if deadline < np.inf:
        push(w, deadline, i)


@compiled
def happen(w, i, time):
    """What is due for a slot."""
    slot = slots(w, i)
    if slot.state == BACKOFF:
        try_again(w, i, time)
    elif slot.state == CALLING and slot.signs & (ANSWERED | FAILED):
        resume(w, i, time)
    elif slot.signs & CLIENT and slot.finish > time and slot.came + callers(w, slot.caller).timeout <= time:
        time_out(w, i, time)
    elif slot.state == QUEUED:
        abandon(w, i, time)
        quit(w, i, time)
    elif slot.start < np.inf and fleets(w, callers(w, slot.caller).fleet).edges > 0:
        finish_own(w, i, time)
    else:
        finish(w, i, time)


@compiled
def try_again(w, i, time):
    """A client makes another attempt, if it still wants an answer."""
    slot, kin = slots(w, i), kins(w, i)
    if slot.caller < w.sources or waits(w, kin.parent):
        attempt(w, i, time)
    else:
        count(w, callers(w, slot.caller).fleet, LOST_FOR_GOOD, born(w, i))
        give(w, i)


@compiled
def time_out(w, i, time):
    """A client has left; what it asked for may go on without it."""
    slot = slots(w, i)
    fail(w, i, TIMED_OUT, time)
    fleet = fleets(w, callers(w, slot.caller).fleet)
    if slot.state == UNANSWERED:
        release(w, i, time)
        over(w, i)
    elif not callers(w, slot.caller).cancel:
        if slot.state != QUEUED and slot.state != CALLING and not fleet.lazy:
            push(w, slot.gone, i)
    elif slot.state == QUEUED:
        quit(w, i, time)
    else:
        release(w, i, time)
        over(w, i)


@compiled
def release(w, i, time):
    """A server holds an attempt no longer."""
    slot = slots(w, i)
    settle(w, i, time)
    if slot.state == CALLING:
        servers(w, slot.server).calling -= 1
        let_go(w, i)
    elif fleets(w, callers(w, slot.caller).fleet).balancer == CENTRAL:
        leave(w, i, time)
    else:
        let_go(w, i)


@compiled
def finish(w, i, time):
    """Service is over, and nothing else is to be done."""
    if fleets(w, callers(w, slots(w, i).caller).fleet).balancer == CENTRAL:
        settle(w, i, time)
        answer(w, i, time)
        leave(w, i, time)
        over(w, i)
    else:
        depart(w, i, time)


# Calls to other fleets


@compiled
def finish_own(w, i, time):
    """Service is over, and what the attempt needs of other fleets begins; its worker is free."""
    slot = slots(w, i)
    s = np.int64(slot.server)
    central = fleets(w, servers(w, s).fleet).balancer == CENTRAL
    slot.finish = slot.gone = np.inf
    kin = kins(w, i)
    kin.calls, kin.left = 0, time
    kin.life += 1  # so that a call knows to which attempt it comes back
    slot.state = CALLING
    if central:
        leave(w, i, time)
        hold(w, i, s, servers(w, s).tail)
    servers(w, s).calling += 1
    call(w, i, time)


@compiled
def resume(w, i, time):
    """A call has come back."""
    slot = slots(w, i)
    failed = slot.signs & FAILED
    slot.signs &= ~(ANSWERED | FAILED)
    if failed:
        if slot.signs & CLIENT:
            fail(w, i, DEPENDENCY, time)
        release(w, i, time)
        over(w, i)
    else:
        call(w, i, time)


@compiled
def call(w, i, time):
    """Make the next call; where none is left, answer."""
    slot, kin = slots(w, i), kins(w, i)
    caller = callers(w, slot.caller)
    fleet, k = fleets(w, caller.fleet), of_attempt(slot)
    made = kin.calls
    for e in range(fleet.first_edge, fleet.first_edge + fleet.edges):
        edge = callers(w, e)
        calls = np.int64(edge.calls)
        if unit(edge.calls_key, k) < edge.calls - calls:
            calls += 1
        if made < calls:
            deadline = slot.came + caller.timeout
            if slot.signs & CLIENT and deadline < np.inf:
                push(w, deadline, i)
            j = ask(w, np.int64(e), call_number(k, kin.calls), named(w, i), time)
            kin.calls += 1
            attempt(w, j, time)
            return
        made -= calls
    answer(w, i, time)
    release(w, i, time)
    over(w, i)
