"""Money by week and month on three bases: parts sum to the whole, months are exact, what has no date comes last."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import pytest
from hypothesis import given, settings

from tests.capacity.projects.money.firms import DAY, firm, firms, logged, phase, week
from troth.capacity.projects.money import (
    EVERYTHING,
    SOLD,
    WEIGHTED,
    MoneyBasis,
    MoneyPeriod,
    WorkHours,
    budgets_of,
    periods,
    phased,
)
from troth.capacity.projects.money.periods import flat
from troth.capacity.projects.portfolio import ChargeRate, ContractKind, Portfolio, Project
from troth.core.errors import InputError


@given(firms())
@settings(max_examples=20, deadline=None)
def test_weeks_and_months_sum_to_the_whole(case: tuple[Portfolio, list[WorkHours]]) -> None:
    """On each basis, for what has been and what is to come, however time is cut."""
    portfolio, hours = case
    plan = phased(portfolio, hours=hours)
    for basis in MoneyBasis:
        for name, scenario in (("sold", SOLD), ("weighted", WEIGHTED), ("everything", EVERYTHING)):
            whole = plan.total(basis, scenario=scenario)
            for by in ("week", "month", ""):
                some = [getattr(one, name) for one in periods(plan, by=by) if one.basis is basis]
                assert sum(one.revenue_known_cents for one in some) == whole.revenue_known_cents
                assert sum(one.cost_known_cents for one in some) == whole.cost_known_cents
                assert sum(one.hours for one in some) == pytest.approx(whole.hours)


def _told(rows: Sequence[MoneyPeriod]) -> list[tuple[str, int | None, int | None]]:
    return [
        (f"{one.first:%m-%d}" if one.first else "later", one.weighted.revenue_cents, one.weighted.cost_cents)
        for one in rows
    ]


def test_a_week_in_two_months_is_shared_by_days() -> None:
    """Ten hours from Monday the 29th of June on: two days of June, three of July; a new rate counts from the first on."""
    rates = (ChargeRate(10_000), ChargeRate(20_000, first=date(2026, 7, 1)))
    plan = phased(firm(rates=rates), hours=[WorkHours("apollo", date(2026, 6, 29), 10.0, "ada")])
    assert _told(periods(plan)) == [("06-01", 40_000, 20_000), ("07-01", 120_000, 30_000)]
    assert _told(periods(plan, by="week")) == [("06-29", 160_000, 50_000)]


def test_a_month_of_a_retainer_earns_its_fee() -> None:
    """Whatever weeks it is cut into."""
    kept = Project("care", (), kind=ContractKind.RETAINER, price_cents=100_000, started=date(2026, 6, 1))
    plan = phased(firm(projects=(kept,)), until=date(2026, 9, 1))
    months: dict[date | None, int] = {}
    for one in periods(plan):
        months[one.first] = months.get(one.first, 0) + (one.sold.revenue_cents or 0)
    assert months == {date(2026, k, 1): 100_000 for k in (6, 7, 8)}


def test_what_ends_after_the_plan_comes_later_and_is_no_issue() -> None:
    """Its share of the price has no date; a phase that ends in the plan has one."""
    fixed = Project("apollo", (phase("a", 10), phase("b", 30)), kind=ContractKind.FIXED, price_cents=400_000)
    hours = [WorkHours("apollo", week(1), 10.0, "ada", "a"), WorkHours("apollo", week(2), 5.0, "ada", "b")]
    plan = phased(firm(projects=(fixed,)), hours=hours, beyond=[("apollo", "b")])
    rows = periods(plan, by="week")
    assert [(one.first, one.sold.revenue_cents) for one in rows] == [(week(1), 100_000), (week(2), 0), (None, 300_000)]
    assert plan.issues == ()
    told = phased(firm(projects=(fixed,)), hours=hours[:1])
    assert [one.code for one in told.issues] == ["milestone-without-day"]


def test_what_is_left_out_comes_on_no_basis() -> None:
    """A project that is not planned brings nothing even if all comes; one that is unknown is refused."""
    maybe = Project("apollo", (), probability=0.5)
    plan = phased(firm(projects=(maybe,)), hours=[WorkHours("apollo", week(1), 10.0, "ada")])
    (row,) = periods(plan)
    assert (row.sold.revenue_cents, row.weighted.revenue_cents, row.everything.revenue_cents) == (0, 50_000, 100_000)
    (row,) = periods(plan, left_out=["apollo"])
    assert row.everything.revenue_cents == row.weighted.revenue_cents == 0
    with pytest.raises(InputError, match="unknown-work"):
        periods(plan, left_out=["gemini"])
    with pytest.raises(InputError, match="unknown-key"):
        periods(plan, by="year")


def test_flat_rows_have_a_column_for_each_basis() -> None:
    """As a table of columns has them: amounts in minor units, what is not known empty."""
    plan = phased(firm(rates=()), hours=[WorkHours("apollo", week(1), 10.0, "ada")])
    (row,) = flat(periods(plan), by="month", currency="EUR")
    assert (row["by"], row["first"], row["basis"], row["currency"]) == ("month", "2026-06-01", "forecast", "EUR")
    assert (row["sold_revenue_cents"], row["weighted_cost_cents"], row["everything_margin"]) == (None, 50_000, None)


def test_budgets_are_told_the_worst_first_and_gaps_beside_them() -> None:
    """One passed, one that will be, one that holds; one in another currency cannot be told; others have none."""
    works = {"over": 10_000, "soon": 150_000, "fine": 10_000_000}
    projects = [Project(name, (phase("a", 20),), budget_cents=cents) for name, cents in works.items()]
    projects += [Project("abroad", (), budget_cents=5, currency="USD"), Project("none", ())]
    entries = tuple(logged(date(2026, 5, 27), 2.0, project_id=name, phase_id="a") for name in works)
    portfolio = firm(projects=tuple(reversed(projects)), logged=entries)
    found, issues = budgets_of(portfolio, plan=phased(portfolio))
    assert [(one.work_id, one.alerts[0].code if one.alerts else "") for one in found] == [
        ("over", "budget-passed"), ("soon", "budget-will-be-passed"), ("fine", ""),
    ]  # fmt: skip
    assert [one.code for one in issues] == ["budget-in-other-currency"]
    assert portfolio.day == DAY
