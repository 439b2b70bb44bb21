"""Recovery: incidents of a fleet, how long each lasted, and what the time was spent on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from simulator.metrics.capacity import Pieces, gaps, limit, needed, serving
from simulator.metrics.steps import Steps, changes, summed
from simulator.record import Event, told_apart

if TYPE_CHECKING:
    from simulator.run import Run
    from simulator.scenario import Scenario

# The phases that add up to a recovery, and the phases of servers that make each; the furthest along counts.
PHASES = {"act": ("start", "boot", "repair"), "respond": ("respond", "queue"), "detect": ("detect",)}
COLUMNS = [
    "fleet",
    "start_s",
    "event",
    "recovery_s",
    "censored",
    "first_service_s",
    "restored_s",
    *(f"{phase}_s" for phase in ("wait", "detect", "respond", "act", "catch_up")),
]
NO_EVENT = "no event"  # the name of incidents that began in weather without one
Span = tuple[float, float]


def recovery(run: Run) -> pd.DataFrame:
    """The incidents of every fleet, a row each, after the warm-up; durations in seconds from the incident's start.

    An incident begins when serving capacity falls below demand / ceiling, or more comes than the fleet and those it needs may serve, which is when requests
    begin to wait or to be lost; it ends (`recovery_s`, full recovery) when capacity is back and the backlog is gone, both for the hold time.
    `restored_s` is when capacity was back for good, `first_service_s` when any was after a total loss (NaN without one). One that is not over at
    the horizon is `censored`, and its times are how long it was watched. The phases `wait` (nothing under way: a domain is
    down, a controller has not looked yet, or the crowd is simply too large), `detect`, `respond`, `act` and `catch_up` add up to `recovery_s`.
    `event` is the weather that was on when it began.
    """
    moves = run.record.frame("transitions")
    events = told_apart(sorted(Event(*row) for row in run.record.frame("events").astype({"event": str}).itertuples(index=False)))
    rows = []
    for fleet, own in moves.groupby("fleet", observed=True):
        rows += [(fleet, *row) for row in _incidents(run, str(fleet), own, events)]
    return pd.DataFrame(rows, columns=COLUMNS).astype({name: {"fleet": "str", "event": "str", "censored": "bool"}.get(name, "float64") for name in COLUMNS})


def _incidents(run: Run, fleet: str, moves: pd.DataFrame, events: list[Event]) -> list[tuple[object, ...]]:
    objectives, horizon = run.scenario.objectives, run.scenario.horizon
    have = serving(moves)
    pieces = gaps(have, needed(run, fleet), 0.0, horizon)
    short = list(zip(pieces.start[pieces.short], pieces.end[pieces.short], strict=True))
    spells = [spell for spell in joined(short + pressed(limit(run, fleet), horizon), objectives.hold) if _counts(spell, objectives.hold, run.scenario)]
    if not spells:
        return []
    phases = _phases(moves)
    return [_incident(spell, pieces, have, phases, events, objectives.hold, horizon) for spell in spells]


def _counts(spell: Span, hold: float, scenario: Scenario) -> bool:
    """Long enough, or cut short by the horizon; and not over before the warm-up is."""
    return spell[1] > scenario.warmup and (spell[1] - spell[0] >= hold or spell[1] >= scenario.horizon)


def _incident(spell: Span, pieces: Pieces, have: Steps, phases: dict[str, Steps], events: list[Event], hold: float, horizon: float) -> tuple[object, ...]:
    start, end = spell
    censored = end + hold > horizon
    end = horizon if censored else end
    pieces, have = pieces.between(start, end), have.between(start, end)
    restored = max((*pieces.end[pieces.short], start))
    first_service = np.nan
    if (have.values == 0).any():
        back = have.times[(have.values > 0) & (have.times > have.times[have.values == 0][0])]
        first_service = (back[0] if len(back) else end) - start
    on = [event.name for event in events if event.start_s <= start <= event.end_s]
    spent = _spent(start, end, pieces, {phase: steps.between(start, end) for phase, steps in phases.items()})
    return (start, on[-1] if on else NO_EVENT, end - start, censored, first_service, min(restored, end) - start, *spent)


def _spent(start: float, end: float, pieces: Pieces, phases: dict[str, Steps]) -> tuple[float, ...]:
    """How long (seconds) an incident was in wait, detect, respond, act and catch-up: the furthest along of what its servers are in."""
    edges = np.unique(np.clip(np.concatenate([[start, end], pieces.start, pieces.end, *(phase.times for phase in phases.values())]), start, end))
    widths, low = np.diff(edges), edges[:-1]
    left = pieces.short[np.searchsorted(pieces.start, low, side="right") - 1]
    spent = {"catch_up": float(widths[~left].sum())}
    for phase in PHASES:
        now = left & (phases[phase].at(low) > 0)
        spent[phase] = float(widths[now].sum())
        left = left & ~now
    spent["wait"] = float(widths[left].sum())
    return tuple(spent[phase] for phase in ("wait", "detect", "respond", "act", "catch_up"))


def _phases(moves: pd.DataFrame) -> dict[str, Steps]:
    times = moves["time_s"].to_numpy()
    return {phase: summed(times, changes(moves, moves["phase"].isin(names).astype(int))) for phase, names in PHASES.items()}


def pressed(limits: Steps, horizon: float) -> list[Span]:
    """The spans (seconds) in which more came, or waited, than could be served, by the fleet or by one it needs."""
    free = np.isinf(limits.values)
    begins, ends = ~free[1:] & free[:-1], free[1:] & ~free[:-1]
    return list(zip(limits.times[1:][begins].tolist(), [*limits.times[1:][ends].tolist(), horizon], strict=False))


def joined(spans: list[Span], gap: float) -> list[Span]:
    """The spans in order, those less than a gap apart made one."""
    made: list[Span] = []
    for start, end in sorted(spans):
        if made and (start <= made[-1][1] or start - made[-1][1] < gap):
            made[-1] = (made[-1][0], max(end, made[-1][1]))
        else:
            made.append((start, end))
    return made
