"""In which weeks the phases of a project lie, and how many hours of each need fall into each week."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from graphlib import TopologicalSorter

from troth.capacity.projects.portfolio import ProjectPhase

_TINY = 1e-6


@dataclass(frozen=True, slots=True)
class LaidPhase:
    """A phase and its weeks, counted from a Monday.

    Parameters
    ----------
    begin, end : its first week, and the week after its last.
    edges : the share of the first and of the last week that is its own, where it shares them with what is before and after it.
    late : the deadline after which it lies as a whole; None if it lies before all of them.
    """

    phase: ProjectPhase
    begin: int
    end: int
    edges: tuple[float, float] = (1.0, 1.0)
    late: date | None = None


def laid(
    phases: Sequence[ProjectPhase], *, start: date, deadline: date | None, monday: date, pace: float
) -> Iterator[LaidPhase]:
    """Yield each phase that is not done with its weeks.

    A phase begins in the week after those before it, and not before its own first day. It ends by its deadline, if none comes after it
    by that of the project too, else when its longest need is through at `pace` hours a week. If at that pace what comes after a phase would miss a deadline, all
    that lies before the deadline is squeezed: each phase gets a share of the time by its hours, and shares the week in which it
    begins with what comes before. What cannot begin before its deadline goes on at the pace, and is late.
    """
    line = _Line(phases, start=start, deadline=deadline, monday=monday, pace=pace)
    for one in phases:
        if not one.done:
            yield line.of(one)


class _Line:
    """Phases of a project in the order of what comes before what; times are weeks since a Monday."""

    def __init__(
        self, phases: Sequence[ProjectPhase], *, start: date, deadline: date | None, monday: date, pace: float
    ) -> None:
        self._by_id = {one.phase_id: one for one in phases}
        self._monday, self._start, self._pace, self._deadline = monday, start, pace, deadline
        self._followed = {name for one in phases for name in one.after}
        before = {name: [k for k in one.after if k in self._by_id] for name, one in self._by_id.items()}
        order = list(TopologicalSorter(before).static_order())
        self._dues = self._dues_of(order, before)
        self._span = dict[str, tuple[float, float]]()
        for name in order:
            self._place(self._by_id[name], [self._span[k][1] for k in before[name]])

    def of(self, one: ProjectPhase) -> LaidPhase:
        """Return where a phase lies."""
        x, y = (float(round(t)) if abs(t - round(t)) < _TINY else t for t in self._span[one.phase_id])
        begin = math.floor(x)
        end = max(math.ceil(y), begin + 1)
        edges = (begin + 1 - x, y - (end - 1)) if end > begin + 1 else (1.0, 1.0)
        missed = [day for day in (one.deadline, self._deadline) if day is not None and self._due(day) <= x]
        return LaidPhase(one, begin, end, edges, min(missed, default=None))

    def _due(self, day: date) -> int:
        """Return when the week of a deadline ends."""
        return _week(day, self._monday) + 1

    def _lasts(self, one: ProjectPhase) -> tuple[int, float]:
        """Return how long a phase takes at the pace: in whole weeks, and by its hours."""
        longest = 0.0 if one.done else max((need.remaining for need in one.needs), default=0.0) / self._pace
        return 0 if one.done else max(math.ceil(longest - 1e-9), 1), longest

    def _ends_by(self, one: ProjectPhase) -> list[int]:
        own = [] if one.deadline is None else [self._due(one.deadline)]
        last = one.phase_id not in self._followed and self._deadline is not None
        return own + ([self._due(self._deadline)] if last and self._deadline is not None else [])

    def _dues_of(self, order: Sequence[str], before: Mapping[str, Sequence[str]]) -> dict[str, dict[int, tuple[int, float]]]:  # fmt: skip
        """Return of each phase the deadlines of it and of what comes after it, and how long the longest way there takes."""
        out = {name: dict.fromkeys(self._ends_by(self._by_id[name]), (0, 0.0)) for name in order}
        for name in reversed(order):
            whole, exact = self._lasts(self._by_id[name])
            for due, (weeks, hours) in out[name].items():
                for k in before[name]:
                    now = out[k].get(due, (0, 0.0))
                    out[k][due] = max(now[0], weeks + whole), max(now[1], hours + exact)
        return out

    def _place(self, one: ProjectPhase, ends: Sequence[float]) -> None:
        x = max([_week(max(self._start, one.earliest or self._start), self._monday), *ends])
        if one.done:
            self._span[one.phase_id] = x, x
            return
        whole, exact = self._lasts(one)
        dues = self._dues[one.phase_id]
        if all(math.ceil(x - _TINY) + whole + weeks <= due for due, (weeks, _) in dues.items()):
            x = math.ceil(x - _TINY)  # there is time: whole weeks of its own
        own = [due for due in self._ends_by(one) if due > x]
        end = min(own, default=x + whole)
        for due, (weeks, hours) in dues.items():
            if due <= x:
                continue  # missed already, whatever comes
            if x + whole + weeks <= due:
                end = min(end, due - weeks)
            elif exact + hours > 0:
                end = min(end, x + (due - x) * exact / (exact + hours))
        self._span[one.phase_id] = x, end


def _week(day: date, monday: date) -> int:
    return (day - monday) // timedelta(days=7)


def parts(
    hours: float, *, weeks: int, grain: float, most: int | None = None, kept: Mapping[int, float] | None = None,
    edges: tuple[float, float] = (1.0, 1.0),
) -> list[float]:  # fmt: skip
    """Return hours split over weeks in whole grains; what is less than one comes with the last.

    They lie so that with what is kept already the weeks are as level as can be: evenly if nothing is.

    Parameters
    ----------
    most : so many weeks are returned, of more the first.
    kept : hours that lie already in weeks.
    edges : how much of the first and of the last week counts, if there are more than one.

    Examples
    --------
    >>> parts(10, weeks=4, grain=1)
    [2.0, 3.0, 2.0, 3.0]
    >>> parts(10, weeks=4, grain=1, kept={1: 20.0, 2: 2.0})
    [4.0, 0.0, 2.0, 4.0]
    >>> parts(10, weeks=3, grain=1, edges=(1.0, 0.5))
    [4.0, 4.0, 2.0]
    """
    have = {k: one for k, one in (kept or {}).items() if 0 <= k < weeks and one > 0}
    part = {0: edges[0], weeks - 1: edges[1]} if weeks > 1 else {}
    wide = {k: part.get(k, 1.0) for k in {*have, *part}}
    empty = weeks - len(have) - sum(1.0 - wide[k] for k in part if k not in have)
    level = _level(hours, empty, sorted((one / wide[k], wide[k]) for k, one in have.items()))
    last = weeks - 1
    while last in have and have[last] >= level * wide[last]:
        last -= 1
    out, sought, told = list[float](), 0.0, 0.0
    for k in range(weeks if most is None else min(weeks, most)):
        sought += max(level * wide.get(k, 1.0) - have.get(k, 0.0), 0.0)
        mark = hours if k >= last else min(grain * math.floor(sought / grain + 1e-9), hours)
        out.append(float(mark - told))
        told = mark
    return out


def _level(hours: float, empty: float, filled: Sequence[tuple[float, float]]) -> float:
    """Return how high hours reach that are poured into weeks: empty ones, and some that are filled so high and are so wide, the lowest first."""
    level, many = 0.0, float(empty)
    for high, wide in filled:
        if many > _TINY and (high - level) * many >= hours:
            break
        hours -= (high - level) * max(many, 0.0)
        level, many = high, max(many, 0.0) + wide
    return level + hours / many
