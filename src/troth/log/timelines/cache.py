"""Timelines kept in the lake: built once, then brought up to date by re-deriving only the keys that new events name.

The tail of a timeline's table replaces the base for every key it names; a key whose rows are gone stands there
with `gone` set. A commit's notes say which event files it has seen, so a refresh knows what is new, and which columns
are there: a timeline is first derived with the columns the first question takes, and in full when a later one takes
more. Half of a timeline's cost is in columns that many a lake is never asked about.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa

from troth.core.errors import LostRaceError
from troth.log._hot import with_hot
from troth.log._merge import KEY, NEWEST
from troth.log.lake import Lake, settle
from troth.log.schema import STORED
from troth.log.store import Shelf, listed, name, quote, scan
from troth.log.timelines._base import Timeline, chosen, events_table
from troth.log.timelines._prune import pruned

if TYPE_CHECKING:
    import duckdb

#: What can always be derived anew is written quickly rather than small.
COMPRESSION: Final = "snappy"
_GONE: Final = pa.field("gone", pa.bool_())
#: What rows that higher rooms compute rest on besides events, see `kept`.
RESTS_ON: Final = ("rules", "now")
#: When the tail names more than this share of all keys, everything is derived anew.
_TAIL_SHARE: Final = 0.2
#: A larger log is derived from in parts of about so many events.
_PART_ROWS: Final = 16_000_000
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
def _derived(timeline: Timeline) -> Any:
    """Return the expression that derives a timeline from the table `events`."""
    return timeline.derive(chosen(timeline, events_table()))


@cache
def _compiled(timeline: Timeline, columns: tuple[str, ...]) -> str:
    """Return the SQL that derives columns of a timeline from the view `events`."""
    import ibis

    return str(ibis.to_sql(pruned(_derived(timeline).select(*columns)), dialect="duckdb"))


def schema(lake: Lake, *, timeline: Timeline) -> pa.Schema:
    """Return all columns of a timeline, derived yet or not."""
    shelf = _shelf(lake, timeline)
    if shelf is None:
        return derived_schema(timeline)
    return pa.schema([field for field in shelf.schema if field.name != _GONE.name])


def derived_schema(timeline: Timeline) -> pa.Schema:
    """Return the columns that the derivation of a timeline gives."""
    return pa.schema(_derived(timeline).schema().to_pyarrow())


def folder() -> str:
    """Return the kind of tables, see `Lake.shelf`, that are kept for the code as it is now."""
    return f"timelines/{_definition()}"


def _bare(lake: Lake, timeline: Timeline, schema: pa.Schema | None = None) -> Shelf:
    """Return a timeline's table as the code derives it now."""
    columns = pa.schema([]) if schema is None else schema
    return lake.shelf(folder(), timeline.name, columns, compression=COMPRESSION)


def _shelf(lake: Lake, timeline: Timeline) -> Shelf | None:
    """Return the cached table of a timeline as it is, without compiling anything; None if there is none yet."""
    table = _bare(lake, timeline).table()
    if table is None:
        return None
    fields = [f for f in pa.schema(table.schema().to_arrow()) if f.name != "tier"]
    return _bare(lake, timeline, pa.schema(fields))


def refresh(
    lake: Lake, con: duckdb.DuckDBPyConnection, timeline: Timeline, *, columns: Collection[str] | None = None
) -> str:
    """Bring a timeline up to date with the events and return the SQL that reads it.

    Parameters
    ----------
    lake, con : where the events and the cached rows are, and what to compute with.
    timeline : which one.
    columns : the columns it must have; all if left out. The SQL gives at least these, and the key.
    """
    # What is in the lake first: an event that comes into it meanwhile is then in the hot tail as well, and counts once.
    cold = _up_to_date(lake, con, timeline, columns)
    if lake.hot is None:
        return cold
    files = lake.events.files()
    return with_hot(con, files, timeline, cold=cold, derive=lambda names: _compiled(timeline, names))


def _up_to_date(lake: Lake, con: duckdb.DuckDBPyConnection, timeline: Timeline, columns: Collection[str] | None) -> str:
    for _ in range(_ATTEMPTS - 1):
        try:
            return _refreshed(lake, con, timeline, columns)
        except LostRaceError:
            continue
    return _refreshed(lake, con, timeline, columns)


def _refreshed(lake: Lake, con: duckdb.DuckDBPyConnection, timeline: Timeline, columns: Collection[str] | None) -> str:
    # Two who bring the same timeline up to date must not both add their rows: the second one looks again.
    at = _bare(lake, timeline).version()
    files = lake.events.files()
    everything = schema(lake, timeline=timeline)
    shelf = _bare(lake, timeline, everything.append(_GONE))
    notes = shelf.stamp()
    base = sorted(file.rsplit("/", 1)[1] for file in files["base"])
    tail = {file.rsplit("/", 1)[1]: file for file in files["tail"]}
    held = _held(notes)
    wanted = {timeline.key, *(everything.names if columns is None else columns)}
    if wanted <= held and notes["base"] == json.dumps(base):
        seen = set(json.loads(notes["tail"]))
        if seen == set(tail):
            return _read(shelf, timeline, held)
        if seen <= set(tail):
            fresh = [path for file, path in sorted(tail.items()) if file not in seen]
            if _update(lake, con, timeline, shelf, fresh=fresh, at=at):
                return _read(shelf, timeline, held)
    if held and not wanted <= held:
        wanted |= set(everything.names)  # who asks for more will ask for more again
    held |= wanted
    sql = _compiled(timeline, tuple(c for c in everything.names if c in held))
    old = shelf.files()
    shelf.put(
        con,
        _in_parts(con, files, timeline, sql),
        tier="base",
        remove=old["base"] + old["tail"],
        notes=_notes(base, tail, held),
        at=at,
    )
    return _read(shelf, timeline, held)


def _in_parts(
    con: duckdb.DuckDBPyConnection, files: Mapping[str, list[str]], timeline: Timeline, sql: str
) -> Iterator[str]:
    """Yield queries that derive a timeline, with the `events` each reads: all of them, or those of a share of the keys.

    Joins and windows over a log of a hundred million events do not fit the memory a session may take, however much is
    spilled. What is derived of a key rests on its events alone.
    """
    parts = 1 + _rows(con, [*files["base"], *files["tail"]]) // _PART_ROWS
    for part in range(parts):
        share = "" if parts == 1 else f" WHERE coalesce(hash({name(timeline.key)}), 0) % {parts} = {part}"
        con.execute(f"CREATE OR REPLACE TEMP VIEW events AS SELECT * FROM ({settle(files)}){share}")
        yield f"SELECT *, false AS gone FROM ({sql})"


def _notes(base: Iterable[str], tail: Iterable[str], columns: Iterable[str]) -> dict[str, str]:
    return {**_seen(base, tail), "columns": json.dumps(sorted(columns))}


def _seen(base: Iterable[str], tail: Iterable[str]) -> dict[str, str]:
    return {"base": json.dumps(sorted(base)), "tail": json.dumps(sorted(tail))}


def _others(notes: Mapping[str, Any]) -> dict[str, str]:
    """Return what a commit said besides the event files it has seen."""
    return {key: str(notes[key]) for key in ("columns", *RESTS_ON) if key in notes}


def _held(notes: Mapping[str, Any]) -> set[str]:
    """Return the columns that were derived."""
    return set(json.loads(notes.get("columns", "[]")))


def refresh_cached(lake: Lake, con: duckdb.DuckDBPyConnection) -> None:
    """Bring every timeline that was ever asked for up to date, with the columns it has."""
    from troth.log.timelines import TIMELINES

    for timeline in TIMELINES.values():
        if _shelf(lake, timeline) is not None:
            refresh(lake, con, timeline, columns=())


def restamp(
    lake: Lake, con: duckdb.DuckDBPyConnection, *, before: Mapping[str, list[str]], base: Iterable[str]
) -> None:
    """Say of every cached table that it has seen the new base, if it had seen all the files this was made of.

    Parameters
    ----------
    lake, con : where the tables are, and what to write with.
    before : files of the events that were compacted.
    base : files of the base they became.
    """
    old_base, old_tail = ({path.rsplit("/", 1)[1] for path in before[tier]} for tier in ("base", "tail"))
    new_base = [path.rsplit("/", 1)[1] for path in base]
    for table in lake.tables(folder()):
        shelf = lake.shelf(folder(), table, pa.schema([]))
        at, notes = shelf.version(), shelf.stamp()
        if notes.get("base") != json.dumps(sorted(old_base)):
            continue
        seen = set(json.loads(notes["tail"]))
        if old_tail <= seen:
            with suppress(LostRaceError):
                shelf.put(con, [], notes={**_others(notes), **_seen(new_base, seen - old_tail)}, at=at)


def _there(shelf: Shelf, held: Collection[str]) -> pa.Schema:
    """Return the columns that the files of a timeline have."""
    return pa.schema([field for field in shelf.schema if field.name in held or field.name == _GONE.name])


def _read(shelf: Shelf, timeline: Timeline, held: Collection[str]) -> str:
    """Return SQL for the rows of a timeline: the base but for the keys the tail names, and the tail."""
    files, there = shelf.files(), _there(shelf, held)
    columns = ", ".join(name(c) for c in there.names if c != "gone")
    base = f"SELECT {columns} FROM ({scan(files['base'], there)})"
    if not files["tail"]:
        return base
    tail = scan(files["tail"], there)
    key = name(timeline.key)
    return f"""
        SELECT * FROM ({base}) ANTI JOIN (SELECT DISTINCT {key} FROM ({tail})) USING ({key})
        UNION ALL SELECT {columns} FROM ({tail}) WHERE NOT gone"""


def _update(
    lake: Lake, con: duckdb.DuckDBPyConnection, timeline: Timeline, shelf: Shelf, *, fresh: list[str], at: int
) -> bool:
    """Re-derive the keys that fresh event files name; return False if that would be more than a rebuild."""
    files, old = lake.events.files(), shelf.files()
    key, read = name(timeline.key), _read_by(timeline)
    new, base = scan(fresh, STORED), _placed(files["base"])
    late, beaten = _late_and_beaten(con, files)
    # What a new version replaces may have named another key, which loses the event and is touched too.
    con.execute(f"""
        CREATE OR REPLACE TEMP TABLE touched AS
        SELECT DISTINCT {key} FROM (
            SELECT {key}, activity FROM ({new})
            UNION ALL SELECT {key}, activity FROM {late} SEMI JOIN ({new}) n USING ({KEY})
            UNION ALL SELECT {key}, activity FROM {beaten} SEMI JOIN ({new}) n USING ({KEY})
        ) WHERE {key} IS NOT NULL AND {read}""")
    (touched,) = con.sql("SELECT count(*) FROM touched").fetchone() or (0,)
    most = max(1000, _TAIL_SHARE * _rows(con, old["base"]))
    if touched and max(touched, _concerned(con, old["base"], key)) > most:
        return False  # a few people of many may have most of the rows
    # All events of the touched keys, and every version of each of those, wherever it stands.
    _gather(con, "near", f"SELECT * FROM ({base}) WHERE {read}", f"SEMI JOIN touched USING ({key})", only=read)
    con.execute(f"""
        CREATE OR REPLACE TEMP VIEW events AS
        SELECT * FROM (
            SELECT * FROM (SELECT * FROM {late} UNION ALL SELECT * FROM {beaten}
                           UNION ALL SELECT * FROM near ANTI JOIN {beaten} USING ({KEY}))
            QUALIFY {NEWEST} = 1
        ) SEMI JOIN touched USING ({key})""")
    held = _held(shelf.stamp())
    there = _there(shelf, held)
    names = [c for c in there.names if c != "gone"]
    sql, columns = _compiled(timeline, tuple(names)), ", ".join(name(c) for c in names)
    con.execute(f"CREATE OR REPLACE TEMP TABLE derived AS SELECT {columns}, false AS gone FROM ({sql})")
    overlay = f"SELECT {columns}, gone FROM derived"
    if old["tail"]:
        overlay += (
            f" UNION ALL SELECT {columns}, gone FROM ({scan(old['tail'], there)}) ANTI JOIN touched USING ({key})"
        )
    empty = ", ".join("true" if c == "gone" else f"t.{key}" if c == timeline.key else "NULL" for c in [*names, "gone"])
    overlay += f" UNION ALL SELECT {empty} FROM touched t ANTI JOIN derived USING ({key})"
    base_names, tail_names = ([p.rsplit("/", 1)[1] for p in files[tier]] for tier in ("base", "tail"))
    notes = _notes(base_names, tail_names, held)
    shelf.put(con, [overlay], tier="tail", remove=old["tail"], notes=notes, at=at)
    return True


def _read_by(timeline: Timeline) -> str:
    """Return the condition of events that a timeline reads."""
    if timeline.activities is None:
        return "true"
    return f"activity IN ({', '.join(quote(word) for word in timeline.activities)})"


def _concerned(con: duckdb.DuckDBPyConnection, files: list[str], key: str) -> int:
    """Return how many rows of a timeline's base belong to touched keys."""
    if not files:
        return 0
    found: Any = con.sql(
        f"SELECT count(*) FROM read_parquet([{listed(files)}], hive_partitioning = false) SEMI JOIN touched USING ({key})"
    ).fetchone()
    return int(found[0])


def _late_and_beaten(con: duckdb.DuckDBPyConnection, files: Mapping[str, list[str]]) -> tuple[str, str]:
    """Return the names of two tables: the tail, and the rows of the base that it has versions of.

    They are the same for all timelines, so they are made once for as long as the connection knows these files.
    """
    run = hashlib.blake2b("\n".join([*files["base"], *files["tail"]]).encode(), digest_size=8).hexdigest()
    late, beaten = f"late_{run}", f"beaten_{run}"
    con.execute(f"CREATE TEMP TABLE IF NOT EXISTS {late} AS {scan(files['tail'], STORED)}")
    if not con.sql(f"SELECT 1 FROM duckdb_tables() WHERE table_name = '{beaten}'").fetchone():
        _gather(con, beaten, _placed(files["base"]), f"SEMI JOIN {late} USING ({KEY})")
    return late, beaten


def _gather(con: duckdb.DuckDBPyConnection, table: str, placed: str, joined: str, *, only: str = "true") -> None:
    """Make a table of the events in `placed` that a join, and the condition `only`, keep.

    The join reads few columns of all events. It tells in which files, and between which instants, the few that are
    kept lie; only there all columns are read, for a base lies in order of time.
    """
    spans = con.sql(f"""
        SELECT filename, min(occurred_at)::VARCHAR, max(occurred_at)::VARCHAR FROM ({placed}) {joined}
        GROUP BY filename""").fetchall()
    parts = [
        f"SELECT * FROM ({scan([file], STORED)}) WHERE {only} AND occurred_at BETWEEN {quote(low)}::TIMESTAMPTZ"
        f" AND {quote(high)}::TIMESTAMPTZ"
        for file, low, high in spans
    ]
    rows = " UNION ALL ".join(parts) or scan([], STORED)
    con.execute(f"CREATE OR REPLACE TEMP TABLE {table} AS SELECT * FROM ({rows}) {joined}")


def _placed(files: list[str]) -> str:
    """Return SQL that reads files of events, each row with the file it is in as `filename`."""
    if not files:
        return f"SELECT *, NULL::VARCHAR AS filename FROM ({scan([], STORED)})"
    return f"SELECT * FROM read_parquet([{listed(files)}], filename = true, hive_partitioning = false)"


def _rows(con: duckdb.DuckDBPyConnection, files: list[str]) -> int:
    if not files:
        return 0
    found: Any = con.sql(f"SELECT sum(num_rows) FROM parquet_file_metadata([{listed(files)}])").fetchone()
    return int(found[0] or 0)
