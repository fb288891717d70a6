"""What all web processes count together: Django's cache as rows of one table, one statement an act.

Django's own cache in a database keeps pickles, and counts by reading and writing, so that two at once are one. Here
values are JSON, keys are digests that say nothing of whose address it was, and the table is not written ahead: after a
crash of the database it is empty, and counting begins anew.
"""

from __future__ import annotations

import json
import time
from typing import Any, Final

from django.core.cache.backends.base import DEFAULT_TIMEOUT, BaseCache
from django.db import connection
from django.utils.crypto import salted_hmac

_ADD: Final = """
    INSERT INTO people_counted AS c (key, value, ends_at) VALUES (%s, %s, %s)
    ON CONFLICT (key) DO UPDATE SET value = excluded.value, ends_at = excluded.ends_at WHERE c.ends_at <= %s
    RETURNING 1"""
_SET: Final = """
    INSERT INTO people_counted (key, value, ends_at) VALUES (%s, %s, %s)
    ON CONFLICT (key) DO UPDATE SET value = excluded.value, ends_at = excluded.ends_at"""
_COUNT: Final = """
    INSERT INTO people_counted AS c (key, value, ends_at) VALUES (%s, '1', %s)
    ON CONFLICT (key) DO UPDATE SET
        value = CASE WHEN c.ends_at <= %s THEN '1' ELSE (c.value::bigint + 1)::text END,
        ends_at = CASE WHEN c.ends_at <= %s THEN excluded.ends_at ELSE c.ends_at END
    RETURNING value::bigint"""
#: No end is told as one that nobody lives to see: seconds since 1970.
_NEVER: Final = 1e11


def count(key: str, *, lasts_s: float) -> int:
    """Count one more of something, in all processes together, and return how many there were within its time."""
    now = time.time()
    return int(_one(_COUNT, [_digest(key), now + lasts_s, now, now])[0])


def forget_counts() -> int:
    """Remove what has ended; return how many."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM people_counted WHERE ends_at <= %s", [time.time()])
        return int(cursor.rowcount)


class SharedCache(BaseCache):
    """Django's cache over the table, for those who count through it, such as the limits on signing in."""

    def __init__(self, _location: str, params: dict[str, Any]) -> None:
        super().__init__(params)

    def add(self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        """Keep a value unless one is kept; tell whether it was."""
        named = self._key(key, version)
        return bool(_one(_ADD, [named, json.dumps(value), self._ends(timeout), time.time()]))

    def get(self, key: Any, default: Any = None, version: int | None = None) -> Any:
        """Return what is kept."""
        found = _one(
            "SELECT value FROM people_counted WHERE key = %s AND ends_at > %s", [self._key(key, version), time.time()]
        )
        return json.loads(found[0]) if found else default

    def set(self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> None:
        """Keep a value."""
        _one(_SET, [self._key(key, version), json.dumps(value), self._ends(timeout)])

    def touch(self, key: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        """Keep a value for longer; tell whether there was one."""
        change = "UPDATE people_counted SET ends_at = %s WHERE key = %s AND ends_at > %s RETURNING 1"
        return bool(_one(change, [self._ends(timeout), self._key(key, version), time.time()]))

    def delete(self, key: Any, version: int | None = None) -> bool:
        """Forget a value; tell whether there was one."""
        return bool(_one("DELETE FROM people_counted WHERE key = %s RETURNING 1", [self._key(key, version)]))

    def clear(self) -> None:
        """Forget everything."""
        _one("DELETE FROM people_counted", [])

    def _key(self, key: Any, version: int | None) -> str:
        return _digest(self.make_and_validate_key(key, version=version))

    def _ends(self, timeout: Any) -> float:
        ends = self.get_backend_timeout(timeout)
        return _NEVER if ends is None else ends


def _digest(key: str) -> str:
    return salted_hmac("troth.counted", key, algorithm="sha256").hexdigest()


def _one(query: str, values: list[Any]) -> tuple[Any, ...]:
    """Do a statement; return its first row, empty if there is none."""
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        return (cursor.fetchone() or ()) if cursor.description else ()
