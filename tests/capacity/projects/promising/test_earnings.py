"""Money of prepared futures: what was worked and what ended, at the prices of who worked and what was sold."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from tests.capacity.projects.promising.firms import DAY, day, person, phase, workshop
from tests.capacity.projects.promising.plain import NEVER, PlainFuture
from troth.capacity.projects.money import RateBook
from troth.capacity.projects.portfolio import (
    ChargeRate,
    ContractKind,
    Deal,
    ExchangeRate,
    Portfolio,
    Project,
    ProjectPhase,
    SkillNeed,
)
from troth.capacity.projects.promising import (
    Beliefs,
    EstimateBelief,
    PreparedFutures,
    TemplatePrice,
    _sheets,
    money_futures,
    prepare,
    template_prices,
)
from troth.core.decision import Stop
from troth.core.errors import InputError

#: Estimates that hold, and nothing else that could go wrong.
SURE = Beliefs(estimate=EstimateBelief(0.0, 0.0), project_sd=0.0)


def small(*works: Project | Deal, **more: Any) -> Portfolio:
    """Return one carver of 40 hours a week, 50.00 an hour, charged at 100.00, with some work."""
    projects = tuple(one for one in works if isinstance(one, Project))
    deals = tuple(one for one in works if isinstance(one, Deal))
    return Portfolio(DAY, (person("ada", "carving"),), projects, deals, rates=(ChargeRate(10_000),), **more)


def ready(portfolio: Portfolio, *, futures: int = 3, weeks: int = 8, **more: Any) -> PreparedFutures:
    return prepare(portfolio, beliefs=SURE, futures=futures, weeks=weeks, seed=1, money=True, **more)


@pytest.fixture(scope="module")
def dear() -> PreparedFutures:
    """Return futures of the workshop with prices of all kinds: roles, a customer's own, a person's own, fixed, a month's."""
    portfolio, beliefs = workshop()
    people = tuple(
        replace(
            one, role=("senior", "junior")[k % 2], contracts=(replace(one.contracts[0], cost_cents=4_000 + 700 * k),)
        )
        for k, one in enumerate(portfolio.people)
    )
    kinds = (ContractKind.TIME, ContractKind.FIXED)
    projects = tuple(
        replace(one, kind=kinds[k % 2], customer_id="acme", template="usual")
        for k, one in enumerate(portfolio.projects)
    )
    asked = (SkillNeed("carving", 40.0, role="expert"), SkillNeed("paint", 10.0))
    special = Project("special", (ProjectPhase("all", asked),), earliest=DAY)
    deals = tuple(replace(one, kind=kinds[k % 2], template="usual") for k, one in enumerate(portfolio.deals))
    rates = (
        ChargeRate(9_000, role="junior"), ChargeRate(13_000, role="senior"), ChargeRate(20_000, role="expert"),
        ChargeRate(8_500, role="junior", customer_id="acme"), ChargeRate(11_000, person_id="carver 1"),
        ChargeRate(14_000, role="senior", first=day(35)),
    )  # fmt: skip
    portfolio = replace(portfolio, people=people, projects=(*projects, special), deals=deals, rates=rates)
    return prepare(portfolio, beliefs=beliefs, futures=8, weeks=20, seed=5, money=True)


TO_COME = {"usual": TemplatePrice(ContractKind.FIXED, 1_400_000)}


def by_hand(prepared: PreparedFutures, f: int) -> tuple[Any, Any]:
    """Return revenue and cost by week of a future lived by the plain planner, person by person."""
    portfolio, book = prepared.portfolio, RateBook(prepared.portfolio)
    known = {one.project_id: one for one in portfolio.projects} | {one.deal_id: one for one in portfolio.deals}
    revenue, cost = np.zeros(prepared.weeks), np.zeros(prepared.weeks)
    for one in PlainFuture(prepared, f).live().works:
        work: Any = known[prepared.jobs[one.number]] if one.number < len(prepared.jobs) else None
        kind = work.kind if work else ContractKind.FIXED
        name = prepared.jobs[one.number] if work else ""
        for (week, who), hours in one.worked.items():
            at = prepared.day(7 * week)
            cost[week] += hours * float(book.cost(at, person_id=who).cents or 0)
            if kind is ContractKind.TIME:
                role = "expert" if name == "special" and who.startswith("carver") else ""
                rate = book.charge(at, project_id=name, customer_id=work.customer_id, person_id=who, role=role)
                revenue[week] += hours * (rate.cents or 0)
        estimates = {of.phase_id: sum(need.hours for need in of.needs) for of in one.phases}
        price = work.price_cents if work else 1_400_000 * prepared.draws.size[f, one.number]
        for of in one.phases if kind is ContractKind.FIXED else ():
            if one.ended.get(of.phase_id, NEVER) < NEVER:
                revenue[one.ended[of.phase_id] // 7] += price * estimates[of.phase_id] / sum(estimates.values())
    return revenue, cost


def test_each_future_is_priced_as_by_hand(dear: PreparedFutures) -> None:
    """Each week's revenue and cost of each future are hours of people and ends of phases times prices, added up one by one."""
    found = money_futures(dear, templates=TO_COME)
    assert found.issues == ()
    for f in range(dear.futures):
        revenue, cost = by_hand(dear, f)
        # Prices of a phase are whole cents, so each of its ends may differ by one.
        assert found.revenue[f] == pytest.approx(revenue, abs=20)
        assert found.cost[f] == pytest.approx(cost, abs=20)
    assert found.revenue.sum() > 0
    assert found.margin == pytest.approx(found.revenue - found.cost)


def test_a_role_that_work_names_is_a_kind_of_its_own(dear: PreparedFutures) -> None:
    """An hour of a need that names a role is charged as that role, whoever does it; other hours of the project are not."""
    roles = {role for _, role in dear.kinds}
    assert roles == {"", "expert"}
    worked = dear.sheets().hours[:, dear.jobs.index("special")].sum(axis=(0, 1))
    assert {role for (_, role), hours in zip(dear.kinds, worked, strict=True) if hours > 0} == {"", "expert"}


def test_parts_are_the_whole(dear: PreparedFutures) -> None:
    """The money of each project and deal, and of the deals to come, adds up to that of all."""
    whole = money_futures(dear, templates=TO_COME)
    parts = [money_futures(dear, templates=TO_COME, works=[name]) for name in (*dear.jobs, "to come: usual")]
    assert sum(one.revenue for one in parts) == pytest.approx(whole.revenue)
    assert sum(one.cost for one in parts) == pytest.approx(whole.cost)
    assert parts[-1].revenue.sum() > 0


def test_people_of_many_prices_are_told_apart_by_role(dear: PreparedFutures, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of too many prices those of a role are one, but of who has a rate of his own: revenue is the same, cost about the same."""
    monkeypatch.setattr(_sheets, "_MOST", 2)
    few = prepare(dear.portfolio, beliefs=dear.beliefs, futures=8, weeks=20, seed=5, money=True)
    assert len(few.kinds) == 2 * 3 < len(dear.kinds)
    exact, rough = (money_futures(one, templates=TO_COME) for one in (dear, few))
    assert rough.revenue == pytest.approx(exact.revenue, abs=20)
    assert 0.8 < rough.cost.sum() / exact.cost.sum() < 1.2
    assert not np.allclose(rough.cost, exact.cost)


def test_hours_are_what_was_worked_until_the_end() -> None:
    """At a pace of 1 a finished project's hours over all weeks are what its tasks truly took; nobody works more than there is."""
    portfolio, beliefs = workshop()
    some = prepare(portfolio, beliefs=beliefs, futures=20, weeks=30, seed=3, money=True)
    hours, done = some.sheets().hours.sum(axis=3, dtype=float), 0
    for j in range(some.draws.won.shape[1]):
        phases = some.specs[j].phases if j < len(some.jobs) else portfolio.templates["usual"]
        estimates = np.array([need.hours for of in phases for need in of.needs])
        rows = slice(some.draws.task_at[j], some.draws.task_at[j + 1])
        takes = (estimates * some.draws.ratio[:, rows]).sum(axis=1) * some.draws.size[:, j]
        over = some.lived.finish[:, j] < NEVER
        assert hours[over, j].sum(axis=1) == pytest.approx(takes[over], rel=1e-5)
        assert (hours[~over, j].sum(axis=1) <= takes[~over] + 1e-3).all()
        assert (hours[some.draws.won[:, j] == NEVER, j] == 0).all()
        done += int(over.sum())
    assert done > 60
    room = 0.5 * (some.lived.worked.sum(axis=2, dtype=float) + len(portfolio.people))
    assert (hours.sum(axis=1) <= room + 1e-3).all()
    assert some.hours("p1") == pytest.approx(hours[:, 1])


def test_ends_of_phases_lie_in_the_project(dear: PreparedFutures) -> None:
    """Phases that follow each other end in that order, from the start on, and the last of them is the finish."""
    starts, finishes = dear.starts("p1"), dear.finishes("p1")
    ends = [dear.ends("p1", phase_id=name) for name in ("cut", "join", "paint")]
    assert ends[2] == finishes
    for row in zip(starts, *ends, strict=True):
        known = [at for at in row if at is not None]
        assert known == sorted(known)
        assert row[: len(known)] == tuple(known)
    with pytest.raises(ValueError, match="not in"):
        dear.ends("p1", phase_id="carve")


def test_hours_and_milestones_of_a_sure_firm() -> None:
    """60 hours: 40 in the first week and 20 in the second; a fixed price comes with its phases, 2 of 3 parts in the first."""
    plan = (phase("cut", ("carving", 40.0)), phase("join", ("carving", 20.0), after=("cut",)))
    by_hour = money_futures(ready(small(Project("p", plan))))
    assert by_hour.revenue[:, :3].tolist() == [[400_000, 200_000, 0]] * 3
    assert by_hour.cost[:, :3].tolist() == [[200_000, 100_000, 0]] * 3
    fixed = money_futures(ready(small(Project("p", plan, kind=ContractKind.FIXED, price_cents=900_000))))
    assert fixed.revenue[:, :3].tolist() == [[600_000, 300_000, 0]] * 3
    assert fixed.cost.tolist() == by_hour.cost.tolist()
    assert fixed.fan("margin").total.tolist() == [600_000] * 3


def test_a_phase_without_work_is_earned_with_the_start() -> None:
    """Nothing to do for it: its share comes in the week the project begins, of a deal that is lost never; done ones are past."""
    signed = ProjectPhase("signing", (), share=0.3)
    plan = (signed, phase("cut", ("carving", 40.0), after=("signing",)))
    project = Project("p", plan, kind=ContractKind.FIXED, price_cents=1_000, earliest=day(7))
    found = ready(small(project))
    assert money_futures(found).revenue[:, :3].tolist() == [[0, 1_000, 0]] * 3
    assert found.ends("p", phase_id="signing") == [day(7)] * 3
    done = replace(project, phases=(replace(signed, done=True), plan[1]), started=day(-7))
    found = ready(small(done))
    assert money_futures(found).revenue.sum(axis=1).tolist() == [700] * 3
    assert found.ends("p", phase_id="signing") == [None] * 3
    deal = Deal("d", plan, 0.5, day(7), kind=ContractKind.FIXED, price_cents=1_000, closes=day(1))
    found = ready(small(deal), futures=40)
    won = found.draws.won[:, 0] < NEVER
    assert 0 < won.sum() < 40
    assert money_futures(found).revenue.sum(axis=1).tolist() == np.where(won, 1_000, 0).tolist()


def test_a_retainer_runs_with_its_project() -> None:
    """A fee of 30,000 in June earns 7,000 a week: from the first hour to the last, or to the deadline; without work from its day."""
    plan = (phase("care", ("carving", 60.0)),)
    kept = Project("r", plan, kind=ContractKind.RETAINER, price_cents=30_000, earliest=DAY)
    assert money_futures(ready(small(kept))).revenue[:, :4].tolist() == [[7_000, 7_000, 0, 0]] * 3
    until = replace(kept, deadline=day(20))
    assert money_futures(ready(small(until))).revenue[:, :4].tolist() == [[7_000, 7_000, 7_000, 0]] * 3
    bare = replace(kept, phases=(), earliest=day(7), deadline=day(20))
    found = money_futures(ready(small(kept, replace(bare, project_id="b"))))
    assert found.revenue[:, :4].tolist() == [[7_000, 14_000, 7_000, 0]] * 3


def test_deals_to_come_are_paid_as_their_template_says() -> None:
    """By default as most of the template's projects and deals, at their mean price by the hour; else as is said."""
    portfolio, _ = workshop()
    painted = portfolio.templates["usual"]
    works = (
        Project("a", painted, template="usual", kind=ContractKind.FIXED, price_cents=100_000),
        Project("b", painted[:1], template="usual", kind=ContractKind.FIXED, price_cents=80_000),
        Project("c", painted, template="usual", price_cents=7),
    )
    hours = sum(need.hours for of in painted for need in of.needs)
    price = template_prices(small(*works, templates={"usual": painted, "new": painted}))
    assert price["usual"] == TemplatePrice(ContractKind.FIXED, round(180_000 * hours / (hours + 60)))
    assert price["new"] == TemplatePrice(ContractKind.TIME, None)
    months = [replace(one, kind=ContractKind.RETAINER) for one in works[:2]]
    assert template_prices(small(*months, templates={"usual": painted}))["usual"].price_cents == 90_000
    # A price in yen counts in the house's money, one that cannot be exchanged not at all.
    abroad = replace(works[0], price_cents=16_000, currency="JPY")
    rate = ExchangeRate("JPY", 1 / 160)
    for rates, total in (((rate,), 10_000), ((), None)):
        told = template_prices(small(abroad, templates={"usual": painted}, exchange=rates))["usual"].price_cents
        assert told == (None if total is None else total)


def test_what_is_not_known_is_said() -> None:
    """No time sheets, a fixed price that is not stated: refused; hours without a rate: not a number, with an issue."""
    plan = (phase("cut", ("carving", 40.0)),)
    bare = prepare(small(Project("p", plan)), beliefs=SURE, futures=2, weeks=4, seed=1)
    for ask in (money_futures, lambda one: one.hours("p"), lambda one: one.ends("p", phase_id="cut")):
        with pytest.raises(ValueError, match="money=True"):
            ask(bare)
    with pytest.raises(InputError, match="no-price"):
        money_futures(ready(small(Project("p", plan, kind=ContractKind.FIXED))))
    found = money_futures(ready(replace(small(Project("p", plan)), rates=())))
    assert np.isnan(found.revenue[:, 0]).all()
    assert found.cost[:, 0].tolist() == [200_000] * 3
    assert {one.code for one in found.issues} == {"no-rate"}


def test_who_leaves_and_who_comes_cost_what_the_place_costs() -> None:
    """Hours after the end of a contract whose place is filled again, and before the first day of a place, have a price."""
    portfolio = small(Project("p", (phase("cut", ("carving", 400.0)),)))
    ada = portfolio.people[0]
    gone = replace(ada, contracts=(replace(ada.contracts[0], until=day(7)),))
    leaving = replace(SURE, people=replace(SURE.people, hiring_days=1.0))
    found = prepare(replace(portfolio, people=(gone,)), beliefs=leaving, futures=5, weeks=8, seed=1, money=True)
    money = money_futures(found)
    assert money.issues == ()
    assert money.cost == pytest.approx(5_000 * found.hours("p"))
    assert found.hours("p")[:, 3:].sum() > 0


def test_futures_that_were_stopped_have_money_for_those_lived() -> None:
    """A preparation that is stopped keeps whole futures, and their money."""
    portfolio, beliefs = workshop()
    some = prepare(portfolio, beliefs=beliefs, futures=60, weeks=6, seed=1, threads=1, stop=Stop(steps=20), money=True)
    assert 0 < some.futures < 60
    rated = replace(some, portfolio=replace(portfolio, rates=(ChargeRate(10_000),)))
    assert money_futures(rated).revenue.shape == (some.futures, 6)
    assert some.hours("p0").shape == (some.futures, 6)
    assert len(some.ends("p0", phase_id="cut")) == some.futures
