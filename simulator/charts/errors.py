"""The chart of errors: when attempts failed, and why."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
from matplotlib.axes import Axes

from simulator.charts.bands import Events
from simulator.charts.style import mark, unit

# Tol's muted scheme, as the colours of policies mean something else.
COLOURS = {"timed_out": "#cc6677", "refused": "#ddcc77", "lost": "#117733", "full": "#88ccee", "unanswered": "#aa4499", "errors": "#882255"}


def errors(ax: Axes, curves: pd.DataFrame, causes: Sequence[str], policy: str, events: Events = ()) -> Axes:
    """Attempts that failed in one fleet of one policy over time (per second, means of replications), from `curves` of all policies, cause upon cause."""
    name, size = unit(curves["time_s"].max())
    means = curves.groupby(["policy", "time_s"])[[f"{cause}_rps" for cause in causes]].mean()
    own = means.xs(policy, level="policy")
    below = pd.Series(0.0, own.index)
    for cause in causes:
        above = below + own[f"{cause}_rps"]
        ax.fill_between(own.index / size, below, above, step="post", color=COLOURS[cause], linewidth=0, label=cause.replace("_", " "))
        below = above
    ax.set_xlim(own.index.min() / size, own.index.max() / size)
    ax.set_ylim(0, 1.05 * means.sum(axis=1).max())
    ax.set_ylabel("attempts/s")
    ax.set_xlabel(f"simulated {name}")
    ax.set_title(policy)
    mark(ax, [(time / size, what) for time, what in events])
    return ax
