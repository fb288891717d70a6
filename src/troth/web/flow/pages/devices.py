"""Screens that stand in the room: the kiosk and the wall display."""

from __future__ import annotations

import uuid

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from troth.core.terms import BookingState, Entry, TicketState
from troth.web.flow.actions import join
from troth.web.flow.appointments import check_in
from troth.web.flow.models import Appointment, Branch
from troth.web.flow.pages.join import public_branch, qr
from troth.web.flow.pages.place import around, attempt
from troth.web.flow.seen.bookings import arriving
from troth.web.flow.seen.entrance import choices, spoken
from troth.web.flow.seen.order import places
from troth.web.flow.seen.ticket import standing, tickets
from troth.web.flow.seen.wall import wall as wall_of

#: Where the session keeps the ticket that a tap at the kiosk gave, by the tap's key.
_TAP = "troth-tap"


def wall(request: HttpRequest, token: str) -> HttpResponse:
    """Show the numbers that are called."""
    branch = public_branch(token)
    language = spoken(branch)[0][0]
    translation.activate(language)
    now = timezone.now()
    told = wall_of(branch, now=now).as_dict()
    rows = [{"k": k, "number": told[f"n{k}"], "counter": told[f"c{k}"], "mark": told[f"m{k}"]} for k in range(4)]
    return render(
        request, "flow/wall.html", {"rows": rows, "seen": told, "language": language, **around(branch, now=now)}
    )


def kiosk(request: HttpRequest, token: str) -> HttpResponse:
    """Ask for the language; with only one, go straight to the services."""
    branch = public_branch(token)
    languages = spoken(branch)
    if len(languages) == 1:
        return redirect("kiosk_services", token=token, language=languages[0][0])
    translation.activate(languages[0][0])
    return render(
        request, "flow/kiosk_start.html", {"spoken": languages, "low": _low(request, branch), **around(branch)}
    )


def kiosk_low(request: HttpRequest, token: str) -> HttpResponse:
    """Bring the controls down to the height of a wheelchair, or back up."""
    branch = public_branch(token)
    if request.method == "POST":
        request.session["troth-low"] = not _low(request, branch)
    language = request.POST.get("language", "")
    if language in dict(spoken(branch)):
        return redirect("kiosk_services", token=token, language=language)
    return redirect("kiosk", token=token)


def _low(request: HttpRequest, branch: Branch) -> bool:
    return bool(request.session.get("troth-low", False)) and branch.kiosk_wide


def _speak(branch: Branch, language: str) -> None:
    if language not in dict(spoken(branch)):
        raise Http404
    translation.activate(language)


def kiosk_services(request: HttpRequest, token: str, language: str) -> HttpResponse:
    """Let somebody choose a service, and give a number for it."""
    branch = public_branch(token)
    _speak(branch, language)
    now = timezone.now()
    offered = choices(branch, language=language, now=now)
    if request.method == "POST":
        return _taken(request, branch, language, {str(one.service.pk): one.service for one in offered})
    told = {
        "choices": offered,
        "language": language,
        "low": _low(request, branch),
        "tap": uuid.uuid4().hex,
        "booked": bool(arriving(branch, now=now)),
        "many": len(spoken(branch)) > 1,
        **around(branch, now=now),
    }
    return render(request, "flow/kiosk_services.html", told)


def _taken(request: HttpRequest, branch: Branch, language: str, offered: dict[str, object]) -> HttpResponse:
    """Give one number a tap: a second tap on the same screen finds the first one's number."""
    tap = request.POST.get("tap", "")
    known = request.session.get(_TAP, {})
    if tap and tap == known.get("tap"):
        return redirect("kiosk_ticket", token=branch.token, language=language, ticket=known["ticket"])
    wanted = request.POST.get("service", "")
    if wanted not in offered:
        raise Http404
    now = timezone.now()
    made = attempt(
        request,
        lambda: join(branch=branch, service=offered[wanted], now=now, entry=Entry.KIOSK, language=language),  # type: ignore[arg-type]
    )
    if made is None:
        return redirect("kiosk_services", token=branch.token, language=language)
    request.session[_TAP] = {"tap": tap, "ticket": made.token}
    return redirect("kiosk_ticket", token=branch.token, language=language, ticket=made.token)


def kiosk_booked(request: HttpRequest, token: str, language: str) -> HttpResponse:
    """Let somebody with an appointment say that they are here: they touch their time and initials."""
    branch = public_branch(token)
    _speak(branch, language)
    now = timezone.now()
    rows = arriving(branch, now=now)
    if request.method == "POST":
        wanted = request.POST.get("booking", "")
        found = next((row.booking for row in rows if str(row.booking.pk) == wanted), None)
        if found is None:
            before = Appointment.objects.filter(
                pk=int(wanted) if wanted.isdecimal() else 0, branch=branch, state=BookingState.CHECKED_IN
            ).select_related("ticket").first()  # fmt: skip
            if before is None or before.ticket is None:
                return redirect("kiosk_booked", token=token, language=language)
            return redirect("kiosk_ticket", token=token, language=language, ticket=before.ticket.token)
        made = attempt(request, lambda: check_in(appointment=found, now=now))
        if made is None:
            return redirect("kiosk_booked", token=token, language=language)
        return redirect("kiosk_ticket", token=token, language=language, ticket=made.token)
    told = {"rows": rows, "language": language, "low": _low(request, branch), **around(branch, now=now)}
    return render(request, "flow/kiosk_booked.html", told)


def kiosk_ticket(request: HttpRequest, token: str, language: str, ticket: str) -> HttpResponse:
    """Show the number that was given, to print or to take along by phone. After the call it says so."""
    branch = public_branch(token)
    _speak(branch, language)
    found = tickets(token=ticket, branch=branch)
    if not found:
        raise Http404
    row, now = found[0], timezone.now()
    ahead = None
    if row.state == TicketState.WAITING:
        ahead = places([row.line], now=now).get(row.pk)
    told = {
        "ticket": row,
        "seen": standing(row, ahead=ahead, now=now),
        "service": row.service.titled(language),
        "qr": qr(request.build_absolute_uri(reverse("ticket", args=[row.token]))),
        "language": language,
        "low": _low(request, branch),
        "title": _("Your number is %(number)s") % {"number": row.label},
        **around(branch, now=now),
    }
    return render(request, "flow/kiosk_ticket.html", told)
