"""Attempts: what one step does to an attempt, and which step is due for it."""

from __future__ import annotations

import numpy as np

from simulator.serving.kernel.balance import choose
from simulator.serving.kernel.central import discharge, line
from simulator.serving.kernel.clients import ask, born, deadline_of, end, named, over, waits
from simulator.serving.kernel.counts import count, settle
from simulator.serving.kernel.draws import call_number, of_attempt, unit
from simulator.serving.kernel.heap import LATE, push
from simulator.serving.kernel.lists import give, hold, let_go, step_out
from simulator.serving.kernel.reach import callers, compiled, fleets, kins, once, servers, slots
from simulator.serving.kernel.service import admit
from simulator.serving.kernel.world import (
    ABANDONED,
    ALIVE,
    ANSWERED,
    ATTEMPT,
    ATTEMPTS,
    BACKOFF,
    CALL,
    CALLING,
    CENTRAL,
    DEPENDENCY,
    DONE,
    FAILED,
    FREE,
    FULL,
    HELD,
    LOST_FOR_GOOD,
    NONE,
    QUEUED,
    REFUSED,
    REFUSING,
    SERVED,
    TIMED_OUT,
    UNANSWERED,
    UNDER_WAY,
)


@once
def attempt(w, i, time):
    """An attempt comes to its fleet; returns the cause where it fails at once."""
    slot = slots(w, i)
    f = callers(w, slot.caller).fleet
    fleet = fleets(w, f)
    slot.came, slot.start, slot.server = time, np.inf, NONE
    end(w, i, UNDER_WAY, np.nan)
    fleet.attempts += 1
    count(w, f, ATTEMPTS, time)
    if fleet.balancer == CENTRAL:
        return line(w, i, f, time)
    s = choose(w, f, slot, time)
    slot.server = s
    if s < 0:
        return FULL
    mode = servers(w, s).mode
    if mode == ALIVE:
        return admit(w, i, s, time)
    if mode == REFUSING:
        return REFUSED
    hang(w, i, s, time)
    return DONE


@compiled
def hang(w, i, s, time):
    """An attempt is at a server that does not answer."""
    slot = slots(w, i)
    slot.state = UNANSWERED
    slot.finish = slot.gone = np.inf
    kins(w, i).left = time
    hold(w, i, s, servers(w, s).tail)
    deadline = deadline_of(slot, callers(w, slot.caller))
    if deadline < np.inf:
        push(w, deadline, i, LATE)


@once
def due(w, i, time):
    """The step that it is time for."""
    slot = slots(w, i)
    state, signs = slot.state, slot.signs
    if state == BACKOFF:
        return try_again(w, i)
    if state == FREE:  # its stamp has come round, which takes 16 million uses of the slot
        return DONE
    if state == CALLING and signs & (ANSWERED | FAILED):
        slot.signs = signs & ~(ANSWERED | FAILED)
        return DEPENDENCY if signs & FAILED else CALL
    if state == QUEUED and slot.gone <= time:
        return ABANDONED
    if slot.finish > time and deadline_of(slot, callers(w, slot.caller)) <= time:
        return TIMED_OUT
    if slot.start == np.inf:
        return ABANDONED
    if slot.finish > time:  # another stamp that has come round
        return DONE
    if fleets(w, callers(w, slot.caller).fleet).edges > 0:
        finish_own(w, i, time)
        return CALL
    return SERVED


@compiled
def try_again(w, i):
    """A client makes another attempt, if it still wants an answer."""
    slot = slots(w, i)
    if slot.caller < w.sources or waits(w, kins(w, i).parent):
        return ATTEMPT
    count(w, callers(w, slot.caller).fleet, LOST_FOR_GOOD, born(w, i))
    give(w, i)
    return DONE


@compiled
def goes_on(w, i):
    """Whether an attempt stays where it is without its client."""
    slot = slots(w, i)
    if callers(w, slot.caller).cancel or slot.state == UNANSWERED:
        return False
    if slot.state == HELD and not servers(w, slot.server).lazy:
        push(w, slot.gone, i)
    return True


@compiled
def leave(w, i, time):
    """An attempt is no longer in its fleet."""
    slot = slots(w, i)
    if slot.state >= HELD:
        settle(w, i, time)
        if slot.state == QUEUED:
            step_out(w, i, callers(w, slot.caller).fleet)
        else:
            s = np.int64(slot.server)
            let_go(w, i)
            if slot.state == CALLING:
                servers(w, s).calling -= 1
            elif fleets(w, servers(w, s).fleet).balancer == CENTRAL:
                discharge(w, s, time)
    over(w, i)


# Calls to other fleets


@compiled
def finish_own(w, i, time):
    """An attempt's own service is over, and what it needs of other fleets begins; its worker is free, and the server still holds it."""
    slot, kin = slots(w, i), kins(w, i)
    s = np.int64(slot.server)
    slot.finish = slot.gone = np.inf
    slot.state = CALLING
    kin.calls, kin.left = 0, time
    kin.life += 1  # so that a call knows to which attempt it comes back
    servers(w, s).calling += 1
    if fleets(w, servers(w, s).fleet).balancer == CENTRAL:
        discharge(w, s, time)


@compiled
def call(w, i, time):
    """Make the next call; returns the slot of its first attempt, or -1 where none is left."""
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
            deadline = deadline_of(slot, caller)
            if deadline < np.inf:
                push(w, deadline, i, LATE)
            kin.calls += 1
            return ask(w, e, call_number(caller.service_key, k, kin.calls - 1), named(w, i), time)
        made -= calls
    return NONE
