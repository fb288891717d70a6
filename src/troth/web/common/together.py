"""Writes of one action that nobody waits for: kept until its end, then one statement that travels with the COMMIT.

A way to PostgreSQL and back costs more than most statements; an action writes a ticket, a counter, facts and a notice.
What the database refuses it refuses at the end, and the whole action is undone. Whoever reads within the action what it
has written calls `send` first.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from threading import local
from typing import Any, Final

from django.db import DEFAULT_DB_ALIAS, connection, connections, transaction
from django.db.models import Model

from troth.web.common.audit import no_nouns

_HERE: Final = local()


class _Kept:
    """What is to be written.

    Parameters
    ----------
    updates : new values by column, by table and id; the last one stands.
    inserts : rows by the beginning of their statement, in the order they came.
    notices : channel and payload, each once.
    """

    def __init__(self) -> None:
        self.updates: dict[tuple[str, Any], dict[str, Any]] = {}
        self.inserts: dict[str, list[Sequence[Any]]] = {}
        self.notices: dict[tuple[str, str], None] = {}

    def statement(self) -> tuple[str, list[Any]]:
        """Return all of it as one statement with its values, and forget it; empty when there is nothing."""
        parts, values = list[str](), list[Any]()
        for (table, pk), columns in self.updates.items():
            parts.append(f'UPDATE "{table}" SET {", ".join(f"{one} = %s" for one in columns)} WHERE id = %s')
            values += [*columns.values(), pk]
        for head, rows in self.inserts.items():
            places = f"({', '.join(['%s'] * len(rows[0]))})"
            parts.append(f"{head} VALUES {', '.join([places] * len(rows))}")
            values += [value for row in rows for value in row]
        told = ", ".join(["pg_notify(%s, %s)"] * len(self.notices))
        values += [value for notice in self.notices for value in notice]
        empty = not parts and not told
        self.updates, self.inserts, self.notices = {}, {}, {}
        if empty:
            return "", []
        if len(parts) == 1 and not told:
            return parts[0], values
        with_parts = f"WITH {', '.join(f'w{k} AS ({part})' for k, part in enumerate(parts))} " if parts else ""
        return f"{with_parts}SELECT {told or '1'}", values


@contextmanager
def together() -> Iterator[None]:
    """Keep what is written meanwhile, around the outermost transaction or as a savepoint of another; none of it is left."""
    outermost = not connection.in_atomic_block
    if not outermost:
        send()  # an action within another comes after what was written before it
    before = getattr(_HERE, "kept", None)
    kept = _HERE.kept = _Kept()
    try:
        if outermost:
            connection._commit = _commit  # type: ignore[attr-defined]  # noqa: SLF001 - Django has no place for this
            yield
        else:
            with transaction.atomic():
                yield
                _execute(*kept.statement())
    finally:
        _HERE.kept = before
        if outermost:
            vars(connections[DEFAULT_DB_ALIAS]).pop("_commit", None)  # an action after the commit took its own away


def send(*, about: type[Model] | None = None) -> None:
    """Write now what was kept so far.

    Parameters
    ----------
    about : only if rows of this model are to be changed.
    """
    kept = _kept()
    if kept is not None and (about is None or any(table == about._meta.db_table for table, _ in kept.updates)):  # noqa: SLF001
        _execute(*kept.statement())


def update(row: Model, *names: str) -> None:
    """Write fields of a row that the caller has locked.

    Raises
    ------
    ValueError : the row is new, see `create`.
    """
    if row.pk is None:
        raise ValueError(f"a new {type(row).__name__} has no number to change it by")
    kept = _kept()
    if kept is None:
        row.save(update_fields=names)
        return
    meta = row._meta  # noqa: SLF001 - Django's public name for it
    columns = kept.updates.setdefault((meta.db_table, row.pk), {})
    for name in names:
        field: Any = meta.get_field(name)
        columns[f'"{field.column}"'] = field.get_db_prep_save(getattr(row, field.attname), connection)


def create(row: Model) -> None:
    """Write a new row whose number nobody needs."""
    fields: list[Any] = [one for one in row._meta.concrete_fields if not one.primary_key]  # noqa: SLF001
    columns = ", ".join(f'"{one.column}"' for one in fields)
    insert(f'INSERT INTO "{row._meta.db_table}" ({columns})', _values(row, fields))  # noqa: SLF001


def insert(head: str, *rows: Sequence[Any]) -> None:
    """Write rows of one table: ``INSERT INTO table (columns)`` and the values of each."""
    kept = _kept() or _Kept()
    kept.inserts.setdefault(head, []).extend(rows)
    if kept is not _kept():
        _execute(*kept.statement())


def notify(channel: str, payload: str) -> None:
    """Tell listeners of a channel when the transaction has committed."""
    kept = _kept() or _Kept()
    kept.notices[channel, payload] = None
    if kept is not _kept():
        _execute(*kept.statement())


def typed(row: Model, names: Sequence[str]) -> tuple[str, str, list[Any]]:
    """Return the columns of a new row, their places with types, and its values: for statements that select them."""
    fields: list[Any] = [row._meta.get_field(name) for name in names]  # noqa: SLF001
    columns = ", ".join(f'"{one.column}"' for one in fields)
    # Without its length: a cast to varchar(10) cuts a longer text silently, where an insert refuses it.
    places = ", ".join(f"%s::{str(one.db_type(connection)).split('(')[0]}" for one in fields)
    return columns, places, _values(row, fields)


def _values(row: Model, fields: Sequence[Any]) -> list[Any]:
    return [one.get_db_prep_save(one.pre_save(row, add=True), connection) for one in fields]


def _kept() -> _Kept | None:
    kept: _Kept | None = getattr(_HERE, "kept", None)
    return kept


def _execute(sql: str, values: list[Any]) -> None:
    if sql:
        with no_nouns(), connection.cursor() as cursor:
            cursor.execute(sql, values)


def _commit() -> None:
    """Commit, with what was kept going ahead in the same message."""
    kept = _kept()
    sql, values = kept.statement() if kept is not None else ("", [])
    _HERE.kept = None  # what comes after the commit is written at once
    own: Any = connection.connection
    if not sql:
        with connection.wrap_database_errors:
            own.commit()
        return
    with connection.wrap_database_errors, own.pipeline():
        _execute(sql, values)
        own.execute("COMMIT")
