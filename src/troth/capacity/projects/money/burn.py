"""How a budget burns: week by week, and what is told of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from troth.capacity.projects.money.plan import MoneyBasis


@dataclass(frozen=True, slots=True)
class BudgetWeek:
    """A week of a budget, in minor units: what came in it, and all until its end.

    Parameters
    ----------
    cents, running_cents : of a forecast not whole numbers.
    planned_cents : planned value by the end of the week; None without a baseline.
    """

    week: date
    basis: MoneyBasis
    hours: float
    cents: float
    running_cents: float
    planned_cents: float | None = None


@dataclass(frozen=True, slots=True)
class BudgetAlert:
    """That a budget is, or will be, used up.

    Parameters
    ----------
    code : ``"budget-passed"``, ``"budget-will-be-passed"`` or ``"budget-nearly-used"``.
    week : in which it is passed, or reaches the warning share; None where no pace is known.
    cents : by how much it will be passed at the end (below 0: what will be left).
    """

    code: str
    week: date | None
    cents: float
