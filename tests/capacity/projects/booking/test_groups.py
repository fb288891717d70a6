"""Requests to groups: the published examples, units by each one's own calendar, and nobody asked who cannot do it."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.capacity.projects.booking.portfolios import MONDAY, booking, day, person, portfolio
from troth.capacity.projects.booking import EffortUnit, MembersPreference, ask_group, hours_of, split
from troth.capacity.projects.portfolio import ContractTerms, HeldSkill, LeaveSpan
from troth.core.errors import InputError

ALL, ANY, SPECIFIC = MembersPreference.ALL, MembersPreference.ANY, MembersPreference.SPECIFIC
HALF = (ContractTerms(date(2026, 1, 1), hours=(4.0, 4.0, 4.0, 4.0, 4.0, 0.0, 0.0)),)


def test_all_members_in_proportion() -> None:
    """Forty hours over members with 24 and 40 left are 15 and 25 (ServiceNow, Resource allocation, case 1, 2025)."""
    made = split(40, available={"one": 24, "two": 40})
    assert dict(made.hours) == {"one": 15.0, "two": 25.0} and made.fits


def test_any_member_most_available_first() -> None:
    """Forty hours over 24, 30 and 20: 30 of the second, 10 of the first (ServiceNow, Resource allocation, case 2, 2025)."""
    made = split(40, available={"one": 24, "two": 30, "three": 20}, preference=ANY)
    assert dict(made.hours) == {"two": 30.0, "one": 10.0} and made.fits


def test_the_same_out_of_calendars() -> None:
    """Two days off leave 24 of 40 hours: the split of the published example comes out of a portfolio."""
    away = (LeaveSpan(MONDAY, day(2)),)
    plan = portfolio(people=(person("one", team="t", leave=away), person("two", team="t"), person("cem", team="u")))
    bookings, made = ask_group(plan, request=booking("r", 0, 5, 0, "", team="t"), amount=40)
    assert [(one.booking_id, one.person_id, one.hours) for one in bookings] == [
        ("r:one", "one", 15.0),
        ("r:two", "two", 25.0),
    ]
    assert made.available == {"one": 24.0, "two": 40.0}


def test_too_much_is_told_by_member_or_as_left_over() -> None:
    """In proportion everybody is asked too much by as much; the most available first are never asked for more than they have."""
    made = split(80, available={"one": 24, "two": 40})
    assert dict(made.hours) == {"one": 30.0, "two": 50.0} and dict(made.over) == {"one": 6.0, "two": 10.0}
    any_ = split(80, available={"one": 24, "two": 40}, preference=ANY)
    assert dict(any_.hours) == {"two": 40.0, "one": 24.0} and any_.unplaced == 16.0 and not any_.fits


def test_units_are_each_ones_own() -> None:
    """An FTE of half-timers is twenty hours a week, their working day is four; a day off makes an FTE less and a day no shorter."""
    people = (person("ada"), person("half", contracts=HALF), person("away", leave=(LeaveSpan(MONDAY, day(1)),)))
    plan = portfolio(people=people)
    assert hours_of(plan, unit=EffortUnit.FTE, first=MONDAY, until=day(7)) == {"ada": 40.0, "half": 20.0, "away": 32.0}
    assert hours_of(plan, unit=EffortUnit.PERSON_DAYS, first=MONDAY, until=day(7)) == {
        "ada": 8.0,
        "half": 4.0,
        "away": 8.0,
    }
    request = booking("r", 0, 7, 0, "")
    _, one = ask_group(
        plan, request=request, amount=1.5, unit=EffortUnit.FTE, preference=SPECIFIC, members=("ada", "half")
    )
    assert dict(one.hours) == {"ada": 40.0, "half": 10.0}
    _, two = ask_group(plan, request=request, amount=7, unit=EffortUnit.PERSON_DAYS, preference=ANY)
    assert dict(two.hours) == {"ada": 40.0, "away": 16.0}
    _, three = ask_group(plan, request=request, amount=20, unit=EffortUnit.PERSON_DAYS, preference=ANY)
    assert dict(three.hours) == {"ada": 40.0, "away": 32.0, "half": 20.0}
    assert three.unplaced == pytest.approx(6 * (8 + 4 + 8) / 3)


def test_only_who_can_is_asked() -> None:
    """Role, team and skill at its level decide; a member named who is not one is told, as is a group of nobody."""
    sap = person("ada", role="dev", skills=(HeldSkill("sap", 2),))
    plan = portfolio(people=(sap, person("ben", role="dev", skills=(HeldSkill("sap", 1),)), person("cem", role="dev")))
    request = booking("r", 0, 5, 0, "", role="dev", skill="sap", level=2)
    bookings, _ = ask_group(plan, request=request, amount=10)
    assert [one.person_id for one in bookings] == ["ada"]
    with pytest.raises(InputError) as caught:
        ask_group(plan, request=request, amount=-1, preference=SPECIFIC, members=("ben", "ada", "eve"))
    assert [(one.code, one.value) for one in caught.value.issues] == [
        ("not-a-member", "ben"),
        ("not-a-member", "eve"),
        ("bad-amount", "-1"),
    ]
    with pytest.raises(InputError, match="nobody-asked"):
        ask_group(plan, request=booking("r", 0, 5, 0, "", role="pilot"), amount=10)


@settings(max_examples=60, deadline=None)
@given(
    st.integers(0, 20_000).map(lambda one: one / 100),
    st.lists(st.integers(0, 5000).map(lambda one: one / 100), min_size=1, max_size=6),
    st.sampled_from([ALL, ANY]),
)
def test_no_hour_is_lost(amount: float, hours: list[float], preference: MembersPreference) -> None:
    """Hours asked, and those that nobody has, make up the amount; what is over is what is beyond somebody's own."""
    available = {f"p{k}": one for k, one in enumerate(hours)}
    made = split(amount, available=available, preference=preference)
    assert sum(made.hours.values()) + made.unplaced == pytest.approx(amount, abs=1e-6)
    for name, asked in made.hours.items():
        assert asked - made.over.get(name, 0.0) <= available[name] + 1e-9
    if preference is ANY:
        assert not made.over
        order = sorted(made.hours, key=lambda name: -available[name])
        assert all(made.hours[name] == pytest.approx(available[name]) for name in order[:-1])
