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
    part = run.scenario.policies[run.policy].fleets[fleet]
    if part.state is None:
        return np.nan
    serving = up(run, fleet)
    store = up(run, part.state.store) if part.state.store else serving
    times = np.union1d(serving.times, store.times)
    servers = serving.at(times)
    there = (servers > 0).astype(float)
    if part.state.store:
        found = there * (store.at(times) > 0)
    else:
        found = there if part.sessions is not None and part.sessions.sticky else there / np.maximum(servers, 1)
    asked, hits = (Steps(times, values).integral(run.scenario.warmup, run.scenario.horizon) for values in (there, found))
    return hits / asked if asked else np.nan
