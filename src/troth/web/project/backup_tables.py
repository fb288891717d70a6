"""The tables of a database as a backup sees them: names, columns, fingerprints, and how a load gets past its rules.

Everything here is plain SQL of PostgreSQL 14 and later and needs the owner of the tables, no superuser.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, LiteralString

from psycopg import Connection, sql

#: Values as text mean the same on every server, whatever its settings are.
_SETTINGS = {
    "client_encoding": "UTF8",
    "DateStyle": "ISO, YMD",
    "IntervalStyle": "postgres",
    "TimeZone": "UTC",
    "bytea_output": "hex",
    "extra_float_digits": "1",
    "statement_timeout": "0",
    "lock_timeout": "10s",
    "idle_in_transaction_session_timeout": "0",
}

_TABLES = """
SELECT c.relname::text, array_agg(a.attname::text ORDER BY a.attname)
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
WHERE n.nspname = current_schema() AND c.relkind = 'r' AND c.relpersistence <> 't'
  AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.classid = 'pg_class'::regclass AND d.deptype = 'e')
GROUP BY c.oid, c.relname ORDER BY c.relname
"""

_SEQUENCES = """
SELECT sequencename::text, coalesce(last_value, start_value), last_value IS NOT NULL
FROM pg_sequences WHERE schemaname = current_schema() ORDER BY sequencename
"""

_TRIGGERS = """
SELECT c.relname::text, t.tgname::text, t.tgenabled::text
FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = current_schema() AND NOT t.tgisinternal AND t.tgenabled <> 'D' AND c.relkind = 'r'
"""

#: Of partitions the constraint of the whole is changed, theirs follow.
_STRICT_KEYS = """
SELECT c.relname::text, k.conname::text
FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = current_schema() AND k.contype = 'f' AND NOT k.condeferrable AND k.conparentid = 0
"""

_ENABLE: dict[str, LiteralString] = {"O": "ENABLE TRIGGER", "A": "ENABLE ALWAYS TRIGGER", "R": "ENABLE REPLICA TRIGGER"}


@dataclass(frozen=True, slots=True)
class TableCopy:
    """One table of a backup.

    Parameters
    ----------
    name, columns : columns by name, without those the server computes.
    rows : how many.
    fingerprint : sum over the rows of a hash of each row's text; rows in another order have the same.
    """

    name: str
    columns: tuple[str, ...]
    rows: int
    fingerprint: str


def prepare(connection: Connection[Any]) -> None:
    """Make the session write and read values in one way, and wait for locks only so long."""
    for name, value in _SETTINGS.items():
        connection.execute("SELECT set_config(%s, %s, false)", (name, value))


def columns_of(connection: Connection[Any]) -> dict[str, tuple[str, ...]]:
    """Return the columns of every table, by table."""
    return {name: tuple(columns) for name, columns in connection.execute(_TABLES)}


def fingerprint(connection: Connection[Any], name: str, *, columns: Sequence[str]) -> TableCopy:
    """Count a table's rows and hash their content, on the server."""
    # sha256, not md5, which some servers forbid. The sum does not mind the order of rows.
    text = """SELECT count(*), coalesce(sum(
        ('x' || substr(encode(sha256(convert_to(ROW({})::text, 'UTF8')), 'hex'), 1, 16))::bit(64)::bigint::numeric
        ), 0)::text FROM {}"""
    query = sql.SQL(text).format(_listed(columns), sql.Identifier(name))
    row = connection.execute(query).fetchone()
    assert row is not None
    return TableCopy(name, tuple(columns), row[0], row[1])


def rows_out(connection: Connection[Any], table: TableCopy) -> Iterator[bytes]:
    """Yield the rows as COPY text, in pieces of about a megabyte."""
    query = sql.SQL("COPY {} ({}) TO STDOUT").format(sql.Identifier(table.name), _listed(table.columns))
    held = bytearray()
    with connection.cursor() as cursor, cursor.copy(query) as copy:
        for data in copy:
            held += data
            if len(held) >= 1 << 20:
                yield bytes(held)
                held.clear()
    if held:
        yield bytes(held)


def rows_in(connection: Connection[Any], table: TableCopy, *, pieces: Iterator[bytes]) -> None:
    """Load rows of COPY text."""
    query = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(table.name), _listed(table.columns))
    with connection.cursor() as cursor, cursor.copy(query) as copy:
        for piece in pieces:
            copy.write(piece)


def sequences(connection: Connection[Any]) -> list[tuple[str, int, bool]]:
    """Return name, value and whether the value was given out, of every sequence."""
    return [(name, value, called) for name, value, called in connection.execute(_SEQUENCES)]


def set_sequences(connection: Connection[Any], wanted: Sequence[tuple[str, int, bool]]) -> None:
    """Let sequences go on where the others stood."""
    for name, value, called in wanted:
        connection.execute("SELECT setval(quote_ident(%s)::regclass, %s, %s)", (name, value, called))


def migrations(connection: Connection[Any]) -> list[tuple[str, str]]:
    """Return application and name of every migration applied; none where no migration ever ran."""
    if connection.execute("SELECT to_regclass('django_migrations')").fetchone() == (None,):
        return []
    return [(app, name) for app, name in connection.execute("SELECT app, name FROM django_migrations ORDER BY 1, 2")]


@contextlib.contextmanager
def relaxed(connection: Connection[Any], names: Sequence[str]) -> Iterator[None]:
    """Empty the tables, and let rows come in any order and without side effects; all rules hold again at the end.

    Triggers stay silent, as they have spoken when the rows were first written. Foreign keys are checked when all rows
    are there, also those not declared deferrable, so that tables may point at each other in circles.
    """
    triggers = connection.execute(_TRIGGERS).fetchall()
    keys = connection.execute(_STRICT_KEYS).fetchall()
    for table, trigger, _ in triggers:
        _alter(connection, table, "DISABLE TRIGGER", trigger)
    for table, key in keys:
        _alter(connection, table, "ALTER CONSTRAINT", key, "DEFERRABLE")
    connection.execute("SET CONSTRAINTS ALL DEFERRED")
    if names:
        connection.execute(sql.SQL("TRUNCATE {}").format(_listed(names)))
    yield
    connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
    for table, key in keys:
        _alter(connection, table, "ALTER CONSTRAINT", key, "NOT DEFERRABLE")
    for table, trigger, state in triggers:
        _alter(connection, table, _ENABLE[state], trigger)


def _alter(connection: Connection[Any], table: str, change: LiteralString, name: str, how: LiteralString = "") -> None:
    parts = (sql.SQL("ALTER TABLE"), sql.Identifier(table), sql.SQL(change), sql.Identifier(name), sql.SQL(how))
    connection.execute(sql.SQL(" ").join(parts))


def _listed(names: Sequence[str]) -> sql.Composed:
    return sql.SQL(", ").join(sql.Identifier(name) for name in names)
