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
        except Exception:
            log.exception("%s failed; again in %.0f s", task.name, pause)
            wait, pause = pause, min(2 * pause, _LAST_S)
            connection.close()
        asked.wait(wait)
    connection.close()


def tasks() -> list[Task]:
    """Return everything a worker does again and again."""
    from django.conf import settings
    from django.contrib.sessions.backends.db import SessionStore
    from django.utils import timezone

    from troth.web.common.shared import forget_counts
    from troth.web.flow.expects import learn
    from troth.web.flow.letters import send_posted
    from troth.web.flow.promised import APPOINTMENT
    from troth.web.flow.repair import tidy
    from troth.web.people.bridge import finish_erasures
    from troth.web.people.retention import enforce
    from troth.web.project.reference import export_reference
    from troth.web.promises.honest import remember
    from troth.web.promises.sweep import sweep
    from troth.web.runs.tasks import do_waiting

    return [
        Task("runs", 2.0, do_waiting),
        Task("letters", 2.0, lambda: send_posted(now=timezone.now())),
        Task("tidy", 20.0, lambda: tidy(now=timezone.now())),
        Task("waits", 30.0, lambda: learn(now=timezone.now())),
        Task("promises", 5.0, lambda: sweep(now=timezone.now())),
        Task("shares", 60.0, lambda: remember(kind=APPOINTMENT, now=timezone.now())),
        Task("reference", 60.0, lambda: export_reference(settings.LAKE, now=timezone.now())),
        Task("sessions", 3600.0, SessionStore.clear_expired),
        Task("counts", 600.0, forget_counts),
        Task("retention", 3600.0, lambda: enforce(now=timezone.now())),
        Task("erasures", 600.0, lambda: finish_erasures(settings.LAKE, now=timezone.now())),
    ]


def main() -> int:
    """Work until told to stop."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "troth.web.project.settings")
    import django

    django.setup()
    from troth.web.outbox.exporter import run_forever

    asked = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: asked.set())
    threads = [threading.Thread(target=run_forever, args=(asked,), name="exporter")]
    threads += [threading.Thread(target=keep, args=(task, asked), name=task.name) for task in tasks()]
    for thread in threads:
        thread.start()
    while not asked.is_set():
        time.sleep(0.2)
    for thread in threads:
        thread.join(10.0)
    return 0


if __name__ == "__main__":
    sys.exit(main())
