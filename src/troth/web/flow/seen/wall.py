"""What hangs on the wall: the numbers called last, with their counters, and the next few."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.db.models import Q
from django.utils import translation
from django.utils.translation import gettext

from troth.core.terms import TicketState
from troth.web.flow.models import Branch, Ticket
from troth.web.flow.seen.entrance import spoken
from troth.web.flow.seen.order import in_order

#: So many calls are on the wall, and so many who come next.
CALLS: Final = 4
NEXTS: Final = 6
#: A number stays on the wall for so long after the call, and while it is awaited.
_STAYS: Final = timedelta(minutes=20)


@dataclass(frozen=True, slots=True)
class Call:
    """One number on the wall. `mark` changes with every call of it."""

    number: str
    counter: str
    mark: str
    say: str


@dataclass(frozen=True, slots=True)
class Wall:
    """The newest calls first, then those who come next."""

    calls: list[Call]
    nexts: list[str]

    def as_dict(self) -> dict[str, Any]:
        """Return a flat record with a fixed number of places, so that nothing on the wall moves."""
        told: dict[str, Any] = {"nexts": "  ".join(self.nexts), "some": bool(self.calls), "quiet": not self.calls}
        for k in range(CALLS):
            one = self.calls[k] if k < len(self.calls) else Call("", "", "", "")
            told |= {f"n{k}": one.number, f"c{k}": one.counter, f"m{k}": one.mark, f"s{k}": one.say}
        return told


def wall(branch: Branch, *, now: datetime) -> Wall:
    """Return what is on the wall of a branch.

    The order of the next few is that of each line; lines take turns, so that no line is left out.
    """
    here = [str(one) for one in (TicketState.CALLED, TicketState.SERVING, TicketState.SERVED)]
    recent = Q(called_at__gt=now - _STAYS) | Q(state=TicketState.CALLED)
    shown = Ticket.objects.filter(recent, branch=branch, state__in=here)
    found = shown.select_related("session__counter", "visit").order_by("-called_at")[: 4 * CALLS]
    rows = sorted(found, key=lambda row: (row.state == TicketState.CALLED, row.called_at), reverse=True)[:CALLS]
    usual = spoken(branch)[0][0]
    calls = [_call(row, usual) for row in rows if row.session is not None]
    first = {pk: place for line in branch.lines.all() for place, pk in enumerate(in_order(line, now=now, most=NEXTS))}
    ready = Ticket.objects.filter(pk__in=first).exclude(not_before__gt=now).only("prefix", "number", "joined_at")
    order = sorted(ready, key=lambda row: (first[row.pk], row.joined_at, row.pk))
    return Wall(calls=calls, nexts=[row.label for row in order[:NEXTS]])


def _call(row: Ticket, usual: str) -> Call:
    assert row.session is not None
    counter = str(row.session.counter)
    language = row.visit.language or usual
    with translation.override(language):
        say = gettext("Number %(number)s, please go to %(counter)s.") % {"number": _spelled(row), "counter": counter}
    return Call(number=row.label, counter=counter, mark=f"{row.pk}.{row.calls}", say=f"{language}|{say}")


def _spelled(row: Ticket) -> str:
    """Return a number as a voice should read it: letters apart, the number as a number."""
    return f"{' '.join(row.prefix)} {row.number}"
