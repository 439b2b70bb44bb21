"""Bands: the middle of many replications and where most of them lie."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from simulator.charts.style import label_ends, look, mark, unit

Events = Sequence[tuple[float, str]]
MANY = 1000  # steps, from which on a thick line would hide what is behind it


def bands(ax: Axes, curves: pd.DataFrame, column: str, policies: Sequence[str], events: Events, scale: float = 1.0, names_at: float = 0.03) -> Axes:
    """Median and 5-95 % of replications of one column (times `scale`) over time, a line a policy, of one fleet; times in seconds."""
    name, size = unit(curves["time_s"].max())
    ends = []
    for policy in policies:
        own = curves[curves["policy"] == policy].groupby("time_s")[column].quantile(np.array([0.05, 0.5, 0.95])).unstack() * scale
        style = look(policies, policy)
        # The mean of a window is drawn over it: a straight line to the next would let things begin too early.
        ax.fill_between(own.index / size, own[0.05], own[0.95], step="post", color=style["color"], alpha=0.18, linewidth=0)
        ax.step(own.index / size, own[0.5], where="post", linewidth=2 if len(own) <= MANY else 1, **style)
        ends.append((float(own[0.5].dropna().iloc[-1]) if own[0.5].notna().any() else np.nan, policy, style["color"]))
    ax.set_xlim(curves["time_s"].min() / size, curves["time_s"].max() / size)
    ax.set_xlabel(f"simulated {name}")
    if ax.get_yscale() == "linear":
        ax.set_ylim(bottom=0)
    label_ends(ax, ends)
    mark(ax, [(time / size, what) for time, what in events], names_at)
    return ax
