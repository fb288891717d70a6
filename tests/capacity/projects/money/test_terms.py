"""Fixed prices by milestone and retainers by month: sums reckoned by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from fractions import Fraction
from typing import Any

import pytest

from tests.capacity.projects.money.firms import MONDAY, firm, logged, phase, week
from troth.capacity.projects.money import MoneyBasis, MoneyPlan, MoneySource, WorkHours, phased
from troth.capacity.projects.money.cents import rounded
from troth.capacity.projects.portfolio import ContractKind, Portfolio, Project


def _sums(plan: MoneyPlan, *by: str, **more: Any) -> list[tuple[object, ...]]:
    return [(*one.key, str(one.basis), one.revenue_cents, one.cost_cents) for one in plan.sums(by, **more)]


def _codes(plan: MoneyPlan) -> list[str]:
    return [one.code for one in plan.issues]


# ---- fixed price ----------------------------------------------------------------------------------------------------


def _fixed(*phases: Any, price: int | None = 100_000, **more: Any) -> Project:
    return Project("apollo", phases, "acme", kind=ContractKind.FIXED, price_cents=price, **more)


def test_a_fixed_price_is_earned_at_the_ends_of_phases() -> None:
    """30 % stated, the rest by hours 1 : 3 of 700.00: 300.00 when the first was done, then 175.00 and 525.00."""
    parts = (phase("a", 50, share=0.3, done=True), phase("b", 10), phase("c", 30))
    known = firm(projects=(_fixed(*parts),), logged=(logged(date(2026, 5, 20), 40.0, phase_id="a"),))
    hours = [
        WorkHours("apollo", MONDAY, 4, "ada", "b"),
        WorkHours("apollo", week(2), 6, "ada", "b"),
        WorkHours("apollo", week(3), 30, "ada", "c"),
    ]
    plan = phased(known, hours=hours)
    earned = [
        (one.phase_id, str(one.basis), one.week, one.revenue_cents)
        for one in plan.lines
        if one.source is MoneySource.MILESTONE
    ]
    assert earned == [
        ("a", "actual", date(2026, 5, 18), 30_000), ("b", "forecast", week(2), 17_500), ("c", "forecast", week(3), 52_500),
    ]  # fmt: skip
    assert _sums(plan) == [("actual", 30_000, 200_000), ("forecast", 70_000, 200_000)]
    moved = phased(known, hours=hours, ends={("apollo", "b"): week(5)})
    assert [one.week for one in moved.lines if one.phase_id == "b" and one.source is MoneySource.MILESTONE] == [week(5)]


def test_shares_that_were_computed_are_the_whole() -> None:
    """Ten tenths as binary fractions are told neither as more than one nor as less, and sum to the price."""
    for many in (10, 7, 3):
        parts = [phase(f"p{k}", 1, share=1 / many) for k in range(many)]
        hours = [WorkHours("apollo", MONDAY, 1, "ada", one.phase_id) for one in parts]
        plan = phased(firm(projects=(_fixed(*parts),)), hours=hours)
        assert _codes(plan) == []
        assert sum(one.revenue_cents or 0 for one in plan.lines) == 100_000
    more = phased(firm(projects=(_fixed(phase("a", 1, share=0.6), phase("b", 1, share=0.401)),)), hours=[])
    assert "shares-beyond-one" in _codes(more)


def test_a_third_each_sums_to_the_price() -> None:
    """Three equal phases of 1.00: 34, 33 and 33 cents."""
    plan = phased(firm(projects=(_fixed(phase("a", 0), phase("b", 0), phase("c", 0), price=100),)))
    assert [one.revenue_cents for one in plan.lines] == [34, 33, 33]


def test_a_milestone_without_a_day_is_in_no_week_and_still_in_the_whole() -> None:
    """Its phase has no hours in the plan: the sum stands, the week is None, and an issue says so."""
    plan = phased(firm(projects=(_fixed(phase("a", 10)),)))
    assert _sums(plan, "week") == [(None, "forecast", 100_000, 0)]
    assert _codes(plan) == ["milestone-without-day"]


@pytest.mark.parametrize(
    ("phases", "code", "earned"),
    [
        ((phase("a", 1, share=0.8), phase("b", 3, share=0.7)), "shares-beyond-one", [25_000, 75_000]),
        ((phase("a", 1, share=-0.1), phase("b", 3)), "bad-share", [25_000, 75_000]),
        ((phase("a", 1, share=float("nan")), phase("b", 3)), "bad-share", [25_000, 75_000]),
        ((phase("a", 1, share=0.5), phase("b", 3, share=0.25)), "shares-below-one", [50_000, 25_000, 25_000]),
    ],
)
def test_shares_that_cannot_be_are_told_and_the_price_is_whole_still(phases: Any, code: str, earned: list[int]) -> None:
    """Shares by hours stand in where those stated cannot be; what is left over has no date."""
    plan = phased(firm(projects=(_fixed(*phases),)))
    assert code in _codes(plan)
    assert [one.revenue_cents for one in plan.lines] == earned


def test_ends_on_the_wrong_side_of_today_are_told() -> None:
    """What is done ended before today, what is not ends from today on."""
    parts = (phase("a", 1, done=True), phase("b", 1))
    plan = phased(firm(projects=(_fixed(*parts),)), ends={("apollo", "a"): week(1), ("apollo", "b"): week(-1)})
    assert sorted(_codes(plan)) == ["end-ahead", "end-past"]
    assert sum(one.revenue_cents or 0 for one in plan.lines) == 100_000


def test_a_price_that_is_not_stated_is_no_nought() -> None:
    """Revenue is unknown, and so is the margin; the cost is known."""
    plan = phased(
        firm(projects=(_fixed(phase("a", 1), price=None),)), hours=[WorkHours("apollo", MONDAY, 1.0, "ada", "a")]
    )
    found = plan.sums()[0]
    assert (found.revenue_cents, found.cost_cents, found.margin_cents, found.margin) == (None, 5_000, None, None)
    assert _codes(plan) == ["no-price"]


# ---- retainer -------------------------------------------------------------------------------------------------------


def _retainer(first: date | None, last: date | None, *, price: int | None = 300_000) -> Portfolio:
    kept = Project("apollo", (), "acme", kind=ContractKind.RETAINER, price_cents=price, earliest=first, deadline=last)
    return firm(projects=(kept,))


def test_a_month_earns_its_fee_day_by_day() -> None:
    """June at 3,000.00 is 100.00 a day: two days before Wednesday, five of that week after, and 7, 7, 7, 2 days."""
    plan = phased(_retainer(date(2026, 6, 1), date(2026, 6, 30)))
    assert _sums(plan, "week") == [
        (MONDAY, "actual", 20_000, 0), (MONDAY, "forecast", 50_000, 0), (week(1), "forecast", 70_000, 0),
        (week(2), "forecast", 70_000, 0), (week(3), "forecast", 70_000, 0), (week(4), "forecast", 20_000, 0),
    ]  # fmt: skip


def test_part_of_a_month_is_charged_by_its_days() -> None:
    """From the 11th of February: 18 of 28 days of 3,000.00, then the whole of March."""
    plan = phased(replace(_retainer(date(2026, 2, 11), date(2026, 3, 31)), day=date(2026, 1, 1)))
    assert sum(one.revenue_cents or 0 for one in plan.lines) == rounded(Fraction(300_000 * 18, 28)) + 300_000


def test_a_retainer_without_an_end_runs_to_the_end_of_the_plan() -> None:
    """It earns until the last week of hours, or the day that is asked for."""
    known = _retainer(date(2026, 6, 1), None)
    assert phased(known, until=date(2026, 8, 1)).total(MoneyBasis.FORECAST).revenue_cents == 580_000
    weeks = phased(known, hours=[WorkHours("apollo", week(1), 1.0, "ada")])
    assert weeks.total(MoneyBasis.FORECAST).revenue_cents == 120_000


def test_a_retainer_without_a_start_or_price_is_told() -> None:
    """What it brings is unknown, not nothing."""
    assert _codes(phased(_retainer(None, None))) == ["no-start"]
    assert _codes(phased(_retainer(MONDAY, None, price=-1))) == ["negative-number"]
    assert phased(_retainer(None, None)).total(MoneyBasis.FORECAST).revenue_cents is None
