"""Restores: what was lost where a pet had to be restored from a backup, and how long it took."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from simulator.run import Run


def restores(run: Run) -> pd.DataFrame:
    """Each failure after the warm-up whose repair did not bring the data back, a row each: `fleet`, `server`, `time_s` of the failure, `lost_s`, the age of
    what was restored at that time (achieved RPO; all there was where no backup was good), and `took_s`, from the failure to the end of the copy or the
    rebuilding (achieved RTO; of one that is `censored` to the horizon). `rpo_s` and `rto_s` are what the fleet declares (NaN: nothing); `rpo_met` and
    `rto_met` hold it against that, and are true where it declares nothing. One that is not over has missed its RTO if its time was up.
    """
    rows = run.record.frame("restores").astype({"fleet": str, "server": str})
    rows = rows[rows["time_s"] >= run.scenario.warmup].reset_index(drop=True)
    lost, took = rows["time_s"] - rows["content_s"], rows["end_s"] - rows["time_s"]
    fleets = run.scenario.policies[run.policy].fleets
    made = pd.DataFrame({"fleet": rows["fleet"], "server": rows["server"], "time_s": rows["time_s"], "lost_s": lost, "took_s": took})
    made["censored"] = rows["censored"].astype(bool)
    for limit, column in (("rpo", "lost_s"), ("rto", "took_s")):
        declared = {name: getattr(getattr(fleet, "backups", None), limit, None) for name, fleet in fleets.items()}
        most = rows["fleet"].map(declared).astype(float)
        made[f"{limit}_s"] = most
        made[f"{limit}_met"] = most.isna() | (made[column] <= most)
    return made
