"""The goodput chart: what came, what was tried for it, and what was served of it."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
from matplotlib.axes import Axes

from simulator.charts.bands import Events
from simulator.charts.style import GREY, look, mark, unit

MORE = 1.01  # attempts are drawn where there are so many for a request
ROOM = 3.0  # times the traffic: capacity beyond that is told and not drawn, so that goodput can be seen
LINES = ["offered_rps", "attempts_rps", "served_rps", "serving_rps"]


def goodput(ax: Axes, curves: pd.DataFrame, policies: Sequence[str], policy: str, events: Events = ()) -> Axes:
    """Of one fleet of one policy, over time (requests per second, medians of replications), from `curves` of all policies: goodput, attempts where they are
    more than the requests offered (grey), and the capacity in service (black).
    """
    name, size = unit(curves["time_s"].max())
    middle = curves.groupby(["policy", "time_s"])[LINES].median()
    own, highest = middle.loc[policy], middle.max()
    x, style = own.index / size, look(policies, policy)
    ax.fill_between(x, 0, own["offered_rps"], color=GREY, alpha=0.16, linewidth=0, step="post", label="offered")
    tried = own["attempts_rps"].where(own["attempts_rps"] > MORE * own["offered_rps"])
    ax.step(x, tried, where="post", color=style["color"], linestyle=":", linewidth=1.5, label="attempts")
    ax.step(x, own["serving_rps"], where="post", color="black", linewidth=1, label="capacity")
    ax.step(x, own["served_rps"], where="post", color=style["color"], label="goodput")
    ax.set_xlim(own.index.min() / size, own.index.max() / size)
    traffic = highest[["offered_rps", "attempts_rps", "served_rps"]].max()
    usual = middle["serving_rps"].groupby("policy").median()
    top = 1.1 * max(traffic, min(highest["serving_rps"], ROOM * traffic) if usual.min() <= ROOM * traffic else 0)
    ax.set_ylim(0, top)
    if usual[policy] > top:
        ax.annotate(f"capacity {usual[policy]:,.0f}/s ", (1, 0.95), xycoords="axes fraction", ha="right", va="top", fontsize=9)
    ax.set_ylabel("requests/s")
    ax.set_xlabel(f"simulated {name}")
    ax.set_title(policy)
    mark(ax, [(time / size, what) for time, what in events])
    return ax
