"""Timelines kept in the lake: built once, then brought up to date by re-deriving only the keys that new events name.

The tail of a timeline's table replaces the base for every key it names; a key whose rows are gone stands there
with `gone` set. A commit's notes say which event files it has seen, so a refresh knows what is new.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa

from troth.core.errors import LostRaceError
from troth.log.lake import Lake, settle
from troth.log.schema import STORED
from troth.log.store import Shelf, name, quote, scan
from troth.log.timelines._base import Timeline, chosen, events_table

if TYPE_CHECKING:
    import duckdb

_GONE: Final = pa.field("gone", pa.bool_())
#: When the tail names more than this share of all keys, everything is derived anew.
_TAIL_SHARE: Final = 0.2
#: So often others may bring a timeline up to date just before us.
_ATTEMPTS: Final = 5


@cache
def _definition() -> str:
    """Return a name for the derivations as they are; rows derived by other code lie in another folder."""
    digest = hashlib.blake2b(digest_size=8)
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()


@cache
def _compiled(timeline: Timeline) -> tuple[str, pa.Schema]:
    """Return the SQL that derives a timeline from the view `events`, and its columns."""
    import ibis

    expression = timeline.derive(chosen(timeline, events_table()))
    return ibis.to_sql(expression, dialect="duckdb"), expression.schema().to_pyarrow()


def _home(lake: Lake, timeline: Timeline) -> Path:
    """Return the folder of a timeline's table as the code derives it now."""
    return lake.root / "timelines" / _definition() / timeline.name


def _shelf(lake: Lake, timeline: Timeline) -> Shelf | None:
    """Return the cached table of a timeline as it is, without compiling anything; None if there is none yet."""
    bare = Shelf(_home(lake, timeline), pa.schema([]))
    table = bare.table()
    if table is None:
        return None
    fields = [f for f in pa.schema(table.schema().to_arrow()) if f.name != "tier"]
    return Shelf(bare.root, pa.schema(fields))


def refresh(lake: Lake, con: duckdb.DuckDBPyConnection, timeline: Timeline) -> str:
    """Bring a timeline up to date with the events and return the SQL that reads it.

    Parameters
    ----------
    lake, con : where the events and the cached rows are, and what to compute with.
    timeline : which one.
    """
    for _ in range(_ATTEMPTS - 1):
        try:
            return _refreshed(lake, con, timeline)
        except LostRaceError:
            continue
    return _refreshed(lake, con, timeline)


def _refreshed(lake: Lake, con: duckdb.DuckDBPyConnection, timeline: Timeline) -> str:
    # Two who bring the same timeline up to date must not both add their rows: the second one looks again.
    at = Shelf(_home(lake, timeline), pa.schema([])).version()
    files = lake.events.files()
    shelf = _shelf(lake, timeline)
    notes = shelf.stamp() if shelf is not None else {}
    base = sorted(file.rsplit("/", 1)[1] for file in files["base"])
    tail = {file.rsplit("/", 1)[1]: file for file in files["tail"]}
    if shelf is not None and notes.get("base") == json.dumps(base):
        seen = set(json.loads(notes["tail"]))
        if seen == set(tail):
            return _read(shelf, timeline)
        if seen <= set(tail):
            fresh = [path for file, path in sorted(tail.items()) if file not in seen]
            if _update(lake, con, timeline, shelf, fresh=fresh, at=at):
                return _read(shelf, timeline)
    sql, schema = _compiled(timeline)
    shelf = Shelf(_home(lake, timeline), schema.append(_GONE))
    con.execute(f"CREATE OR REPLACE TEMP VIEW events AS {settle(files)}")
    old = shelf.files()
    shelf.put(
        con,
        [f"SELECT *, false AS gone FROM ({sql})"],
        tier="base",
        remove=old["base"] + old["tail"],
        notes=_notes(base, tail),
        at=at,
    )
    return _read(shelf, timeline)


def _notes(base: Iterable[str], tail: Iterable[str]) -> dict[str, str]:
    return {"base": json.dumps(sorted(base)), "tail": json.dumps(sorted(tail))}


def refresh_cached(lake: Lake, con: duckdb.DuckDBPyConnection) -> None:
    """Bring every timeline that was ever asked for up to date."""
    from troth.log.timelines import TIMELINES

    for timeline in TIMELINES.values():
        if _shelf(lake, timeline) is not None:
            refresh(lake, con, timeline)


def restamp(
    lake: Lake, con: duckdb.DuckDBPyConnection, *, before: Mapping[str, list[str]], base: Iterable[str]
) -> None:
    """Say of every cached timeline that it has seen the new base, if it had seen all the files this was made of.

    Parameters
    ----------
    lake, con : where the timelines are, and what to write with.
    before : files of the events that were compacted.
    base : files of the base they became.
    """
    from troth.log.timelines import TIMELINES

    old_base, old_tail = ({path.rsplit("/", 1)[1] for path in before[tier]} for tier in ("base", "tail"))
    new_base = [path.rsplit("/", 1)[1] for path in base]
    for timeline in TIMELINES.values():
        shelf = _shelf(lake, timeline)
        if shelf is None:
            continue
        at, notes = shelf.version(), shelf.stamp()
        if notes.get("base") != json.dumps(sorted(old_base)):
            continue
        seen = set(json.loads(notes["tail"]))
        if old_tail <= seen:
            with suppress(LostRaceError):
                shelf.put(con, [], notes=_notes(new_base, seen - old_tail), at=at)


def _read(shelf: Shelf, timeline: Timeline) -> str:
    """Return SQL for the rows of a timeline: the base but for the keys the tail names, and the tail."""
    files = shelf.files()
    columns = ", ".join(name(c) for c in shelf.schema.names if c != "gone")
    base = f"SELECT {columns} FROM ({scan(files['base'], shelf.schema)})"
    if not files["tail"]:
        return base
    tail = scan(files["tail"], shelf.schema)
    key = name(timeline.key)
    return f"""
        SELECT * FROM ({base}) ANTI JOIN (SELECT DISTINCT {key} FROM ({tail})) USING ({key})
        UNION ALL SELECT {columns} FROM ({tail}) WHERE NOT gone"""


def _update(
    lake: Lake, con: duckdb.DuckDBPyConnection, timeline: Timeline, shelf: Shelf, *, fresh: list[str], at: int
) -> bool:
    """Re-derive the keys that fresh event files name; return False if that would be more than a rebuild."""
    files = lake.events.files()
    key, events_key = name(timeline.key), "source, source_id"
    new, base = scan(fresh, STORED), scan(files["base"], STORED)
    tail = scan(files["tail"], STORED)
    # What a new version replaces may have named another key, which loses the event and is touched too.
    con.execute(f"""
        CREATE OR REPLACE TEMP TABLE touched AS
        SELECT DISTINCT {key} FROM (
            SELECT {key} FROM ({new})
            UNION ALL SELECT {key} FROM ({tail}) SEMI JOIN ({new}) n USING ({events_key})
            UNION ALL SELECT {key} FROM ({base}) SEMI JOIN ({new}) n USING ({events_key})
        ) WHERE {key} IS NOT NULL""")
    (touched,) = con.sql("SELECT count(*) FROM touched").fetchone() or (0,)
    old = shelf.files()
    known = _rows(con, old["base"])
    if touched and touched > max(1000, _TAIL_SHARE * known):
        return False
    # All events of the touched keys, and every version of each of those, wherever it stands.
    con.execute(f"CREATE OR REPLACE TEMP TABLE near AS SELECT * FROM ({base}) SEMI JOIN touched USING ({key})")
    con.execute(f"CREATE OR REPLACE TEMP TABLE late AS SELECT * FROM ({tail})")
    con.execute(f"CREATE OR REPLACE TEMP TABLE beaten AS SELECT * FROM ({base}) b SEMI JOIN late USING ({events_key})")
    from troth.log._merge import NEWEST

    con.execute(f"""
        CREATE OR REPLACE TEMP VIEW events AS
        SELECT * FROM (
            SELECT * FROM (SELECT * FROM late UNION ALL SELECT * FROM beaten
                           UNION ALL SELECT * FROM near ANTI JOIN beaten USING ({events_key}))
            QUALIFY {NEWEST} = 1
        ) SEMI JOIN touched USING ({key})""")
    sql, schema = _compiled(timeline)
    columns = ", ".join(name(c) for c in schema.names)
    con.execute(f"CREATE OR REPLACE TEMP TABLE derived AS SELECT {columns}, false AS gone FROM ({sql})")
    overlay = f"SELECT {columns}, gone FROM derived"
    if old["tail"]:
        overlay += f" UNION ALL SELECT {columns}, gone FROM ({scan(old['tail'], shelf.schema)}) ANTI JOIN touched USING ({key})"
    empty = ", ".join(
        "true" if c == "gone" else f"t.{key}" if c == timeline.key else "NULL" for c in [*schema.names, "gone"]
    )
    overlay += f" UNION ALL SELECT {empty} FROM touched t ANTI JOIN derived USING ({key})"
    notes = _notes((p.rsplit("/", 1)[1] for p in files["base"]), (p.rsplit("/", 1)[1] for p in files["tail"]))
    shelf.put(con, [overlay], tier="tail", remove=old["tail"], notes=notes, at=at)
    return True


def _rows(con: duckdb.DuckDBPyConnection, files: list[str]) -> int:
    if not files:
        return 0
    listed = ", ".join(quote(f) for f in files)
    found: Any = con.sql(f"SELECT sum(num_rows) FROM parquet_file_metadata([{listed}])").fetchone()
    return int(found[0] or 0)
