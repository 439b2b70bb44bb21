"""The latency chart: how long those who were served waited for their answer."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, LogLocator

from simulator.charts.bands import Events, bands
from simulator.charts.style import GREY, look, unit


def latency(ax: Axes, curves: pd.DataFrame, policies: Sequence[str], events: Events = (), objective: tuple[float, str] | None = None) -> Axes:
    """p99 and, thin, p50 of latency of one fleet over time, from `curves`; and a line at the objective (seconds, name)."""
    ax.set_yscale("log")
    _, size = unit(curves["time_s"].max())
    for policy in policies:
        half = curves[curves["policy"] == policy].groupby("time_s")["p50_s"].median()
        ax.step(half.index / size, half, where="post", **{**look(policies, policy), "linewidth": 0.9})
    if objective:
        ax.axhline(objective[0], color=GREY, linewidth=1)
        ax.annotate(f" {objective[1]}", (0, objective[0]), xycoords=("axes fraction", "data"), color=GREY, fontsize=9, va="bottom")
    bands(ax, curves, "p99_s", policies, events)
    low, high = ax.get_ylim()
    ax.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5) if high < 1000 * low else (1,)))
    ax.yaxis.set_major_formatter(FuncFormatter(_time))
    ax.yaxis.set_minor_formatter(FuncFormatter(lambda seconds, place: ""))
    ax.set_ylabel("latency")
    ax.set_title("Latency of requests served: p99, and p50 (thin)")
    return ax


def _time(seconds: float, place: int) -> str:
    """`200 ms`, `10 s`."""
    return f"{seconds:g} s" if seconds >= 1 else f"{1000 * seconds:g} ms" if seconds >= 0.001 else f"{1e6 * seconds:g} µs"
