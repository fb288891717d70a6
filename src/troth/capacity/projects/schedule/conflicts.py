"""Why there is no schedule: a smallest set of deadlines, settled starts, releases, absences and precedences."""

from __future__ import annotations

import time
from dataclasses import replace

from troth.capacity.projects.schedule._compile import compiled
from troth.capacity.projects.schedule._ortools import Clock, Model
from troth.capacity.projects.schedule._smallest import smallest
from troth.capacity.projects.schedule.problem import ScheduleProblem
from troth.core.decision import Issue, Severity, Stop

#: What can be relaxed: its kind, the number of the activity, person or precedence, the number of the span.
_Part = tuple[str, int, int]


def conflicts(problem: ScheduleProblem, *, seconds: float = 30.0) -> tuple[Issue, ...]:
    """Return rules that cannot all hold, none of which can be left out; none if there are not any, or no time.

    Halves of the rules are left out as long as the others contradict each other (Junker 2004).

    Examples
    --------
    >>> from troth.capacity.projects.schedule import Precedence, ProjectActivity, ScheduleProblem
    >>> two = ProjectActivity("dig", 3), ProjectActivity("lay", 2, deadline=4)
    >>> [issue.where for issue in conflicts(ScheduleProblem(two, (), (Precedence("dig", "lay"),)))]
    ['lay: schedule.deadline', 'dig > lay: schedule.precedence']
    """
    until = time.monotonic() + seconds
    parts = _parts(problem)
    try:
        if not _impossible(problem, parts, until):
            return ()
        found = smallest(parts, broken=lambda some: _impossible(problem, some, until))
    except TimeoutError:
        return ()
    return tuple(_issue(problem, part) for part in sorted(found, key=parts.index))


def _parts(problem: ScheduleProblem) -> list[_Part]:
    some: list[_Part] = []
    for a, one in enumerate(problem.activities):
        some += [("deadline", a, 0)] * (one.deadline is not None) + [("fixed", a, 0)] * (one.start is not None)
        some += [("release", a, 0)] * (one.release > 0)
    some += [("away", w, k) for w, one in enumerate(problem.workers) for k in range(len(one.away))]
    return some + [("precedence", p, 0) for p in range(len(problem.precedences))]


def _only(problem: ScheduleProblem, parts: list[_Part]) -> ScheduleProblem:
    """Return the problem with no other rules than these."""
    kept = set(parts)
    activities = tuple(
        replace(
            one, deadline=one.deadline if ("deadline", a, 0) in kept else None, start=one.start if ("fixed", a, 0) in kept else None,
            release=one.release if ("release", a, 0) in kept else 0,
        )
        for a, one in enumerate(problem.activities)
    )  # fmt: skip
    workers = tuple(
        replace(one, away=tuple(span for k, span in enumerate(one.away) if ("away", w, k) in kept))
        for w, one in enumerate(problem.workers)
    )
    precedences = tuple(one for p, one in enumerate(problem.precedences) if ("precedence", p, 0) in kept)
    return replace(problem, activities=activities, workers=workers, precedences=precedences)


def _impossible(problem: ScheduleProblem, parts: list[_Part], until: float) -> bool:
    """Tell whether these rules cannot hold together.

    Raises
    ------
    TimeoutError : if that could not be told in time.
    """
    f = compiled(_only(problem, parts))
    for exact in (False, True):
        clock = Clock(Stop(seconds=until - time.monotonic()), time.monotonic())
        if clock.over():
            raise TimeoutError
        model = Model(f, 0, f.horizon, exact=exact)
        found = model.solved(clock, seed=0, workers=1, on_found=lambda *_: True)
        if found.impossible:
            return True
        if exact and found.starts is not None:
            return False
    raise TimeoutError


def _issue(problem: ScheduleProblem, part: _Part) -> Issue:
    kind, k, span = part
    if kind == "away":
        one = problem.workers[k]
        who, value = one.worker_id, f"away {one.away[span][0]} to {one.away[span][1]}"
    elif kind == "precedence":
        p = problem.precedences[k]
        who, value = (
            f"{p.before} > {p.after}",
            f"{p.after} starts {p.lag} {problem.period}s or more after {p.before} ends",
        )
    else:
        a = problem.activities[k]
        times = {"deadline": a.deadline, "fixed": a.start, "release": a.release}
        who, value = a.activity_id, f"{kind} {times[kind]}, {a.duration} {problem.period}s long"
    advice = "Maybe relax this one: without any one of these rules the others can hold."
    return Issue("conflict", Severity.ERROR, f"{who}: schedule.{kind}", value, advice)
