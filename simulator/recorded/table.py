"""A table: named columns of cells, whatever kind of file holds them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

from pydantic import ValidationError

from simulator.recorded.refusal import wrong

LARGEST = 200_000_000  # bytes, of a file and of what its columns unpack to
MOST_ROWS = 2_000_000


class Table:
    """An open file of which the names of the columns are read, and the cells not yet."""

    row: ClassVar[str]  # by which number its rows are found: a line or a row

    def __init__(self, file: str, names: Sequence[str], dated: Sequence[int] = ()) -> None:
        self.file, self.names = file, names
        self.dated = dated  # where columns stand that hold times by their type

    def cells(self, time: int | None, value: int | None) -> Iterator[tuple[int, Any, Any]]:
        """The number of each row, and its cells in the columns of times and values (None without such a column); one of the two is there."""
        raise NotImplementedError

    def wrong(self, kind: str, number: int, message: str) -> ValidationError:
        """The error of one row."""
        return wrong(kind, f"{self.file}, {self.row} {number}: {message}")


def number(cell: Any) -> float:
    """What a cell says as a number; ValueError for what only Python takes for one, such as `1_234` and digits of other scripts."""
    if isinstance(cell, str) and ("_" in cell or not cell.isascii()):
        raise ValueError(cell)
    return float(cell)
