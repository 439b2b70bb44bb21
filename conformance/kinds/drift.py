"""Version drift: releases that come, and servers that come to run them at their own pace."""

from __future__ import annotations

from math import inf
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from conformance.cases import Given, Plan
from conformance.kinds.kind import Kind, Measure, NotCovered, law, seconds
from simulator import Run, Scenario, metrics

FLEET = "servers"
Numbers = NDArray[np.float64]


def scenario(model: Given, plan: Plan) -> Scenario:
    """Upgrades that take no time, by as many people as there are servers; or containers under a controller."""
    policy = {FLEET: _cattle(model)} if model.get("immutable") else {FLEET: _pets(model), "crew": {"kind": "crew", "people": model["servers"]}}
    return Scenario.model_validate(
        {
            "horizon": seconds(plan.horizon or 0),
            "warmup": seconds(plan.warmup),
            "replications": plan.replications,
            "seed": plan.seed,
            "releases": _releases(model["releases"]),
            "policies": {"policy": policy},
        }
    )


def _releases(given: Given) -> list[Given]:
    if given["process"] == "poisson":
        return [{"kind": "poisson", "rate": f"{given['rate']!r}/s"}]
    if given["process"] == "periodic":
        return [{"kind": "periodic", "every": seconds(given["period"]), **({"count": given["count"]} if "count" in given else {})}]
    if given["process"] == "at":
        return [{"version": f"1.{number}", "at": seconds(time)} for number, time in enumerate(given["times"], 1)]
    raise NotCovered(f"releases: {given['process']}")


def _pets(model: Given) -> Given:
    given, servers = model["patching"], model["servers"]
    if given.get("target", "latest") != "latest":
        raise NotCovered(f"target: {given['target']}")
    rollouts: dict[str, Any] = {
        "poisson": lambda: {"kind": "on_demand", "gap": law({"dist": "exponential", "mean": 1 / given["rate_per_server"]}), "stayers": "0%"},
        "once_per_release": lambda: {"kind": "in_turn", "at_once": servers},
        "windows": lambda: {
            "kind": "windows",
            "every": seconds(given["period"]),
            "first": seconds(given.get("first", given["period"])),
            "lasts": seconds(given["period"]),
            "at_once": servers,
        },
    }
    if given["process"] not in rollouts:
        raise NotCovered(f"patching: {given['process']}")
    upgrade = {"crew": "crew", "time": "0s", "succeeds": f"{100 * given.get('success_probability', 1.0)!r}%", "batches": "as_one"}
    return {"kind": "pets", "servers": servers, "boot": "0s", "upgrade": upgrade, "rollout": rollouts[given["process"]]()}


def _cattle(model: Given) -> Given:
    given = model["rollout"]
    start = law(given["start"])
    fences = {"max_surge": given["max_surge"], "max_unavailable": given["max_unavailable"]}
    return {"kind": "cattle", "replicas": model["servers"], "start": {"time": start, "cached": start}, "rollout": {"kind": "rolling", **fences}}


class Spells(NamedTuple):
    """From when to when (seconds) one server was on which version, as a number; and when each version was announced."""

    begin: Numbers
    end: Numbers
    version: NDArray[np.int64]
    ready: NDArray[np.bool_]
    announced: Numbers

    def behind(self, k: int, start: float, end: float) -> float:
        """Server-seconds of servers that are at least k releases behind."""
        due = np.append(self.announced, np.full(len(self.announced) + k, inf))[self.version + k]
        return float(np.clip(np.minimum(self.end, end) - np.maximum(np.maximum(self.begin, due), start), 0, None).sum())

    def current(self, start: float, end: float) -> float:
        """Server-seconds of servers that are ready, and on what was the newest then."""
        newer = np.append(self.announced, inf)[self.version + 1]
        return float(np.clip(np.minimum(np.minimum(self.end, newer), end) - np.maximum(self.begin, start), 0, None)[self.ready].sum())

    def distinct(self, start: float, end: float) -> tuple[float, int]:
        """The mean number of versions that somebody is on, and the most."""
        on = [(max(b, start), min(e, end), v) for b, e, v in zip(self.begin, self.end, self.version, strict=True) if b < end and e > start]
        moves = sorted([(b, 1, v) for b, _, v in on] + [(e, -1, v) for _, e, v in on], key=lambda move: move[0])
        counts: dict[int, int] = {}
        area, most, before = 0.0, 0, start
        for time, step, version in moves:
            if time > before:
                area, most, before = area + len(counts) * (time - before), max(most, len(counts)), time
            counts[version] = counts.get(version, 0) + step
            if not counts[version]:
                del counts[version]
        return area / (end - start), most


def spells(run: Run) -> Spells:
    """The spells of a run."""
    moves, stacks, releases = (run.record.frame(name) for name in ("transitions", "stacks", "releases"))
    number = {version: place for place, version in enumerate(["1.0", *releases["release"].astype(str)])}
    version = moves["stack"].map({row.stack: number[str(row.release)] for row in stacks.itertuples()}).to_numpy()
    ends = moves.groupby("server", observed=True)["time_s"].shift(-1).fillna(run.scenario.horizon).to_numpy()
    there = ((moves["state"] != "retired") & (ends > moves["time_s"])).to_numpy()
    ready = (moves["state"] == "serving").to_numpy()
    return Spells(moves["time_s"].to_numpy()[there], ends[there], version[there], ready[there], np.append(0.0, releases["time_s"]))


def over(run: Run, model: Given, given: Given) -> tuple[float, float]:
    """What is measured: after the warm-up, one period of releases, or the last moment of a run that ends when all has been tried."""
    if given.get("over") == "one release period":
        return float(model["releases"]["period"]), 2.0 * model["releases"]["period"]
    if isinstance(given.get("over"), tuple):
        return float(given["over"][0]), float(given["over"][1])
    if model["releases"]["process"] != "periodic":
        raise NotCovered("a case without a horizon")
    return run.scenario.horizon - 0.25 * model["releases"]["period"], run.scenario.horizon


def lag(run: Run, model: Given, given: Given) -> float:
    start, end = over(run, model, given)
    seen = spells(run)
    return sum(seen.behind(k, start, end) for k in range(1, len(seen.announced))) / ((end - start) * float(model["servers"]))


def at_least(run: Run, model: Given, given: Given) -> float:
    start, end = over(run, model, given)
    return spells(run).behind(given["k"], start, end) / ((end - start) * float(model["servers"]))


def newest(run: Run, model: Given, given: Given) -> float:
    start, end = over(run, model, given)
    return spells(run).current(start, end) / ((end - start) * float(model["servers"]))


def newest_at(run: Run, model: Given, given: Given) -> float:
    if given["at"] > run.scenario.horizon:
        return inf
    seen = spells(run)
    now = (seen.begin <= given["at"]) & (given["at"] < seen.end)
    return float((seen.version[now] == np.searchsorted(seen.announced, given["at"], side="right") - 1).mean())


def all_on_newest(run: Run) -> float:
    """From the last release until all are on it."""
    made = metrics.rollouts(run, metrics.version_drift(run)).iloc[-1]
    return inf if made["censored"] else float(made["rollout_s"])


def distinct(most: bool) -> Measure:
    """The mean number of versions, or the most."""
    return lambda run, model, given: spells(run).distinct(*((0.0, run.scenario.horizon) if most else over(run, model, given)))[most]


def first_horizon(model: Given, asked: list[Given]) -> float:
    """Of periodic releases half a period beyond the last; else a few windows."""
    releases = model["releases"]
    if releases["process"] == "periodic":
        return float((releases["count"] + 0.5) * releases["period"])
    return float(max([8 * model.get("patching", {}).get("period", 1.0), *(2 * given["at"] for given in asked if "at" in given)]))


KIND = Kind(
    "drift",
    frozenset({"servers", "releases", "patching", "start", "immutable", "rollout"}),
    scenario,
    {
        "fraction_on_latest": newest,
        "mean_fraction_on_latest": newest,
        "fraction_on_latest_at": newest_at,
        "mean_version_lag": lag,
        "prob_lag_at_least": at_least,
        "mean_distinct_versions": distinct(False),
        "max_distinct_versions": distinct(True),
        "mean_time_all_on_latest": lambda run, model, given: all_on_newest(run),
    },
    first_horizon,
)
