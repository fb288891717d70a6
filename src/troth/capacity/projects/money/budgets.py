"""Budgets of all projects that have one, the worst first."""

from __future__ import annotations

from collections.abc import Mapping

from troth.capacity.projects.money._issues import gathered
from troth.capacity.projects.money.budget import ProjectBudget, budget_of
from troth.capacity.projects.money.plan import MoneyPlan
from troth.capacity.projects.portfolio import Portfolio
from troth.core.decision import Issue
from troth.core.errors import InputError


def budgets_of(
    portfolio: Portfolio, *, plan: MoneyPlan, ratios: Mapping[str, float] | None = None
) -> tuple[tuple[ProjectBudget, ...], tuple[Issue, ...]]:
    """Return how the budget of each project fares that states one, and why some cannot be told.

    Those that are passed come first, then those that will be, then those nearly used; of alike ones the most passed.

    Parameters
    ----------
    plan, ratios : as `budget_of` takes them.

    Examples
    --------
    >>> from datetime import date
    >>> from troth.capacity.projects.money import phased
    >>> from troth.capacity.projects.portfolio import Portfolio, Project
    >>> firm = Portfolio(date(2026, 6, 1), projects=(Project("apollo", (), budget_cents=100_000), Project("other", ())))
    >>> [one.work_id for one in budgets_of(firm, plan=phased(firm))[0]]
    ['apollo']
    """
    found: list[ProjectBudget] = []
    issues: list[Issue] = []
    for one in portfolio.projects:
        if one.budget_cents is None:
            continue
        try:
            made = budget_of(portfolio, work_id=one.project_id, plan=plan, ratios=ratios)
        except InputError as wrong:
            issues += wrong.issues
        else:
            found.append(made)
            issues += made.issues
    return tuple(sorted(found, key=_worst)), gathered(issues)


_ALERTS = ("budget-passed", "budget-will-be-passed", "budget-nearly-used")


def _worst(one: ProjectBudget) -> tuple[int, float]:
    """Return the place of a budget among others."""
    place = _ALERTS.index(one.alerts[0].code) if one.alerts else len(_ALERTS)
    return place, one.vac_cents
