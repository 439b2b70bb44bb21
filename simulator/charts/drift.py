"""The drift chart: who is not on the newest version."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
from matplotlib.axes import Axes

from simulator.charts.bands import Events, bands


def drift(ax: Axes, curves: pd.DataFrame, policies: Sequence[str], events: Events = ()) -> Axes:
    """Share of live servers of one fleet not on the newest version announced, over time, from `curves`."""
    bands(ax, curves, "behind", policies, events, scale=100, names_at=0.3)
    ax.set_ylim(-3, 103)
    ax.set_ylabel("% of servers")
    ax.set_title("Version drift: servers not on the newest version")
    return ax
