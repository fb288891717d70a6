"""The audit trail, kept by the database itself: a trigger on every table of nouns, so that no change escapes it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from threading import local
from typing import Any, Final

from django.db import InterfaceError, OperationalError, connection, migrations

#: Values that must not be copied into the trail; it says that they changed.
SECRET: Final = ("password", "secret", "token", "digest")

_HERE: Final = local()
#: For how long an actor was named to the database.
_TRANSACTION: Final = "transaction"
_SESSION: Final = "session"
#: What changes no noun; an aborted transaction takes nothing but the way back.
_HARMLESS: Final = ("SELECT", "SAVEPOINT", "RELEASE", "ROLLBACK")

FUNCTION: Final = """
CREATE OR REPLACE FUNCTION troth_audit() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    old_row jsonb := CASE WHEN TG_OP = 'INSERT' THEN '{}'::jsonb ELSE to_jsonb(OLD) END;
    new_row jsonb := CASE WHEN TG_OP = 'DELETE' THEN '{}'::jsonb ELSE to_jsonb(NEW) END;
    changes jsonb;
BEGIN
    SELECT coalesce(jsonb_object_agg(key, CASE
               WHEN key = ANY (TG_ARGV::text[]) THEN jsonb_build_array('***', '***')
               ELSE jsonb_build_array(old_row -> key, new_row -> key) END), '{}'::jsonb)
      INTO changes
      FROM (SELECT jsonb_object_keys(old_row || new_row) AS key) AS keys
     WHERE old_row -> key IS DISTINCT FROM new_row -> key;
    IF changes <> '{}'::jsonb THEN
        INSERT INTO people_change (at, actor, action, noun, noun_id, changes)
        VALUES (clock_timestamp(), coalesce(nullif(current_setting('troth.actor', true), ''), 'system'),
                lower(TG_OP), TG_TABLE_NAME, coalesce(new_row ->> 'id', old_row ->> 'id'), changes);
    END IF;
    RETURN NULL;
END $$;
"""


def audited(*tables: str, secret: Iterable[str] = SECRET) -> list[migrations.RunSQL]:
    """Return the migration operations that put tables under the audit trail.

    Parameters
    ----------
    tables : database names of tables; each has a column `id`.
    secret : columns whose values are not copied.
    """
    hidden = ", ".join(f"'{name}'" for name in secret)
    return [
        migrations.RunSQL(
            f"CREATE TRIGGER {table}_audit AFTER INSERT OR UPDATE OR DELETE ON {table} "
            f"FOR EACH ROW EXECUTE FUNCTION troth_audit({hidden})",
            f"DROP TRIGGER {table}_audit ON {table}",
        )
        for table in tables
    ]


@contextmanager
def acting(actor: str) -> Iterator[None]:
    """Name who makes the changes that follow on this connection, for the audit trail.

    The database is told with the first statement that may change a noun: most requests have none.
    """
    said, told = "", None  # for how long, and to which connection

    def say_first(execute: Any, sql: Any, params: Any, many: bool, context: Any) -> Any:  # noqa: FBT001 - Django's own order
        nonlocal said, told
        known = said == _SESSION and told is connection.connection
        if not known and not getattr(_HERE, "no_nouns", False) and not str(sql).lstrip().startswith(_HARMLESS):
            # Within a transaction a savepoint may take it back: it is said again each time.
            said = _TRANSACTION if connection.in_atomic_block else _SESSION
            _say(actor, within=said == _TRANSACTION)
            told = connection.connection
        return execute(sql, params, many, context)

    try:
        with connection.execute_wrapper(say_first):
            yield
    finally:
        unsaid = said == _TRANSACTION and not connection.in_atomic_block
        if said and not unsaid and connection.connection is not None and not connection.needs_rollback:
            try:
                _say("", within=said == _TRANSACTION)
            except (OperationalError, InterfaceError):
                connection.close()  # the database is away, and with it who was named


@contextmanager
def no_nouns() -> Iterator[None]:
    """Promise that the statements meanwhile change no table under the audit trail: nobody need be named for them."""
    before = getattr(_HERE, "no_nouns", False)
    _HERE.no_nouns = True
    try:
        yield
    finally:
        _HERE.no_nouns = before


def _say(actor: str, *, within: bool) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('troth.actor', %s, %s)", [actor, within])
