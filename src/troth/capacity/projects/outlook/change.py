"""What may be changed in a house to see what comes of it: people hired, subcontracted or trained, work put off, won or lost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TypeVar

from troth.capacity.projects.portfolio import (
    Consultant,
    ContractTerms,
    Deal,
    HeldSkill,
    Portfolio,
    Project,
    ProjectPhase,
)

_WEEK = (8.0, 8.0, 8.0, 8.0, 8.0, 0.0, 0.0)
_Work = TypeVar("_Work", Project, Deal)


@dataclass(frozen=True, slots=True)
class HiredPeople:
    """People who come: to stay if there is no `until`, else as subcontractors.

    Parameters
    ----------
    skills : what each of them can do.
    first, until : the first day (the portfolio's, if None), and the day after the last.
    people : how many.
    hours : paid hours of each weekday, Monday first.
    cost_cents : what an hour costs, in minor units of `currency`; an empty one is the house's own.
    country : whose public holidays hold.
    """

    skills: tuple[HeldSkill, ...]
    first: date | None = None
    until: date | None = None
    people: int = 1
    hours: tuple[float, ...] = _WEEK
    cost_cents: int = 0
    currency: str = ""
    role: str = ""
    team: str = ""
    location: str = ""
    country: str = ""


@dataclass(frozen=True, slots=True)
class TrainedPerson:
    """A skill more, or a higher level of one, from a day on (the portfolio's, if None)."""

    person_id: str
    skill: str
    level: float = 1.0
    first: date | None = None


@dataclass(frozen=True, slots=True)
class DelayedWork:
    """A project or deal so many weeks later, its own days and those of its phases with it; promised days and bookings stay as they are."""

    project_id: str
    weeks: int


@dataclass(frozen=True, slots=True)
class DecidedWork:
    """A deal, or a project that is not certain, as won or as lost."""

    project_id: str
    won: bool


HouseChange = HiredPeople | TrainedPerson | DelayedWork | DecidedWork


@dataclass(frozen=True, slots=True)
class WhatIf:
    """Changes that are made together, and what they are called."""

    name: str
    changes: tuple[HouseChange, ...] = ()


def changed_house(portfolio: Portfolio, *, changes: Sequence[HouseChange]) -> Portfolio:
    """Return a portfolio with changes made, one after the other.

    Whoever is hired is called ``new: SKILL``, subcontractors ``for some weeks: SKILL``, with a number from the second on. Of work
    that is lost the bookings are taken out, and its probability is nought. What is not there is passed over: see
    `check_changes`.

    Examples
    --------
    >>> from datetime import date
    >>> changed = changed_house(Portfolio(date(2026, 6, 1)), changes=[HiredPeople((HeldSkill("law"),), people=2)])
    >>> [who.person_id for who in changed.people]
    ['new: law', 'new: law 2']
    """
    for one in changes:
        if isinstance(one, HiredPeople):
            portfolio = replace(portfolio, people=(*portfolio.people, *_hired(portfolio, one)))
        elif isinstance(one, TrainedPerson):
            portfolio = replace(portfolio, people=tuple(_trained(who, one, portfolio.day) for who in portfolio.people))
        elif isinstance(one, DelayedWork):
            portfolio = _delayed(portfolio, one)
        else:
            portfolio = _decided(portfolio, one)
    return portfolio


def _hired(portfolio: Portfolio, one: HiredPeople) -> list[Consultant]:
    taken = {who.person_id for who in portfolio.people}
    called = f"{'new' if one.until is None else 'for some weeks'}: {', '.join(held.skill for held in one.skills)}"
    terms = ContractTerms(
        one.first or portfolio.day, one.until, one.hours, one.country, one.cost_cents, one.currency
    )  # fmt: skip
    out = list[Consultant]()
    number = 1
    while len(out) < one.people:
        name = called if number == 1 else f"{called} {number}"
        number += 1
        if name not in taken:
            out.append(
                Consultant(name, (terms,), one.skills, role=one.role, team=one.team, location=one.location)
            )  # fmt: skip
    return out


def _trained(who: Consultant, one: TrainedPerson, day: date) -> Consultant:
    if who.person_id != one.person_id:
        return who
    return replace(who, skills=(*who.skills, HeldSkill(one.skill, one.level, one.first or day)))


def _delayed(portfolio: Portfolio, one: DelayedWork) -> Portfolio:
    by = timedelta(weeks=one.weeks)

    def later(phase: ProjectPhase) -> ProjectPhase:
        if phase.done:
            return phase
        return replace(
            phase, earliest=None if phase.earliest is None else phase.earliest + by,
            deadline=None if phase.deadline is None else phase.deadline + by,
        )  # fmt: skip

    def of(work: _Work) -> _Work:
        return replace(work, phases=tuple(later(phase) for phase in work.phases))

    projects = tuple(
        replace(
            of(work), earliest=max(work.earliest or portfolio.day, portfolio.day) + by,
            deadline=None if work.deadline is None else work.deadline + by,
        )
        if work.project_id == one.project_id
        else work
        for work in portfolio.projects
    )  # fmt: skip
    deals = tuple(
        replace(of(work), wanted=max(work.wanted, portfolio.day) + by) if work.deal_id == one.project_id else work
        for work in portfolio.deals
    )
    return replace(portfolio, projects=projects, deals=deals)


def _decided(portfolio: Portfolio, one: DecidedWork) -> Portfolio:
    name = one.project_id
    chance = 1.0 if one.won else 0.0
    # What is lost keeps its row, for hours may be logged on it: it is never planned and brings nothing.
    return replace(
        portfolio,
        projects=tuple(
            replace(work, probability=chance) if work.project_id == name else work for work in portfolio.projects
        ),
        deals=tuple(replace(work, probability=chance) if work.deal_id == name else work for work in portfolio.deals),
        bookings=tuple(work for work in portfolio.bookings if one.won or work.project_id != name),
    )
