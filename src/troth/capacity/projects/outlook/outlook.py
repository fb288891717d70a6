"""What a plan of who does what comes to: money by week and month, budgets, billable hours by team, promises missed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from typing import Any

from troth.capacity.projects.allocation import AllocationPlan
from troth.capacity.projects.allocation.plan import keeps
from troth.capacity.projects.money import (
    BillableShare,
    MoneyBasis,
    MoneyPeriod,
    MoneyPlan,
    MoneySum,
    ProjectBudget,
    WorkHours,
    billable_utilisation,
    booked_hours,
    budgets_of,
    phased,
)
from troth.capacity.projects.money.periods import all_periods, total
from troth.capacity.projects.outlook._course import MissedPromise, course_of, missed
from troth.capacity.projects.portfolio import Portfolio
from troth.core.decision import Issue


@dataclass(frozen=True, eq=False)
class ProjectsOutlook:
    """A plan of the hours of people, and what it comes to.

    Parameters
    ----------
    portfolio, plan : what is looked at.
    until : the day after the last of the plan.
    money : revenue and cost of what was logged and what is planned until then.
    left_out : projects and deals that are not probable enough to be planned; they bring nothing on any basis.
    budgets : of projects that have one, the worst first.
    teams : billable hours over contract hours from the portfolio's day on, by team, if all that is planned happens.
    missed : promised starts and finishes that the plan does not keep.
    issues : what is missing or was taken for granted.
    """

    portfolio: Portfolio
    plan: AllocationPlan
    until: date
    money: MoneyPlan
    left_out: tuple[str, ...]
    budgets: tuple[ProjectBudget, ...]
    teams: tuple[BillableShare, ...]
    missed: tuple[MissedPromise, ...]
    issues: tuple[Issue, ...]

    @property
    def undone(self) -> float:
        """Hours wanted in the weeks of the plan that nobody does."""
        return max(float(self.plan.problem.needs.hours.sum() - self.plan.served().sum()), 0.0)

    @property
    def priced(self) -> bool:
        """Whether anything is known of money: a rate, a price, a budget or a cost."""
        p = self.portfolio
        prices = [one.price_cents for one in p.projects] + [one.price_cents for one in p.deals]
        return bool(
            p.rates or self.budgets or any(one is not None for one in prices)
            or any(terms.cost_cents for who in p.people for terms in who.contracts)
        )  # fmt: skip

    def periods(self, by: str = "month") -> tuple[MoneyPeriod, ...]:
        """Return money by ``"month"`` or ``"week"``, or as a whole (``""``)."""
        return self._periods[by]

    @cached_property
    def _periods(self) -> dict[str, tuple[MoneyPeriod, ...]]:
        return all_periods(self.money, left_out=self.left_out)

    def ahead(self) -> MoneyPeriod | None:
        """Return the money that is to come until the last day; None if there is none."""
        return _ahead(self.periods("week"))

    def plot(self) -> Any:
        """Return revenue and cost by week as a `plotly.graph_objects.Figure`."""
        from troth.capacity.projects.outlook.plots import money_weeks

        return money_weeks(self.periods("week"), currency=self.money.currency)


def outlook(plan: AllocationPlan, *, portfolio: Portfolio) -> ProjectsOutlook:
    """Return what a plan of a portfolio comes to.

    Hours that earn and cost are those of the plan: hard bookings, requests without an answer, and what it proposes. Soft bookings are not
    counted, for the plan lays their hours anew. A phase ends in the last week with hours of it, if none are left then; of
    others the share of a fixed price has no date yet.

    Parameters
    ----------
    plan : made of the portfolio by `from_portfolio`.

    Examples
    --------
    >>> from datetime import date
    >>> from troth.capacity.projects.allocation import from_portfolio, solve
    >>> from troth.capacity.projects.portfolio import *
    >>> ada = Consultant("ada", (ContractTerms(date(2026, 1, 1), cost_cents=6_000),), (HeldSkill("design"),))
    >>> bank = Project("bank", (ProjectPhase("draw", (SkillNeed("design", 60.0),)),), earliest=date(2026, 6, 1))
    >>> firm = Portfolio(date(2026, 6, 1), (ada,), (bank,), rates=(ChargeRate(10_000),))
    >>> plan = solve(from_portfolio(firm, first=date(2026, 6, 1), until=date(2026, 6, 15)))
    >>> found = outlook(plan, portfolio=firm)
    >>> [(one.first.isoformat(), one.weighted.revenue_cents, one.weighted.cost_cents) for one in found.periods("week")]
    [('2026-06-01', 300000, 180000), ('2026-06-08', 300000, 180000)]
    """
    p = plan.problem
    until = p.end
    booked = tuple(one for one in portfolio.bookings if keeps(one))
    given = replace(portfolio, bookings=(*booked, *plan.bookings(taken={one.booking_id for one in booked})))
    hours, issues = booked_hours(given)
    hours = [_clipped(one, portfolio.day) for one in hours if one.week < until]
    course = course_of(plan, portfolio=portfolio, until=until)
    money = phased(portfolio, hours=hours, ends=course.ends, until=until, beyond=course.beyond)
    money = replace(money, lines=tuple(one for one in money.lines if one.week is None or one.week < until))
    works = [one.project_id for one in portfolio.projects] + [one.deal_id for one in portfolio.deals]
    known = set(p.projects)
    left_out = tuple(dict.fromkeys(name for name in works if name not in known))
    # Of what is left out nothing is planned, so nothing can be said of how its budget will fare.
    looked_at = replace(portfolio, projects=tuple(one for one in portfolio.projects if one.project_id in known))
    budgets, doubts = budgets_of(looked_at, plan=money)
    teams = billable_utilisation(
        portfolio, first=portfolio.day, until=until, by="team", hours=hours, basis=MoneyBasis.FORECAST
    )
    told = tuple(
        one
        for one in (*issues, *money.issues, *doubts)
        if one.code != "spread-taken-even" and not any(one.where.startswith(f"works[{name}]") for name in left_out)
    )
    return ProjectsOutlook(
        portfolio, plan, until, money, left_out, budgets, tuple(teams), missed(portfolio, course=course, planned=p.projects), told
    )  # fmt: skip


def _clipped(one: WorkHours, day: date) -> WorkHours:
    """Return hours with a week that is not before the portfolio's day."""
    return replace(one, week=max(one.week, day))


def _ahead(rows: tuple[MoneyPeriod, ...]) -> MoneyPeriod | None:
    """Return the sum of the forecast rows that have a date."""
    some = [one for one in rows if one.basis is MoneyBasis.FORECAST]
    dated = [one for one in some if one.first is not None]
    if not dated:
        return None
    # A sum that is not known may come in these weeks as well as later.
    some = dated + [_unknown(one) for one in some if one.first is None and one.everything.revenue_cents is None]
    return MoneyPeriod(
        None, MoneyBasis.FORECAST, total([one.sold for one in some]), total([one.weighted for one in some]),
        total([one.everything for one in some]),
    )  # fmt: skip


def _unknown(one: MoneyPeriod) -> MoneyPeriod:
    """Return what has no date and no price, without what is known of it."""

    def bare(part: MoneySum) -> MoneySum:
        return replace(
            part,
            hours=0.0,
            billable=0.0,
            revenue_cents=None if part.revenue_cents is None else 0,
            revenue_known_cents=0,
        )

    return MoneyPeriod(None, one.basis, bare(one.sold), bare(one.weighted), bare(one.everything))
