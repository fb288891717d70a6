"""From a portfolio to the problem of who does what: hours free by week, needs laid into weeks, bookings kept."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from troth.capacity.projects.allocation._laid import laid, parts
from troth.capacity.projects.allocation.problem import (
    AllocatedWork,
    AllocationNeeds,
    AllocationPrices,
    AllocationProblem,
    Bools,
    Counts,
    Floats,
)
from troth.capacity.projects.portfolio import Consultant, Portfolio, Project, check, free_hours, paid_hours, weeks
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
    grain: float = 1.0,
    prices: AllocationPrices = _FREE,
) -> AllocationProblem:
    """Return the problem of a portfolio over the weeks of some days.

    Hours free are those of contracts less holidays, leave, reservations, claims of other plans, and what reactive work is
    expected to take of each, by the hours they have. An hour is worth the project's weight by its probability. Hard
    bookings of people are kept: as far as a need of their project and week takes them on that need, else as busy hours.
    A skill is held in a week if it is on its first and last day; if its level changes, the lowest counts throughout. Caps are
    of calendar years (a week belongs to that of its Thursday), less hours logged in them before `first`. Needs that are one
    person's are treated as others: several may share them.

    Parameters
    ----------
    first, until : the first day, and the day after the last.
    at_least : projects and deals less probable are left out.
    pace : hours a week of each need, where no deadline says how long a phase lasts.
    grain : hours are planned in whole multiples of it.

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
    span = _Weeks(first, until, tuple(weeks(first, until=until)))
    chosen = _chosen(portfolio, at_least)
    skills = tuple(
        sorted(
            {k.skill for who in portfolio.people for k in who.skills}
            | {n.skill for p in chosen for f in p.phases for n in f.needs}
        )
    )
    needs = _needs(chosen, skills, span, pace, grain)
    levels, held = _skills(portfolio.people, skills, span)
    free = _free(portfolio, span, levels, skills)
    confirmed, busy = _booked(portfolio, chosen, needs, skills, levels, span)
    caps, period = _caps(portfolio, span)
    number = {who.person_id: k for k, who in enumerate(portfolio.people)}
    of = {one.project_id: j for j, one in enumerate(chosen)}
    known = {
        (number[e.person_id], of[e.project_id])
        for e in portfolio.logged
        if e.person_id in number and e.project_id in of
    }
    return AllocationProblem(
        tuple(number), skills, tuple(of), span.mondays, free, levels, needs, held, caps, period, confirmed, busy,
        _pairs({(number[who], of[one.project_id]) for one in chosen for who in one.members if who in number}), _pairs(known),
        tuple(who.location for who in portfolio.people), tuple(one.location for one in chosen), _cost(portfolio, first),
        np.array([np.nan if who.target is None else who.target * hours for who, hours in zip(portfolio.people, free.sum(axis=1), strict=True)]),
        grain, prices,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Weeks:
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


def _pairs(some: set[tuple[int, int]]) -> Counts:
    return np.array(sorted(some), np.int64).reshape(-1, 2)


def _chosen(portfolio: Portfolio, at_least: float) -> list[Project]:
    """Return projects that are probable enough, and deals as if they were projects."""
    deals = [
        Project(one.deal_id, one.phases, one.customer_id, probability=one.probability, earliest=one.wanted,
                location=one.location, weight=one.weight)
        for one in portfolio.deals
    ]  # fmt: skip
    return [one for one in (*portfolio.projects, *deals) if one.probability >= at_least]


def _needs(
    chosen: Sequence[Project], skills: Sequence[str], span: _Weeks, pace: float, grain: float
) -> AllocationNeeds:
    rows, phase = list[tuple[int, int, int, float, float, float]](), list[str]()
    number = {name: s for s, name in enumerate(skills)}
    for j, one in enumerate(chosen):
        start = max(span.first, one.earliest or span.first)
        for part, a, b in laid(one.phases, start=start, deadline=one.deadline, monday=span.mondays[0], pace=pace):
            for need in part.needs:
                for w, hours in enumerate(parts(need.remaining, weeks=b - a, grain=grain), a):
                    if hours > 0 and 0 <= w < len(span.mondays):
                        rows.append((j, number[need.skill], w, hours, one.weight * one.probability, need.level))
                        phase.append(part.phase_id)
    table = np.array(rows, float).reshape(-1, 6)
    project, skill, week = table[:, :3].astype(np.int64).T
    return AllocationNeeds(project, skill, week, table[:, 3], table[:, 4], table[:, 5], tuple(phase))


def _skills(people: Sequence[Consultant], skills: Sequence[str], span: _Weeks) -> tuple[Floats, Bools | None]:
    levels = np.full((len(people), len(skills)), np.inf)
    held = np.zeros((*levels.shape, len(span.mondays)), bool)
    number = {name: s for s, name in enumerate(skills)}
    ends = [
        (max(day, span.first), min(day + timedelta(days=7), span.until) - timedelta(days=1)) for day in span.mondays
    ]
    for p, who in enumerate(people):
        for one in who.skills:
            there = np.array([one.holds(a) and one.holds(b) for a, b in ends])
            if there.any() and one.level > 0:
                s = number[one.skill]
                levels[p, s] = min(levels[p, s], one.level)
                held[p, s] |= there
    levels = np.where(np.isfinite(levels), levels, 0.0)
    return levels, None if held[levels > 0].all() else held


def _free(portfolio: Portfolio, span: _Weeks, levels: Floats, skills: Sequence[str]) -> Floats:
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


def _booked(
    portfolio: Portfolio,
    chosen: Sequence[Project],
    needs: AllocationNeeds,
    skills: Sequence[str],
    levels: Floats,
    span: _Weeks,
) -> tuple[AllocatedWork, Floats]:
    """Return hard bookings of people on needs, and what of them no need takes, by person and week."""
    number = {who.person_id: k for k, who in enumerate(portfolio.people)}
    busy, left = np.zeros((len(number), len(span.mondays))), needs.hours.copy()
    at = defaultdict[tuple[str, int], list[int]](list)
    for m in range(len(needs)):
        at[chosen[needs.project[m]].project_id, int(needs.week[m])].append(m)
    kept = defaultdict[tuple[int, int], float](float)
    for one in portfolio.bookings:
        if not one.hard or one.person_id not in number:
            continue
        p = number[one.person_id]
        days = paid_hours(portfolio, first=one.first, until=one.until)[p]
        days = np.ones(len(days)) if not days.any() else (days > 0).astype(float)
        for k in np.flatnonzero(days).tolist():
            day = one.first + timedelta(days=k)
            if span.first <= day < span.until:
                busy_week = (day - span.mondays[0]).days // 7
                hours = float(one.hours / days.sum())
                fits = [
                    m for m in at[one.project_id, busy_week]
                    if one.skill in ("", skills[needs.skill[m]]) and one.phase_id in ("", needs.phase[m])
                ]  # fmt: skip
                for m in sorted(fits, key=lambda m: (levels[p, needs.skill[m]] <= 0, m)):
                    took = min(hours, float(left[m]))
                    if took > 1e-9:
                        kept[p, m] += took
                        left[m] -= took
                        hours -= took
                busy[p, busy_week] += max(hours, 0.0)
    rows = sorted(kept.items())
    table = np.array([pair for pair, _ in rows], np.int64).reshape(-1, 2)
    return AllocatedWork(table[:, 0], table[:, 1], np.array([hours for _, hours in rows], float)), busy


def _caps(portfolio: Portfolio, span: _Weeks) -> tuple[Floats | None, Counts]:
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
    worth = {portfolio.currency: 1.0, "": 1.0}
    for rate in sorted(portfolio.exchange, key=lambda one: one.first or date.min):
        if rate.first is None or rate.first <= day:
            worth[rate.currency] = rate.worth
    out = np.zeros(len(portfolio.people))
    for p, who in enumerate(portfolio.people):
        later = next((one for one in who.contracts if one.first > day), None)
        terms = who.terms_on(day) or later
        if terms is not None:
            out[p] = terms.cost_cents * worth.get(terms.currency, 1.0)
    return out
