"""Clients in the kernels: what they ask, and what they do when an attempt has failed."""

from __future__ import annotations

import math

import numpy as np

from simulator.serving.client import BUDGET_MEMORY
from simulator.serving.kernel.counts import count, row, serve
from simulator.serving.kernel.draws import ATTEMPTS, of_attempt, unit
from simulator.serving.kernel.heap import push
from simulator.serving.kernel.laws import quantile
from simulator.serving.kernel.lists import give, take, void
from simulator.serving.kernel.reach import callers, compiled, inlined, kins, servers, slots
from simulator.serving.kernel.world import ABANDONED, ANSWERED, BACKOFF, CALLING, CLIENT, FAILED, FULL, LOST_FOR_GOOD, OFFERED, REJECTED, SERVED

LIFE = 32  # bits of a parent's number for its slot


@inlined
def ask(w, c, number, parent, time):
    """A slot for the first attempt of a new request."""
    i, caller = take(w), callers(w, c)
    slot = slots(w, i)
    slot.id, slot.caller, slot.attempt, slot.signs = number, c, 0, CLIENT
    if parent >= 0:
        kins(w, i).parent = parent
    count(w, caller.fleet, OFFERED, time)
    if caller.budget > 0:
        caller.tokens = _remembered(caller, time) + caller.budget
    return i


@inlined
def answer(w, i, time):
    """The client, if it is still there, has what it wanted."""
    slot = slots(w, i)
    if slot.signs & CLIENT:
        end(w, i, SERVED, time)
        serve(w, callers(w, slot.caller).fleet, born(w, i), time)
        if slot.caller >= w.sources:
            reply(w, kins(w, i).parent, ANSWERED, time)


@inlined
def errs(w, i):
    """Whether the server's answer to an attempt is an error."""
    slot = slots(w, i)
    share = servers(w, slot.server).errors
    return share > 0 and unit(callers(w, slot.caller).errors_key, of_attempt(slot)) < share


@inlined
def born(w, i):
    """When the first attempt of a request was made."""
    return kins(w, i).born if slots(w, i).attempt else slots(w, i).came


@inlined
def end(w, i, outcome, time):
    """What became of an attempt, for its client."""
    if w.keep:
        kins(w, i).outcome, kins(w, i).ended = outcome, time


@compiled
def fail(w, i, cause, time):
    """An attempt has failed, and its client, if it is still there, tries again or gives up."""
    slot, kin = slots(w, i), kins(w, i)
    if not slot.signs & CLIENT:
        return
    caller = callers(w, slot.caller)
    slot.signs &= ~CLIENT
    end(w, i, cause, time)
    count(w, caller.fleet, cause, time)
    edge = slot.caller >= w.sources
    if slot.attempt + 1 < caller.attempts and (not edge or waits(w, kin.parent)) and _affordable(caller, time):
        _retry(w, i, caller, time)
        return
    count(w, caller.fleet, REJECTED if cause == FULL else LOST_FOR_GOOD, born(w, i))
    if edge:
        reply(w, kin.parent, FAILED, time)


@compiled
def abandon(w, i, time):
    """A client, if it is still there, has waited for as long as it would."""
    slot = slots(w, i)
    if slot.signs & CLIENT:
        slot.signs &= ~CLIENT
        end(w, i, ABANDONED, time)
        count(w, callers(w, slot.caller).fleet, ABANDONED, born(w, i))


@compiled
def _retry(w, i, caller, time):
    """Another attempt will be made, after a while."""
    j = take(w)
    old, new = slots(w, i), slots(w, j)
    new.id, new.caller, new.attempt, new.signs, new.state = old.id, old.caller, old.attempt + 1, CLIENT, BACKOFF
    kins(w, j).born, kins(w, j).parent = born(w, i), kins(w, i).parent
    delay = 0.0
    if caller.base > 0:
        u = unit(caller.backoff_key, of_attempt(new))
        delay = min(caller.longest, caller.base * caller.factor**old.attempt) * (1 - caller.jitter * u)
    push(w, time + delay, j)


@compiled
def _remembered(caller, time):
    """The budget's tokens, of which some are forgotten."""
    tokens = caller.tokens * math.exp((caller.counted - time) / BUDGET_MEMORY)
    caller.counted = time
    return tokens


@compiled
def _affordable(caller, time):
    """Whether the budget has a token for a retry, which is then spent."""
    if caller.budget <= 0:
        return True
    caller.tokens = _remembered(caller, time)
    if caller.tokens < 1:
        return False
    caller.tokens -= 1
    return True


@compiled
def named(w, i):
    """What a call knows its parent by, whose slot may be another's when the call comes back."""
    return (np.int64(kins(w, i).life) << LIFE) | i


@compiled
def waits(w, parent):
    """Whether the attempt that made a call is still waiting for it."""
    i = parent & ((1 << LIFE) - 1)
    return slots(w, i).state == CALLING and kins(w, i).life == parent >> LIFE


@compiled
def reply(w, parent, sign, time):
    """A call comes back to the attempt that made it."""
    if waits(w, parent):
        i = parent & ((1 << LIFE) - 1)
        slots(w, i).signs |= sign
        void(slots(w, i))
        push(w, time, i)


@inlined
def deadline_of(slot, caller):
    """When a client that is still there gives an attempt up (seconds)."""
    return slot.came + caller.timeout if slot.signs & CLIENT else np.inf


@inlined
def over(w, i):
    """Both client and server are done with an attempt."""
    row(w, i)
    give(w, i)


@inlined
def patience(w, slot, caller):
    """How long a client waits in the queue (seconds)."""
    if caller.patience < 0:
        return np.inf
    k = slot.id * ATTEMPTS
    return quantile(w, caller.patience, unit(caller.patience_key, k), slot.id)
