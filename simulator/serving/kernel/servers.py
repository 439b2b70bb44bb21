"""Servers in the kernels: what becomes of requests as a server comes, goes, or changes its speed."""

from __future__ import annotations

import numpy as np

from simulator.serving.kernel.central import call_up, occupy, until_done
from simulator.serving.kernel.clients import deadline_of, fail, over
from simulator.serving.kernel.counts import row, settle
from simulator.serving.kernel.heap import LATE, push
from simulator.serving.kernel.lists import go_first, held_by, idle, let_go, rank, rest, unlist, unrank, void
from simulator.serving.kernel.reach import asked, callers, compiled, fleets, kins, once, rotation, servers, slots
from simulator.serving.kernel.service import plan, refresh, work
from simulator.serving.kernel.world import (
    ABSENT,
    ALIVE,
    BACKOFF,
    CALLING,
    CENTRAL,
    CLIENT,
    DRAINING,
    HELD,
    LEAST,
    LOST,
    NONE,
    QUEUED,
    RESUMED,
    SILENT,
    UNANSWERED,
)


@once
def come(w, s, time):
    """A server answers from now on; what one held that was silent is lost, and one that was drained goes on with what it holds."""
    server = servers(w, s)
    drained = server.mode == DRAINING
    if not drained:
        lose(w, s, time)
    server.mode = ALIVE
    if fleets(w, server.fleet).balancer == CENTRAL:
        for _ in range(fleets(w, server.fleet).workers - (server.held - server.calling)):
            idle(w, s)
        call_up(w, server.fleet, time)
    elif not drained:
        rest(w, s, time)


@once
def trust(w, s):
    """A server comes into rotation."""
    server = servers(w, s)
    fleet = fleets(w, server.fleet)
    if not server.rotating:
        rotation(w, server.fleet * w.servers_room + fleet.rotating).n = s
        fleet.rotating += 1
        server.rotating = 1
        if fleet.balancer == LEAST:
            rank(w, s)


@once
def distrust(w, s, time):
    """A server goes out of rotation; at one that is silent, nobody waits any longer."""
    put_out(w, s, time)


@compiled
def put_out(w, s, time):
    """The same, from within."""
    server = servers(w, s)
    if server.rotating:
        fleet, first = fleets(w, server.fleet), server.fleet * w.servers_room
        if fleet.balancer == LEAST:
            unrank(w, s)
            server.ranked = 0
        place = 0
        while rotation(w, first + place).n != s:
            place += 1
        fleet.rotating -= 1
        for later in range(place, fleet.rotating):
            rotation(w, first + later).n = rotation(w, first + later + 1).n
        server.rotating = 0
        if place < fleet.turn:
            fleet.turn -= 1
        if fleet.turn >= fleet.rotating:
            fleet.turn = 0
    if server.mode == SILENT:
        lose(w, s, time)


@compiled
def lose(w, s, time):
    """What a server holds is lost."""
    central = fleets(w, servers(w, s).fleet).balancer == CENTRAL
    size = held_by(w, s)
    sort_by_coming(w, size)
    for place in range(size):
        i = np.int64(asked(w, place).n)
        slot = slots(w, i)
        fail(w, i, LOST, time)
        if slot.state == CALLING:
            servers(w, s).calling -= 1
        elif central:
            occupy(fleets(w, servers(w, s).fleet), NONE, time)
        if slot.start > time:
            slot.start = np.inf
        settle(w, i, time)
        let_go(w, i)
        over(w, i)


@once
def go(w, s, mode, time):
    """A server is drained, refuses, or is silent from now on."""
    server = servers(w, s)
    fleet = fleets(w, server.fleet)
    refresh(w, s, time)
    server.mode = mode
    if server.idle > 0:
        server.idle = 0
        unlist(w, s)
    if mode == DRAINING:
        put_out(w, s, time)
    elif fleet.balancer == CENTRAL:
        if fleet.resumed:
            put_back(w, s, time)
        lose(w, s, time)
        call_up(w, server.fleet, time)
    elif mode == SILENT:
        silence(w, s, time)
    else:
        lose(w, s, time)


@compiled
def put_back(w, s, time):
    """What a server had in service goes back to the head of the queue, with the work that is left."""
    server = servers(w, s)
    fleet = fleets(w, server.fleet)
    for place in range(held_by(w, s) - 1, -1, -1):
        i = np.int64(asked(w, place).n)
        slot = slots(w, i)
        if slot.state == HELD:
            kins(w, i).left, kins(w, i).since = (slot.finish - time) * server.speed, time
            let_go(w, i)
            occupy(fleet, NONE, time)
            slot.state = QUEUED
            slot.signs |= RESUMED
            slot.finish = slot.gone = np.inf
            go_first(w, i, server.fleet)
            due_again(w, i)


@compiled
def silence(w, s, time):
    """Who waits for an answer goes on waiting, for nothing."""
    for place in range(held_by(w, s)):
        i = np.int64(asked(w, place).n)
        slot = slots(w, i)
        if slot.state == CALLING:
            servers(w, s).calling -= 1
        elif slot.state == HELD:
            kins(w, i).left = time
            if slot.start > time:
                slot.start = np.inf
        slot.state = UNANSWERED
        slot.finish = slot.gone = np.inf
        if slot.signs & CLIENT:
            due_again(w, i)
        else:
            settle(w, i, time)
            let_go(w, i)
            over(w, i)


@compiled
def due_again(w, i):
    """Nothing is due for an attempt but that its client leaves."""
    slot = slots(w, i)
    void(slot)
    deadline = deadline_of(slot, callers(w, slot.caller))
    if deadline < np.inf:
        push(w, deadline, i, LATE)


@once
def pace(w, s, speed, time):
    """A server serves at this part of its full speed from now on: what it holds is planned anew."""
    server = servers(w, s)
    before = server.speed
    refresh(w, s, time)
    server.speed, server.stretch = speed, 1 / speed
    held = held_by(w, s)
    if fleets(w, server.fleet).balancer == CENTRAL:
        for place in range(held):
            i = np.int64(asked(w, place).n)
            if slots(w, i).state == HELD:
                void(slots(w, i))
                until_done(w, i, time + (slots(w, i).finish - time) * before * server.stretch)
        return
    sort_by_coming(w, held)
    ranked, server.ranked = server.ranked, 0  # in the end it holds as many
    rest(w, s, time)
    for turn in range(2):
        begun = turn == 0
        for place in range(held):
            i = np.int64(asked(w, place).n)
            slot = slots(w, i)
            if slot.state == HELD and (slot.start <= time) == begun:
                left = (slot.finish - time) * before if begun else work(w, slot, callers(w, slot.caller))
                let_go(w, i)
                void(slot)
                plan(w, i, s, time, left, begun)
    server.ranked = ranked


@once
def err(w, s, share, time):
    """This share of a server's answers are errors from now on; of each attempt that leaves it, it is then due that it does, as its client may try again."""
    server = servers(w, s)
    server.errors = share
    if share > 0 and server.lazy:
        refresh(w, s, time)
        server.lazy = 0
        for place in range(held_by(w, s)):
            i = np.int64(asked(w, place).n)
            slot = slots(w, i)
            if slot.state == HELD and not deadline_of(slot, callers(w, slot.caller)) < slot.finish:
                push(w, slot.gone, i)


@compiled
def sort_by_coming(w, size):
    """Put the first of `asked`, which are slots in nearly that order, into the order of their coming."""
    for place in range(1, size):
        i, at = asked(w, place).n, place
        while at > 0 and slots(w, asked(w, at - 1).n).came > slots(w, i).came:
            asked(w, at).n = asked(w, at - 1).n
            at -= 1
        asked(w, at).n = i


@once
def worked(w, f, time):
    """Worker-seconds that a fleet has spent in service."""
    fleet = fleets(w, f)
    if fleet.balancer == CENTRAL:
        return fleet.occupied + fleet.busy * (time - fleet.since)
    under_way = 0.0
    for s in range(w.known):
        if servers(w, s).fleet == f and servers(w, s).mode != ABSENT:
            i, busy = servers(w, s).head, 0
            while i >= 0 and busy < fleet.workers:  # some may have left, and nobody has seen it yet; a look changes nothing
                slot = slots(w, i)
                if slot.state == HELD and slot.start < time:
                    under_way += min(time, slot.gone) - slot.start
                    busy += slot.gone > time
                i = slot.next
    return fleet.worked + under_way


@once
def close(w, time):
    """The end: what is still under way is written down as it is."""
    for s in range(w.known):
        if servers(w, s).mode != ABSENT:
            refresh(w, s, time)
    for i in range(w.slots_room):
        if slots(w, i).state > BACKOFF:
            slot = slots(w, i)
            if slot.start > time:
                slot.start = np.inf
            settle(w, i, time)
            row(w, i)
