"""Who could do it: each thing that counts by itself, and the score is the sum of its reasons."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.capacity.projects.booking.portfolios import (
    MONDAY,
    booking,
    day,
    odd_people,
    person,
    portfolio,
    some_bookings,
)
from troth.capacity.projects.booking import FinderWeights, find
from troth.capacity.projects.portfolio import (
    Consultant,
    ContractTerms,
    ExchangeRate,
    HeldSkill,
    Portfolio,
    Project,
    TimeEntry,
)

NEED = booking("n", 0, 5, 20, "", skill="sap", level=1)
SAP = (HeldSkill("sap", 2),)


def _ranked(plan: Portfolio, **only: float) -> list[tuple[str, float]]:
    weights = FinderWeights(**{"free": 0, "skill": 0, "continuity": 0, "location": 0, "cost": 0, **only})
    return [(one.person_id, round(one.score, 3)) for one in find(plan, need=NEED, weights=weights)]


def _plan(*people: Consultant, **more: Any) -> Portfolio:
    return replace(portfolio(people=people), **more)


def test_only_who_holds_the_skill_to_the_end() -> None:
    """Too low a level, a certificate that expires before the last day, another role and placeholders are left out."""
    people = (
        person("ada", skills=SAP), person("low", skills=(HeldSkill("sap", 0.5),)), person("end", skills=(HeldSkill("sap", 2, until=day(4)),)),
        person("last", skills=(HeldSkill("sap", 1, until=day(5)),)), person("none"), person("tbd", skills=SAP, placeholder=True),
    )  # fmt: skip
    assert [one for one, _ in _ranked(_plan(*people), skill=1)] == ["ada", "last"]
    assert find(_plan(person("none")), need=NEED) == ()


def test_each_thing_counts_by_itself() -> None:
    """Level relative to the best, share of hours, the project over its customer over neither, the place, and the price."""
    ada, ben = person("ada", skills=SAP), person("ben", skills=(HeldSkill("sap", 1),))
    assert _ranked(_plan(ada, ben), skill=1) == [("ada", 1.0), ("ben", 0.5)]
    assert _ranked(_plan(ada, ben, bookings=(booking("x", 0, 5, 30),)), free=1) == [("ben", 1.0), ("ada", 0.5)]
    cem, dan = person("cem", skills=SAP), person("dan", skills=SAP)
    projects = (Project("p", (), customer_id="c", location="Riga", members=("cem",)), Project("q", (), customer_id="c"))
    logged = (TimeEntry("q", "ada", day(-9), 5.0), TimeEntry("p", "ben", day(-9), 5.0))
    plan = _plan(
        ada,
        ben,
        cem,
        replace(dan, location="Riga"),
        projects=projects,
        logged=logged,
        bookings=(booking("x", 9, 12, 1, "dan"),),
    )
    assert _ranked(plan, continuity=1) == [("ben", 1.0), ("cem", 1.0), ("dan", 1.0), ("ada", 0.5)]
    assert _ranked(plan, location=1) == [("dan", 1.0), ("ada", 0.0), ("ben", 0.0), ("cem", 0.0)]


def test_cost_is_compared_in_one_currency() -> None:
    """The cheapest gets all, the dearest nothing; a cost without a rate is not known and gets nothing."""

    def at(name: str, cents: int, currency: str = "") -> Consultant:
        return Consultant(name, (ContractTerms(date(2026, 1, 1), cost_cents=cents, currency=currency),), SAP)

    rates = (
        ExchangeRate("PLN", 0.5, date(2026, 1, 1)),
        ExchangeRate("PLN", 0.25, date(2026, 5, 1)),
        ExchangeRate("PLN", 9.0, date(2027, 1, 1)),
    )
    plan = _plan(at("dear", 8000), at("half", 6000), at("cheap", 16000, "PLN"), at("odd", 10, "XXX"), exchange=rates)
    assert _ranked(plan, cost=1) == [("cheap", 1.0), ("half", 0.5), ("dear", 0.0), ("odd", 0.0)]


def test_who_has_all_the_hours_comes_first() -> None:
    """However well somebody else would do in everything else."""
    people = (person("ada", skills=SAP), person("ben", skills=(HeldSkill("sap", 1),)))
    plan = _plan(*people, bookings=(booking("x", 0, 5, 21),), logged=(TimeEntry("p", "ada", day(-3), 100.0),))
    assert [(one.person_id, one.fits, one.hours) for one in find(plan, need=NEED)] == [
        ("ben", True, 40.0),
        ("ada", False, 19.0),
    ]


@settings(max_examples=30, deadline=None)
@given(st.data())
def test_a_score_is_the_sum_of_its_reasons(data: st.DataObject) -> None:
    """From 0 to 1, with one reason for each thing that counts; hours are what is left."""
    names = ("ada", "ben", "cem")
    plan = portfolio(*data.draw(some_bookings(names)), people=tuple(data.draw(odd_people(name)) for name in names))
    for one in find(plan, need=NEED):
        assert len(one.reasons) == 5
        assert one.score == pytest.approx(sum(reason.parameters["part"] for reason in one.reasons))
        assert 0 <= one.score <= 1 + 1e-9
        assert one.fits == (one.hours >= NEED.hours - 0.005)
    assert plan.day == MONDAY
