"""Confirming what is asked for: hard if it can be placed in full, else soft, with what stands in the way; and what to offer instead."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final

from troth.capacity.projects.booking.check import check
from troth.capacity.projects.booking.finder import FinderWeights, find
from troth.capacity.projects.booking.pools import pooled
from troth.capacity.projects.booking.windows import BookingEffect, available_hours, what_if
from troth.capacity.projects.portfolio import Portfolio, ProjectBooking, RequestState
from troth.core.decision import Explanation, Issue, Severity

_WEEK: Final = timedelta(days=7)
#: Hours that are less than what can be laid.
_LEAST: Final = 0.005


@dataclass(frozen=True, slots=True)
class CounterOffer:
    """Something else that could be had: the booking as it would be, and why it is offered.

    Parameters
    ----------
    booking : with another person, other days or fewer hours.
    fits : whether it can be placed in full.
    reasons : what changes, then, of another person, why that one.
    """

    booking: ProjectBooking
    fits: bool
    reasons: tuple[Explanation, ...]


def confirm(portfolio: Portfolio, *, booking: ProjectBooking) -> tuple[ProjectBooking, list[Issue]]:
    """Return a booking as confirmed, hard if all its hours can be placed beside hard bookings, and warnings that say what does not fit.

    Nothing is refused. What cannot be placed in full stays soft, as in ServiceNow's resource management (product documentation, Resource
    allocation, 2025), and can be confirmed again when there is room; so does what has no person yet, and what is less likely than certain.

    Raises
    ------
    InputError
        With every error in the bookings that leaves nothing to compute with.

    Examples
    --------
    >>> from troth.capacity.projects.portfolio import Consultant, ContractTerms
    >>> ada, monday = Consultant("ada", (ContractTerms(date(2026, 1, 1)),)), date(2026, 6, 1)
    >>> asked = ProjectBooking("b", "p", monday, date(2026, 6, 6), 50, "ada", state=RequestState.REQUESTED)
    >>> made, issues = confirm(Portfolio(monday, (ada,)), booking=asked)
    >>> made.hard, [one.code for one in issues if one.code != "unknown-project"]
    (False, ['over-booked', 'stays-soft'])
    """
    made = replace(booking, state=RequestState.CONFIRMED, soft=False)
    effect = what_if(portfolio, proposed=[made])
    issues = [*check(portfolio, bookings=(booking,)), *effect.warnings()]
    if not made.person_id:
        before = set(pooled(portfolio))
        issues += [one.as_issue() for one in pooled(portfolio, proposed=[made]) if one not in before]
    why = _why_soft(portfolio, made, effect)
    if why:
        advice = "Maybe confirm it again when there is room, or make a counter-offer."
        issues.append(Issue("stays-soft", Severity.WARNING, made.booking_id, why, advice))
    return replace(made, soft=bool(why)), issues


def counter_offers(
    portfolio: Portfolio,
    *,
    booking: ProjectBooking,
    most: int = 3,
    weeks: int = 26,
    weights: FinderWeights | None = None,
) -> tuple[CounterOffer, ...]:
    """Return what could be offered instead of a booking that does not fit.

    Others who have all the hours, at most `most`; the same person so many whole weeks later, the fewest that do; the same person for so many weeks
    longer; and the hours there are in the days asked. For a booking without a person only others.

    Parameters
    ----------
    weeks : so far ahead is looked.

    Examples
    --------
    >>> from troth.capacity.projects.portfolio import Consultant, ContractTerms
    >>> ada, monday = Consultant("ada", (ContractTerms(date(2026, 1, 1)),)), date(2026, 6, 1)
    >>> taken = ProjectBooking("x", "q", monday, date(2026, 6, 6), 20, "ada")
    >>> asked = ProjectBooking("b", "p", monday, date(2026, 6, 6), 30, "ada", state=RequestState.REQUESTED)
    >>> plan = Portfolio(monday, (ada,), bookings=(taken, asked))
    >>> for offer in counter_offers(plan, booking=asked):
    ...     print(offer.reasons[0].code, offer.booking.first, offer.booking.until, offer.booking.hours)
    offer.later 2026-06-08 2026-06-13 30
    offer.longer 2026-06-01 2026-06-13 30
    offer.less 2026-06-01 2026-06-06 20.0
    """
    found: list[CounterOffer] = []
    for one in find(portfolio, need=booking, weights=weights):
        if one.fits and one.person_id != booking.person_id and len(found) < most:
            told = Explanation(
                "offer.other", {"person_id": one.person_id, "instead_of": booking.person_id, "hours": one.hours}
            )
            found.append(CounterOffer(replace(booking, person_id=one.person_id), True, (told, *one.reasons)))
    if booking.person_id:
        found += _of_the_same(_alone(portfolio, booking.person_id), booking, weeks)
    return tuple(found)


def _why_soft(portfolio: Portfolio, made: ProjectBooking, effect: BookingEffect) -> str:
    placeholders = {one.person_id for one in portfolio.people if one.placeholder}
    if not made.person_id or made.person_id in placeholders:
        return "no person yet"
    if made.probability < 1:
        return f"probability {made.probability:g}"
    return "" if effect.fits else f"{effect.over:.2f} h do not fit"


def _alone(portfolio: Portfolio, person_id: str) -> Portfolio:
    """Return what of a portfolio concerns one person, which is quick to compute with."""
    return replace(
        portfolio,
        people=tuple(one for one in portfolio.people if one.person_id == person_id),
        bookings=tuple(one for one in portfolio.bookings if one.person_id == person_id),
        claims=tuple(one for one in portfolio.claims if one.person_id == person_id),
        logged=tuple(one for one in portfolio.logged if one.person_id == person_id),
    )


def _of_the_same(mine: Portfolio, booking: ProjectBooking, weeks: int) -> Iterator[CounterOffer]:
    def left(first: date, until: date) -> float:
        hours = available_hours(mine, first=first, until=until, without=(booking.booking_id,))
        return hours.get(booking.person_id, 0.0)

    now = left(booking.first, booking.until)
    if now >= booking.hours - _LEAST:
        return
    for k in range(1, weeks + 1):
        first, until = booking.first + k * _WEEK, booking.until + k * _WEEK
        if left(first, until) >= booking.hours - _LEAST:
            yield CounterOffer(
                replace(booking, first=first, until=until), True, (Explanation("offer.later", {"weeks": k}),)
            )
            break
    for k in range(1, weeks + 1):
        until = booking.until + k * _WEEK
        if left(booking.first, until) >= booking.hours - _LEAST:
            yield CounterOffer(replace(booking, until=until), True, (Explanation("offer.longer", {"weeks": k}),))
            break
    if (part := int(now * 100 + 1e-6) / 100) > 0:
        less = {"hours": part, "missing": booking.hours - part}
        yield CounterOffer(replace(booking, hours=part), True, (Explanation("offer.less", less),))
