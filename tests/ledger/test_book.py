"""No hour is used twice, however claims come."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.ledger.worlds import HOURS, RESOURCES, T0, claim_lists, hours, sound, span, used
from troth.core.decision import Severity
from troth.core.errors import InputError
from troth.core.time import Span
from troth.ledger import (
    CapacityClaim,
    CapacityLedger,
    ClaimKind,
    Resource,
    book,
    check,
    claimed_s,
    free,
    free_s,
    release,
)


def _errors(ledger: CapacityLedger) -> list[str]:
    return [one.code for one in check(ledger) if one.severity is Severity.ERROR]


@given(claim_lists())
@settings(max_examples=150, deadline=None)
def test_no_hour_is_used_twice_whatever_is_booked_in_turn(claims: list[CapacityClaim]) -> None:
    """A claim is taken exactly when hour by hour there is room for it, and what is refused changes nothing."""
    ledger = CapacityLedger(RESOURCES)
    for one in claims:
        fits = sound((*ledger.claims, one))
        before = ledger
        try:
            ledger = book(ledger, claims=[one])
        except InputError:
            assert not fits
            assert ledger is before
        else:
            assert fits
    assert sound(ledger.claims)
    assert _errors(ledger) == []


@given(claim_lists())
@settings(max_examples=150, deadline=None)
def test_conflicts_are_those_counted_hour_by_hour(claims: list[CapacityClaim]) -> None:
    """A ledger has an error exactly when counting finds one."""
    assert (_errors(CapacityLedger(RESOURCES, tuple(claims))) == []) == sound(claims)


@given(claim_lists(), st.integers(0, 1000))
@settings(max_examples=80, deadline=None)
def test_the_order_of_booking_does_not_matter_to_conflicts(claims: list[CapacityClaim], seed: int) -> None:
    """The same claims in another order have the same issues, in the same order."""
    mixed = list(claims)
    random.Random(seed).shuffle(mixed)
    assert check(CapacityLedger(RESOURCES, tuple(claims))) == check(CapacityLedger(RESOURCES, tuple(mixed)))


@given(claim_lists(), st.integers(0, HOURS - 1), st.integers(1, HOURS))
@settings(max_examples=100, deadline=None)
def test_free_and_claimed_time_make_up_the_calendar(claims: list[CapacityClaim], first: int, length: int) -> None:
    """Of every resource, and both are what counting hours says."""
    ledger = CapacityLedger(RESOURCES, tuple(claims))
    last = min(HOURS, first + length)
    start, end = T0 + timedelta(hours=first), T0 + timedelta(hours=last)
    taken = used(claims)
    for one in RESOURCES:
        open_hours = [h for h in range(first, last) if one.calendar is None or 6 <= h % 24 < 22]
        busy = {h: min(one.capacity, taken[one.resource_id, "", h]) for h in open_hours}
        asked = {"resource_id": one.resource_id, "start": start, "end": end}
        claimed = claimed_s(ledger, **asked)  # type: ignore[arg-type]
        assert claimed == pytest.approx(3600 * sum(busy.values()))
        assert claimed + free_s(ledger, **asked) == pytest.approx(3600 * one.capacity * len(open_hours))  # type: ignore[arg-type]
        spans = free(ledger, **asked)  # type: ignore[arg-type]
        assert sum(s.seconds for s in spans) == 3600 * sum(busy[h] < one.capacity for h in open_hours)


def test_a_conflict_says_who_when_and_what() -> None:
    """Leave over a shift is one issue with the stretch that both want and both names."""
    claims = (
        CapacityClaim("s", "ada", span(8, 16), ClaimKind.SHIFT),
        CapacityClaim("l", "ada", span(12, 30), ClaimKind.LEAVE),
        CapacityClaim("v", "ada", span(7, 9), ClaimKind.VISIT, inside="s"),
        CapacityClaim("g", "ghost", span(1, 2), ClaimKind.VISIT),
        CapacityClaim("z", "ada", span(5, 5), ClaimKind.VISIT, probability=0.0, units=0),
    )
    found = check(CapacityLedger((*RESOURCES, Resource("ada")), claims))
    assert {one.code for one in found} == {
        "used-twice", "outside-claim", "unknown-resource", "empty-claim", "bad-probability", "bad-units", "resource-twice",
    }  # fmt: skip
    double = next(one for one in found if one.code == "used-twice")
    assert (double.where, double.value) == ("ada 2026-03-02T12:00Z/2026-03-02T16:00Z", "leave l, shift s")
    assert all(one.advice.startswith("Maybe") for one in found)


def test_tentative_claims_exclude_nothing_but_are_told() -> None:
    """Two projects that are each likely may both be booked; that one person is expected to do more than one is a warning."""
    likely = [CapacityClaim(f"p{k}", "ada", span(8, 12), ClaimKind.PROJECT, probability=0.6) for k in range(2)]
    ledger = book(CapacityLedger(RESOURCES), claims=likely)
    assert [(one.code, one.severity) for one in check(ledger)] == [("expected-over", Severity.WARNING)]
    asked = {"resource_id": "ada", "start": T0 + timedelta(hours=8), "end": T0 + timedelta(hours=16)}
    assert free_s(ledger, **asked) == 8 * 3600  # type: ignore[arg-type]
    assert free_s(ledger, **asked, expected=True) == 4 * 3600  # type: ignore[arg-type]
    assert free(ledger, **asked, likely=0.5) == [span(12, 16)]  # type: ignore[arg-type]


def test_one_unit_of_time_tentative_and_hard_is_weighed() -> None:
    """A likely claim leaves in expectation what it probably does not take."""
    ledger = book(
        CapacityLedger(RESOURCES), claims=[CapacityClaim("p", "ada", span(0, 10), ClaimKind.PROJECT, probability=0.25)]
    )
    left = free_s(ledger, resource_id="ada", start=T0, end=T0 + timedelta(hours=10), expected=True)
    assert left == pytest.approx(0.75 * 36_000)


def test_what_is_free_inside_a_shift() -> None:
    """Visits take hours of the shift, which takes hours of the person, once."""
    ledger = book(
        CapacityLedger(RESOURCES),
        claims=[
            CapacityClaim("s", "ada", span(8, 16), ClaimKind.SHIFT),
            CapacityClaim("v", "ada", span(9, 11), ClaimKind.VISIT, inside="s"),
        ],
    )
    spans = free(ledger, resource_id="ada", start=T0, end=T0 + timedelta(hours=24), inside="s")
    assert spans == [span(8, 9), span(11, 16)]
    assert release(ledger, claim_ids=["s"]).claims == ()
    with pytest.raises(KeyError):
        release(ledger, claim_ids=["nobody"])


def test_claims_inside_each_other_are_refused() -> None:
    """What is inside must end somewhere outside."""
    pair = (
        CapacityClaim("a", "ada", span(8, 9), ClaimKind.VISIT, inside="b"),
        CapacityClaim("b", "ada", span(8, 9), ClaimKind.VISIT, inside="a"),
    )
    assert [one.code for one in check(CapacityLedger(RESOURCES, pair))] == ["unknown-inside", "unknown-inside"]


def test_what_was_wrong_before_does_not_stand_in_the_way() -> None:
    """A ledger read from reality may hold conflicts; others can still book, and those in conflict not more."""
    wrong = tuple(CapacityClaim(f"s{k}", "ada", span(8, 12), ClaimKind.SHIFT) for k in range(2))
    ledger = CapacityLedger(RESOURCES, wrong)
    book(
        ledger,
        claims=[
            CapacityClaim("v", "room", span(8, 9), ClaimKind.PROJECT),
            CapacityClaim("w", "ada", span(20, 22), ClaimKind.VISIT),
        ],
    )
    with pytest.raises(InputError) as told:
        book(
            ledger,
            claims=[
                CapacityClaim("x", "ada", span(11, 13), ClaimKind.VISIT),
                CapacityClaim("s0", "ada", span(40, 41), ClaimKind.VISIT),
            ],
        )
    assert {one.code for one in told.value.issues} == {"used-twice", "claim-twice"}


def test_hours_touch_without_a_conflict_and_claims_are_checked_in_bulk() -> None:
    """A thousand people with ten shifts each, end to start: no conflict; one more hour of each is a thousand."""
    people = tuple(Resource(f"r{k}") for k in range(1000))
    shifts = [
        CapacityClaim(f"{one.resource_id}-{k}", one.resource_id, Span(T0 + timedelta(hours=4 * k), T0 + timedelta(hours=4 * k + 4)), ClaimKind.SHIFT)
        for one in people
        for k in range(10)
    ]  # fmt: skip
    ledger = book(CapacityLedger(people), claims=shifts)
    assert check(ledger) == []
    more = [CapacityClaim(f"x{one.resource_id}", one.resource_id, span(39, 41), ClaimKind.VISIT) for one in people]
    assert len(check(CapacityLedger(people, (*ledger.claims, *more)))) == 1000
    assert hours(more[0]) == range(39, 41)
