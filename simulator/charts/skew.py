"""The chart of answer skew: when two requests in a row may get different answers, and why."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
from matplotlib.axes import Axes

from simulator.charts.bands import Events
from simulator.charts.style import mark, unit

# Of Tol's muted scheme, as the colours of policies mean something else.
CAUSES = {"skew_version": ("version", "#332288"), "skew_configuration": ("configuration", "#ddcc77")}
LEAST = 0.01  # %, below which nothing is drawn
STATE = ("local state (alone)", "#882255")


def skew(ax: Axes, curves: pd.DataFrame, causes: Sequence[str], policy: str, events: Events = ()) -> Axes:
    """Answer skew of one fleet of one policy over time (%, means of replications), from `curves`: versions and configuration upon each other, as they are parts
    of one probability; and local state, which is another, as a line.
    """
    name, size = unit(curves["time_s"].max())
    means = 100 * curves.groupby(["policy", "time_s"])[list(causes)].mean()
    own, upon = means.xs(policy, level="policy"), [cause for cause in CAUSES if cause in causes]
    below = pd.Series(0.0, own.index)
    for cause in upon:
        label, colour = CAUSES[cause]
        above, there = below + own[cause], own[cause] > LEAST
        shown = there | there.shift(fill_value=False)  # up to the end of a step
        # With an edge, as a rollout by image may be narrower than a pixel.
        ax.fill_between(own.index / size, below, above, where=shown, step="post", color=colour, alpha=0.75, linewidth=0.8, label=label)
        below = above
    if "skew_state" in causes:
        label, colour = STATE
        ax.step(own.index / size, own["skew_state"], where="post", color=colour, linestyle=(0, (5, 2)), linewidth=1.5, label=label)
    ax.set_xlim(own.index.min() / size, own.index.max() / size)
    highest = max(means[upon].sum(axis=1).max(), means.get("skew_state", pd.Series(0.0)).max())
    ax.set_ylim(-0.03 * highest, min(103, 1.35 * highest))
    ax.set_ylabel("% of pairs")
    ax.set_xlabel(f"simulated {name}")
    ax.set_title(policy)
    mark(ax, [(time / size, what) for time, what in events], 0.78)
    return ax
