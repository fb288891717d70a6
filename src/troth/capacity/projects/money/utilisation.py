"""Billable utilisation against targets, as the KPI `load.billable` defines it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import numpy as np
from numpy.typing import NDArray

from troth.capacity.projects.money._issues import error
from troth.capacity.projects.money.hours import WorkHours
from troth.capacity.projects.money.plan import MoneyBasis
from troth.capacity.projects.portfolio import Consultant, Portfolio
from troth.core.errors import InputError
from troth.kpi import Kpi, catalogue

#: As in the KPI: days a week's contract hours are spread over, from Monday on.
_WORKDAYS: Final = 5
_BY: Final = ("person_id", "role", "team")


@dataclass(frozen=True, slots=True)
class BillableShare:
    """The billable utilisation of a person, role or team over some days.

    Parameters
    ----------
    name : of the person, role or team; empty for all.
    basis : actual from hours logged, forecast from hours planned.
    billable, contract : hours; `value` is their ratio, None without contract hours.
    target : of its people who have one, weighed by their contract hours; None if nobody has.
    definition : of the KPI, with its version.
    """

    name: str
    basis: MoneyBasis
    billable: float
    contract: float
    target: float | None
    definition: str

    @property
    def value(self) -> float | None:
        """Billable hours over contract hours."""
        return self.billable / self.contract if self.contract else None

    @property
    def short(self) -> float | None:
        """Billable hours that are missing to the target; below 0 there are more than it asks."""
        return None if self.target is None else self.target * self.contract - self.billable


def billable_kpi(*, gross: bool = False) -> Kpi:
    """Return the declaration of the KPI whose definition holds here.

    Examples
    --------
    >>> billable_kpi().name, billable_kpi(gross=True).name
    ('load.billable', 'load.billable/gross')
    """
    name = "load.billable/gross" if gross else "load.billable"
    return next(one for one in catalogue().values() if one.name == name)


def billable_utilisation(
    portfolio: Portfolio,
    *,
    first: date,
    until: date,
    by: str = "person_id",
    hours: Sequence[WorkHours] = (),
    basis: MoneyBasis = MoneyBasis.ACTUAL,
    gross: bool = False,
) -> list[BillableShare]:
    """Return billable hours over contract hours, by person, role or team.

    The definition is the KPI's: a fifth of the week's contract hours on each day from Monday to Friday, but for days of
    leave and holidays of the contract's country (`gross`: these among them), against hours logged as billable.
    Placeholders are nobody. Of the past, as in the KPI, only people who ever logged time count.

    Parameters
    ----------
    first, until : the first day, and the day after the last; days from the portfolio's on are left out of what is actual,
        days before it out of a forecast.
    by : ``"person_id"``, ``"role"``, ``"team"``, or ``""`` for all together.
    hours : planned ones, for a forecast, weighed by their probability; of weeks that lie partly outside, the share of
        their days from Monday to Friday that lie inside. That a project or deal happens
        is not weighed: leave out what is not to count.
    basis : what is asked for.

    Raises
    ------
    InputError
        For another `by`, or days in the wrong order.

    Examples
    --------
    >>> from datetime import date
    >>> from troth.capacity.projects.portfolio import Consultant, ContractTerms, Portfolio, TimeEntry
    >>> ada = Consultant("ada", (ContractTerms(date(2026, 1, 1)),), target=0.8)
    >>> logged = tuple(TimeEntry("apollo", "ada", date(2026, 6, day), 6.0) for day in range(1, 6))
    >>> week = Portfolio(date(2026, 6, 8), (ada,), logged=logged)
    >>> [(one.value, one.short) for one in billable_utilisation(week, first=date(2026, 6, 1), until=date(2026, 6, 8))]
    [(0.75, 2.0)]
    """
    if by not in ("", *_BY):
        raise InputError([error("unknown-key", "by", by, f"Maybe one of {', '.join(_BY)}.")])
    if until < first:
        raise InputError([error("bad-span", "first to until", f"{first} to {until}", "Maybe the two are swapped.")])
    past = basis is MoneyBasis.ACTUAL
    first, until = (first, min(until, portfolio.day)) if past else (max(first, portfolio.day), until)
    contract = contract_hours(portfolio, first=first, until=until, gross=gross).sum(axis=1)
    sold = _logged(portfolio, first, until) if past else _coming(hours, first, until, portfolio.day)
    loggers = {one.person_id for one in portfolio.logged}
    kpi = billable_kpi(gross=gross)
    groups: dict[str, list[tuple[Consultant, float]]] = {}
    for who, some in zip(portfolio.people, contract.tolist(), strict=True):
        if not who.placeholder and (not past or who.person_id in loggers):
            groups.setdefault(getattr(who, by) if by else "", []).append((who, some))
    return [_share(name, basis, some, sold, kpi) for name, some in groups.items()]


def contract_hours(portfolio: Portfolio, *, first: date, until: date, gross: bool = False) -> NDArray[np.float64]:
    """Return the contract hours of each person on each day as the KPI counts them, shape (P, D)."""
    days = [first + timedelta(days=k) for k in range(max((until - first).days, 0))]
    out = np.zeros((len(portfolio.people), len(days)))
    for row, who in zip(out, portfolio.people, strict=True):
        for k, day in enumerate(days):
            terms = who.terms_on(day) if day.weekday() < _WORKDAYS else None
            if terms is not None and (gross or not _off(portfolio, who, terms.country, day)):
                row[k] = sum(terms.hours) / _WORKDAYS
    return out


def _off(portfolio: Portfolio, who: Consultant, country: str, day: date) -> bool:
    away = any(one.first <= day < one.until for one in who.leave)
    return away or day in portfolio.holidays.get(country, ())


def _logged(portfolio: Portfolio, first: date, until: date) -> dict[str, float]:
    out: dict[str, float] = {}
    for one in portfolio.logged:
        if one.billable and one.hours > 0 and first <= one.day < until:
            out[one.person_id] = out.get(one.person_id, 0.0) + one.hours
    return out


def _coming(hours: Iterable[WorkHours], first: date, until: date, today: date) -> dict[str, float]:
    """Return billable hours planned by person; a week's lie evenly on its days from Monday to Friday that are not past."""
    out: dict[str, float] = {}
    for one in hours:
        if not one.billable:
            continue
        monday = one.week - timedelta(days=one.week.weekday())
        week = [day for k in range(7) if (day := monday + timedelta(days=k)) >= today]
        days = [day for day in week if day.weekday() < _WORKDAYS] or week
        inside = sum(first <= day < until for day in days)
        if inside:
            out[one.person_id] = out.get(one.person_id, 0.0) + one.hours * one.probability * inside / len(days)
    return out


def _share(
    name: str, basis: MoneyBasis, some: Sequence[tuple[Consultant, float]], sold: dict[str, float], kpi: Kpi
) -> BillableShare:
    aims = [(who.target, hours) for who, hours in some if who.target is not None]
    weight = sum(hours for _, hours in aims)
    target = sum(aim * hours for aim, hours in aims) / weight if weight else None
    billable = sum(sold.get(who.person_id, 0.0) for who, _ in some)
    return BillableShare(name, basis, billable, sum(hours for _, hours in some), target, kpi.definition)
