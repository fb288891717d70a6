"""Joining by link or poster on the customer's own phone, the poster, and the ticket page."""

from __future__ import annotations

from datetime import UTC, datetime

import segno
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from troth.core.terms import Entry, TicketState
from troth.web.common.limits import too_often
from troth.web.flow.actions import join as join_line
from troth.web.flow.actions import leave, let_others_first
from troth.web.flow.models import Branch, Ticket
from troth.web.flow.pages.place import around, attempt
from troth.web.flow.seen.entrance import choices
from troth.web.flow.seen.order import places
from troth.web.flow.seen.ticket import standing, tickets
from troth.web.flow.slots import is_open

#: Where the session keeps the token of the ticket somebody took at a branch.
TAKEN = "troth-ticket-{}"


def public_branch(token: str) -> Branch:
    """Return the branch of a public link.

    Raises
    ------
    Http404 : there is none.
    """
    return get_object_or_404(Branch.objects.select_related("unit"), token=token)


def qr(text: str) -> SafeString:
    """Return a QR code as a drawing (ISO/IEC 18004, error level M)."""
    return mark_safe(segno.make(text, error="m").svg_inline(scale=4, border=2, omitsize=True))  # noqa: S308


def join(request: HttpRequest, token: str) -> HttpResponse:
    """Let somebody choose a service on their own phone. Who has a ticket already is shown it first."""
    branch = public_branch(token)
    if not branch.join_by_link:
        return render(request, "flow/join_closed.html", around(branch), status=403)
    now = timezone.now()
    opened = is_open(branch, now=now)  # in the room somebody would see that it is closed; a link works from anywhere
    if request.method == "POST":
        return _joined(request, branch) if opened else redirect("join", token=token)
    mine = request.session.get(TAKEN.format(branch.pk))
    has = Ticket.objects.open().filter(token=mine, branch=branch).first() if mine else None
    told = {
        "choices": choices(branch, language=get_language() or "en", now=now) if opened else [],
        "has": has,
        "by": "poster" if request.GET.get("by") == "poster" else "link",
        **around(branch, now=now),
    }
    return render(request, "flow/join.html", told)


def _joined(request: HttpRequest, branch: Branch) -> HttpResponse:
    """Join once: a double click, or the back button, finds the ticket that is there."""
    kept = TAKEN.format(branch.pk)
    wanted = request.POST.get("service", "")
    mine = Ticket.objects.open().filter(token=request.session.get(kept, ""), branch=branch).first()
    if mine is not None and str(mine.service_id) == wanted:
        return redirect("ticket", token=mine.token)
    now = timezone.now()
    offered = {str(one.service.pk): one.service for one in choices(branch, language="en", now=now)}
    if wanted not in offered:
        raise Http404
    if too_often(request, "join"):
        return many(request, branch)
    entry = Entry.POSTER if request.POST.get("by") == "poster" else Entry.LINK
    made = attempt(
        request,
        lambda: join_line(
            branch=branch, service=offered[wanted], now=now, entry=entry, language=get_language() or "en"
        ),
    )
    if made is None:
        return redirect("join", token=branch.token)
    request.session[kept] = made.token
    return redirect("ticket", token=made.token)


def many(request: HttpRequest, branch: Branch) -> HttpResponse:
    """Refuse what comes too often from one address: a program that fills a line, not people."""
    return render(request, "flow/too_many.html", around(branch), status=429)


def poster(request: HttpRequest, token: str) -> HttpResponse:
    """Draw a poster to print, with the code that leads to the line."""
    branch = public_branch(token)
    address = request.build_absolute_uri(reverse("join", args=[token]))
    return render(request, "flow/poster.html", {"qr": qr(f"{address}?by=poster"), "address": address, **around(branch)})


def ticket(request: HttpRequest, token: str) -> HttpResponse:
    """Show a customer where they stand."""
    found = tickets(token=token)
    if not found:
        raise Http404
    row, now = _newest(found[0]), timezone.now()
    if row.token != token:
        return redirect("ticket", token=row.token)
    ahead = None
    if row.state == TicketState.WAITING:
        ahead = places([row.line], now=now).get(row.pk)
    seen = standing(row, ahead=ahead, now=now)
    told = {
        "ticket": row,
        "seen": seen,
        "service": row.service.titled(get_language() or "en"),
        "bring": row.service.bring.all(),
        "language": get_language() or "en",
        "latest": datetime.fromtimestamp(seen.high, UTC),
        **around(row.branch, now=now),
    }
    return render(request, "flow/ticket.html", told)


def _newest(row: Ticket) -> Ticket:
    """Return the ticket a visit goes on with, after steps and transfers."""
    while (following := Ticket.objects.filter(previous=row).first()) is not None:
        row = tickets(pk=following.pk)[0]
    return row


@require_POST
def ticket_do(request: HttpRequest, token: str) -> HttpResponse:
    """Leave the line, or let others go first."""
    row = get_object_or_404(Ticket, token=token)
    now = timezone.now()
    match request.POST.get("do"):
        case "leave":
            attempt(request, lambda: leave(ticket=row, now=now), done=_("You have left the line."))
        case "yield":
            attempt(request, lambda: let_others_first(ticket=row, now=now), done=_("Others go first now."))
    return redirect("ticket", token=token)
