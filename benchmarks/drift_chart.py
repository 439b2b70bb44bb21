"""The chart of real drift: shares of major versions that were seen, and those predicted."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter

from benchmarks.version_mix import Mix
from simulator.charts.style import COLOURS, GREY, figure, label_ends, svg


def draw(path: Path, whole: Mix, predicted: pd.DataFrame, last: int, start: pd.Timestamp, majors: list[str]) -> None:
    """Save it as SVG: seen is a line, predicted a dashed one, no change a dotted one, from the end of the training on."""
    seen, guess = 100 * whole.majors(whole.shares), 100 * whole.majors(predicted)
    end = start + pd.Timedelta(days=last)
    # A line is not drawn over days without a count.
    known = start + pd.to_timedelta(seen.index, unit="D")
    whole_days = pd.date_range(known[0], known[-1])
    with figure(4.6) as (made, ax):
        ends = []
        for number, major in enumerate(majors):
            colour = COLOURS[number % len(COLOURS)]
            ax.plot(whole_days, seen[major].set_axis(known).reindex(whole_days), color=colour)
            ax.plot(
                start + pd.to_timedelta([last, *guess.index], unit="D"),
                [seen.loc[last, major], *guess[major]],
                color=colour,
                linestyle=(0, (3, 2)),
                linewidth=1.6,
            )
            ax.plot([end, known[-1]], [seen.loc[last, major]] * 2, color=colour, linestyle=":", linewidth=1)
            ends.append((seen[major].iloc[-1], f"{major}.x", colour))
        ax.axvline(end, color=GREY, linewidth=1)
        ax.annotate("fitted up to here ", (end, 0.97), xycoords=("data", "axes fraction"), color=GREY, ha="right", va="top")
        ax.annotate(" predicted (dashed), no change (dotted)", (end, 0.97), xycoords=("data", "axes fraction"), color=GREY, va="top")
        ax.margins(x=0)
        ax.set_ylim(0, 1.15 * seen[majors].to_numpy().max())
        ax.set_ylabel("% of servers")
        ax.set_title("Servers by major version: seen, and predicted")
        locator = AutoDateLocator()
        ax.xaxis.set_major_locator(locator)
        ax.xaxis.set_major_formatter(ConciseDateFormatter(locator))
        label_ends(ax, ends)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(svg(made, "real-drift"), encoding="utf-8")
