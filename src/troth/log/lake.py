"""A lake: the events, the reference tables, the rejects and whatever a source brought beside its events."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

import pyarrow as pa

from troth.log import reference
from troth.log.schema import REJECTS, STORED, event_id_sql
from troth.log.store import Shelf, connect, name, quote, scan

if TYPE_CHECKING:
    import duckdb

#: Rows a base file holds, about; also what compaction sorts at a time, which bounds its memory.
_FILE_ROWS: Final = 2_000_000
#: A tail longer than this, and than a tenth of the base, is compacted after an import.
_TAIL_ROWS: Final = 100_000
_KEY: Final = "source, source_id"
#: Of two contents with one version the greater hash wins (blueprint of the event, section on versions).
_CONTENT: Final = "md5(concat_ws(chr(31), {}))".format(
    ", ".join(f"coalesce({name(c)}::VARCHAR, chr(30))" for c in STORED.names)
)
NEWEST: Final = f"row_number() OVER (PARTITION BY {_KEY} ORDER BY version DESC, {_CONTENT} DESC)"


class Lake:
    """Everything known about a service, in one folder.

    Parameters
    ----------
    root : the folder; it need not exist yet.
    memory : most memory DuckDB may take, such as ``"1400MB"``.
    """

    def __init__(self, root: str | Path, *, memory: str = "1400MB") -> None:
        self.root = Path(root).absolute()
        self.memory = memory
        self.events = Shelf(self.root / "events", STORED)
        self.rejects = Shelf(self.root / "rejects", REJECTS)

    def exists(self) -> bool:
        """Tell whether anything was ever imported here."""
        return self.events.table() is not None or (self.root / "reference").is_dir()

    @contextmanager
    def session(self, *, threads: int | None = None) -> Iterator[duckdb.DuckDBPyConnection]:
        """Give a DuckDB connection with its own spill folder, both gone afterwards."""
        self.root.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(prefix=".spill-", dir=self.root) as spill:
            con = connect(memory=self.memory, threads=threads, spill=Path(spill))
            try:
                yield con
            finally:
                con.close()

    def shelf(self, kind: str, table: str, schema: pa.Schema) -> Shelf:
        """Return a further table: `kind` is reference, side or timelines."""
        return Shelf(self.root / kind / table, schema)

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
        return f"SELECT * FROM ({settle(files['base'], files['tail'])}) WHERE {where}"

    def settled_reference(self, table: str) -> str:
        """Return SQL for a reference table with the newest version of each row."""
        spec = reference.TABLES[table]
        files = self.reference(table).files()
        key = ", ".join(name(c) for c in dict.fromkeys((*spec.key, "valid_from")))
        everything = ", ".join(f"{name(c)}::VARCHAR" for c in spec.schema.names)
        rows = scan(files["base"] + files["tail"], spec.schema)
        order = f"version DESC NULLS LAST, concat_ws(chr(31), {everything}) DESC"
        return f"SELECT * FROM ({rows}) QUALIFY row_number() OVER (PARTITION BY {key} ORDER BY {order}) = 1"

    def count(self) -> int:
        """Return how many events are settled."""
        files = self.events.files()
        with self.session() as con:
            tail = scan(files["tail"], STORED)
            keys = f"SELECT DISTINCT {_KEY} FROM ({tail})"
            base = scan(files["base"], STORED)
            (rows,) = con.sql(f"SELECT count(*) FROM ({base})").fetchone() or (0,)
            if files["tail"]:
                fresh = f"SELECT count(*) FROM ({keys}) t ANTI JOIN ({base}) b USING ({_KEY})"
                rows += (con.sql(fresh).fetchone() or (0,))[0]
        return int(rows)

    # Compaction ------------------------------------------------------------------------------------------------------

    def due(self) -> bool:
        """Tell whether the tail is long enough to be compacted."""
        table = self.events.table()
        if table is None:
            return False
        actions = pa.table(table.get_add_actions(flatten=True))
        rows = {"base": 0, "tail": 0}
        for tier, n in zip(actions["partition.tier"].to_pylist(), actions["num_records"].to_pylist(), strict=True):
            rows[tier] += n
        return rows["tail"] > max(_TAIL_ROWS, rows["base"] // 10)

    def compact(self, *, on_progress: Callable[[float], None] | None = None) -> int:
        """Settle all events, sort them by time and commit them as the new base; return how many there are."""
        files = self.events.files()
        if not files["tail"]:
            return 0
        with self.session() as con:
            # Which rows lose is decided first, on keys alone; the wide rows then stream through, a span at a time.
            con.execute(f"CREATE TEMP TABLE losers AS {_losers(files['base'] + files['tail'])}")
            rows = f"""
                SELECT {", ".join(name(c) for c in STORED.names)}
                FROM read_parquet([{", ".join(quote(f) for f in files["base"] + files["tail"])}],
                                  filename = true, file_row_number = true, hive_partitioning = false)
                ANTI JOIN losers USING (filename, file_row_number)"""
            edges = _edges(con, files["base"] + files["tail"])
            queries = []
            for low, high in zip([None, *edges], [*edges, None], strict=True):
                bounds = [f"occurred_at >= {quote(low)}::TIMESTAMPTZ"] if low else []
                bounds += [f"occurred_at < {quote(high)}::TIMESTAMPTZ"] if high else []
                condition = " AND ".join(bounds) or "true"
                queries.append(f"SELECT * FROM ({rows}) WHERE {condition} ORDER BY occurred_at, {_KEY}")

            def watched() -> Iterator[str]:
                for number, query in enumerate(queries):
                    if on_progress is not None:
                        on_progress(number / len(queries))
                    yield query

            return self.events.put(con, watched(), tier="base", remove=files["base"] + files["tail"])

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


def settle(base: list[str], tail: list[str], *, schema: pa.Schema = STORED) -> str:
    """Return SQL that reads base and tail files of events and keeps the newest version of each key."""
    if not tail:
        return scan(base, schema)
    if not base:
        return f"SELECT * FROM ({scan(tail, schema)}) QUALIFY {NEWEST} = 1"
    return f"""
        WITH late AS MATERIALIZED ({scan(tail, schema)}),
        keys AS (SELECT DISTINCT {_KEY} FROM late),
        before AS ({scan(base, schema)})
        SELECT * FROM before ANTI JOIN keys USING ({_KEY})
        UNION ALL
        SELECT * FROM (SELECT * FROM late UNION ALL SELECT * FROM before SEMI JOIN keys USING ({_KEY}))
        QUALIFY {NEWEST} = 1"""


def with_id(query: str) -> str:
    """Return SQL that adds `event_id` in front of the stored columns of `query`."""
    return f"SELECT {event_id_sql('source', 'source_id')} AS event_id, * FROM ({query})"


def _losers(files: list[str]) -> str:
    """Return SQL for the places (file and row in it) of all rows that a newer version of their key beats."""
    listed = ", ".join(quote(f) for f in files)
    rows = f"read_parquet([{listed}], filename = true, file_row_number = true, hive_partitioning = false)"
    # Hashes of keys first: they are small, and nearly all are single, so the costly comparison sees few rows.
    return f"""
        WITH doubles AS MATERIALIZED (SELECT hash({_KEY}) AS h FROM {rows} GROUP BY h HAVING count(*) > 1),
        contest AS (SELECT * FROM {rows} WHERE hash({_KEY}) IN (SELECT h FROM doubles))
        SELECT filename, file_row_number FROM contest
        QUALIFY row_number() OVER (
            PARTITION BY {_KEY} ORDER BY version DESC, {_CONTENT} DESC, filename, file_row_number) > 1"""


def _edges(con: duckdb.DuckDBPyConnection, files: list[str]) -> list[str]:
    """Return instants that cut the rows into spans of about `_FILE_ROWS`."""
    rows = scan(files, STORED)
    (count,) = con.sql(f"SELECT count(*) FROM ({rows})").fetchone() or (0,)
    parts = count // _FILE_ROWS
    if parts < 1:
        return []
    shares = ", ".join(f"{i / (parts + 1):.6f}" for i in range(1, parts + 1))
    found = con.sql(
        f"SELECT quantile_disc(occurred_at, [{shares}]) FROM ({rows}) USING SAMPLE 100000 ROWS (reservoir, 1)"
    ).fetchone()
    return sorted({f"{edge.isoformat(sep=' ')}" for edge in (found[0] if found else [])})
