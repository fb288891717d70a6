"""The audit trail, kept by the database itself: a trigger on every table of nouns, so that no change escapes it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Final

from django.db import connection, migrations

#: Values that must not be copied into the trail; it says that they changed.
SECRET: Final = ("password", "secret", "token", "digest")

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
    """Name who makes the changes that follow on this connection, for the audit trail."""
    _say(actor)
    try:
        yield
    finally:
        if connection.connection is not None and not connection.needs_rollback:
            _say("")


def _say(actor: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('troth.actor', %s, false)", [actor])
