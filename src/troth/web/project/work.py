"""The worker: what goes on behind the pages, each in a thread of its own; ``python -m`` runs it."""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

log = logging.getLogger("troth.work")

#: A task that failed is tried again after this, doubled up to the last.
_FIRST_S: Final = 1.0
_LAST_S: Final = 60.0


@dataclass(frozen=True, slots=True)
class Task:
    """Something done again and again.

    Parameters
    ----------
    name : for the log.
    every_s : the pause after each time.
    run : does it once.
    """

    name: str
    every_s: float
    run: Callable[[], object]


def keep(task: Task, asked: threading.Event) -> None:
    """Do a task until told to stop. A failure is logged and does not end it: a database restarts, a disk gets room."""
    from django.db import close_old_connections, connection

    pause = _FIRST_S
    while not asked.is_set():
        try:
            close_old_connections()
            task.run()
            pause, wait = _FIRST_S, task.every_s
        except Exception:  # noqa: BLE001  whatever it was, the other tasks and the next time must not suffer
            log.exception("%s failed; again in %.0f s", task.name, pause)
            wait, pause = pause, min(2 * pause, _LAST_S)
            connection.close()
        asked.wait(wait)
    connection.close()
