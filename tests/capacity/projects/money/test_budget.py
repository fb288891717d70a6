"""A project's budget: earned value by its published terms, forecast at completion, and when it is passed."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.capacity.projects.money.firms import DAY, MONDAY, firm, logged, week
from troth.capacity.projects.money import (
    BudgetMeasure,
    EarnedValue,
    MoneyBasis,
    ProjectBudget,
    WorkHours,
    budget_of,
    phased,
)
from troth.capacity.projects.portfolio import ChargeRate, ContractKind, Portfolio, Project, ProjectPhase, SkillNeed
from troth.core.errors import InputError


def _project(*, left: float = 60.0, budget: int | None = 1_000_000, **more: Any) -> Portfolio:
    """Return Apollo: 40 hours logged in the two weeks before this one, so many thought to be left, 10,000.00 to spend."""
    build = ProjectPhase("build", (SkillNeed("python", 100, left=left),), task_type="code")
    known = Project("apollo", (build,), "acme", budget_cents=budget, **more)
    days = [week(-2) + timedelta(days=k) for k in (0, 1, 7, 8)]
    return firm(projects=(known,), logged=tuple(logged(day, 10.0) for day in days))


def _budget(known: Portfolio, *, hours: tuple[float, ...] = (), **more: Any) -> ProjectBudget:
    plan = phased(known, hours=[WorkHours("apollo", week(k), some, "ada", "build") for k, some in enumerate(hours)])
    return budget_of(known, work_id="apollo", plan=plan, **more)


def test_a_published_example_of_earned_value() -> None:
    """BAC 100,000 half-way, EV 40,000, AC 60,000: CPI 0.67, EAC 150,000 by CPI and 120,000 as budgeted, TCPI 1.5."""
    found = EarnedValue(100_000, 50_000.0, 40_000.0, 60_000)
    assert (found.cv, found.sv, found.spi) == (-20_000, -10_000, 0.8)
    assert found.cpi == pytest.approx(2 / 3)
    assert found.eac_by_cpi == pytest.approx(150_000)
    assert (found.eac_by_budget, found.tcpi) == (120_000, 1.5)
    fresh = EarnedValue(100, None, 0.0, 0)
    assert (fresh.cpi, fresh.spi, fresh.sv, fresh.eac_by_cpi, fresh.tcpi) == (None, None, None, None, 1.0)
    assert EarnedValue(100, 0.0, 0.0, 100).tcpi is None


def test_a_budget_that_holds() -> None:
    """40 hours done, 40 left at 100.00: half done, 8,000.00 at the end of 10,000.00: nothing passed, but four fifths used in its last week."""
    found = _budget(_project(left=40.0), hours=(20.0, 20.0))
    assert (found.logged, found.left, found.complete) == (40, 40, 0.5)
    assert (found.value.ac, found.value.ev, found.value.pv) == (400_000, 500_000, None)
    assert (found.etc_cents, found.eac_cents, found.vac_cents) == (400_000, 800_000, 200_000)
    assert [(one.code, one.week, one.cents) for one in found.alerts] == [("budget-nearly-used", week(1), -200_000)]
    assert _budget(_project(left=30.0), hours=(20.0, 20.0)).alerts == ()


def test_a_budget_of_what_is_done_is_not_nearly_used() -> None:
    """4,000.00 of 4,100.00 spent and nothing left to do: nothing more is used."""
    assert _budget(_project(left=0.0, budget=410_000)).alerts == ()
    assert [one.code for one in _budget(_project(left=0.0, budget=390_000)).alerts] == ["budget-passed"]


def test_the_learned_ratio_tells_when_the_budget_will_be_passed() -> None:
    """50 hours left that take 75: 11,500.00 at the end; 40 are done, 20 a week come: passed in the fourth week, by 1,500.00."""
    known = _project(left=50.0)
    assert _budget(known, hours=(20.0,) * 5).alerts[0].code == "budget-nearly-used"
    found = _budget(known, hours=(20.0,) * 5, ratios={"code": 1.5})
    assert (found.left, found.eac_cents, found.vac_cents) == (75.0, 1_150_000, -150_000)
    assert found.complete == pytest.approx(40 / 115)
    assert [(one.code, one.week, one.cents) for one in found.alerts] == [("budget-will-be-passed", week(3), 150_000)]
    assert [(one.week, one.hours) for one in found.weeks if one.basis is MoneyBasis.FORECAST] == [
        (week(0), 20), (week(1), 20), (week(2), 20), (week(3), 15),
    ]  # fmt: skip
    assert _budget(known, hours=(20.0,) * 5, ratios={"": 1.5}).eac_cents == found.eac_cents
    assert _budget(known, hours=(20.0,) * 5, ratios={"": 9.0, "code": 1.5}).eac_cents == found.eac_cents


def test_after_the_plan_the_pace_goes_on() -> None:
    """10 hours are planned and 60 left: what is left goes on at the mean of the last weeks with hours, (20 + 20 + 10) / 3."""
    found = _budget(_project(), hours=(10.0,))
    ahead = [one.hours for one in found.weeks if one.basis is MoneyBasis.FORECAST]
    assert ahead == pytest.approx([10, 50 / 3, 50 / 3, 50 / 3])
    assert sum(ahead) == pytest.approx(60)


def test_a_budget_that_is_passed_already() -> None:
    """Spent 4,000.00 of 3,500.00: in the last week logged."""
    found = _budget(_project(budget=350_000), hours=(20.0,) * 3)
    assert [(one.code, one.week) for one in found.alerts] == [("budget-passed", week(-1))]
    assert found.alerts[0].cents == 1_000_000 - 350_000


def test_planned_value_is_what_was_to_be_done_by_the_day() -> None:
    """100 hours of baseline, 25 a week; on Wednesday of the third two of five days of it: 60 % of the budget."""
    baseline = {week(k): 25.0 for k in range(-2, 2)}
    found = _budget(_project(), hours=(20.0,) * 3, baseline=baseline)
    assert found.value.pv == pytest.approx(600_000)
    assert found.value.spi == pytest.approx(0.4 / 0.6)
    assert [one.planned_cents for one in found.weeks][:2] == [250_000, 500_000]
    assert found.weeks[-1].planned_cents == 1_000_000


def test_done_phases_have_nothing_left() -> None:
    """A phase that is done takes no more hours, whatever its estimate says."""
    known = _project()
    done = replace(known.projects[0], phases=(replace(known.projects[0].phases[0], done=True),))
    found = _budget(replace(known, projects=(done,)))
    assert (found.left, found.complete, found.eac_cents) == (0, 1.0, 400_000)


def test_a_fixed_price_burns_cost() -> None:
    """Where nothing is charged by the hour a budget is one of cost: 40 hours at 50.00."""
    found = _budget(_project(kind=ContractKind.FIXED, price_cents=2_000_000), hours=(20.0,) * 3)
    assert (found.measure, found.value.ac, found.eac_cents) == (BudgetMeasure.COST, 200_000, 500_000)


def test_futures_of_the_ratio_give_the_chance_of_passing_it() -> None:
    """At factors of 0.5, 1 and 2 of 6,000.00 left: 7,000, 10,000 and 16,000 at the end; one of three is above 10,000."""
    found = _budget(_project(), hours=(20.0,) * 3)
    ends = found.completions(np.array([0.5, 1.0, 2.0]))
    assert ends.tolist() == [700_000, 1_000_000, 1_600_000]
    assert (ends > found.value.bac).mean() == pytest.approx(1 / 3)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 40), max_size=6), st.integers(0, 300), st.integers(1, 3_000_000), st.floats(0.3, 3.0))
def test_the_weeks_run_up_to_the_forecast_and_alerts_are_true(
    hours: list[int], left: int, budget: int, ratio: float
) -> None:
    """Sums of weeks end at the estimate at completion; a budget is told as passed if and only if that is above it, in the first week above."""
    found = _budget(_project(left=float(left), budget=budget), hours=tuple(map(float, hours)), ratios={"code": ratio})
    assert found.weeks[-1].running_cents == pytest.approx(found.eac_cents)
    assert sum(one.cents for one in found.weeks) == pytest.approx(found.eac_cents)
    codes = {one.code for one in found.alerts}
    assert bool(codes & {"budget-passed", "budget-will-be-passed"}) == (found.eac_cents > budget)
    for one in found.alerts:
        if one.code == "budget-will-be-passed":
            above = [some.week for some in found.weeks if some.running_cents > budget]
            assert one.week == (above[0] if above else None)
            assert one.week is not None


def test_without_a_pace_no_week_is_named() -> None:
    """Nothing logged, nothing planned: the price of an hour is not known, and is told so."""
    known = replace(_project(), logged=())
    found = _budget(known)
    assert [one.code for one in found.issues] == ["no-price-of-hours"]
    assert found.weeks == ()


def test_what_cannot_be_is_told_at_once() -> None:
    """Every fault of the call in one error."""
    known = _project(budget=None)
    plan = phased(known)
    with pytest.raises(InputError) as caught:
        budget_of(known, work_id="apollo", plan=plan, ratios={"code": -1.0}, baseline={MONDAY: -5.0}, warn=80)
    assert [one.code for one in caught.value.issues] == ["no-budget", "bad-ratio", "bad-hours", "bad-share"]
    with pytest.raises(InputError, match="unknown-work"):
        budget_of(known, work_id="zeus", plan=plan, budget_cents=1)
    with pytest.raises(InputError, match="negative-budget"):
        budget_of(known, work_id="apollo", plan=plan, budget_cents=-1)
    with pytest.raises(InputError, match="budget-in-other-currency"):
        _budget(_project(currency="USD"))
    with pytest.raises(InputError, match="nothing-charged-by-the-hour"):
        _budget(_project(kind=ContractKind.FIXED, price_cents=1), measure=BudgetMeasure.CHARGE)


def test_hours_without_a_rate_are_not_burnt_as_nothing() -> None:
    """A budget that cannot be told is not told."""
    known = replace(_project(), rates=(ChargeRate(10_000, until=date(2026, 5, 25)),))
    with pytest.raises(InputError, match="hours-without-rate"):
        _budget(known)
    assert _budget(known, measure=BudgetMeasure.COST).value.ac == 200_000
    assert known.day == DAY
