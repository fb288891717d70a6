"""One function over many items, on all cores, with the results in the order of the items."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from typing import TypeVar

from troth.core.decision import Stop

Item = TypeVar("Item")
Result = TypeVar("Result")


def fanout(
    function: Callable[[Item], Result],
    *,
    items: Iterable[Item],
    workers: int | None = None,
    on_done: Callable[[int, int], None] | None = None,
    stop: Stop | None = None,
) -> list[Result]:
    """Call `function` with every item and return the results in order.

    Parameters
    ----------
    function : a function of one argument, importable by name (with one worker any callable does).
    items : its arguments; they and the results are sent between processes.
    workers : processes; None takes one for each core, 1 stays in this process.
    on_done : told after each finished item how many are done and how many there are.
    stop : asked between items (its `steps` and `asked`; seconds are the caller's to count). What is
        running is finished, what has not begun is not, and the results end at the first item not done.

    Raises
    ------
    Exception
        What `function` raised for the first item that failed; items not begun are dropped.

    Examples
    --------
    >>> fanout(abs, items=[-3, 2], workers=1)
    [3, 2]
    """
    work = list(items)
    workers = min(workers or os.cpu_count() or 1, len(work))
    if workers <= 1:
        return _here(function, work, on_done, stop)
    return _in_pool(function, work, workers, on_done, stop)


def _here(
    function: Callable[[Item], Result],
    work: list[Item],
    on_done: Callable[[int, int], None] | None,
    stop: Stop | None,
) -> list[Result]:
    results: list[Result] = []
    for item in work:
        if stop is not None and stop.reached(steps=len(results)):
            break
        results.append(function(item))
        if on_done is not None:
            on_done(len(results), len(work))
    return results


def _in_pool(
    function: Callable[[Item], Result],
    work: list[Item],
    workers: int,
    on_done: Callable[[int, int], None] | None,
    stop: Stop | None,
) -> list[Result]:
    import multiprocessing  # loaded only by those who use it
    from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait

    # A fresh interpreter for each worker: a fork would copy locks and open database handles of this process.
    context = multiprocessing.get_context("spawn")
    results: dict[int, Result] = {}
    with ProcessPoolExecutor(workers, mp_context=context) as pool:
        running: dict[Future[Result], int] = {}
        begun = 0
        try:
            while begun < len(work) or running:
                stopped = stop is not None and stop.reached(steps=len(results))
                while begun < len(work) and len(running) < 2 * workers and not stopped:
                    running[pool.submit(function, work[begun])] = begun
                    begun += 1
                if not running:
                    break
                for future in wait(running, return_when=FIRST_COMPLETED, timeout=0.2 if stop else None).done:
                    results[running.pop(future)] = future.result()
                    if on_done is not None:
                        on_done(len(results), len(work))
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    done = next((place for place in range(len(work)) if place not in results), len(work))
    return [results[place] for place in range(done)]
