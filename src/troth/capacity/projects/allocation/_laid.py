"""In which weeks the phases of a project lie, and how many hours of each need fall into each week."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta

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


def parts(
    hours: float, *, weeks: int, grain: float, most: int | None = None, kept: Mapping[int, float] | None = None
) -> list[float]:
    """Return hours split over weeks in whole grains; what is less than one comes with the last.

    They lie so that with what is kept already the weeks are as level as can be: evenly if nothing is.

    Parameters
    ----------
    most : so many weeks are returned, of more the first.
    kept : hours that lie already in weeks.

    Examples
    --------
    >>> parts(10, weeks=4, grain=1)
    [2.0, 3.0, 2.0, 3.0]
    >>> parts(10, weeks=4, grain=1, kept={1: 20.0, 2: 2.0})
    [4.0, 0.0, 2.0, 4.0]
    """
    have = {k: one for k, one in (kept or {}).items() if 0 <= k < weeks and one > 0}
    level = _level(hours, weeks - len(have), sorted(have.values()))
    last = weeks - 1
    while last in have and have[last] >= level:
        last -= 1
    out, sought, told = list[float](), 0.0, 0.0
    for k in range(weeks if most is None else min(weeks, most)):
        sought += max(level - have.get(k, 0.0), 0.0)
        mark = hours if k >= last else min(grain * math.floor(sought / grain + 1e-9), hours)
        out.append(float(mark - told))
        told = mark
    return out


def _level(hours: float, empty: int, filled: Sequence[float]) -> float:
    """Return how high hours reach that are poured into weeks: empty ones, and some that hold hours, the least first."""
    level, many = 0.0, empty
    for one in filled:
        if many and (one - level) * many >= hours:
            break
        hours -= (one - level) * many
        level, many = one, many + 1
    return level + hours / many
