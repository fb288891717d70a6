"""What is known of people and bookings goes into every future as it is."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from itertools import permutations

import pytest

from tests.capacity.projects.promising.firms import DAY, day, person, phase
from troth.capacity.projects.portfolio import (
    Consultant,
    ContractTerms,
    Deal,
    HeldSkill,
    LeaveSpan,
    Portfolio,
    Project,
    ProjectBooking,
    RequestState,
    TimeEntry,
)
from troth.capacity.projects.promising import Beliefs, DecisionBelief, PeopleBelief, prepare, promise

EXACT = replace(Beliefs().without("estimates"), decisions=DecisionBelief(otherwise=(30.0, 30.0)))
ADA = person("ada", "carving")


def _house(*people: Consultant, hours: float = 30.0, level: float = 0.0, **more: object) -> Portfolio:
    mill = Project("mill", (phase("all", ("carving", hours)),), earliest=DAY)
    need = replace(mill.phases[0].needs[0], level=level)
    return Portfolio(DAY, people, (replace(mill, phases=(replace(mill.phases[0], needs=(need,)),)),), **more)  # type: ignore[arg-type]


def _starts(portfolio: Portfolio, beliefs: Beliefs = EXACT, *, weeks: int = 12) -> set[date | None]:
    return set(prepare(portfolio, beliefs=beliefs, futures=20, weeks=weeks).starts("mill"))


def test_a_skill_counts_at_the_level_it_has_on_the_day() -> None:
    """Somebody whose level changes works at each from its day on, in whatever order the rows are; the highest counts."""
    rows = (
        HeldSkill("carving", 1, until=day(35)),
        HeldSkill("carving", 3, first=day(35)),
        HeldSkill("carving", 2, until=day(7)),
    )
    for held in permutations(rows):
        ada = replace(ADA, skills=held)
        assert _starts(_house(ada)) == {DAY}
        assert _starts(_house(ada, level=2.0)) == {DAY}
        assert _starts(replace(_house(ada, level=2.0), day=day(7))) == {day(35)}
        assert _starts(_house(ada, level=3.0)) == {day(35)}


def test_contracts_hold_in_any_order() -> None:
    """Who leaves is followed by somebody after the last contract in time, not the one written last."""
    short, last = ContractTerms(date(2020, 1, 1), day(7)), ContractTerms(day(7), hours=(4.0,) * 2 + (0.0,) * 5)
    there, back = (_house(replace(ADA, contracts=rows), hours=120.0) for rows in ((short, last), (last, short)))
    one, two = (prepare(of, beliefs=EXACT, futures=20, weeks=30).finishes("mill") for of in (there, back))
    assert one == two and set(one) == {day(7 * 10 + 1)}


def test_who_has_left_comes_back_only_as_an_empty_place() -> None:
    """Nobody is hired for who left before the day unless the place is named as empty; for who will leave somebody is."""
    gone, goes = (
        replace(ADA, contracts=(ContractTerms(date(2018, 1, 1), until),)) for until in (date(2020, 1, 1), day(1))
    )
    named = replace(EXACT, people=PeopleBelief(empty=frozenset({"ada"}), hiring_days=10.0))
    assert _starts(_house(gone)) == {None}
    assert any(_starts(_house(gone), named, weeks=30))
    assert _starts(_house(gone), replace(named, people=replace(named.people, refill=False))) == {None}
    finishes = prepare(
        _house(goes), beliefs=replace(EXACT, people=PeopleBelief(hiring_days=10.0)), futures=20, weeks=30
    ).finishes("mill")
    assert any(finishes)


@pytest.mark.parametrize("booked", ["somebody", "away"])
def test_hours_of_nobody_are_not_given(booked: str) -> None:
    """A placeholder's hard booking and one of somebody on leave hold no project back: those who are there are booked."""
    away = replace(person("away", "carving"), leave=(LeaveSpan(DAY, day(7)),))
    somebody = Consultant("somebody", skills=(HeldSkill("carving"),), placeholder=True)
    hard = ProjectBooking("b", "mill", DAY, day(5), 30.0, booked)
    assert _starts(_house(ADA, away, somebody, bookings=(hard,))) == {DAY}


def test_a_deal_holds_people_only_once_it_is_won() -> None:
    """Hours booked hard for a deal are taken in no future in which it is not won by then, and in all in which it is."""
    held = ProjectBooking("b", "bank", DAY, day(5), 40.0, "ada")
    for probability, start in ((0.3, DAY), (1.0, day(7))):
        deal = Deal("bank", (phase("all", ("carving", 40.0)),), probability, DAY, promised_start=day(60))
        assert _starts(_house(ADA, deals=(deal,), bookings=(held,))) == {start}


def test_a_project_asked_about_keeps_what_is_booked_for_it() -> None:
    """Who asks about a project or a deal with hours booked hard finds them where they are, though others stand before it."""
    first = Project("first", (phase("all", ("carving", 400.0)),), earliest=DAY, promised_start=DAY)
    hard = ProjectBooking("b", "mill", DAY, day(5), 30.0, "ada")
    portfolio = _house(ADA, bookings=(hard,))
    mill = replace(portfolio.projects[0], promised_start=day(4))
    ready = prepare(replace(portfolio, projects=(first, mill)), beliefs=EXACT, futures=20, weeks=30)
    assert set(ready.starts("mill")) == {DAY}
    start = promise(ready, deal="mill").start(0.8)
    assert start is not None and start <= day(4)


def test_a_booking_that_is_worked_holds_nobody() -> None:
    """Hours that are logged already, and what is completed, leave the person to others; hours that are left do not."""
    hard = ProjectBooking("b", "old", day(-7), day(5), 80.0, "ada")
    worked = tuple(TimeEntry("old", "ada", day(k), 20.0) for k in (-7, -6, -5, -4))
    old = Project("old", (phase("all", ("joining", 80.0)),), promised_start=DAY)
    for booking, logged, start in (
        (hard, worked, DAY),
        (replace(hard, state=RequestState.COMPLETED), (), DAY),
        (hard, worked[:2], day(7)),
    ):
        house = _house(ADA, bookings=(booking,), logged=logged)
        assert _starts(replace(house, projects=(old, *house.projects))) == {start}
