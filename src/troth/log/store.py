"""The lake: Delta tables in one folder, written by DuckDB and committed atomically.

Every table has two tiers. `base` holds rows already settled: one row a key. `tail` holds what came since,
as it came. A reader settles the tail against the base; compaction turns both into a new base in one commit.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa

from troth.core.errors import StoreError

if TYPE_CHECKING:
    import duckdb
    from deltalake import DeltaTable
    from deltalake.transaction import AddAction, RemoveAction

#: The partition column of every table.
TIER: Final = "tier"
_ATTEMPTS: Final = 20


def connect(*, memory: str = "1400MB", threads: int | None = None, spill: Path | None = None) -> duckdb.DuckDBPyConnection:
    """Return an in-memory DuckDB that speaks UTC, keeps to `memory` and spills to `spill`."""
    import duckdb

    con = duckdb.connect()
    con.execute("SET TimeZone = 'UTC'")
    con.execute("SET preserve_insertion_order = false")
    con.execute("SET memory_limit = ?", [memory])
    if threads is not None:
        con.execute("SET threads = ?", [threads])
    if spill is not None:
        con.execute("SET temp_directory = ?", [str(spill)])
    return con


def quote(text: str) -> str:
    """Return `text` as an SQL string literal."""
    return "'" + text.replace("'", "''") + "'"


def name(text: str) -> str:
    """Return `text` as an SQL identifier."""
    return '"' + text.replace('"', '""') + '"'


def scan(files: Iterable[str], schema: pa.Schema) -> str:
    """Return SQL that reads Parquet files with the columns of `schema`, or an empty table if there are none."""
    columns = ", ".join(name(c) for c in schema.names)
    listed = ", ".join(quote(f) for f in files)
    if listed:
        return f"SELECT {columns} FROM read_parquet([{listed}], hive_partitioning = false)"
    empty = ", ".join(f"NULL::{sql_type(f.type)} AS {name(f.name)}" for f in schema)
    return f"SELECT * FROM (SELECT {empty}) WHERE false"


def sql_type(kind: pa.DataType) -> str:
    """Return the DuckDB type of an Arrow type."""
    if pa.types.is_timestamp(kind):
        return "TIMESTAMPTZ"
    if pa.types.is_list(kind):
        return sql_type(kind.value_type) + "[]"
    found = {
        pa.string(): "VARCHAR",
        pa.int64(): "BIGINT",
        pa.float64(): "DOUBLE",
        pa.date32(): "DATE",
        pa.bool_(): "BOOLEAN",
    }.get(kind)
    if found is None:
        raise StoreError(f"The type {kind} has no place in the lake.")
    return found


class Shelf:
    """One Delta table of the lake.

    Parameters
    ----------
    root : its folder; made on the first write.
    schema : its columns, without the tier.
    """

    def __init__(self, root: Path, schema: pa.Schema) -> None:
        self.root = root
        self.schema = schema

    def table(self) -> DeltaTable | None:
        """Return the Delta table at its newest version, or None before the first write."""
        from deltalake import DeltaTable

        return DeltaTable(str(self.root)) if DeltaTable.is_deltatable(str(self.root)) else None

    def files(self) -> dict[str, list[str]]:
        """Return the paths of the current files by tier, in name order."""
        found: dict[str, list[str]] = {"base": [], "tail": []}
        table = self.table()
        if table is not None:
            for uri in sorted(table.file_uris()):
                path = uri.removeprefix("file://")
                found[path.rsplit(f"/{TIER}=", 1)[1].split("/", 1)[0]].append(path)
        return found

    def stamp(self) -> Mapping[str, Any]:
        """Return what the newest commit said of itself: version, and the notes given to `put`."""
        table = self.table()
        return table.history(1)[0] if table is not None else {}

    def last(self, stream: str) -> int:
        """Return the number of the last batch of `stream` that was committed, or -1."""
        table = self.table()
        done = table.transaction_version(stream) if table is not None else None
        return -1 if done is None else done

    def put(
        self,
        con: duckdb.DuckDBPyConnection,
        queries: Iterable[str],
        *,
        tier: str = "tail",
        remove: Iterable[str] = (),
        batch: tuple[str, int] | None = None,
        notes: Mapping[str, str] | None = None,
    ) -> int:
        """Write the rows of each query to a file and commit all of them, and the removals, at once.

        Parameters
        ----------
        con : where the queries run.
        queries : SQL giving the columns of the table; one file each.
        tier : where the rows go.
        remove : paths of files these replace.
        batch : stream and batch number, for exactly-once appends; a batch already there is not written again.
        notes : kept with the commit; see `stamp`.

        Returns
        -------
        How many rows were written.
        """
        if batch is not None and self.last(batch[0]) >= batch[1]:
            return 0
        folder = self.root / f"{TIER}={tier}"
        folder.mkdir(parents=True, exist_ok=True)
        run = uuid.uuid4().hex[:12]
        written: list[tuple[Path, int]] = []
        for number, query in enumerate(queries):
            path = folder / f"{run}-{number:05d}.parquet"
            target = quote(str(path))
            (rows,) = con.execute(f"COPY ({query}) TO {target} (FORMAT parquet, COMPRESSION zstd)").fetchone() or (0,)
            if rows:
                written.append((path, rows))
            else:
                path.unlink(missing_ok=True)
        self._commit(written, tier=tier, remove=list(remove), batch=batch, notes=notes or {})
        return sum(rows for _, rows in written)

    def _commit(
        self,
        written: list[tuple[Path, int]],
        *,
        tier: str,
        remove: list[str],
        batch: tuple[str, int] | None,
        notes: Mapping[str, str],
    ) -> None:
        from deltalake import CommitProperties, DeltaTable, Transaction
        from deltalake.exceptions import CommitFailedError
        from deltalake.transaction import AddAction

        if not (written or remove or batch or notes):
            return
        schema = self.schema.append(pa.field(TIER, pa.string()))
        DeltaTable.create(str(self.root), schema, mode="ignore", partition_by=[TIER])
        actions: list[AddAction | RemoveAction] = [
            AddAction(
                path=f"{TIER}={tier}/{path.name}",
                size=path.stat().st_size,
                partition_values={TIER: tier},
                modification_time=int(path.stat().st_mtime * 1000),
                data_change=True,
                stats=f'{{"numRecords": {rows}}}',
            )
            for path, rows in written
        ]
        # Delta resolves concurrent appends by itself but knows nothing of our batches and tiers, so every
        # conflict is looked at again here: the batch may be in already, a file to be removed may be gone.
        properties = CommitProperties(
            custom_metadata=dict(notes),
            app_transactions=[Transaction(*batch)] if batch else None,
            max_commit_retries=0,
        )
        for _ in range(_ATTEMPTS):
            table = DeltaTable(str(self.root))
            if batch is not None and self.last(batch[0]) >= batch[1]:
                return
            removals = [_removal(path, table) for path in remove]
            try:
                table.create_write_transaction(
                    actions + removals, mode="append", schema=schema, partition_by=[TIER], commit_properties=properties
                )
            except CommitFailedError:
                continue
            return
        raise StoreError(f"{self.root.name}: others kept writing and nothing was committed. Maybe run it again.")


def _removal(path: str, table: DeltaTable) -> RemoveAction:
    from deltalake.transaction import RemoveAction

    current = {uri.removeprefix("file://") for uri in table.file_uris()}
    if path not in current:
        raise StoreError(f"{path} is no longer part of the table: somebody else compacted it. Maybe run it again.")
    tier, file = path.rsplit(f"/{TIER}=", 1)[1].split("/", 1)
    stat = Path(path).stat()
    return RemoveAction(f"{TIER}={tier}/{file}", True, int(stat.st_mtime * 1000), stat.st_size, {TIER: tier})
