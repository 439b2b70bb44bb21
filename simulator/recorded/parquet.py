"""Parquet: a table in Apache's format of that name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, BinaryIO

import pyarrow as pa
from pyarrow import compute, parquet, types
from pydantic import ValidationError

from simulator.recorded.columns import NAME_TIMES
from simulator.recorded.refusal import shown, wrong
from simulator.recorded.table import LARGEST, MOST_ROWS, Table

DAMAGED = (pa.ArrowException, OSError, ValueError, LookupError, MemoryError)
BATCH = 4096  # rows
LONGEST = 100  # characters of a time


class Parquet(Table):
    """Numbers and texts as they are, dates and time stamps as texts."""

    row = "row"

    def __init__(self, stream: BinaryIO, file: str) -> None:
        try:
            self._facts = parquet.read_metadata(stream)
            self._schema = self._facts.schema.to_arrow_schema()
        except DAMAGED as error:
            raise wrong("TraceFormat", f"{file} is no Parquet file, or a damaged one: {_line(error)}") from None
        if not self._schema.names:
            raise wrong("TraceEmpty", f"{file} has no columns")
        super().__init__(file, self._schema.names, [place for place, kind in enumerate(self._schema.types) if _is_date(kind)])
        self._stream = stream

    def cells(self, time: int | None, value: int | None) -> Iterator[tuple[int, Any, Any]]:
        """Rows are counted from 1."""
        self._refuse(time, value)
        number = 0
        try:
            for batch in self._batches(time, value):
                for cells in batch:
                    number += 1
                    yield number, *cells
        except ValidationError:  # a ValueError, too
            raise
        except DAMAGED as error:
            raise self.wrong("TraceFormat", number + 1, f"cannot be read, the file is damaged: {_line(error)}") from None

    def _refuse(self, time: int | None, value: int | None) -> None:
        """What holds no times or no values, or too many of them."""
        if time is not None:
            kind = self._schema.types[time]
            if not (_is_text(kind) or _is_date(kind) or types.is_integer(kind) or types.is_floating(kind)):
                raise wrong("TraceValue", f"the column {shown(self.names[time])} of {self.file} should hold times, not {kind!s:.60}{NAME_TIMES}")
        if value is not None:
            kind = self._schema.types[value]
            if not (types.is_integer(kind) or types.is_floating(kind) or types.is_decimal(kind)):
                raise wrong("TraceValue", f"the column {shown(self.names[value])} of {self.file} should hold numbers, not {kind!s:.60}")
        if self._facts.num_rows > MOST_ROWS:
            raise wrong("TraceTooLarge", f"{self.file} has {self._facts.num_rows:,} rows; a trace may have {MOST_ROWS:,}")
        # Of row groups and not of their columns: asked for a damaged one, pyarrow 26 ends the whole process.
        unpacked = sum(self._facts.row_group(group).total_byte_size for group in range(self._facts.num_row_groups))
        if unpacked > LARGEST:
            raise wrong("TraceTooLarge", f"{self.file} unpacks to {unpacked:,} bytes; keep the columns of time and value, below {LARGEST:,}")

    def _batches(self, time: int | None, value: int | None) -> Iterator[Iterator[tuple[Any, Any]]]:
        """Cells of time and value, a few thousand rows at once."""
        wanted = [self.names[place] for place in (time, value) if place is not None]
        texts = [self.names[time]] if time is not None and _is_text(self._schema.types[time]) else []  # as a dictionary, so that a long one is there once
        file = parquet.ParquetFile(self._stream, metadata=self._facts, read_dictionary=texts)
        for batch in file.iter_batches(BATCH, columns=wanted, use_threads=False):
            none = [None] * len(batch)
            times = none if time is None else self._times(batch.column(self.names[time]), time)
            values = none if value is None else batch.column(self.names[value]).cast(pa.float64(), safe=False).to_pylist()
            yield zip(times, values, strict=True)

    def _times(self, times: Any, place: int) -> list[Any]:
        """The cells of a column of times."""
        kind = self._schema.types[place]
        if _is_text(kind) and (compute.max(compute.binary_length(times.dictionary)).as_py() or 0) > LONGEST:
            raise wrong(
                "TraceValue",
                f"the column {shown(self.names[place])} of {self.file} holds texts of more than {LONGEST} characters, which are no times{NAME_TIMES}",
            )
        return list((_written(times) if _is_date(kind) else times).to_pylist())


def _written(times: Any) -> Any:
    """As texts, with their offset where they have one."""
    if not types.is_timestamp(times.type):
        return times.cast(pa.string())
    texts = times.cast(pa.timestamp(times.type.unit)).cast(pa.string())
    return texts if times.type.tz is None else compute.binary_join_element_wise(texts, "Z", "")


def _is_date(kind: Any) -> bool:
    return bool(types.is_timestamp(kind) or types.is_date(kind))


def _is_text(kind: Any) -> bool:
    inner = kind.value_type if types.is_dictionary(kind) else kind
    return bool(types.is_string(inner) or types.is_large_string(inner))


def _line(error: BaseException) -> str:
    return " ".join(str(error).split())[:120]
