"""A clock: what reads the times of a recording as seconds since the first one."""

from __future__ import annotations

import math
import re
from datetime import datetime, timedelta
from typing import Any

from simulator.recorded.table import number

MILLISECONDS = 1e11  # as seconds since 1970, the year 5138
YEARS = range(1900, 2101)  # in which eight digits are a date


class Clock:
    """Numbers are seconds; other texts, and what looks like `20260601`, are ISO 8601: the first time decides."""

    def __init__(self, first: Any) -> None:
        written = not is_number(first) or _is_date(first)
        self._read = _moment if written else _seconds
        self._start = self._read(first)
        self.local = written and self._start.tzinfo is None  # so that it may have been set back

    def __call__(self, cell: Any) -> float:
        """Seconds since the first time; ValueError for what is no time, TypeError where only one of the two has an offset from UTC."""
        passed = self._read(cell) - self._start
        return float(passed.total_seconds()) if isinstance(passed, timedelta) else float(passed)


def is_number(cell: Any) -> bool:
    """Whether a cell is a finite number."""
    try:
        return math.isfinite(number(cell))
    except ValueError:
        return False


def is_time(cell: str) -> bool:
    """Whether a text is a time, in seconds or in ISO 8601."""
    try:
        return is_number(cell) or bool(_moment(cell))
    except ValueError:
        return False


def _is_date(cell: Any) -> bool:
    """Eight digits, as text or as a whole number."""
    digits = str(cell).strip()
    try:
        return bool(re.fullmatch(r"\d{8}", digits)) and datetime.fromisoformat(digits).year in YEARS
    except ValueError:
        return False


def _moment(cell: Any) -> Any:
    return datetime.fromisoformat(str(cell).strip())


def _seconds(cell: Any) -> Any:
    seconds = number(cell)
    if not abs(seconds) < MILLISECONDS:
        raise ValueError(cell)
    return seconds
