"""The lake: Delta tables in one folder, written by DuckDB and committed atomically.

Every table has two tiers. `base` holds rows already settled: one row a key. `tail` holds what came since,
as it came. A reader settles the tail against the base; compaction turns both into a new base in one commit.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa

from troth.core.errors import LostRaceError, StoreError
from troth.log._actions import TIER, NewFile, addition, millis, removal
from troth.log._bucket import Copy, bring

if TYPE_CHECKING:
    import duckdb
    from deltalake import DeltaTable
    from deltalake.transaction import AddAction, RemoveAction

    from troth.log._bucket import Bucket

_ATTEMPTS: Final = 50
#: Columns with nearly as many texts as rows: a dictionary of them would only be built to be thrown away.
_UNIQUE: Final = frozenset({"case_id", "contact_id", "subject_id", "attributes", "source_id"})
#: Rows of a row group, so that a reader can skip and share out parts of a file.
_GROUP_ROWS: Final = 122_880


def connect(
    *, memory: str = "1400MB", threads: int | None = None, spill: Path | None = None
) -> duckdb.DuckDBPyConnection:
    """Return an in-memory DuckDB that speaks UTC, keeps to `memory` and spills to `spill`."""
    import duckdb

    con = duckdb.connect()
    con.execute("SET TimeZone = 'UTC'")
    con.execute("SET preserve_insertion_order = false")
    con.execute("SET enable_progress_bar = false")  # it would be drawn into whatever log takes the output
    # Values stand in the text: a parameter would make DuckDB load pandas, half a second for nothing.
    con.execute(f"SET memory_limit = {quote(memory)}")
    if threads is not None:
        con.execute(f"SET threads = {threads:d}")
    if spill is not None:
        con.execute(f"SET temp_directory = {quote(str(spill))}")
    return con


def quote(text: str) -> str:
    """Return `text` as an SQL string literal."""
    return "'" + text.replace("'", "''") + "'"


def name(text: str) -> str:
    """Return `text` as an SQL identifier."""
    return '"' + text.replace('"', '""') + '"'


def listed(files: Iterable[str]) -> str:
    """Return paths of files as SQL literals, with commas; files of a bucket are copied here, to be read."""
    paths = list(files)
    bring(paths)
    return ", ".join(quote(path) for path in paths)


def scan(files: Iterable[str], schema: pa.Schema) -> str:
    """Return SQL that reads Parquet files with the columns of `schema`, or an empty table if there are none."""
    columns = ", ".join(name(c) for c in schema.names)
    if found := listed(files):
        return f"SELECT {columns} FROM read_parquet([{found}], hive_partitioning = false)"
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
    compression : of its Parquet files; snappy is quicker to write and takes a third more room than zstd.
    bucket : where the table really is; its folder then has copies of its files.
    """

    def __init__(
        self, root: Path, schema: pa.Schema, *, compression: str = "zstd", bucket: Bucket | None = None
    ) -> None:
        self.root = root
        self.schema = schema
        self.compression = compression
        self.bucket = bucket
        # As a plain path, a folder with % in its name would be decoded.
        self._uri = root.as_uri()

    def table(self) -> DeltaTable | None:
        """Return the Delta table at its newest version, or None before the first write."""
        if self.bucket is not None:
            return self.bucket.table(self.root)
        from deltalake import DeltaTable

        return DeltaTable(self._uri) if DeltaTable.is_deltatable(self._uri) else None

    def files(self) -> dict[str, list[str]]:
        """Return the paths of the current files by tier, in name order."""
        found: dict[str, list[str]] = {"base": [], "tail": []}
        for path in sorted(self._paths(self.table())):
            found[path.rsplit(f"/{TIER}=", 1)[1].split("/", 1)[0]].append(path)
        return found

    def stored(self) -> set[str]:
        """Return the paths of all data files of the table, those included that no commit names or that were replaced."""
        there = self.root.rglob("*.parquet") if self.bucket is None else self.bucket.listed(self.root)
        return {str(path) for path in there if path.parent.name.startswith(f"{TIER}=")}

    def rows(self) -> dict[str, int]:
        """Return how many rows each tier holds, older versions of a key included, without opening a file."""
        found = {"base": 0, "tail": 0}
        table = self.table()
        if table is not None:
            actions = table.get_add_actions(flatten=True)
            if not len(actions):
                return found
            tiers, counts = actions[f"partition.{TIER}"].to_pylist(), actions["num_records"].to_pylist()
            for tier, count in zip(tiers, counts, strict=True):
                found[tier] += count
        return found

    def stamp(self) -> Mapping[str, Any]:
        """Return what the newest commit said of itself: version, and the notes given to `put`."""
        table = self.table()
        return table.history(1)[0] if table is not None else {}

    def version(self) -> int:
        """Return the number of the newest commit, or 0 before the first; see `at` of `put`."""
        table = self.table()
        return int(table.version()) if table is not None else 0

    def last(self, stream: str) -> int:
        """Return the number of the last batch of `stream` that was committed, or -1."""
        return _last(self.table(), stream)

    def put(
        self,
        con: duckdb.DuckDBPyConnection,
        queries: Iterable[str],
        *,
        tier: str = "tail",
        remove: Iterable[str] = (),
        batch: tuple[str, int] | None = None,
        notes: Mapping[str, str] | None = None,
        at: int | None = None,
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
        at : commit only if no other commit came after this one; see `version`.

        Returns
        -------
        How many rows were written.

        Raises
        ------
        LostRaceError : somebody else removed one of the files first, or committed after `at`; nothing was changed.
        """
        if batch is not None and self.last(batch[0]) >= batch[1]:
            return 0
        written = self.write(con, queries, tier=tier)
        self.commit(written, tier=tier, remove=remove, batch=batch, notes=notes, at=at)
        return sum(rows for _, rows in written)

    def append(self, rows: pa.Table, *, batch: tuple[str, int]) -> list[str]:
        """Commit rows to the tail as one batch, exactly once; return the paths of the files written, if any.

        Parameters
        ----------
        rows : the columns of the table; others are passed over.
        batch : stream and batch number; a batch already there is not written again.
        """
        from pyarrow import parquet

        if self.last(batch[0]) >= batch[1]:
            return []
        written = []
        if len(rows):
            path = self._fresh("tail") / f"{uuid.uuid4().hex[:12]}-00000.parquet"
            coded = [c for c in self.schema.names if c not in _UNIQUE]
            chosen = rows.select(self.schema.names).cast(self.schema)
            parquet.write_table(
                chosen, path, compression=self.compression, use_dictionary=coded, row_group_size=_GROUP_ROWS
            )
            written = self._sent([NewFile(path, len(rows))])
        return self.commit(written, tier="tail", batch=batch)

    def write(self, con: duckdb.DuckDBPyConnection, queries: Iterable[str], *, tier: str) -> list[NewFile]:
        """Write the rows of each query to a file that no commit refers to yet; see `commit`."""
        folder = self._fresh(tier)
        run = uuid.uuid4().hex[:12]
        written: list[NewFile] = []
        for number, query in enumerate(queries):
            path = folder / f"{run}-{number:05d}.parquet"
            target = quote(str(path))
            try:
                (rows,) = con.execute(
                    f"COPY ({query}) TO {target} (FORMAT parquet, COMPRESSION {self.compression})"
                ).fetchone() or (0,)
            except Exception:  # a full disk must not be filled with halves
                _remove([path, *(file.path for file in written)])
                raise
            if rows:
                written.append(NewFile(path, rows))
            else:
                path.unlink(missing_ok=True)
        return self._sent(written)

    def promote(self, files: Mapping[str, int]) -> list[NewFile]:
        """Give files of the tail, with the rows of each, a second name in the base; see `commit`.

        Nothing is copied: both names lead to the same bytes until the old one is vacuumed.
        """
        folder = self._fresh("base")
        bring(files)
        written = []
        for path, rows in files.items():
            target = folder / f"{uuid.uuid4().hex[:12]}-00000.parquet"
            target.hardlink_to(path)
            written.append(NewFile(target, rows))
        return self._sent(written)

    def _sent(self, written: list[NewFile]) -> list[NewFile]:
        if self.bucket is not None:
            self.bucket.send(file.path for file in written)
        return written

    def _fresh(self, tier: str) -> Path:
        folder = self.root / f"{TIER}={tier}"
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def commit(
        self,
        written: Sequence[NewFile],
        *,
        tier: str,
        remove: Iterable[str] = (),
        batch: tuple[str, int] | None = None,
        notes: Mapping[str, str] | None = None,
        at: int | None = None,
    ) -> list[str]:
        """Commit files that were written, and removals, at once; see `put`. Return the paths of the files now in.

        Files that did not come in, because of a lost race, because the batch was in already or for want of room on
        the disk, are deleted.
        """
        try:
            return self._commit(written, tier=tier, remove=remove, batch=batch, notes=notes, at=at)
        except OSError:
            self._kept(written)
            raise

    def _commit(
        self,
        written: Sequence[NewFile],
        *,
        tier: str,
        remove: Iterable[str],
        batch: tuple[str, int] | None,
        notes: Mapping[str, str] | None,
        at: int | None,
    ) -> list[str]:
        from deltalake import CommitProperties, Transaction
        from deltalake.exceptions import CommitFailedError

        remove = list(remove)
        if not (written or remove or batch or notes):
            return []
        schema = self.schema.append(pa.field(TIER, pa.string()))
        if self.table() is None:
            self._create(schema)
        added = [addition(file, tier=tier) for file in written]
        # Delta resolves concurrent appends by itself but knows nothing of our batches and tiers, so every
        # conflict is looked at again here: the batch may be in already, a file to be removed may be gone.
        properties = CommitProperties(
            custom_metadata=dict(notes or {}),
            app_transactions=[Transaction(*batch)] if batch else None,
            max_commit_retries=0,
        )
        for _ in range(_ATTEMPTS):
            table = self.table()
            if table is None:
                raise StoreError(f"{self.root.name}: it was deleted meanwhile. Maybe run it again.")
            if batch is not None and _last(table, batch[0]) >= batch[1]:
                return self._kept(written)
            if at is not None and table.version() != at:
                raise LostRaceError(f"{self.root.name}: somebody else changed it meanwhile. Maybe run it again.")
            sizes = self._sizes(table)
            if lost := set(remove) - set(sizes):
                raise LostRaceError(f"{min(lost)} is no longer part of the table: somebody else replaced it.")
            actions: list[AddAction | RemoveAction] = [
                *added,
                *(removal(path, found=sizes[path], written=written) for path in remove),
            ]
            try:
                with self.bucket.reached() if self.bucket is not None else nullcontext():
                    table.create_write_transaction(
                        actions, mode="append", schema=schema, partition_by=[TIER], commit_properties=properties
                    )
            except CommitFailedError:
                continue
            return [str(path) for path, _ in written]
        raise StoreError(f"{self.root.name}: others kept writing and nothing was committed. Maybe run it again.")

    def _create(self, schema: pa.Schema) -> None:
        if self.bucket is not None:
            self.bucket.create(self.root, schema=schema, partition_by=[TIER])
            return
        from deltalake import DeltaTable

        DeltaTable.create(self._uri, schema, mode="ignore", partition_by=[TIER])

    def _paths(self, table: DeltaTable | None) -> list[str]:
        return list(self._sizes(table))

    def _sizes(self, table: DeltaTable | None) -> dict[str, tuple[int, int]]:
        """Return sizes and times of writing (ms) of the current files by path."""
        # Not through pyarrow.table, which would load pandas to see whether it is given one of its frames.
        actions = table.get_add_actions() if table is not None else None
        if not actions or not len(actions):
            return {}
        columns = (actions[c].to_pylist() for c in ("path", "size_bytes", "modification_time"))
        return {self._path(path, size): (size, millis(at)) for path, size, at in zip(*columns, strict=True)}

    def _path(self, path: str, size: int) -> str:
        full = str(self.root / path)
        if self.bucket is None:
            return full
        copy = Copy(full)
        copy.bucket, copy.size = self.bucket, size
        return copy

    def _kept(self, written: Sequence[NewFile]) -> list[str]:
        """Delete those files that the table does not refer to; return the paths of the others."""
        current = set(self._paths(self.table()))
        surplus = [path for path, _ in written if str(path) not in current]
        if self.bucket is not None:
            self.bucket.drop(surplus)
        _remove(surplus)
        return [str(path) for path, _ in written if str(path) in current]


def _remove(paths: Iterable[Path]) -> None:
    for path in paths:
        path.unlink(missing_ok=True)


def _last(table: DeltaTable | None, stream: str) -> int:
    done = table.transaction_version(stream) if table is not None else None
    return -1 if done is None else int(done)
