"""The chart of answers: how many of a flow's requests are answered with an error."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
from matplotlib.axes import Axes

from simulator.charts.bands import Events, bands


def answers(ax: Axes, curves: pd.DataFrame, policies: Sequence[str], events: Events = ()) -> Axes:
    """Share of the requests offered to one fleet that were answered with an error, over time, from `curves`."""
    bands(ax, curves, "failed", policies, events, scale=100, names_at=0.5)
    ax.set_ylabel("% of requests")
    ax.set_title("Requests answered with an error")
    return ax
