"""Refusals: what is wrong with a recording, said in one line however long the names and cells in it are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic import ValidationError

from simulator.component import refuse

LISTED = 10  # columns named in a message


def wrong(kind: str, message: str, key: str = "file") -> ValidationError:
    """The error at one key of what names the recording."""
    return ValidationError.from_exception_data("Recording", [{"type": refuse(kind, message), "loc": (key,), "input": None}])


def quoted(file: str) -> str:
    """The name of a file."""
    return f"{file!r:.200}"


def shown(cell: Any) -> str:
    """A cell, or the name of a column."""
    return f"{cell!r:.60}"


def listed(names: Sequence[str]) -> str:
    """The first names, and how many more there are."""
    more = f" and {len(names) - LISTED} more" if len(names) > LISTED else ""
    return ", ".join(f"{name!r:.40}" for name in names[:LISTED]) + more


def counted(number: int, noun: str) -> str:
    """`1 cell`, `2,000 cells`."""
    return f"{number:,} {noun}{'s' * (number != 1)}"
