"""In which weeks the phases of a project lie, and how many hours of each need fall into each week."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from itertools import pairwise

from troth.capacity.projects.portfolio import ProjectPhase


def laid(
    phases: Sequence[ProjectPhase], *, start: date, deadline: date | None, monday: date, pace: float
) -> Iterator[tuple[ProjectPhase, int, int]]:
    """Yield each phase that is not done with its first week and the week after its last, counted from a Monday.

    A phase begins when those before it have ended, and not before its own first day. It ends by its deadline, else, if none
    comes after it, by that of the project, else when its longest need is through at `pace` hours a week.
    """
    by_id = {one.phase_id: one for one in phases}
    followed = {name for one in phases for name in one.after}
    ends = dict[str, int]()

    def place(one: ProjectPhase) -> int:
        """Return the week after the last of a phase; of one that is done, the first of the project."""
        if one.phase_id not in ends:
            begin = _week(max(start, one.earliest or start), monday)
            begin = max([begin, *(place(by_id[name]) for name in one.after if name in by_id)])
            ends[one.phase_id] = begin if one.done else _end(one, begin)
            starts[one.phase_id] = begin
        return ends[one.phase_id]

    def _end(one: ProjectPhase, begin: int) -> int:
        last = one.deadline or (deadline if one.phase_id not in followed else None)
        if last is not None:
            return max(_week(last, monday), begin) + 1
        longest = max((need.remaining for need in one.needs), default=0.0)
        return begin + max(math.ceil(longest / pace - 1e-9), 1)

    starts = dict[str, int]()
    for one in phases:
        end = place(one)
        if not one.done:
            yield one, starts[one.phase_id], end


def _week(day: date, monday: date) -> int:
    return (day - monday) // timedelta(days=7)


def parts(hours: float, *, weeks: int, grain: float) -> list[float]:
    """Return hours split evenly over weeks in whole grains; what is less than one comes with the last.

    Examples
    --------
    >>> parts(10, weeks=4, grain=1)
    [2.0, 3.0, 2.0, 3.0]
    """
    marks = [grain * math.floor(hours * k / weeks / grain + 1e-9) for k in range(weeks)] + [hours]
    return [float(b - a) for a, b in pairwise(marks)]
