"""Money of sampled futures: arrays of hours, ends of phases and runs of retainers become revenue and cost by week."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from fractions import Fraction

import numpy as np
from numpy.typing import ArrayLike, NDArray

from troth.capacity.projects.money._issues import error, gathered
from troth.capacity.projects.money._prices import Price, Pricer
from troth.capacity.projects.money._terms import milestone_shares, retainer
from troth.capacity.projects.money.answers import RateGap
from troth.capacity.projects.money.cents import apportion
from troth.capacity.projects.money.fan import LEVELS, MoneyFan, fan
from troth.capacity.projects.money.hours import WorkHours
from troth.capacity.projects.money.works import PricedWork, works_of
from troth.capacity.projects.portfolio import ContractKind, Portfolio
from troth.core.decision import Issue
from troth.core.errors import InputError

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class PricedRows:
    """What an hour of each row is charged at and costs in each week, in minor units of the house's currency.

    Parameters
    ----------
    weeks : shape (W,): Mondays.
    charge, cost : shape (L, W); NaN where a rate is missing. Hours that earn nothing by the hour (of a fixed price or a
        retainer, or not billable) are charged at 0.
    issues : what is missing.
    """

    weeks: tuple[date, ...]
    charge: Floats
    cost: Floats
    issues: tuple[Issue, ...] = ()


@dataclass(frozen=True, slots=True)
class MoneyFutures:
    """Revenue and cost of each future in each week, in minor units of the house's currency, not rounded.

    Parameters
    ----------
    weeks : shape (W,): Mondays.
    revenue, cost : shape (F, W); NaN in weeks of futures in which hours are worked or sums earned that have no rate.
    issues : what is missing.
    """

    weeks: tuple[date, ...]
    revenue: Floats
    cost: Floats
    currency: str
    issues: tuple[Issue, ...] = field(default=())

    @property
    def margin(self) -> Floats:
        """Revenue less cost, shape (F, W)."""
        return self.revenue - self.cost

    def fan(self, what: str = "revenue", *, levels: Sequence[float] = LEVELS) -> MoneyFan:
        """Return the quantiles of ``"revenue"``, ``"cost"`` or ``"margin"``."""
        values = {"revenue": self.revenue, "cost": self.cost, "margin": self.margin}[what]
        return fan(values, weeks=self.weeks, levels=levels, what=what, currency=self.currency)

    def __add__(self, other: MoneyFutures) -> MoneyFutures:
        """Return both together: futures may be fed piece by piece, as long as row f is the same future in each."""
        if (self.weeks, self.currency, self.revenue.shape) != (other.weeks, other.currency, other.revenue.shape):
            raise ValueError("Only futures of the same weeks, currency and number can be added.")
        issues = gathered([*self.issues, *other.issues])
        return replace(self, revenue=self.revenue + other.revenue, cost=self.cost + other.cost, issues=issues)


def priced_rows(portfolio: Portfolio, *, rows: Sequence[WorkHours], weeks: Sequence[date]) -> PricedRows:
    """Return what the hours of each row are worth in each week.

    For who samples futures and has no room for hours by row: sum hours of rows with equal prices first.

    Parameters
    ----------
    rows : shape (L,): what each row of hours is; week and hours of them are not read.
    weeks : shape (W,): a day of each week; weeks wholly before the portfolio's day have a price, too.

    Raises
    ------
    InputError
        For rows of a project or deal that is not in the portfolio.
    """
    pricer, mondays = _pricer(portfolio, [one.work_id for one in rows]), _mondays(weeks)
    charge, cost = np.zeros((len(rows), len(mondays))), np.zeros((len(rows), len(mondays)))
    for k, row in enumerate(rows):
        pays = row.billable and pricer.works[row.work_id].kind is ContractKind.TIME
        for place, week in enumerate(mondays):
            one = replace(row, week=week)
            since = portfolio.day if week + timedelta(days=7) > portfolio.day else date.min
            days = pricer.days(one, since=since)
            charge[k, place] = _cents(pricer.charge(one, days=days)) if pays else 0.0
            cost[k, place] = _cents(pricer.cost(one, days=days))
    return PricedRows(tuple(mondays), charge, cost, gathered(pricer.issues))


def futures_by_hours(
    portfolio: Portfolio, *, rows: Sequence[WorkHours], weeks: Sequence[date], hours: ArrayLike
) -> MoneyFutures:
    """Return what hours earn and cost in each future.

    Parameters
    ----------
    rows : shape (L,): project or deal, person, phase, role of each row; week, hours and probability are not read, for a
        future in which a deal is lost has no hours of it.
    weeks : shape (W,): a day of each week.
    hours : shape (F, L, W).

    Raises
    ------
    InputError
        For rows of an unknown project or deal.
    ValueError
        If shapes do not fit.

    Examples
    --------
    >>> from datetime import date
    >>> from troth.capacity.projects.portfolio import ChargeRate, Consultant, ContractTerms, Portfolio, Project
    >>> ada = Consultant("ada", (ContractTerms(date(2026, 1, 1), cost_cents=6_000),))
    >>> firm = Portfolio(date(2026, 6, 1), (ada,), (Project("apollo", ()),), rates=(ChargeRate(10_000),))
    >>> row, week = WorkHours("apollo", date(2026, 6, 1), 0.0, "ada"), [date(2026, 6, 1)]
    >>> found = futures_by_hours(firm, rows=[row], weeks=week, hours=[[[10.0]], [[0.0]]])
    >>> found.revenue.tolist(), found.margin.tolist()
    ([[100000.0], [0.0]], [[40000.0], [0.0]])
    """
    array = np.asarray(hours, dtype=np.float64)
    if array.ndim != 3 or array.shape[1:] != (len(rows), len(weeks)):
        raise ValueError(f"Hours must be of shape (F, {len(rows)}, {len(weeks)}), not {array.shape}.")
    prices = priced_rows(portfolio, rows=rows, weeks=weeks)
    revenue, cost = _priced(array, prices.charge), _priced(array, prices.cost)
    return MoneyFutures(prices.weeks, revenue, cost, portfolio.currency, prices.issues)


def futures_by_milestones(
    portfolio: Portfolio,
    *,
    phases: Sequence[tuple[str, str]],
    weeks: Sequence[date],
    ends: ArrayLike,
    sizes: ArrayLike | None = None,
) -> MoneyFutures:
    """Return what the ends of phases earn of fixed prices in each future.

    Parameters
    ----------
    phases : shape (K,): project or deal, and phase; those that are not of a fixed price earn nothing.
    weeks : shape (W,): a day of each week.
    ends : shape (F, K), whole numbers: the place of the week in which the phase ends; below 0 or from W on for one that
        ends at no time within the weeks (lost, done before, or later).
    sizes : shape (F, K): what the end earns in the future, relative to its share of the stated price; None for 1 in all.

    Raises
    ------
    InputError
        For a project or deal that is unknown, a phase it does not have, or a fixed price that is not stated.
    ValueError
        If shapes do not fit.
    """
    places = np.asarray(ends)
    if places.ndim != 2 or places.shape[1] != len(phases) or not np.issubdtype(places.dtype, np.integer):
        raise ValueError(
            f"Ends must be whole numbers of shape (F, {len(phases)}), not {places.dtype} of {places.shape}."
        )
    factor = _sizes(sizes, places.shape)
    pricer, mondays = _pricer(portfolio, [work for work, _ in phases]), _mondays(weeks)
    issues: list[Issue] = []
    revenue = np.zeros((len(places), len(mondays)))
    parts = {name: _parts(pricer.works[name], issues) for name in dict.fromkeys(name for name, _ in phases)}
    every = np.arange(len(places))
    for k, (name, phase) in enumerate(phases):
        if phase not in parts[name]:
            advice = "Maybe the phase was renamed or left out."
            issues.append(error("unknown-phase", f"works[{name}].phases[{phase}]", phase, advice))
            continue
        here = np.flatnonzero((places[:, k] >= 0) & (places[:, k] < len(mondays)))
        if not len(here) or not parts[name][phase]:
            continue
        worth = [_cents(pricer.worth(week + timedelta(days=4), pricer.works[name].currency)) for week in mondays]
        earned = parts[name][phase] * np.asarray(worth)[places[here, k]]
        revenue[every[here], places[here, k]] += earned * factor[here, k]
    _no_errors(issues)
    told = gathered([*issues, *pricer.issues])
    return MoneyFutures(tuple(mondays), revenue, np.zeros_like(revenue), portfolio.currency, told)


def futures_by_retainers(
    portfolio: Portfolio,
    *,
    works: Sequence[str],
    weeks: Sequence[date],
    first: ArrayLike,
    until: ArrayLike,
    sizes: ArrayLike | None = None,
) -> MoneyFutures:
    """Return what retainers earn in each future.

    Parameters
    ----------
    works : shape (R,): projects or deals that are retainers.
    weeks : shape (W,): a day of each week, in the order of time; what a fee earns in weeks between that are left out is left out.
    first, until : shape (F, R), whole numbers: places of the first week it runs in, and of the week after the last; equal
        for one that does not come.
    sizes : shape (F, R): the fee in the future, relative to the stated one; None for 1 in all.

    Raises
    ------
    InputError
        For a project or deal that is unknown, no retainer, or without a price.
    ValueError
        If shapes do not fit.
    """
    begin, end = np.asarray(first), np.asarray(until)
    if begin.shape != end.shape or begin.ndim != 2 or begin.shape[1] != len(works):
        raise ValueError(f"First and until must be of shape (F, {len(works)}), not {begin.shape} and {end.shape}.")
    factor = _sizes(sizes, begin.shape)
    pricer, mondays = _pricer(portfolio, works), _mondays(weeks)
    _no_errors([one for name in works for one in _no_retainer(pricer.works[name])])
    place = {week: k for k, week in enumerate(mondays)}
    revenue = np.zeros((len(begin), len(mondays)))
    now = np.arange(len(mondays))
    for r, name in enumerate(works):
        work, fee = pricer.works[name], np.zeros(len(mondays))
        for one in retainer(work, first=mondays[0], until=mondays[-1] + timedelta(days=7), today=date.min):
            if one.day is not None:
                monday = one.day - timedelta(days=one.day.weekday())
                if monday in place:
                    fee[place[monday]] += one.cents * _cents(pricer.worth(one.day, work.currency))
        runs = (begin[:, [r]] <= now) & (now < end[:, [r]])
        revenue += np.where(runs, fee, 0.0) * factor[:, [r]]
    return MoneyFutures(tuple(mondays), revenue, np.zeros_like(revenue), portfolio.currency, gathered(pricer.issues))


def _sizes(sizes: ArrayLike | None, shape: tuple[int, ...]) -> Floats:
    factor = np.ones(shape) if sizes is None else np.asarray(sizes, dtype=np.float64)
    if factor.shape != shape:
        raise ValueError(f"Sizes must be of shape {shape}, not {factor.shape}.")
    return factor


def _pricer(portfolio: Portfolio, names: Sequence[str]) -> Pricer:
    works = works_of(portfolio)
    advice = "Maybe the project or deal was renamed or left out."
    _no_errors(
        [error("unknown-work", f"works[{name}]", name, advice) for name in dict.fromkeys(names) if name not in works]
    )
    return Pricer(portfolio, works)


def _no_errors(issues: list[Issue]) -> None:
    bad = [one for one in issues if one.severity == "error"]
    if bad:
        raise InputError(bad)


def _mondays(weeks: Sequence[date]) -> list[date]:
    return [day - timedelta(days=day.weekday()) for day in weeks]


def _cents(price: Price) -> float:
    return float("nan") if isinstance(price, RateGap) else float(price)


def _priced(hours: Floats, price: Floats) -> Floats:
    """Return hours times price summed over rows; what is not known is only felt where there are hours."""
    known = np.isfinite(price)
    out = np.einsum("flw,lw->fw", hours, np.where(known, price, 0.0))
    if not known.all():
        dark = np.einsum("flw,lw->fw", (hours != 0).astype(np.float64), (~known).astype(np.float64)) > 0
        out = np.where(dark, np.nan, out)
    return np.asarray(out, dtype=np.float64)


def _parts(work: PricedWork, issues: list[Issue]) -> dict[str, int]:
    """Return what each phase's end earns in minor units of the work's currency; nothing but of a fixed price."""
    if work.kind is not ContractKind.FIXED:
        return dict.fromkeys((phase.phase_id for phase in work.phases), 0)
    if work.price_cents is None or work.price_cents < 0:
        issues.append(error("no-price", f"works[{work.work_id}]", work.price_cents, "Maybe the price was not read."))
        return {}
    shares = milestone_shares(work, issues=issues)
    whole = apportion(
        [work.price_cents * share for share in [*shares, 1 - sum(shares, Fraction(0))]], whole=work.price_cents
    )
    return {phase.phase_id: cents for phase, cents in zip(work.phases, whole, strict=False)}


def _no_retainer(work: PricedWork) -> list[Issue]:
    where = f"works[{work.work_id}]"
    if work.kind is not ContractKind.RETAINER:
        return [error("no-retainer", where, work.kind, "Maybe its money comes by the hour or by milestones.")]
    if work.price_cents is None or work.price_cents < 0:
        return [error("no-price", where, work.price_cents, "Maybe the fee of a month was not read.")]
    return []
