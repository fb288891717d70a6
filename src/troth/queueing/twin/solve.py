"""Running a problem: many replications, each of its own chance, the same customers for the same seed."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from troth.core.decision import Severity, Stop
from troth.core.errors import InputError
from troth.core.fanout import fanout
from troth.core.spans import to_micros
from troth.queueing.twin._layout import RESUMED
from troth.queueing.twin.check import check
from troth.queueing.twin.problem import TwinProblem
from troth.queueing.twin.trace import Records, Trace, balance

if TYPE_CHECKING:
    from troth.queueing.twin._pack import Packed


@dataclass(frozen=True, slots=True, eq=False)
class TwinResult:
    """What a simulation gave.

    Parameters
    ----------
    problem, seed : what was asked. The same two give the same traces.
    traces : one for each replication, in order.
    """

    problem: TwinProblem
    seed: int
    traces: tuple[Trace, ...]

    @property
    def replications(self) -> int:
        """How many replications were run; fewer than asked if it was stopped."""
        return len(self.traces)


def run(
    problem: TwinProblem,
    *,
    replications: int = 1,
    first: int = 0,
    seed: int = 0,
    stop: Stop = Stop(),
    workers: int | None = 1,
    on_progress: Callable[[int, int], None] | None = None,
) -> TwinResult:
    """Simulate a problem.

    Parameters
    ----------
    problem : what to simulate.
    replications, first : how many courses, and the number of the first; a number always gives the same course.
    seed : another seed gives other courses.
    stop : ends after the replication that is running.
    workers : processes; 1 stays in this one, None takes one for each core.
    on_progress : told how many replications are done, of how many.

    Raises
    ------
    InputError
        With every error of `check`. Warnings do not raise.

    Examples
    --------
    >>> from datetime import UTC, datetime, timedelta
    >>> import numpy as np
    >>> from troth.core.time import Span
    >>> from troth.queueing.twin import Times, TwinAgent, TwinArrivals, TwinQueue, TwinStream, agents_alike
    >>> day = Span(datetime(2026, 3, 2, 8, tzinfo=UTC), datetime(2026, 3, 2, 16, tzinfo=UTC))
    >>> calls = TwinStream("calls", "phone", TwinArrivals(per_cell=np.full(16, 20.0)))
    >>> phone = TwinQueue("phone", Times.exponential(240), patience=Times.exponential(120))
    >>> ana = TwinAgent("ana", (("phone", 0),), (day,))
    >>> team = agents_alike(ana, names=("ana", "jonas", "rasa"))
    >>> result = run(TwinProblem(day.start, day.end, (phone,), (calls,), team), seed=1)
    >>> sorted(result.traces[0].outcomes().items())[:2]
    [('abandoned', 48), ('answered', 236)]
    """
    errors = [issue for issue in check(problem) if issue.severity is Severity.ERROR]
    if errors:
        raise InputError(errors)
    task = _Task(problem, seed)
    if workers != 1 and replications > 1:
        task(first)  # so that the workers find the compiled loop on disk
    began = time.monotonic()
    limited = Stop(steps=stop.steps, asked=lambda: stop.reached(seconds=time.monotonic() - began))
    numbers = range(first, first + replications)
    traces = fanout(task, items=numbers, workers=workers, on_done=on_progress, stop=limited)
    return TwinResult(problem, seed, tuple(traces))


class _Task:
    """A problem as a function of the number of a replication; each process packs it once."""

    def __init__(self, problem: TwinProblem, seed: int) -> None:
        self.problem, self.seed = problem, seed
        self.packed: Packed | None = None

    def __getstate__(self) -> tuple[TwinProblem, int]:
        return self.problem, self.seed

    def __setstate__(self, state: tuple[TwinProblem, int]) -> None:
        self.__init__(*state)  # type: ignore[misc]

    def __call__(self, replication: int) -> Trace:
        if self.packed is None:
            from troth.queueing.twin._pack import Packed  # the compiler is loaded only by those who simulate

            self.packed = Packed(self.problem)
        return lived(self.packed, seed=self.seed, replication=replication)


def lived(packed: Packed, *, seed: int, replication: int) -> Trace:
    """Return one course of a packed problem, its books checked."""
    from troth.queueing.twin._kernel import run as live

    problem = packed.problem
    held = sum(one.agent is not None for one in problem.present)
    growth = 1.0
    while True:
        w = packed.world(replication=replication, growth=growth)
        live(
            w.header, seed, replication, to_micros(problem.start), to_micros(problem.end), held,
            len(problem.present) - held,
        )  # fmt: skip
        told = w.header[0]
        if not told["full"]:
            break
        growth *= 2  # chance is a function of what it is for: with more room the same happens again
    spells = w["spells"][: told["spells_used"]]
    if told["brief"]:  # stretches thought better of at once
        spells = spells[spells["ended"] > spells["started"]]
    trace = Trace(
        replication,
        w["contacts"][: told["contacts_used"]],
        spells,
        _lasting(w["marks"][: told["marks_used"]]),
        w["queues"],
        int(told["events"]),
    )
    balance(trace, problem=problem)
    return trace


def _lasting(marks: Records) -> Records:
    """Drop what was resumed and laid aside again at the same instant."""
    marks = marks[np.argsort(marks["contact"], kind="stable")]
    same = (marks["contact"][1:] == marks["contact"][:-1]) & (marks["at"][1:] == marks["at"][:-1])
    brief = np.flatnonzero(same & (marks["what"][:-1] == RESUMED))
    return np.delete(marks, np.concatenate([brief, brief + 1]))
