"""What workers do for runs: the one task, and taking up what a dead worker has left."""

from __future__ import annotations

import asyncio
from typing import Any, Final

from procrastinate.contrib.django import app

from troth.web.runs.lifecycle import QUEUE, TASK, execute

#: A worker that has not been heard of for so long is dead.
_SILENT_S: Final = 60.0


@app.task(queue=QUEUE, name=TASK)
def work(run: int) -> None:
    """Do a run."""
    execute(run)


async def take_up(worker_app: Any = app) -> int:
    """Put the runs of dead workers back into the queue; return how many."""
    stalled = list(await worker_app.job_manager.get_stalled_jobs(queue=QUEUE, seconds_since_heartbeat=_SILENT_S))
    for job in stalled:
        await worker_app.job_manager.retry_job(job)
    return len(stalled)


def run_worker(*, wait: bool = True, concurrency: int = 1, signals: bool = False) -> None:
    """Do the runs that wait, one after another; with `wait` also those to come, until told to stop.

    Parameters
    ----------
    wait : go on when the queue is empty.
    concurrency : runs at once.
    signals : end on SIGTERM; only in the main thread of a process.
    """
    connector = app.connector.get_worker_connector()  # type: ignore[attr-defined]

    async def working() -> None:
        with app.replace_connector(connector) as mine:
            async with mine.open_async():
                await take_up(mine)
                await mine.run_worker_async(
                    queues=[QUEUE], wait=wait, concurrency=concurrency, install_signal_handlers=signals,
                    listen_notify=wait, delete_jobs="successful",
                )  # fmt: skip

    asyncio.run(working())


def do_waiting() -> None:
    """Do the runs that wait now, and those of dead workers; for a worker that looks again and again."""
    from procrastinate.contrib.django.models import ProcrastinateJob

    if ProcrastinateJob.objects.filter(queue_name=QUEUE, status__in=("todo", "doing")).exists():
        run_worker(wait=False)
