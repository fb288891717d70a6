"""Counters: a program may act for any clerk of its unit, with a key that allows it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from django.db.models import QuerySet
from django.http import Http404
from django.utils import timezone
from ninja import Router, Status

from troth.web.api.branches import customer_of, service_of
from troth.web.api.door import COUNTER, branch_of, needs
from troth.web.api.shapes import BreakIn, CounterOut, DirectIn, OpenIn, TicketOut, TransferIn
from troth.web.common.ready import Ready
from troth.web.flow import actions
from troth.web.flow.models import Branch, Counter, CounterSession, Ticket
from troth.web.flow.refused import Refused
from troth.web.people.models import Membership, Unit, User

router = Router(tags=["counters"])
_PATH = "/branches/{token}/clerks/{clerk}"


@router.post("/branches/{token}/clerks", response={201: CounterOut}, url_name="open_counter")
@needs(COUNTER)
def open_counter(request: Any, token: str, wanted: OpenIn) -> Status[CounterOut]:
    """Let a clerk take a counter: the one named, else the one they have, else a free one."""
    here = branch_of(request, token)
    clerk = _clerk(here, wanted.clerk)
    now = timezone.now()
    running = _sessions(here, clerk.code).first()
    if running is not None and wanted.counter is None:
        return Status(201, CounterOut.of(running))
    for counter in _counters(here, wanted.counter):
        try:
            session = actions.open_counter(counter=counter, clerk=clerk, now=now, made_up=wanted.made_up)
        except Refused as refused:
            if wanted.counter is None and refused.code == "counter-taken":
                continue
            raise
        return Status(201, CounterOut.of(session))
    advice = "Maybe close one first."
    raise Refused("no-counter-free", where="counter", value=here, advice=advice)


@router.get(_PATH, response=CounterOut, url_name="clerk")
@needs(COUNTER)
def clerk(request: Any, token: str, clerk: str) -> CounterOut:
    """Return the counter of a clerk, and the ticket in front."""
    session = _session(request, token, clerk)
    ticket = Ticket.objects.filter(session=session, state__in=("called", "serving"))
    return CounterOut.of(session, ticket.select_related("branch", "line", "session__counter").first())


@router.post(f"{_PATH}/close", response=CounterOut, url_name="close_counter")
@needs(COUNTER)
def close_counter(request: Any, token: str, clerk: str) -> CounterOut:
    """Close the counter of a clerk."""
    return CounterOut.of(actions.close_counter(session=_session(request, token, clerk), now=timezone.now()))


@router.post(f"{_PATH}/break", response=CounterOut, url_name="take_break")
@needs(COUNTER)
def take_break(request: Any, token: str, clerk: str, wanted: BreakIn) -> CounterOut:
    """Let a clerk go on a break."""
    session = _session(request, token, clerk)
    return CounterOut.of(actions.take_break(session=session, now=timezone.now(), state=wanted.state))


@router.post(f"{_PATH}/back", response=CounterOut, url_name="end_break")
@needs(COUNTER)
def end_break(request: Any, token: str, clerk: str) -> CounterOut:
    """Let a clerk come back."""
    return CounterOut.of(actions.end_break(session=_session(request, token, clerk), now=timezone.now()))


@router.post(f"{_PATH}/call-next", response={200: TicketOut, 204: None}, url_name="call_next")
@needs(COUNTER)
def call_next(request: Any, token: str, clerk: str) -> Any:
    """Call the next customer; 204 when nobody waits."""
    ticket = actions.call_next(session=_session(request, token, clerk), now=timezone.now())
    return Status(204, None) if ticket is None else TicketOut.of(ticket)


@router.post(f"{_PATH}/transfer/{{ticket}}", response=TicketOut, url_name="transfer")
@needs(COUNTER)
def transfer(request: Any, token: str, clerk: str, ticket: str, wanted: TransferIn) -> TicketOut:
    """Hand the customer in front on; returns the new ticket."""
    session = _session(request, token, clerk)
    here = session.counter.branch
    made = actions.transfer(
        session=session, ticket=_ticket(session, ticket), now=timezone.now(), note=wanted.note,
        service=service_of(wanted.service) if wanted.service else None,
        clerk=_clerk(here, wanted.clerk) if wanted.clerk else None,
        counter=_counters(here, wanted.counter)[0] if wanted.counter else None,
    )  # fmt: skip
    return TicketOut.of(made)


@router.post(f"{_PATH}/walk-direct", response={201: TicketOut}, url_name="walk_direct")
@needs(COUNTER)
def walk_direct(request: Any, token: str, clerk: str, wanted: DirectIn) -> Status[TicketOut]:
    """Serve a customer who has no ticket."""
    made = actions.walk_direct(
        session=_session(request, token, clerk), service=service_of(wanted.service), now=timezone.now(),
        customer=customer_of(request, wanted.customer), language=wanted.language, note=wanted.note,
    )  # fmt: skip
    return Status(201, TicketOut.of(made))


Deed = Callable[..., Ticket]


def _deed(name: str, action: Deed, sentence: str) -> None:
    """Add what a clerk does with one ticket: they all look alike."""

    def view(request: Any, token: str, clerk: str, ticket: str) -> TicketOut:
        session = _session(request, token, clerk)
        done = action(session=session, ticket=_ticket(session, ticket), now=timezone.now())
        return _told(done, session)

    view.__name__, view.__doc__ = action.__name__, sentence
    path = f"{_PATH}/{name}/{{ticket}}"
    router.post(path, response=TicketOut, url_name=action.__name__)(needs(COUNTER)(view))


_deed("call", actions.call_ticket, "Call one customer out of turn.")
_deed("recall", actions.recall, "Call the customer once more.")
_deed("answer", actions.answer, "Begin to serve the customer who was called.")
_deed("finish", actions.finish, "End the service.")
_deed("no-show", actions.no_show, "Give up a customer who did not come.")
_deed("park", actions.park, "Set the customer aside, to be taken up again.")
_deed("take-up", actions.take_up, "Take up a customer who was set aside.")
_deed("put-back", actions.put_back, "Send the customer back to the line.")


_SESSION: Final = Ready(
    lambda token, clerk: CounterSession.objects.select_related("clerk", "counter__branch__unit").filter(
        counter__branch__token=token, clerk__code=clerk, closed_at=None
    ), token=str, clerk=str,
)  # fmt: skip
_TICKET: Final = Ready(lambda token: Ticket.objects.filter(token=token), token=str)


def _session(request: Any, token: str, clerk: str) -> CounterSession:
    session = _SESSION.first(token=token, clerk=clerk)
    if session is None or not session.counter.branch.unit.path.startswith(request.auth.unit.path):
        raise Http404
    return session


def _ticket(session: CounterSession, token: str) -> Ticket:
    """Return a ticket of the branch where a counter is; the action itself reads it anew."""
    one = _TICKET.first(token=token)
    if one is None or one.branch_id != session.counter.branch_id:
        raise Http404
    return one


def _told(ticket: Ticket, session: CounterSession) -> TicketOut:
    """Return a ticket as programs see it, without asking for its counter again."""
    if ticket.session_id == session.pk:
        ticket.session = session
    return TicketOut.of(ticket)


def _sessions(branch: Branch, clerk: str) -> QuerySet[CounterSession]:
    """Return the open session of a clerk at a branch, if any."""
    found = CounterSession.objects.select_related("clerk", "counter__branch__unit")
    return found.filter(counter__branch=branch, clerk__code=clerk, closed_at=None)


def _clerk(branch: Branch, code: str) -> User:
    """Return a person who works at a branch today."""
    here = Membership.objects.on(branch.today(timezone.now())).filter(unit__in=Unit.objects.below(branch.unit))
    found: User | None = User.objects.filter(code=code, is_active=True, pk__in=here.values("user")).first()
    if found is None:
        raise Http404
    return found


def _counters(branch: Branch, code: str | None) -> list[Counter]:
    found = Counter.objects.filter(branch=branch).order_by("pk")
    counters = list(found.filter(code=code) if code else found)
    if not counters:
        raise Http404
    return counters
