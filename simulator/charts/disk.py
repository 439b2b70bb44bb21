"""The chart of disks: what images, containers and pets take up."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
from matplotlib.axes import Axes

from simulator.charts.bands import Events, bands

UNITS = (("TB", 1e4), ("GB", 1.0), ("MB", 0.0))  # and from how many GB on
SIZES = {"TB": 1e3, "GB": 1.0, "MB": 1e-3}
MUCH = 20.0  # times as much as another, from which on the other would lie on the axis


def disk(ax: Axes, curves: pd.DataFrame, policies: Sequence[str], events: Events = ()) -> Axes:
    """Disk in use by one fleet on all hosts together over time, from `curves`, in the unit that the most of it asks for."""
    most = curves["disk_gb"].max()
    name = next(name for name, least in UNITS if most >= least)
    size = SIZES[name]
    middle = curves.groupby("policy")["disk_gb"].median()
    apart = middle.max() > MUCH * middle[middle > 0].min()
    if apart:
        ax.set_yscale("log")
        ax.set_ylim(curves.loc[curves["disk_gb"] > 0, "disk_gb"].min() / size / 3, 2 * most / size)
        ax.yaxis.set_major_formatter("{x:,g}")
    bands(ax, curves, "disk_gb", policies, events, scale=1 / size)
    ax.set_ylabel(name)
    ax.set_title(f"Disk in use, on all hosts together{' (log scale)' if apart else ''}")
    return ax
