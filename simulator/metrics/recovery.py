"""Recovery: incidents of a fleet, how long each lasted, and what the time was spent on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from simulator.metrics.availability import LOST
from simulator.metrics.capacity import Pieces, gaps, limit, needed, serving, signal
from simulator.metrics.steps import Numbers, Steps, changes, summed
from simulator.record import Event, told_apart

if TYPE_CHECKING:
    from simulator.run import Run
    from simulator.scenario import Scenario

# The phases that add up to a recovery, and the phases of servers that make each; the furthest along counts.
ACTS = (
    "attach",
    "pull",
    "start",
    "initialise",
    "connect",
    "boot",
    "restart",
    "repair",
    "provision",
    "restore",
    "rebuild",
    "switch",
    "drain",
    "patch",
    "validate",
    "back out",
)
PHASES = {"warm_up": ("warm up",), "act": ACTS, "diagnose": ("diagnose",), "respond": ("respond", "queue", "back-off", "pull back-off"), "detect": ("detect",)}
SPENT = ("wait", "detect", "respond", "diagnose", "act", "warm_up", "catch_up")
COLUMNS = [
    "fleet",
    "start_s",
    "event",
    "recovery_s",
    "censored",
    "first_service_s",
    "restored_s",
    *(f"{phase}_s" for phase in SPENT),
]
NO_EVENT = "no event"  # the name of incidents that began in weather without one
CHANGE = "upgrade"  # and of those among them that began as a server was taken out of service, or came back half-upgraded, for a release
CHANGES = ("upgrade", "failed upgrade", "rollout")  # causes
CHANCE = 3.0  # standard deviations
ROUNDING = 1e-12  # of a share
DEEP = 10.0  # requests waiting for each worker, which are gone within ten service times
Span = tuple[float, float]


def recovery(run: Run) -> pd.DataFrame:
    """The incidents of every fleet, a row each, after the warm-up; durations in seconds from the incident's start.

    An incident begins when serving capacity falls below demand / ceiling, or more comes than the fleet and those it needs may serve, which is when requests
    begin to wait or to be lost; it ends (`recovery_s`, full recovery) when capacity is back and the backlog is gone, both for the hold time.
    `restored_s` is when capacity was back for good, `first_service_s` when any was after a total loss (NaN without one). One that is not over at
    the horizon is `censored`, and its times are how long it was watched. The phases `wait` (nothing under way: a domain is
    down, a controller has not looked yet, or the crowd is simply too large), `detect`, `respond`, `diagnose`, `act`, `warm_up` and `catch_up` add up to
    `recovery_s`.
    `event` is the weather that was on when it began; or `upgrade`, where a release made it begin: of these recovery is DORA's failed deployment recovery time.

    Spans in which the objective was `broken` by answers that are errors belong to incidents as well, and `restored_s` is when the last was over, too.
    Where every request is simulated, windows in which it was `broken` by any requests that are lost do so, from edge to edge; and a backlog is gone
    when no more than ten wait for each worker.
    """
    moves = run.record.frame("transitions")
    events = told_apart(sorted(Event(*row) for row in run.record.frame("events").astype({"event": str}).itertuples(index=False)))
    rows = []
    for fleet, own in moves.groupby("fleet", observed=True):
        rows += [(fleet, *row) for row in _incidents(run, str(fleet), own, events)]
    return pd.DataFrame(rows, columns=COLUMNS).astype({name: {"fleet": "str", "event": "str", "censored": "bool"}.get(name, "float64") for name in COLUMNS})


class Trouble(NamedTuple):
    """What is wrong with a fleet: where its capacity is short, and the spans (seconds) in which its objective is broken."""

    pieces: Pieces
    broken: list[Span]
    exact: bool  # whether these begin and end at the very moment, and are not windows

    @property
    def spans(self) -> list[Span]:
        """All of it, in no order."""
        return [*zip(self.pieces.start[self.pieces.short], self.pieces.end[self.pieces.short], strict=True), *self.broken]

    @property
    def edges(self) -> Numbers:
        """Where it changes (seconds)."""
        return np.concatenate((self.pieces.start, self.pieces.end, np.ravel(self.broken)))

    def between(self, start: float, end: float) -> Trouble:
        """What of it lies between two times, or across one of them."""
        return Trouble(self.pieces.between(start, end), [span for span in self.broken if span[1] > start and span[0] < end], self.exact)

    def at(self, times: Numbers) -> NDArray[np.bool_]:
        """Whether there is any at each time."""
        starts, ends = np.reshape(self.broken, (-1, 2)).T
        begun, over = (np.searchsorted(edge, times, side="right") for edge in (starts, ends))
        return self.pieces.short[np.searchsorted(self.pieces.start, times, side="right") - 1] | (begun > over)


def _incidents(run: Run, fleet: str, moves: pd.DataFrame, events: list[Event]) -> list[tuple[object, ...]]:
    hold, horizon = run.scenario.objectives.hold, run.scenario.horizon
    have = serving(moves)
    trouble = Trouble(gaps(have, needed(run, fleet), 0.0, horizon), broken(run, fleet), run.scenario.requests.detail == "rate")
    spells = [spell for spell in joined(trouble.spans + pressed(run, fleet), hold) if _counts(spell, hold, run.scenario)]
    if not spells:
        return []
    phases, changed = _phases(moves), moves.loc[moves["cause"].isin(CHANGES) | (moves["state"] == "degraded"), "time_s"].to_numpy()
    return [_incident(spell, trouble, have, phases, events, changed, hold, horizon) for spell in spells]


def _counts(spell: Span, hold: float, scenario: Scenario) -> bool:
    """Long enough, or cut short by the horizon; and not over before the warm-up is."""
    return spell[1] > scenario.warmup and (spell[1] - spell[0] >= hold or spell[1] >= scenario.horizon)


def _incident(
    spell: Span, trouble: Trouble, have: Steps, phases: dict[str, Steps], events: list[Event], changed: Numbers, hold: float, horizon: float
) -> tuple[object, ...]:
    start, end = spell
    censored = end + hold > horizon
    end = horizon if censored else end
    trouble, have = trouble.between(start, end), have.between(start, end)
    restored = max((*(over for _, over in trouble.spans), start))
    first_service = np.nan
    if (have.values == 0).any():
        back = have.times[(have.values > 0) & (have.times > have.times[have.values == 0][0])]
        first_service = (back[0] if len(back) else end) - start
    windows = () if trouble.exact else trouble.broken
    seen = next((over for begun, over in windows if begun == start), start)  # what broke the objective came somewhere in its first window
    on = [event.name for event in events if event.start_s <= seen and start <= event.end_s]
    spent = _spent(start, end, trouble, {phase: steps.between(start, end) for phase, steps in phases.items()})
    other = CHANGE if start in changed else NO_EVENT
    return (start, on[-1] if on else other, end - start, censored, first_service, min(restored, end) - start, *spent)


def _spent(start: float, end: float, trouble: Trouble, phases: dict[str, Steps]) -> tuple[float, ...]:
    """How long (seconds) an incident was in each phase: the furthest along of what its servers are in."""
    edges = np.unique(np.clip(np.concatenate([[start, end], trouble.edges, *(phase.times for phase in phases.values())]), start, end))
    widths, low = np.diff(edges), edges[:-1]
    left = trouble.at(low)
    spent = {"catch_up": float(widths[~left].sum())}
    for phase in PHASES:
        now = left & (phases[phase].at(low) > 0)
        spent[phase] = float(widths[now].sum())
        left = left & ~now
    spent["wait"] = float(widths[left].sum())
    return tuple(spent[phase] for phase in SPENT)


def _phases(moves: pd.DataFrame) -> dict[str, Steps]:
    times = moves["time_s"].to_numpy()
    return {phase: summed(times, changes(moves, moves["phase"].isin(names).astype(int))) for phase, names in PHASES.items()}


def pressed(run: Run, fleet: str) -> list[Span]:
    """The spans (seconds) in which more came, or waited, than could be served, by the fleet or by one it needs.

    Where every request is simulated, chance makes some wait at any load, most where each server has a queue of its own: there they are the spans in which
    more than ten wait for each worker, or nobody serves.
    """
    limits = limit(run, fleet)
    times, presses = limits.times, np.isfinite(limits.values)
    if run.scenario.requests.detail == "requests":
        service = run.scenario.policies[run.policy].fleets[fleet].concurrency / run.scenario.server_rps(run.policy, fleet)
        waits = Steps(*signal(run, fleet, "backlog"))
        times = np.union1d(times, waits.times)
        presses = waits.at(times) > DEEP * service * limits.at(times)
    return spans(times, presses, run.scenario.horizon)


def spans(times: Numbers, so: NDArray[np.bool_], horizon: float) -> list[Span]:
    """The spans (seconds) in which something is so, that is so or not from each time on; before the first it is not."""
    turns = times[np.flatnonzero(so != np.append(False, so[:-1]))].tolist()
    return list(zip(turns[::2], [*turns[1::2], horizon], strict=False))


def broken(run: Run, fleet: str) -> list[Span]:
    """The windows (seconds) that broke the objective of availability; where traffic is a flow, the spans in which more answers were errors than it allows.

    Of n requests that came in a window the objective allows that m = (1 - availability) n are lost, in the mean. Chance makes it more at times, and among few
    requests a single one is a large share: a window is broken where more than m + 3 sqrt(m) + 1 are lost.
    """
    if run.scenario.requests.detail == "rate":
        shares = Steps(*signal(run, fleet, "errors"))
        return spans(shares.times, shares.values > 1 - run.scenario.objectives.availability + ROUNDING, run.scenario.horizon)
    windows = run.record.frame("windows")
    own = windows[windows["fleet"] == fleet]
    allowed = (1 - run.scenario.objectives.availability) * own["offered"]
    worse = own[own[LOST].sum(axis=1) > allowed + CHANCE * np.sqrt(allowed) + 1]
    return list(zip(worse["time_s"].tolist(), worse["end_s"].tolist(), strict=True))


def joined(spans: Sequence[Span], gap: float) -> list[Span]:
    """The spans in order, those less than a gap apart made one."""
    made: list[Span] = []
    for start, end in sorted(spans):
        if made and (start <= made[-1][1] or start - made[-1][1] < gap):
            made[-1] = (made[-1][0], max(end, made[-1][1]))
        else:
            made.append((start, end))
    return made
