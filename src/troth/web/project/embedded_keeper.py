"""The database as one process of the tree: starts the server, watches it, stops it; ``python -m`` with the data folder."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from troth.core import InputError
from troth.web.project._postgres import PATIENCE_S
from troth.web.project.embedded import Server, ServerState
from troth.web.project.tree import Child

#: A stop first waits for a clean end, then for a quick one, then for what is left.
_STOP_S = 2.0 * PATIENCE_S + 70.0
_LOOK_S = 0.5


def database_child(data: Path) -> Child:
    """Return the child that keeps the embedded database on `data` running; ready when the server answers."""
    server = Server(data)
    return Child(
        name="database",
        command=(sys.executable, "-m", __name__, str(data)),
        ready=lambda: server.status() is ServerState.RUNNING,
        ready_s=PATIENCE_S + 30.0,
        patience_s=_STOP_S,
    )


def main(words: Sequence[str]) -> int:
    """Keep the server on the folder `words[0]` running until told to stop; 1 if it ended by itself or cannot start."""
    asked = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: asked.set())
    server = Server(Path(words[0]))
    try:
        server.start()
    except InputError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    while not asked.wait(_LOOK_S):
        if server.status() is not ServerState.RUNNING:
            sys.stderr.write("the database server has ended\n")
            return 1
    server.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
