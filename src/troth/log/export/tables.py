"""Events as CSV and Parquet."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from troth.log.export._write import Events, whole_file

#: A spreadsheet takes a cell that begins so for a formula.
_FORMULA = r"^[=+\-@\t\r]"


def export_csv(events: Events, *, path: Path, safe: bool = False) -> int:
    """Write events as CSV (UTF-8, header, ISO times in UTC) and return how many.

    A null is an empty cell, an empty text is ``""``. By default every value is exact, so the file comes back equal.

    Parameters
    ----------
    events : events in `schema.EVENTS` or any table.
    path : file to write; packed if it ends in .gz.
    safe : put ``'`` before texts that a spreadsheet would run as a formula (those that begin with = + - @, a tab
        or a carriage return). For files that people open by a double click; such a file no longer comes back equal.
    """
    from pyarrow import csv

    schema = pa.schema([pa.field(f.name, _csv_type(f.type)) for f in events.schema])
    count = 0
    with whole_file(path) as out, csv.CSVWriter(out, schema) as writer:
        for batch in _batches(events):
            columns = [_csv_column(column, safe=safe) for column in batch.columns]
            writer.write_batch(pa.record_batch(columns, schema=schema))
            count += batch.num_rows
    return count


def export_parquet(events: Events, *, path: Path) -> int:
    """Write events as Parquet (zstd, UTC instants in microseconds) and return how many.

    Parameters
    ----------
    events : events in `schema.EVENTS` or any table.
    path : file to write.
    """
    from pyarrow import parquet

    count = 0
    with whole_file(path) as out, parquet.ParquetWriter(out, events.schema, compression="zstd") as writer:
        for batch in _batches(events):
            writer.write_batch(batch)
            count += batch.num_rows
    return count


def _batches(events: Events) -> Iterator[pa.RecordBatch]:
    if isinstance(events, pa.Table):
        yield from events.to_batches(max_chunksize=100_000)
    else:
        yield from events


def _csv_type(kind: pa.DataType) -> pa.DataType:
    return pa.string() if pa.types.is_timestamp(kind) or pa.types.is_floating(kind) else kind


def _csv_column(column: pa.Array, *, safe: bool) -> pa.Array:
    if pa.types.is_timestamp(column.type):
        return pc.strftime(column, format="%Y-%m-%dT%H:%M:%SZ")
    if pa.types.is_floating(column.type):
        # Python's shortest text of a float is read back as the same float.
        return pa.array([None if v is None else repr(v) for v in column.to_pylist()], pa.string())
    if safe and pa.types.is_string(column.type):
        risky = pc.match_substring_regex(column, _FORMULA)
        return pc.if_else(risky, pc.binary_join_element_wise("'", column, ""), column)
    return column
