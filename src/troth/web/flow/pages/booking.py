"""Appointments for customers: choose service, day and time; confirm; move or cancel by the link in the letter."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from troth.core.terms import BookingState
from troth.web.common.limits import too_often
from troth.web.customers.actions import letter_opened
from troth.web.flow import letters
from troth.web.flow.appointments import book as book_place
from troth.web.flow.appointments import cancel, free_slots, hold, reschedule, waitlist
from troth.web.flow.forms.booking import ContactForm
from troth.web.flow.models import Appointment, Branch
from troth.web.flow.pages.join import many, public_branch
from troth.web.flow.pages.place import a_day, an_instant, around, attempt
from troth.web.flow.promised import promised_time
from troth.web.flow.refused import one_transaction
from troth.web.flow.slots import Slot
from troth.web.people.retention import lengths
from troth.web.services.models import Service

#: So many days ahead can be booked.
AHEAD: Final = 21


def book(request: HttpRequest, token: str) -> HttpResponse:
    """Let a customer choose: first the service, then day and time."""
    branch = public_branch(token)
    now = timezone.now()
    services = _bookable(branch, now=now)
    wanted = request.POST.get("service") or request.GET.get("service", "")
    service = next((one for one in services if str(one.pk) == wanted), None)
    if service is None:
        language = get_language() or "en"
        listed = [(one, one.titled(language)) for one in services]
        return render(request, "flow/book.html", {"services": listed, **around(branch, now=now)})
    if request.method == "POST":
        return many(request, branch) if too_often(request, "book") else _held(request, branch, service, now=now)
    return _times(request, branch, service, now=now)


def _bookable(branch: Branch, *, now: datetime) -> list[Service]:
    """Return the services with times to book."""
    today = branch.today(now)
    found = Service.objects.filter(slotrule__branch=branch, lines__branch=branch).distinct().prefetch_related("names")
    return [one for one in found.order_by("title") if one.closed_on is None or one.closed_on > today]


def _times(
    request: HttpRequest, branch: Branch, service: Service, *, now: datetime, moving: Appointment | None = None
) -> HttpResponse:
    """Show the free times of a day; without a day, of the first that has any."""
    today = branch.today(now)
    days = [(today + timedelta(days=k)) for k in range(AHEAD)]
    free = {day: free_slots(branch=branch, service=service, day=day, now=now) for day in days}
    chosen = a_day(request.GET.get("day", "")) or next((day for day in days if free[day]), today)
    told: dict[str, Any] = {
        "service": service,
        "title": service.titled(get_language() or "en"),
        "days": [(day, len(free[day])) for day in days],
        "chosen": chosen,
        "parts": _parts(free.get(chosen, []), branch),
        "any": any(free.values()),
        "form": ContactForm(prefix="wish"),
        "kept_days": lengths()["appointments"],
        "moving": moving,
        "signed": letters.signed(moving) if moving else "",
        **around(branch, now=now),
    }
    return render(request, "flow/book_times.html", told)


def _parts(slots: list[Slot], branch: Branch) -> list[tuple[str, list[Slot]]]:
    """Return the times of a day before and after noon."""
    zone = branch.unit.zone
    early = [one for one in slots if one.starts_at.astimezone(zone).hour < 12]
    late = [one for one in slots if one not in early]
    return [(name, part) for name, part in ((_("Before noon"), early), (_("After noon"), late)) if part]


def _held(request: HttpRequest, branch: Branch, service: Service, *, now: datetime) -> HttpResponse:
    """Keep a time while the form is filled in, or put somebody on the waitlist."""
    back = redirect(f"{request.path}?service={service.pk}")
    language = get_language() or "en"
    if request.POST.get("do") == "wait":
        return _wish(request, branch, service, language, now=now)
    starts_at = _wanted(request, branch, now=now)
    if starts_at is None:
        return back
    kept = attempt(
        request, lambda: hold(branch=branch, service=service, starts_at=starts_at, now=now, language=language)
    )
    return redirect(letters.path_of(kept)) if kept else back


def _wanted(request: HttpRequest, branch: Branch, *, now: datetime) -> datetime | None:
    """Return the time that was chosen; None for one that no page offers, such as one in a hundred years."""
    found = an_instant(request.POST.get("at", ""))
    return found if found and branch.today(found) < branch.today(now) + timedelta(days=AHEAD) else None


def _wish(request: HttpRequest, branch: Branch, service: Service, language: str, *, now: datetime) -> HttpResponse:
    form = ContactForm(request.POST, prefix="wish")
    day = a_day(request.POST.get("day", ""))
    if not form.is_valid():
        told = {"form": form, "service": service, "title": service.titled(language), "chosen": day, "days": [],
                "parts": [], "any": False, "kept_days": lengths()["appointments"], **around(branch, now=now)}  # fmt: skip
        return render(request, "flow/book_times.html", told, status=400)
    made = attempt(
        request,
        lambda: _with_letter(
            request, "waitlisted", now=now,
            act=lambda: waitlist(
                branch=branch, service=service, now=now, wanted_date=day, language=language, **form.cleaned_data
            ),
        ),
    )  # fmt: skip
    return redirect(letters.path_of(made) if made else f"{request.path}?service={service.pk}")


def booking(request: HttpRequest, signed: str) -> HttpResponse:
    """Show an appointment to its customer: to confirm while the time is held, to move or cancel later."""
    row, now = _own(signed), timezone.now()
    if row.ends_at is not None and row.ends_at + letters.LASTS < now:
        return render(request, "flow/booking_over.html", around(row.branch, now=now), status=410)
    if row.customer is not None and letters.came_by_letter(row, said=request.GET.get("by", "")):
        letter_opened(row.customer, email=row.email, now=now)  # the page shows nothing of it
    if request.method == "POST":  # each change sends a letter, to whatever address was given
        too_many = too_often(request, "change")
        return many(request, row.branch) if too_many else _changed(request, row, signed, now=now)
    return _shown(request, row, signed, now=now)


def _shown(
    request: HttpRequest, row: Appointment, signed: str, *, now: datetime, form: ContactForm | None = None
) -> HttpResponse:
    held = row.state == BookingState.HELD
    told = {
        "booking": row,
        "signed": signed,
        "title": row.service.titled(get_language() or "en"),
        "bring": row.service.bring.all(),
        "form": (form or ContactForm()) if held else None,
        "kept_days": lengths()["appointments"] if held else None,
        "gone": held and row.held_until is not None and row.held_until < now,
        "booked": row.state == BookingState.BOOKED,
        "word": promised_time(row) if row.state == BookingState.BOOKED else None,
        "past": row.starts_at is not None and row.starts_at < now,
        **around(row.branch, now=now),
    }
    return render(request, "flow/booking.html", told, status=400 if form is not None else 200)


def _changed(request: HttpRequest, row: Appointment, signed: str, *, now: datetime) -> HttpResponse:
    here = redirect("booking", signed=signed)

    def change(kind: str, act: Callable[[], Appointment], *, done: str = "", news: bool = True) -> Appointment | None:
        both = partial(_with_letter, request, kind, now=now, act=act)
        return attempt(request, both if news else act, done=done)

    match request.POST.get("do"):
        case "book":
            form = ContactForm(request.POST)
            if not form.is_valid():
                return _shown(request, row, signed, now=now, form=form)
            said = {"language": get_language() or "en", **form.cleaned_data}
            book_it = partial(book_place, appointment=row, now=now, **said)
            change("booked", book_it, done=_("Your appointment is booked."), news=row.state == BookingState.HELD)
        case "cancel":
            change("cancelled", partial(cancel, appointment=row, now=now), news=row.state == BookingState.BOOKED)
        case "move":
            starts_at = _wanted(request, row.branch, now=now)
            if starts_at is None:
                return redirect("booking_move", signed=signed)
            move = partial(reschedule, appointment=row, starts_at=starts_at, now=now)
            done = _("Your appointment has been moved.")
            if change("moved", move, done=done, news=starts_at != row.starts_at) is None:
                return redirect("booking_move", signed=signed)
    return here


def booking_move(request: HttpRequest, signed: str) -> HttpResponse:
    """Show the free times an appointment can be moved to."""
    row = _own(signed)
    if row.state != BookingState.BOOKED:
        return redirect("booking", signed=signed)
    return _times(request, row.branch, row.service, now=timezone.now(), moving=row)


def booking_calendar(request: HttpRequest, signed: str) -> HttpResponse:
    """Hand out the entry for calendars."""
    row = _own(signed)
    if row.starts_at is None or row.state == BookingState.HELD:
        raise Http404
    link = request.build_absolute_uri(letters.path_of(row))
    answer = HttpResponse(letters.calendar_entry(row, link=link, now=timezone.now()), content_type="text/calendar")
    answer.headers["Content-Disposition"] = 'attachment; filename="appointment.ics"'
    return answer


def _own(signed: str) -> Appointment:
    """Return the appointment of a signed link.

    Raises
    ------
    Http404 : the link was made up, or what it led to is gone.
    """
    token = letters.token_of(signed)
    if token is None:
        raise Http404
    found = Appointment.objects.select_related("branch__unit", "service", "customer", "ticket")
    return get_object_or_404(found, token=token)


def _with_letter(request: HttpRequest, kind: str, *, now: datetime, act: Callable[[], Appointment]) -> Appointment:
    """Do something to an appointment and have a letter sent about it: both or neither."""

    @one_transaction
    def both() -> Appointment:
        row = act()
        letters.post(row, kind=kind, host=request.build_absolute_uri("/").rstrip("/"), now=now)
        return row

    return both()
