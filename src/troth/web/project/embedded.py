"""The database that comes with Troth: PostgreSQL from a wheel, made, started, recognised and stopped by us.

Nobody else on the machine can connect: there is no network port, the socket lies in a folder only the server's user may
enter, and every sign-in needs a generated password (SCRAM). Below the data folder lie::

    cluster/   PostgreSQL's own files            socket/    the socket, if the path is short enough
    log/       a week of logs, a file a day      private/   passwords, lock; only for who runs Troth
    programs/  as root only: PostgreSQL itself

A server outlives the program that started it until somebody calls `Server.stop`; whoever comes next finds it.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import secrets
import shlex
import shutil
import time
from collections.abc import Iterator
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Self

from troth.core import InputError
from troth.web.project import _postgres as postgres
from troth.web.project._postgres import PATIENCE_S, Programs
from troth.web.project.embedded_address import PORT, Address
from troth.web.project.embedded_process import LOOK_S, PidFile, end_members, is_postmaster, members, server_name
from troth.web.project.embedded_socket import socket_folder

#: The database, and the role that owns it; it may make further databases, and is no superuser.
NAME = "troth"
ADMIN = "postgres"

#: First settings of a new database; an administrator may change them in ``cluster/postgresql.conf``.
SETTINGS = {
    "timezone": "UTC",
    "log_timezone": "UTC",
    # Two web processes, workers, listeners and a few visitors; each idle one costs about 2 MB.
    "max_connections": "100",
    "shared_buffers": "128MB",
    "effective_cache_size": "1GB",
    "work_mem": "8MB",
    "maintenance_work_mem": "64MB",
    "random_page_cost": "1.5",
    # Short transactions on few cores; and shared memory of containers is too small for parallel queries.
    "max_parallel_workers_per_gather": "0",
    "fsync": "on",
    # After a crash one call settles the whole disk, instead of one for each of a thousand files.
    "recovery_init_sync_method": "syncfs",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    # A file a weekday, overwritten after a week.
    "logging_collector": "on",
    "log_directory": "../log",
    "log_filename": "postgresql-%a.log",
    "log_file_mode": "0600",
    "log_rotation_age": "1d",
    "log_rotation_size": "0",
    "log_truncate_on_rotation": "on",
    # Statements and key values hold personal data, which must not outlive its erasure in a log.
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_checkpoints": "off",
}

_FRAGILE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class ServerState(StrEnum):
    """How far a database server is."""

    ABSENT = "absent"
    STOPPED = "stopped"
    STARTING = "starting"
    RUNNING = "running"


def default_home() -> Path:
    """Return where Troth keeps its data: ``TROTH_DATA``, else ``/var/lib/troth`` for root, else the user's data folder."""
    if given := os.environ.get("TROTH_DATA"):
        return Path(given).expanduser().absolute()
    if os.geteuid() == 0:
        return Path("/var/lib/troth")
    share = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(share).absolute() / "troth"


class Server:
    """One embedded database server on one data folder.

    Parameters
    ----------
    data : the folder of this database; made if it is missing.
    programs : as root, where the copy of the programs goes; by default ``programs`` in the data folder.
    durable : False loses data at a power cut and is for tests only.

    Examples
    --------
    >>> with Server(Path("data/postgres")) as address:  # doctest: +SKIP
    ...     psycopg.connect(address.url)
    """

    def __init__(self, data: Path, *, programs: Path | None = None, durable: bool = True) -> None:
        self.data = Path(data).expanduser().resolve()
        self.cluster = self.data / "cluster"
        self._private = self.data / "private"
        self._log = self.data / "log"
        self._copies = programs
        self._durable = durable
        self._started = False

    @cached_property
    def programs(self) -> Programs:
        """PostgreSQL's programs and the user who runs them."""
        return postgres.programs(self._copies or self.data / "programs")

    @property
    def address(self) -> Address:
        """Where the database is, whether it runs or not; makes passwords and the socket's folder if they are missing."""
        return self._known(NAME, NAME)

    @property
    def admin(self) -> Address:
        """The superuser's address, for maintenance; Troth itself never signs in with it."""
        return self._known(ADMIN, ADMIN)

    def status(self) -> ServerState:
        """Return how far the server is, judged by pid and command line."""
        if not (self.data.exists() and (self.cluster / "PG_VERSION").exists()):
            return ServerState.ABSENT
        found = self._postmaster()
        if found is None:
            return ServerState.STOPPED
        return ServerState.RUNNING if found.word == "ready" else ServerState.STARTING

    def start(self) -> Address:
        """Start the server unless it runs, recover it if need be, and return its address once it answers.

        Raises
        ------
        InputError
            With codes ``database-user``, ``database-programs``, ``database-folder-closed``, ``database-folder``,
            ``database-owner``, ``database-password``, ``database-version``, ``database-start``.
        """
        with self._locked():
            address = self._address(NAME, NAME)
            if not (self.cluster / "PG_VERSION").exists():
                self._create(address)
            self._check_cluster()
            if not self._runs(Path(address.host)):
                self._clear(Path(address.host))
                postgres.prune(self.data / "programs", keep=self.programs)
                self._launch(Path(address.host))
                self._started = True
            return address

    def stop(self) -> None:
        """Stop the server cleanly, and whatever is left of it; a server that does not run is no error."""
        if self.status() is ServerState.ABSENT:
            return
        with self._locked():
            for mode in ("fast", "immediate"):
                if self._postmaster():
                    waiting = ("-w", "-t", str(PATIENCE_S))
                    self.programs.run("pg_ctl", "-D", str(self.cluster), "-m", mode, *waiting, "stop")
            folder = self._socket()
            self._clear(folder)
            shutil.rmtree(folder, ignore_errors=True)
            self._started = False

    def __enter__(self) -> Address:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._started:  # a server found running belongs to somebody else
            self.stop()

    @contextlib.contextmanager
    def _locked(self) -> Iterator[Self]:
        """Keep other programs from making, starting or stopping the same server meanwhile."""
        self._make_folders()
        with (self._private / "lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield self

    def _make_folders(self) -> None:
        if set(str(self.data)) & set("\"'`$\\\n\r\0"):
            advice = "Maybe choose a folder without quotes, dollar signs, backslashes and line breaks."
            raise postgres.issue("database-folder", self.data, value=str(self.data), advice=advice)
        user = self.programs.user
        try:
            postgres.make_passable(self.data)
            if os.geteuid() == 0 and (closed := postgres.closed_folder(self.data, user=user)):
                raise postgres.closed_issue(closed)
            self._private.mkdir(mode=0o700, exist_ok=True)
            self._check_owner(self._private, os.geteuid())
            user.own(self._log)
        except OSError as error:
            if isinstance(error, InputError):
                raise
            advice = "Maybe start Troth as the user who owns this folder, or set TROTH_DATA to another one."
            raise postgres.issue("database-folder", self.data, value=str(error), advice=advice) from error

    def _known(self, user: str, database: str) -> Address:
        """Return an address without waiting for a start that may take minutes, if all of it is there."""
        if os.access(self._private / f"{user}.password", os.R_OK):
            return self._address(user, database)
        with self._locked():
            return self._address(user, database)

    def _address(self, user: str, database: str) -> Address:
        return Address(database, user, str(self._socket()), password=self._password(user))

    def _socket(self) -> Path:
        return socket_folder(self.data, record=self._private / "socket", user=self.programs.user)

    def _password(self, user: str) -> str:
        path = self._private / f"{user}.password"
        if not path.exists():
            if (self.cluster / "PG_VERSION").exists():
                advice = "Maybe bring private/ back from where this database comes, or restore a backup into a new one."
                raise postgres.issue("database-password", path, advice=advice)
            fresh = path.with_suffix(".new")
            _write_secret(fresh, secrets.token_urlsafe(24))
            fresh.rename(path)
        return path.read_text(encoding="ascii")

    def _create(self, address: Address) -> None:
        """Make a new cluster beside its place and move it there whole: a cut leaves nothing that looks like one."""
        user, half = self.programs.user, self.data / "cluster.new"
        shutil.rmtree(half, ignore_errors=True)
        user.own(half)
        secret = self.data / "initdb.password"
        _write_secret(secret, self._password(ADMIN))
        if os.geteuid() == 0:
            os.chown(secret, user.uid, user.gid)
        try:
            words = ["-D", str(half), "-U", ADMIN, "--pwfile", str(secret), "--auth=scram-sha-256"]
            # The builtin collation is the same on every machine and in every release of its C library.
            words += ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
            words += [word for pair in SETTINGS.items() for word in ("-c", "=".join(pair))]
            self._must("initdb", *words, "--no-sync")
        finally:
            secret.unlink()
        sql = (
            f"CREATE ROLE {NAME} LOGIN CREATEDB PASSWORD '{address.password}';\nCREATE DATABASE {NAME} OWNER {NAME};\n"
        )
        alone = ("-c", "exit_on_error=on", "-c", "logging_collector=off", "-c", "fsync=off")
        self._must("postgres", "--single", "-D", str(half), *alone, ADMIN, text=sql)
        if self._durable:  # a thousand small files: all at once takes a tenth of the time
            self._must("initdb", "-D", str(half), "--sync-only", "--sync-method=syncfs")
        half.rename(self.cluster)

    def _must(self, program: str, *words: str, text: str = "") -> None:
        done = self.programs.run(program, *words, text=text)
        if done.returncode:
            advice = "Maybe the disk is full or the folder cannot be written."
            raise postgres.issue("database-start", self.data, value=f"{program}: {done.stdout[-2000:]}", advice=advice)

    def _check_cluster(self) -> None:
        self._check_owner(self.cluster, self.programs.user.uid)
        major = (self.cluster / "PG_VERSION").read_text(encoding="ascii").strip()
        if major != str(postgres.MAJOR):
            advice = f"Maybe run troth backup with the earlier version of Troth, and restore here (PostgreSQL {postgres.MAJOR})."
            raise postgres.issue("database-version", self.cluster, value=f"PostgreSQL {major}", advice=advice)

    def _check_owner(self, folder: Path, uid: int) -> None:
        if folder.stat().st_uid != uid:
            advice = "Maybe start Troth as the user who made this database; its files must belong to who runs it."
            raise postgres.issue("database-owner", folder, advice=advice)

    def _postmaster(self) -> PidFile | None:
        """Return what the pid file says if the process it names is the server of this data."""
        found = PidFile.read(self.cluster)
        trusted = found and is_postmaster(found.pid, cluster=self.cluster, uid=self.programs.user.uid)
        return found if trusted else None

    def _runs(self, folder: Path) -> bool:
        """Tell whether the server runs and can be reached, after waiting for one that is starting or stopping."""
        until = time.monotonic() + PATIENCE_S
        while (found := self._postmaster()) and time.monotonic() < until:
            if found.word == "ready" and found.socket == folder and (folder / f".s.PGSQL.{PORT}").exists():
                return True
            if found.word == "ready":  # its socket was swept away: nobody can reach it any more
                self.programs.run("pg_ctl", "-D", str(self.cluster), "-m", "fast", "-w", "-t", str(PATIENCE_S), "stop")
            time.sleep(LOOK_S)
        return False

    def _clear(self, folder: Path) -> None:
        """Clear away what a killed server left: its orphans, and lock files that name nobody, a zombie or a stranger.

        PostgreSQL itself takes any live pid in them for a server, even that of a process nobody has waited for yet.
        """
        if members(self.cluster, uid=self.programs.user.uid):
            end_members(self.cluster, uid=self.programs.user.uid)
        for left in [self.cluster / "postmaster.pid", *folder.glob(".s.PGSQL.*")]:
            left.unlink(missing_ok=True)

    def _launch(self, folder: Path) -> None:
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": f'"{folder}"',
            "unix_socket_permissions": "0700",
            "port": str(PORT),
            "cluster_name": server_name(self.cluster),
        } | ({} if self._durable else _FRAGILE)
        options = " ".join(f"-c {shlex.quote('='.join(pair))}" for pair in settings.items())
        words = ("-D", str(self.cluster), "-w", "-t", str(PATIENCE_S), "-l", str(self._log / "start.log"))
        done = self.programs.run("pg_ctl", *words, "-o", options, "start")
        if done.returncode:
            said = f"{done.stdout[-500:]}\n{self._last_words()}".strip()
            advice = f"Maybe the last lines of {self._log} say more; a full disk is the usual reason."
            raise postgres.issue("database-start", self.data, value=said, advice=advice)

    def _last_words(self) -> str:
        files = sorted(self._log.glob("*.log"), key=lambda one: one.stat().st_mtime)
        return "\n".join(files[-1].read_text(encoding="utf-8", errors="replace").splitlines()[-10:]) if files else ""


def _write_secret(path: Path, text: str) -> None:
    path.unlink(missing_ok=True)
    path.touch(mode=0o600, exist_ok=False)
    path.write_text(text, encoding="ascii")
