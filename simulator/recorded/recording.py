"""A recording: a column of times and one of values."""

from __future__ import annotations

import hashlib
import re
from array import array
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path as File
from typing import Annotated, BinaryIO, NamedTuple

from pydantic import AfterValidator

from simulator.component import refuse
from simulator.recorded.columns import Wanted, of_values
from simulator.recorded.places import locate, opened
from simulator.recorded.refusal import quoted, wrong
from simulator.recorded.series import Series, values_in
from simulator.recorded.table import LARGEST, Table
from simulator.recorded.text import Text

KINDS = (".csv", ".tsv", ".parquet")
BLOCK = 1 << 20  # bytes read at once


def _hexadecimal(value: str) -> str:
    if not re.fullmatch(r"[0-9a-fA-F]{64}", value):
        raise refuse("ConfigType", f"should be the 64 hexadecimal digits that `sha256sum` prints, not {value!r:.60}")
    return value.lower()


Sha256 = Annotated[str, AfterValidator(_hexadecimal)]


class Recording(NamedTuple):
    """Rising times (seconds since the first) and a value each, or no values where each row is one request; and the digest of the file."""

    times: array[float]
    values: array[float]
    sha256: str


def record_of(file: str, time: str | None = None, column: str | None = None, stamps: bool = False, sha256: str | None = None) -> Recording:
    """What a `.csv`, `.tsv` or `.parquet` file says in a column of times and one of values; raises ValidationError at the key that is wrong."""
    with _opened(file, sha256) as (table, digest):
        series = _series(table, Wanted(time, column, stamps))
    if not series.times:
        raise wrong("TraceEmpty", f"{quoted(file)} has no rows")
    return Recording(series.times, series.values, digest)


def values_of(file: str, column: str | None = None, sha256: str | None = None) -> tuple[array[float], str]:
    """What such a file says in one column, row by row, and the digest of the file."""
    with _opened(file, sha256) as (table, digest):
        values = values_in(table, of_values(table, column))
    if not values:
        raise wrong("TraceEmpty", f"{quoted(file)} has no rows")
    return values, digest


@contextmanager
def _opened(file: str, sha256: str | None) -> Iterator[tuple[Table, str]]:
    """The table in a file, and the digest of the file."""
    path = locate(file, KINDS)
    with opened(path, file) as stream:
        try:
            digest = _digest(stream, file)
            if sha256 not in (None, digest):
                raise wrong("TraceChanged", f"{quoted(file)} now hashes to {digest}; leave `sha256` out if the change is meant", "sha256")
            stream.seek(0)
            yield _table(stream, file), digest
        except OSError as error:
            raise wrong("FileNotRegular", f"{quoted(file)} cannot be read: {error.strerror}") from None


def _digest(stream: BinaryIO, file: str) -> str:
    """The SHA-256 of what is there, which may be more than the size of the file says."""
    digest, size = hashlib.sha256(), 0
    while block := stream.read(BLOCK):
        digest.update(block)
        size += len(block)
        if size > LARGEST:
            raise wrong("TraceTooLarge", f"{quoted(file)} has more than {LARGEST:,} bytes, which a trace may have")
    if block is None:  # as of a log that waits for its next line
        raise wrong("FileNotRegular", f"{quoted(file)} has no end")
    return digest.hexdigest()


def _series(table: Table, wanted: Wanted) -> Series:
    columns = wanted.among(table)
    series = Series(table, columns)
    for row, time, value in table.cells(columns.time, columns.value):
        series.add(row, time, value)
    return series


def _table(stream: BinaryIO, file: str) -> Table:
    if File(file).suffix.lower() != ".parquet":
        return Text(stream, quoted(file))
    from simulator.recorded.parquet import Parquet  # where no trace is one, pyarrow stays out

    return Parquet(stream, quoted(file))
