"""The appointments of a day, for the reception, the kiosk and the lead."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Final

from troth.core.terms import BookingState
from troth.web.flow.models import Appointment, Branch
from troth.web.flow.said import BOOKING

#: The kiosk shows appointments from so long ago until so far ahead.
LATE: Final = timedelta(minutes=30)
EARLY: Final = timedelta(minutes=60)


@dataclass(frozen=True, slots=True)
class Row:
    """One appointment on a list.

    Parameters
    ----------
    who : the name; initials where others can read it.
    late : True when the time has passed and nobody has come.
    here : True once checked in.
    """

    booking: Appointment
    who: str
    state: Any
    late: bool
    here: bool
    expected: bool


def of_day(branch: Branch, *, day: date, now: datetime) -> list[Row]:
    """Return the appointments of a local day in order, without those cancelled or only held."""
    start = datetime.combine(day, time(), tzinfo=branch.unit.zone)
    end = datetime.combine(day + timedelta(days=1), time(), tzinfo=branch.unit.zone)
    rows = (
        branch.appointments.filter(starts_at__gte=start, starts_at__lt=end)
        .exclude(state__in=[str(BookingState.CANCELLED), str(BookingState.HELD), str(BookingState.WAITLISTED)])
        .select_related("service", "customer", "ticket")
        .order_by("starts_at", "pk")
    )
    return [_row(one, now=now) for one in rows]


def arriving(branch: Branch, *, now: datetime) -> list[Row]:
    """Return who may check in at the kiosk now: time and initials only, for others stand by."""
    rows = (
        branch.appointments.filter(
            state=BookingState.BOOKED, starts_at__gte=now - LATE, starts_at__lte=now + EARLY
        )
        .select_related("service", "customer", "branch__unit")
        .order_by("starts_at", "pk")
    )  # fmt: skip
    return [_row(one, now=now, short=True) for one in rows]


def _row(one: Appointment, *, now: datetime, short: bool = False) -> Row:
    name = one.name or (str(one.customer) if one.customer else "")
    initials = " ".join(f"{word[0]}." for word in name.split()[:3])
    expected = one.state == BookingState.BOOKED
    return Row(
        booking=one,
        who=initials if short else name,
        state=BOOKING.get(BookingState(one.state), one.state),
        late=expected and one.starts_at is not None and one.starts_at < now,
        here=one.state in {BookingState.CHECKED_IN, BookingState.KEPT},
        expected=expected,
    )
