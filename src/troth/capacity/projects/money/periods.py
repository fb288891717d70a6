"""Money by week or month on three bases side by side: only what is sold, each by its own probability, everything."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from troth.capacity.projects.money._issues import error
from troth.capacity.projects.money.plan import (
    EVERYTHING,
    SOLD,
    WEIGHTED,
    MoneyBasis,
    MoneyPlan,
    MoneyScenario,
    MoneySum,
)
from troth.core.errors import InputError


@dataclass(frozen=True, slots=True)
class MoneyPeriod:
    """Money of a week, a month, or of the whole time.

    Parameters
    ----------
    first : the Monday, or the first of the month; None for what has no date, and for the whole time.
    basis : what has been and what is to come are apart, in a week that has both, too.
    sold, weighted, everything : sums if only what is sold comes, each by its own probability, and if all comes.
    """

    first: date | None
    basis: MoneyBasis
    sold: MoneySum
    weighted: MoneySum
    everything: MoneySum

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain data, amounts in minor units."""
        named = {"sold": self.sold, "weighted": self.weighted, "everything": self.everything}
        return {
            "first": None if self.first is None else self.first.isoformat(), "basis": str(self.basis),
            **{name: _plain(one) for name, one in named.items()},
        }  # fmt: skip


def periods(plan: MoneyPlan, *, by: str = "month", left_out: Collection[str] = ()) -> tuple[MoneyPeriod, ...]:
    """Return the money of a plan by week or month, in order; what has no date comes last.

    Parameters
    ----------
    by : ``"month"``, ``"week"``, or ``""`` for the whole time.
    left_out : projects and deals that are not to come on any basis.

    Raises
    ------
    InputError
        For another `by`, or a project or deal that the plan does not have.

    Examples
    --------
    >>> from datetime import date
    >>> from troth.capacity.projects.money import WorkHours, phased
    >>> from troth.capacity.projects.portfolio import ChargeRate, Consultant, ContractTerms, Portfolio, Project
    >>> ada = Consultant("ada", (ContractTerms(date(2026, 1, 1), cost_cents=6_000),))
    >>> maybe = Project("apollo", (), probability=0.5)
    >>> firm = Portfolio(date(2026, 6, 29), (ada,), (maybe,), rates=(ChargeRate(10_000),))
    >>> plan = phased(firm, hours=[WorkHours("apollo", date(2026, 6, 29), 20.0, "ada")])
    >>> [(one.first.isoformat(), one.weighted.revenue_cents, one.everything.revenue_cents) for one in periods(plan)]
    [('2026-06-01', 40000, 80000), ('2026-07-01', 60000, 120000)]
    """
    if by not in ("", "week", "month"):
        raise InputError([error("unknown-key", "by", by, "Maybe week or month.")])
    return all_periods(plan, left_out=left_out)[by]


def all_periods(plan: MoneyPlan, *, left_out: Collection[str] = ()) -> dict[str, tuple[MoneyPeriod, ...]]:
    """Return the money of a plan by ``"week"``, by ``"month"`` and, under ``""``, as a whole; lines are weighed once for all."""
    out = dict.fromkeys(left_out, 0.0)
    cells: dict[tuple[date | None, date | None, MoneyBasis], list[MoneySum]] = {}
    for basis in (SOLD, WEIGHTED, EVERYTHING):
        for one in plan.sums(("week", "month"), scenario=MoneyScenario(basis.name, out, basis.tentative)):
            week, month = one.key
            assert week is None or isinstance(week, date)
            assert month is None or isinstance(month, date)
            cells.setdefault((week, month, one.basis), []).append(one)
    found: dict[str, tuple[MoneyPeriod, ...]] = {}
    for by in ("week", "month", ""):
        groups: dict[tuple[date | None, MoneyBasis], list[list[MoneySum]]] = {}
        for (week, month, kind), some in cells.items():
            groups.setdefault(({"week": week, "month": month}.get(by), kind), []).append(some)
        rows = [
            MoneyPeriod(first, kind, *(total(some) for some in zip(*parts, strict=True)))
            for (first, kind), parts in groups.items()
        ]
        found[by] = tuple(sorted(rows, key=_order))
    return found


def total(some: Sequence[MoneySum]) -> MoneySum:
    """Return the sum of sums of one basis; an amount is not known if one of them is not."""
    earned = [one.revenue_cents for one in some if one.revenue_cents is not None]
    spent = [one.cost_cents for one in some if one.cost_cents is not None]
    return MoneySum(
        (), some[0].basis, sum(one.hours for one in some), sum(one.billable for one in some),
        sum(earned) if len(earned) == len(some) else None, sum(spent) if len(spent) == len(some) else None,
        sum(one.revenue_known_cents for one in some), sum(one.cost_known_cents for one in some),
        sum(one.unpriced for one in some),
    )  # fmt: skip


def _order(one: MoneyPeriod) -> tuple[date, bool]:
    return one.first or date.max, one.basis is MoneyBasis.FORECAST


def _plain(one: MoneySum) -> dict[str, Any]:
    return {
        "hours": round(one.hours, 6), "billable_hours": round(one.billable, 6), "revenue_cents": one.revenue_cents,
        "cost_cents": one.cost_cents, "margin_cents": one.margin_cents, "margin": one.margin,
        "revenue_known_cents": one.revenue_known_cents, "cost_known_cents": one.cost_known_cents, "unpriced": one.unpriced,
    }  # fmt: skip


def flat(rows: Sequence[MoneyPeriod], *, by: str, currency: str) -> list[dict[str, Any]]:
    """Return rows without nesting, as a table of columns has them.

    Parameters
    ----------
    by : what a row is: ``"week"`` or ``"month"``.
    """
    return [
        {
            "by": by, "first": told["first"], "basis": told["basis"], "currency": currency,
            **{f"{name}_{key}": told[name][key] for name in ("sold", "weighted", "everything") for key in _COLUMNS},
        }
        for told in (one.as_dict() for one in rows)
    ]  # fmt: skip


_COLUMNS = ("hours", "revenue_cents", "cost_cents", "margin_cents", "margin")
