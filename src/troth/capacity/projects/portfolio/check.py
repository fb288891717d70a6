"""Everything wrong with a portfolio, at once."""

from __future__ import annotations

from troth.capacity.projects.portfolio._check_money import amounts, money
from troth.capacity.projects.portfolio._check_people import people
from troth.capacity.projects.portfolio._check_sheets import sheets
from troth.capacity.projects.portfolio._check_use import bookings, changes, standing
from troth.capacity.projects.portfolio._check_work import unheld, work
from troth.capacity.projects.portfolio._tell import age
from troth.capacity.projects.portfolio.portfolio import Portfolio
from troth.core.decision import Issue


def check(portfolio: Portfolio) -> list[Issue]:
    """Return every issue of a portfolio: errors must be mended before anything is planned, warnings are doubtful.

    Nothing is left out and nothing is mended: what is told is still there. Alike rows of time sheets and claims, and needs of
    one skill, are told once with how many there are.

    Examples
    --------
    >>> from datetime import date
    >>> from troth.capacity.projects.portfolio import Deal, ProjectPhase, SkillNeed
    >>> deal = Deal("d1", (ProjectPhase("build", (SkillNeed("data", 40.0),)),), 1.2, date(2026, 9, 1))
    >>> for one in check(Portfolio(date(2026, 6, 1), deals=(deal,))):
    ...     print(one)
    bad-probability at deals[d1].probability: '1.2'. Maybe it is a percentage: it is a number from 0 to 1, 0.8 for 80 %.
    skill-nobody-holds at deals[d1].phases[build]: 'data from 2026-09-01'. Maybe hire, train or subcontract: nobody has it from then on.
    """
    parts = (people, work, unheld, bookings, changes, standing, sheets, money)
    return [*age(portfolio.day, where="day"), *(one for part in parts for one in part(portfolio))]


def check_bookings(portfolio: Portfolio) -> list[Issue]:
    """Return every issue of a portfolio's bookings: those of `check` that are about them.

    Examples
    --------
    >>> from datetime import date
    >>> from troth.capacity.projects.portfolio import ProjectBooking
    >>> june = ProjectBooking("b1", "mill", date(2026, 6, 8), date(2026, 6, 1), 8.0, "ada")
    >>> [one.code for one in check_bookings(Portfolio(date(2026, 6, 1), bookings=(june,)))]
    ['empty-span', 'unknown-project', 'unknown-person']
    """
    return list(bookings(portfolio))


def check_money(portfolio: Portfolio) -> list[Issue]:
    """Return every issue of rates, exchange rates, costs, prices and budgets: those of `check` that are about them.

    Examples
    --------
    >>> from datetime import date
    >>> from troth.capacity.projects.portfolio import ChargeRate
    >>> bad = Portfolio(date(2026, 6, 1), rates=(ChargeRate(-5), ChargeRate(9_000, "USD")))
    >>> [one.code for one in check_money(bad)]
    ['no-exchange-rate', 'negative-number']
    """
    return [*money(portfolio), *amounts(portfolio)]
