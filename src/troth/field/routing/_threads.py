"""Jobs side by side on threads that can be told to end."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from typing import TypeVar

from troth.core.decision import Stop

T = TypeVar("T")


def attended(
    jobs: Sequence[Callable[[], T]], *, pool: ThreadPoolExecutor, stop: Stop, enough: threading.Event,
    tell: Callable[[], object] | None = None,
) -> list[T]:  # fmt: skip
    """Run jobs side by side; who may end them and who is told are asked from this thread alone."""
    if stop.asked is not None and stop.asked():
        enough.set()
    running = [pool.submit(job) for job in jobs]
    while wait(running, timeout=0.05).not_done:
        if stop.asked is not None and stop.asked():
            enough.set()
        if tell is not None:
            tell()
    return [one.result() for one in running]
