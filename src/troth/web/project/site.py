"""One installation on one data folder: its secrets, its database, what must be ready before it serves.

Below the data folder lie::

    database/   the embedded database           secret.key   signs sessions and links
    lake/       the service event log           static/      scripts and styles, ready to serve
    log/        a file for each process         mail/        letters, where no mail server is named
"""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from troth.web.project.embedded import Server, default_home

_SETTINGS: Final = "troth.web.project.settings"


@dataclass(frozen=True, slots=True)
class Installation:
    """A data folder, and the database it uses: its own unless a URL names another.

    Parameters
    ----------
    data : the folder.
    database_url : a PostgreSQL server that is not ours.
    """

    data: Path
    database_url: str = ""

    @classmethod
    def at(cls, data: Path | None = None) -> Installation:
        """Return the installation in a folder (the usual one by default); ``DATABASE_URL`` is heeded."""
        folder = (data or default_home()).expanduser().absolute()
        moved = folder / "database.url"
        kept = moved.read_text(encoding="utf-8").strip() if moved.exists() else ""
        return cls(folder, os.environ.get("DATABASE_URL", "").strip() or kept)

    @property
    def embedded(self) -> Server | None:
        """The server that is ours to start; None where a URL names another."""
        return None if self.database_url else Server(self.data / "database")

    @property
    def exists(self) -> bool:
        """Whether the folder has been set up."""
        return (self.data / "secret.key").exists()

    def make(self) -> None:
        """Make the folder and its secret if they are missing; only their owner may read the secret."""
        # Others may pass through to what is theirs (the database has a user of its own), and list nothing.
        self.data.mkdir(mode=0o711, parents=True, exist_ok=True)
        for name in ("lake", "log", "mail", "static"):
            (self.data / name).mkdir(mode=0o700, exist_ok=True)
        with contextlib.suppress(FileExistsError):
            handle = os.open(self.data / "secret.key", os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
            with os.fdopen(handle, "w", encoding="ascii") as file:
                file.write(secrets.token_urlsafe(48))

    def environment(self) -> Mapping[str, str]:
        """Return what its processes find in their environment; the database's password is in none of their arguments."""
        server = self.embedded
        return {
            "DATABASE_URL": self.database_url or (server.address.url if server else ""),
            "DJANGO_SETTINGS_MODULE": _SETTINGS,
            "TROTH_DATA": str(self.data),
            "TROTH_LAKE": os.environ.get("TROTH_LAKE") or str(self.data / "lake"),
            "TROTH_SECRET_KEY_FILE": str(self.data / "secret.key"),
        }

    def open(self) -> None:
        """Set Django up for this installation in this process; its database must run.

        Once a process has settings it keeps them.
        """
        os.environ.update(self.environment())
        import django

        django.setup()

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        """Have the database running for a command, and leave it as it was found: one of ours that stood still stops."""
        with self.embedded or contextlib.nullcontext():
            yield

    def use_database(self, url: str) -> None:
        """Remember that the database is elsewhere from now on."""
        path = self.data / "database.url"
        handle = os.open(path, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(url)


def ready() -> None:
    """Bring the open installation's tables and static files up to date."""
    from django.core.management import call_command

    call_command("migrate", interactive=False, verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
