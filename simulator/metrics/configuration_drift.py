"""Configuration drift: how far the servers of a fleet are from the state that was declared, and from each other."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from simulator.metrics.capacity import by_fleet, live
from simulator.metrics.reliability import WELL
from simulator.metrics.steps import Numbers, Steps, stacked

if TYPE_CHECKING:
    from simulator.run import Run


def configuration_drift(run: Run) -> pd.DataFrame:
    """Drift of every fleet, a row a change (seconds): `drifted` (share of live servers that are not in sync with the declared state), `settings` (not as
    declared, a live server), `not_checked` (share of live servers that no tool has looked at yet), `states` (different ones, by the versions of all items and
    the drifted settings) and `skew` (probability that two requests meet servers of one stack that differ in their settings, behind a balancer that takes any
    live server; that of stacks is in `version_drift`). A fleet without `drift` is in sync, as what is replaced from an image is.
    """
    changes, checks = (run.record.frame(name) for name in ("drift", "checks"))
    tables = []
    for fleet, own in by_fleet(run):
        mine, first = changes[(changes["fleet"] == fleet) & (changes["step"] != 0)], np.sort(checks[checks["fleet"] == fleet]["first_s"])
        there, counted = live(own), _counted(own, mine)
        times = np.unique(np.concatenate((np.zeros(1), there.times, counted["time_s"], first)))
        servers = np.maximum(there.at(times), 1)
        drifted, settings, states, pairs = (Steps(counted["time_s"], counted[name]).at(times) for name in ("drifted", "settings", "states", "pairs"))
        checked = np.searchsorted(first, times, side="right")
        tables.append(
            pd.DataFrame(
                {
                    "time_s": times,
                    "fleet": fleet,
                    "drifted": drifted / servers,
                    "settings": settings / servers,
                    "not_checked": np.clip(there.at(times) - checked, 0, None) / servers,
                    "states": states,
                    "skew": pairs / servers**2,
                }
            )
        )
    return pd.concat(tables, ignore_index=True)


def corrections(run: Run) -> pd.DataFrame:
    """Each setting that came to be not as declared after the warm-up, a row each: `fleet`, `server`, `setting`, `why` and `time_s`; after how long a tool
    found it (`found_s`, NaN: never), and after how long (`back_s`) and how (`ended`) it was as declared again; `censored` where that was not yet at the
    horizon. The sum of `back_s` is the integral of the settings.
    """
    changes = run.record.frame("drift")
    changes = changes[changes["setting"] >= 0]
    rows, open_ = [], {}
    columns = ("time_s", "fleet", "server", "setting", "step", "change")
    for time, fleet, server, setting, step, change in zip(*(changes[name].tolist() for name in columns), strict=True):
        key = (fleet, server, setting)
        if step > 0:
            open_[key] = [*key, change, time, np.nan]
        elif change == "found":
            open_[key][5] = time - open_[key][4]
        else:
            begun = open_.pop(key)
            rows.append([*begun, time - begun[4], change, False])
    rows += [[*begun, run.scenario.horizon - begun[4], "", True] for begun in open_.values()]
    kinds = {"fleet": "str", "server": "str", "setting": "int64", "why": "str", "time_s": "float64", "found_s": "float64", "back_s": "float64"}
    kinds |= {"ended": "str", "censored": "bool"}
    made = pd.DataFrame(rows, columns=list(kinds)).astype(kinds)
    return made[made["time_s"] >= run.scenario.warmup].sort_values("time_s", kind="stable", ignore_index=True)


def snapshot(run: Run, time: float) -> pd.DataFrame:
    """All servers that are there at a time (seconds), by `server`: `fleet`, `host`, `state`, the version of each item, `behind` (releases, of all items
    together), the `settings` that are not as declared, and `last_check_s`, when a tool last looked (NaN: not checked).
    """
    moves, stacks, changes, checks = (run.record.frame(name) for name in ("transitions", "stacks", "drift", "checks"))
    now = moves[moves["time_s"] <= time].drop_duplicates("server", keep="last").set_index("server").sort_values(["fleet", "slot"])
    now = now[now["state"] != "retired"]
    versions = stacks.astype({"item": str, "release": str}).pivot(index="stack", columns="item", values="release")
    made = now[["fleet", "host", "state"]].astype(str).join(versions.reindex(now["stack"]).set_axis(now.index))
    made["behind"] = [_behind(run, str(fleet), versions.loc[stack].dropna().to_dict(), time) for fleet, stack in zip(now["fleet"], now["stack"], strict=True)]
    then = changes[(changes["time_s"] <= time) & (changes["step"] != 0)]
    sums = then.groupby(["server", "setting"], observed=True)["step"].sum()
    off = sums[sums > 0].reset_index().groupby("server", observed=True)["setting"].agg(list)
    made["settings"] = [sorted(off.get(server, [])) for server in made.index]
    runs = checks.astype({"server": str}).set_index("server")[["first_s", "every_s"]]
    known = moves[(moves["time_s"] <= time) & moves["server"].isin(runs.index)].astype({"server": str, "state": str}).groupby("server")
    made["last_check_s"] = pd.Series(
        {server: _last_look(own, runs["first_s"][server], runs["every_s"][server], time) for server, own in known}, dtype=float
    ).reindex(made.index)
    return made.rename_axis("server")


def _last_look(moves: pd.DataFrame, first: float, every: float, time: float) -> float:
    """The last tick of a tool at which a server was well, up to a time (seconds); NaN where there is none."""
    ends = [*moves["time_s"].iloc[1:], time]
    for start, end, state in zip(reversed(moves["time_s"].tolist()), reversed(ends), reversed(moves["state"].tolist()), strict=True):
        tick = first + (end - first) // every * every
        if state in WELL and tick >= max(start, first):
            return float(tick)
    return np.nan


def _behind(run: Run, fleet: str, versions: dict[str, str], time: float) -> int:
    """How many releases of its items a server lacks; a version that came twice counts from its last time."""
    releases = run.record.frame("releases").astype({"item": str, "release": str})
    known = releases[releases["time_s"] <= time]
    start = run.scenario.policies[run.policy].fleets[fleet].items
    lacking = 0
    for item, version in versions.items():
        announced = [start[item], *known[known["item"] == item]["release"]]
        lacking += announced[::-1].index(version)
    return lacking


class Mix:
    """Which servers are in which state: on which stack, with which settings not as declared."""

    def __init__(self) -> None:
        self.of: dict[str, tuple[int, frozenset[int]]] = {}
        self.states: Counter[tuple[int, frozenset[int]]] = Counter()
        self.stacks: Counter[int] = Counter()
        self.drifted = self.settings = 0
        self.pairs = 0  # ordered ones, of servers on one stack that differ in their settings

    def put(self, server: str, step: int, number: int) -> None:
        """A server is on the stack with this number (-1: it is gone), or one of its settings has changed by this step."""
        stack, off = self.of.get(server, (-1, frozenset()))
        then = (number, off) if not step else (stack, off | {number} if step > 0 else off - {number})
        self.of[server] = then
        self.drifted += bool(then[1]) - bool(off)
        self.settings += len(then[1]) - len(off)
        if stack >= 0:
            self.pairs -= 2 * (self.stacks[stack] - self.states[stack, off])
            self.stacks[stack] -= 1
            self.states[stack, off] -= 1
            if not self.states[stack, off]:
                del self.states[stack, off]
        if then[0] >= 0:
            self.pairs += 2 * (self.stacks[then[0]] - self.states[then])
            self.stacks[then[0]] += 1
            self.states[then] += 1


def _counted(moves: pd.DataFrame, changes: pd.DataFrame) -> dict[str, Numbers]:
    """How many servers have drifted, how many settings, how many different states and pairs of different settings there are, after each change of any."""
    columns = ["time_s", "server", "step", "number"]
    put = stacked(moves).rename(columns={"stack": "number"}).assign(step=0)
    events = pd.concat([put[columns].astype({"server": str}), changes.rename(columns={"setting": "number"})[columns].astype({"server": str})])
    mix, rows = Mix(), []
    for time, *event in events.sort_values("time_s", kind="stable").itertuples(index=False, name=None):
        mix.put(*event)
        rows.append((time, mix.drifted, mix.settings, len(mix.states), mix.pairs))
    table = np.array(rows, float).reshape(-1, 5)
    last = np.append(table[1:, 0] != table[:-1, 0], True)[: len(table)]
    return dict(zip(("time_s", "drifted", "settings", "states", "pairs"), table[last].T, strict=True))
