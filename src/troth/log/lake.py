"""A lake: the events, the reference tables, the rejects and whatever a source brought beside its events."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pyarrow as pa

from troth.core.errors import StoreError
from troth.log import reference
from troth.log._bucket import Bucket, in_bucket
from troth.log._hot import HOT, hold
from troth.log._merge import KEY, NEWEST, plan, sorted_spans
from troth.log._sweep import spill_folder, sweep, sweep_bucket
from troth.log.schema import REJECTS, STORED, event_id_sql
from troth.log.store import Shelf, connect, name, quote, scan

if TYPE_CHECKING:
    import duckdb

#: A tail longer than this, and than a tenth of the base, is compacted after an import.
_TAIL_ROWS: Final = 100_000
#: So often an outermost instant is given up for the next before all events are settled, and so many of its rows are asked.
_TRIES: Final = 8
_SOME: Final = 50


class Lake:
    """Everything known about a service, in one folder or under one prefix of a bucket.

    Parameters
    ----------
    root : the folder, which need not exist yet, or ``s3://bucket/prefix``; keys, region and endpoint of a bucket are
        taken from the environment under the usual names (``AWS_ACCESS_KEY_ID``, ...).
    memory : most memory DuckDB may take, such as ``"1400MB"``.
    hot : events that are not in the lake yet, in `schema.STORED`; whoever reads sees them as if they were. An event
        that has meanwhile come into the lake counts once.

    Raises
    ------
    StoreError : the path has a character in it that table paths give another meaning.
    InputError : the address of a bucket is none, or the environment lacks what it takes.
    """

    def __init__(self, root: str | Path, *, memory: str = "1400MB", hot: pa.Table | None = None) -> None:
        self.bucket = Bucket(str(root), environment=os.environ) if in_bucket(str(root)) else None
        self.root = Path(root).absolute() if self.bucket is None else Path(self.bucket.address)
        #: Where files are read, and where there is room to work: the folder itself, or copies of what a bucket has.
        self.home = self.root if self.bucket is None else self.bucket.home
        if self.bucket is None and (wrong := set("%#?") & set(str(self.root))):
            raise StoreError(f"{self.root}: a lake cannot be in a folder with {' '.join(sorted(wrong))} in its path.")
        self.memory = memory
        self.hot = hot if hot is not None and len(hot) else None
        self.events = Shelf(self.home / "events", STORED, bucket=self.bucket)
        self.rejects = Shelf(self.home / "rejects", REJECTS, bucket=self.bucket)

    @property
    def address(self) -> str:
        """The folder or the address in a bucket, to be shown."""
        return str(self.root) if self.bucket is None else self.bucket.address

    def exists(self) -> bool:
        """Tell whether anything was ever imported here."""
        return self.hot is not None or self.events.table() is not None or bool(self.tables("reference"))

    @contextmanager
    def session(self, *, threads: int | None = None) -> Iterator[duckdb.DuckDBPyConnection]:
        """Give a DuckDB connection with its own spill folder, both gone afterwards."""
        with spill_folder(self.home) as spill:
            con = connect(memory=self.memory, threads=threads, spill=spill)
            try:
                if self.hot is not None:
                    hold(con, self.hot)
                yield con
            finally:
                con.close()

    def shelf(self, kind: str, table: str, schema: pa.Schema, *, compression: str = "zstd") -> Shelf:
        """Return a further table: `kind` is reference, side or timelines."""
        return Shelf(self.home / kind / table, schema, compression=compression, bucket=self.bucket)

    def tables(self, kind: str) -> list[str]:
        """Return the names of what there is of a kind, see `shelf`."""
        folder = self.home / kind
        if self.bucket is not None:
            return sorted({path.relative_to(folder).parts[0] for path in self.bucket.listed(folder)})
        return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []

    def reference(self, table: str) -> Shelf:
        """Return a reference table by its name in `reference.TABLES`."""
        return self.shelf("reference", table, reference.TABLES[table].schema)

    # Reading ---------------------------------------------------------------------------------------------------------

    def settled(self, *, where: str = "true") -> str:
        """Return SQL for the settled events, one row a key, in `schema.STORED`.

        Parameters
        ----------
        where : SQL over the stored columns, applied to the settled rows.
        """
        files = self.events.files()
        return f"SELECT * FROM ({settle(files, hot=self.hot is not None)}) WHERE {where}"

    def extent(self, con: duckdb.DuckDBPyConnection) -> tuple[datetime, datetime] | None:
        """Return the first and last instant of the settled events; None if there are none.

        Parameters
        ----------
        con : a connection of `session`.
        """
        files = self.events.files()
        rows = scan(files["base"] + files["tail"], STORED)
        if self.hot is None and not files["tail"]:  # a base holds no beaten row
            return _ends(con, rows)
        if self.hot is not None:
            rows = f"{rows} UNION ALL {HOT}"
        # Settling all events to see how far they go takes long. The outermost are asked whether they still stand.
        within = rows
        for _ in range(_TRIES):
            ends = _ends(con, within)
            if ends is None:
                return None
            first, last = (self._stands(con, rows, end) for end in ends)
            if first and last:
                return ends
            if first is None or last is None:
                break
            within = f"""SELECT * FROM ({within}) WHERE occurred_at {">=" if first else ">"} {quote(ends[0].isoformat())}
                AND occurred_at {"<=" if last else "<"} {quote(ends[1].isoformat())}"""
        return _ends(con, settle(files, hot=self.hot is not None))

    def _stands(self, con: duckdb.DuckDBPyConnection, rows: str, end: datetime) -> bool | None:
        """Tell whether any row at an instant is the newest of its key; None if that is not told by some of them alone."""
        at = con.sql(f"SELECT source_id FROM ({rows}) WHERE occurred_at = {quote(end.isoformat())} LIMIT {_SOME:d}")
        ids = [quote(one) for (one,) in at.fetchall()]
        # Of equal versions the content decides, which is not looked at here.
        newest = con.sql(f"""
            SELECT bool_or(all_at), bool_or(any_at) FROM (
                SELECT bool_and(is_at) AS all_at, bool_or(is_at) AS any_at FROM (
                    SELECT {KEY}, occurred_at = {quote(end.isoformat())} AS is_at
                    FROM ({rows}) WHERE source_id IN ({", ".join(ids)})
                    QUALIFY rank() OVER (PARTITION BY {KEY} ORDER BY version DESC) = 1
                ) GROUP BY {KEY})""")
        surely, maybe = newest.fetchone() or (False, False)
        return True if surely else None if maybe or len(ids) == _SOME else False

    def knows(self, table: str) -> bool:
        """Tell whether a reference table has ever got rows."""
        files = self.reference(table).files()
        return bool(files["tail"] or files["base"])

    def settled_reference(self, table: str) -> str:
        """Return SQL for a reference table with the newest version of each row, and of what is published whole."""
        spec = reference.TABLES[table]
        files = self.reference(table).files()
        key = ", ".join(name(c) for c in dict.fromkeys((*spec.key, "valid_from")))
        everything = ", ".join(f"{name(c)}::VARCHAR" for c in spec.schema.names)
        rows = scan(files["base"] + files["tail"], spec.schema)
        order = f"version DESC NULLS LAST, concat_ws(chr(31), {everything}) DESC"
        newest = f"row_number() OVER (PARTITION BY {key} ORDER BY {order}) = 1"
        if spec.whole:
            day = ", ".join(map(name, (*spec.whole, "valid_from")))
            latest = f"coalesce(version, 0) = max(coalesce(version, 0)) OVER (PARTITION BY {day})"
            newest += f" AND (valid_from IS NULL OR {latest})"
        return f"SELECT * FROM ({rows}) QUALIFY {newest}"

    def count(self) -> int:
        """Return how many events are settled."""
        base = self.events.rows()["base"]
        files = self.events.files()
        if not files["tail"]:
            return base
        tail = f"SELECT DISTINCT {KEY} FROM ({scan(files['tail'], STORED)})"
        with self.session() as con:
            fresh = f"SELECT count(*) FROM ({tail}) ANTI JOIN ({scan(files['base'], STORED)}) USING ({KEY})"
            return base + int((con.sql(fresh).fetchone() or (0,))[0])

    # Compaction ------------------------------------------------------------------------------------------------------

    def due(self) -> bool:
        """Tell whether the tail is long enough to be compacted."""
        rows = self.events.rows()
        return rows["tail"] > max(_TAIL_ROWS, rows["base"] // 10)

    def compact(
        self,
        *,
        files: Mapping[str, list[str]] | None = None,
        on_progress: Callable[[float], None] | None = None,
    ) -> list[str]:
        """Settle events into a new base, roughly in order of time, and return the paths of its files.

        What others append meanwhile stays in the tail.

        Parameters
        ----------
        files : what to compact, from `Shelf.files`; all there is now if left out.
        on_progress : told the share done.

        Raises
        ------
        LostRaceError : somebody else compacted first; nothing was changed.
        """
        files = files or self.events.files()
        base, tail = files["base"], files["tail"]
        if not tail:
            return base
        with self.session() as con:
            # Which rows lose is decided first, on keys alone; the wide rows then stream through, a span at a time.
            todo = plan(con, base, tail)

            def watched() -> Iterator[str]:
                for done, query in sorted_spans(con, todo.rewrite):
                    if on_progress is not None:
                        on_progress(done)
                    yield query

            written = self.events.write(con, watched(), tier="base") + self.events.promote(todo.promote)
        stay = set(todo.stay)
        gone = [path for path in base + tail if path not in stay]
        return sorted([*stay, *self.events.commit(written, tier="base", remove=gone)])

    def vacuum(self, *, now: datetime, keep: timedelta = timedelta(days=1)) -> int:
        """Delete files that no table refers to any more and what killed runs left; return how many.

        Parameters
        ----------
        now : the present, with a time zone.
        keep : how long files stay after they were written or replaced. Whoever reads or writes for longer fails.
        """
        if self.bucket is not None:
            return sweep_bucket(self.bucket, now=now, keep=keep)
        return sweep(self.home, now=now, keep=keep)

    def purge(self, *, before: datetime) -> int:
        """Drop the raw text and values of rejects imported before an instant; they can be personal data."""
        files = self.rejects.files()
        held = scan(files["base"] + files["tail"], REJECTS)
        limit = f"{quote(before.isoformat())}::TIMESTAMPTZ"
        with self.session() as con:
            found = con.sql(f"SELECT count(*) FROM ({held}) WHERE imported_at < {limit} AND raw IS NOT NULL").fetchone()
            old = int(found[0]) if found else 0
            if old:
                blank = f"SELECT * REPLACE (CASE WHEN imported_at >= {limit} THEN raw END AS raw,"
                blank += f" CASE WHEN imported_at >= {limit} THEN value END AS value) FROM ({held})"
                self.rejects.put(con, [blank], tier="base", remove=files["base"] + files["tail"])
        return old


def _ends(con: duckdb.DuckDBPyConnection, rows: str) -> tuple[datetime, datetime] | None:
    """Return the first and last instant of rows, in UTC."""
    found = con.sql(f"SELECT min(occurred_at), max(occurred_at) FROM ({rows})").fetchone()
    return None if not found or found[0] is None else (found[0].astimezone(UTC), found[1].astimezone(UTC))


def settle(files: Mapping[str, list[str]], *, hot: bool = False) -> str:
    """Return SQL that reads base and tail files of events and keeps the newest version of each key.

    Parameters
    ----------
    files : paths by tier, see `Shelf.files`.
    hot : also read the table of a session of a lake with a hot tail.
    """
    base, tail, schema = files["base"], files["tail"], STORED
    if not tail and not hot:
        return scan(base, schema)
    late = f"{scan(tail, schema)} UNION ALL {HOT}" if hot else scan(tail, schema)
    if not base:
        return f"SELECT * FROM ({late}) QUALIFY {NEWEST} = 1"
    return f"""
        WITH late AS MATERIALIZED ({late}),
        keys AS (SELECT DISTINCT {KEY} FROM late),
        before AS ({scan(base, schema)})
        SELECT * FROM before ANTI JOIN keys USING ({KEY})
        UNION ALL
        SELECT * FROM (SELECT * FROM late UNION ALL SELECT * FROM before SEMI JOIN keys USING ({KEY}))
        QUALIFY {NEWEST} = 1"""


def with_id(query: str) -> str:
    """Return SQL that adds `event_id` in front of the stored columns of `query`."""
    return f"SELECT {event_id_sql('source', 'source_id')} AS event_id, * FROM ({query})"
