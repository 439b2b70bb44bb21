"""Version drift: how far the servers of a fleet are from the newest version announced."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from simulator.metrics.steps import Steps, changes, summed

if TYPE_CHECKING:
    from simulator.run import Run


def version_drift(run: Run) -> pd.DataFrame:
    """Drift of every fleet, a row a change (seconds): `behind` (share of live servers not on the newest version), `lag_mean` and `lag_max` (releases behind),
    `versions` (distinct ones) and `entropy` (of their mix, in bits). Where no server is live the shares are 0.
    """
    moves = run.record.frame("transitions")
    tables = [_drift(run, str(fleet), own) for fleet, own in moves.groupby("fleet", observed=True)]
    return pd.concat(tables, ignore_index=True)


def _drift(run: Run, fleet: str, moves: pd.DataFrame) -> pd.DataFrame:
    stacks = run.record.frame("stacks")
    releases = run.record.frame("releases")
    version = dict(zip(stacks["stack"], stacks["release"].astype(str), strict=True))
    announced = np.array([run.scenario.policies[run.policy].fleets[fleet].version, *releases["release"].astype(str)])
    newest = Steps(np.append(0.0, releases["time_s"].to_numpy()), np.arange(len(announced), dtype=float))
    times = np.unique(np.concatenate((moves["time_s"].to_numpy(), newest.times)))
    counts, ranks = [], []
    for stack in sorted(moves["stack"].unique()):
        on = ((moves["stack"] == stack) & (moves["state"] != "retired")).astype(int)
        counts.append(summed(moves["time_s"].to_numpy(), changes(moves, on)).at(times))
        # A version may be announced twice: what counts is its last announcement by then.
        places = np.flatnonzero(announced == version[stack])
        ranks.append(places[np.maximum(np.searchsorted(places, newest.at(times), side="right") - 1, 0)])
    mix = np.array(counts)
    total = np.maximum(mix.sum(axis=0), 1)
    lag = np.maximum(newest.at(times)[None, :] - np.array(ranks), 0)
    share = mix / total
    bits = -np.sum(share * np.log2(np.where(share > 0, share, 1)), axis=0)
    return pd.DataFrame(
        {
            "time_s": times,
            "fleet": fleet,
            "behind": np.sum(share * (lag > 0), axis=0),
            "lag_mean": np.sum(share * lag, axis=0),
            "lag_max": np.max(lag * (mix > 0), axis=0),
            "versions": np.sum(mix > 0, axis=0),
            "entropy": np.abs(bits),
        }
    )


def rollouts(run: Run, drift: pd.DataFrame) -> pd.DataFrame:
    """Each release of each fleet: `rollout_s` from its announcement until all live servers run it; `censored` where the next or the horizon came first."""
    releases = run.record.frame("releases")
    ends = [*releases["time_s"], run.scenario.horizon][1:]
    rows = []
    for fleet, own in drift.groupby("fleet"):
        for release, start, end in zip(releases["release"].astype(str), releases["time_s"], ends, strict=True):
            done = own[(own["time_s"] >= start) & (own["time_s"] < end) & (own["behind"] == 0)]["time_s"]
            rows.append((fleet, release, start, (done.iloc[0] if len(done) else end) - start, not len(done)))
    return pd.DataFrame(rows, columns=["fleet", "release", "start_s", "rollout_s", "censored"]).astype({"fleet": "str", "release": "str", "censored": bool})
