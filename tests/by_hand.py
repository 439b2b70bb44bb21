"""Records by hand: what a run in which every request is simulated would leave, in a few numbers."""

from __future__ import annotations

from math import inf

from simulator import Run, loads
from simulator.metrics.latency import edges
from simulator.record import TABLES, Record

MINUTE = 60.0
COUNTS = {name: 0.0 for name, kind in TABLES["windows"].items() if kind == "d"}


def left(*windows, times=(), presses=(), servers=10, rps=60, warmup="0s", requests="", rest="", moves=(), events=()):
    """A run of windows of a minute, each what is said of it (the rest nought, what was offered served), with ten servers of 10/s and 60/s of demand.

    `times` are (window, seconds, how many), `presses` (from, to, backlog, limit) in seconds and requests/s, and `moves` (seconds, server, capacity, phase).
    """
    record, horizon = Record(), MINUTE * len(windows)
    stack = record.stack({"app": "1.0"})
    for slot in range(servers):
        record.transition(0.0, record.server("web", f"web-{slot}", slot), "", "serving", "", stack, 10.0, "")
    for time, server, capacity, phase in sorted(moves):
        record.transition(time, server, "", "serving" if capacity else "down", phase, stack, capacity, "")
    record.signal(0.0, "web", "demand", rps)
    for start, end, backlog, limit in presses:
        for name, value, after in (("backlog", backlog, 0.0), ("limit", limit, inf)):
            record.signal(start, "web", name, value)
            record.signal(end, "web", name, after)
    for number, window in enumerate(windows):
        counts = {"offered": 60.0 * rps, **window}
        lost = sum(counts.get(name, 0.0) for name in ("abandoned", "rejected", "failed"))
        told = {
            **COUNTS,
            "served": counts["offered"] - lost,
            "attempts": counts["offered"],
            **counts,
            "time_s": MINUTE * number,
            "end_s": MINUTE * (number + 1),
        }
        record.write("windows", *(told.get(name, "web") for name in TABLES["windows"]))
    for window, seconds, count in times:
        record.write("latencies", MINUTE * window, "web", int(edges().searchsorted(seconds, side="right")) - 1, count)
    for event in events:
        record.write("events", *event)
    text = f"horizon: {horizon}s\nwarmup: {warmup}\nrequests: {{detail: requests{requests}}}\ntraffic: {{kind: steady, rate: {rps}/s}}\n{rest}"
    return Run(loads(f"{text}\npolicies: {{only: {{web: {{kind: pets, servers: {servers}, concurrency: 1}}}}}}\n"), "only", 0, record)


def failing(*counts):
    """Windows in each of which so many requests failed."""
    return [{"failed": float(count)} for count in counts]
