"""Who may come in after a restore: nobody whom the replaced database had shut out, and nobody by an old sign-in."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any, Final

from psycopg import Connection

#: Keys without force in the database that is replaced, and people who may not sign in there.
_SHUT: Final = (
    "SELECT digest, revoked_at FROM people_accesskey WHERE revoked_at IS NOT NULL",
    "SELECT username FROM people_user WHERE NOT is_active",
)
_REVOKE: Final = "UPDATE people_accesskey SET revoked_at = %s WHERE digest = %s AND revoked_at IS NULL"
_SHUT_OUT: Final = "UPDATE people_user SET is_active = false WHERE username = %s"
#: A session or a link to sign in that was ended since the backup comes back with it: all are ended.
_END: Final = (
    "DELETE FROM django_session",
    "UPDATE people_signinlink SET used_at = now() WHERE used_at IS NULL",
)
_REVOKE_ALL: Final = "UPDATE people_accesskey SET revoked_at = now() WHERE revoked_at IS NULL"


@contextlib.contextmanager
def shut_out(target: Connection[Any], *, revoke_keys: bool = False) -> Iterator[None]:
    """Keep out, around a load and in its transaction, whom the replaced database kept out; end all sessions and links.

    A database that is new knows of no revocation: then keys revoked since the backup are in force again, unless all
    are revoked.

    Parameters
    ----------
    revoke_keys : revoke every access key.
    """
    keys, people = (target.execute(query).fetchall() for query in _SHUT)
    yield
    with target.cursor() as cursor:
        cursor.executemany(_REVOKE, [(at, digest) for digest, at in keys])
        cursor.executemany(_SHUT_OUT, people)
        for statement in (*_END, *([_REVOKE_ALL] if revoke_keys else [])):
            cursor.execute(statement)
