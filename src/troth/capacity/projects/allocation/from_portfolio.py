"""From a portfolio to the problem of who does what: hours free by week, needs laid into weeks, bookings kept."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import numpy as np

from troth.capacity.projects.allocation._notes import grain_of, notes
from troth.capacity.projects.allocation._wanted import PlanWeeks, booked, rows, wants_of
from troth.capacity.projects.allocation.problem import (
    AllocationPrices,
    AllocationProblem,
    Bools,
    Counts,
    Floats,
)
from troth.capacity.projects.portfolio import (
    Consultant,
    Portfolio,
    Project,
    check,
    free_hours,
    home_cents,
    paid_hours,
    weeks,
)
from troth.core.decision import Issue, Severity
from troth.core.errors import InputError

_FREE = AllocationPrices()


def from_portfolio(
    portfolio: Portfolio,
    *,
    first: date,
    until: date,
    at_least: float = 1.0,
    pace: float = 40.0,
    grain: float | None = None,
    prices: AllocationPrices = _FREE,
) -> AllocationProblem:
    """Return the problem of a portfolio over the weeks of some days.

    Hours free are those of contracts less holidays, leave, reservations, claims of other plans, and what reactive work is
    expected to take of each, by the hours they have. An hour is worth the project's weight by its probability. Hard
    bookings of people and requests without an answer are kept, evenly on their days of work: as far as a need of their project takes them on that need, of
    which then less is left for all weeks together, else as busy hours. Bookings that are only planned, or are confirmed and less than certain,
    are as if they were not there: people are free and their needs whole.
    A skill is held in a week if it is on its first and last day; if its level changes, the lowest counts throughout. Caps are
    of calendar years (a week belongs to that of its Thursday), less hours logged in them before `first`. A target is a share
    of paid hours, less holidays and leave. A need that is not divisible is one person's in all its weeks.

    The `notes` of the problem say what does not lie in its weeks or before its deadline: `deadline-missed`, `beyond-the-weeks`, and `nothing-to-plan`
    where there is no work or nobody to do it.

    Parameters
    ----------
    first, until : the first day, and the day after the last.
    at_least : projects and deals less probable are left out, those that are lost always.
    pace : hours a week of each need, where no deadline says how long a phase lasts.
    grain : hours are planned in whole multiples of it; None for whole, half or quarter hours, the longest that divide everybody's week.

    Raises
    ------
    InputError : with every error of the portfolio's own `check`, and if `first` is past or no day is left.

    Examples
    --------
    >>> from datetime import date
    >>> from troth.capacity.projects.portfolio import Consultant, ContractTerms, HeldSkill, Portfolio, Project, ProjectPhase, SkillNeed
    >>> ada = Consultant("ada", (ContractTerms(date(2026, 1, 1)),), (HeldSkill("design"),))
    >>> bank = Project("bank", (ProjectPhase("draw", (SkillNeed("design", 60.0),)),), earliest=date(2026, 6, 1))
    >>> made = from_portfolio(Portfolio(date(2026, 6, 1), (ada,), (bank,)), first=date(2026, 6, 1), until=date(2026, 6, 15))
    >>> made.free.tolist(), made.needs.hours.tolist()
    ([[40.0, 40.0]], [30.0, 30.0])
    """
    issues = [issue for issue in check(portfolio) if issue.severity is Severity.ERROR]
    if first < portfolio.day:
        issues.append(
            Issue(
                "first-in-past", Severity.ERROR, "first", first.isoformat(), "Maybe the portfolio is of an older day."
            )
        )
    if until <= first:
        issues.append(
            Issue("no-days", Severity.ERROR, "until", until.isoformat(), "Maybe first and until are swapped.")
        )
    if issues:
        raise InputError(issues)
    span = PlanWeeks(first, until, tuple(weeks(first, until=until)))
    chosen = _chosen(portfolio, at_least)
    skills = tuple(
        sorted(
            {k.skill for who in portfolio.people for k in who.skills}
            | {n.skill for p in chosen for f in p.phases for n in f.needs}
        )
    )
    levels, held = _skills(portfolio.people, skills, span)
    free = _free(portfolio, span, levels, skills)
    wants = wants_of(chosen, skills, span, pace)
    busy = booked(portfolio, chosen, wants, skills, levels, span)
    grain = grain_of(portfolio.people, first=first, until=until) if grain is None else grain
    needs, confirmed, after = rows(wants, span, grain)
    caps, period = _caps(portfolio, span)
    number = {who.person_id: k for k, who in enumerate(portfolio.people)}
    of = {one.project_id: j for j, one in enumerate(chosen)}
    known = {
        (number[e.person_id], of[e.project_id])
        for e in portfolio.logged
        if e.person_id in number and e.project_id in of
    }
    paid = paid_hours(portfolio, first=first, until=until).sum(axis=1).tolist()
    return AllocationProblem(
        tuple(number), skills, tuple(of), (first, *span.mondays[1:]), free, levels, needs, held, caps, period, confirmed, busy,
        _pairs({(number[who], of[one.project_id]) for one in chosen for who in one.members if who in number}), _pairs(known),
        tuple(who.location for who in portfolio.people), tuple(one.location for one in chosen), _cost(portfolio, first),
        np.array([np.nan if who.target is None else who.target * hours for who, hours in zip(portfolio.people, paid, strict=True)]),
        grain, prices, until, notes(portfolio, chosen, wants, after, span),
    )  # fmt: skip


def _pairs(some: set[tuple[int, int]]) -> Counts:
    return np.array(sorted(some), np.int64).reshape(-1, 2)


def _chosen(portfolio: Portfolio, at_least: float) -> list[Project]:
    """Return projects that are probable enough, and deals as if they were projects."""
    deals = [
        Project(one.deal_id, one.phases, one.customer_id, probability=one.probability, earliest=one.wanted,
                location=one.location, weight=one.weight)
        for one in portfolio.deals
    ]  # fmt: skip
    return [one for one in (*portfolio.projects, *deals) if 0 < one.probability >= at_least]


def _skills(people: Sequence[Consultant], skills: Sequence[str], span: PlanWeeks) -> tuple[Floats, Bools | None]:
    levels = np.full((len(people), len(skills)), np.inf)
    held = np.zeros((*levels.shape, len(span.mondays)), bool)
    number = {name: s for s, name in enumerate(skills)}
    ends = [
        (max(day, span.first), min(day + timedelta(days=7), span.until) - timedelta(days=1)) for day in span.mondays
    ]
    for p, who in enumerate(people):
        for skill in {one.skill for one in who.skills}:
            least = np.array([min(who.level_of(skill, day=day) for day in pair) for pair in ends], float)
            held[p, number[skill]] = least > 0
            levels[p, number[skill]] = least[least > 0].min(initial=np.inf)
    levels = np.where(np.isfinite(levels), levels, 0.0)
    return levels, None if held[levels > 0].all() else held


def _free(portfolio: Portfolio, span: PlanWeeks, levels: Floats, skills: Sequence[str]) -> Floats:
    """Return hours free by week, less what is expected of reactive work."""
    out = span.of(free_hours(portfolio, first=span.first, until=span.until))
    number = {name: s for s, name in enumerate(skills)}
    for load in portfolio.reactive:
        wanted = np.zeros(len(span.mondays))
        for k in range((span.until - span.first).days):
            day = span.first + timedelta(days=k)
            wanted[(day - span.mondays[0]).days // 7] += load.hours[day.weekday()] * load.months[day.month - 1]
        mine = np.array([load.team in ("", who.team) for who in portfolio.people], bool)
        if load.skill:
            mine &= levels[:, number[load.skill]] > 0 if load.skill in number else False
        there = out[mine].sum(axis=0)
        out[mine] *= 1.0 - np.minimum(wanted / np.maximum(there, 1e-9), 1.0)
    return out


def _caps(portfolio: Portfolio, span: PlanWeeks) -> tuple[Floats | None, Counts]:
    years = [(day + timedelta(days=3)).year for day in span.mondays]
    first = years[0]
    period = np.array(years, np.int64) - first
    if all(who.yearly_hours is None for who in portfolio.people):
        return None, np.zeros(len(years), np.int64)
    number = {who.person_id: k for k, who in enumerate(portfolio.people)}
    done = np.zeros((len(number), int(period[-1]) + 1))
    for entry in portfolio.logged:
        if entry.person_id in number and entry.day < span.first and entry.day.year == first:
            done[number[entry.person_id], 0] += entry.hours
    most = np.array([np.inf if who.yearly_hours is None else who.yearly_hours for who in portfolio.people])
    return np.maximum(most[:, None] - done, 0.0), period


def _cost(portfolio: Portfolio, day: date) -> Floats:
    """Return what an hour of each person costs on a day, or when their first contract after it begins, in the house's cents."""
    out = np.zeros(len(portfolio.people))
    for p, who in enumerate(portfolio.people):
        later = next((one for one in who.contracts if one.first > day), None)
        terms = who.terms_on(day) or later
        if terms is not None and terms.cost_cents:
            # Before the first rate of a currency, of which the check tells, the last there is.
            rated = [
                home_cents(portfolio, cents=terms.cost_cents, currency=terms.currency, day=when)
                for when in (day, date.max)
            ]
            out[p] = next((one for one in rated if one is not None), 0.0)
    return out
