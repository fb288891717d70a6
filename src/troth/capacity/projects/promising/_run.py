"""Groups of futures lived: room for what they leave, and their bookings sorted by job."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

import numpy as np

from troth.capacity.projects.promising._draws import Draws
from troth.capacity.projects.promising._kernel import live
from troth.capacity.projects.promising._sheets import no_sheets
from troth.capacity.projects.promising._state import Lived, Sheets, room_for
from troth.capacity.projects.promising._world import World

#: Bookings of a person and week there is room for at first.
_EACH: Final = 1.25
#: Futures lived in one go.
_CHUNK: Final = 20


def in_groups(
    one: Callable[[tuple[int, int]], Any], *, futures: int, threads: int = 2, chunk: int = _CHUNK
) -> Iterator[tuple[int, Any]]:
    """Yield in order how many futures are lived and what `one` makes of each group [a, b); end with the first that gives None."""
    groups = [(a, min(a + chunk, futures)) for a in range(0, futures, chunk)]
    with ThreadPoolExecutor(max(threads, 1)) as pool:
        for group, own in zip(groups, pool.map(one, groups), strict=True):
            if own is None:
                return
            yield group[1], own


def live_group(
    world: World, draws: Draws, shared: Lived, edges: Any, started: Any, deals: Any, group: tuple[int, int], weeks: int
) -> tuple[Any, Any]:
    """Live futures [a, b) into shared arrays; return the bookings of what is not begun, as `by_job`."""
    (at, b), people, now = group, world.hours.shape[0], room_for(world, draws)
    most = int(_EACH * (b - at) * people * weeks) + 64 if deals.any() else 1
    rows, many = list[Any](), list[Any]()
    while at < b:
        mine = shared._replace(own=np.empty((most, 4), np.uint16), own_at=np.zeros(shared.start.shape[0] + 1, np.int64))
        to = live(world, draws, now, mine, edges, started, deals, at, b, weeks, 0)
        if to == at:
            most *= 2
        rows.append(mine.own[: mine.own_at[to]])
        many.append(np.diff(mine.own_at[at : to + 1]))
        at = to
    return by_job(np.concatenate(rows), np.concatenate(many), draws.won.shape[1])


def by_job(rows: Any, many: Any, jobs: int) -> tuple[Any, Any]:
    """Return (E, 3) week, person and halves of hours of bookings, job by job, and (J, F) how many each job has in each future.

    Parameters
    ----------
    rows : (E, 4) job, week, person, halves of hours, future by future.
    many : (F,) how many each future has.
    """
    job = rows[:, 0]
    counts = np.bincount(
        job.astype(np.int64) * len(many) + np.repeat(np.arange(len(many)), many), minlength=jobs * len(many)
    )
    return rows[:, 1:][np.argsort(job, kind="stable")], counts.reshape(jobs, len(many))


def joined(groups: Sequence[tuple[Any, Any]], *, jobs: int) -> tuple[Any, Any]:
    """Return the bookings of all groups job by job, and (J, F + 1) where those of each future begin and the last ends."""
    counts = np.concatenate([np.zeros((jobs, 0), np.int64), *(many for _, many in groups)], axis=1)
    ends = np.cumsum(counts).reshape(counts.shape)
    at = (
        np.concatenate([ends[:, :1] - counts[:, :1], ends], axis=1)
        if counts.shape[1]
        else np.zeros((jobs, 1), np.int64)
    )
    own = np.empty((int(counts.sum()), 3), np.uint16)
    lasts = [np.concatenate([[0], np.cumsum(many.sum(axis=1))]) for _, many in groups]
    for j in range(jobs if len(own) else 0):
        parts = [rows[last[j] : last[j + 1]] for (rows, _), last in zip(groups, lasts, strict=True)]
        np.concatenate(parts, out=own[at[j, 0] : at[j, -1]])
    return own, at


def blank(
    futures: int, *, weeks: int, people: int, jobs: int, edges: int, skills: int, sheets: Sheets | None = None
) -> Lived:
    """Return room for what futures leave behind; without `sheets` no time sheets are kept."""
    return Lived(
        np.zeros((futures, jobs), np.int64), np.zeros((futures, jobs), np.int64),
        np.zeros((futures, weeks, edges, people), np.uint8), np.zeros((futures, weeks, people), np.uint8),
        np.zeros((futures, weeks, people), np.uint8), np.zeros((futures, weeks, skills), np.float32),
        np.zeros((futures, weeks), np.float32), np.zeros((0, 3), np.uint16), np.zeros((jobs, 1), np.int64),
        sheets or no_sheets(),
    )  # fmt: skip
