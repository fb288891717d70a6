"""Confirming never blocks: what does not fit stays soft and says by how much; offers say what could be had instead."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.capacity.projects.booking.portfolios import booking, day, odd_people, person, portfolio, some_bookings
from troth.capacity.projects.booking import confirm, counter_offers, overbooked, what_if
from troth.capacity.projects.portfolio import HeldSkill, RequestState

ASKED = booking("b", 0, 5, 30, state=RequestState.REQUESTED)


def test_what_fits_becomes_hard_without_a_word() -> None:
    """All of its hours can be placed beside hard bookings: soft ones do not stand in the way, but are told."""
    made, issues = confirm(portfolio(), booking=ASKED)
    assert made == replace(ASKED, state=RequestState.CONFIRMED) and made.hard and issues == []
    soft = booking("s", 0, 5, 40, probability=0.5)
    made, issues = confirm(portfolio(soft), booking=ASKED)
    assert made.hard and [one.code for one in issues] == ["expected-over"]


def test_what_does_not_fit_stays_soft_and_can_be_tried_again() -> None:
    """The warnings name the size; with room it becomes hard."""
    taken = booking("x", 0, 5, 20)
    made, issues = confirm(portfolio(taken), booking=ASKED)
    assert (made.state, made.hard, made.soft) == (RequestState.CONFIRMED, False, True)
    assert [(one.code, str(one.severity)) for one in issues] == [("over-booked", "warning"), ("stays-soft", "warning")]
    assert issues[-1].value == "10.00 h do not fit"
    again, issues = confirm(portfolio(made), booking=made)
    assert again.hard and issues == []


def test_what_is_uncertain_or_nobodys_stays_soft() -> None:
    """A tentative project, a placeholder and a role do not take anybody's hours; a pool that has too few is told."""
    likely, _ = confirm(portfolio(), booking=replace(ASKED, probability=0.6))
    assert not likely.hard
    people = (person("ada", role="dev"), person("tbd", placeholder=True))
    for one in (replace(ASKED, person_id="", role="dev"), replace(ASKED, person_id="tbd")):
        made, issues = confirm(portfolio(people=people), booking=one)
        assert not made.hard and issues[-1].value == "no person yet"
    _, issues = confirm(portfolio(people=people), booking=replace(ASKED, person_id="", role="dev", hours=41))
    assert [one.code for one in issues] == ["pool-over-booked", "stays-soft"]


def test_what_is_doubtful_is_told_and_done() -> None:
    """A skill that expires on the way and days in the past are warnings."""
    ada = person("ada", skills=(HeldSkill("sap", 2, until=day(3)),))
    made, issues = confirm(portfolio(people=(ada,)), booking=replace(ASKED, skill="sap", level=2, first=day(-2)))
    assert made.hard and [one.code for one in issues] == ["booked-in-the-past", "skill-not-held"]


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_confirming_adds_no_hour_that_does_not_fit(data: st.DataObject) -> None:
    """However many are confirmed one after the other: hard ones never become over-booked by it."""
    people = tuple(data.draw(odd_people(name)) for name in ("ada", "ben"))
    plan = portfolio(people=people)
    for one in data.draw(some_bookings(("ada", "ben"))):
        made, issues = confirm(plan, booking=one)
        plan = replace(plan, bookings=(*plan.bookings, made))
        assert made.hard or any(issue.code == "stays-soft" for issue in issues)
    assert sum(one.over for one in overbooked(plan)) == pytest.approx(0.0, abs=0.02)


def test_offers_say_who_when_and_how_much_instead() -> None:
    """Somebody else who has all the hours, the first later week, as few weeks longer, and the hours there are; each could be placed."""
    sap = (HeldSkill("sap", 1),)
    people = (person("ada", skills=sap), person("ben", skills=sap), person("cem", skills=sap), person("dan"))
    asked = replace(ASKED, skill="sap")
    plan = portfolio(booking("x", 0, 12, 60), booking("y", 0, 5, 20, "cem"), asked, people=people)
    offers = counter_offers(plan, booking=asked)
    told = [
        (one.reasons[0].code, one.booking.person_id, one.booking.first, one.booking.until, one.booking.hours)
        for one in offers
    ]
    assert told == [
        ("offer.other", "ben", day(0), day(5), 30),
        ("offer.later", "ada", day(14), day(19), 30),
        ("offer.longer", "ada", day(0), day(19), 30),
        ("offer.less", "ada", day(0), day(5), 20.0),
    ]
    assert [one.code for one in offers[0].reasons[1:]] == [
        "find.free",
        "find.skill",
        "find.new",
        "find.location",
        "find.cost-unknown",
    ]
    for one in offers:
        assert what_if(plan, proposed=[one.booking]).fits


def test_what_fits_needs_no_other_time() -> None:
    """Only others are offered then; a role has no time of its own to be moved to."""
    people = (person("ada", role="dev"), person("ben", role="dev"))
    assert [one.booking.person_id for one in counter_offers(portfolio(people=people), booking=ASKED)] == ["ben"]
    asked = replace(ASKED, person_id="", role="dev")
    assert [one.booking.person_id for one in counter_offers(portfolio(people=people), booking=asked, most=1)] == ["ada"]
