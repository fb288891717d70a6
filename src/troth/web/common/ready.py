"""Queries that are asked many times a second: their SQL is worked out once, their rows become models as always.

Working out the SQL of a query over seven tables costs Django more than PostgreSQL needs to answer it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Generic, TypeVar, cast

import psycopg
from django.db import connection
from django.db.backends.postgresql.base import ServerBindingCursor
from django.db.models import Model, QuerySet
from django.db.models.query import get_related_populators
from psycopg.pq import Format

M = TypeVar("M", bound=Model)

#: Values that stand for those to come, of types that fields take; nobody asks for such numbers and words.
_NUMBER: Final = 7_310_000_001
_WORD: Final = "stands-for-"
_INSTANT: Final = datetime(1912, 6, 23, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class _Plan:
    """A query worked out: its SQL, its values with places for those to come, and how rows become models."""

    sql: str
    values: tuple[Any, ...]
    places: dict[int, str]
    compiler: Any
    converters: Any
    names: list[str]
    related: list[Any]


class Ready(Generic[M]):
    """A query with some values left open.

    Parameters
    ----------
    build : returns the query for its values, which it takes by name and uses each at least once, as they are.
    values : by name, ``int``, ``str`` or ``datetime``.

    Examples
    --------
    >>> by_code = Ready(lambda code: User.objects.filter(code=code), code=str)  # doctest: +SKIP
    >>> by_code.first(code="p-1")  # doctest: +SKIP
    """

    def __init__(self, build: Callable[..., QuerySet[M]], **values: type) -> None:
        self._build, self._open = build, values
        self._made: _Plan | None = None

    def first(self, **values: Any) -> M | None:
        """Return the first model found, in whatever order the query has; None without one."""
        found = self.all(**values)
        return found[0] if found else None

    def all(self, **values: Any) -> list[M]:
        """Return the models found."""
        plan, rows = self._asked(values)
        return [self._model(plan, row) for row in rows]

    def rows(self, **values: Any) -> list[Sequence[Any]]:
        """Return the rows of a query made with ``values_list``, in the order of its fields."""
        return list(self._asked(values, binary=True)[1])

    def _asked(self, values: dict[str, Any], *, binary: bool = False) -> tuple[_Plan, Any]:
        with self._sent(values, binary=binary) as cursor:
            return self._found(cursor)

    def _sent(self, values: dict[str, Any], *, binary: bool) -> Any:
        plan = self._made or self._plan()
        given = [values[plan.places[k]] if k in plan.places else one for k, one in enumerate(plan.values)]
        cursor = _cursor(binary=binary)
        cursor.execute(plan.sql, given)
        return cursor

    def _found(self, cursor: Any) -> tuple[_Plan, Any]:
        plan, rows = self._made or self._plan(), cursor.fetchall()
        return plan, plan.compiler.apply_converters(rows, plan.converters) if plan.converters else rows

    @staticmethod
    def rows_of(*asked: tuple[Ready[Any], dict[str, Any]]) -> list[list[Sequence[Any]]]:
        """Return the `rows` of several queries with their values, asked in one message."""
        connection.ensure_connection()
        own: Any = connection.connection
        with connection.wrap_database_errors, own.pipeline():
            sent = [one._sent(values, binary=True) for one, values in asked]  # noqa: SLF001 - of this class
        return [list(one._found(cursor)[1]) for (one, _), cursor in zip(asked, sent, strict=True)]  # noqa: SLF001

    def _plan(self) -> _Plan:
        stand = {name: _standing_for(kind, k) for k, (name, kind) in enumerate(self._open.items())}
        compiler = self._build(**stand).query.get_compiler(connection=connection)
        sql, values = compiler.as_sql()
        names = {value: name for name, value in stand.items()}
        places = {
            k: names[one] for k, one in enumerate(values) if isinstance(one, int | str | datetime) and one in names
        }
        if set(places.values()) != set(stand):
            raise ValueError(f"the query does not take {sorted(set(stand) - set(places.values()))} as they are")
        info = compiler.klass_info
        fields = info["select_fields"] if info else [0, -1]
        self._made = _Plan(
            sql, tuple(values), places, compiler,
            compiler.get_converters([one[0] for one in compiler.select]),
            [one[0].target.attname for one in compiler.select[fields[0] : fields[-1] + 1]],
            get_related_populators(info, compiler.select, connection.alias) if info else [],  # type: ignore[call-arg]  # stubs of a newer Django
        )  # fmt: skip
        return self._made

    def _model(self, plan: _Plan, row: Sequence[Any]) -> M:
        info = plan.compiler.klass_info
        first = info["select_fields"][0]
        made = cast("M", info["model"].from_db(connection.alias, plan.names, row[first : first + len(plan.names)]))
        for one in plan.related:
            one.populate(row, made)
        for name, place in plan.compiler.annotation_col_map.items():
            setattr(made, name, row[place])
        return made


def _cursor(*, binary: bool) -> Any:
    """Return a cursor whose statements PostgreSQL remembers, where the settings allow it (``prepare_threshold``).

    Django's own send values as a part of the text, which is then read and planned anew each time.
    """
    connection.ensure_connection()
    made = psycopg.Cursor(connection.connection)
    # Hundreds of instants are read faster so; models have columns (JSON) that Django reads as text only.
    made.format = Format.BINARY if binary else Format.TEXT
    return connection._prepare_cursor(made)  # type: ignore[attr-defined]  # noqa: SLF001


@contextmanager
def remembered() -> Iterator[None]:
    """Have PostgreSQL remember all statements asked meanwhile on this connection, as those of `Ready`."""
    connection.ensure_connection()
    own: Any = connection.connection
    before = own.cursor_factory
    own.cursor_factory = ServerBindingCursor
    try:
        yield
    finally:
        own.cursor_factory = before


def _standing_for(kind: type, number: int) -> Any:
    if kind is int:
        return _NUMBER + number
    return _INSTANT + timedelta(days=number) if kind is datetime else f"{_WORD}{number}"
