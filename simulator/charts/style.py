"""The look of every chart: colours that colour-blind readers tell apart, labels where the lines end, and the same bytes each time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import StringIO
from math import isfinite
from typing import Any

import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure

# Okabe & Ito (2008); lines differ in dash as well.
COLOURS = ("#d55e00", "#0072b2", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#333333")
DASHES: tuple[Any, ...] = ((0, (5, 2)), "-", (0, (1, 1)), (0, (6, 2, 1, 2)))
GREY = "#595959"
RC: dict[Any, Any] = {
    "font.family": "DejaVu Sans",
    "font.size": 10,
    "axes.titlesize": 11.5,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#e4e4e4",
    "lines.linewidth": 2.0,
    "svg.fonttype": "path",
}
CLOSE, LEVELS = 0.2, 8  # names closer than this share of the width are stacked, so many at most
LETTER = 0.012  # share of the width that a letter of them takes
UNITS = (("days", 86400.0, 4 * 86400.0), ("hours", 3600.0, 2 * 3600.0), ("minutes", 60.0, 120.0), ("seconds", 1.0, 0.0))


def look(policies: Sequence[str], policy: str) -> dict[str, Any]:
    """Colour and dash of a policy's line: by its place, so that it is the same in every chart."""
    place = list(policies).index(policy)
    # The first lies on top, as its dashes let the others be seen.
    return {"color": COLOURS[place % len(COLOURS)], "linestyle": DASHES[place % len(DASHES)], "zorder": 3 + 1 / (1 + place)}


def unit(seconds: float) -> tuple[str, float]:
    """The unit for an axis as long as this, and its seconds."""
    return next((name, size) for name, size, least in UNITS if seconds >= least)


@contextmanager
def figure(height: float = 3.1) -> Iterator[tuple[Figure, Axes]]:
    """A figure as wide as the page, with one Axes. (A notebook shows it after `%matplotlib inline`.)"""
    with panels(1, height) as (made, (ax,)):
        yield made, ax


@contextmanager
def panels(rows: int, height: float | None = None, alike: bool = True) -> Iterator[tuple[Figure, Sequence[Axes]]]:
    """A figure as wide as the page, with so many Axes below each other, of one scale if alike, each so high (inches), or lower the more there are."""
    with rc_context(RC):
        made = Figure(figsize=(8.1, rows * (height or max(1.3, 2.5 - 0.2 * rows))), layout="constrained")
        yield made, made.subplots(rows, sharex=True, sharey=alike, squeeze=False)[:, 0].tolist()


def svg(made: Figure, name: str) -> str:
    """The figure as SVG, with the same bytes each time."""
    out = StringIO()
    with rc_context({**RC, "svg.hashsalt": name}):
        made.savefig(out, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    text = out.getvalue()
    return text[text.index("<svg") :]


def label_ends(ax: Axes, ends: Sequence[tuple[float, str, str]]) -> None:
    """Write each line's name (y, name, colour) beside its end, moved apart where lines meet, and not above the chart."""
    scale = ax.yaxis.get_transform()
    low, high = scale.transform(np.array(ax.get_ylim()))
    room = 0.085 * (high - low)
    ends = sorted(end for end in ends if isfinite(end[0]))
    places = scale.transform(np.array([y for y, _, _ in ends]))
    for number in range(1, len(ends)):
        places[number] = max(places[number], places[number - 1] + room)
    for number in reversed(range(len(ends))):
        places[number] = min(places[number], high - room * (len(ends) - 1 - number))
    for place, (_, name, colour) in zip(scale.inverted().transform(places), ends, strict=True):
        ax.annotate(name, (1.01, place), xycoords=("axes fraction", "data"), color=colour, weight="bold", va="center", annotation_clip=False)


def mark(ax: Axes, events: Sequence[tuple[float, str]], height: float = 0.03) -> None:
    """Name the moments (x, what) at which something happened, from this share of the chart's height up; close ones above each other."""
    left, right = ax.get_xlim()
    before, level, length = left - right, 0, 0
    for x, what in sorted(event for event in events if left <= event[0] <= right):
        ax.axvline(x, color=GREY, linewidth=1, linestyle=":")
        near_end = x > left + 0.8 * (right - left)
        room = max(CLOSE, LETTER * (length + len(what)) if near_end else 0)  # two names that are written towards each other
        level = (level + 1) % LEVELS if x - before < room * (right - left) else 0
        before, length = x, len(what)
        place: dict[str, Any] = {"xy": (x, height + level * 0.08), "xycoords": ("data", "axes fraction"), "ha": "right" if near_end else "left"}
        ax.annotate(f"{what} " if near_end else f" {what}", color=GREY, fontsize=9, **place)
