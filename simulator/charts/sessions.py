"""The charts of sessions: how many are live, and how many have been lost."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
from matplotlib.axes import Axes

from simulator.charts.bands import Events, bands


def sessions(ax: Axes, curves: pd.DataFrame, policies: Sequence[str], events: Events = ()) -> Axes:
    """Live sessions of one fleet over time, from `curves`."""
    return _counts(ax, curves, "sessions", policies, events, "Live sessions")


def sessions_lost(ax: Axes, curves: pd.DataFrame, policies: Sequence[str], events: Events = ()) -> Axes:
    """Sessions of one fleet lost since the warm-up, over time, from `curves`."""
    return _counts(ax, curves, "sessions_lost", policies, events, "Sessions lost so far")


def _counts(ax: Axes, curves: pd.DataFrame, column: str, policies: Sequence[str], events: Events, title: str) -> Axes:
    bands(ax, curves, column, policies, events)
    ax.set_ylabel("sessions")
    ax.set_title(title)
    return ax
