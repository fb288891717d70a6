"""Revenue, cost and margin by week: sums reckoned by hand, parts that sum to wholes, scenarios, and what is not known."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings

from tests.capacity.projects.money.firms import DAY, MONDAY, firm, firms, logged, person, phase, week
from troth.capacity.projects.money import (
    EVERYTHING,
    SOLD,
    MoneyBasis,
    MoneyPlan,
    MoneyScenario,
    MoneySource,
    MoneySum,
    WorkHours,
    booked_hours,
    phased,
)
from troth.capacity.projects.money.cents import rounded
from troth.capacity.projects.portfolio import (
    ChargeRate,
    Consultant,
    ContractTerms,
    Deal,
    ExchangeRate,
    HoursSpread,
    LeaveSpan,
    Portfolio,
    Project,
    ProjectBooking,
    RequestState,
    SkillNeed,
)
from troth.core.errors import InputError

_QUICK = settings(max_examples=60, deadline=None)


def _sums(plan: MoneyPlan, *by: str, **more: Any) -> list[tuple[object, ...]]:
    return [(*one.key, str(one.basis), one.revenue_cents, one.cost_cents) for one in plan.sums(by, **more)]


def _codes(plan: MoneyPlan) -> list[str]:
    return [one.code for one in plan.issues]


def test_hours_earn_their_rate_and_cost_their_contract() -> None:
    """Ada's 10 logged hours: 1,000.00 and 500.00; her 8 and Bob's 5 planned: 1,300.00 and 600.00; never one sum."""
    plan = phased(
        firm(logged=(logged(date(2026, 5, 27), 6.0), logged(date(2026, 6, 2), 4.0))),
        hours=[WorkHours("apollo", MONDAY, 8.0, "ada"), WorkHours("apollo", week(1), 5.0, "bob")],
    )
    assert _sums(plan) == [("actual", 100_000, 50_000), ("forecast", 130_000, 60_000)]
    assert _sums(plan, "week") == [
        (week(-1), "actual", 60_000, 30_000), (MONDAY, "actual", 40_000, 20_000), (MONDAY, "forecast", 80_000, 40_000),
        (week(1), "forecast", 50_000, 20_000),
    ]  # fmt: skip
    assert [(one.hours, one.margin_cents, one.margin) for one in plan.sums()] == [
        (10, 50_000, 0.5),
        (13, 70_000, 7 / 13),
    ]
    assert plan.issues == ()


def test_hours_nobody_pays_for_cost_all_the_same() -> None:
    """Billable or not, an hour costs the house; only a billable one earns."""
    plan = phased(firm(logged=(logged(date(2026, 6, 1), 2.0), logged(date(2026, 6, 1), 3.0, billable=False))))
    assert _sums(plan, "person_id") == [("ada", "actual", 20_000, 25_000)]
    assert plan.lines[0].billable == 2.0


def test_a_week_in_which_a_rate_changes_has_both() -> None:
    """Ten hours over Monday to Friday, dearer by a tenth from Thursday on: 6 at 100.00 and 4 at 110.00."""
    rates = (ChargeRate(10_000), ChargeRate(11_000, first=date(2026, 6, 11)))
    plan = phased(firm(rates=rates), hours=[WorkHours("apollo", week(1), 10.0, "ada")])
    assert _sums(plan) == [("forecast", 104_000, 50_000)]


def test_this_weeks_hours_lie_on_the_days_that_are_left() -> None:
    """On a Wednesday the week's hours lie on three days: a rate that ended on Tuesday is not asked."""
    rates = (ChargeRate(9_000, until=DAY), ChargeRate(10_000, first=DAY))
    plan = phased(firm(rates=rates), hours=[WorkHours("apollo", MONDAY, 6.0, "ada")])
    assert _sums(plan) == [("forecast", 60_000, 30_000)]


def test_hours_lie_on_the_days_somebody_is_there() -> None:
    """Away from Monday to Wednesday, or with holidays then, all ten hours are Thursday's and Friday's; away all week, on any day of work."""
    rates = (ChargeRate(10_000), ChargeRate(11_000, first=date(2026, 6, 11)))
    hours = [WorkHours("apollo", week(1), 10.0, "ada")]
    for until, revenue in ((date(2026, 6, 11), 110_000), (week(2), 104_000)):
        away = person("ada", leave=(LeaveSpan(week(1), until),))
        closed = {"LT": frozenset(week(1) + timedelta(days=k) for k in range((until - week(1)).days))}
        there = replace(away, leave=(), contracts=(replace(away.contracts[0], country="LT"),))
        for known in (firm(people=(away,), rates=rates), firm(people=(there,), rates=rates, holidays=closed)):
            assert phased(known, hours=hours).total(MoneyBasis.FORECAST).revenue_cents == revenue


def test_hours_lie_on_the_days_of_the_contract() -> None:
    """Who joins on a Thursday has no cost on Monday, and none is missing."""
    ada = replace(person("ada"), contracts=(ContractTerms(date(2026, 6, 11), cost_cents=5_000),))
    plan = phased(firm(people=(ada,)), hours=[WorkHours("apollo", week(1), 10.0, "ada")])
    assert _sums(plan) == [("forecast", 100_000, 50_000)]
    assert plan.issues == ()


def test_a_phase_that_names_a_role_is_charged_at_it() -> None:
    """The need's role decides, not that of whoever does it, for plan and log alike."""
    build = replace(phase("build", 10), needs=(SkillNeed("python", 10, role="lead"),))
    known = firm(projects=(Project("apollo", (build,)),), rates=(ChargeRate(10_000), ChargeRate(15_000, role="lead")))
    plan = phased(
        replace(known, logged=(logged(date(2026, 6, 1), 1.0),)),
        hours=[WorkHours("apollo", MONDAY, 1.0, "ada", "build")],
    )
    assert [one[1] for one in _sums(plan)] == [15_000, 15_000]


# ---- currencies -----------------------------------------------------------------------------------------------------


def test_foreign_money_is_worth_what_it_is_on_its_day() -> None:
    """100 dollars are 90.00 euros in May and 80.00 in June."""
    rows = (ExchangeRate("USD", 0.9), ExchangeRate("USD", 0.8, date(2026, 6, 1)))
    known = firm(rates=(ChargeRate(10_000, "USD"),), exchange=rows)
    entries = (logged(date(2026, 5, 29), 1.0), logged(date(2026, 6, 1), 1.0))
    assert _sums(phased(replace(known, logged=entries)), "week") == [
        (week(-1), "actual", 9_000, 5_000), (MONDAY, "actual", 8_000, 5_000),
    ]  # fmt: skip


def test_a_currency_without_a_rate_is_told_and_not_counted_as_nothing() -> None:
    """Revenue in it is unknown in its weeks; what is known stands beside."""
    known = firm(rates=(ChargeRate(10_000, "USD"),), logged=(logged(date(2026, 6, 1), 1.0),))
    plan = phased(known)
    assert [(one.revenue_cents, one.revenue_known_cents, one.cost_cents, one.unpriced) for one in plan.sums()] == [
        (None, 0, 5_000, 1)
    ]
    assert {(one.code, one.where) for one in plan.issues} == {
        ("no-exchange-rate", "rates[0]"),
        ("no-exchange", "exchange[USD]"),
    }


def test_a_missing_rate_leaves_the_rest_known() -> None:
    """One person's rate is missing: the other's revenue is known, the sum of both is not."""
    known = firm(rates=(ChargeRate(10_000, person_id="ada"),))
    plan = phased(known, hours=[WorkHours("apollo", MONDAY, 1.0, "ada"), WorkHours("apollo", MONDAY, 1.0, "bob")])
    assert [one[:3] for one in _sums(plan, "person_id")] == [("ada", "forecast", 10_000), ("bob", "forecast", None)]
    assert plan.sums()[0].revenue_cents is None
    assert plan.sums()[0].revenue_known_cents == 10_000
    assert [(one.code, one.where) for one in plan.issues] == [("no-rate", "rates[project=apollo, person=bob]")]


# ---- scenarios ------------------------------------------------------------------------------------------------------


def test_a_deal_is_weighed_by_its_probability() -> None:
    """A deal of 1,000.00 at 40 % is 400.00; won it is all, lost nothing; what has been counts in full whatever comes."""
    deal = Deal("gemini", (), 0.4, week(1), "acme")
    known = firm(deals=(deal,), logged=(logged(date(2026, 6, 1), 1.0),))
    plan = phased(known, hours=[WorkHours("gemini", week(2), 10.0, "ada")])
    assert _sums(plan) == [("actual", 10_000, 5_000), ("forecast", 40_000, 20_000)]
    assert _sums(plan, scenario=SOLD)[1] == ("forecast", 0, 0)
    assert _sums(plan, scenario=EVERYTHING)[1] == ("forecast", 100_000, 50_000)
    assert _sums(plan, scenario=MoneyScenario("half", {"gemini": 0.5}))[1] == ("forecast", 50_000, 25_000)
    assert _sums(plan, scenario=MoneyScenario("no apollo", {"apollo": 0.0}))[0] == ("actual", 10_000, 5_000)


def test_a_scenario_that_cannot_be_is_told_whole() -> None:
    """Every fault of a scenario and of a key is in the one error."""
    with pytest.raises(InputError) as caught:
        phased(firm()).sums(["colour"], scenario=MoneyScenario("x", {"apollo": 1.2, "zeus": 0.5}, tentative=-1))
    assert [one.code for one in caught.value.issues] == [
        "unknown-key",
        "bad-probability",
        "bad-probability",
        "unknown-work",
    ]


def _key(one: MoneySum) -> tuple[object, ...]:
    return (one.basis, one.revenue_cents, one.cost_cents)


@_QUICK
@given(firms())
def test_parts_of_any_cut_sum_to_the_same_whole(drawn: tuple[Portfolio, list[WorkHours]]) -> None:
    """By project, customer, week, person or source: revenue, cost and hours of each basis sum to the same total under any scenario."""
    plan = phased(drawn[0], hours=drawn[1], until=week(5))
    for scenario in (MoneyScenario(), SOLD, EVERYTHING, MoneyScenario("odd", {"t": 1 / 3, "d": 0.77})):
        for basis in MoneyBasis:
            whole = plan.total(basis, scenario=scenario)
            for by in ("work_id", "customer_id", "week", "person_id", "source"):
                some = [one for one in plan.sums([by], scenario=scenario) if one.basis is basis]
                assert sum(one.revenue_cents or 0 for one in some) == whole.revenue_cents
                assert sum(one.cost_cents or 0 for one in some) == whole.cost_cents
                assert sum(one.hours for one in some) == pytest.approx(whole.hours)


@_QUICK
@given(firms())
def test_a_fixed_price_and_the_hours_of_a_project_round_to_their_exact_sum(
    drawn: tuple[Portfolio, list[WorkHours]],
) -> None:
    """In the house's currency milestones sum to the price; hours of one rate earn the rounded product of hours and rate."""
    known = replace(
        drawn[0], rates=(ChargeRate(9_999),), projects=tuple(replace(one, currency="") for one in drawn[0].projects)
    )
    plan = phased(known, hours=drawn[1], until=week(5))
    fixed = known.projects[1]
    earned = [
        one.revenue_cents or 0 for one in plan.lines if one.work_id == "f" and one.source is MoneySource.MILESTONE
    ]
    assert sum(earned) == fixed.price_cents
    for basis in MoneyBasis:
        lines = [one for one in plan.lines if one.work_id == "t" and one.basis is basis]
        exact = sum((Fraction(str(round(one.billable, 6))) for one in lines), Fraction(0)) * 9_999
        assert sum(one.revenue_cents or 0 for one in lines) == rounded(exact)


@_QUICK
@given(firms())
def test_probability_one_is_with_and_nought_is_without(drawn: tuple[Portfolio, list[WorkHours]]) -> None:
    """A deal at 1 brings what it brings as a project that is sold; at 0 what the portfolio brings without it."""
    known, hours = drawn
    plan = phased(known, hours=hours, until=week(5))
    deal = known.deals[0]
    sold = Project(
        "d", deal.phases, deal.customer_id, kind=deal.kind, price_cents=deal.price_cents, earliest=deal.wanted
    )
    with_it = phased(replace(known, deals=(), projects=(*known.projects, sold)), hours=hours, until=week(5))
    without = phased(replace(known, deals=()), hours=[one for one in hours if one.work_id != "d"], until=week(5))
    surely = [_key(one) for one in plan.sums(["week"], scenario=MoneyScenario("won", {"d": 1.0}))]
    assert sorted(map(str, surely)) == sorted(str(_key(one)) for one in with_it.sums(["week"]))
    for basis in MoneyBasis:
        assert (
            plan.total(basis, scenario=MoneyScenario("lost", {"d": 0.0})).revenue_cents
            == without.total(basis).revenue_cents
        )
        assert (
            plan.total(basis, scenario=MoneyScenario("lost", {"d": 0.0})).cost_cents == without.total(basis).cost_cents
        )


# ---- bookings, and what is wrong ------------------------------------------------------------------------------------


def test_bookings_are_hours_of_the_days_that_are_left() -> None:
    """Of two weeks seven days of work are left from Wednesday on, one of them being leave: what nobody logged lies on them."""
    booking = ProjectBooking("b", "apollo", MONDAY, week(2), 35.0, "ada", phase_id="build")
    ada = person("ada", leave=(LeaveSpan(date(2026, 6, 10), date(2026, 6, 11)),))
    hours, issues = booked_hours(firm(people=(ada,), bookings=(booking,)))
    assert [(one.week, one.hours) for one in hours] == [(MONDAY, 15.0), (week(1), 20.0)]
    assert issues == ()


def test_hours_that_are_logged_are_not_forecast_again() -> None:
    """80 hours over four weeks, all worked in the first two, are earned once; what is completed earns nothing more."""
    booking = ProjectBooking("b", "apollo", week(-2), week(2), 80.0, "ada")
    worked = tuple(logged(week(-2) + timedelta(days=k), 8.0) for k in (0, 1, 2, 3, 4, 7, 8, 9, 10, 11))
    for done, left in ((0, 80.0), (5, 40.0), (10, 0.0)):
        hours, issues = booked_hours(firm(bookings=(booking,), logged=worked[:done]))
        assert sum(one.hours for one in hours) == pytest.approx(left) and issues == ()
    assert booked_hours(firm(bookings=(replace(booking, state=RequestState.COMPLETED),))) == ([], ())


def test_hours_of_a_placeholder_are_counted() -> None:
    """Somebody still to be found has no hours of their own and is paid for all the same: at the mean of the role."""
    booking = ProjectBooking("b", "apollo", week(1), week(2), 10.0, "tbd")
    tbd = Consultant("tbd", role="dev", placeholder=True)
    known = firm(people=(person("ada"), person("bob", cost=4_000), tbd), bookings=(booking,))
    hours, issues = booked_hours(known)
    assert [(one.week, one.hours, one.person_id) for one in hours] == [(week(1), 10.0, "tbd")] and issues == ()
    total = phased(known, hours=hours).total(MoneyBasis.FORECAST)
    assert (total.revenue_cents, total.cost_cents) == (100_000, 45_000)


def test_a_soft_booking_is_as_likely_as_it_says() -> None:
    """Of a project at 60 % a booking at 30 % is half of it, one at 90 % all of it; gone ones are not there."""
    rows = [
        ProjectBooking(name, "apollo", week(1), week(2), 10.0, "ada", probability=p)
        for name, p in (("a", 0.3), ("b", 0.9))
    ]
    gone = replace(rows[0], booking_id="c", state=RequestState.REJECTED)
    known = firm(bookings=(*rows, gone), projects=(Project("apollo", (), probability=0.6),))
    hours, _ = booked_hours(known)
    assert [one.probability for one in hours] == [0.5, 1.0]
    assert phased(known, hours=hours).total(MoneyBasis.FORECAST).revenue_cents == round(0.3 * 100_000 + 0.6 * 100_000)


def test_bookings_that_cannot_lie_are_told() -> None:
    """Nobody there on any of its days: told; another spread than even: told that it was taken so."""
    away = person("ada", leave=(LeaveSpan(MONDAY, week(9)),))
    rows = (
        ProjectBooking("b", "apollo", week(1), week(2), 10.0, "ada"),
        ProjectBooking("c", "apollo", week(1), week(2), 10.0, "bob", spread=HoursSpread.FRONT),
    )
    hours, issues = booked_hours(firm(people=(away, person("bob")), bookings=rows))
    assert [one.person_id for one in hours] == ["bob"]
    assert [one.code for one in issues] == ["booking-without-days", "spread-taken-even"]


def test_hours_that_cannot_be_are_told_and_not_counted() -> None:
    """Every fault at once, and the sound hour still counts."""
    entries = (logged(DAY, 1.0), logged(MONDAY, -1.0), logged(MONDAY, 1.0, project_id="zeus"), logged(MONDAY, 1.0))
    good = WorkHours("apollo", MONDAY, 1.0, "ada")
    hours = [
        good,
        replace(good, hours=-1.0),
        replace(good, hours=float("nan")),
        replace(good, work_id="zeus"),
        replace(good, week=week(-1)),
        replace(good, probability=1.2),
    ]
    plan = phased(firm(logged=entries), hours=hours)
    assert _codes(plan) == [
        "logged-ahead", "bad-hours", "unknown-work", "bad-hours", "bad-hours", "unknown-work", "hours-in-past", "bad-probability",
    ]  # fmt: skip
    assert _sums(plan) == [("actual", 10_000, 5_000), ("forecast", 10_000, 5_000)]


def test_a_deal_more_than_certain_is_told() -> None:
    """A probability of 1.2 counts as 1, of -0.1 as 0, and both are told."""
    deals = (Deal("a", (), 1.2, week(1)), Deal("b", (), -0.1, week(1)))
    plan = phased(firm(deals=deals), hours=[WorkHours("a", week(1), 1.0, "ada"), WorkHours("b", week(1), 1.0, "ada")])
    assert [one[:3] for one in _sums(plan, "work_id")] == [("a", "forecast", 10_000), ("b", "forecast", 0)]
    assert _codes(plan) == ["bad-probability"] * 2
