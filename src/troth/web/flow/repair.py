"""What people forget is put right and flagged: ends of services, tickets and counters of yesterday, places only held."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import InterfaceError, OperationalError
from django.db.models import QuerySet

from troth.core.terms import Actor, AgentState, BookingState, TicketState
from troth.core.time import start_of_day
from troth.web.common import together
from troth.web.flow.appointments import pass_on
from troth.web.flow.counters import end_session
from troth.web.flow.events import after, become, by_system, of_booking
from troth.web.flow.joining import gone, with_counter
from troth.web.flow.models import Appointment, Branch, CounterSession, Ticket
from troth.web.flow.promised import APPOINTMENT, about_booking, waive_time, waive_wait
from troth.web.flow.refused import Refused, one_transaction
from troth.web.flow.rows import held_session
from troth.web.flow.serving import end_service
from troth.web.live.notify import changed
from troth.web.outbox.record import record
from troth.web.promises.models import Promise

log = logging.getLogger(__name__)

#: The promise of an appointment lapses when the customer is not here so long after its time.
NOT_HERE: Final = timedelta(minutes=5)
#: Who has not come so long after the booked time does not come.
ABSENT: Final = timedelta(minutes=30)
#: After its day a ticket is over when nothing happened to it for so long: some places are open past midnight.
QUIET: Final = timedelta(hours=6)

_LEFT_OVER: Final = (TicketState.WAITING, TicketState.CALLED, TicketState.PARKED)


@dataclass(frozen=True, slots=True)
class Tidied:
    """How many rows were put right, by what was wrong with them."""

    services: int = 0
    tickets: int = 0
    counters: int = 0
    holds: int = 0
    lapsed: int = 0
    absent: int = 0


def tidy(*, now: datetime) -> Tidied:
    """Put right all that was forgotten, one row a transaction; several workers may do so at once.

    To be called every minute, before overdue promises are broken: the promise of somebody who is not here lapses.
    """
    return Tidied(
        services=_each(forgotten(now=now), lambda one: end_forgotten(ticket=one, now=now)),
        tickets=_each(left_over(now=now), lambda one: expire(ticket=one, now=now)),
        counters=_each(left_open(now=now), lambda one: shut(session=one, now=now)),
        holds=_each(_bookings(BookingState.HELD, held_until__lt=now), lambda one: release(appointment=one, now=now)),
        lapsed=_each(_not_here(now), lambda one: lapse(appointment=one, now=now)),
        absent=_each(
            _bookings(BookingState.BOOKED, starts_at__lt=now - ABSENT), lambda one: give_up(appointment=one, now=now)
        ),
    )


def forgotten(*, now: datetime) -> Iterable[Ticket]:
    """Return tickets whose service lasts longer than their branch believes."""
    for branch in Branch.objects.all():
        since = now - timedelta(seconds=branch.forgotten_s)
        yield from Ticket.objects.filter(branch=branch, state=TicketState.SERVING, answered_at__lt=since)


def left_over(*, now: datetime) -> Iterable[Ticket]:
    """Return tickets of days that are over, still waiting, called or set aside."""
    states = [str(one) for one in _LEFT_OVER]
    for branch in Branch.objects.select_related("unit"):
        today = branch.today(now)
        yield from Ticket.objects.filter(
            branch=branch, state__in=states, day__lt=today, changed_at__lt=now - QUIET
        ).order_by("pk")


def left_open(*, now: datetime) -> Iterable[CounterSession]:
    """Return counters opened on days that are over, with nobody in front."""
    sessions = CounterSession.objects.filter(closed_at=None, state_since__lt=now - QUIET)
    for one in sessions.exclude(state=AgentState.ON_CONTACT).select_related("counter__branch__unit"):
        if one.counter.branch.today(one.opened_at) < one.counter.branch.today(now):
            yield one


@one_transaction
def end_forgotten(*, ticket: Ticket, now: datetime) -> bool:
    """End a service whose end was forgotten where it usually ends, and say that this is a guess."""
    session, row = with_counter(ticket, states=(TicketState.SERVING,))
    if session is None or row.state != TicketState.SERVING or row.answered_at is None:
        return False
    if now <= row.answered_at + timedelta(seconds=row.branch.forgotten_s):
        return False
    usual = row.answered_at + timedelta(seconds=row.service.standard_s)
    end_service(row, session, at=after(min(usual, now), row.changed_at, session.state_since), origin="repaired")
    return True


@one_transaction
def expire(*, ticket: Ticket, now: datetime) -> bool:
    """End a ticket of a day that is over: the customer has gone, nobody saw when."""
    session, row = with_counter(ticket, states=_LEFT_OVER)
    if row.state not in _LEFT_OVER:
        return False
    over = start_of_day(row.day + timedelta(days=1), tz=row.branch.unit.zone)
    at = after(min(over, now), row.changed_at, session.state_since if session else None)
    facts = [
        by_system(row, "abandoned", at=at, origin="repaired"),
        *gone(row, TicketState.EXPIRED, at=at, code="expired"),
    ]
    row.inexact = True
    together.update(row, "inexact")
    if session is not None:
        facts.append(become(session, AgentState.AVAILABLE, at=at, origin="repaired"))
    record(*facts)
    waive_wait(row, now=at, cause="day_over")
    changed(row.branch.unit_id)
    return True


@one_transaction
def shut(*, session: CounterSession, now: datetime) -> bool:
    """Close a counter that was left open, when something last happened there."""
    try:
        mine = held_session(session)
    except Refused:
        return False
    if mine.state == AgentState.ON_CONTACT or mine.state_since >= now - QUIET:
        return False
    end_session(mine, at=after(mine.state_since, mine.state_since), origin="repaired")
    return True


@one_transaction
def release(*, appointment: Appointment, now: datetime) -> bool:
    """Make a place free, or pass it on, that was held for a form nobody sent."""
    row = _held(appointment, BookingState.HELD)
    if row is None or row.held_until is None or row.held_until >= now or row.starts_at is None:
        return False
    row.state = str(BookingState.CANCELLED)
    row.save(update_fields=["state"])
    record(of_booking(row, "released", at=now, actor=Actor.SYSTEM))
    pass_on(row, starts_at=row.starts_at, ends_at=row.ends_at, now=now)
    changed(row.branch.unit_id)
    return True


@one_transaction
def lapse(*, appointment: Appointment, now: datetime) -> bool:
    """Let go of the promise to somebody who is not here: it was to call them on time."""
    row = _held(appointment, BookingState.BOOKED)
    if row is None or row.starts_at is None or row.starts_at + NOT_HERE >= now:
        return False
    return waive_time(row, now=row.starts_at + NOT_HERE, cause="not_here") is not None


@one_transaction
def give_up(*, appointment: Appointment, now: datetime) -> bool:
    """Say that somebody with an appointment did not come."""
    row = _held(appointment, BookingState.BOOKED)
    if row is None or row.starts_at is None or row.starts_at + ABSENT >= now:
        return False
    row.state = str(BookingState.NO_SHOW)
    row.save(update_fields=["state"])
    record(of_booking(row, "no_show", at=now, actor=Actor.SYSTEM))
    waive_time(row, now=row.starts_at + NOT_HERE, cause="not_here")
    changed(row.branch.unit_id)
    return True


def _each(rows: Iterable[Any], act: Callable[[Any], bool]) -> int:
    """Do something to each row; one that cannot be put right is told of, and holds up no other."""
    done = 0
    for one in list(rows):
        try:
            done += act(one)
        except (OperationalError, InterfaceError):
            raise  # the database is away: all of it is tried again
        except Exception:
            log.exception("%s %s could not be put right", type(one).__name__, one.pk)
    return done


def _bookings(state: BookingState, **given: Any) -> QuerySet[Appointment]:
    return Appointment.objects.filter(state=state, **given).order_by("pk")


def _not_here(now: datetime) -> list[Appointment]:
    """Return appointments whose promise still runs though the customer is not here."""
    late = list(_bookings(BookingState.BOOKED, starts_at__lt=now - NOT_HERE, starts_at__gte=now - 4 * ABSENT))
    subjects = Promise.objects.running().filter(kind=APPOINTMENT, subject__in=[about_booking(one) for one in late])
    running = set(subjects.values_list("subject", flat=True))
    return [one for one in late if about_booking(one) in running]


def _held(appointment: Appointment, state: BookingState) -> Appointment | None:
    found = Appointment.objects.select_related("branch__unit", "service", "customer")
    return found.select_for_update(of=("self",)).filter(pk=appointment.pk, state=state).first()
