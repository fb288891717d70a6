"""The hot tail: events that are not in the lake yet, read with those that are.

Nothing of it is kept. A timeline is read as the lake has it, but for the rows the hot events name, which are derived
anew for the session.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa

from troth.log._merge import KEY, NEWEST
from troth.log.schema import STORED
from troth.log.store import name, quote, scan

if TYPE_CHECKING:
    import duckdb

_COLUMNS: Final = ", ".join(name(c) for c in STORED.names)
#: SQL for the hot events, in a session that holds them.
HOT: Final = f"SELECT {_COLUMNS} FROM hot_tail"


def hold(con: duckdb.DuckDBPyConnection, events: pa.Table) -> None:
    """Put hot events at hand in a session; see `HOT`."""
    con.register("hot_given", events.select(STORED.names).cast(STORED))
    con.execute(f"CREATE OR REPLACE TEMP TABLE hot_tail AS SELECT {_COLUMNS} FROM hot_given")
    con.unregister("hot_given")


def with_hot(
    con: duckdb.DuckDBPyConnection,
    files: Mapping[str, list[str]],
    timeline: Any,
    *,
    cold: str,
    derive: Callable[[tuple[str, ...]], str],
) -> str:
    """Return SQL for a timeline in which the keys that hot events name are derived anew.

    Parameters
    ----------
    con : a session that holds hot events.
    files : of the events in the lake, by tier.
    timeline : which one.
    cold : SQL for its rows as the lake has them.
    derive : gives the SQL that makes columns of its rows of the view `events`.
    """
    key, touched, rows = name(timeline.key), f"hot_keys_{timeline.name}", f"hot_rows_{timeline.name}"
    read = "true"
    if timeline.activities is not None:
        read = f"activity IN ({', '.join(map(quote, timeline.activities))})"
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE {touched} AS SELECT DISTINCT {key} FROM hot_tail WHERE {key} IS NOT NULL AND {read}"
    )
    if con.sql(f"SELECT count(*) FROM {touched}").fetchone() == (0,):
        return cold
    base, tail = (scan(files[tier], STORED) for tier in ("base", "tail"))
    con.execute(f"""
        CREATE OR REPLACE TEMP TABLE hot_near AS SELECT * FROM ({base}) WHERE {read} AND {key} IN (FROM {touched})""")
    con.execute(f"""
        CREATE OR REPLACE TEMP TABLE hot_late AS SELECT * FROM ({tail} UNION ALL {HOT})
        WHERE {key} IN (FROM {touched})""")
    # Another version of an event may name another key, and may decide that the event is none of ours. Hot events have
    # one version; only those that came from elsewhere are looked for in the base, which takes reading all of it.
    other = f"({key} IS NULL OR {key} NOT IN (FROM {touched}))"
    con.execute(f"""
        CREATE OR REPLACE TEMP TABLE hot_rivals AS SELECT * FROM ({tail}) t
        WHERE {other} AND EXISTS (FROM hot_near n WHERE {_same("n", "t")})""")
    foreign = "source NOT IN (SELECT source FROM hot_tail)"
    if con.sql(f"SELECT count(*) FROM hot_late WHERE {foreign}").fetchone() != (0,):
        con.execute(f"""
            INSERT INTO hot_rivals SELECT * FROM ({base}) b
            WHERE {other} AND EXISTS (FROM (FROM hot_late WHERE {foreign}) n WHERE {_same("n", "b")})""")
    con.execute(f"""
        CREATE OR REPLACE TEMP VIEW events AS
        SELECT * FROM (
            SELECT * FROM (FROM hot_near UNION ALL FROM hot_late UNION ALL FROM hot_rivals) QUALIFY {NEWEST} = 1
        ) WHERE {key} IN (FROM {touched})""")
    columns = tuple(con.sql(f"SELECT * FROM ({cold}) LIMIT 0").columns)
    listed = ", ".join(name(c) for c in columns)
    con.execute(f"CREATE OR REPLACE TEMP TABLE {rows} AS SELECT {listed} FROM ({derive(columns)})")
    return f"""
        SELECT {listed} FROM ({cold}) ANTI JOIN {touched} USING ({key})
        UNION ALL SELECT {listed} FROM {rows}"""


def _same(one: str, other: str) -> str:
    return " AND ".join(f"{one}.{c} = {other}.{c}" for c in KEY.split(", "))
