"""Kept: what the kernels counted, as the columns of a record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from simulator.serving.kernel import world as names
from simulator.serving.kernel.world import Array, World
from simulator.serving.roster import Staff

if TYPE_CHECKING:
    from simulator.record import Record

COLUMNS = {
    "offered": names.OFFERED,
    "served": names.SERVED,
    "abandoned": names.ABANDONED,
    "rejected": names.REJECTED,
    "failed": names.LOST_FOR_GOOD,
    "attempts": names.ATTEMPTS,
    "timed_out": names.TIMED_OUT,
    "refused": names.REFUSED,
    "lost": names.LOST,
    "full": names.FULL,
    "unanswered": names.DEPENDENCY,
    "errors": names.ERRORS,
}
OUTCOMES = {
    names.UNDER_WAY: "",
    names.SERVED: "served",
    names.ABANDONED: "abandoned",
    **{COLUMNS[cause]: cause for cause in ("timed_out", "refused", "lost", "full", "unanswered", "errors")},
}


def keep(w: World, fleets: Sequence[str], staff: Mapping[str, Sequence[Staff]], record: Record) -> None:
    """Write windows, latencies, backlogs and single attempts."""
    clock, each = w.record[0], len(fleets)
    tallies, waits = w["tallies"]["n"].reshape(each, -1, names.COLUMNS), w["waits"].reshape(each, -1)
    latencies, trail = w["latencies"]["n"].reshape(each, -1, names.BUCKETS), w["trail"]["n"].reshape(each, -1)
    starts = np.arange(int(clock["windows"])) * float(clock["window"])
    ends = np.append(starts[1:], clock["horizon"])
    for number, fleet in enumerate(fleets):
        counts = tallies[number]
        columns = {"in_flight": counts[:-1, names.HOLDING].cumsum(), "backlog": counts[:-1, names.WAITING].cumsum()}
        columns |= {name: _folded(counts[:, column]) for name, column in COLUMNS.items()}
        columns |= {"waited": _folded(waits[number]["sum"]), "longest_s": np.append(waits[number]["longest"][:-2], waits[number]["longest"][-2:].max())}
        record.extend("windows", {"time_s": starts, "end_s": ends, **{name: column.astype(float) for name, column in columns.items()}}, fleet=fleet)
        folded = _folded(latencies[number])
        at, bucket = np.nonzero(folded)
        record.extend("latencies", {"time_s": starts[at], "bucket": bucket, "count": folded[at, bucket]}, fleet=fleet)
        for signal, (times, values) in _pressing(trail[number], float(clock["window"]) / names.GRID, float(clock["horizon"]), staff[fleet]).items():
            record.extend("signals", {"time_s": times, "value": values}, fleet=fleet, signal=signal)
    if clock["keep"]:
        _attempts(w["rows"][: int(clock["kept"])], fleets, record)


def _folded(windows: Array) -> Array:
    """What was counted after the horizon belongs to the last window."""
    made = windows[:-1].copy()
    made[-1] += windows[-1]
    return made


def _pressing(trail: Array, step: float, horizon: float, staff: Sequence[Staff]) -> dict[str, tuple[Array, Array]]:
    """The backlog while it presses, which is while more wait than there are workers in service, and what may be served meanwhile (requests per second)."""
    times = np.arange(1, len(trail) + 1) * step  # who waits is counted at the ends of steps
    times, waiting = times[times <= horizon], trail.cumsum()[: int(np.sum(times <= horizon))]
    rows = np.array(staff)
    now = np.searchsorted(rows[:, 0], times, side="right") - 1
    presses = waiting > rows[now, 1]
    turns = presses != np.append(False, presses[:-1])
    backlog = np.where(presses, waiting, 0.0)
    backlog_rows = presses | turns | np.append(presses[1:], False)  # from the last nought, and to the first
    capacity = np.where(presses, rows[now, 2], np.inf)
    changed = turns | (presses & (capacity != np.append(np.inf, capacity[:-1])))
    return {"backlog": (times[backlog_rows], backlog[backlog_rows]), "limit": (times[changed], capacity[changed])}


def _attempts(rows: Array, fleets: Sequence[str], record: Record) -> None:
    """A row an attempt, in the order of their coming."""
    own = rows[np.lexsort((rows["attempt"], rows["id"], rows["came"]))]
    columns: dict[str, Any] = {f"{name}_s": own[name] for name in ("born", "came", "end")}
    columns["start_s"] = np.where(np.isfinite(own["start"]), own["start"], np.nan)
    columns |= {"request": own["id"].astype(np.int64), "attempt": own["attempt"], "server": own["server"]}
    columns["outcome"] = [OUTCOMES[outcome] for outcome in own["outcome"].tolist()]
    columns["fleet"] = [fleets[number] for number in own["fleet"].tolist()]
    record.extend("requests", columns)
