"""What a plan comes to: its hours times rates, phases that end in it, promises it misses."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.capacity.projects.portfolio.house import house
from troth.capacity.projects.allocation import from_portfolio, solve
from troth.capacity.projects.outlook import ProjectsOutlook, outlook
from troth.capacity.projects.portfolio import (
    ChargeRate,
    Consultant,
    ContractKind,
    ContractTerms,
    Deal,
    HeldSkill,
    Portfolio,
    Project,
    ProjectBooking,
    ProjectPhase,
    RequestState,
    SkillNeed,
)

#: A Monday.
DAY = date(2026, 6, 1)


def person(name: str, *skills: str, cost: int = 5_000, **more: Any) -> Consultant:
    """Return somebody who works 40 hours a week."""
    return Consultant(
        name,
        (ContractTerms(date(2025, 1, 1), cost_cents=cost),),
        tuple(HeldSkill(s) for s in skills or ("data",)),
        **more,
    )


def work(name: str, hours: float, *, skill: str = "data", **more: Any) -> Project:
    """Return a project of one phase that may begin on the first day."""
    return Project(name, (ProjectPhase("all", (SkillNeed(skill, hours),)),), **{"earliest": DAY, **more})


def looked(portfolio: Portfolio, *, weeks: int = 4, at_least: float = 1.0, pace: float = 40.0) -> ProjectsOutlook:
    """Return the outlook of a portfolio that is planned."""
    until = portfolio.day + timedelta(weeks=weeks)
    problem = from_portfolio(portfolio, first=portfolio.day, until=until, at_least=at_least, pace=pace)
    return outlook(solve(problem), portfolio=portfolio)


def firm(*projects: Project, **more: Any) -> Portfolio:
    """Return a house of two at 100 an hour."""
    known: dict[str, Any] = {"people": (person("ada"), person("bob", cost=4_000)), "rates": (ChargeRate(10_000),)}
    return Portfolio(DAY, projects=projects, **{**known, **more})


@given(
    st.lists(st.tuples(st.integers(1, 160), st.sampled_from([1.0, 0.5]), st.integers(0, 20)), min_size=1, max_size=4),
    st.integers(0, 4),
)
@settings(max_examples=25, deadline=None)
def test_hours_of_the_plan_earn_and_cost(works: list[tuple[int, float, int]], late: int) -> None:
    """Revenue, cost and hours are those of who does what in the plan, one by one, by probability; on each basis."""
    day = DAY + timedelta(days=late)
    projects = tuple(
        work(f"p{k}", hours, probability=chance, earliest=DAY + timedelta(days=wait))
        for k, (hours, chance, wait) in enumerate(works)
    )
    sold = ProjectBooking("b", "p0", DAY + timedelta(days=7), DAY + timedelta(days=12), 9.0, "ada")
    portfolio = replace(firm(*projects), day=day, bookings=(sold,))
    found = looked(portfolio, at_least=0.4)
    p, n, done = found.plan.problem, found.plan.problem.needs, found.plan.work
    cost = {"ada": 5_000, "bob": 4_000}
    rows = [
        (works[int(p.projects[int(n.project[m])][1:])][1], hours, hours * cost[p.people[who]])
        for who, m, hours in zip(done.person.tolist(), done.need.tolist(), done.hours.tolist(), strict=True)
    ]
    if p.busy is not None:  # what of the booking no need takes is worked, too
        rows += [(works[0][1], float(p.busy.sum()), 5_000 * float(p.busy.sum()))]
    ahead = found.ahead()
    assert ahead is not None
    for one, weights in (
        (ahead.everything, [1.0] * len(rows)),
        (ahead.weighted, [chance for chance, _, _ in rows]),
        (ahead.sold, [float(chance == 1) for chance, _, _ in rows]),
    ):
        assert one.hours == pytest.approx(sum(w * hours for w, (_, hours, _) in zip(weights, rows, strict=True)))
        assert one.revenue_cents == pytest.approx(
            sum(w * hours * 10_000 for w, (_, hours, _) in zip(weights, rows, strict=True)), abs=len(works)
        )
        assert one.cost_cents == pytest.approx(
            sum(w * cents for w, (_, _, cents) in zip(weights, rows, strict=True)), abs=len(works)
        )
    assert found.undone == pytest.approx(float(n.hours.sum() - done.hours.sum()), abs=1e-6)


def test_a_fixed_price_is_earned_where_its_phases_end() -> None:
    """A phase with all its hours in the plan earns its share in its last week; one that goes on has no date, and is no issue."""
    phases = (
        ProjectPhase("a", (SkillNeed("data", 60),), share=0.25),
        ProjectPhase("b", (SkillNeed("data", 120),), after=("a",)),
    )
    found = looked(firm(Project("fix", phases, kind=ContractKind.FIXED, price_cents=1_000_000, earliest=DAY)), weeks=3)
    told = {one.first: one.sold.revenue_cents for one in found.periods("week") if one.sold.revenue_cents}
    assert told == {date(2026, 6, 8): 250_000, None: 750_000}
    ahead = found.ahead()
    assert ahead is not None and ahead.sold.revenue_cents == 250_000
    assert found.issues == ()


@pytest.mark.parametrize(("skill", "extra", "ended"), [("data", 0.6, True), ("law", 1.0, False), ("data", 0.0, True)])
def test_less_than_an_hour_that_is_left_ends_no_phase_later(skill: str, extra: float, ended: bool) -> None:
    """As plans are made of whole hours: 40.6 hours in a week of 40 end in it; a whole hour that nobody can do does not."""
    needs = (SkillNeed("data", 40.0), SkillNeed(skill, extra)) if extra else (SkillNeed("data", 40.0),)
    phases = (ProjectPhase("a", needs, deadline=DAY + timedelta(days=4)),)
    fixed = Project(
        "fix", phases, kind=ContractKind.FIXED, price_cents=1_000, earliest=DAY, promised_finish=DAY + timedelta(days=4)
    )
    found = looked(firm(fixed, people=(person("ada"),)), weeks=1)
    told = {one.first: one.sold.revenue_cents for one in found.periods("week") if one.sold.revenue_cents}
    assert told == ({DAY: 1_000} if ended else {None: 1_000})
    assert bool(found.missed) is not ended


def test_no_hour_is_counted_twice_beside_soft_bookings_and_requests() -> None:
    """The plan lays hours of soft bookings anew, and keeps those of requests: it proposes what is left."""
    soft = (
        ProjectBooking("s", "p", DAY, DAY + timedelta(days=5), 20.0, "ada", probability=0.5),
        ProjectBooking("r", "p", DAY, DAY + timedelta(days=5), 20.0, "ada", state=RequestState.REQUESTED),
    )
    ahead = looked(firm(work("p", 30.0), bookings=soft)).ahead()
    assert ahead is not None and ahead.sold.hours == pytest.approx(30.0)


def test_what_is_not_likely_enough_is_left_out_on_every_basis() -> None:
    """A retainer below the least probability brings nothing, not even if all comes; above, it does."""
    care = Project("care", (), kind=ContractKind.RETAINER, price_cents=100_000, probability=0.3, earliest=DAY)
    portfolio = firm(work("p", 8.0), care)
    without, with_ = looked(portfolio), looked(portfolio, at_least=0.3)
    assert without.left_out == ("care",) and with_.left_out == ()
    sums = [one.ahead() for one in (without, with_)]
    # Four weeks of June of 30 days.
    assert [one and one.everything.revenue_cents for one in sums] == [80_000, 80_000 + 93_333]


def test_of_what_is_left_out_no_budget_is_told() -> None:
    """A project that is not likely enough is not planned, so nothing says that its budget holds."""
    maybe = work("q", 50.0, probability=0.2, budget_cents=10)
    house_ = firm(work("p", 8.0, budget_cents=100_000), maybe)
    assert [one.work_id for one in looked(house_).budgets] == ["p"]
    assert {one.work_id for one in looked(house_, at_least=0.1).budgets} == {"p", "q"}
    assert "lost" not in [
        one.work_id for one in looked(firm(work("lost", 8.0, probability=0.0, budget_cents=1)), at_least=0.0).budgets
    ]


def test_promised_days_are_missed_if_the_plan_does_not_keep_them() -> None:
    """Starts and finishes by the week; days after the plan and projects begun are not looked at."""
    late = [
        work("kept", 40.0, promised_start=DAY, promised_finish=DAY + timedelta(days=4)),
        work("slow", 80.0, promised_finish=DAY + timedelta(days=4)),
        work("nobody", 10.0, skill="law", promised_start=DAY, promised_finish=DAY + timedelta(days=9)),
        work("far", 400.0, promised_finish=DAY + timedelta(days=40)),
        work("begun", 10.0, skill="law", started=date(2026, 5, 4), promised_start=date(2026, 5, 1)),
        work("wait", 8.0, earliest=DAY + timedelta(days=7), promised_start=DAY + timedelta(days=3)),
    ]
    deal = Deal("deal", (), 0.4, DAY, promised_start=DAY)
    people = tuple(person(f"p{k}") for k in range(8))
    found = looked(firm(*late, people=people, deals=(deal,)), weeks=4)
    assert [(one.work_id, one.kind, one.planned) for one in found.missed] == [
        ("nobody", "start", None), ("wait", "start", date(2026, 6, 8)), ("slow", "finish", date(2026, 6, 8)), ("nobody", "finish", None),
    ]  # fmt: skip
    assert "deal" in [one.work_id for one in looked(firm(deals=(deal,)), at_least=0.4).missed]


def test_teams_are_by_billable_hours_over_contract_hours() -> None:
    """Ada's 20 of 40 hours of the north, nothing of the south."""
    people = (person("ada", team="north", target=0.8), person("ben", "law", team="south"))
    found = looked(firm(work("p", 20.0), people=people), weeks=1)
    assert [(one.name, one.value, one.target) for one in found.teams] == [("north", 0.5, 0.8), ("south", 0.0, None)]


def test_a_house_without_rates_prices_and_costs_has_no_money() -> None:
    """A cost alone is enough to have some; a gap is told and never counted as nothing."""
    bare = firm(work("p", 8.0), people=(person("ada", cost=0),), rates=())
    assert not looked(bare).priced
    assert looked(replace(bare, people=(person("ada"),))).priced
    found = looked(replace(bare, rates=(ChargeRate(10_000),)))
    ahead = found.ahead()
    assert ahead is not None and (ahead.sold.revenue_cents, ahead.sold.cost_cents) == (80_000, None)
    assert {one.code for one in found.issues} == {"no-cost"}


def test_a_whole_house_is_looked_at() -> None:
    """With all kinds of records, in two currencies: its one deal of 35 % has no rate, which is told."""
    found = looked(house(), weeks=16, at_least=0.3)
    assert [one.code for one in found.issues] == ["no-rate"]
    assert [one.work_id for one in found.budgets] == ["p1"]
    assert found.periods("month")[0].sold.hours == pytest.approx(7.5)
