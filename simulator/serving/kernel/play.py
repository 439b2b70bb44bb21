"""Play: what happens to requests, one event after another, up to a time."""

from __future__ import annotations

import numpy as np

from simulator.serving.kernel.arrivals import draw_next
from simulator.serving.kernel.attempts import attempt, call, due, goes_on, leave
from simulator.serving.kernel.clients import abandon, answer, ask, errs, fail
from simulator.serving.kernel.counts import roll
from simulator.serving.kernel.heap import pop
from simulator.serving.kernel.reach import callers, heap, once
from simulator.serving.kernel.world import ABANDONED, ATTEMPT, CALL, DONE, ERRORS, NONE, SERVED, SPARE, TIMED_OUT


@once
def play(w, until):
    """Let everything happen up to a time; returns True where there was no room, and the arrays have to grow first.

    What happens to an attempt is a step, or what became of it: it is made, makes a call, is served, abandoned, or has failed for some cause.
    """
    while True:
        if w.room < SPARE or w.due + SPARE > w.due_room or w.top + 2 >= w.ranks_room:
            return True
        if w.keep and w.kept + w.slots_room - w.room + SPARE > w.kept_room:  # all that are held may be let go at once
            return True
        heaped = w.due > 0 and heap(w, 0).time <= w.next
        time = heap(w, 0).time if heaped else w.next
        if time > until:
            roll(w, until)
            return False
        if time >= w.turns:
            roll(w, time)
        if heaped:
            i = pop(w)
            if i < 0:
                continue
            step = due(w, i, time)
        else:
            c = np.int64(w.source)
            i = ask(w, c, np.uint64(callers(w, c).number), NONE, time)
            draw_next(w, c)
            step = ATTEMPT
        while step != DONE:
            if step == ATTEMPT:
                step = attempt(w, i, time)
            elif step == CALL:
                made = call(w, i, time)
                i, step = (made, ATTEMPT) if made >= 0 else (i, SERVED)
            else:
                stays = False
                if step == SERVED and errs(w, i):
                    step = ERRORS
                if step == SERVED:
                    answer(w, i, time)
                elif step == ABANDONED:
                    abandon(w, i, time)
                else:
                    fail(w, i, step, time)
                    stays = step == TIMED_OUT and goes_on(w, i)
                if not stays:
                    leave(w, i, time)
                step = DONE
