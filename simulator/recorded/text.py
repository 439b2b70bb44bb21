"""Tables as text: rows of cells between commas, semicolons or tabs."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import datetime
from io import TextIOWrapper
from itertools import chain
from typing import BinaryIO

from simulator.recorded.columns import Columns, is_number, shown, wrong

LONGEST = 100_000  # characters in a line


def read_text(stream: BinaryIO, columns: Columns) -> None:
    """Rows of cells between commas, semicolons or tabs, whichever the first line has most of."""
    lines = _lines(stream, columns)
    blank = 0
    for header in lines:
        if header.strip():
            break
        blank += 1
    else:
        raise wrong("TraceEmpty", f"{columns.file} is empty")
    rows = csv.reader(chain([header], lines), delimiter=max(",;\t", key=header.count), strict=True)
    number = blank + 1  # the line in which a row begins
    try:
        names = [name.strip() for name in next(rows)]
        if _is_time(names[0]):
            raise columns.wrong("TraceFormat", number, f"{shown(names[0])} is no name; name the columns in the first line")
        time, value = columns.among(names)
        number = blank + rows.line_num + 1
        for row in rows:
            if len(row) == len(names):
                columns.add(number, row[time], None if value is None else row[value])
            elif "".join(row).strip():
                raise columns.wrong("TraceFormat", number, f"the row has {len(row)} cells, and the first line names {len(names)} columns")
            number = blank + rows.line_num + 1
    except csv.Error as error:
        large = "limit" in str(error)
        raise columns.wrong("TraceTooLarge" if large else "TraceFormat", number, f"{error}; is a quotation mark missing?") from None


def _lines(stream: BinaryIO, columns: Columns) -> Iterator[str]:
    """Lines of text, none of them too long to be read."""
    number = 0
    with TextIOWrapper(stream, encoding="utf-8-sig", errors="surrogateescape", newline="") as text:
        while line := text.readline(LONGEST + 1):
            number += 1
            if len(line) > LONGEST:
                raise columns.wrong("TraceTooLarge", number, f"has more than {LONGEST:,} characters; is this a table?")
            if "\0" in line or (not line.isascii() and any("\udc80" <= sign <= "\udcff" for sign in line)):
                raise columns.wrong("TraceFormat", number, "is no text in UTF-8; save the table as such")
            yield line


def _is_time(cell: str) -> bool:
    try:
        return bool(is_number(cell) or datetime.fromisoformat(cell))
    except ValueError:
        return False
