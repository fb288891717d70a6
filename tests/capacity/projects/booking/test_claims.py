"""Bookings as claims of the ledger: no hour used twice beside shifts, visits and leave, and none invented."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.capacity.projects.booking.portfolios import MONDAY, TERMS, booking, day, person, portfolio, some_bookings
from troth.capacity.projects.booking import booking_claims, claimed_hours, lay, overbooked
from troth.capacity.projects.portfolio import Consultant, HoursSpread, Portfolio
from troth.core.errors import InputError
from troth.core.time import Calendar, Span, instant_at, zone
from troth.ledger import CapacityClaim, CapacityLedger, ClaimKind, Resource, book, check

VILNIUS = "Europe/Vilnius"
OFFICE = Calendar.weekly("office", time_zone=VILNIUS, hours="Mon-Fri 08:00-12:00 13:00-17:00")


def _at(k: int, minute: int, first: date = MONDAY) -> Span:
    start = instant_at(first + timedelta(days=k), minute=minute, tz=zone(VILNIUS))
    return Span(start, start + timedelta(hours=1))


def _span(k: int, low: int, high: int) -> Span:
    return Span(_at(k, low * 60).start, _at(k, high * 60).start)


def _hours(claims: tuple[CapacityClaim, ...]) -> dict[str, float]:
    out: dict[str, float] = defaultdict(float)
    for one in claims:
        out[one.claim_id.split(":")[1]] += one.span.seconds / 3600
    return dict(out)


def test_hours_lie_beside_shifts_in_the_calendar() -> None:
    """Front load fills Monday around a shift and the lunch, then goes on on Tuesday."""
    parts = (("s", 9, 12, ClaimKind.SHIFT), ("c", 13, 14, ClaimKind.COUNTER))
    taken = tuple(CapacityClaim(name, "ada", _span(0, low, high), kind) for name, low, high, kind in parts)
    ledger = CapacityLedger((Resource("ada", calendar=OFFICE),), taken)
    plan = portfolio(booking("b", 0, 5, 6, spread=HoursSpread.FRONT))
    made = booking_claims(plan, ledger=ledger, time_zone=VILNIUS)
    assert [one.span for one in made.claims] == [_span(0, 8, 9), _span(0, 14, 17), _span(1, 8, 10)]
    assert [one.claim_id for one in made.claims] == [
        "project:b:2026-06-01",
        "project:b:2026-06-01:1",
        "project:b:2026-06-02",
    ]
    assert {(one.kind, one.holder, one.hard) for one in made.claims} == {(ClaimKind.PROJECT, "p", True)}
    assert made.unplaced == {} and check(book(ledger, claims=made.claims)) == []


def test_what_never_comes_claims_nothing() -> None:
    """A booking of probability 0 is sound and takes no time: the ledger knows no such claim."""
    made = booking_claims(
        portfolio(booking("b", 0, 5, 6, probability=0.0)), ledger=CapacityLedger((Resource("ada"),), ())
    )
    assert (made.claims, made.unplaced, made.issues) == ((), {}, ())


def test_an_even_spread_gives_way_where_a_day_is_taken() -> None:
    """A day full of visits gets nothing, the other days more; if the spreads do not fit, what must end first is worked first."""
    visits = CapacityClaim("v", "ada", _span(0, 8, 17), ClaimKind.VISIT)
    ledger = CapacityLedger((Resource("ada", calendar=OFFICE),), (visits,))
    made = booking_claims(portfolio(booking("b", 0, 5, 20)), ledger=ledger, time_zone=VILNIUS)
    assert _hours(made.claims) == {"b": 20.0} and all(one.span.start >= _at(1, 0).start for one in made.claims)
    plan = portfolio(booking("a", 0, 2, 8), booking("b", 1, 3, 16))
    laid = {one.booking.booking_id: one.hours for one in lay(plan)}
    assert laid == {"a": (8.0, 0.0), "b": (0.0, 8.0, 8.0)}


def test_what_finds_no_place_is_told_with_its_size() -> None:
    """In all 40 hours of a week and not more; people the ledger does not know get nothing and are named."""
    ledger = CapacityLedger((Resource("ada", calendar=OFFICE),))
    plan = portfolio(booking("a", 0, 5, 46), booking("b", 0, 5, 5, "ben"), people=(person("ada"), person("ben")))
    made = booking_claims(plan, ledger=ledger, time_zone=VILNIUS)
    assert made.unplaced == {"a": 6.0, "b": 5.0}
    assert [(one.code, one.value) for one in made.issues] == [
        ("not-in-ledger", "ben"), ("not-placed", "6.00 of 46.00 h"), ("not-placed", "5.00 of 5.00 h"),
    ]  # fmt: skip


def test_soft_claims_exclude_nothing() -> None:
    """They carry their probability, come after hard ones, and what is certain but soft is almost certain."""
    plan = portfolio(booking("a", 0, 5, 36), booking("s", 0, 5, 10, probability=0.4), booking("t", 0, 5, 2, soft=True))
    ledger = CapacityLedger((Resource("ada", calendar=OFFICE),))
    made = booking_claims(plan, ledger=ledger, time_zone=VILNIUS)
    assert _hours(made.claims)["a"] == 36.0
    assert _hours(made.claims)["s"] + _hours(made.claims).get("t", 0.0) + sum(made.unplaced.values()) == pytest.approx(
        12.0
    )
    almost = [one.probability for one in made.claims if ":t:" in one.claim_id]
    assert almost and all(0.999 < one < 1 for one in almost)
    assert {one.probability for one in made.claims if ":s:" in one.claim_id} == {0.4}
    shift = CapacityClaim("shift", "ada", _span(4, 8, 9), ClaimKind.SHIFT)
    soft = [one for one in made.claims if not one.hard]
    assert check(book(CapacityLedger(ledger.resources, tuple(soft)), claims=[shift])) == []


def test_a_day_of_a_clock_change_has_the_hours_it_has() -> None:
    """Around the clock a Sunday in March has an hour less, and no claim lies in the hour that is not."""
    sunday = date(2026, 3, 29)
    always = Consultant("ada", (replace(TERMS[0], hours=(24.0,) * 7),))
    plan = Portfolio(
        sunday, (always,), bookings=(replace(booking("b", 0, 5, 24), first=sunday, until=sunday + timedelta(days=1)),)
    )
    made = booking_claims(plan, ledger=CapacityLedger((Resource("ada"),)), time_zone=VILNIUS, begins=timedelta())
    assert made.unplaced == {"b": 1.0}
    assert [one.span.seconds / 3600 for one in made.claims] == [23.0]


def test_hours_of_a_ledger_are_hours_that_projects_cannot_have() -> None:
    """By day and kind, over midnight, without what lies inside, outside the calendar, is soft or is a project's."""
    claims = (
        CapacityClaim("s", "ada", _span(0, 10, 14), ClaimKind.SHIFT), CapacityClaim("v", "ada", _span(0, 11, 12), ClaimKind.VISIT, inside="s"),
        CapacityClaim("l", "ada", Span(_at(1, 16 * 60).start, _at(2, 9 * 60).start), ClaimKind.LEAVE),
        CapacityClaim("m", "ada", _span(3, 9, 10), ClaimKind.MEETING, probability=0.5), CapacityClaim("p", "ada", _span(3, 9, 10), ClaimKind.PROJECT),
        CapacityClaim("n", "ada", _span(3, 15, 20), ClaimKind.TRAINING),
    )  # fmt: skip
    found = claimed_hours(
        CapacityLedger((Resource("ada", calendar=OFFICE),), claims), first=MONDAY, until=day(7), time_zone=VILNIUS
    )
    assert {(one.kind, one.day, one.hours) for one in found} == {
        ("shift", MONDAY, 3.0), ("leave", day(1), 1.0), ("leave", day(2), 1.0), ("training", day(3), 2.0),
    }  # fmt: skip


NAMES = ("ada", "ben")


@st.composite
def _worlds(draw: st.DrawFn) -> tuple[Portfolio, CapacityLedger]:
    """Draw bookings around a clock change or not, with shifts, visits inside, counters and leave of people with and without a calendar."""
    first = draw(st.sampled_from([MONDAY, date(2026, 3, 27), date(2026, 10, 23)]))
    shift = (first - MONDAY).days
    bookings = tuple(
        replace(one, first=one.first + timedelta(days=shift), until=one.until + timedelta(days=shift))
        for one in draw(some_bookings(NAMES))
    )
    claims: list[CapacityClaim] = []
    for who in NAMES:
        minute = 0
        for k in range(draw(st.integers(0, 5))):
            minute += draw(st.integers(0, 3000))
            length = draw(st.integers(1, 900))
            start = _at(minute // 1440, minute % 1440, first).start
            span = Span(start, start + timedelta(minutes=length))
            kind = draw(st.sampled_from([ClaimKind.SHIFT, ClaimKind.COUNTER, ClaimKind.VISIT, ClaimKind.LEAVE]))
            claims.append(CapacityClaim(f"{who}{k}", who, span, kind))
            if draw(st.booleans()):
                claims.append(CapacityClaim(f"{who}{k}i", who, span, ClaimKind.MEETING, inside=f"{who}{k}"))
            minute += length
    calendars = [draw(st.sampled_from([None, OFFICE])) for _ in NAMES]
    resources = tuple(Resource(who, calendar=one) for who, one in zip(NAMES, calendars, strict=True))
    return Portfolio(first, tuple(Consultant(name, TERMS) for name in NAMES), bookings=bookings), CapacityLedger(
        resources, tuple(claims)
    )


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(_worlds(), st.booleans())
def test_no_hour_is_used_twice(world: tuple[Portfolio, CapacityLedger], known: bool) -> None:
    """Claims of bookings can be booked beside everything there is, hours laid and not laid are those asked, and a planted claim cannot be booked."""
    plan, ledger = world
    if known:  # the portfolio knows what the ledger claims, or does not: the ledger decides either way
        plan = replace(
            plan, claims=claimed_hours(ledger, first=plan.day, until=plan.day + timedelta(days=30), time_zone=VILNIUS)
        )
    made = booking_claims(plan, ledger=ledger, time_zone=VILNIUS)
    before = set(check(ledger))
    booked = book(ledger, claims=made.claims)
    assert {one for one in check(booked) if one.code != "expected-over"} <= before
    laid = _hours(made.claims)
    for one in lay(plan):
        name = one.booking.booking_id
        asked = sum(one.hours) + one.unplaced
        assert laid.get(name, 0.0) + made.unplaced.get(name, 0.0) == pytest.approx(asked, abs=0.006)
    hard = next((claim for claim in made.claims if claim.hard), None)
    if hard is not None:
        start = hard.span.start
        planted = replace(hard, claim_id="planted", span=Span(start, start + timedelta(seconds=36)))
        with pytest.raises(InputError, match="used-twice"):
            book(booked, claims=[planted])


@settings(max_examples=30, deadline=None)
@given(st.data())
def test_hard_bookings_that_fit_are_laid_in_full(data: st.DataObject) -> None:
    """Where nothing is over-booked, each hard hour finds its place, whatever the spreads."""
    hours = st.sampled_from([0.5, 2.0, 8.0, 12.25, 20.0])
    drawn = data.draw(some_bookings(("ada",)))
    plan = portfolio(
        *(
            replace(one, hours=data.draw(hours), first=max(one.first, MONDAY), until=max(one.until, day(1)))
            for one in drawn
        )
    )
    made = booking_claims(plan, ledger=CapacityLedger((Resource("ada", calendar=OFFICE),)), time_zone=VILNIUS)
    hard = {one.booking_id for one in plan.bookings if one.hard}
    short = sum(made.unplaced.get(name, 0.0) for name in hard)
    assert short == pytest.approx(sum(one.over for one in overbooked(plan)), abs=0.02)
