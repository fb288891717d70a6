"""A branch as it stands when somebody joins: who waits, who serves, and what the last hours were like."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import F, FilteredRelation, Q

from troth.core.terms import TicketState
from troth.web.flow.models import CounterSession, Ticket
from troth.web.flow.rows import IN_FRONT

#: The past that is looked at: so long, and so many tickets.
HOURS: Final = timedelta(hours=3)
MOST_PAST: Final = 150


class Seen(NamedTuple):
    """What is looked at of a ticket; the fields are those of the row."""

    pk: int
    service_code: str
    joined_at: datetime
    booked_at: datetime | None
    returned_at: datetime | None
    not_before: datetime | None
    priority: int
    labels: list[str]
    skills: list[int]
    reserved_for: str | None
    overtaken: int
    overtaken_at: datetime | None
    called_at: datetime | None
    answered_at: datetime | None
    ended_at: datetime | None
    inexact: bool
    usual_s: int


@dataclass(frozen=True, slots=True)
class Serving:
    """Somebody at a counter. `service` is what they give, empty when free; `state` and `since` are the clerk's."""

    session: CounterSession
    lines: tuple[int, ...]
    service: str
    state: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Scene:
    """What can be seen at a branch from one of its lines.

    Parameters
    ----------
    waiting : tickets of all lines that share counters with this one, the one that asks not among them.
    serving : who is at a counter that serves this line.
    past : tickets of the last hours, newest first, whatever became of them.
    usual_s : usual time by service code, as the catalogue says.
    """

    waiting: list[Seen]
    serving: list[Serving]
    past: list[Seen]
    usual_s: dict[str, int]


def scene(ticket: Ticket, *, now: datetime, most: int) -> Scene | None:
    """Return the scene of a ticket that has just joined; None where nobody serves its line or too many wait.

    Parameters
    ----------
    most : above so many waiting nothing is read.
    """
    serving = _serving(ticket.branch_id, line_id=ticket.line_id)
    if not serving:
        return None
    lines = {line for one in serving for line in one.lines} | {ticket.line_id}
    rows = (
        Ticket.objects.filter(line_id__in=lines).annotate(usual_s=F("service__standard_s")).values_list(*Seen._fields)
    )
    waiting = [Seen(*row) for row in rows.filter(state=TicketState.WAITING)[: most + 1]]
    if len(waiting) > most:
        return None
    past = rows.filter(branch=ticket.branch_id, joined_at__gt=now - HOURS, joined_at__lte=now)
    newest = [Seen(*row) for row in past.order_by("-joined_at")[:MOST_PAST]]
    usual_s = {one.service_code: one.usual_s for one in (*waiting, *newest)}
    return Scene(waiting, serving, newest, {ticket.service_code: ticket.service.standard_s} | usual_s)


def _serving(branch_id: int, *, line_id: int) -> list[Serving]:
    rows = (
        CounterSession.objects.filter(closed_at=None, counter__branch=branch_id)
        .annotate(
            in_front=FilteredRelation("tickets", condition=Q(tickets__state__in=[str(one) for one in IN_FRONT])),
            gives=F("in_front__service_code"),
            serves=ArrayAgg("counter__lines", distinct=True),
        )
        .select_related("clerk")
    )
    return [
        Serving(one, tuple(one.serves), one.gives or "", one.state, one.state_since)
        for one in rows
        if line_id in one.serves
    ]
