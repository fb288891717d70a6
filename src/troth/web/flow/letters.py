"""Letters about appointments: confirmed, moved, cancelled, a place found; each with its entry for calendars (RFC 5545)."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import Any, Final

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.core.signing import BadSignature, Signer
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext
from icalendar import Calendar, Event

from troth.web.flow.models import Appointment, Letter

log = logging.getLogger(__name__)

#: A link to an appointment is good until so long after its end.
LASTS: Final = timedelta(days=7)
#: A letter that could not be sent for so long is given up.
_GIVEN_UP: Final = timedelta(days=1)
_SIGNER: Final = Signer(salt="troth.appointment")
#: Signs what only a letter says: whoever comes by it has read what went to the address.
_LETTER: Final = Signer(salt="troth.letter")
_KINDS: Final = ("booked", "moved", "cancelled", "place_found", "waitlisted")


def signed(booking: Appointment) -> str:
    """Return the part of a link that names an appointment; nobody can make one up."""
    return _SIGNER.sign(booking.token)


def token_of(text: str) -> str | None:
    """Return the token of a signed link, None for a forged one."""
    try:
        return _SIGNER.unsign(text)
    except BadSignature:
        return None


def path_of(booking: Appointment) -> str:
    """Return the address of an appointment's page, without the host."""
    return reverse("booking", args=[signed(booking)])


def link_in_letter(booking: Appointment, *, host: str) -> str:
    """Return the link of a letter; it says by itself that it came to the customer's address."""
    return f"{host}{path_of(booking)}?by={_LETTER.signature(_reached(booking))}"


def came_by_letter(booking: Appointment, *, said: str) -> bool:
    """Tell whether what a link says shows that it was read in a letter to the address the appointment has."""
    return bool(said and booking.email) and constant_time_compare(said, _LETTER.signature(_reached(booking)))


def _reached(booking: Appointment) -> str:
    return f"{booking.token} {booking.email.lower()}"


def calendar_entry(booking: Appointment, *, link: str, now: datetime, method: str = "PUBLISH") -> bytes:
    """Return the iCalendar file of an appointment; the same UID and a higher SEQUENCE with every change.

    Parameters
    ----------
    method : PUBLISH for a file, REQUEST or CANCEL for a letter (RFC 5546).
    """
    calendar, event = Calendar(), Event()
    calendar.add("prodid", "-//Troth//Appointments//EN")
    calendar.add("version", "2.0")
    calendar.add("method", method)
    event.add("uid", f"{booking.booking_id}@troth")
    event.add("sequence", booking.sequence)
    event.add("dtstamp", now)
    event.add("dtstart", booking.starts_at)
    event.add("dtend", booking.ends_at)
    event.add("summary", f"{booking.service.titled(booking.language)}, {booking.branch}")
    event.add("location", booking.branch.unit.address or str(booking.branch))
    event.add("description", link)
    event.add("url", link)
    event.add("status", "CANCELLED" if booking.state == "cancelled" else "CONFIRMED")
    calendar.add_component(event)
    return bytes(calendar.to_ical())


def post(booking: Appointment, *, kind: str, host: str, now: datetime) -> None:
    """Have a letter sent by the worker, if the act it tells of stands: to be called within its transaction.

    Parameters
    ----------
    kind, host : as of `send`.
    """
    if booking.email:
        Letter.objects.create(booking=booking, kind=kind, host=host, asked_at=now, due_at=now)


def send_posted(*, now: datetime) -> int:
    """Send the letters that wait, in the order they were asked for; return how many went out.

    What fails is tried again after a minute, two, four and so on, for a day. Several workers may do so at once. A worker
    that dies between sending and writing it down sends that letter twice.
    """
    return sum(_send_next(now) for _ in range(Letter.objects.filter(due_at__lte=now).count()))


def _send_next(now: datetime) -> bool:
    with transaction.atomic():
        waiting = Letter.objects.select_for_update(of=("self",), skip_locked=True).filter(due_at__lte=now)
        one = waiting.select_related("booking__branch__unit", "booking__service").order_by("pk").first()
        if one is None:
            return False
        sent = send(one.booking, kind=one.kind, host=one.host, now=now)
        if sent or not one.booking.email or now - one.asked_at > _GIVEN_UP:
            one.delete()
            return sent
        one.tries += 1
        one.due_at = now + min(timedelta(minutes=2 ** (one.tries - 1)), timedelta(hours=1))
        one.save(update_fields=["tries", "due_at"])
        return False


def send(booking: Appointment, *, kind: str, host: str, now: datetime) -> bool:
    """Send a letter in the customer's language; tell whether one went out.

    A letter that cannot be sent is written into the log: the appointment stands all the same.

    Parameters
    ----------
    kind : ``booked``, ``moved``, ``cancelled``, ``place_found`` or ``waitlisted``.
    host : scheme and host of the links, such as ``https://bank.example``.
    """
    if kind not in _KINDS:
        raise ValueError(f"no letter is called {kind!r}")
    if not booking.email:
        return False
    link = link_in_letter(booking, host=host)
    with translation.override(booking.language):
        told: dict[str, Any] = {
            "booking": booking, "link": link, "zone": booking.branch.unit.zone, "branch": booking.branch,
            "service": booking.service.titled(booking.language), "bring": booking.service.bring.all(), "kind": kind,
        }  # fmt: skip
        letter = EmailMultiAlternatives(
            subject=f"{_subject(kind)}: {told['service']}, {booking.branch}".replace("\n", " "),
            body=render_to_string("flow/letter.txt", told),
            from_email=settings.DEFAULT_FROM_EMAIL,
            to=[booking.email],
        )
    if booking.starts_at is not None and kind != "waitlisted":
        method = "CANCEL" if kind == "cancelled" else "REQUEST"
        entry = calendar_entry(booking, link=link, now=now, method=method)
        letter.attach("appointment.ics", entry.decode(), f"text/calendar; method={method}")
    try:
        letter.send()
    except OSError as error:
        log.warning("A letter about appointment %s could not be sent: %s", booking.pk, error)
        return False
    return True


def tell_of_place(appointment: Appointment, **_signal: Any) -> None:
    """Write to somebody on the waitlist who got a place: hangs on the signal `place_found`."""
    from django.utils import timezone

    post(appointment, kind="place_found", host=own_host(), now=timezone.now())


def own_host() -> str:
    """Return scheme and host of the site where no request says them: the first origin, else the first host, allowed."""
    if settings.CSRF_TRUSTED_ORIGINS:
        return str(settings.CSRF_TRUSTED_ORIGINS[0]).rstrip("/")
    return f"{'https' if settings.SESSION_COOKIE_SECURE else 'http'}://{settings.ALLOWED_HOSTS[0]}"


def _subject(kind: str) -> str:
    match kind:
        case "moved":
            return gettext("Your appointment was moved")
        case "cancelled":
            return gettext("Your appointment is cancelled")
        case "place_found":
            return gettext("We have a place for you")
        case "waitlisted":
            return gettext("You are on the waiting list")
    return gettext("Your appointment")
