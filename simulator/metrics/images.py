"""Images: what containers and hosts took from the registry, and what lies on the disks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from simulator.metrics.capacity import by_fleet
from simulator.metrics.steps import Steps, summed

if TYPE_CHECKING:
    from simulator.run import Run

GB = 1e9


def pulls(run: Run) -> pd.DataFrame:
    """Every image that a host pulled or tried to after the warm-up, a row each: `fleet` (that asked first), `host`, `digest`, `time_s` at which it was asked
    for, `took_s`, how many `layers` came and how many `bytes` (none where it failed), and the `outcome`: pulled, registry down, image gone, host lost.
    """
    made = run.record.frame("pulls").astype({"fleet": str, "host": str, "digest": str, "outcome": str})
    made.insert(1, "took_s", made.pop("end_s") - made["time_s"])
    return made[made["time_s"] >= run.scenario.warmup].reset_index(drop=True)


def disk(run: Run) -> pd.DataFrame:
    """Disk in use by fleet and host, a row a change (seconds): `bytes` of layers, each once a host and with the fleet that first brought it there, and of what
    every server has of its own: a container its writable layer, a pet a full copy of everything. Containers of no image use none.
    """
    parts = run.scenario.policies[run.policy].fleets
    layers = run.record.frame("disks")[["time_s", "fleet", "host", "bytes"]]
    own = [_own(moves, parts[fleet].own_bytes) for fleet, moves in by_fleet(run)]
    steps = pd.concat([layers.astype({"fleet": str, "host": str}), *own]).sort_values("time_s", kind="stable")
    steps["bytes"] = steps.groupby(["fleet", "host"])["bytes"].cumsum()
    return steps.drop_duplicates(["time_s", "fleet", "host"], keep="last").reset_index(drop=True)


def _own(moves: pd.DataFrame, size: float) -> pd.DataFrame:
    """By how much each coming, going and moving of a server changes what is on its host."""
    there = moves["state"] != "retired"
    on = moves["host"].astype(str).where(there, "")
    before = on.groupby(moves["server"], observed=True, sort=False).shift(fill_value="")
    changed = on != before
    told = moves.loc[changed, ["time_s", "fleet"]].astype({"fleet": str})
    came, went = (told.assign(host=hosts[changed], bytes=step * size) for hosts, step in ((on, 1), (before, -1)))
    both = pd.concat([came, went])
    return both[(both["host"] != "") & (both["bytes"] != 0)]


def disk_in_use(fleet: str, disks: pd.DataFrame) -> Steps:
    """Disk (bytes) of a fleet on all hosts together."""
    own = disks[disks["fleet"] == fleet]
    change = own["bytes"] - own.groupby("host")["bytes"].shift(fill_value=0.0)
    return summed(own["time_s"].to_numpy(), change.to_numpy(float))


def imaged(run: Run) -> pd.DataFrame:
    """Each fleet, by `fleet`: `pulled` (bytes over (warmup, horizon]), `cold_starts` (share of the starts of containers that had to wait for a pull; NaN where
    none started), `hosts_used` (different hosts on which one place in the fleet has been, in the mean) and `disk` (bytes in use, in the mean over time).
    """
    start, end, rows = run.scenario.warmup, run.scenario.horizon, []
    asked, disks = pulls(run), disk(run)
    for fleet, moves in by_fleet(run):
        begun = (moves["phase"] == "start") & (moves["time_s"] >= start)
        waited = moves.groupby("server", observed=True, sort=False)["phase"].shift().isin(("pull", "pull back-off"))
        rows.append(
            {
                "fleet": fleet,
                "pulled": float(asked.loc[asked["fleet"] == fleet, "bytes"].sum()),
                "cold_starts": float(waited[begun].mean()) if begun.any() else np.nan,
                "hosts_used": float(moves.groupby("slot")["host"].nunique().mean()),
                "disk": disk_in_use(fleet, disks).integral(start, end) / (end - start),
            }
        )
    return pd.DataFrame(rows).set_index("fleet")
