"""The drift charts: who is not on the newest version, and who is not as declared."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
from matplotlib.axes import Axes

from simulator.charts.bands import Events, bands


def drift(ax: Axes, curves: pd.DataFrame, policies: Sequence[str], events: Events = ()) -> Axes:
    """Share of live servers of one fleet not on the newest version announced, over time, from `curves`."""
    return _shares(ax, curves, "behind", policies, events, "Version drift: servers not on the newest version")


def configuration_drift(ax: Axes, curves: pd.DataFrame, policies: Sequence[str], events: Events = ()) -> Axes:
    """Share of live servers of one fleet not in sync with the declared state, over time, from `curves`."""
    return _shares(ax, curves, "drifted", policies, events, "Configuration drift: servers not as declared")


def _shares(ax: Axes, curves: pd.DataFrame, column: str, policies: Sequence[str], events: Events, title: str) -> Axes:
    bands(ax, curves, column, policies, events, scale=100, names_at=0.3)
    ax.set_ylim(-3, 103)
    ax.set_ylabel("% of servers")
    ax.set_title(title)
    return ax
