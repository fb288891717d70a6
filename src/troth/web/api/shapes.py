"""What goes in and comes out, as JSON."""

from __future__ import annotations

from datetime import datetime

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from ninja import Schema
from pydantic import field_validator

from troth.core.terms import AgentState, Entry
from troth.web.flow.models import Appointment, CounterSession, Ticket


class JoinIn(Schema):
    """A customer who wants to join."""

    service: str
    entry: Entry = Entry.API
    customer: str | None = None
    language: str = "en"
    priority: int | None = None
    labels: list[str] = []
    note: str = ""


class TicketOut(Schema):
    """A ticket. `wait` is the stated interval in seconds, `reason` why it was called."""

    token: str
    label: str
    state: str
    branch: str
    line: str
    service: str
    joined_at: datetime
    called_at: datetime | None
    answered_at: datetime | None
    ended_at: datetime | None
    counter: str | None
    wait: dict[str, object]
    reason: dict[str, object]

    @classmethod
    def of(cls, ticket: Ticket) -> TicketOut:
        """Return a ticket as programs see it."""
        counter = ticket.session.counter.code if ticket.session_id and ticket.session else None
        return cls(
            token=ticket.token, label=ticket.label, state=ticket.state, branch=ticket.branch.token,
            line=ticket.line.code, service=ticket.service_code, joined_at=ticket.joined_at, called_at=ticket.called_at,
            answered_at=ticket.answered_at, ended_at=ticket.ended_at, counter=counter, wait=ticket.expects,
            reason=ticket.reason,
        )  # fmt: skip


class OpenIn(Schema):
    """Who takes a counter. Without `counter` a free one is chosen."""

    clerk: str
    counter: str | None = None
    made_up: bool = False


class CounterOut(Schema):
    """The counter a clerk has."""

    clerk: str
    counter: str
    state: str
    since: datetime
    opened_at: datetime
    closed_at: datetime | None
    ticket: TicketOut | None = None

    @classmethod
    def of(cls, session: CounterSession, ticket: Ticket | None = None) -> CounterOut:
        """Return a counter's session as programs see it."""
        return cls(
            clerk=session.clerk.code, counter=session.counter.code, state=session.state, since=session.state_since,
            opened_at=session.opened_at, closed_at=session.closed_at, ticket=TicketOut.of(ticket) if ticket else None,
        )  # fmt: skip


class BreakIn(Schema):
    """Which pause."""

    state: AgentState = AgentState.BREAK


class TransferIn(Schema):
    """Where a customer goes on."""

    service: str | None = None
    clerk: str | None = None
    counter: str | None = None
    note: str = ""


class DirectIn(Schema):
    """A customer served without a ticket."""

    service: str
    customer: str | None = None
    language: str = "en"
    note: str = ""


class ServiceOut(Schema):
    """A service at a branch."""

    code: str
    title: str
    line: str
    waiting: int


class BranchOut(Schema):
    """A branch now."""

    token: str
    title: str
    time_zone: str
    services: list[ServiceOut]
    waiting: int
    longest_s: float | None
    counters_open: int


class SlotOut(Schema):
    """A time that can be booked."""

    starts_at: datetime
    ends_at: datetime
    free: int


class BookIn(Schema):
    """A wish for a time."""

    service: str
    starts_at: datetime
    customer: str | None = None
    name: str = ""
    email: str = ""
    phone: str = ""
    language: str = "en"

    @field_validator("email")
    @classmethod
    def _one_address(cls, said: str) -> str:
        """Refuse what no letter could go to."""
        try:
            if said:
                validate_email(said)
        except ValidationError:
            raise ValueError("write one address") from None
        return said


class MoveIn(Schema):
    """Another time."""

    starts_at: datetime


class BookingOut(Schema):
    """An appointment."""

    token: str
    branch: str
    service: str
    state: str
    starts_at: datetime | None
    ends_at: datetime | None

    @classmethod
    def of(cls, booking: Appointment) -> BookingOut:
        """Return an appointment as programs see it."""
        return cls(
            token=booking.token, branch=booking.branch.token, service=booking.service.code, state=booking.state,
            starts_at=booking.starts_at, ends_at=booking.ends_at,
        )  # fmt: skip
