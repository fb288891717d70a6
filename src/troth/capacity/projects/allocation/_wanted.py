"""What phases need by week, beside the hours that are booked for them already."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from troth.capacity.projects.allocation._laid import laid, parts
from troth.capacity.projects.allocation.plan import keeps
from troth.capacity.projects.allocation.problem import AllocatedWork, AllocationNeeds, Counts, Floats
from troth.capacity.projects.portfolio import (
    Portfolio,
    Project,
    remaining_weeks,
)


@dataclass(frozen=True, slots=True)
class PlanWeeks:
    """Days from the first up to but not with the last, and the Mondays of their weeks."""

    first: date
    until: date
    mondays: tuple[date, ...]

    def of(self, table: Floats) -> Floats:
        """Return sums by week of a table by day, (P, D) to (P, W)."""
        out = np.zeros((len(table), len(self.mondays)))
        for k in range(table.shape[1]):
            out[:, (self.first + timedelta(days=k) - self.mondays[0]).days // 7] += table[:, k]
        return out


@dataclass(frozen=True, slots=True)
class WantedHours:
    """What a phase needs of a skill, the weeks in which it lies, hours of it that are booked, by person and week, whether it is one
    person's, the shares of its first and last week that are its own, and the deadline it is too late for.
    """

    project: int
    phase: str
    skill: int
    level: float
    value: float
    hours: float
    begin: int
    end: int
    kept: dict[tuple[int, int], float]
    alone: bool = False
    edges: tuple[float, float] = (1.0, 1.0)
    late: date | None = None

    @property
    def left(self) -> float:
        """Hours that nobody is booked for."""
        return self.hours - sum(self.kept.values())


def wants_of(chosen: Sequence[Project], skills: Sequence[str], span: PlanWeeks, pace: float) -> list[WantedHours]:
    number = {name: s for s, name in enumerate(skills)}
    out = []
    for j, one in enumerate(chosen):
        start, value = max(span.first, one.earliest or span.first), one.weight * one.probability
        for lies in laid(one.phases, start=start, deadline=one.deadline, monday=span.mondays[0], pace=pace):
            out += [
                WantedHours(
                    j,
                    lies.phase.phase_id,
                    number[need.skill],
                    need.level,
                    value,
                    need.remaining,
                    lies.begin,
                    lies.end,
                    {},
                    not need.divisible,
                    lies.edges,
                    lies.late,
                )
                for need in lies.phase.needs
            ]
    return out


def rows(
    wants: Sequence[WantedHours], span: PlanWeeks, grain: float
) -> tuple[AllocationNeeds, AllocatedWork, list[float]]:
    """Return needs by week, the hours of them that are booked, and of each want the hours nobody is booked for that lie after the weeks.

    What is left lies where least is booked.
    """
    rows, phase = list[tuple[int, int, int, float, float, float]](), list[str]()
    fixed, alone, after = list[tuple[int, int, float]](), list[int](), list[float]()
    many = len(span.mondays)
    for k, one in enumerate(wants):
        kept = defaultdict[int, float](float)
        for (_, w), hours in one.kept.items():
            kept[w] += hours
        new = parts(
            max(one.left, 0.0), weeks=one.end - one.begin, grain=grain, most=max(many - one.begin, 0),
            kept={w - one.begin: hours for w, hours in kept.items()}, edges=one.edges,
        )  # fmt: skip
        after.append(max(one.left, 0.0) - sum(new))
        there = {w: hours for w, hours in enumerate(new, one.begin) if hours > 0}
        number = dict[int, int]()
        for w in sorted({*there, *kept}):
            if 0 <= w < many:
                number[w] = len(rows)
                rows.append((one.project, one.skill, w, there.get(w, 0.0) + kept.get(w, 0.0), one.value, one.level))
                phase.append(one.phase)
                alone.append(k if one.alone else -1)
        fixed += [(p, number[w], hours) for (p, w), hours in one.kept.items() if w in number]
    table, booked = np.array(rows, float).reshape(-1, 6), np.array(sorted(fixed), float).reshape(-1, 3)
    project, skill, week = table[:, :3].astype(np.int64).T
    needs = AllocationNeeds(project, skill, week, table[:, 3], table[:, 4], table[:, 5], tuple(phase), _numbers(alone))
    return needs, AllocatedWork(booked[:, 0].astype(np.int64), booked[:, 1].astype(np.int64), booked[:, 2]), after


def _numbers(alone: Sequence[int]) -> Counts | None:
    """Return which rows are one person's; None if all can be shared."""
    return np.array(alone, np.int64) if max(alone, default=-1) >= 0 else None


def booked(
    portfolio: Portfolio, chosen: Sequence[Project], wants: Sequence[WantedHours], skills: Sequence[str], levels: Floats, span: PlanWeeks
) -> Floats:  # fmt: skip
    """Keep hard bookings and open requests of people on what is wanted, and return what of them nothing takes, by person and week.

    First what lies in the week takes them, then what else the booking may be for: hours that are booked are not needed again, and hard bookings come before
    requests. What is only planned, or is confirmed and less than certain, takes no hours, and what it is for is needed still. What is completed is over with.
    """
    number = {who.person_id: k for k, who in enumerate(portfolio.people)}
    busy, left = np.zeros((len(number), len(span.mondays))), [one.hours for one in wants]
    of = defaultdict[str, list[int]](list)
    for m, want in enumerate(wants):
        of[chosen[want.project].project_id].append(m)
    left_of = zip(portfolio.bookings, remaining_weeks(portfolio, bookings=portfolio.bookings), strict=True)
    for one, weeks in sorted(left_of, key=lambda pair: not pair[0].hard):
        if not keeps(one) or one.person_id not in number:
            continue
        p = number[one.person_id]
        fits = [
            m for m in of[one.project_id]
            if one.skill in ("", skills[wants[m].skill]) and one.phase_id in ("", wants[m].phase)
        ]  # fmt: skip
        for monday, hours in weeks.items():
            w, rest = (monday - span.mondays[0]).days // 7, hours
            for m in sorted(
                fits, key=lambda m: (levels[p, wants[m].skill] <= 0, not wants[m].begin <= w < wants[m].end, m)
            ):
                took = min(rest, left[m])
                if took > 1e-9:
                    wants[m].kept[p, w] = wants[m].kept.get((p, w), 0.0) + took
                    left[m] -= took
                    rest -= took
            if 0 <= w < len(span.mondays) and rest > 1e-9:
                busy[p, w] += rest
    return busy
