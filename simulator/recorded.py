"""Recorded: what others measured, as columns read from a file."""

from __future__ import annotations

import csv
import hashlib
import math
import os
import stat
from array import array
from collections.abc import Callable, Iterator, Sequence
from contextvars import ContextVar
from datetime import datetime
from io import TextIOWrapper
from itertools import chain
from pathlib import Path as File
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple

from pydantic import ValidationError

from simulator.component import meant, refuse

if TYPE_CHECKING:
    import pyarrow as pa

LARGEST = 200_000_000  # bytes, of a file and of what its columns unpack to
MOST_ROWS = 2_000_000
LONGEST = 100_000  # characters in a line
LISTED = 10  # columns named in a message
MILLISECONDS = 1e11  # as seconds since 1970, the year 5138
ARCHIVES = {".zip", ".tar", ".gz", ".tgz", ".bz2", ".tbz", ".xz", ".txz", ".zst", ".lz4", ".7z", ".rar"}

# Where recordings may lie, first of all beside the scenario; None trusts what was read before, and opens nothing.
folders: ContextVar[tuple[File, ...] | None] = ContextVar("folders", default=(File(),))


class Recording(NamedTuple):
    """Rising times (seconds since the first) and a value each, or no values where each row is one request; and the digest of the file."""

    times: array[float]
    values: array[float]
    sha256: str


def record_of(file: str, time: str | None = None, column: str | None = None, stamps: bool = False, sha256: str | None = None) -> Recording:
    """What a `.csv`, `.tsv` or `.parquet` file says in a column of times and one of values; raises ValidationError at the key that is wrong."""
    path = locate(file)
    columns = Columns(_quoted(file), time, column, stamps)
    with _opened(path, file) as opened:
        digest = hashlib.file_digest(opened, "sha256").hexdigest()  # type: ignore[arg-type]
        if sha256 not in (None, digest):
            raise wrong("TraceChanged", f"{columns.file} now hashes to {digest}; leave `sha256` out if the change is meant", "sha256")
        opened.seek(0)
        READERS[File(file).suffix.lower()](opened, columns)
    if not columns.times:
        raise wrong("TraceEmpty", f"{columns.file} has no rows")
    return Recording(columns.times, columns.values, digest)


def locate(file: str) -> File:
    """The path of a recording below one of the folders; elsewhere nobody looks whether there is one."""
    allowed = [os.path.realpath(folder) for folder in folders.get() or ()]
    places = " or ".join(allowed)
    if "://" in file:
        raise wrong("PathNotAllowed", f"{_quoted(file)} is an address; store the trace in a file beside the scenario")
    try:
        paths = [File(os.path.realpath(os.path.join(folder, file))) for folder in allowed]
    except ValueError:
        raise wrong("PathNotAllowed", f"{_quoted(file)} is no path of a file; give the name of a trace") from None
    inside = [path for path in paths if any(path.is_relative_to(folder) for folder in allowed)]
    found = next((path for path in inside if os.path.exists(path)), None)
    if not found and len(inside) < len(paths):
        raise wrong("PathNotAllowed", f"{_quoted(file)} leads out of {places}; allow the folder of the trace with `--data FOLDER`")
    suffix = File(file).suffix.lower()
    if suffix in ARCHIVES:
        raise wrong("PathNotAllowed", f"{_quoted(file)} is an archive, whose members may lie anywhere; unpack it")
    if suffix not in READERS:
        raise wrong("TraceFormat", f"cannot read {_quoted(file)}; a trace is one of {', '.join(READERS)}")
    if not found:
        raise wrong("FileNotFound", f"no trace {_quoted(file)} in {places}")
    return found


def _opened(path: File, file: str) -> BinaryIO:
    """The open file, if it is one and not too large; what is no file could keep us waiting."""
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise wrong("FileNotRegular", f"{_quoted(file)} is not a regular file")
        if status.st_size > LARGEST:
            raise wrong("TraceTooLarge", f"{_quoted(file)} has {status.st_size:,} bytes; a trace may have {LARGEST:,}")
        return path.open("rb")
    except OSError as error:
        raise wrong("FileNotRegular", f"{_quoted(file)} cannot be read: {error.strerror}") from None


class Columns:
    """The columns that a scenario wants of a file, as far as they are read."""

    def __init__(self, file: str, time: str | None, column: str | None, stamps: bool) -> None:
        self.file, self.time, self.column, self.stamps = file, time, column, stamps
        self.times, self.values = array("d"), array("d")
        self.unit = "line"
        self._seconds: Callable[[Any], float] | None = None
        self._before: Any = None

    def among(self, names: Sequence[str]) -> tuple[int, int | None]:
        """Where the times stand in a row, and where the values, unless each row is one request."""
        time = 0 if self.time is None else self._place(names, "time", self.time)
        others = [place for place in range(len(names)) if place != time]
        self.stamps = self.stamps or (not others and self.column is None)
        if self.stamps:
            return time, None
        if self.column is None:
            if len(others) > 1:
                raise wrong("ConfigMissing", f"say which `column` of {self.file} counts: {_listed([names[place] for place in others])}", "column")
            self.column = names[others[0]]
        value = self._place(names, "column", self.column)
        if value == time:
            raise wrong("ConfigConflict", f"{self.column!r:.60} is the column of times", "column")
        return time, value

    def _place(self, names: Sequence[str], key: str, name: str) -> int:
        if name not in names:
            raise wrong("ConfigChoice", f"no column {name!r:.60} in {self.file}{meant(name, names)}; it has {_listed(names)}", key)
        if names.count(name) > 1:
            raise wrong("TraceFormat", f"{self.file} has several columns named {name!r:.60}; give each its own name")
        return names.index(name)

    def add(self, number: int, time: Any, value: Any) -> None:
        """One row more."""
        if len(self.times) == MOST_ROWS:
            raise self.wrong("TraceTooLarge", number, f"more than {MOST_ROWS:,} rows; give sums over longer intervals")
        seconds = self._since_first(number, time)
        if self.times and (seconds < self.times[-1] or (seconds == self.times[-1] and not self.stamps)):
            should, remedy = ("not come before", "") if self.stamps else ("come after", ", and keep one of a time")
            raise self.wrong("TraceOrder", number, f"{_shown(time)} should {should} {_shown(self._before)}, the time of the row before; sort the rows{remedy}")
        self.times.append(seconds)
        self._before = time
        if not self.stamps:
            self.values.append(self._value(number, value))

    def _since_first(self, number: int, cell: Any) -> float:
        if _empty(cell):
            raise self.wrong("TraceValue", number, "the time is empty; leave the row out where nothing was measured")
        try:
            if self._seconds is None:
                self._seconds = _clock(cell)
            return self._seconds(cell)
        except TypeError:
            raise self.wrong("TraceValue", number, f"{_shown(cell)} and the first time should both have an offset from UTC, or both none") from None
        except ValueError:
            remedy = "write all times like '2026-06-01T09:00:00', or all in seconds"
            raise self.wrong("TraceValue", number, f"cannot read {_shown(cell)} as a time; {remedy}") from None

    def _value(self, number: int, cell: Any) -> float:
        what = f"the value of {self.column!r:.60}"
        if _empty(cell):
            raise self.wrong("TraceValue", number, f"{what} is empty; leave the row out where nothing was measured")
        try:
            value = float(cell)
        except ValueError:
            hint = "; write it with a decimal point" if "," in cell else ""
            raise self.wrong("TraceValue", number, f"{what} should be a number, not {_shown(cell)}{hint}") from None
        if not 0 <= value < math.inf:
            hint = "; leave the row out where nothing was measured" if math.isnan(value) else ""
            raise self.wrong("TraceValue", number, f"{what} should be a finite number, at least 0, not {_shown(cell)}{hint}")
        return value

    def wrong(self, kind: str, number: int, message: str) -> ValidationError:
        """The error of one line or row."""
        return wrong(kind, f"{self.file}, {self.unit} {number}: {message}")


def _clock(first: Any) -> Callable[[Any], float]:
    """What reads a time as seconds since the first one: numbers are seconds, other texts ISO 8601."""
    if _is_number(first):
        begin = _seconds(first)
        return lambda cell: _seconds(cell) - begin
    start = datetime.fromisoformat(first.strip())
    return lambda cell: (datetime.fromisoformat(cell.strip()) - start).total_seconds()


def _seconds(cell: Any) -> float:
    seconds = float(cell)
    if not abs(seconds) < MILLISECONDS:
        raise ValueError(cell)
    return seconds


def _is_number(cell: Any) -> bool:
    try:
        return math.isfinite(float(cell))
    except ValueError:
        return False


def _is_time(cell: str) -> bool:
    try:
        return bool(_is_number(cell) or datetime.fromisoformat(cell))
    except ValueError:
        return False


def _empty(cell: Any) -> bool:
    return cell is None or (isinstance(cell, str) and not cell.strip())


def _read_text(opened: BinaryIO, columns: Columns) -> None:
    """Rows of cells between commas, semicolons or tabs, whichever the first line has most of."""
    lines = _lines(opened, columns)
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
            raise columns.wrong("TraceFormat", number, f"{_shown(names[0])} is no name; name the columns in the first line")
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


def _lines(opened: BinaryIO, columns: Columns) -> Iterator[str]:
    """Lines of text, none of them too long to be read."""
    number = 0
    with TextIOWrapper(opened, encoding="utf-8-sig", errors="surrogateescape", newline="") as text:
        while line := text.readline(LONGEST + 1):
            number += 1
            if len(line) > LONGEST:
                raise columns.wrong("TraceTooLarge", number, f"has more than {LONGEST:,} characters; is this a table?")
            if "\0" in line or (not line.isascii() and any("\udc80" <= sign <= "\udcff" for sign in line)):
                raise columns.wrong("TraceFormat", number, "is no text in UTF-8; save the table as such")
            yield line


def _read_parquet(opened: BinaryIO, columns: Columns) -> None:
    """Rows of an Apache Parquet file, a few thousand at a time."""
    import pyarrow as pa  # where a scenario has no such trace, pyarrow stays out
    from pyarrow import parquet

    damaged = (pa.ArrowException, OSError, ValueError, MemoryError)
    columns.unit = "row"
    try:
        file = parquet.ParquetFile(opened)
        schema, facts = file.schema_arrow, file.metadata
        names = list(schema.names)
    except damaged as error:
        raise wrong("TraceFormat", f"{columns.file} is no Parquet file, or a damaged one: {_line(error)}") from None
    if not names:
        raise wrong("TraceEmpty", f"{columns.file} has no columns")
    time, value = columns.among(names)
    wanted = [names[place] for place in (time, value) if place is not None]
    types = [schema.field(name).type for name in wanted]
    kinds = pa.types
    if not _is_text(types[0]) and not any(tells(types[0]) for tells in (kinds.is_timestamp, kinds.is_date, kinds.is_integer, kinds.is_floating)):
        raise wrong("TraceValue", f"the column {wanted[0]!r:.60} of {columns.file} should hold times, not {types[0]!s:.60}")
    if value is not None and not (kinds.is_integer(types[1]) or kinds.is_floating(types[1]) or kinds.is_decimal(types[1])):
        raise wrong("TraceValue", f"the column {wanted[1]!r:.60} of {columns.file} should hold numbers, not {types[1]!s:.60}")
    if facts.num_rows > MOST_ROWS:
        raise wrong("TraceTooLarge", f"{columns.file} has {facts.num_rows:,} rows; a trace may have {MOST_ROWS:,}")
    # Of row groups and not of their columns: asked for a damaged one, pyarrow 26 ends the whole process.
    unpacked = sum(facts.row_group(group).total_byte_size for group in range(facts.num_row_groups))
    if unpacked > LARGEST:
        raise wrong("TraceTooLarge", f"{columns.file} unpacks to {unpacked:,} bytes; keep the columns of time and value, below {LARGEST:,}")
    number = 0
    try:
        for cells in _batches(opened, columns, wanted, types[0]):
            for time_cell, value_cell in cells:
                number += 1
                columns.add(number, time_cell, value_cell)
    except ValidationError:  # a ValueError, too
        raise
    except damaged as error:
        raise columns.wrong("TraceFormat", number + 1, f"cannot be read, the file is damaged: {_line(error)}") from None


def _batches(opened: BinaryIO, columns: Columns, wanted: list[str], kind: pa.DataType) -> Iterator[Iterator[tuple[Any, Any]]]:
    """Cells of time and value: numbers and texts as they are, time stamps as texts."""
    import pyarrow as pa
    from pyarrow import compute, parquet

    texts = wanted[:1] if _is_text(kind) else []  # as a dictionary, so that a long one is there once
    for batch in parquet.ParquetFile(opened, read_dictionary=texts).iter_batches(4096, columns=wanted, use_threads=False):
        times = batch.column(wanted[0])
        if texts and (compute.max(compute.binary_length(times.dictionary)).as_py() or 0) > 100:
            raise wrong("TraceValue", f"the column {wanted[0]!r:.60} of {columns.file} holds texts of more than 100 characters, which are no times")
        if pa.types.is_timestamp(kind):
            times = times.cast(pa.timestamp(kind.unit))
        if pa.types.is_temporal(kind):
            times = times.cast(pa.string())
        values = batch.column(wanted[1]).cast(pa.float64(), safe=False).to_pylist() if len(wanted) > 1 else [None] * len(batch)
        yield zip(times.to_pylist(), values, strict=True)


def _is_text(kind: pa.DataType) -> bool:
    from pyarrow.types import is_dictionary, is_large_string, is_string

    inner = kind.value_type if is_dictionary(kind) else kind
    return bool(is_string(inner) or is_large_string(inner))


READERS: dict[str, Callable[[BinaryIO, Columns], None]] = {".csv": _read_text, ".tsv": _read_text, ".parquet": _read_parquet}


def wrong(kind: str, message: str, key: str = "file") -> ValidationError:
    """The error at one key of what names the recording."""
    return ValidationError.from_exception_data("Recording", [{"type": refuse(kind, message), "loc": (key,), "input": None}])


def _quoted(file: str) -> str:
    return f"{file!r:.200}"


def _shown(cell: Any) -> str:
    return f"{cell!r:.60}"


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - LISTED} more" if len(names) > LISTED else ""
    return ", ".join(f"{name!r:.40}" for name in names[:LISTED]) + more


def _line(error: BaseException) -> str:
    return " ".join(str(error).split())[:120]
