"""Arrivals: when the next request of a source comes."""

from __future__ import annotations

import math

import numpy as np

from simulator.serving.kernel.draws import unit
from simulator.serving.kernel.laws import quantile
from simulator.serving.kernel.reach import callers, inlined, knots, once


@once
def draw_first(w):
    """See when each source begins."""
    for c in range(w.sources):
        draw_next(w, c)


@inlined
def draw_next(w, c):
    """Move a source on to its next request, and see which source is next."""
    source = callers(w, c)
    source.number += 1
    if source.stamped:
        source.knot += 1
        source.time = knots(w, source.knot).time if source.knot <= source.last else np.inf
    else:
        number = np.uint64(source.number)
        _spend(w, source, quantile(w, source.gaps, unit(source.arrivals_key, number), number))
    if source.time > w.horizon:
        source.time = np.inf
    if w.sources == 1:
        w.next = source.time
        return
    w.next = np.inf
    for other in range(w.sources):
        if callers(w, other).time < w.next:
            w.next, w.source = callers(w, other).time, other


@inlined
def _spend(w, source, gap):
    """Go on until so many requests are due: what is left of the gap at a knot is spent at the rate behind it."""
    knot, last = source.knot, source.last
    time = source.time
    while True:
        start, low = knots(w, knot).time, knots(w, knot).rate
        slope = 0.0
        end = np.inf
        if knot < last:
            end = knots(w, knot + 1).time
            if end > start:
                slope = (knots(w, knot + 1).rate - low) / (end - start)
        rate = low + slope * (time - start)
        if slope == 0.0:
            if rate * (end - time) >= gap and rate > 0:
                time += gap / rate
                break
            room = rate * (end - time) if rate > 0 else 0.0
        else:
            width = end - time
            room = max(0.0, width * (rate + slope * width / 2))
            if room >= gap and room > 0:
                time = min(end, time + 2 * gap / (rate + math.sqrt(max(0.0, rate * rate + 2 * slope * gap))))
                break
        if knot == last:
            time = np.inf
            break
        gap -= room
        time = end
        knot += 1
    source.knot, source.time = knot, time
