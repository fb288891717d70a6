"""What every export needs: events in an order, and a file that appears whole or not at all."""

from __future__ import annotations

import gzip
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, TypeAlias, cast

import pyarrow as pa

#: Events as a `pyarrow.Table`, or a `pyarrow.RecordBatchReader` where they are many.
Events: TypeAlias = Any
Side: TypeAlias = Mapping[str, pa.Table]


@contextmanager
def whole_file(path: Path) -> Iterator[IO[bytes]]:
    """Open a file for writing that takes its name only when all is written; packed if the name ends in .gz."""
    draft = path.with_name(f".{path.name}.part")
    try:
        with draft.open("wb") as raw:
            if path.suffix == ".gz":
                # No name and no time inside: the same events give the same bytes.
                with gzip.GzipFile(filename="", mode="wb", fileobj=raw, mtime=0) as packed:
                    yield cast("IO[bytes]", packed)
            else:
                yield raw
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


@contextmanager
def database(events: Events, side: Side) -> Iterator[Any]:
    """Open a database in memory with a view `events` and one for each side table."""
    import duckdb

    with duckdb.connect(":memory:") as db:
        db.execute("SET TimeZone = 'UTC'")
        db.execute("SET preserve_insertion_order = true")
        if isinstance(events, pa.Table):
            db.register("events", events)
        else:
            # A reader can be read once only; the copy goes to disk where memory is short.
            db.register("arriving", events)
            db.execute("CREATE TEMP TABLE events AS FROM arriving")
            db.unregister("arriving")
        for name, table in side.items():
            db.register(name, table)
        yield db


def rows(db: Any, query: str, *, at_once: int = 10_000) -> Iterator[dict[str, Any]]:
    """Yield the rows of a query as dictionaries, in bounded memory."""
    for batch in db.execute(query).fetch_record_batch(at_once):
        yield from batch.to_pylist()


def need_columns(events: Events, wanted: list[str]) -> None:
    """Raise ValueError unless the events have these columns."""
    missing = [name for name in wanted if name not in events.schema.names]
    if missing:
        raise ValueError(f"These are no service events: {', '.join(missing)} missing.")
