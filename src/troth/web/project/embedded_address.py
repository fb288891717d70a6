"""Where a database is and how to sign in: one record, read from a URL and written as one."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from urllib.parse import quote

from troth.core import InputError, Issue
from troth.core.decision import Severity

#: The port a server listens on unless it is told otherwise.
PORT = 5432

_SCHEMES = ("postgresql://", "postgres://")


@dataclass(frozen=True, slots=True)
class Address:
    """A PostgreSQL database and the sign-in for it.

    Parameters
    ----------
    database, user : names as the server knows them.
    host : a host name, or the folder of a Unix socket (begins with ``/``).
    port : also part of the socket's name.
    password : never shown by ``repr``.
    options : further connection words of libpq, such as ``sslmode``, as pairs.

    Examples
    --------
    >>> one = Address.parse("postgresql://ann:s%40fe@db.example.org/troth?sslmode=require")
    >>> one.host, one.port, one.password, one.options
    ('db.example.org', 5432, 's@fe', (('sslmode', 'require'),))
    >>> Address.parse(one.url) == one
    True
    """

    database: str
    user: str
    host: str
    port: int = PORT
    password: str = field(default="", repr=False)
    options: tuple[tuple[str, str], ...] = ()

    @classmethod
    def parse(cls, url: str) -> Address:
        """Read a URL as ``DATABASE_URL`` holds it.

        Raises
        ------
        InputError
            ``database-url``: not a PostgreSQL URL with a database. The password is not repeated.
        """
        from psycopg import ProgrammingError
        from psycopg.conninfo import conninfo_to_dict

        try:
            words = {key: str(value) for key, value in conninfo_to_dict(url).items() if value is not None}
            port = int(words.pop("port", PORT))
        except (ProgrammingError, ValueError):
            raise _bad_url(url) from None
        if not url.startswith(_SCHEMES) or "dbname" not in words:
            raise _bad_url(url)
        database, user, host = words.pop("dbname"), words.pop("user", ""), words.pop("host", "localhost")
        return cls(database, user, host, port, words.pop("password", ""), tuple(sorted(words.items())))

    @property
    def url(self) -> str:
        """Return the address as a URL, password included, as ``DATABASE_URL`` takes it."""
        sign_in = f"{quote(self.user, safe='')}:{quote(self.password, safe='')}@" if self.user else ""
        words = list(self.options)
        place = f"{self.host}:{self.port}"
        if self.host.startswith("/"):
            # A folder cannot stand where a host name does.
            place, words = "", [("host", self.host), ("port", str(self.port)), *words]
        elif ":" in self.host:
            place = f"[{self.host}]:{self.port}"
        # Not urlencode: the driver knows a space as %20 only.
        query = "&".join(f"{quote(key, safe='')}={quote(value, safe='')}" for key, value in words)
        return f"postgresql://{sign_in}{place}/{quote(self.database, safe='')}{'?' if query else ''}{query}"

    def to(self, database: str) -> Address:
        """Return the same server and sign-in with another database."""
        return replace(self, database=database)


def _bad_url(url: str) -> InputError:
    shown = url.rsplit("@", maxsplit=1)[-1]  # without the password
    advice = "Maybe write postgresql://USER:PASSWORD@HOST:PORT/DATABASE, with special letters of the password as %XX."
    return InputError([Issue("database-url", Severity.ERROR, "DATABASE_URL", shown, advice)])
