"""The recovery chart: how many incidents are over by when."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd
from matplotlib.axes import Axes

from simulator.charts.style import label_ends, look, unit


def recovery(ax: Axes, curves: Mapping[str, pd.DataFrame], policies: Sequence[str], watched: float, confidence: float) -> Axes:
    """Kaplan-Meier curves of one incident (`metrics.survival` by policy), drawn up to `watched` seconds."""
    name, size = unit(watched)
    ax.set_xlim(0, watched / size)
    ax.set_ylim(-3, 103)
    ends = []
    for policy, curve in curves.items():
        style = look(policies, policy)
        x = pd.concat([curve["time_s"], pd.Series([watched])]) / size
        done, low, high = (100 * pd.concat([curve[column], curve[column].iloc[-1:]]) for column in ("done", "low", "high"))
        ax.fill_between(x, low, high, step="post", color=style["color"], alpha=0.18, linewidth=0)
        ax.step(x, done, where="post", **style)
        ends.append((float(done.iloc[-1]), policy, style["color"]))
    ax.set_xlabel(f"{name} after the incident began")
    ax.set_ylabel("% of incidents over")
    ax.set_title(f"Full recovery (Kaplan–Meier, {100 * confidence:g} % CI)")
    label_ends(ax, ends)
    return ax
