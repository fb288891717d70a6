"""Tables looked up while others are read: who wrote a comment, when its ticket came, which tickets have a history.

They are sought in the folder of the file that is read, and in the file itself.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from troth.core.errors import InputError
from troth.log.readers import _facts_sql as sql
from troth.log.readers._facts import Beside, Kind, Source
from troth.log.readers._open import parts
from troth.log.readers._records import read_records
from troth.log.readers.base import ReadOptions

_SUFFIXES: Final = frozenset({".json", ".jsonl", ".ndjson", ".csv", ".tsv", ".txt", ".gz", ".zip"})
#: A folder with more files is no export but somebody's home.
_FILES: Final = 2000


@dataclass(slots=True)
class Shelf:
    """Tables beside, by name."""

    tables: dict[str, pa.Table] = field(default_factory=dict)

    def put(self, db: Any) -> None:
        """Make the tables known to a connection."""
        for name, table in self.tables.items():
            db.register(name, table)


#: The shelf used last; a folder of many files is then gone through once.
_LAST: dict[tuple[Any, ...], Shelf] = {}


def files_beside(path: Path) -> list[Path]:
    """Return the files in which tables beside a file are sought, itself included."""
    others = [p for p in path.parent.iterdir() if p.suffix.lower() in _SUFFIXES and p.is_file()]
    return sorted({path, *others}) if len(others) <= _FILES else [path]


def tables_beside(path: Path, *, source: Source, options: ReadOptions) -> Shelf:
    """Return the tables a source looks things up in, empty where they are not there."""
    if not source.beside:
        return Shelf()
    files = files_beside(path)
    stats = [(str(p), p.stat().st_size, p.stat().st_mtime_ns) for p in files]
    key = (source.name, options.time_zone, *stats)
    if key not in _LAST:
        found = _load(files, source, options)
        _LAST.clear()
        _LAST[key] = found
    return _LAST[key]


def _load(files: list[Path], source: Source, options: ReadOptions) -> Shelf:
    import duckdb

    numbers = {kind.name: n for n, kind in enumerate(source.kinds)}
    with duckdb.connect(":memory:") as db:
        db.execute("SET TimeZone = 'UTC'; SET enable_progress_bar = false")
        for name, beside in source.beside.items():
            kind = source.kinds[numbers[beside.kind]]
            db.register("none", pa.table({"row": pa.array([], pa.int64()), "j": pa.array([], pa.string())}))
            db.execute(f"CREATE TABLE all_{name} AS {_picked(kind, beside, options, 'none')}")
        for path in files:
            _add(db, path, source, options)
        tables = {}
        for name, beside in source.beside.items():
            keys = ", ".join(beside.key.split())
            query = f"SELECT * EXCLUDE (_newest) FROM all_{name} WHERE {beside.key.split()[0]} IS NOT NULL"
            order = ", ".join(["_newest DESC", *(f"{column} DESC NULLS LAST" for column in beside.columns)])
            query += f" QUALIFY row_number() OVER (PARTITION BY {keys} ORDER BY {order}) = 1"
            tables[name] = db.execute(query).fetch_arrow_table()
    return Shelf(tables)


def _add(db: Any, path: Path, source: Source, options: ReadOptions) -> None:
    """Add what a file holds of the tables; what cannot be read is told when that file is read itself."""
    try:
        for part in parts(path):
            for records in read_records(part, size=options.batch_rows, lists=source.lists, flatten=source.flatten):
                db.register("given", records.table)
                whens = " ".join(f"WHEN {sql.is_of(kind)} THEN '{kind.name}'" for kind in source.kinds)
                db.execute(
                    f"CREATE OR REPLACE TEMP TABLE sorted AS SELECT row, j, CASE {whens} END AS kind"
                    f" FROM (SELECT row, j, json_keys(j) AS keys FROM given WHERE {sql.IS_OBJECT})"
                )
                there = {name for (name,) in db.execute("SELECT DISTINCT kind FROM sorted").fetchall()}
                for name, beside in source.beside.items():
                    if beside.kind in there:
                        kind = next(k for k in source.kinds if k.name == beside.kind)
                        rows = f"(SELECT * FROM sorted WHERE kind = '{kind.name}')"
                        db.execute(f"INSERT INTO all_{name} {_picked(kind, beside, options, rows)}")
                if there == {None}:
                    break
    except InputError:
        return


def _picked(kind: Kind, beside: Beside, options: ReadOptions, rows: str) -> str:
    picks = ", ".join(f"{value} AS {name}" for name, value in beside.columns.items())
    mine = f"SELECT row, j FROM {rows}"
    if kind.each:
        items = f"from_json(json_extract(j, {sql.quoted(sql.path(kind.each))}), '[\"JSON\"]')"
        mine = f"SELECT row, j, unnest({items}) AS item, generate_subscripts({items}, 1) AS nr FROM ({mine})"
    columns = sql.extracted(kind, zone=options.time_zone)
    where = f" WHERE {beside.where}" if beside.where else ""
    return f"WITH mine AS ({mine}), p AS ({columns}) SELECT {picks}, {beside.newest} AS _newest FROM p{where}"
