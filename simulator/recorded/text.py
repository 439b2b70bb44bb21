"""Text: a table of cells between commas, semicolons or tabs."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from io import TextIOWrapper
from itertools import chain
from typing import BinaryIO

from pydantic import ValidationError

from simulator.recorded.clock import is_time
from simulator.recorded.refusal import counted, shown, wrong
from simulator.recorded.table import MOST_ROWS, Table

LONGEST = 100_000  # characters in a line
SEPARATORS = ",;\t"
QUOTED = re.compile(r'"[^"]*("|$)')


class Text(Table):
    """Cells between commas, semicolons or tabs, whichever the first line has most of outside quotation marks."""

    row = "line"

    def __init__(self, stream: BinaryIO, file: str) -> None:
        super().__init__(file, [])
        self._stream = stream
        lines = self._lines()
        self._blank = 0  # lines before the header
        for header in lines:
            if header.strip():
                break
            self._blank += 1
        else:
            raise wrong("TraceEmpty", f"{file} is empty")
        plain = QUOTED.sub("", header)
        self._rows = csv.reader(chain([header], lines), delimiter=max(SEPARATORS, key=plain.count), strict=True)
        try:
            self.names = [name.strip() for name in next(self._rows)]
        except csv.Error as error:
            raise self._broken(self._blank + 1, error) from None
        self._refuse_nameless(plain)

    def cells(self, time: int | None, value: int | None) -> Iterator[tuple[int, str | None, str | None]]:
        """The line in which each row begins, and its cells."""
        width, rows, first = len(self.names), self._rows, True
        number = self._blank + rows.line_num + 1
        try:
            for row in rows:
                if len(row) == width:
                    yield number, None if time is None else row[time], None if value is None else row[value]
                    first = False
                elif "".join(row).strip():
                    hint = "; leave out the lines before the one that names the columns, if there are such" if first else ""
                    cells, columns = counted(len(row), "cell"), counted(width, "column")
                    raise self.wrong("TraceFormat", number, f"the row has {cells}, and the first line names {columns}{hint}")
                number = self._blank + rows.line_num + 1
        except csv.Error as error:
            raise self._broken(number, error) from None

    def _refuse_nameless(self, header: str) -> None:
        """What cannot be the line that names the columns."""
        name, line = self.names[0], self._blank + 1
        if is_time(name):
            raise self.wrong("TraceFormat", line, f"{shown(name)} is no name; name the columns in the first line")
        if name.startswith("#"):
            raise self.wrong("TraceFormat", line, f"{shown(name)} is a comment; begin with the line that names the columns, without `#`")
        if len(self.names) == 1 and "|" in header:
            raise self.wrong("TraceFormat", line, f"{shown(name)} is a single column; write commas, semicolons or tabs between columns")

    def _broken(self, number: int, error: csv.Error) -> ValidationError:
        return self.wrong("TraceTooLarge" if "limit" in str(error) else "TraceFormat", number, f"{error}; is a quotation mark missing?")

    def _lines(self) -> Iterator[str]:
        """Lines of text, none of them too long and all of them not too many to be read."""
        with TextIOWrapper(self._stream, encoding="utf-8-sig", errors="surrogateescape", newline="") as text:
            number = 0
            while line := text.readline(LONGEST + 1):
                number += 1
                if number > 2 * MOST_ROWS:
                    raise self.wrong("TraceTooLarge", number, f"more than {2 * MOST_ROWS:,} lines, empty ones counted; give sums over longer intervals")
                if len(line) > LONGEST:
                    raise self.wrong("TraceTooLarge", number, f"has more than {LONGEST:,} characters; is this a table?")
                if "\0" in line or (not line.isascii() and any("\udc80" <= sign <= "\udcff" for sign in line)):
                    raise self.wrong("TraceFormat", number, "is no text in UTF-8; save the table as such")
                yield line
