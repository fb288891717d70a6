"""The reception: somebody comes, with or without an appointment."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from troth.core.terms import Entry, Role
from troth.web.common.say import say
from troth.web.customers.models import Customer
from troth.web.flow.actions import join
from troth.web.flow.appointments import cancel, check_in
from troth.web.flow.live_topics import mark
from troth.web.flow.models import Branch, Ticket
from troth.web.flow.pages.join import qr
from troth.web.flow.pages.place import LAST, a_day, around, attempt, branch_of, remember
from troth.web.flow.seen.bookings import of_day
from troth.web.flow.seen.entrance import choices, spoken
from troth.web.people.models import Unit

#: Who receives customers.
RECEIVES = frozenset({Role.CLERK, Role.AGENT, Role.TEAM_LEAD, Role.OPERATIONS_LEAD, Role.ADMINISTRATOR})
_TAP = "troth-reception"


def _mine(request: HttpRequest) -> Branch | None:
    """Return the branch somebody works in: the one looked at last, else the first."""
    units = Unit.objects.where(request.user, *RECEIVES)
    rows = Branch.objects.filter(unit__in=units).select_related("unit").order_by("unit__title")
    last = request.session.get(LAST)
    return next((one for one in rows if one.unit.code == last), rows.first())


def reception(request: HttpRequest) -> HttpResponse:
    """Go to the reception of the branch somebody works in."""
    branch = _mine(request)
    return redirect("reception_branch", code=branch.unit.code) if branch else redirect("today")


def appointments(request: HttpRequest) -> HttpResponse:
    """Go to the appointments of the branch somebody works in."""
    branch = _mine(request)
    return redirect("appointments_branch", code=branch.unit.code) if branch else redirect("today")


def reception_branch(request: HttpRequest, code: str) -> HttpResponse:
    """Give a number to somebody, or say that somebody with an appointment is here."""
    branch = branch_of(code)
    remember(request, code)
    now = timezone.now()
    if request.method == "POST":
        return _does(request, branch)
    find = request.GET.get("find", "").strip()
    told = {
        "choices": choices(branch, language=get_language() or "en", now=now),
        "spoken": spoken(branch),
        "find": find,
        "waiting": Ticket.objects.waiting().filter(branch=branch).count(),
        "found": _found(request, find) if find else [],
        "rows": of_day(branch, day=branch.today(now), now=now),
        "newest": Ticket.objects.filter(branch=branch, day=branch.today(now)).select_related("service", "visit__customer")
        .order_by("-joined_at")[:8],
        "tap": uuid.uuid4().hex,
        "mark": mark(branch.unit_id),
        **around(branch, now=now),
    }  # fmt: skip
    return render(request, "flow/reception.html", told)


def _found(request: HttpRequest, text: str) -> list[Customer]:
    known = Customer.objects.visible_to(request.user)
    wanted = Q(name__icontains=text) | Q(email__iexact=text) | Q(phone__endswith=text[-8:] if len(text) > 5 else text)
    return list(known.filter(wanted).select_related("organisation").order_by("name")[:8])


def _does(request: HttpRequest, branch: Branch) -> HttpResponse:
    now = timezone.now()
    text = request.POST.get("booking", "")
    if text:
        booking = get_object_or_404(branch.appointments, pk=int(text) if text.isdecimal() else 0)
        if request.POST.get("do") == "cancel":
            attempt(request, lambda: cancel(appointment=booking, now=now), done=_("The appointment is cancelled."))
            return redirect("reception_branch", code=branch.unit.code)
        ticket = attempt(request, lambda: check_in(appointment=booking, now=now))
        if ticket is not None:
            say(request, _("%(number)s is in line.") % {"number": ticket.label})
        return redirect("reception_branch", code=branch.unit.code)
    return _join(request, branch)


def _join(request: HttpRequest, branch: Branch) -> HttpResponse:
    """Give one number a form, however often it is sent."""
    now, tap = timezone.now(), request.POST.get("tap", "")
    home = redirect("reception_branch", code=branch.unit.code)
    if tap and tap == request.session.get(_TAP):
        return home
    offered = {str(one.service.pk): one.service for one in choices(branch, language="en", now=now)}
    wanted = offered.get(request.POST.get("service", ""))
    if wanted is None:
        say(request, _("Choose what they have come for."), wrong=True)
        return home
    language = request.POST.get("language", "")
    if language not in dict(spoken(branch)):
        language = spoken(branch)[0][0]
    told: dict[str, Any] = {"language": language, "note": request.POST.get("note", "")[:500]}
    if request.POST.get("priority") == "1":
        told["priority"] = 1
    customer = _customer(request, branch, language)
    ticket = attempt(
        request,
        lambda: join(branch=branch, service=wanted, now=now, entry=Entry.RECEPTION, customer=customer, **told),
    )
    if ticket is not None:
        request.session[_TAP] = tap
        say(request, _("%(number)s is in line.") % {"number": ticket.label})
    return home


def _customer(request: HttpRequest, branch: Branch, language: str) -> Customer | None:
    """Return the customer that was found, or a new one for a name that was typed; nobody without either."""
    chosen = request.POST.get("customer", "")
    if chosen.isdecimal():
        return get_object_or_404(Customer.objects.visible_to(request.user), pk=int(chosen))
    name = request.POST.get("name", "").strip()[:160]
    if not name:
        return None
    return Customer.objects.create(name=name, unit=branch.unit, language=language, created_at=timezone.now())


def slip(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """Show a ticket to print again; after the call it says so."""
    branch = branch_of(code)
    row = get_object_or_404(Ticket.objects.filter(branch=branch).select_related("service"), pk=pk)
    address = request.build_absolute_uri(reverse("ticket", args=[row.token]))
    return render(request, "flow/slip.html", {"ticket": row, "qr": qr(address), **around(branch)})


def appointments_branch(request: HttpRequest, code: str) -> HttpResponse:
    """List the appointments of a day."""
    branch = branch_of(code)
    remember(request, code)
    now = timezone.now()
    day = a_day(request.GET.get("day", "")) or branch.today(now)
    told = {
        "rows": of_day(branch, day=day, now=now),
        "day": day,
        "before": day - timedelta(days=1),
        "after": day + timedelta(days=1),
        "is_today": day == branch.today(now),
        "waitlist": branch.appointments.filter(state="waitlisted").select_related("service").order_by("booked_at"),
        "mark": mark(branch.unit_id),
        **around(branch, now=now),
    }
    return render(request, "flow/appointments.html", told)
