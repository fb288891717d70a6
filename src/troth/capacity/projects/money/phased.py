"""Revenue, cost and margin of a portfolio by week: what was logged and what is planned, by hour, milestone and month."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from fractions import Fraction
from itertools import groupby

from troth.capacity.projects.money._issues import error, gathered
from troth.capacity.projects.money._prices import Price, Pricer
from troth.capacity.projects.money._terms import DueSum, milestones, retainer
from troth.capacity.projects.money.answers import RateGap
from troth.capacity.projects.money.cents import apportion, exact
from troth.capacity.projects.money.hours import WorkHours
from troth.capacity.projects.money.plan import MoneyBasis, MoneyLine, MoneyPlan, MoneySource
from troth.capacity.projects.money.works import PricedWork, works_of
from troth.capacity.projects.portfolio import ContractKind, Portfolio, TimeEntry, check_money
from troth.core.decision import Issue


@dataclass(frozen=True, slots=True)
class _Exact:
    """A line before it is rounded."""

    line: MoneyLine
    revenue: Price
    cost: Price = Fraction(0)


def phased(
    portfolio: Portfolio,
    *,
    hours: Sequence[WorkHours] = (),
    ends: Mapping[tuple[str, str], date] | None = None,
    until: date | None = None,
    beyond: Collection[tuple[str, str]] = (),
) -> MoneyPlan:
    """Return the money of a portfolio by week: logged hours as actual, `hours` as forecast.

    By time and material, an hour earns its rate; of a fixed price, a phase's end earns its share (`ProjectPhase.share`,
    else by estimated hours); of a retainer, a month earns its fee, part of a month by calendar days. Hours cost what the
    contract of the day says, whoever pays. All is in the house's currency at the exchange rate of its day, in whole minor
    units by largest remainder within a project.

    Parameters
    ----------
    hours : from the portfolio's day on, of projects and deals. Hours of a week lie evenly on its days with paid hours.
    ends : the day a phase ended or will end, by project and phase; without it the last day of its hours.
    until : the day after the last that retainers without a deadline run to; without it the end of `hours`.
    beyond : phases, by project, that end after all hours given: what they earn has no date, and that is no issue.

    Examples
    --------
    >>> from datetime import date
    >>> from troth.capacity.projects.portfolio import ChargeRate, Consultant, ContractTerms, Portfolio, Project
    >>> ada = Consultant("ada", (ContractTerms(date(2026, 1, 1), cost_cents=6_000),))
    >>> firm = Portfolio(date(2026, 6, 1), (ada,), (Project("apollo", (), "acme"),), rates=(ChargeRate(10_000),))
    >>> plan = phased(firm, hours=[WorkHours("apollo", date(2026, 6, 1), 20.0, "ada")])
    >>> [(one.key, one.revenue_cents, one.cost_cents, one.margin) for one in plan.sums(["work_id"])]
    [(('apollo',), 200000, 120000, 0.4)]
    """
    works = works_of(portfolio)
    pricer = Pricer(portfolio, works)
    issues: list[Issue] = check_money(portfolio)
    past = list(_logged(portfolio, works, issues))
    coming = list(_planned(hours, works, portfolio.day, issues))
    found = [*_by_the_hour(past, pricer, MoneyBasis.ACTUAL, date.min)]
    found += _by_the_hour(coming, pricer, MoneyBasis.FORECAST, portfolio.day)
    spans = _spans(portfolio.logged, coming, pricer, portfolio.day)
    end = until or max((one.week + timedelta(days=7 - one.week.weekday()) for one in coming), default=portfolio.day)
    for work in works.values():
        if work.kind is not ContractKind.TIME:
            found += _by_terms(work, pricer, _due(work, portfolio.day, end, ends or {}, spans, issues, set(beyond)))
    lines = tuple(_rounded(found))
    chances = {name: _chance(work, issues) for name, work in works.items()}
    return MoneyPlan(portfolio.day, portfolio.currency, lines, chances, gathered([*issues, *pricer.issues]))


def _logged(
    portfolio: Portfolio, works: Mapping[str, PricedWork], issues: list[Issue]
) -> Iterator[tuple[WorkHours, date]]:
    for k, one in enumerate(portfolio.logged):
        where = f"logged[{k}]"
        if one.project_id not in works:
            issues.append(_unknown(where, one.project_id))
        elif not one.hours >= 0:
            issues.append(_negative(where, one.hours))
        elif one.day >= portfolio.day:
            advice = "Maybe the day is of another year: hours are logged once they are worked; not counted."
            issues.append(error("logged-ahead", where, one.day, advice))
        else:
            yield (
                WorkHours(one.project_id, one.day, one.hours, one.person_id, one.phase_id, billable=one.billable),
                one.day,
            )


def _planned(
    hours: Iterable[WorkHours], works: Mapping[str, PricedWork], today: date, issues: list[Issue]
) -> Iterator[WorkHours]:
    for k, one in enumerate(hours):
        where = f"hours[{k}]"
        sunday = one.week + timedelta(days=6 - one.week.weekday())
        if one.work_id not in works:
            issues.append(_unknown(where, one.work_id))
        elif not 0 <= one.hours < float("inf"):
            issues.append(_negative(where, one.hours))
        elif not 0 <= one.probability <= 1:
            issues.append(error("bad-probability", where, one.probability, "Maybe a share between 0 and 1."))
        elif sunday < today:
            advice = "Maybe the plan is of an earlier day: what is past is logged, not planned; not counted."
            issues.append(error("hours-in-past", where, one.week, advice))
        elif one.hours > 0:
            yield one


def _unknown(where: str, name: str) -> Issue:
    return error("unknown-work", where, name, "Maybe the project or deal was renamed or left out; not counted.")


def _negative(where: str, hours: float) -> Issue:
    return error("bad-hours", where, hours, "Maybe a correction: change the entry itself; not counted.")


def _by_the_hour(
    rows: Iterable[WorkHours | tuple[WorkHours, date]], pricer: Pricer, basis: MoneyBasis, since: date
) -> Iterator[_Exact]:
    """Yield what hours earn and cost, those of one kind, week and month together."""
    kept: dict[tuple[object, ...], _Exact] = {}
    for given in rows:
        one, days = (given[0], [given[1]]) if isinstance(given, tuple) else (given, pricer.days(given, since=since))
        work = pricer.works[one.work_id]
        pays = one.billable and work.kind is ContractKind.TIME
        week = one.week - timedelta(days=one.week.weekday())
        for month, some in _months(days):
            hours, shown = exact(one.hours), one.hours
            if len(some) < len(days):
                hours, shown = hours * Fraction(len(some), len(days)), shown * len(some) / len(days)
            revenue = _times(hours, pricer.charge(one, days=some)) if pays and hours else Fraction(0)
            cost = _times(hours, pricer.cost(one, days=some)) if hours else Fraction(0)
            key = (one.work_id, one.person_id, one.phase_id, one.role, week, month, one.probability)
            line = MoneyLine(
                one.work_id, work.customer_id, MoneySource.HOURS, basis, week, one.person_id, one.phase_id, one.role,
                shown, shown if one.billable else 0.0, probability=one.probability, month=month,
            )  # fmt: skip
            kept[key] = _together(kept[key], line, revenue, cost) if key in kept else _Exact(line, revenue, cost)
    yield from kept.values()


def _months(days: Sequence[date]) -> Iterator[tuple[date, list[date]]]:
    """Yield days by month."""
    for month, some in groupby(days, key=lambda day: day.replace(day=1)):
        yield month, list(some)


def _together(one: _Exact, line: MoneyLine, revenue: Price, cost: Price) -> _Exact:
    summed = replace(one.line, hours=one.line.hours + line.hours, billable=one.line.billable + line.billable)
    return _Exact(summed, _plus(one.revenue, revenue), _plus(one.cost, cost))


def _times(hours: Fraction, price: Price) -> Price:
    return price if isinstance(price, RateGap) else hours * price


def _plus(one: Price, other: Price) -> Price:
    if isinstance(one, RateGap):
        return one
    return other if isinstance(other, RateGap) else one + other


@dataclass(frozen=True, slots=True)
class _Spans:
    """First days with hours by work; last days by work and phase, of the past and of the plan."""

    first: Mapping[str, date]
    logged: Mapping[tuple[str, str], date]
    planned: Mapping[tuple[str, str], date]


def _spans(logged: Iterable[TimeEntry], coming: Iterable[WorkHours], pricer: Pricer, today: date) -> _Spans:
    first: dict[str, date] = {}
    past: dict[tuple[str, str], date] = {}
    plan: dict[tuple[str, str], date] = {}
    for entry in logged:
        if entry.day < today:
            first[entry.project_id] = min(first.get(entry.project_id, entry.day), entry.day)
            key = (entry.project_id, entry.phase_id)
            past[key] = max(past.get(key, entry.day), entry.day)
    for one in coming:
        days = pricer.days(one, since=today)
        first[one.work_id] = min(first.get(one.work_id, days[0]), days[0])
        key = (one.work_id, one.phase_id)
        plan[key] = max(plan.get(key, days[-1]), days[-1])
    return _Spans(first, past, plan)


def _due(
    work: PricedWork,
    today: date,
    end: date,
    ends: Mapping[tuple[str, str], date],
    spans: _Spans,
    issues: list[Issue],
    beyond: Collection[tuple[str, str]],
) -> Iterable[DueSum | None]:
    """Return what a fixed price or a retainer brings; None for a sum that is not known."""
    where = f"works[{work.work_id}]"
    if work.price_cents is None or work.price_cents < 0:
        if work.price_cents is None:  # of one below nought the check tells
            advice = "Maybe the price was not read: state it in minor units, of a month for a retainer."
            issues.append(error("no-price", where, "", advice))
        return [None]
    if work.kind is ContractKind.FIXED:
        return list(
            milestones(
                work, today=today, ends=ends, logged=spans.logged, planned=spans.planned, beyond=beyond, issues=issues
            )
        )
    first = work.first or spans.first.get(work.work_id)
    if first is None:
        advice = "Maybe state when it starts: a retainer without a first day earns nothing that can be dated."
        issues.append(error("no-start", where, "", advice))
        return [None]
    return list(retainer(work, first=first, until=work.until or max(end, today), today=today))


def _by_terms(work: PricedWork, pricer: Pricer, due: Iterable[DueSum | None]) -> Iterator[_Exact]:
    source = MoneySource.MILESTONE if work.kind is ContractKind.FIXED else MoneySource.RETAINER
    for one in due:
        if one is None:
            line = MoneyLine(work.work_id, work.customer_id, source, MoneyBasis.FORECAST, None)
            yield _Exact(line, RateGap.NO_RATE)
            continue
        week = None if one.day is None else one.day - timedelta(days=one.day.weekday())
        month = None if one.day is None else one.day.replace(day=1)
        line = MoneyLine(work.work_id, work.customer_id, source, one.basis, week, phase_id=one.phase_id, month=month)
        # Without a day of its own, at what the currency is worth when the sums are made.
        yield _Exact(line, _times(Fraction(one.cents), pricer.worth(one.day or pricer.today, work.currency)))


def _rounded(found: Iterable[_Exact]) -> Iterator[MoneyLine]:
    """Round by largest remainder within each project, basis and source; what is not known stays so."""
    groups: dict[tuple[str, MoneyBasis, MoneySource], list[_Exact]] = {}
    for one in found:
        groups.setdefault((one.line.work_id, one.line.basis, one.line.source), []).append(one)
    for some in groups.values():
        revenue = apportion([Fraction(0) if isinstance(one.revenue, RateGap) else one.revenue for one in some])
        cost = apportion([Fraction(0) if isinstance(one.cost, RateGap) else one.cost for one in some])
        for one, earned, spent in zip(some, revenue, cost, strict=True):
            yield replace(
                one.line,
                revenue_cents=None if isinstance(one.revenue, RateGap) else earned,
                cost_cents=None if isinstance(one.cost, RateGap) else spent,
            )


def _chance(work: PricedWork, issues: list[Issue]) -> float:
    if 0 <= work.probability <= 1:
        return work.probability
    advice = "Maybe percents: 60 % is 0.6; the nearest that can be is taken."
    issues.append(error("bad-probability", f"works[{work.work_id}].probability", work.probability, advice))
    return 1.0 if work.probability > 1 else 0.0
