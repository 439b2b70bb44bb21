"""Version mixes: the share of servers on each version, day by day, from counts of user agents."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

COLUMNS = ["date", "version", "nodes"]
# A major version (0.21, then 25), a minor one, and who made it where it is not the project itself.
AGENT = re.compile(r"/Satoshi:(0\.\d+|\d+)\.(\d+)[\d.]*[/(]*([A-Za-z-]*)")
DEVELOPMENT = "99"  # the minor version of what is built between releases


@dataclass(frozen=True)
class Mix:
    """Shares of lines (columns) on days since the first (index), and what each line is.

    A line is a version, or a major version as far as it was there from the first day. `lines` has its major version,
    its maker ("" for the project itself), whether it is a release, and the day on which it was first seen (-inf if
    from the first); older ones come first.
    """

    shares: pd.DataFrame
    lines: pd.DataFrame

    def until(self, day: float) -> Mix:
        """What was known at the end of a day."""
        known = self.lines[self.lines["seen"] <= day]
        return Mix(self.shares.loc[:day, known.index], known)

    def majors(self, shares: pd.DataFrame) -> pd.DataFrame:
        """Shares of lines, summed by major version."""
        return shares.T.groupby(self.lines["major"], sort=False).sum().T


def read(file: Path) -> pd.DataFrame:
    """Servers by day and user agent."""
    rows = pd.read_csv(file)
    if missing := set(COLUMNS) - set(rows.columns):
        raise ValueError(f"{file}: no column {', '.join(sorted(missing))}; columns are {', '.join(COLUMNS)}")
    rows["date"] = pd.to_datetime(rows["date"])
    return rows.pivot_table(index="date", columns="version", values="nodes", aggfunc="sum", fill_value=0)


def mix(counts: pd.DataFrame) -> Mix:
    """The mix of lines; which day a version was first seen is all that is taken from its counts."""
    days = pd.Index((counts.index - counts.index[0]).days, name="day")
    lines = pd.DataFrame([_version(agent) for agent in counts.columns], index=counts.columns)
    first = (counts > 0).to_numpy().argmax(axis=0)
    lines["seen"] = np.where(first == 0, -np.inf, days.to_numpy()[first])
    lines["line"] = np.where((first == 0) & (lines["maker"] == ""), lines["major"], [agent.strip("/").removeprefix("Satoshi:") for agent in lines.index])
    lines = lines[(counts > 0).any().to_numpy()].sort_values("rank")
    shares = counts.div(counts.sum(axis=1), axis=0).set_axis(days)[lines.index].T.groupby(lines["line"], sort=False).sum().T
    lines = lines.groupby("line", sort=False).last()
    return Mix(shares, lines.assign(seen=_spread(lines["seen"], days)))


def _version(agent: str) -> dict[str, object]:
    found = AGENT.match(agent)
    major, minor, maker = found.groups() if found else ("other", DEVELOPMENT, agent.strip("/"))
    return {"major": major, "maker": maker, "release": minor != DEVELOPMENT, "rank": tuple(map(int, re.findall(r"\d+", agent)))}


def _spread(seen: pd.Series, days: pd.Index) -> pd.Series:
    """Versions that are new after days without a count: they came at equal steps in that gap, in their order."""
    spread = seen.copy()
    for day, new in seen[np.isfinite(seen)].groupby(seen):
        gap = day - days[days < day].max() - 1
        spread[new.index] = day - gap * np.arange(len(new), 0, -1) / (len(new) + 1)
    return spread
