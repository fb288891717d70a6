"""The process tree of a running site: the database, the web, the worker, and for the demo those who play it."""

from __future__ import annotations

import http.client
import os
import socket
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from troth.core import InputError, Issue
from troth.core.decision import Severity
from troth.web.project.embedded_keeper import database_child
from troth.web.project.site import Installation
from troth.web.project.tree import Child, Tree

_LOOK_S: Final = 1.0
#: A process of the web that does not answer its parent for so many seconds is started anew. On a busy machine five, as
#: uvicorn has it, pass easily, and all that the process was answering is lost.
_HUNG_S: Final = 60
#: Seconds a click waits for a connection while the database is away, until it is told so; the worker has more time.
POOL_WAIT_S: Final = "3"
#: Libraries of the lake take a thread for each core; the worker leaves the cores to those who wait for an answer.
MODEST: Final = {
    "TOKIO_WORKER_THREADS": "1",
    "RAYON_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
}
#: The threads of a web process share one heap of the C library. By default each may take one of its own, and what its
#: busiest request needed stays in it as holes; only one thread at a time runs Python anyway.
ONE_HEAP: Final = {"MALLOC_ARENA_MAX": "1"}


def tree(
    site: Installation,
    *,
    host: str,
    port: int,
    processes: int,
    more: Sequence[Child],
    say: Callable[[str], None] | None,
) -> Tree:
    """Return the tree of an installation.

    Parameters
    ----------
    site : made, with its tables up to date.
    host, port : where the web listens.
    processes : how many answer requests.
    more : started last: the demo's driver.
    say : where every process's lines go, besides its log file.
    """
    environment = {**site.environment(), "TROTH_CONNECTIONS": "16"}
    serve = [
        sys.executable, "-m", "uvicorn", "troth.web.project.asgi:application", "--host", host, "--port", str(port),
        "--workers", str(processes), "--no-access-log", "--log-level", "warning", "--no-server-header",
        "--timeout-graceful-shutdown", "5", "--timeout-worker-healthcheck", str(_HUNG_S),
    ]  # fmt: skip
    quick = {**environment, **ONE_HEAP, "TROTH_POOL_WAIT": POOL_WAIT_S}
    web = Child("web", serve, environment=quick, ready=lambda: answers(host, port), ready_s=60.0)
    worker = Child("worker", [sys.executable, "-m", "troth.web.project.work"], environment={**environment, **MODEST})
    groups = [[web], [worker]]
    if site.embedded is not None:
        groups.insert(0, [database_child(site.embedded.data)])
    if more:
        groups.append([Child(c.name, c.command, {**environment, **c.environment}, again=c.again) for c in more])
    return Tree(groups, logs=site.data / "log", say=say)


def answers(host: str, port: int) -> bool:
    """Tell whether the web answers: also by saying that it goes by another name, or by TLS behind a proxy only."""
    asked = http.client.HTTPConnection(_reachable(host), port, timeout=_LOOK_S)
    try:
        asked.request("GET", "/alive", headers=_called())
        return asked.getresponse().status < http.client.INTERNAL_SERVER_ERROR
    except (OSError, http.client.HTTPException):
        return False
    finally:
        asked.close()


def _called() -> dict[str, str]:
    """Return the name the site goes by, if it is told one: asked by another, it would complain in its log."""
    first = os.environ.get("TROTH_HOSTS", "").split(",")[0].strip().lstrip(".")
    return {"Host": first} if first and first != "*" else {}


def _reachable(host: str) -> str:
    return "127.0.0.1" if host in {"0.0.0.0", "::", ""} else host  # noqa: S104  compared, not bound


def must_be_free(host: str, port: int) -> None:
    """Refuse a port somebody else listens on.

    Raises
    ------
    InputError : ``port-taken``.
    """
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            advice = "Maybe Troth runs already, or another program has the port: try --port."
            raise InputError([Issue("port-taken", Severity.ERROR, f"{host}:{port}", str(error), advice)]) from error


def log_folder(site: Installation) -> Path:
    """Return where the processes write what they have to say."""
    return site.data / "log"
