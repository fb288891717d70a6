"""OCEL 2.0 as an SQLite database, opened so that nothing in it can run or be changed."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import quote

from troth.core.decision import Issue, Severity
from troth.core.errors import InputError
from troth.log.readers._ocel_items import EventItem, Item, ObjectItem, TypeItem, clean, not_ocel

MAGIC = b"SQLite format 3\x00"
_KINDS = {"INTEGER": "integer", "INT": "integer", "REAL": "float", "DOUBLE": "float", "FLOAT": "float"}
_KINDS |= {"TIMESTAMP": "time", "DATETIME": "time", "BOOLEAN": "boolean", "BOOL": "boolean"}
_VALUE_LIMIT = 64 * 1024 * 1024


def items(path: Path, name: str, issues: list[Issue]) -> Iterator[Item]:
    """Yield what a log holds; where the database is broken, add an issue and end."""
    begun = False
    try:
        with closing(sqlite3.connect(f"file:{quote(str(path))}?mode=ro&immutable=1", uri=True)) as db:
            db.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _VALUE_LIMIT)
            db.execute("PRAGMA trusted_schema = OFF")
            db.text_factory = lambda raw: raw.decode("utf-8", "replace")
            for item in _Database(db, name, issues).items():
                begun = True
                yield item
    except sqlite3.Error as error:
        if not begun:
            advice = "Maybe the database is cut, locked or of another make."
            raise InputError([Issue("bad-database", Severity.ERROR, name, str(error)[:200], advice)]) from error
        advice = "Maybe the database was cut, or is of another make; what could be read was used."
        issues.append(Issue("bad-database", Severity.ERROR, name, str(error)[:200], advice))


class _Database:
    def __init__(self, db: sqlite3.Connection, name: str, issues: list[Issue]) -> None:
        self.db, self.name, self.issues = db, name, issues
        # Views and virtual tables could compute without end; only plain tables are data.
        sql = "SELECT name FROM sqlite_master WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%'"
        self.tables = {row[0] for row in db.execute(sql)}

    def items(self) -> Iterator[Item]:
        """Yield types, then objects, then events."""
        if not {"event", "object", "event_map_type", "object_map_type"} & self.tables:
            raise not_ocel(self.name)
        maps = {kind: self._map(kind) for kind in ("object", "event")}
        for kind, types in maps.items():
            for name, table in types.items():
                yield TypeItem(kind, name, self._attributes(table))
        self._index("object_object", "ocel_source_id", "ocel_target_id")
        self._index("event_object", "ocel_event_id", "ocel_object_id")
        yield from self._objects(maps["object"])
        yield from self._events(maps["event"])

    def _map(self, kind: str) -> dict[str, str]:
        found: dict[str, str] = {}
        for name, short in self._rows(f"{kind}_map_type", "ocel_type", "ocel_type_map"):
            table = f"{kind}_{short}"
            if table in self.tables:
                found[clean(name)] = table
            else:
                self._missing(table)
        return found

    def _missing(self, table: str) -> None:
        advice = "Maybe this is no OCEL 2.0 database, or it was made in part."
        self.issues.append(Issue("missing-table", Severity.ERROR, self.name, table, advice))

    def _columns(self, table: str) -> list[tuple[str, str]]:
        return [(row[1], row[2]) for row in self.db.execute(f"PRAGMA table_info({_quoted(table)})")]

    def _attributes(self, table: str) -> list[tuple[str, str]]:
        columns = [(n, k) for n, k in self._columns(table) if not n.startswith("ocel_")]
        return [(n, _KINDS.get(k.upper().partition("(")[0], "string")) for n, k in columns]

    def _rows(self, table: str, *columns: str) -> Iterator[tuple[Any, ...]]:
        if table not in self.tables:
            self._missing(table)
            return
        picks = ", ".join(map(_quoted, columns))
        yield from self.db.execute(f"SELECT {picks} FROM {_quoted(table)} ORDER BY rowid")

    def _index(self, table: str, key: str, target: str) -> None:
        """Copy a relation beside the file with an index, for the file need not have one."""
        self.db.execute(f"CREATE TEMP TABLE troth_{table} (a TEXT, b TEXT, q TEXT)")
        rows = self._rows(table, key, target, "ocel_qualifier")
        self.db.executemany(f"INSERT INTO temp.troth_{table} VALUES (?, ?, ?)", rows)
        self.db.execute(f"CREATE INDEX temp.troth_{table}_a ON troth_{table} (a)")

    def _relations(self, table: str, key: str) -> list[tuple[str, str]]:
        rows = self.db.execute(f"SELECT b, q FROM temp.troth_{table} WHERE a = ? ORDER BY rowid", (key,))
        return [(clean(target), clean(qualifier)) for target, qualifier in rows]

    def _objects(self, types: dict[str, str]) -> Iterator[Item]:
        names = {table: [n for n, _ in self._attributes(table)] for table in types.values()}
        changed = {t: "ocel_changed_field" in dict(self._columns(t)) for t in types.values()}
        for table in types.values():
            self.db.execute(
                f"CREATE TEMP TABLE {_quoted('copy_' + table)} AS SELECT rowid AS r, * FROM main.{_quoted(table)}"
            )
            self.db.execute(f"CREATE INDEX temp.{_quoted('index_' + table)} ON {_quoted('copy_' + table)} (ocel_id)")
        for key, kind in self._rows("object", "ocel_id", "ocel_type"):
            values: list[tuple[str, str, Any]] = []
            table = types.get(clean(kind), "")
            if names.get(table):
                picks = ", ".join(
                    [*map(_quoted, names[table]), "ocel_time", "ocel_changed_field" if changed[table] else "NULL"]
                )
                sql = f"SELECT {picks} FROM temp.{_quoted('copy_' + table)} WHERE ocel_id = ? ORDER BY r"
                for *cells, time, only in self.db.execute(sql, (key,)):
                    for name, cell in zip(names[table], cells, strict=True):
                        if cell is not None and only in {None, "", name}:
                            values.append((clean(name), clean(time), _text(cell)))
            yield ObjectItem(clean(key), clean(kind), values, self._relations("object_object", key))

    def _events(self, types: dict[str, str]) -> Iterator[Item]:
        for kind, table in types.items():
            names = [n for n, _ in self._attributes(table)]
            picks = ", ".join(["t.ocel_id", "t.ocel_time", *(f"t.{_quoted(n)}" for n in names)])
            for key, time, *cells in self.db.execute(f"SELECT {picks} FROM {_quoted(table)} AS t ORDER BY t.rowid"):
                values = [(clean(n), _text(c)) for n, c in zip(names, cells, strict=True) if c is not None]
                yield EventItem(clean(key), kind, clean(time), list(values), self._relations("event_object", key))
        known = " UNION ALL ".join(f"SELECT ocel_id FROM {_quoted(t)}" for t in types.values()) or "SELECT NULL"
        if "event" in self.tables:
            sql = f"SELECT ocel_id, ocel_type FROM event WHERE ocel_id NOT IN ({known}) ORDER BY rowid"
            for key, kind in self.db.execute(sql):
                yield EventItem(clean(key), clean(kind), "")


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _text(cell: Any) -> str:
    return cell.hex() if isinstance(cell, bytes) else clean(cell)
