"""Reads Parquet files, by the same mappings as CSV or with columns named as the event schema."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from troth.log.readers._mapping import Mapped
from troth.log.readers._streams import error, other_format
from troth.log.readers._tabular import Rejects, Tabular
from troth.log.readers.base import Batch, Reader, ReadOptions


def read(path: Path, options: ReadOptions) -> Iterator[Batch]:
    """Yield the batches of a file; see `Reader`."""
    mapped = None
    if options.mapping is not None:
        from troth.log.readers._mapping_yaml import load

        mapped = load(options.mapping)
    yield from read_parquet(path, mapped=mapped, options=options, source="parquet")


def read_parquet(path: Path, *, mapped: Mapped | None, options: ReadOptions, source: str) -> Iterator[Batch]:
    """Yield the batches of a Parquet file."""
    from pyarrow import parquet

    with _opened(path) as stream:
        try:
            file = parquet.ParquetFile(stream)
        except pa.ArrowException as problem:
            advice = "Maybe the file was cut off while it was written or copied; copy it again."
            raise error("truncated-file", path.name, advice, str(problem)) from problem
        header = file.schema_arrow.names
        tabular = Tabular(mapped, header=header, file=path.name, options=options, source=source)
        used = [header[i] for i in tabular.used]
        total, row, trouble = file.metadata.num_rows, 1, None
        batches = file.iter_batches(batch_size=options.batch_rows, columns=used, use_threads=True)
        while True:
            try:
                part = next(batches, None)
            except (pa.ArrowException, OSError) as problem:
                trouble = problem
                break
            if part is None:
                break
            table = pa.table({f"c{i}": plain(part.column(name)) for i, name in zip(tabular.used, used, strict=True)})
            rows = np.arange(row, row + len(part))
            row += len(part)
            yield tabular.batch(
                table, rows=rows, raw=_raw(part), rejects=Rejects(path.name), count=len(part), done=row / max(total, 1)
            )
        if not total:
            tabular.note("no-rows", path.name, "", "Maybe the export's filter matched nothing.")
        yield tabular.last()
        if trouble is not None:
            advice = "Maybe the file is damaged from here on; what came before was used. Copy it again."
            raise error("damaged-file", f"{path.name}, row {row}", advice, str(trouble))


def _opened(path: Path) -> Any:
    try:
        stream = path.open("rb")
    except OSError as problem:
        raise error("no-file", str(path), "Maybe the path is misspelt or may not be read.", str(problem)) from problem
    head = stream.read(4096)
    stream.seek(0)
    if head.startswith(b"PAR1"):
        return stream
    stream.close()
    if not head:
        raise error("empty-file", path.name, "Maybe the export was cut off before it began; make it again.")
    advice = "Maybe this is a text table: use the source `csv`."
    if head.startswith((b"PK", b"\x1f\x8b")):
        advice = "Maybe this is a workbook or packed text: use the source `excel` or `csv`."
    raise other_format(head, path.name) or error("other-format", path.name, advice)


def plain(column: pa.Array) -> pa.Array:
    """Return times as they are and everything else as text."""
    kind = column.type
    if pa.types.is_timestamp(kind) or pa.types.is_string(kind):
        return column
    if pa.types.is_date(kind):
        return column.cast(pa.timestamp("us"))
    if pa.types.is_dictionary(kind):
        return plain(column.dictionary_decode())
    if pa.types.is_floating(kind):
        # Ids often became floats because of blanks: 17.0 is 17.
        return pc.replace_substring_regex(column.cast(pa.string()), r"\.0$", "")
    if pa.types.is_null(kind):
        return pa.nulls(len(column), pa.string())
    try:
        return column.cast(pa.string())
    except (pa.ArrowNotImplementedError, pa.ArrowInvalid):
        texts = [None if v is None else json.dumps(v, default=str, sort_keys=True) for v in column.to_pylist()]
        return pa.array(texts, pa.string())


def _raw(part: pa.RecordBatch) -> Any:
    def raw(place: int) -> str:
        return json.dumps(part.slice(place, 1).to_pylist()[0], default=str)

    return raw


READER = Reader("parquet", "Parquet files, by a mapping or with columns named as the event schema.", read)
