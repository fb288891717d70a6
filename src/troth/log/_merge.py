"""Compaction: which files of a table stay as they are, which only change their tier, and which are written anew.

A file without a beaten row need not be written again. It stays, or moves from the tail to the base by a second
name. Only files that lose rows, small ones, and those that scatter over time are merged, sorted by time.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from troth.log.schema import STORED
from troth.log.store import listed, name, quote

if TYPE_CHECKING:
    import duckdb

KEY: Final = "source, source_id"
#: Of two contents with one version the greater hash wins (blueprint of the event, section on versions).
_CONTENT: Final = "md5(concat_ws(chr(31), {}))".format(
    ", ".join(f"coalesce({name(c)}::VARCHAR, chr(30))" for c in STORED.names)
)
BEST_FIRST: Final = f"PARTITION BY {KEY} ORDER BY version DESC, {_CONTENT} DESC"
#: The place of a row among the versions of its key; 1 is the one that counts.
NEWEST: Final = f"row_number() OVER ({BEST_FIRST})"

#: Rows sorted at a time, which bounds the memory of compaction.
_SPAN_ROWS: Final = 2_000_000
#: A file with fewer rows is merged with others.
_SMALL_ROWS: Final = 60_000
#: So many row groups may hold a typical instant before all are sorted again.
_DEPTH: Final = 4.0


@dataclass(frozen=True, slots=True)
class Plan:
    """What becomes of each file: `promote` (path to its rows) and `stay` keep their bytes, `rewrite` does not."""

    stay: list[str]
    promote: dict[str, int]
    rewrite: list[str]


def plan(con: duckdb.DuckDBPyConnection, base: list[str], tail: list[str]) -> Plan:
    """Decide on every file; leaves the temporary table `losers` behind, with the places of all beaten rows."""
    _find_losers(con, base + tail)
    spoilt = {file for (file,) in con.sql("SELECT DISTINCT filename FROM losers").fetchall()}
    rows = _rows(con, base + tail)
    whole = [file for file in base + tail if file not in spoilt and rows.get(file, 0) >= _SMALL_ROWS]
    if not _ordered(con, whole):
        whole = []
    kept = set(whole)
    return Plan(
        stay=[file for file in base if file in kept],
        promote={file: rows[file] for file in tail if file in kept},
        rewrite=[file for file in base + tail if file not in kept],
    )


def sorted_spans(con: duckdb.DuckDBPyConnection, files: list[str]) -> Iterator[tuple[float, str]]:
    """Yield SQL for the rows of `files` that were not beaten, a span of time at a time, and the share done before."""
    if not files:
        return
    columns = ", ".join(name(c) for c in STORED.names)
    rows = f"SELECT {columns} FROM {_placed(files)} ANTI JOIN losers USING (filename, file_row_number)"
    edges = _edges(con, files)
    spans = list(zip([None, *edges], [*edges, None], strict=True))
    for number, (low, high) in enumerate(spans):
        bounds = [f"occurred_at >= {quote(low)}::TIMESTAMPTZ"] if low else []
        bounds += [f"occurred_at < {quote(high)}::TIMESTAMPTZ"] if high else []
        condition = " AND ".join(bounds) or "true"
        yield number / len(spans), f"SELECT * FROM ({rows}) WHERE {condition} ORDER BY occurred_at, {KEY}"


def _placed(files: list[str]) -> str:
    return f"read_parquet([{listed(files)}], filename = true, file_row_number = true, hive_partitioning = false)"


def _find_losers(con: duckdb.DuckDBPyConnection, files: list[str]) -> None:
    """Make the table `losers`: the places (file and row in it) of all rows that a newer version of their key beats."""
    rows, key = _placed(files), f"hash({KEY})"
    # Hashes of keys first, a share of them at a time: they are small, and nearly all are single, so that the costly
    # comparison sees few rows.
    parts = sum(_rows(con, files).values()) // _SPAN_ROWS // 2 + 1
    con.execute("CREATE OR REPLACE TEMP TABLE doubles (h UBIGINT)")
    for part in range(parts):
        con.execute(f"""
            INSERT INTO doubles SELECT h FROM (SELECT {key} AS h FROM {rows}) WHERE h % {parts} = {part}
            GROUP BY h HAVING count(*) > 1""")
    con.execute("CREATE OR REPLACE TEMP TABLE losers (filename VARCHAR, file_row_number BIGINT)")
    (contested,) = con.sql("SELECT count(*) FROM doubles").fetchone() or (0,)
    parts = min(parts, contested // 1_000_000 + 1) if contested else 0
    for part in range(parts):
        # The contents are hashed before they are compared, so that wide rows are never held.
        con.execute(f"""
            INSERT INTO losers SELECT filename, file_row_number FROM (
                SELECT {KEY}, version, {_CONTENT} AS content, filename, file_row_number FROM {rows}
                WHERE {key} IN (SELECT h FROM doubles WHERE h % {parts} = {part}))
            QUALIFY row_number() OVER (
                PARTITION BY {KEY} ORDER BY version DESC, content DESC, filename, file_row_number) > 1""")


def _rows(con: duckdb.DuckDBPyConnection, files: list[str]) -> dict[str, int]:
    found = con.sql(f"SELECT file_name, num_rows FROM parquet_file_metadata([{listed(files)}])").fetchall()
    return dict(found)


def _ordered(con: duckdb.DuckDBPyConnection, files: list[str]) -> bool:
    """Tell whether the row groups lie one after another in time, but for a few that overlap."""
    if not files:
        return False
    groups = f"""
        SELECT row_number() OVER () AS g, stats_min_value::TIMESTAMPTZ AS low, stats_max_value::TIMESTAMPTZ AS high
        FROM parquet_metadata([{listed(files)}]) WHERE path_in_schema = 'occurred_at'"""
    depth: Any = con.sql(f"""
        WITH groups AS MATERIALIZED ({groups})
        SELECT count(*) / (SELECT count(*) FROM groups) FROM groups a
        JOIN groups b ON a.low + (a.high - a.low) / 2 BETWEEN b.low AND b.high""").fetchone()
    return bool(depth and depth[0] is not None and depth[0] <= _DEPTH)


def _edges(con: duckdb.DuckDBPyConnection, files: list[str]) -> list[str]:
    """Return instants that cut the rows into spans of about `_SPAN_ROWS`."""
    count = sum(_rows(con, files).values())
    parts = count // _SPAN_ROWS
    if parts < 1:
        return []
    shares = ", ".join(f"{i / (parts + 1):.6f}" for i in range(1, parts + 1))
    found = con.sql(
        f"SELECT quantile_disc(occurred_at, [{shares}]) FROM (SELECT occurred_at FROM"
        f" read_parquet([{listed(files)}], hive_partitioning = false) USING SAMPLE 100000 ROWS (reservoir, 1))"
    ).fetchone()
    return sorted({f"{edge.isoformat(sep=' ')}" for edge in (found[0] if found else [])})
