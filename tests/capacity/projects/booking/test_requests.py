"""The request workflow: every move from every state by either side, and what each owes the other."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.capacity.projects.booking.portfolios import booking, day
from troth.capacity.projects.booking import REQUEST_MOVES, BookingRequest, RequestMove, RequestSide, advance
from troth.capacity.projects.portfolio import RequestState

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
ASKER, LENDER = RequestSide.ASKER, RequestSide.LENDER
PLANNED = booking("b", 0, 5, 30, state=RequestState.PLANNED)
#: From where to where, and who may.
ROAD = {
    ("planned", "requested"): {ASKER}, ("planned", "cancelled"): {ASKER},
    ("requested", "confirmed"): {LENDER}, ("requested", "countered"): {LENDER}, ("requested", "rejected"): {LENDER},
    ("requested", "cancelled"): {ASKER},
    ("countered", "confirmed"): {ASKER}, ("countered", "requested"): {ASKER}, ("countered", "countered"): {LENDER},
    ("countered", "rejected"): {ASKER, LENDER}, ("countered", "cancelled"): {ASKER},
    ("confirmed", "completed"): {ASKER, LENDER}, ("confirmed", "cancelled"): {ASKER, LENDER},
}  # fmt: skip


def _move(activity: str, side: RequestSide, **more: Any) -> RequestMove:
    offer = replace(PLANNED, person_id="ben") if activity == "countered" else None
    return replace(RequestMove(activity, NOON, side, booking=offer, why="Because."), **more)


@pytest.mark.parametrize(("state", "activity", "side"), list(product(RequestState, REQUEST_MOVES, RequestSide)))
def test_only_these_moves_are_allowed(state: RequestState, activity: str, side: RequestSide) -> None:
    """What the table allows leads to the state of its name; everything else changes nothing and says why."""
    request = BookingRequest(replace(PLANNED, state=state))
    made, issues = advance(request, move=_move(activity, side))
    sides = ROAD.get((str(state), activity), set())
    if side in sides:
        assert issues == [] and made.state == REQUEST_MOVES[activity] and len(made.moves) == 1
        return
    assert made is request
    ended = state in (RequestState.REJECTED, RequestState.CANCELLED, RequestState.COMPLETED)
    assert [one.code for one in issues] == ["wrong-side" if sides else "already-settled" if ended else "illegal-move"]


def _requested() -> BookingRequest:
    return advance(BookingRequest(PLANNED), move=_move("requested", ASKER))[0]


def test_an_offer_taken_changes_who_and_when_alone() -> None:
    """Person, days, hours and spread come from the offer, all else from what was asked."""
    offer = replace(PLANNED, person_id="ben", first=day(7), until=day(12), hours=20.0, probability=0.3, skill="other")
    made, _ = advance(_requested(), move=_move("countered", LENDER, booking=offer))
    assert made.booking.person_id == "ada" and made.offered == offer
    made, issues = advance(made, move=_move("confirmed", ASKER))
    expected = replace(PLANNED, person_id="ben", first=day(7), until=day(12), hours=20.0, state=RequestState.CONFIRMED)
    assert (made.booking, made.offered, issues) == (expected, None, [])
    assert [one.activity for one in made.moves] == ["requested", "countered", "confirmed"]


def test_asking_again_drops_the_offer() -> None:
    """A changed request stands in place of the old one, and is not what was offered."""
    made, _ = advance(_requested(), move=_move("countered", LENDER))
    made, issues = advance(made, move=_move("requested", ASKER, booking=replace(PLANNED, hours=25.0)))
    assert issues == [] and made.offered is None and (made.booking.hours, made.booking.person_id) == (25.0, "ada")


@pytest.mark.parametrize(
    ("activity", "more", "codes"),
    [
        ("rejected", {"why": " "}, ["no-reason"]),
        ("countered", {"why": "", "booking": None}, ["no-reason", "offer-and-move"]),
        ("countered", {"booking": PLANNED}, ["same-offer"]),
        ("countered", {"booking": replace(PLANNED, booking_id="c")}, ["other-booking"]),
        ("countered", {"booking": replace(PLANNED, until=day(0))}, ["empty-span"]),
        ("confirmed", {"booking": PLANNED}, ["offer-and-move"]),
        ("confirmed", {"at": NOON - timedelta(hours=1)}, ["before-last"]),
        ("confirmed", {"at": NOON.replace(tzinfo=None)}, ["naive-time"]),
        ("lent", {}, ["unknown-move"]),
    ],
)
def test_what_a_move_owes(activity: str, more: dict[str, object], codes: list[str]) -> None:
    """A reason, an offer of the same booking that changes something, a time with a zone that is not before the last; all that lacks at once."""
    request = _requested()
    made, issues = advance(request, move=_move(activity, LENDER, **more))
    assert made is request and [one.code for one in issues] == codes
    assert all(one.advice.startswith("Maybe") for one in issues)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(sorted(REQUEST_MOVES)), st.sampled_from(RequestSide)), max_size=12))
def test_no_way_leads_out_of_an_end(steps: list[tuple[str, RequestSide]]) -> None:
    """Whatever is tried: what was for goes on, ends are ends, and nothing is completed that was not confirmed."""
    request, seen = BookingRequest(PLANNED), ["planned"]
    for activity, side in steps:
        before = request
        request, issues = advance(request, move=_move(activity, side))
        assert (request is before) == bool(issues)
        if not issues:
            assert seen[-1] not in ("rejected", "cancelled", "completed")
            seen.append(str(request.state))
            assert (request.booking.booking_id, request.booking.project_id) == ("b", "p")
            assert (request.offered is not None) == (request.state is RequestState.COUNTERED)
    assert "completed" not in seen or seen[seen.index("completed") - 1] == "confirmed"
