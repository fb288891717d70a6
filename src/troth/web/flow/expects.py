"""The wait to expect: foreseen when somebody joins, compared with what came of it, learned from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.db.models import QuerySet

from troth.core.terms import TicketState
from troth.web.common import together
from troth.web.flow import bridge
from troth.web.flow.models import Ticket, WaitForecast, WaitMemory
from troth.web.flow.refused import one_transaction
from troth.web.flow.state import scene

#: With more waiting than this nothing is foreseen: nobody could keep a word about so long a line.
MOST: Final = 120
#: Outcomes older than this teach nothing any more.
_STALE: Final = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class Foreseen:
    """The wait of somebody who joins: what is `said` and kept with the ticket, and the forecast to learn from."""

    said: dict[str, Any]
    forecast: dict[str, Any]


def expected(ticket: Ticket, *, now: datetime) -> Foreseen | None:
    """Return the wait of a ticket that is about to join; None where none can be stated.

    None can be stated while nobody has a counter that serves the line.
    """
    found = scene(ticket, now=now, most=MOST)
    if found is None:
        return None
    return Foreseen(*bridge.expected_wait(found, ticket=ticket, now=now, memory=_memory(ticket.line_id, found.learned)))


def keep(foreseen: Foreseen, *, ticket: Ticket) -> None:
    """Keep what was foreseen of a ticket until its wait has ended."""
    together.create(WaitForecast(ticket=ticket, line_id=ticket.line_id, data=foreseen.forecast))


def learn(*, now: datetime) -> int:
    """Learn from the waits that have ended since; return how many. To be called every minute or so."""
    lines = set(_ended().values_list("line_id", flat=True))
    return sum(learn_line(line_id=line_id, now=now) for line_id in sorted(lines))


@one_transaction
def learn_line(*, line_id: int, now: datetime) -> int:
    """Learn from the waits of one line that have ended since. Each teaches once; old ones teach nothing any more."""
    WaitMemory.objects.get_or_create(line_id=line_id)
    row = WaitMemory.objects.select_for_update().get(line_id=line_id)
    ended = list(_ended().filter(line_id=line_id).select_related("ticket").order_by("ticket__joined_at", "pk"))
    outcomes = [found for one in ended if (found := _outcome(one, now)) is not None]
    if outcomes:
        row.data = bridge.learned(bridge.Memory(row.learned, lambda: row.data), outcomes=outcomes)
        row.learned += 1
        row.save(update_fields=["data", "learned"])
    WaitForecast.objects.filter(pk__in=[one.pk for one in ended]).delete()
    return len(outcomes)


def _ended() -> QuerySet[WaitForecast]:
    return WaitForecast.objects.exclude(ticket__state=TicketState.WAITING)


def _outcome(one: WaitForecast, now: datetime) -> tuple[dict[str, Any], float, bool] | None:
    """Return forecast, wait and whether it ended with a call; None where the wait says nothing of the line."""
    ticket = one.ticket
    if ticket.yielded or ticket.returned_at or ticket.state == TicketState.EXPIRED or ticket.joined_at < now - _STALE:
        return None
    end = ticket.called_at if ticket.calls else ticket.ended_at
    return (one.data, (end - ticket.joined_at).total_seconds(), ticket.calls > 0) if end is not None else None


def _memory(line_id: int, learned: int) -> bridge.Memory:
    def data() -> dict[str, Any]:
        found = WaitMemory.objects.filter(line_id=line_id).values_list("data", flat=True).first()
        return found or {}

    return bridge.Memory(learned, data)
