"""How a booking goes from a plan to a request, and is confirmed, countered, rejected, cancelled or completed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

from troth.capacity.projects.portfolio import ProjectBooking, RequestState
from troth.core.decision import Explanation, Issue, Severity


class RequestSide(StrEnum):
    """Who makes a move."""

    ASKER = "asker"
    """Who needs somebody: leads the project, or sells it."""
    LENDER = "lender"
    """Whose people they are."""


#: States in which nothing more can happen.
ENDED: Final = frozenset({RequestState.REJECTED, RequestState.CANCELLED, RequestState.COMPLETED})
#: Moves by the word for them, and the state each leads to.
REQUEST_MOVES: Final = {
    str(state): state for state in RequestState if state is not RequestState.PLANNED
}  # a move is called as the state it leads to
_BOTH: Final = frozenset(RequestSide)
_ASKER, _LENDER = frozenset({RequestSide.ASKER}), frozenset({RequestSide.LENDER})
#: Of each state, the moves there are and who may make them.
_ALLOWED: Final = {
    RequestState.PLANNED: {"requested": _ASKER, "cancelled": _ASKER},
    RequestState.REQUESTED: {
        "confirmed": _LENDER, "countered": _LENDER, "rejected": _LENDER, "cancelled": _ASKER,
    },
    RequestState.COUNTERED: {
        "confirmed": _ASKER, "requested": _ASKER, "countered": _LENDER, "rejected": _BOTH, "cancelled": _ASKER,
    },
    RequestState.CONFIRMED: {"completed": _BOTH, "cancelled": _BOTH},
}  # fmt: skip
#: Moves that owe a reason to the other side.
_REASONED: Final = frozenset({"countered", "rejected"})
#: What an offer may change of a request; what it is for stays.
_OFFERED: Final = ("person_id", "first", "until", "hours", "spread")


@dataclass(frozen=True, slots=True)
class RequestMove:
    """A step of a request.

    Parameters
    ----------
    activity : one of `REQUEST_MOVES`.
    at : when; aware.
    side, by : on whose side, and who.
    booking : what is offered instead, of ``countered``; what is asked now, of ``requested`` if it is changed.
    why : in words of whoever makes it; of a counter-offer or a rejection always, or `reasons`.
    reasons : of an offer that was computed.
    """

    activity: str
    at: datetime
    side: RequestSide
    by: str = ""
    booking: ProjectBooking | None = None
    why: str = ""
    reasons: tuple[Explanation, ...] = ()


@dataclass(frozen=True, slots=True)
class BookingRequest:
    """A booking that is asked for, what is offered instead, and how it came there.

    Parameters
    ----------
    booking : as it stands; its `state` is that of the request.
    offered : the counter-offer that waits for an answer.
    moves : in the order of time.
    """

    booking: ProjectBooking
    offered: ProjectBooking | None = None
    moves: tuple[RequestMove, ...] = ()

    @property
    def state(self) -> RequestState:
        """Where it stands."""
        return self.booking.state


def advance(request: BookingRequest, *, move: RequestMove) -> tuple[BookingRequest, list[Issue]]:
    """Return a request after a move, or the same request and everything that forbids it.

    Whether the hours are there forbids nothing: `confirm` says whether what is confirmed becomes hard.

    Examples
    --------
    >>> from datetime import UTC, date
    >>> from troth.capacity.projects.portfolio import ProjectBooking, RequestState
    >>> june, july = date(2026, 6, 1), date(2026, 7, 1)
    >>> request = BookingRequest(ProjectBooking("b", "p", june, july, 80, "ada", state=RequestState.PLANNED))
    >>> noon, asker, lender = datetime(2026, 5, 4, 12, tzinfo=UTC), RequestSide.ASKER, RequestSide.LENDER
    >>> request, _ = advance(request, move=RequestMove("requested", noon, asker))
    >>> offer = replace(request.booking, person_id="ben")
    >>> request, _ = advance(request, move=RequestMove("countered", noon, lender, booking=offer, why="Ada is on leave."))
    >>> request, issues = advance(request, move=RequestMove("confirmed", noon, asker))
    >>> str(request.state), request.booking.person_id, issues
    ('confirmed', 'ben', [])
    """
    issues = _unfit(request, move) or _wrong(request, move)
    if issues:
        return request, issues
    state = REQUEST_MOVES[move.activity]
    booking, offered = request.booking, None
    if move.activity == "countered":
        offered = move.booking
    elif move.activity == "confirmed" and request.offered is not None:
        booking = replace(booking, **{name: getattr(request.offered, name) for name in _OFFERED})
    elif move.booking is not None:
        booking = move.booking
    return BookingRequest(replace(booking, state=state), offered, (*request.moves, move)), []


def _unfit(request: BookingRequest, move: RequestMove) -> list[Issue]:
    if move.activity not in REQUEST_MOVES:
        return [_error("unknown-move", "activity", move.activity, f"Maybe one of {', '.join(REQUEST_MOVES)}.")]
    if move.at.tzinfo is None:
        return [_error("naive-time", "at", move.at, "Maybe say the zone, such as +00:00.")]
    sides = _ALLOWED.get(request.state, {}).get(move.activity)
    said = f"{move.activity} after {request.state}"
    if sides is None:
        code = "already-settled" if request.state in ENDED else "illegal-move"
        return [_error(code, "activity", said, "Maybe it was told twice, or is a new request.")]
    if move.side not in sides:
        advice = f"Maybe it is for the {' or '.join(sorted(sides))} to do."
        return [_error("wrong-side", "side", f"{said} by the {move.side}", advice)]
    return []


def _wrong(request: BookingRequest, move: RequestMove) -> list[Issue]:
    found = []
    if request.moves and move.at < request.moves[-1].at:
        found.append(_error("before-last", "at", move.at, "Maybe the moves came in the wrong order."))
    if move.activity in _REASONED and not (move.why.strip() or move.reasons):
        found.append(
            _error("no-reason", "why", "", "Maybe say what stands in the way, so that the other side can answer.")
        )
    if (move.activity == "countered") != (move.booking is not None) and move.activity != "requested":
        advice = "Maybe only a counter-offer or a changed request brings a booking, and a counter-offer always."
        found.append(_error("offer-and-move", "booking", move.activity, advice))
    if move.booking is not None:
        found += _foreign(request, move.booking, move.activity)
    return found


def _foreign(request: BookingRequest, booking: ProjectBooking, activity: str) -> list[Issue]:
    """Complain about an offer of something else, or of the same."""
    asked = request.booking
    if (booking.booking_id, booking.project_id) != (asked.booking_id, asked.project_id):
        value = f"{booking.booking_id} {booking.project_id}"
        return [_error("other-booking", "booking", value, "Maybe it belongs to another request.")]
    same = all(getattr(booking, name) == getattr(asked, name) for name in _OFFERED)
    if activity == "countered" and same:
        return [
            _error(
                "same-offer", "booking", booking.booking_id, "Maybe confirm it, or offer somebody or some time else."
            )
        ]
    if booking.until <= booking.first:
        span = f"{booking.first.isoformat()}/{booking.until.isoformat()}"
        return [_error("empty-span", "booking", span, "Maybe `until` is the day after the last day.")]
    return []


def _error(code: str, where: str, value: object, advice: str) -> Issue:
    return Issue(code, Severity.ERROR, where, str(value), advice)
