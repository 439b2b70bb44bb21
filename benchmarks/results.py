"""Results: the rows of the last run that others may want to read."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

LATEST = Path(__file__).with_name("results") / "latest.json"


class Row(NamedTuple):
    """What one subject was measured at; None where nothing stood beside it."""

    benchmark: str
    subject: str
    requests_per_s: float
    x_simpy: float | None
    x_c: float | None
    peak_rss_mb: float


def keep(rows: Sequence[Row]) -> None:
    """Write them, four digits of each number."""
    LATEST.parent.mkdir(exist_ok=True)
    told = [{name: float(f"{value:.4g}") if isinstance(value, float) else value for name, value in row._asdict().items()} for row in rows]
    LATEST.write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")
