"""State: what users wrote that was lost, and whether they find it again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from simulator.metrics.capacity import signal
from simulator.metrics.reliability import up
from simulator.metrics.steps import Steps

if TYPE_CHECKING:
    from simulator.run import Run


def state(run: Run) -> pd.DataFrame:
    """What became of what users wrote, a row each time a container ended or a pet stopped or was made anew, after the warm-up: `time_s`, `fleet`, `server`, the
    `place` where it was kept, `written` (bytes that were there, or went through it), `lost` (bytes), and `why`: the cause, or how a pet came back.
    """
    ends = run.record.frame("state").astype({"fleet": str, "server": str, "place": str, "why": str})
    return ends.loc[ends["time_s"] > run.scenario.warmup, ["time_s", "fleet", "server", "place", "written", "lost", "why"]].reset_index(drop=True)


def state_totals(run: Run) -> pd.DataFrame:
    """The state of each fleet, by `fleet`: `lost_mb` after the warm-up; `written_mb` and `refused_mb` of the whole run, the last while nobody could take it;
    `found_again`, the probability that a client's next request finds what it wrote, over the time after the warm-up in which somebody could be asked, and
    `skew_state` = 1 - found_again (NaN where no state is declared). With sticky routing a client's own server counts, until it dies; in a store nothing is
    found while that does not serve.
    """
    ends, rows = state(run), []
    for fleet in run.scenario.policies[run.policy].fleets:
        lost = float(ends.loc[ends["fleet"] == fleet, "lost"].sum())
        written, refused = (float(signal(run, fleet, name)[1].sum()) for name in ("written", "refused"))
        found = _found_again(run, fleet)
        rows.append((fleet, lost / 1e6, written / 1e6, refused / 1e6, found, 1 - found))
    return pd.DataFrame(rows, columns=["fleet", "lost_mb", "written_mb", "refused_mb", "found_again", "skew_state"]).set_index("fleet")


def _found_again(run: Run, fleet: str) -> float:
    """1 in a store that serves, or with sticky routing; where any of n servers may be asked 1/n."""
    if run.scenario.policies[run.policy].fleets[fleet].state is None:
        return np.nan
    start, end = run.scenario.warmup, run.scenario.horizon
    serving = up(run, fleet)
    asked = serving._replace(values=(serving.values > 0).astype(float)).integral(start, end)
    return 1 - missed(run, fleet).integral(start, end) / asked if asked else np.nan


def missed(run: Run, fleet: str) -> Steps:
    """The probability that a client's next request does not find what it wrote, over time (seconds); 0 where nothing is kept or nobody serves."""
    part = run.scenario.policies[run.policy].fleets[fleet]
    serving = up(run, fleet)
    if part.state is not None and part.state.store:
        store = up(run, part.state.store)
        times = np.union1d(serving.times, store.times)
        return Steps(times, ((serving.at(times) > 0) & (store.at(times) == 0)).astype(float))
    if part.state is None or (part.sessions is not None and part.sessions.sticky):
        return Steps(np.zeros(0), np.zeros(0))
    return serving._replace(values=1 - 1 / np.maximum(serving.values, 1))
