"""Environment drift: whether two servers that should be the same in two environments are so."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from simulator.metrics.configuration_drift import Mix
from simulator.metrics.steps import Steps, stacked

if TYPE_CHECKING:
    from simulator.run import Run


def environment_drift(run: Run) -> dict[str, float]:
    """Each fleet: the probability that one of its servers and one of another environment, on the same versions of everything, differ nevertheless in their
    settings; over (warmup, horizon], 0 where there are no two such. What is made from one image does not.
    """
    fleets = run.scenario.policies[run.policy].fleets
    changed = set(run.record.frame("drift")["fleet"].astype(str))
    found = {}
    for fleet, part in fleets.items():
        others = [name for name, other in fleets.items() if part.environment and other.environment not in (None, part.environment)]
        found[fleet] = _differing(run, fleet, others) if changed & {fleet, *others} else 0.0
    return found


def _differing(run: Run, fleet: str, others: list[str]) -> float:
    """The mean over time of the share of pairs on one stack that differ in their settings."""
    if not others:
        return 0.0
    mine, theirs, times, shares = Mix(), Mix(), [0.0], [0.0]
    for time, owner, *event in _events(run, [fleet, *others]).itertuples(index=False, name=None):
        (mine if owner == fleet else theirs).put(*event)
        pairs = sum(count * theirs.stacks[stack] for stack, count in mine.stacks.items())
        same = sum(count * theirs.states[state] for state, count in mine.states.items())
        times.append(time)
        shares.append(1 - same / pairs if pairs else 0.0)
    start, end = run.scenario.warmup, run.scenario.horizon
    return Steps(np.array(times), np.array(shares)).integral(start, end) / (end - start)


def _events(run: Run, fleets: list[str]) -> pd.DataFrame:
    """What the servers of some fleets are on, and how their settings change: `time_s`, `fleet`, `server`, `step`, `number`, in order."""
    moves, changes = run.record.frame("transitions"), run.record.frame("drift")
    tables = []
    for fleet in fleets:
        own = changes[(changes["fleet"] == fleet) & (changes["step"] != 0)]
        tables.append(stacked(moves[moves["fleet"] == fleet]).rename(columns={"stack": "number"}).assign(step=0, fleet=fleet))
        tables.append(own.rename(columns={"setting": "number"}).assign(fleet=fleet))
    columns = ["time_s", "fleet", "server", "step", "number"]
    made = pd.concat([table[columns].astype({"server": str, "fleet": str}) for table in tables])
    return made.sort_values("time_s", kind="stable")
