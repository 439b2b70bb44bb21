"""Curves: what a chart draws, a mean for each of the run's windows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from simulator.metrics.attempts import CAUSES
from simulator.metrics.capacity import by_fleet, demand, live, needed, serving
from simulator.metrics.images import GB, disk, disk_in_use
from simulator.metrics.latency import QUANTILES, quantiles
from simulator.metrics.sessions import live_sessions, lost_so_far, sessions
from simulator.metrics.state import missed
from simulator.metrics.steps import Numbers, steps

if TYPE_CHECKING:
    from simulator.run import Run

DRAWN = {name: QUANTILES[name] for name in ("p50", "p99")}


def curves(run: Run, drift: pd.DataFrame, config: pd.DataFrame) -> pd.DataFrame:
    """A row a fleet and window edge (`time_s`): `backlog` (requests) just then, and means over the window that begins there (at the horizon: of the last):
    `serving_rps` (in service), `offered_rps`, `needed_rps`, `served_rps`, `live` servers, `behind` (share of them not on the newest version)
    and `drifted` (share of them not in sync with the declared state), and answer skew by its cause (probabilities): `skew_version`, `skew_configuration` and
    `skew_state`. Where there are images there is `disk_gb` (in use on all hosts); and where there are sessions `sessions` (live ones) and
    `sessions_lost` (so far, since the warm-up), both NaN before the warm-up is over. Of a flow `failed` is the share of requests offered that
    were answered with an error.

    Where every request is simulated, `offered_rps` is what came and `served_rps` goodput, which is what was served of it in the end; and there are
    `in_flight` (requests) just then, `attempts_rps`, `timed_out_rps` and so on (attempts in vain, by cause), and of those who came in the window and were
    served the latencies `p50_s` and `p99_s`, NaN where none was.
    """
    disks = disk(run) if run.scenario.imaged else None
    stops = sessions(run) if run.scenario.with_sessions else None
    windows = run.record.frame("windows")
    tables = []
    for fleet, own in by_fleet(run):
        mine = windows[windows["fleet"] == fleet]
        times, width = np.append(mine["time_s"].to_numpy(), run.scenario.horizon), mine["end_s"] - mine["time_s"]
        means = {
            "serving_rps": serving(own).means(times),
            "offered_rps": demand(run, fleet).means(times),
            "needed_rps": needed(run, fleet).means(times),
            "served_rps": (mine["served"] / width).to_numpy(),
            "live": live(own).means(times),
            "behind": steps(drift, fleet, "behind").means(times),
            "drifted": steps(config, fleet, "drifted").means(times),
            **_skew(run, fleet, drift, config, times),
        }
        edges = {"backlog": mine["backlog"].to_numpy()}
        if disks is not None:
            means["disk_gb"] = disk_in_use(fleet, disks).means(times) / GB
        if stops is not None:
            known = np.where(times < run.scenario.warmup, np.nan, 0.0)
            means["sessions"] = live_sessions(run, fleet).means(times) + known[:-1]
            means["sessions_lost"] = lost_so_far(stops, fleet).means(times) + known[:-1]
        if run.scenario.requests.detail == "requests":
            means |= {"offered_rps": (mine["offered"] / width).to_numpy(), **_single(run, mine, width)}
            edges["in_flight"] = mine["in_flight"].to_numpy(np.float32)
        else:
            means["failed"] = (mine["failed"] / mine["offered"].where(mine["offered"] > 0, 1)).to_numpy()
        tables.append(
            pd.DataFrame(
                {
                    "time_s": times,
                    "fleet": fleet,
                    **{name: np.concatenate((np.zeros(1, values.dtype), values)) for name, values in edges.items()},
                    **{name: np.append(values, values[-1:]) for name, values in means.items()},
                }
            )
        )
    return pd.concat(tables, ignore_index=True)


def _skew(run: Run, fleet: str, drift: pd.DataFrame, config: pd.DataFrame, times: Numbers) -> dict[str, Numbers]:
    """Answer skew of a fleet between each two successive times, by its cause."""
    stacks, versions, settings = (steps(table, fleet, name).means(times) for table, name in ((drift, "skew"), (drift, "skew_version"), (config, "skew")))
    return {"skew_version": versions, "skew_configuration": np.maximum(stacks - versions, 0) + settings, "skew_state": missed(run, fleet).means(times)}


def _single(run: Run, windows: pd.DataFrame, width: pd.Series) -> dict[str, NDArray[np.float32]]:
    """What is known of single requests in each window of a fleet, in half the digits, as many columns for every replication are large."""
    counts = run.record.frame("latencies")
    latencies = quantiles(counts[counts["fleet"].isin(windows["fleet"].unique())], ["time_s"], DRAWN).reindex(windows["time_s"])
    rates = {f"{name}_rps": windows[name] / width for name in ("attempts", *CAUSES)}
    return {name: values.to_numpy(np.float32) for name, values in {**rates, **latencies.add_suffix("_s")}.items()}
