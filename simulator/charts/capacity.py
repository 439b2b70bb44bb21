"""The capacity chart: what serves, beside what is needed."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
from matplotlib.axes import Axes

from simulator.charts.bands import Events, bands
from simulator.charts.style import GREY, unit


def capacity(ax: Axes, curves: pd.DataFrame, policies: Sequence[str], events: Events = ()) -> Axes:
    """Serving capacity (requests per second) of one fleet over time, from `curves`, and the needed capacity as a grey area."""
    need = curves.groupby("time_s")["needed_rps"].median()
    _, size = unit(curves["time_s"].max())
    ax.fill_between(need.index / size, 0, need, color=GREY, alpha=0.16, linewidth=0, step="post")
    bands(ax, curves, "serving_rps", policies, events)
    ax.set_ylabel("requests per second")
    ax.set_title("Capacity: what is in service, and what is needed (grey)")
    return ax
