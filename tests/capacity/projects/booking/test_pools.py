"""Bookings of roles and teams against a plain maximal flow over people and days."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array
from scipy.sparse.csgraph import maximum_flow

from tests.capacity.projects.booking.portfolios import (
    MONDAY,
    booking,
    day,
    odd_people,
    person,
    portfolio,
    some_bookings,
)
from troth.capacity.projects.booking import CountedBookings, overbooked, pooled
from troth.capacity.projects.portfolio import HeldSkill, Portfolio, ProjectBooking, free_hours

NAMES = ("ada", "ben", "cem")


def _asked(name: str, first: int, until: int, hours: float, **more: object) -> ProjectBooking:
    return booking(name, first, until, hours, "", **more)


def _unplaced(plan: Portfolio) -> float:
    """Return the hours that a largest flow over each person's days cannot place, in hundredths."""
    free = np.rint(free_hours(plan, first=MONDAY, until=day(20)) * 100).astype(int)
    n, (p, d) = len(plan.bookings), free.shape
    matrix = np.zeros((n + p * d + 2, n + p * d + 2), np.int32)
    for k, one in enumerate(plan.bookings):
        a, b = max((one.first - MONDAY).days, 0), max((one.until - MONDAY).days, 0)
        matrix[0, k + 2] = round(one.hours * 100) if b > a else 0
        for who, somebody in enumerate(plan.people):
            for t in range(a, b):
                if one.person_id:
                    may = one.person_id == somebody.person_id
                else:
                    held = somebody.level_of(one.skill, day=day(t)) if one.skill else 1.0
                    may = one.role in ("", somebody.role) and held > 0 and (not one.skill or held >= one.level)
                matrix[k + 2, n + 2 + who * d + t] = 10**8 * may
    matrix[n + 2 :, 1] = free.ravel()
    return float(matrix[0].sum() - maximum_flow(csr_array(matrix), 0, 1).flow_value) / 100


@st.composite
def _plans(draw: st.DrawFn) -> Portfolio:
    people = tuple(draw(odd_people(name)) for name in NAMES[: draw(st.integers(1, 3))])
    own = draw(some_bookings(tuple(one.person_id for one in people), most=2))
    asked = []
    for k in range(draw(st.integers(1, 3))):
        first = draw(st.integers(-1, 8))
        needs = {
            "role": draw(st.sampled_from(["", "x"])),
            "skill": "sap",
            "level": draw(st.sampled_from([0.0, 1.0, 2.0])),
        }
        asked.append(
            _asked(f"r{k}", first, first + draw(st.integers(1, 6)), draw(st.sampled_from([1.0, 8.0, 20.5])), **needs)
        )
    return portfolio(*(replace(one, probability=1.0) for one in own if one.hard), *asked, people=people)


@settings(max_examples=80, deadline=None)
@given(_plans())
def test_what_nobody_can_do_equals_a_plain_flow(plan: Portfolio) -> None:
    """What pools are over by, with what people are over by alone, is what no flow over people and days places."""
    found = pooled(plan)
    named = {name for one in found for name in one.booking_ids}
    alone = [one.over for one in overbooked(plan) if not named & set(one.booking_ids)]
    assert sum(one.over for one in found) + sum(alone) == pytest.approx(_unplaced(plan), abs=0.05)
    for one in found:
        assert one.over == pytest.approx(one.forced - one.available)
        assert any(name.startswith("r") for name in one.booking_ids)


def test_any_member_may_do_a_part() -> None:
    """Two people share what one could not do; a third, without the level, has no part in it."""
    sap = (HeldSkill("sap", 2),)
    people = (person("ada", skills=sap), person("ben", skills=sap), person("cem", skills=(HeldSkill("sap", 1),)))
    asked = _asked("r", 0, 5, 78, skill="sap", level=2)
    assert pooled(portfolio(asked, people=people)) == ()
    (one,) = pooled(portfolio(asked, booking("b", 0, 5, 10), people=people))
    assert (one.people, one.booking_ids, one.over) == (("ada", "ben"), ("r", "b"), 8.0)
    assert one.as_issue().code == "pool-over-booked"


def test_a_booking_by_name_moves_aside_if_it_can() -> None:
    """Somebody's own booking of a fortnight gives its first week to the pool."""
    own = booking("b", 0, 12, 40)
    asked = _asked("r", 0, 5, 40, role="dev")
    assert pooled(portfolio(asked, own, people=(person("ada", role="dev"),))) == ()


def test_a_skill_counts_only_while_it_is_held() -> None:
    """A certificate that expires on Wednesday leaves two days."""
    ada = person("ada", skills=(HeldSkill("sap", 1, until=day(2)),))
    (one,) = pooled(portfolio(_asked("r", 0, 5, 20, skill="sap"), people=(ada,)))
    assert (one.available, one.over) == (16.0, 4.0)


def test_nobody_can_do_it() -> None:
    """Without anybody all of it is over; a placeholder asks in the name of its role and gives nothing."""
    (one,) = pooled(portfolio(_asked("r", 0, 5, 20, skill="rust")))
    assert (one.people, one.available, one.over) == ((), 0.0, 20.0)
    stand_in = person("tbd", role="dev", placeholder=True)
    plan = portfolio(booking("b", 0, 5, 50, "tbd"), people=(stand_in, person("ada", role="dev")))
    (two,) = pooled(plan)
    assert (two.people, two.over) == (("ada",), 10.0)


def test_soft_ones_and_those_thought_of_count_as_asked() -> None:
    """By probability, in full, or not; what is thought of always in full."""
    plan = portfolio(_asked("r", 0, 5, 60, role="dev", probability=0.5), people=(person("ada", role="dev"),))
    assert pooled(plan) == pooled(plan, counted=CountedBookings.EXPECTED) == ()
    assert [one.over for one in pooled(plan, counted=CountedBookings.ALL)] == [20.0]
    assert [one.over for one in pooled(plan, proposed=[_asked("n", 0, 5, 41, role="dev")])] == [1.0]
