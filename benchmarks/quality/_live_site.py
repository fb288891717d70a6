"""The site the live benchmark loads: a database, two web processes and a worker as `troth serve` runs them, on loopback."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from psycopg.conninfo import make_conninfo

from troth.web.project.embedded import Server
from troth.web.project.serve import MODEST, ONE_HEAP, answers
from troth.web.project.site import Installation

WEB_PROCESSES = 2
#: Connections each web process may hold, as `serve.tree` sets it.
CONNECTIONS = "16"
BARE = "benchmarks.quality._live_bare:make"
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Usage:
    """What the processes of one server hold and have used.

    Parameters
    ----------
    memory_mb : resident memory of all its web processes.
    cpu_s : CPU seconds they have used since they began.
    """

    memory_mb: float
    cpu_s: float


class Web:
    """A uvicorn with its workers.

    Parameters
    ----------
    command : what to run, after the interpreter.
    """

    def __init__(self, command: Sequence[str], *, port: int, environment: dict[str, str], log: Path) -> None:
        self.port = port
        with log.open("ab") as out:
            self.process = subprocess.Popen(
                [sys.executable, *command], env={**os.environ, **environment}, stdout=out, stderr=out
            )

    def ready(self) -> Self:
        """Wait until it answers."""
        limit = time.monotonic() + 60
        while not answers("127.0.0.1", self.port):
            if self.process.poll() is not None or time.monotonic() > limit:
                raise RuntimeError(f"the web on port {self.port} does not start")
            time.sleep(0.1)
        return self

    def usage(self) -> Usage:
        """Return what its workers hold and have used."""
        found = [_usage(pid) for pid in _workers(self.process.pid)]
        return Usage(sum(one.memory_mb for one in found), sum(one.cpu_s for one in found))

    def stop(self) -> None:
        """Stop it and wait."""
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class Site:
    """A whole installation in a folder the database's user may pass."""

    def __init__(self, folder: Path, *, programs: Path | None = None) -> None:
        folder.chmod(0o711)
        self.folder = folder
        self.server = Server(folder / "data" / "database", programs=programs)
        self.installation = Installation(folder / "data")
        self._running: list[Web] = []
        self._worker: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The database's address."""
        return self.server.address.url

    @property
    def environment(self) -> dict[str, str]:
        """What its processes find in their environment."""
        return {**self.installation.environment(), "TROTH_CONNECTIONS": CONNECTIONS, "TROTH_LOG_LEVEL": "ERROR"}

    def begin(self) -> None:
        """Start the database and make the tables."""
        self.installation.make()
        self.server.start()
        self.tell("ready")

    def tell(self, word: str, *arguments: object) -> Any:
        """Run a small program of the benchmark on the site; return the JSON it printed, if any."""
        command = [sys.executable, "-m", "benchmarks.quality._live_programs", word, *map(str, arguments)]
        told = {**os.environ, **self.environment, "TROTH_CONNECTIONS": ""}
        done = subprocess.run(command, env=told, check=True, stdout=subprocess.PIPE)
        return json.loads(done.stdout) if done.stdout.strip() else None

    def serve(self) -> Web:
        """Start the web as `troth serve` does."""
        return self._web("troth.web.project.asgi:application", {}).ready()

    def serve_bare(self) -> Web:
        """Start the bare view beside it, with the same flags and as many connections."""
        told = {"DJANGO_SETTINGS_MODULE": BARE.partition(":")[0], "BARE_DATABASE": make_conninfo(self.url)}
        return self._web(BARE, told, "--factory").ready()

    def work(self) -> None:
        """Start the worker: export to the lake, promises that fall due, tidying."""
        command = [sys.executable, "-m", "troth.web.project.work"]
        with (self.folder / "worker.log").open("ab") as log:
            self._worker = subprocess.Popen(
                command, env={**os.environ, **self.environment, **MODEST}, stdout=log, stderr=log
            )

    def rest(self) -> None:
        """Stop the worker."""
        if self._worker is not None:
            self._worker.terminate()
            self._worker.wait(60)
            self._worker = None

    def close(self) -> None:
        """Stop everything."""
        with suppress(subprocess.TimeoutExpired):
            self.rest()
        for web in self._running:
            web.stop()
        self.server.stop()

    def _web(self, application: str, told: dict[str, str], *more: str) -> Web:
        port = _free_port()
        command = [
            "-m", "uvicorn", application, "--host", "127.0.0.1", "--port", str(port), "--workers", str(WEB_PROCESSES),
            "--no-access-log", "--log-level", "warning", "--no-server-header", "--timeout-graceful-shutdown", "5", *more,
        ]  # fmt: skip
        log = self.folder / f"web-{application.partition(':')[0].rpartition('.')[2]}.log"
        web = Web(command, port=port, environment={**self.environment, **ONE_HEAP, **told}, log=log)
        self._running.append(web)
        return web


@contextmanager
def site(folder: Path, *, programs: Path | None = None) -> Iterator[Site]:
    """Give a running site in a folder; everything is stopped afterwards."""
    made = Site(folder, programs=programs)
    try:
        made.begin()
        yield made
    finally:
        made.close()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def _workers(master: int) -> list[int]:
    """Return the processes a uvicorn has spawned to answer requests."""
    found = []
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        with suppress(OSError):
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            if parent == master and b"spawn_main" in (folder / "cmdline").read_bytes():
                found.append(int(folder.name))
    return found


def _usage(pid: int) -> Usage:
    folder = Path("/proc") / str(pid)
    fields = (folder / "stat").read_text().rpartition(")")[2].split()
    lines = (folder / "status").read_text().splitlines()
    resident = next(int(one.split()[1]) for one in lines if one.startswith("VmRSS"))
    return Usage(resident / 1024, (int(fields[11]) + int(fields[12])) / _TICKS)
