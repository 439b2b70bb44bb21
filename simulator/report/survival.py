"""What survived, step by step: what somebody typed in each policy, and the text that was there before and after."""

from __future__ import annotations

from typing import Any, NamedTuple

import pandas as pd

from simulator.experiment import Results
from simulator.text import span

NOTHING = "—"


class Line(NamedTuple):
    """One step as the page shows it."""

    time: str
    took: str  # empty where it was through at once
    command: str
    where: str
    before: str
    after: str
    lost: bool
    answer: str  # empty where it was simply done
    failed: bool


class Block(NamedTuple):
    """The steps as one policy met them, and how many looks at what was written found it."""

    policy: str
    found: str
    lines: list[Line]


def blocks(results: Results) -> list[Block]:
    """A block a policy, of the first replication; none where a scenario has no steps."""
    if "steps" not in results.tables:
        return []
    steps = results.tables["steps"]
    first = steps[steps["replication"] == 0]
    return [_block(policy, first[first["policy"] == policy]) for policy in results.scenario.policies]


def _block(policy: str, steps: pd.DataFrame) -> Block:
    looks = steps["found"].dropna()
    found = f"{looks.sum():.0f} of {len(looks)} looks at what was written found it" if len(looks) else "nobody looked at what was written"
    return Block(policy, found, [_line(row) for row in steps.to_dict("records")])


def _clock(seconds: float) -> str:
    """`30:01:00`: hours, minutes and seconds since the start, as steps follow each other by minutes."""
    whole = round(seconds)
    return f"{whole // 3600}:{whole // 60 % 60:02d}:{whole % 60:02d}"


def _line(row: dict[Any, Any]) -> Line:
    begun, end = row["time_s"], row["end_s"]
    took = f"took {span(end - begun)}" if end - begun >= 60 else ""
    where = " in ".join(row[name] for name in ("path", "container") if row[name])
    before, after = (row[name] or NOTHING for name in ("before", "after"))
    failed = not row["outcome"].startswith("done")
    answer = row["outcome"].removeprefix("done").removeprefix(": ")
    return Line(_clock(begun), took, row["command"], where, before, after, row["lost"], answer, failed)
