"""Jobs side by side on threads that can be told to end."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import replace
from typing import Final, TypeVar

from troth.core.decision import Stop

#: How long a search cools down that ends only when asked.
_ASKED_S: Final = 3600.0

#: Told what the best plan costs in cents, and a bound if there is one.
Progress = Callable[[float, float | None], object]
T = TypeVar("T")


def sides(chains: int | None) -> int:
    """Return how many jobs go side by side: as many as asked for, else as there are cores, at most four."""
    return chains or min(os.cpu_count() or 1, 4)


def bounded(stop: Stop) -> Stop:
    """Return a stop that has seconds or steps: none at all is at once, one that is only asked for cools down for an hour."""
    if stop.seconds is not None or stop.steps is not None:
        return stop
    return replace(stop, seconds=0.0 if stop.asked is None else _ASKED_S)


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
