"""Reliability: how often the servers of a fleet are out of service, for how long, and how busy those are who bring them back."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from simulator.metrics.capacity import by_fleet, demand, live
from simulator.metrics.steps import Steps, changes, summed
from simulator.record import PLANNED

if TYPE_CHECKING:
    from simulator.run import Run

HANDS_ON = ("repairing", "upgrading")
IN_SERVICE = ("serving", "degraded")
WELL = (*IN_SERVICE, "standby")
SPELL = ["fleet", "server", "turn"]


def up(run: Run, fleet: str) -> Steps:
    """Servers of a fleet in service, over time (seconds)."""
    moves = run.record.frame("transitions")
    moves = moves[moves["fleet"] == fleet]
    return summed(moves["time_s"].to_numpy(), changes(moves, moves["state"].isin(IN_SERVICE).astype(int)))


def downtimes(run: Run) -> pd.DataFrame:
    """The spells in which a server that had served was out of service, a row each: `fleet`, `server`, `cause`, from `start_s` to `end_s` (`censored`: the
    horizon, and it was not back), and `hands_on_s`, when a person first set to work on it (NaN: nobody did).

    A container that is gone is not down but replaced, and has no row.
    """
    moves = run.record.frame("transitions")[["time_s", "fleet", "server", "state", "phase", "cause"]].astype(
        {"fleet": str, "server": str, "state": str, "cause": str}
    )
    well = moves["state"].isin(WELL) | (moves["phase"] == "switch")
    moves["turn"] = well.groupby([moves["fleet"], moves["server"]]).cumsum()
    down = moves[~well & (moves["turn"] > 0)]
    spells = down.groupby(SPELL)[["time_s", "cause"]].first()
    spells["hands_on_s"] = down[down["state"].isin(HANDS_ON)].groupby(SPELL)["time_s"].first()
    back = moves[well].assign(turn=moves["turn"] - 1).set_index(SPELL)["time_s"]
    spells = spells.join(back.rename("end_s"))
    gone = down[down["state"] == "retired"].set_index(SPELL).index
    spells = spells.drop(gone).reset_index().drop(columns="turn").rename(columns={"time_s": "start_s"})
    spells["censored"] = spells["end_s"].isna()
    spells["end_s"] = spells["end_s"].fillna(run.scenario.horizon)
    return spells.sort_values("start_s", kind="stable", ignore_index=True)


def reliability(run: Run) -> pd.DataFrame:
    """Each fleet over (warmup, horizon], by `fleet`: `availability` (servers in service or standing by / servers there), `mean_down` (servers), `failures`
    (how often one went out of service, but not on purpose), and of the downtimes after failures that ended (NaN where none did): `mean_down_duration_s`,
    and `mean_wait_for_crew_s` until a person began.
    """
    start, end = run.scenario.warmup, run.scenario.horizon
    spells = downtimes(run)
    rows = []
    for fleet, moves in by_fleet(run):
        own = spells[(spells["fleet"] == fleet) & ~spells["cause"].isin(PLANNED)]
        turns = changes(moves, (moves["state"].isin(WELL) | (moves["phase"] == "switch")).astype(int))
        failed = moves[(turns < 0) & ~moves["cause"].isin(PLANNED)]
        there, serving = (steps.integral(start, end) for steps in (live(moves), summed(moves["time_s"].to_numpy(), turns)))
        over = own[~own["censored"] & (own["end_s"] > start)]
        lasted, waited = over["end_s"] - over["start_s"], over["hands_on_s"] - over["start_s"]
        rows.append(
            (
                fleet,
                serving / there if there else np.nan,
                (there - serving) / (end - start),
                int((failed["time_s"] > start).sum()),
                lasted.mean(),
                waited.mean(),
            )
        )
    names = ["fleet", "availability", "mean_down", "failures", "mean_down_duration_s", "mean_wait_for_crew_s"]
    return pd.DataFrame(rows, columns=names).set_index("fleet")


def deaths_noticed(run: Run, incidents: pd.DataFrame) -> pd.Series:
    """By fleet, the share of failures of servers after the warm-up (but not on purpose) at or within the hold time of which the service was in an incident;
    NaN where none failed or nothing was asked of them.
    """
    spells, hold = downtimes(run), run.scenario.objectives.hold
    spells = spells[~spells["cause"].isin(PLANNED) & (spells["start_s"] > run.scenario.warmup)]
    shares = {}
    for fleet in run.scenario.policies[run.policy].fleets:
        died = spells.loc[spells["fleet"] == fleet, "start_s"].to_numpy()
        own = incidents[incidents["fleet"] == fleet].sort_values("start_s")
        begun = np.searchsorted(own["start_s"], died + hold, side="right") - 1
        over = np.append((own["start_s"] + own["recovery_s"]).to_numpy(), -inf)[begun]
        shares[fleet] = float((over >= died).mean()) if len(died) and demand(run, fleet).values.any() else np.nan
    return pd.Series(shares)


def first_below(run: Run, fleet: str, k: int, after: float = 0.0) -> float:
    """When fewer than k servers of a fleet are in service for the first time at or after a time (seconds since the start); infinite where that has not come."""
    serving = up(run, fleet).between(after, inf)
    return _first(serving, serving.values < k, after)


def first_up(run: Run, fleet: str, k: int, after: float = 0.0) -> float:
    """When k servers of a fleet are in service for the first time at or after a time, such as the start of an outage; infinite where that has not come."""
    serving = up(run, fleet).between(after, inf)
    return _first(serving, serving.values >= k, after)


class AtLeast(NamedTuple):
    """At least k servers in service: for which share of time, and how often that ceased to be so."""

    share: float
    failures: int


def at_least(run: Run, fleet: str, k: int) -> AtLeast:
    """Over (warmup, horizon], whether at least k servers of a fleet were in service."""
    start, end = run.scenario.warmup, run.scenario.horizon
    serving = up(run, fleet)
    enough = Steps(serving.times, (serving.values >= k).astype(float))
    ceased = serving.times[1:][np.diff(enough.values) < 0]
    return AtLeast(enough.integral(start, end) / (end - start), int(np.sum((ceased > start) & (ceased <= end))))


def crews(run: Run) -> pd.DataFrame:
    """Each crew over (warmup, horizon], by `crew`: its `people`, and the share of their time that they were at work (`utilisation`)."""
    start, end = run.scenario.warmup, run.scenario.horizon
    work = run.record.frame("work")
    spent = (work["end_s"].clip(upper=end) - work["time_s"].clip(lower=start)).clip(lower=0).groupby(work["crew"].astype(str)).sum()
    people = pd.Series({name: part.people for name, part in run.scenario.policies[run.policy].crews.items()}, dtype=float)
    return pd.DataFrame({"people": people, "utilisation": spent.reindex(people.index, fill_value=0.0) / (people * (end - start))}).rename_axis("crew")


def _first(steps: Steps, wanted: NDArray[np.bool_], after: float) -> float:
    """When a step is first as wanted; the one that holds at the time counts as of then."""
    return max(after, float(steps.times[wanted.argmax()])) if wanted.any() else inf
