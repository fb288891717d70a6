"""What one replication left behind, and whether its books balance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from troth.core.spans import to_micros
from troth.queueing.twin import _layout as layout
from troth.queueing.twin._layout import NEVER
from troth.queueing.twin.problem import TwinProblem

Records = NDArray[Any]


@dataclass(frozen=True, slots=True, eq=False)
class Trace:
    """One lived-through course of a problem, as records of `_layout`.

    Parameters
    ----------
    replication : its number.
    contacts, spells, marks : what happened.
    queues : the books of each queue.
    events : how many events it took.
    """

    replication: int
    contacts: Records
    spells: Records
    marks: Records
    queues: Records
    events: int

    def outcomes(self) -> dict[str, int]:
        """Return how many contacts ended how; open are those who still wait or are served, and who never came."""
        counts = np.bincount(self.contacts["outcome"], minlength=len(layout.OUTCOMES))
        return dict(zip(layout.OUTCOMES, map(int, counts), strict=True))


def balance(trace: Trace, *, problem: TwinProblem) -> None:
    """Check that nobody got lost and that Little's law holds to the microsecond.

    Per queue: who joined has left or still waits; the integral of the number waiting over time is the sum of the waits.
    Over all: the time agents were seen busy is the time that contacts took of them.

    Raises
    ------
    ArithmeticError
        The simulation contradicts itself, which is a fault of the program.

    Source
    ------
    J. D. C. Little (1961), A proof for the queuing formula L = lambda W, Operations Research 9, 383-387; on one path of
    a finite horizon the law is an identity: S. Stidham (1974), Operations Research 22, 417-421.
    """
    end = to_micros(problem.end)
    c, wrong = trace.contacts, []
    waiting = c["state"] == layout.WAITING
    count = len(problem.queues)
    still = np.bincount(c["queue"][waiting], minlength=count)
    if (trace.queues["entered"] - trace.queues["left"] != still).any() or (trace.queues["waiting"] != still).any():
        wrong.append("some joined a queue and neither left nor wait")
    rest = np.bincount(c["queue"][waiting], weights=(end - c["entered"][waiting]).astype(float), minlength=count)
    waited = trace.queues["waited"] + rest
    if not np.allclose(trace.queues["area"], waited, rtol=1e-9, atol=1.0):
        wrong.append(f"waiting integrates to {trace.queues['area']}, waits add up to {waited}")
    if not problem.present and not np.allclose(waited, _waits(c, end, count), rtol=1e-9, atol=1.0):
        wrong.append(f"waits kept add up to {waited}, waits of contacts to {_waits(c, end, count)}")
    if not (problem.present or any(agent.hands > 1 for agent in problem.agents)):
        seen, taken = _busy(trace.spells, end), _taken(c, end)
        if abs(seen - taken) > 1.0:
            wrong.append(f"agents were busy for {seen}, contacts took {taken}")
    if wrong:
        raise ArithmeticError(f"Replication {trace.replication}: {'; '.join(wrong)}.")


def _waits(c: Records, end: int, count: int) -> Records:
    """Return the waits of contacts as their own rows tell them, by queue."""
    there = c["state"] >= layout.WAITING
    since = np.maximum(c["joined"], c["ready"])[there]
    until = np.minimum(np.minimum(c["called"], c["left"]), end)[there]
    again = np.where(
        c["state"][there] == layout.WAITING, np.where(c["answered"][there] < NEVER, end - c["entered"][there], 0), 0
    )
    # Whoever was turned away at the door never had a place.
    first = np.where(until > c["joined"][there], np.maximum(until - since, 0), 0)
    return np.bincount(c["queue"][there], weights=(first + c["gap"][there] + again).astype(float), minlength=count)


def _busy(spells: Records, end: int) -> float:
    busy = np.isin(spells["state"], (layout.ON_CONTACT, layout.WRAP_UP))
    return float((np.minimum(spells["ended"][busy], end) - spells["started"][busy]).sum())


def _taken(c: Records, end: int) -> float:
    taken = c["called"] < NEVER
    state, called, gap = (c[name][taken] for name in ("state", "called", "gap"))
    wrapped, ended, left, entered = (c[name][taken] for name in ("wrapped", "ended", "left", "entered"))
    gone = np.where(wrapped < NEVER, wrapped, np.where(ended < NEVER, ended, left))
    over = np.where(state == layout.GONE, gone, end)
    # Who was laid aside and still waits is in nobody's hands since then.
    aside = np.where(state == layout.WAITING, entered, over)
    return float((aside - called - gap).sum())
