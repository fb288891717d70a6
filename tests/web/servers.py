"""One embedded database server for a whole test run, shared by its workers; the last one out stops it.

Its folders lie in a place the database's user can reach: pytest's own temporary folders are closed to it when root
runs the tests. What a killed run left is stopped and swept away by the next.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from troth.web.project.embedded import Server

#: Open to pass for the database's user, whatever the umask; only its owner may look inside.
BASE = Path(tempfile.gettempdir()) / f"troth-tests-{os.getuid()}"
PROGRAMS = BASE / "programs"

_RUN = "TROTH_TEST_RUN"


def shared_server() -> SharedServer | None:
    """Join the run's server, or return nothing where ``DATABASE_URL`` came from outside."""
    outside = "DATABASE_URL" in os.environ and _RUN not in os.environ
    return None if outside else SharedServer()


def server_in(folder: Path, *, durable: bool = False) -> Server:
    """Return a server on `folder` that runs the shared copy of the programs."""
    return Server(folder, programs=PROGRAMS, durable=durable)


class SharedServer:
    """The run's server: entered by every worker, started by the first that needs it, stopped by the last that leaves."""

    def __init__(self) -> None:
        # A process that hands out tests may read this file first; its workers inherit the name.
        name = os.environ.get(_RUN) or os.environ.get("PYTEST_XDIST_TESTRUNUID") or uuid.uuid4().hex
        self.folder = BASE / f"run-{name[:12]}"
        with _exclusive(_base_lock()):
            _sweep(keep=self.folder)
            _open_folder(self.folder)
            self._users: IO[str] | None = (self.folder / "users").open("a")
            fcntl.flock(self._users, fcntl.LOCK_SH)
        self.server = server_in(self.folder / "server")
        os.environ[_RUN] = name
        os.environ["DATABASE_URL"] = self.server.address.url

    def leave(self) -> None:
        """Say that this process needs the server no more."""
        if self._users is None:
            return
        self._users.close()
        self._users = None
        with _exclusive(_base_lock()):
            _clear(self.folder)


@contextlib.contextmanager
def place() -> Iterator[Path]:
    """Give a new folder that the database's user can reach; servers in it are stopped at the end."""
    with _exclusive(_base_lock()):
        folder = _open_folder(BASE / f"run-{uuid.uuid4().hex[:12]}")
        users = (folder / "users").open("a")
        fcntl.flock(users, fcntl.LOCK_SH)
    try:
        yield folder
    finally:
        users.close()
        _clear(folder)


def _base_lock() -> Path:
    return _open_folder(BASE) / "lock"


def _open_folder(folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    if folder.lstat().st_uid != os.getuid():
        raise PermissionError(f"{folder} belongs to somebody else")
    folder.chmod(0o711)
    return folder


@contextlib.contextmanager
def _exclusive(path: Path) -> Iterator[None]:
    with path.open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _sweep(*, keep: Path) -> None:
    for folder in BASE.glob("run-*"):
        if folder != keep:
            _clear(folder)


def _clear(folder: Path) -> None:
    """Stop the servers of a folder and remove it, unless somebody still uses it.

    Others may be clearing it at the same moment: what they were quicker to remove is no error.
    """
    with contextlib.suppress(FileNotFoundError, BlockingIOError):
        with (folder / "users").open("r+") as users:
            fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
            for cluster in folder.rglob("cluster/PG_VERSION"):
                server_in(cluster.parents[1]).stop()
            shutil.rmtree(folder, ignore_errors=True)
        return
    if not (folder / "users").exists():
        shutil.rmtree(folder, ignore_errors=True)
