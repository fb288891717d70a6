"""How courses of a problem go over time: who waits when, how long waits are, who is on duty."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from troth.core.decision import Stop
from troth.core.spans import from_micros, to_micros
from troth.queueing.twin import _layout as layout
from troth.queueing.twin._plan import duties
from troth.queueing.twin.day import IDLE, UNNAMED
from troth.queueing.twin.problem import TwinProblem
from troth.queueing.twin.solve import lived
from troth.queueing.twin.trace import Trace

Floats = NDArray[np.float64]
#: Widths of cells in minutes, each with how many of them there may be; beyond these they are days.
_WIDTHS: Final = ((5, 48), (15, 100), (30, 100), (60, 200), (240, 200))
#: Limits of classes of waits in seconds: twelve for each tenfold, from a second to a day.
WAIT_EDGES: Final = tuple(float(f"{10 ** (k / 12):.6g}") for k in range(60))


@dataclass(frozen=True, slots=True, eq=False)
class TwinCourses:
    """Courses of a problem over time.

    Parameters
    ----------
    names : the queues, or services, told apart.
    edges : of the cells of time, one more than there are.
    waiting : how many wait on average within each cell, shape (replications, names, cells).
    on_duty : how many agents are there and not on a break, shape (cells,).
    waits : answered customers by how long they waited, in the classes of `WAIT_EDGES`, shape (names, classes); before the
        first class those who waited less, so there are as many as there are limits.
    """

    names: tuple[str, ...]
    edges: tuple[datetime, ...]
    waiting: Floats
    on_duty: Floats
    waits: NDArray[np.int64]


def courses(
    problem: TwinProblem,
    *,
    by: str = "queue",
    replications: int = 100,
    seed: int = 0,
    stop: Stop = Stop(),
    on_progress: Callable[[float], None] | None = None,
) -> TwinCourses:
    """Live through a problem many times and keep what pictures need.

    Parameters
    ----------
    by : ``queue`` or ``service``.
    replications, seed : see `run`; the same courses.
    stop : looked at before each replication but the first.
    on_progress : told the share done.

    Raises
    ------
    InputError
        With every error of `check`.
    """
    from troth.queueing.twin._pack import Packed
    from troth.queueing.twin.solve import run

    run(problem, seed=seed)  # says all that is wrong
    packed, (names, group) = Packed(problem), _groups(problem, by)
    edges = _edges(problem)
    waiting = np.zeros((replications, len(names), len(edges) - 1))
    waits, done = np.zeros((len(names), len(WAIT_EDGES)), dtype=np.int64), 0
    for k in range(replications):
        if k and stop.reached(steps=k):
            break
        _add(lived(packed, seed=seed, replication=k), group, edges, waiting[k], waits)
        done = k + 1
        if on_progress is not None:
            on_progress(done / replications)
    return TwinCourses(
        names, tuple(from_micros(int(at)) for at in edges), waiting[:done], _on_duty(problem, edges), waits
    )


def _groups(problem: TwinProblem, by: str) -> tuple[tuple[str, ...], NDArray[np.int64]]:
    """Return the names told apart, and by stream and queue the number of the name; -1 for no customers."""
    services = [stream.service or stream.name for stream in problem.streams]
    names = [queue.name for queue in problem.queues] if by == "queue" else sorted(set(services) - {IDLE})
    table = np.full((len(problem.streams), len(problem.queues)), -1, dtype=np.int64)
    for s, service in enumerate(services):
        for q, queue in enumerate(problem.queues):
            word = queue.name if by == "queue" else service
            table[s, q] = names.index(word) if service != IDLE else -1
    shown = [name for name in names if name != IDLE]
    return tuple(shown), table


def _edges(problem: TwinProblem) -> NDArray[np.int64]:
    start, end = to_micros(problem.start), to_micros(problem.end)
    micros = [(minutes * 60_000_000, most) for minutes, most in _WIDTHS]
    width = next((width for width, most in micros if (end - start) / width <= most), 86_400_000_000)
    return np.append(np.arange(start, end, width, dtype=np.int64), end)


def _add(
    trace: Trace, group: NDArray[np.int64], edges: NDArray[np.int64], waiting: Floats, waits: NDArray[np.int64]
) -> None:
    """Add what one course holds."""
    c = trace.contacts[trace.contacts["state"] != layout.COMING]
    of, end = group[c["stream"], c["queue"]], edges[-1]
    until = np.minimum(np.minimum(c["answered"], c["left"]), end)
    answered = c["answered"] < end
    for k in range(len(waiting)):
        mine = of == k
        waiting[k] = np.diff(_standing(c["joined"][mine], until[mine], edges)) / np.diff(edges)
        lengths = (until - c["joined"])[mine & answered] / 1e6
        waits[k] += np.bincount(np.searchsorted(WAIT_EDGES, lengths, side="right"), minlength=len(WAIT_EDGES) + 1)[
            : len(WAIT_EDGES)
        ]


def _standing(since: NDArray[np.int64], until: NDArray[np.int64], edges: NDArray[np.int64]) -> Floats:
    """Return how much waiting there was up to each edge: all that began less all that ended."""
    total = np.zeros(len(edges))
    for instants, sign in ((since, 1.0), (until, -1.0)):
        ordered = np.sort(instants) - edges[0]
        sums = np.concatenate([[0.0], np.cumsum(ordered, dtype=np.float64)])
        before = np.searchsorted(ordered, edges - edges[0])
        total += sign * (before * (edges - edges[0]).astype(np.float64) - sums[before])
    return total


def _on_duty(problem: TwinProblem, edges: NDArray[np.int64]) -> Floats:
    """Return how many agents are there and not on a break."""
    begun, over = [], []
    for agent in problem.agents:
        if agent.name == UNNAMED:
            continue
        changes = list(duties(agent))
        for (at, state), (until, _) in pairwise(changes):
            if state == layout.AVAILABLE:
                begun.append(min(max(at, int(edges[0])), int(edges[-1])))
                over.append(min(max(until, int(edges[0])), int(edges[-1])))
    found: Floats = np.diff(_standing(np.array(begun, np.int64), np.array(over, np.int64), edges)) / np.diff(edges)
    return found


def quantile_of_waits(counts: Sequence[int], *, level: float) -> float:
    """Return the wait in seconds that a share of answered customers does not exceed, read off the classes.

    Within a class waits are taken to lie evenly on the logarithmic axis; whoever waited less than a second counts as 0.
    """
    total = np.cumsum(counts)
    wanted = level * total[-1]
    place = int(np.searchsorted(total, wanted))
    if place == 0:
        return 0.0
    if place >= len(WAIT_EDGES):
        return WAIT_EDGES[-1]
    inside = (wanted - total[place - 1]) / max(float(counts[place]), 1.0)
    return float(WAIT_EDGES[place - 1] * (WAIT_EDGES[place] / WAIT_EDGES[place - 1]) ** inside)
