"""What one replication left behind, and whether its books balance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from troth.core.spans import to_micros
from troth.queueing.twin import _layout as layout
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
    from troth.queueing.twin._books import audit
    from troth.queueing.twin._pack import World

    sums = np.zeros(len(problem.queues), dtype=layout.SUM)
    tables = {"contacts": trace.contacts, "spells": trace.spells, "sums": sums}
    world = World(tables)
    audit(world.header, to_micros(problem.end))
    books, wrong = trace.queues, []
    if (books["entered"] - books["left"] != sums["still"]).any() or (books["waiting"] != sums["still"]).any():
        wrong.append("some joined a queue and neither left nor wait")
    waited = books["waited"] + sums["rest"]
    if not np.allclose(books["area"], waited, rtol=1e-9, atol=1.0):
        wrong.append(f"waiting integrates to {books['area']}, waits add up to {waited}")
    if not problem.present and not np.allclose(waited, sums["waits"], rtol=1e-9, atol=1.0):
        wrong.append(f"waits kept add up to {waited}, waits of contacts to {sums['waits']}")
    busy, taken = int(world.header["busy"][0]), int(world.header["taken"][0])
    if not (problem.present or any(agent.hands > 1 for agent in problem.agents)) and busy != taken:
        wrong.append(f"agents were busy for {busy}, contacts took {taken}")
    if wrong:
        raise ArithmeticError(f"Replication {trace.replication}: {'; '.join(wrong)}.")
