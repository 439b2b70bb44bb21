"""Drawings: what every figure of a page has, whatever it shows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import repeat
from typing import NamedTuple

from matplotlib.axes import Axes
from matplotlib.figure import Figure as Drawing

from simulator import charts
from simulator.report.findings import MOST_RELEASES, Fleet
from simulator.scenario import Scenario

VISIBLE = 0.01  # a share that can be seen in a drawing


class Figure(NamedTuple):
    """A drawing under the name of its file, and what to read from it."""

    file: str
    svg: str
    caption: str


def drawn(made: Drawing, name: str, fleet: Fleet, caption: str) -> Figure:
    """A figure of one fleet."""
    file = f"{name}-{fleet.name}"
    return Figure(file, charts.svg(made, file), caption)


def window(fleet: Fleet) -> float:
    """How long (seconds) a step of the curves is."""
    first, second = fleet.curves["time_s"].unique()[:2]
    return float(second - first)


def known_releases(scenario: Scenario) -> list[tuple[float, str]]:
    """The releases known before the run, as marks; none where there are too many to be read."""
    known = [(release.time_s, release.name) for release in scenario.announcements()]
    return known if len(known) <= MOST_RELEASES else []


def marked(scenario: Scenario) -> list[tuple[float, str]]:
    """What is marked on a chart, in order."""
    return sorted([*((event.start_s, event.name) for event in scenario.events), *known_releases(scenario)])


def named_once(marks: list[tuple[float, str]]) -> Iterator[list[tuple[float, str]]]:
    """The marks of the first panel, and of all that are below it."""
    yield marks
    yield from repeat([(time, "") for time, _ in marks])


def headed(axes: Sequence[Axes], title: str) -> None:
    """A title for panels that are each a policy, and one legend for all."""
    for ax in axes:
        ax.label_outer()
    axes[0].set_title(f"{title}: {axes[0].get_title(loc='left')}")
    axes[0].legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=5, frameon=False, fontsize=9, borderaxespad=0.2)


def others(fleet: Fleet, shown: Sequence[str], what: str) -> str:
    """What is said of the policies that are not shown."""
    left = [policy for policy in fleet.policies if policy not in shown]
    return f"{what} {', '.join(left)}. " if left else ""
