"""Appointments as customers make them: chosen, held, booked, moved, cancelled, in letters and calendars."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from icalendar import Calendar

from tests.web.flow.day import Day
from troth.web.flow import letters
from troth.web.flow.appointments import hold
from troth.web.flow.models import Appointment, Letter, SlotRule

KATE = {"name": "Kate Kazlauskienė", "email": "kate@example.com", "phone": ""}


@pytest.fixture
def offered(clock: Day, settings: Any, django_capture_on_commit_callbacks: Any) -> Day:
    """Return the day with loans that can be booked in the afternoon: two slots, one place each."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    SlotRule.objects.create(
        branch=clock.place.branch, service=clock.company.loans, weekday=clock.now.weekday(), opens="14:00",
        closes="15:00",
    )  # fmt: skip
    return clock


def _path(day: Day) -> str:
    return f"/book/{day.place.branch.token}"


def _times(day: Day) -> list[str]:
    page = Client().get(f"{_path(day)}?service={day.company.loans.pk}").content.decode()
    return [part.split('"')[0] for part in page.split('name="at" value="')[1:]]


def _held(day: Day, client: Client, place: int = 0) -> str:
    said = {"service": day.company.loans.pk, "at": _times(day)[place]}
    answer = client.post(_path(day), said)
    assert answer.status_code == 302
    return str(answer["Location"])


def _booked(day: Day, client: Client, capture: Any, place: int = 0) -> str:
    address = _held(day, client, place)
    with capture(execute=True):
        assert client.post(address, {"do": "book", **KATE}).status_code == 302
    letters.send_posted(now=day.now)
    return address


def _start(row: Appointment) -> datetime:
    assert row.starts_at is not None
    return row.starts_at


def _entry(letter: Any) -> Any:
    (file,) = letter.attachments
    return Calendar.from_ical(file[1]).walk("VEVENT")[0]


def test_a_time_is_kept_while_the_form_is_filled_in(offered: Day) -> None:
    """A held slot is not offered to others, and the page says until when it is kept."""
    before = _times(offered)
    client = Client()
    address = _held(offered, client)
    assert _times(offered) == before[1:]
    assert "We keep this time for you until" in client.get(address).content.decode()


def test_an_appointment_is_confirmed_by_letter_with_a_calendar_entry(
    offered: Day, django_capture_on_commit_callbacks: Any
) -> None:
    """The entry has the time, a lasting name and the link back."""
    client = Client()
    address = _booked(offered, client, django_capture_on_commit_callbacks)
    row = Appointment.objects.get()
    assert (row.state, row.name) == ("booked", KATE["name"])
    (letter,) = mail.outbox
    assert letter.to == [KATE["email"]]
    assert address in letter.body and "Passport" in letter.body
    event = _entry(letter)
    assert event["DTSTART"].dt == row.starts_at
    assert event["UID"] == f"{row.booking_id}@troth"
    file = client.get(f"{address}/appointment.ics")
    assert file["Content-Type"] == "text/calendar"
    assert Calendar.from_ical(file.content.decode()).walk("VEVENT")[0]["UID"] == event["UID"]


def test_moving_and_cancelling_write_letters_that_replace_the_entry(
    offered: Day, django_capture_on_commit_callbacks: Any
) -> None:
    """The same UID with a higher SEQUENCE; a cancelled entry says so."""
    client = Client()
    address = _booked(offered, client, django_capture_on_commit_callbacks)
    other = _times(offered)[0]
    with django_capture_on_commit_callbacks(execute=True):
        client.post(address, {"do": "move", "at": other})
    letters.send_posted(now=offered.now)
    with django_capture_on_commit_callbacks(execute=True):
        client.post(address, {"do": "cancel"})
    letters.send_posted(now=offered.now)
    booked, moved, cancelled = (_entry(letter) for letter in mail.outbox)
    assert booked["UID"] == moved["UID"] == cancelled["UID"]
    assert booked["SEQUENCE"] < moved["SEQUENCE"] < cancelled["SEQUENCE"]
    assert moved["DTSTART"].dt.isoformat() == other
    assert cancelled["STATUS"] == "CANCELLED"
    assert "cancelled" in client.get(address).content.decode()


def test_the_last_place_goes_to_the_quicker_one(offered: Day) -> None:
    """Who chose a time that was taken meanwhile is told so, and sees what is left."""
    slow = Client()
    slow.get(f"{_path(offered)}?service={offered.company.loans.pk}")
    taken = _times(offered)[0]
    _held(offered, Client())
    answer = slow.post(_path(offered), {"service": offered.company.loans.pk, "at": taken}, follow=True)
    assert "Somebody else was quicker" in answer.content.decode()
    assert Appointment.objects.count() == 1


@pytest.mark.parametrize(
    "said", [{"name": ""}, {"email": "no address"}, {"email": "", "phone": ""}, {"email": "", "phone": "call me"}]
)
def test_a_form_that_cannot_be_used_is_shown_again_with_what_is_wrong(offered: Day, said: dict[str, str]) -> None:
    """Nothing is booked, what was typed stays, the field is marked."""
    client = Client()
    address = _held(offered, client)
    answer = client.post(address, {"do": "book", **KATE, **said})
    assert answer.status_code == 400
    assert 'aria-invalid="true"' in answer.content.decode()
    assert Appointment.objects.get().state == "held"


def test_forged_and_expired_links_open_nothing(offered: Day, django_capture_on_commit_callbacks: Any) -> None:
    """A token without its signature, another signature, and a link long after the day."""
    client = Client()
    address = _booked(offered, client, django_capture_on_commit_callbacks)
    row = Appointment.objects.get()
    for forged in (row.token, f"{row.token}:abc", address.rsplit("/", 1)[1][:-1] + "!"):
        for path in (f"/a/{forged}", f"/a/{forged}/move", f"/a/{forged}/appointment.ics"):
            assert Client().get(path).status_code == 404
    offered.now += letters.LASTS + timedelta(days=1)
    assert client.get(address).status_code == 410
    assert client.post(address, {"do": "cancel"}).status_code == 410
    assert Appointment.objects.get().state == "booked"


@pytest.mark.parametrize(
    "at", ["", "yesterday", "2026-03-25T14:00", "2026-03-25T03:33:00+00:00", "9999-12-31T23:00:00+00:00"]
)
def test_a_time_that_is_no_slot_is_refused(offered: Day, at: str) -> None:
    """What is typed into the address or form holds nothing."""
    answer = Client().post(_path(offered), {"service": offered.company.loans.pk, "at": at}, follow=True)
    assert answer.status_code == 200
    assert Appointment.objects.count() == 0


@pytest.mark.parametrize("day", ["", "tomorrow", "2026-02-30", "0001-01-01", "9999-12-31"])
def test_a_day_that_is_none_shows_the_first_free_one(offered: Day, day: str) -> None:
    """An address somebody typed is read as well as it can be."""
    answer = Client().get(f"{_path(offered)}?service={offered.company.loans.pk}&day={day}")
    assert answer.status_code == 200


def test_who_finds_nothing_free_waits_for_a_place(offered: Day, django_capture_on_commit_callbacks: Any) -> None:
    """The waitlist takes the wish, and a place that falls free is theirs."""
    client = Client()
    address = _booked(offered, client, django_capture_on_commit_callbacks)
    hold(
        branch=offered.place.branch, service=offered.company.loans, now=offered.now,
        starts_at=_start(Appointment.objects.get()) + timedelta(minutes=30),
    )  # fmt: skip
    today = offered.now.date().isoformat()
    said = {
        "do": "wait",
        "service": offered.company.loans.pk,
        "day": today,
        "wish-name": "Kaz",
        "wish-email": "kaz@example.com",
    }
    answer = Client().post(_path(offered), said, follow=True)
    assert "waiting list" in answer.content.decode()
    with django_capture_on_commit_callbacks(execute=True):
        client.post(address, {"do": "cancel"})
    letters.send_posted(now=offered.now)
    assert Appointment.objects.get(name="Kaz").state == "booked"
    found = [letter for letter in mail.outbox if letter.to == ["kaz@example.com"]]
    assert [letter.subject.split(":")[0] for letter in found] == [
        "You are on the waiting list",
        "We have a place for you",
    ]
    assert "/a/" in found[1].body and _entry(found[1])["STATUS"] == "CONFIRMED"


def test_a_letter_that_cannot_be_sent_does_not_undo_the_booking(
    offered: Day, django_capture_on_commit_callbacks: Any, monkeypatch: pytest.MonkeyPatch, caplog: Any
) -> None:
    """The mail server is down: the appointment stands, and the log has a line."""

    def fail(*_args: Any, **_kwargs: Any) -> int:
        raise ConnectionRefusedError("nobody there")

    monkeypatch.setattr("django.core.mail.EmailMultiAlternatives.send", fail)
    monkeypatch.setattr("troth.web.flow.letters.EmailMultiAlternatives.send", fail)
    _booked(offered, Client(), django_capture_on_commit_callbacks)
    assert Appointment.objects.get().state == "booked"
    assert "could not be sent" in caplog.text
    monkeypatch.undo()
    monkeypatch.setattr("django.utils.timezone.now", lambda: offered.now)
    assert letters.send_posted(now=offered.now) == 0, "not at once again"
    assert letters.send_posted(now=offered.later()) == 1
    assert not Letter.objects.exists()


def test_a_letter_is_asked_for_with_the_act_or_not_at_all(offered: Day, monkeypatch: pytest.MonkeyPatch) -> None:
    """What undoes the booking at its end undoes the letter, and the other way round; one given up after a day is gone."""
    client = Client(raise_request_exception=False)
    address = _held(offered, client)
    monkeypatch.setattr(Letter.objects, "create", lambda **_: 1 / 0)
    assert client.post(address, {"do": "book", **KATE}).status_code == 500
    assert Appointment.objects.get().state == "held"
    monkeypatch.undo()
    row = Appointment.objects.get()
    Appointment.objects.filter(pk=row.pk).update(email=KATE["email"])
    row.refresh_from_db()
    letters.post(row, kind="booked", host="https://bank.example", now=offered.now)
    monkeypatch.setattr("troth.web.flow.letters.EmailMultiAlternatives.send", _refuse)
    assert letters.send_posted(now=offered.later(25 * 60)) == 0
    assert not Letter.objects.exists()


def _refuse(*_args: Any, **_kwargs: Any) -> int:
    raise ConnectionRefusedError("nobody there")
