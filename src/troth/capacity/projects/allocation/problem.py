"""What an allocation decides: whose hours of which week go to which need of a project."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from troth.core.decision import Issue

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Counts = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class AllocationNeeds:
    """Hours that projects need of a skill in a week, one row each; arrays of shape (N,).

    Parameters
    ----------
    project, skill, week : numbers into the problem's lists.
    hours : wanted; several people can share them, unless `alone` says otherwise.
    value : what an hour done is worth.
    level : the least level that will do.
    phase : names of the phases they belong to; empty for none.
    alone : the same number on all rows that one person does if anybody does any of them; -1 on those that can be shared. None if all can.
    """

    project: Counts
    skill: Counts
    week: Counts
    hours: Floats
    value: Floats
    level: Floats
    phase: tuple[str, ...] = ()
    alone: Counts | None = None

    def __len__(self) -> int:
        """Return how many rows there are."""
        return len(self.project)


@dataclass(frozen=True, slots=True, eq=False)
class AllocatedWork:
    """Hours of people for needs, one row each; arrays of shape (K,).

    Parameters
    ----------
    person, need : numbers into the problem's people and needs.
    hours : more than 0.
    """

    person: Counts
    need: Counts
    hours: Floats

    def __len__(self) -> int:
        """Return how many rows there are."""
        return len(self.person)

    @classmethod
    def none(cls) -> AllocatedWork:
        """Return no work."""
        return cls(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0))


@dataclass(frozen=True, slots=True)
class AllocationPrices:
    """What the soft rules cost, in the unit of the needs' values; 0 leaves a rule out.

    Parameters
    ----------
    cost : of an hour, for each unit of the people's own `cost`.
    away : of an hour for a project at another place.
    stranger : of an hour by somebody else, where a project names people it prefers.
    join : of each person who comes to a project that they do not know.
    idle : of an hour that somebody stays below their target.
    uneven : of an hour that somebody works above the even share, which is demand over supply of all, at most 1.
    """

    cost: float = 0.0
    away: float = 0.0
    stranger: float = 0.0
    join: float = 0.0
    idle: float = 0.0
    uneven: float = 0.0


def _pairs() -> Counts:
    return np.zeros((0, 2), np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class AllocationProblem:
    """People with free hours by week, and what projects need of them.

    Parameters
    ----------
    people, skills, projects : names; each once.
    weeks : first days of the weeks, in order.
    free : hours people have for projects, shape (P, W), before `confirmed` and `busy` are taken off.
    levels : at which people hold skills, shape (P, S); 0 if not.
    needs : what is wanted.
    held : whether a skill is held in a week, shape (P, S, W); None if what is held is held throughout.
    caps : the most hours of a person in a period, shape (P, T); inf for no cap. None for none at all.
    period : of each week, shape (W,): 0 to T - 1; None if all are of one.
    confirmed : bookings on needs that are kept as they are.
    busy : hours of other confirmed bookings, shape (P, W); they count as worked. None for none.
    members : (person, project) whom a project prefers, shape (M, 2).
    known : (person, project) who know it and need no time to join, beside members and those confirmed, shape (M, 2).
    person_place, project_place : where they are; empty for anywhere.
    cost : of an hour of each person, shape (P,); None for 0.
    target : hours each should work in all weeks together, shape (P,); nan for none. None for none at all.
    grain : hours are planned in whole multiples of this: 1 for hours, 4 for half days.
    prices : what soft rules cost.
    until : the day after the last; None for a whole last week.
    notes : what was found when it was made of something else, such as work that lies after the weeks.

    Examples
    --------
    >>> import numpy as np
    >>> from datetime import date
    >>> needs = AllocationNeeds(*np.array([[0, 1], [0, 0], [0, 0]]), np.array([30.0, 20.0]), np.array([1.0, 2.0]), np.zeros(2))
    >>> problem = AllocationProblem(
    ...     people=("ada",), skills=("design",), projects=("bank", "mill"), weeks=(date(2026, 6, 1),),
    ...     free=np.array([[40.0]]), levels=np.array([[1.0]]), needs=needs)
    >>> problem.wanted
    70.0
    """

    people: tuple[str, ...]
    skills: tuple[str, ...]
    projects: tuple[str, ...]
    weeks: tuple[date, ...]
    free: Floats
    levels: Floats
    needs: AllocationNeeds
    held: Bools | None = None
    caps: Floats | None = None
    period: Counts | None = None
    confirmed: AllocatedWork = field(default_factory=AllocatedWork.none)
    busy: Floats | None = None
    members: Counts = field(default_factory=_pairs)
    known: Counts = field(default_factory=_pairs)
    person_place: tuple[str, ...] = ()
    project_place: tuple[str, ...] = ()
    cost: Floats | None = None
    target: Floats | None = None
    grain: float = 1.0
    prices: AllocationPrices = AllocationPrices()
    until: date | None = None
    notes: tuple[Issue, ...] = ()

    @property
    def wanted(self) -> float:
        """What all needs are worth if every hour of them is done."""
        return float(self.needs.hours @ self.needs.value)

    @property
    def even_share(self) -> float:
        """Hours wanted over hours free, at most 1: the utilisation of everybody if work were spread evenly."""
        free, busy = float(self.free.sum()), 0.0 if self.busy is None else float(self.busy.sum())
        return min(1.0, (float(self.needs.hours.sum()) + busy) / free) if free else 1.0

    @property
    def end(self) -> date:
        """The day after the last."""
        return self.until or self.weeks[-1] + timedelta(days=7)

    def periods(self) -> Counts:
        """Return the period of each week, shape (W,)."""
        return np.zeros(len(self.weeks), np.int64) if self.period is None else self.period

    def limits(self) -> Floats:
        """Return the caps, shape (P, T), inf where there are none."""
        if self.caps is not None:
            return self.caps
        return np.full((len(self.people), int(self.periods().max(initial=0)) + 1), np.inf)

    def taken(self) -> Floats:
        """Return hours that confirmed bookings take, on needs and else, shape (P, W)."""
        out = np.zeros(self.free.shape) if self.busy is None else self.busy.astype(float).copy()
        np.add.at(out, (self.confirmed.person, self.needs.week[self.confirmed.need]), self.confirmed.hours)
        return out

    def familiar(self) -> Bools:
        """Return who knows which project and joins it without cost, shape (P, J)."""
        out = np.zeros((len(self.people), len(self.projects)), bool)
        for pairs in (self.members, self.known):
            out[pairs[:, 0], pairs[:, 1]] = True
        out[self.confirmed.person, self.needs.project[self.confirmed.need]] = True
        return out

    def preferred(self) -> Bools:
        """Return whom which project prefers, shape (P, J); everybody where it names nobody."""
        out = np.zeros((len(self.people), len(self.projects)), bool)
        out[self.members[:, 0], self.members[:, 1]] = True
        out[:, ~out.any(axis=0)] = True
        return out

    def elsewhere(self) -> Bools:
        """Return who would be away from home on which project, shape (P, J)."""
        if not self.person_place or not self.project_place:
            return np.zeros((len(self.people), len(self.projects)), bool)
        who, where = np.array(self.person_place, object)[:, None], np.array(self.project_place, object)[None, :]
        return np.asarray((who != where) & (who != "") & (where != ""), bool)

    def can(self) -> Bools:
        """Return who holds which skill in which week, at any level, shape (P, S, W)."""
        at_all = np.broadcast_to((self.levels > 0)[:, :, None], (*self.levels.shape, len(self.weeks)))
        return at_all if self.held is None else at_all & self.held
