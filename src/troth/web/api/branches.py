"""Customers at a branch: what there is, joining, leaving."""

from __future__ import annotations

from typing import Any, Final

from django.db.models import Count, Min
from django.http import Http404
from django.utils import timezone
from ninja import Router, Status

from troth.core.terms import TicketState
from troth.web.api.door import ENTRY, LOOK, branch_of, needs
from troth.web.api.shapes import BranchOut, JoinIn, ServiceOut, TicketOut
from troth.web.common.ready import Ready
from troth.web.customers.models import Customer
from troth.web.flow import actions
from troth.web.flow.models import CounterSession, LineService, Ticket
from troth.web.services.models import Service

router = Router(tags=["customers"])


@router.get("/branches/{token}", response=BranchOut, url_name="branch")
@needs(LOOK)
def branch(request: Any, token: str) -> BranchOut:
    """Return a branch as it is now: services, how many wait, the longest wait, open counters."""
    here = branch_of(request, token)
    waiting = Ticket.objects.filter(branch=here, state=str(TicketState.WAITING))
    by_service = dict(waiting.values_list("service").annotate(n=Count("pk")))
    first = waiting.aggregate(first=Min("joined_at"))["first"]
    offered = LineService.objects.filter(branch=here, service__closed_on=None).select_related("service", "line")
    services = [
        ServiceOut(
            code=one.service.code,
            title=one.service.title,
            line=one.line.code,
            waiting=by_service.get(one.service_id, 0),
        )
        for one in offered.order_by("position", "pk")
    ]
    return BranchOut(
        token=here.token, title=here.unit.title, time_zone=str(here.unit.zone), services=services,
        waiting=sum(by_service.values()), longest_s=(timezone.now() - first).total_seconds() if first else None,
        counters_open=CounterSession.objects.filter(counter__branch=here, closed_at=None).count(),
    )  # fmt: skip


@router.post("/branches/{token}/tickets", response={201: TicketOut}, url_name="join")
@needs(ENTRY)
def join(request: Any, token: str, wanted: JoinIn) -> Status[TicketOut]:
    """Let a customer join the line of a service."""
    here = branch_of(request, token)
    ticket = actions.join(
        branch=here, service=service_of(wanted.service), now=timezone.now(), entry=wanted.entry,
        customer=customer_of(request, wanted.customer), language=wanted.language, priority=wanted.priority,
        labels=wanted.labels, note=wanted.note,
    )  # fmt: skip
    return Status(201, TicketOut.of(ticket))


@router.get("/tickets/{token}", response=TicketOut, url_name="ticket")
@needs(LOOK)
def ticket(request: Any, token: str) -> TicketOut:
    """Return a ticket as it is now."""
    return TicketOut.of(ticket_of(request, token))


@router.post("/tickets/{token}/leave", response=TicketOut, url_name="leave")
@needs(ENTRY)
def leave(request: Any, token: str) -> TicketOut:
    """Let a customer go before being served."""
    return TicketOut.of(actions.leave(ticket=ticket_of(request, token), now=timezone.now()))


@router.post("/tickets/{token}/yield", response=TicketOut, url_name="yield")
@needs(ENTRY)
def let_others_first(request: Any, token: str) -> TicketOut:
    """Let others go before a waiting customer."""
    return TicketOut.of(actions.let_others_first(ticket=ticket_of(request, token), now=timezone.now()))


def ticket_of(request: Any, token: str) -> Ticket:
    """Return a ticket of the key's unit."""
    one = _TICKET.first(token=token)
    if one is None or not one.branch.unit.path.startswith(request.auth.unit.path):
        raise Http404
    return one


_SERVICE: Final = Ready(lambda code: Service.objects.filter(code=code), code=str)
_TICKET: Final = Ready(
    lambda token: Ticket.objects.select_related("branch__unit", "line", "session__counter").filter(token=token),
    token=str,
)


def service_of(code: str) -> Service:
    """Return a service by its code."""
    found = _SERVICE.first(code=code)
    if found is None:
        raise Http404
    return found


def customer_of(request: Any, pseudonym: str | None) -> Customer | None:
    """Return a customer of the key's unit or of the whole organisation, by pseudonym."""
    if not pseudonym:
        return None
    found = Customer.objects.filter(pseudonym=pseudonym, merged_into=None).select_related("unit").first()
    if found is None or (found.unit is not None and not _near(found.unit.path, request.auth.unit.path)):
        raise Http404
    return found


def _near(path: str, own: str) -> bool:
    """Tell whether a unit is the key's own, below or above it."""
    return path.startswith(own) or own.startswith(path)
