"""Money by week or month on three bases side by side: only what is sold, each by its own probability, everything."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from troth.capacity.projects.money.plan import (
    EVERYTHING,
    SOLD,
    WEIGHTED,
    MoneyBasis,
    MoneyPlan,
    MoneyScenario,
    MoneySum,
)


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
    keys = (by,) if by else ()
    out = dict.fromkeys(left_out, 0.0)
    found: dict[tuple[date | None, MoneyBasis], list[MoneySum]] = {}
    for basis in (SOLD, WEIGHTED, EVERYTHING):
        for one in plan.sums(keys, scenario=MoneyScenario(basis.name, out, basis.tentative)):
            first = one.key[0] if one.key else None
            assert first is None or isinstance(first, date)
            found.setdefault((first, one.basis), []).append(one)
    rows = [MoneyPeriod(first, basis, *some) for (first, basis), some in found.items()]
    return tuple(sorted(rows, key=_order))


def _order(one: MoneyPeriod) -> tuple[date, bool]:
    return one.first or date.max, one.basis is MoneyBasis.FORECAST


def whole(rows: Sequence[MoneyPeriod], *, basis: MoneyBasis) -> MoneyPeriod | None:
    """Return the row of a basis; None if there is none."""
    return next((one for one in rows if one.basis is basis), None)


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
