"""A branch as it stands when somebody joins: who waits, who serves, and what the last hours were like."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, Final, NamedTuple

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import F, FilteredRelation, Q, QuerySet

from troth.core.terms import TicketState
from troth.web.common.ready import Ready
from troth.web.flow.models import CounterSession, Ticket, WaitMemory
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
    learned : how often the line's predictors have learned.
    """

    waiting: list[Seen]
    serving: list[Serving]
    past: list[Seen]
    usual_s: dict[str, int]
    learned: int


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
    of_waiting, of_past = _queries(tuple(sorted(lines)), most)
    in_line, before, learned = Ready.rows_of(
        (of_waiting, {}), (of_past, {"branch": ticket.branch_id, "since": now - HOURS, "now": now}),
        (_LEARNED, {"line": ticket.line_id}),
    )  # fmt: skip
    if len(in_line) > most:
        return None
    waiting, newest = [Seen(*row) for row in in_line], [Seen(*row) for row in before]
    usual_s = {one.service_code: one.usual_s for one in (*waiting, *newest)}
    usual_s = {ticket.service_code: ticket.service.standard_s} | usual_s
    return Scene(waiting, serving, newest, usual_s, learned[0][0] if learned else 0)


_LEARNED: Final = Ready[Any](lambda line: WaitMemory.objects.filter(line_id=line).values_list("learned"), line=int)


@lru_cache(maxsize=256)
def _queries(lines: tuple[int, ...], most: int) -> tuple[Ready[Any], Ready[Any]]:
    """Return the queries of who waits in lines, and of the newest past of their branch."""
    seen = Ticket.objects.filter(line_id__in=lines).annotate(usual_s=F("service__standard_s"))
    rows: QuerySet[Any] = seen.values_list(*Seen._fields)

    def past(branch: int, since: datetime, now: datetime) -> QuerySet[Any]:
        newest = rows.filter(branch=branch, joined_at__gt=since, joined_at__lte=now).order_by("-joined_at")
        return newest[:MOST_PAST]

    waiting = Ready[Any](lambda: rows.filter(state=TicketState.WAITING)[: most + 1])
    return waiting, Ready[Any](past, branch=int, since=datetime, now=datetime)


def _at_counters(branch: int) -> QuerySet[Any]:
    in_front = FilteredRelation("tickets", condition=Q(tickets__state__in=[str(one) for one in IN_FRONT]))
    rows = CounterSession.objects.filter(closed_at=None, counter__branch=branch).select_related("clerk")
    return rows.annotate(
        in_front=in_front, gives=F("in_front__service_code"), serves=ArrayAgg("counter__lines", distinct=True)
    )


_AT_COUNTERS: Final = Ready[Any](_at_counters, branch=int)


def _serving(branch_id: int, *, line_id: int) -> list[Serving]:
    return [
        Serving(one, tuple(one.serves), one.gives or "", one.state, one.state_since)
        for one in _AT_COUNTERS.all(branch=branch_id)
        if line_id in one.serves
    ]
