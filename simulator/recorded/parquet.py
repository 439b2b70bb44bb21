"""Tables as Apache Parquet."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, BinaryIO

from pydantic import ValidationError

from simulator.recorded.columns import LARGEST, MOST_ROWS, Columns, wrong

if TYPE_CHECKING:
    import pyarrow as pa


def read_parquet(stream: BinaryIO, columns: Columns) -> None:
    """Rows, a few thousand at a time."""
    import pyarrow as pa  # where a scenario has no such trace, pyarrow stays out
    from pyarrow import parquet

    damaged = (pa.ArrowException, OSError, ValueError, MemoryError)
    columns.unit = "row"
    try:
        file = parquet.ParquetFile(stream)
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
        for cells in _batches(stream, columns, wanted, types[0]):
            for time_cell, value_cell in cells:
                number += 1
                columns.add(number, time_cell, value_cell)
    except ValidationError:  # a ValueError, too
        raise
    except damaged as error:
        raise columns.wrong("TraceFormat", number + 1, f"cannot be read, the file is damaged: {_line(error)}") from None


def _batches(stream: BinaryIO, columns: Columns, wanted: list[str], kind: pa.DataType) -> Iterator[Iterator[tuple[Any, Any]]]:
    """Cells of time and value: numbers and texts as they are, time stamps as texts."""
    import pyarrow as pa
    from pyarrow import compute, parquet

    texts = wanted[:1] if _is_text(kind) else []  # as a dictionary, so that a long one is there once
    for batch in parquet.ParquetFile(stream, read_dictionary=texts).iter_batches(4096, columns=wanted, use_threads=False):
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


def _line(error: BaseException) -> str:
    return " ".join(str(error).split())[:120]
