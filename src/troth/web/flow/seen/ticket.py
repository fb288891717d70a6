"""Where a customer stands: what the phone shows, as words and numbers."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext, ngettext

from troth.core.terms import TicketState
from troth.web.common.words import between, clock
from troth.web.flow.models import Ticket


@dataclass(frozen=True, slots=True)
class TicketNow:
    """What a customer sees of a ticket.

    Parameters
    ----------
    turn : the one sentence.
    counter : where to go, when called.
    ahead : how many are before this one.
    band : the wait that is left, in words, as of the moment it was written.
    since, low, high : seconds since 1970: when the wait began, and between which instants the turn is promised.
    soon : True when so few are ahead that the customer should come.
    """

    number: str
    state: str
    turn: str
    counter: str
    ahead: str
    band: str
    since: int
    low: int
    high: int
    waiting: bool
    called: bool
    serving: bool
    over: bool
    soon: bool
    stated: bool

    def as_dict(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        return asdict(self)


def tickets(**filters: Any) -> list[Ticket]:
    """Return tickets with what `standing` reads."""
    found = Ticket.objects.select_related(
        "line", "service", "branch__unit", "session__counter", "visit", "following__session__counter"
    )
    return list(found.filter(**filters))


def standing(ticket: Ticket, *, ahead: int | None, now: datetime) -> TicketNow:
    """Return what the customer of a ticket sees, in the language that is active.

    Parameters
    ----------
    ahead : how many are before it; None where that is not known, or nobody counts any more.
    """
    low, high = (ticket.expects.get(name) for name in ("low_s", "high_s"))
    since = ticket.joined_at.timestamp()
    stated = low is not None and high is not None and ticket.state == TicketState.WAITING
    left = (since + bound - now.timestamp() for bound in (low or 0.0, high or 0.0))
    counter = str(ticket.session.counter) if ticket.session and ticket.state in {"called", "serving"} else ""
    return TicketNow(
        number=ticket.label,
        state=ticket.state,
        turn=_turn(ticket, counter, ahead=ahead, now=now),
        counter=counter,
        ahead=_ahead(ahead) if ticket.state == TicketState.WAITING else "",
        band=_band(*left) if stated else "",
        since=int(since),
        low=int(since + (low or 0)),
        high=int(since + (high or 0)),
        waiting=ticket.state == TicketState.WAITING,
        called=ticket.state == TicketState.CALLED,
        serving=ticket.state == TicketState.SERVING,
        over=ticket.state not in {"waiting", "called", "serving", "parked"},
        soon=ticket.state == TicketState.WAITING and ahead is not None and ahead <= ticket.branch.notice_ahead,
        stated=stated,
    )


def _band(low: float, high: float) -> str:
    if high < -60:
        return gettext("longer than promised, we are sorry")
    return between(max(0.0, low), high) if high > 0 else gettext("any moment now")


def _ahead(ahead: int | None) -> str:
    if ahead is None:
        return ""
    if ahead == 0:
        return gettext("You are next.")
    return ngettext("%(count)s person is before you.", "%(count)s people are before you.", ahead) % {"count": ahead}


def _turn(ticket: Ticket, counter: str, *, ahead: int | None, now: datetime) -> str:
    match ticket.state:
        case TicketState.WAITING if ticket.not_before is not None and ticket.not_before > now:
            return gettext("Others go first until %(time)s.") % {
                "time": clock(ticket.not_before, zone=ticket.branch.unit.zone)
            }
        case TicketState.WAITING:
            return _ahead(ahead) or gettext("You are in line.")
        case TicketState.CALLED:
            return gettext("Your turn. Please go to %(counter)s.") % {"counter": counter}
        case TicketState.SERVING:
            return gettext("You are being served at %(counter)s.") % {"counter": counter}
        case TicketState.PARKED:
            return gettext("Your number is set aside. You will be called again.")
        case TicketState.SERVED:
            return gettext("Done. Thank you for coming.")
        case TicketState.LEFT:
            return gettext("You have left the line.")
        case TicketState.NO_SHOW:
            return gettext("You were called and did not come.")
    return gettext("This ticket is over.")
