"""Version drift: how far the servers of a fleet are from the newest version announced."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from simulator.metrics.capacity import by_fleet
from simulator.metrics.reliability import IN_SERVICE
from simulator.metrics.steps import Steps, changes, stacked, summed

if TYPE_CHECKING:
    from simulator.run import Run

TOLD = ("behind", "lag_mean", "lag_max", "versions", "entropy", "skew", "skew_version", "exposed", "released_s", "rolled")


CONFIG = "config"  # the item that is configuration


def version_drift(run: Run) -> pd.DataFrame:
    """Drift of every fleet, a row a change (seconds): `behind` (share of live servers that lack a release), `lag_mean` and `lag_max` (releases behind,
    of all items together), `versions` (distinct stacks), `entropy` (of their mix, in bits), `skew` (probability that two requests meet different stacks,
    if any server may take each that has begun to serve and does not stand by; `skew_version`: stacks that differ in more than their configuration),
    `exposed` (servers that lack a security release) and `released_s`, when what they run was announced, in the mean (0: before the run), so that at a time t
    its age is t - released_s; `rolled` (1 where there is a server that a request may meet, as for `skew`, and all those lack no release). Where no server
    is live all are 0.
    """
    return pd.concat([_drift(run, fleet, own, list(_items(run, fleet))) for fleet, own in by_fleet(run)], ignore_index=True)


def _items(run: Run, fleet: str) -> Mapping[str, str]:
    """The versions that a fleet begins with."""
    return run.scenario.policies[run.policy].fleets[fleet].items


def _drift(run: Run, fleet: str, moves: pd.DataFrame, items: Sequence[str]) -> pd.DataFrame:
    stacks, releases = run.record.frame("stacks"), run.record.frame("releases")
    version = dict(zip(zip(stacks["stack"], stacks["item"].astype(str), strict=True), stacks["release"].astype(str), strict=True))
    own = releases[releases["item"].isin(items)]
    moved, met = stacked(moves), stacked(moves, _met(moves))
    times = np.unique(np.concatenate((moved["time_s"].to_numpy(), met["time_s"].to_numpy(), np.zeros(1), own["time_s"].to_numpy())))
    on = sorted(set(moved["stack"]) - {-1})
    if not on:
        return pd.DataFrame({"time_s": [0.0], "fleet": fleet, **dict.fromkeys(TOLD, 0.0)})
    mix, lag, since, exposed = _mix(moved, on, times), *np.zeros((3, len(on), len(times)))
    for item in items:
        mine = own[own["item"] == item]
        announced = np.array([_items(run, fleet)[item], *mine["release"].astype(str)])
        begun, fixes = np.append(0.0, mine["time_s"].to_numpy()), np.append(0, np.cumsum(mine["security"]))
        newest = Steps(begun, np.arange(len(announced), dtype=float)).at(times).astype(int)
        for row, stack in enumerate(on):
            # A version may be announced twice: what counts is its last announcement by then.
            places = np.flatnonzero(announced == version[stack, item])
            place = places[np.maximum(np.searchsorted(places, newest, side="right") - 1, 0)]
            lag[row] += np.maximum(newest - place, 0)
            since[row] += begun[place] / len(items)
            exposed[row] += fixes[newest] > fixes[place]
    share = mix / np.maximum(mix.sum(axis=0), 1)
    seen = _mix(met, on, times)
    seen /= np.maximum(seen.sum(axis=0), 1)
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
            "skew": seen.any(axis=0) - np.sum(seen**2, axis=0),
            "skew_version": seen.any(axis=0) - np.sum(_alike(seen, on, stacks) ** 2, axis=0),
            "exposed": np.sum(mix * (exposed > 0), axis=0),
            "released_s": np.sum(share * since, axis=0),
            "rolled": (seen.any(axis=0) & ~np.any((seen > 0) & (lag > 0), axis=0)).astype(float),
        }
    )


def _mix(moved: pd.DataFrame, on: Sequence[int], times: NDArray[np.float64]) -> NDArray[np.float64]:
    """How many servers are on each stack at each time."""
    begun = moved["time_s"].to_numpy()
    return np.array([summed(begun, changes(moved, (moved["stack"] == stack).astype(int))).at(times) for stack in on])


def _met(moves: pd.DataFrame) -> pd.Series[bool]:
    """Whether a request may meet a server, now or when it is back: one that has never served yet, or stands by, nobody meets."""
    served = moves["state"].isin(IN_SERVICE).groupby(moves["server"], observed=True, sort=False).cummax()
    return served & ~moves["state"].isin(("retired", "standby"))


def _alike(share: NDArray[np.float64], on: Sequence[int], stacks: pd.DataFrame) -> NDArray[np.float64]:
    """The shares of servers on each of the stacks `on`, those that differ in their configuration alone taken together."""
    versions = stacks[stacks["item"] != CONFIG].groupby("stack")[["item", "release"]].agg(tuple)
    keys = [(*versions["item"][stack], *versions["release"][stack]) for stack in on]
    return np.array([sum(share[row] for row, other in enumerate(keys) if other == key) for key in dict.fromkeys(keys)])


def rollouts(run: Run, drift: pd.DataFrame) -> pd.DataFrame:
    """Each release of each fleet: `rollout_s` until all servers that a request may meet run it; `censored` where its next or the horizon came first.

    While there is none, as between the last old one and the first new, none runs it. One at the horizon is not there, as nobody sees what comes of it.
    """
    releases, moves = run.record.frame("releases"), run.record.frame("transitions")
    releases = releases[releases["time_s"] < run.scenario.horizon]
    rows = []
    for fleet, whole in drift.groupby("fleet"):
        items = list(_items(run, str(fleet)))
        for item, mine in releases[releases["item"].isin(items)].groupby("item", observed=True):
            own = whole if len(items) == 1 else _drift(run, str(fleet), moves[moves["fleet"] == fleet], [str(item)])
            ends = [*mine["time_s"], run.scenario.horizon][1:]
            for release, start, end in zip(mine["release"].astype(str), mine["time_s"], ends, strict=True):
                done = own[(own["time_s"] >= start) & (own["time_s"] < end) & (own["rolled"] == 1)]["time_s"]
                rows.append((fleet, item, release, start, (done.iloc[0] if len(done) else end) - start, not len(done)))
    columns = {"fleet": "str", "item": "str", "release": "str", "start_s": "float64", "rollout_s": "float64", "censored": "bool"}
    return pd.DataFrame(rows, columns=list(columns)).astype(columns).sort_values(["fleet", "start_s"], kind="stable", ignore_index=True)
