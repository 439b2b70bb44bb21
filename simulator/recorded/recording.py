"""A recording: a column of times and one of values."""

from __future__ import annotations

import hashlib
from array import array
from collections.abc import Callable
from pathlib import Path as File
from typing import BinaryIO, NamedTuple

from simulator.recorded.columns import Columns, quoted, wrong
from simulator.recorded.parquet import read_parquet
from simulator.recorded.places import locate, opened
from simulator.recorded.text import read_text

READERS: dict[str, Callable[[BinaryIO, Columns], None]] = {".csv": read_text, ".tsv": read_text, ".parquet": read_parquet}


class Recording(NamedTuple):
    """Rising times (seconds since the first) and a value each, or no values where each row is one request; and the digest of the file."""

    times: array[float]
    values: array[float]
    sha256: str


def record_of(file: str, time: str | None = None, column: str | None = None, stamps: bool = False, sha256: str | None = None) -> Recording:
    """What a `.csv`, `.tsv` or `.parquet` file says in a column of times and one of values; raises ValidationError at the key that is wrong."""
    path = locate(file, READERS)
    columns = Columns(quoted(file), time, column, stamps)
    with opened(path, file) as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()  # type: ignore[arg-type]
        if sha256 not in (None, digest):
            raise wrong("TraceChanged", f"{columns.file} now hashes to {digest}; leave `sha256` out if the change is meant", "sha256")
        stream.seek(0)
        READERS[File(file).suffix.lower()](stream, columns)
    if not columns.times:
        raise wrong("TraceEmpty", f"{columns.file} has no rows")
    return Recording(columns.times, columns.values, digest)
