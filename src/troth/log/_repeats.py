"""What an import brought that the lake knew already, and keys that came with one version and several contents."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from troth.core.decision import Issue, Severity
from troth.log._merge import KEY
from troth.log.schema import STORED
from troth.log.store import name, quote, scan

if TYPE_CHECKING:
    import duckdb

_ADVICE: Final = (
    "Maybe the source changes rows without raising a version: map `version:` to its time of change. "
    "Of equal versions the one with the greater content hash was taken."
)


def repeats(con: duckdb.DuckDBPyConnection, *, new: list[str], old: list[str], events: int) -> tuple[int, list[Issue]]:
    """Return how many of the events were known, and an issue if versions of a key are equal but their contents differ.

    Parameters
    ----------
    con : what to compute with.
    new, old : files written by the import, and those there before.
    events : how many events the import read; those that are in no new file were known.
    """
    if not new:
        return events, []
    # Hashes of keys take an eighth of the room of keys; two keys with one hash do not matter in a count.
    con.execute(f"""
        CREATE OR REPLACE TEMP TABLE brought AS
        SELECT hash({KEY}) AS h, count(*) AS n FROM ({scan(new, STORED)}) GROUP BY h""")
    con.execute(f"""
        CREATE OR REPLACE TEMP TABLE met AS
        SELECT h, min(occurred_at) AS since, max(occurred_at) AS until
        FROM (SELECT hash({KEY}) AS h, occurred_at FROM ({scan(old, STORED)})) SEMI JOIN brought USING (h)
        GROUP BY h""")
    (fresh,) = con.sql("SELECT (SELECT count(*) FROM brought) - (SELECT count(*) FROM met)").fetchone() or (0,)
    return events - int(fresh), _ties(con, new, old)


def _ties(con: duckdb.DuckDBPyConnection, new: list[str], old: list[str]) -> list[Issue]:
    span = con.sql("SELECT min(since)::VARCHAR, max(until)::VARCHAR FROM met").fetchone() or (None, None)
    rows = scan(new, STORED)
    if span[0] is not None:
        # Old files lie in order of time: all columns are read only where known keys are.
        bounds = f"{quote(span[0])}::TIMESTAMPTZ AND {quote(span[1])}::TIMESTAMPTZ"
        rows += f" UNION ALL SELECT * FROM ({scan(old, STORED)}) WHERE occurred_at BETWEEN {bounds}"
    content = f"hash({', '.join(name(c) for c in STORED.names)})"
    found = con.sql(f"""
        WITH contested AS (SELECT h FROM brought WHERE n > 1 UNION SELECT h FROM met),
        tied AS (
            SELECT min(source) AS source, min(source_id) AS source_id, version
            FROM ({rows}) WHERE hash({KEY}) IN (SELECT h FROM contested)
            GROUP BY hash({KEY}), version HAVING min({content}) <> max({content}))
        SELECT count(*), min(source || ', ' || source_id), min_by(version, source || ', ' || source_id) FROM tied
        """).fetchone()
    if not found or not found[0]:
        return []
    return [Issue("equal-versions", Severity.WARNING, found[1], f"version {found[2]}", _ADVICE, int(found[0]))]
