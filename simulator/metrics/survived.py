"""What survived: the steps of a run, and whether what one has written is there when another looks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from simulator.run import Run

TEXTS = ("fleet", "server", "verb", "command", "container", "path", "before", "after", "outcome")


def survived(run: Run) -> pd.DataFrame:
    """The steps in their order, a row each: `fleet`, `server`, number (`step`) and `verb`; `time_s` when it was begun and `end_s` when it was through; the
    `command`, the `container` that was there after it (its id; empty for pets), the `path` of the file looked at, the text in it `before` and `after`
    (empty: no such file, or nothing to look into), and the `outcome`, which begins with `done` or says why it was not.

    `found` tells of a step that reads whether it found what was last written to that file (1 or 0; NaN for other steps, and where nothing was written yet;
    what was not read before the end was not found).
    `lost` is where a step that writes nothing took away what was last written.
    """
    rows = run.record.frame("steps").astype(dict.fromkeys(TEXTS, "object")).sort_values(["time_s", "step"], kind="stable", ignore_index=True)
    wrote = (rows["verb"] == "write") & (rows["outcome"] == "done")
    last = rows["after"].where(wrote).groupby([rows["fleet"], rows["server"], rows["path"]]).ffill()
    reads = (rows["verb"] == "read") & last.notna()
    rows["found"] = ((rows["after"] == last) & (rows["outcome"] == "done")).astype(float).where(reads)
    rows["lost"] = ~wrote & (rows["before"] == last) & (rows["after"] != last)
    return rows.astype(dict.fromkeys(TEXTS, "str"))


def found(run: Run) -> pd.Series:
    """By fleet, the share of steps that read a file after one has written to it which find what was last written; NaN where none does."""
    fleets = list(run.scenario.policies[run.policy].fleets)
    return survived(run).groupby("fleet")["found"].mean().reindex(fleets)
