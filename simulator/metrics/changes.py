"""Changes: how often a fleet gets something new, how long that takes, how often it is bad, and how long it stays so."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from simulator.metrics.recovery import CHANGE, joined, recovery
from simulator.metrics.steps import summed
from simulator.metrics.version_drift import rollouts, version_drift

if TYPE_CHECKING:
    from simulator.run import Run

DAY, WEEK = 86400.0, 7 * 86400.0


def changes(run: Run, incidents: pd.DataFrame | None = None, releases: pd.DataFrame | None = None) -> pd.DataFrame:
    """DORA's numbers of each fleet over (warmup, horizon], by `fleet`: rollouts that reached all in service a week (`frequency`), and the median time to
    that from the announcement (`lead_time_s`, NaN without one); the share of releases that were rolled back, showed a defect while they were wanted, or
    began an incident (`fail_rate`, NaN without a release), how many were `rolled_back`, and the time from the first sign of a bad one until it was mended,
    gone or no longer felt, in the mean (`recovery_s`, 0 without one). With them what `bad_releases` tells.
    """
    incidents = recovery(run) if incidents is None else incidents
    releases = rollouts(run, version_drift(run)) if releases is None else releases
    start, end = run.scenario.warmup, run.scenario.horizon
    rows = [_changes(run, fleet, incidents, releases, start, end) for fleet in run.scenario.policies[run.policy].fleets]
    return pd.DataFrame(rows).set_index("fleet").join(bad_releases(run))


def bad_releases(run: Run) -> pd.DataFrame:
    """Releases with a defect, from when a fleet wanted them until they were mended or gone, over (warmup, horizon], by `fleet`: the share of time with at
    least one (`degraded`), their mean number (`open`), and how many came a day (`failed_per_day`).
    """
    start, end = run.scenario.warmup, run.scenario.horizon
    defects, rows = run.record.frame("defects"), []
    for fleet in run.scenario.policies[run.policy].fleets:
        own = defects[defects["fleet"] == fleet]
        times = np.concatenate((own["time_s"], own["end_s"]))
        order = np.argsort(times, kind="stable")
        there = summed(times[order], np.repeat([1.0, -1.0], len(own))[order])
        some = there._replace(values=(there.values > 0).astype(float))
        degraded, open_ = (steps.integral(start, end) / (end - start) for steps in (some, there))
        rows.append({"fleet": fleet, "degraded": degraded, "open": open_, "failed_per_day": float((own["time_s"] > start).sum()) / ((end - start) / DAY)})
    return pd.DataFrame(rows).set_index("fleet")


def _changes(run: Run, fleet: str, incidents: pd.DataFrame, releases: pd.DataFrame, start: float, end: float) -> dict[str, object]:
    wanted = releases[(releases["fleet"] == fleet) & (releases["start_s"] >= start)]
    whole = wanted[~wanted["censored"]]
    defects, backs = (table[table["fleet"] == fleet] for table in (run.record.frame("defects"), run.record.frame("rollbacks")))
    felt = incidents[(incidents["fleet"] == fleet) & (incidents["event"] == CHANGE)]
    shown = defects[defects["shown_s"].notna() & (defects["end_s"] > start)]
    spells = joined([*zip(shown["shown_s"], shown["end_s"], strict=True), *zip(felt["start_s"], felt["start_s"] + felt["recovery_s"], strict=True)], 0.0)
    return {
        "fleet": fleet,
        "frequency": len(whole) / ((end - start) / WEEK),
        "lead_time_s": float(whole["rollout_s"].median()) if len(whole) else np.nan,
        "fail_rate": len(_bad(wanted, shown, _left(run, backs), felt)) / len(wanted) if len(wanted) else np.nan,
        "rolled_back": int((backs["time_s"] >= start).sum()),
        "recovery_s": float(np.mean([over - begun for begun, over in spells])) if spells else 0.0,
    }


def _left(run: Run, backs: pd.DataFrame) -> set[tuple[str, str]]:
    """The items and versions that rollbacks left: those of what they went back from that are not in what they went back to."""
    stacks = run.record.frame("stacks")
    versions = {stack: set(zip(own["item"].astype(str), own["release"].astype(str), strict=True)) for stack, own in stacks.groupby("stack")}
    return {version for left, back in zip(backs["stack_from"], backs["stack_to"], strict=True) for version in versions[left] - versions[back]}


def _bad(wanted: pd.DataFrame, shown: pd.DataFrame, left: set[tuple[str, str]], felt: pd.DataFrame) -> set[int]:
    """Which of the releases were bad: those that showed it, or that a rollback left; and an incident belongs to the last one announced before it."""
    bad = set((np.searchsorted(wanted["start_s"].to_numpy(), felt["start_s"], side="right") - 1).tolist())
    for item, release in {*zip(shown["item"].astype(str), shown["release"].astype(str), strict=True), *left}:
        bad |= set(np.flatnonzero((wanted["item"] == item) & (wanted["release"] == release)))
    return bad - {-1}
