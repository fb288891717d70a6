"""The facts of customer flow: which columns they carry and who did it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from troth.core.terms import Actor, AgentState, Flow, Subject
from troth.web.common import together
from troth.web.flow.models import Appointment, CounterSession, LineService, Ticket
from troth.web.outbox.models import Fact
from troth.web.outbox.record import fact

CHANNEL: Final = "walk_in"
_TICK: Final = timedelta(microseconds=1)


def after(now: datetime, *last: datetime | None) -> datetime:
    """Return `now`, or a moment after the newest thing known: of one ticket or person no two facts change places.

    Actions are told the time before they wait for a lock; who came second must not be written down as first.
    """
    return max([now, *(one + _TICK for one in last if one is not None)])


def columns(ticket: Ticket) -> dict[str, Any]:
    """Return what every fact about a ticket carries."""
    visit, customer = ticket.visit, ticket.visit.customer
    return {
        "case_id": visit.case_id,
        "contact_id": ticket.contact_id,
        "customer_id": customer.pseudonym if customer else None,
        "queue": ticket.line.code,
        "site": ticket.branch.unit.code,
        "channel": CHANNEL,
        "service": ticket.service_code,
        "priority": ticket.priority,
    }


def by_customer(ticket: Ticket, activity: str, /, *, at: datetime, **attributes: Any) -> Fact:
    """Return a fact that the customer brought about."""
    return fact(activity, at=at, attributes=attributes, direction=Flow.IN, **columns(ticket))


def by_system(ticket: Ticket, activity: str, /, *, at: datetime, origin: str = "exact", **attributes: Any) -> Fact:
    """Return a fact that nobody brought about by hand."""
    return fact(activity, at=at, attributes=attributes, origin=origin, actor=Actor.SYSTEM, **columns(ticket))


def by_clerk(
    ticket: Ticket, activity: str, /, *, at: datetime, session: CounterSession, origin: str = "exact", **attributes: Any
) -> Fact:
    """Return a fact that a clerk brought about."""
    flow = Flow.IN if activity in {"answered", "ended"} else None
    return fact(
        activity, at=at, attributes=attributes, origin=origin, actor=Actor.HUMAN, direction=flow,
        agent_id=session.clerk.code, **columns(ticket),
    )  # fmt: skip


def of_case(ticket: Ticket, activity: str, *, at: datetime, agent: str | None = None, **attributes: Any) -> Fact:
    """Return a fact about the whole visit."""
    told = {name: value for name, value in columns(ticket).items() if name != "contact_id"}
    actor = Actor.HUMAN if agent else Actor.SYSTEM
    return fact(activity, at=at, attributes=attributes, actor=actor, agent_id=agent, **told)


def of_shift(session: CounterSession, activity: str, *, at: datetime, origin: str = "exact", step: str = "") -> Fact:
    """Return a fact about the paid time of a clerk: the shift is the time at the counter."""
    return fact(
        activity, at=at, origin=origin, step=step or None, actor=Actor.HUMAN, agent_id=session.clerk.code,
        subject_kind=Subject.SHIFT, subject_id=session.pk, site=session.counter.branch.unit.code, channel=CHANNEL,
    )  # fmt: skip


def of_counter(session: CounterSession, activity: str, *, at: datetime, origin: str = "exact") -> Fact:
    """Return the opening or closing of a counter."""
    code = session.counter.code
    return fact(
        activity, at=at, attributes={"counter": code}, origin=origin, actor=Actor.HUMAN, agent_id=session.clerk.code,
        subject_kind=Subject.COUNTER, subject_id=code, site=session.counter.branch.unit.code, channel=CHANNEL,
    )  # fmt: skip


def of_booking(booking: Appointment, activity: str, *, at: datetime, actor: Actor | None = None, **more: Any) -> Fact:
    """Return a fact about an appointment; those with a window say it."""
    customer = booking.customer
    if activity in {"booked", "rescheduled"} and booking.starts_at and booking.ends_at:
        more |= {"window_start": booking.starts_at.isoformat(), "window_end": booking.ends_at.isoformat()}
    place: dict[str, Any] = {}
    if activity == "no_show":  # a contact that was to be: there is no ticket whose name and line it could have
        lines = LineService.objects.filter(branch=booking.branch_id, service=booking.service_id)
        place = {"contact_id": booking.booking_id, "queue": lines.values_list("line__code", flat=True).first()}
    return fact(
        activity, at=at, attributes=more, actor=actor, direction=None if actor else Flow.IN,
        subject_kind=Subject.BOOKING, subject_id=booking.booking_id, **place,
        customer_id=customer.pseudonym if customer else None, site=booking.branch.unit.code, channel=CHANNEL,
        service=booking.service.code,
    )  # fmt: skip


def become(session: CounterSession, state: AgentState, *, at: datetime, origin: str = "exact") -> Fact:
    """Put a clerk into a state, in the row and as a fact."""
    session.state, session.state_since = str(state), at
    together.update(session, "state", "state_since")
    return of_shift(session, "state_changed", at=at, step=str(state), origin=origin)
