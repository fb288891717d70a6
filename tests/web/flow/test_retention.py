"""Whoever books by link is a customer who can be erased, and is forgotten by themselves; nobody learns who is known."""

from __future__ import annotations

import json
import os
import re
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.core import mail
from django.test import Client
from django.urls import reverse

from tests.web import cast
from tests.web.flow.day import Day
from tests.web.flow.test_appointments import booked, history, waits
from tests.web.flow.test_slots import rule
from troth.core.terms import BookingState, Role
from troth.web.customers import actions, privacy
from troth.web.customers.models import Consent, Customer, Note
from troth.web.flow import letters
from troth.web.flow.models import Appointment, Visit
from troth.web.outbox.models import Fact
from troth.web.people.models import Change, ErasureRequest, KeptFor, Removal
from troth.web.people.retention import KEPT, enforce

KAZ = {"name": "Kaz Kazlauskas", "email": "Kaz@Example.com", "phone": "+37060000002"}
DAYS = timedelta(days=1)


@pytest.fixture
def open_day(clock: Day) -> Day:
    """Return the day with cash that can be booked tomorrow."""
    rule(clock)
    return clock


def by_link(day: Day, **given: Any) -> Appointment:
    """Book by link, as somebody nobody knows."""
    return booked(day, **{"customer": None, **KAZ, **given})


def _opened(row: Appointment, *, text: str | None = None) -> str:
    """Open the link of a letter and return the page, without what differs from appointment to appointment."""
    link = letters.link_in_letter(row, host="") if text is None else text
    page = Client().get(link).content.decode()
    return re.sub(r'csrfmiddlewaretoken" value="[^"]*"|\?by=[\w-]*', "", page.replace(letters.signed(row), "LINK"))


def test_a_booking_by_link_makes_a_customer(open_day: Day) -> None:
    """With what was said and what for; facts carry the pseudonym and no name."""
    row = by_link(open_day)
    made = row.customer
    assert made is not None and made.by_booking and made.email_verified_at is None
    assert (made.name, made.email, made.phone, made.unit) == (*KAZ.values(), open_day.company.vilnius)
    assert [one.purpose for one in made.consents.all()] == ["appointments"]
    assert Fact.objects.get(activity="booked").event["customer_id"] == made.pseudonym
    assert "Kaz" not in str(list(Fact.objects.values_list("event", flat=True)))
    wish = waits(open_day, wanted_date=None, name="Ona", email="ona@example.com")
    assert wish.customer is not None and wish.customer.name == "Ona"


def test_nothing_said_is_nobody_and_who_is_named_stays(open_day: Day) -> None:
    """A program may book without a name; a customer it names is taken."""
    assert booked(open_day, customer=None, name="").customer is None
    kate = open_day.company.kate
    at = open_day.now + 2 * DAYS
    rule(open_day, weekday=at.weekday())
    assert Customer.objects.count() == 2 and Consent.objects.count() == 0
    assert waits(open_day, wanted_date=None, customer=kate, name="Kate").customer == kate


def test_who_opens_the_letter_is_found_by_address_and_name(open_day: Day) -> None:
    """Only then, only in the same unit, and the page is the same as for somebody nobody knows."""
    known = cast.customer("KAZLAUSKAS Kaz", unit=open_day.company.vilnius, email="kaz@example.com")
    row = by_link(open_day)
    made = row.customer
    assert made is not None
    _opened(row, text=f"{letters.path_of(row)}?by=guessed")
    _opened(row, text=letters.path_of(row))
    assert not Customer.objects.exclude(merged_into=None, email_verified_at=None).exists()
    page = _opened(row)
    made.refresh_from_db()
    assert (made.merged_into, made.email_verified_at) == (known, open_day.now)
    assert actions.everyone(known) == [known, made]
    assert page == _opened(row, text=letters.path_of(row)), "the page tells nothing of it"


@pytest.mark.parametrize(
    "known",
    [{"name": "Kate Kazlauskienė"}, {"email": "other@example.com"}, {"by_booking": True}, {"unit": "klaipeda"}],
    ids=["a family shares an address", "another address", "nobody has opened a letter to it", "another unit"],
)
def test_who_only_looks_the_same_stays_apart(open_day: Day, known: dict[str, Any]) -> None:
    """What is doubtful is left to people: they see both among those who may be one."""
    said = {"name": KAZ["name"], "email": KAZ["email"], **known}
    unit = getattr(open_day.company, said.pop("unit", "vilnius"))
    other = cast.customer(said.pop("name"), unit=unit, **said)
    row = by_link(open_day)
    _opened(row)
    assert row.customer is not None
    row.customer.refresh_from_db()
    other.refresh_from_db()
    assert row.customer.email_verified_at is not None
    assert (row.customer.merged_into, other.merged_into) == (None, None)


def test_who_books_twice_is_one_when_both_letters_were_opened(open_day: Day) -> None:
    """The second joins the first, never each the other."""
    first = by_link(open_day)
    second = waits(open_day, wanted_date=None, **KAZ)
    for row in (second, first, second):
        _opened(row)
    rows = [one.customer for one in (first, second)]
    assert None not in rows and len({one.pk for one in rows if one}) == 2
    assert Customer.objects.filter(name=KAZ["name"], by_booking=True, merged_into=None).count() == 1


def test_letters_carry_the_proof_and_calendars_do_not(
    open_day: Day, settings: Any, django_capture_on_commit_callbacks: Any
) -> None:
    """The entry anybody with the link can fetch must not prove that a letter was read."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    row = by_link(open_day)
    letters.send(row, kind="booked", host="https://bank.example", now=open_day.now)
    assert letters.link_in_letter(row, host="https://bank.example") in str(mail.outbox[0].body)
    entry = Client().get(f"{letters.path_of(row)}/appointment.ics").content.decode()
    assert "by=" not in entry


def test_erasing_whoever_booked_takes_everything_with_it(
    open_day: Day, tmp_path: Path, settings: Any, django_capture_on_commit_callbacks: Any
) -> None:
    """Name, addresses and notes of the appointment and its visit, and the letters; those to others stay."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    settings.EMAIL_FILE_PATH = tmp_path
    row = by_link(open_day, note="Kaz brings papers")
    other = waits(open_day, wanted_date=None, name="Ona", email="ona@example.com")
    for one, kind in ((row, "booked"), (row, "moved"), (other, "waitlisted")):
        letters.send(one, kind=kind, host="https://bank.example", now=open_day.now)
    assert row.customer is not None
    Visit.objects.create(branch=row.branch, customer=row.customer, opened_at=open_day.now, note="Kaz was upset")
    known = json.loads(
        cast.signed_in(open_day.company.ada)
        .get(reverse("customer_data", args=[row.customer.pseudonym, "json"]))
        .content
    )
    assert sorted(one["subject"].split(":")[0] for one in known["letters"]) == [
        "Your appointment", "Your appointment was moved",
    ]  # fmt: skip
    assert "Kaz Kazlauskas" in known["letters"][0]["text"]
    assert known["flow_appointment"][0]["note"] == "Kaz brings papers"
    assert known["flow_visit"][0]["note"] == "Kaz was upset"
    assert known["customers_consent"][0]["purpose"] == "appointments"
    with django_capture_on_commit_callbacks(execute=True):
        privacy.erase(row.customer, now=open_day.now)
    row.refresh_from_db()
    assert (row.customer_id, row.name, row.email, row.phone, row.note) == (None, "", "", "", "")
    assert Visit.objects.get().note == ""
    left = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert b"ona@example.com" in left and b"kaz@example.com" not in left.lower()


def test_who_booked_is_forgotten_when_it_is_long_over(open_day: Day) -> None:
    """First not yet, then all of it; the appointment itself and its facts stay, as nobody's."""
    row = by_link(open_day)
    assert row.customer is not None and row.ends_at is not None
    enforce(now=row.ends_at + 90 * DAYS)
    row.refresh_from_db()
    assert row.name == KAZ["name"] and row.customer is not None
    over = row.ends_at + 90 * DAYS + timedelta(seconds=1)
    done = enforce(now=over)
    row.refresh_from_db()
    assert (row.customer_id, row.name, row.email, row.phone) == (None, "", "", "")
    assert (done["appointments"], done["newcomers"]) == (1, 1)
    assert history(row) == ["booked"]
    assert {(one.code, one.n) for one in Removal.objects.all()} == {("appointments", 1), ("newcomers", 1)}
    gone = Change.objects.filter(noun="customers_customer", action="delete")
    assert [one.actor for one in gone] == ["retention"]
    told = Change.objects.filter(noun="customers_customer", noun_id__in=gone.values("noun_id"))
    assert len(told) == 2 and "Kaz" not in str([one.changes for one in told])
    assert not ErasureRequest.objects.exists(), "what retention removes has no part in the lake's own texts"
    assert sum(enforce(now=over).values()) == 0


@pytest.mark.parametrize("why", ["visit", "note", "agreed", "wish", "known"])
def test_who_is_still_somebodys_business_is_kept(open_day: Day, why: str) -> None:
    """Something happened since, they agreed to more, they wait for a place, or staff know them by another row."""
    row = by_link(open_day)
    assert row.ends_at is not None and row.customer is not None
    now, who = row.ends_at + 91 * DAYS, row.customer
    match why:
        case "visit":
            Visit.objects.create(branch=row.branch, customer=who, opened_at=now - 2 * DAYS, closed_at=now - DAYS)
        case "note":
            Note.objects.create(customer=who, author=open_day.company.bob, at=now - DAYS, text="Called")
        case "agreed":
            actions.give_consent(who, purpose="offers", how="", now=row.booked_at)
        case "wish":
            waits(open_day, customer=who, wanted_date=(now + DAYS).date())
        case _:
            actions.merge(open_day.company.tom, keep=open_day.company.kate, other=who)
    enforce(now=now)
    assert Customer.objects.filter(pk=who.pk).exists()


def test_an_old_wish_is_given_up(open_day: Day) -> None:
    """Nobody could be told of a place any more."""
    wish = waits(open_day, wanted_date=None, **KAZ)
    enforce(now=open_day.now + 91 * DAYS)
    wish.refresh_from_db()
    assert (wish.state, wish.name, wish.customer) == (BookingState.CANCELLED, "", None)


def test_what_an_organisation_says_counts(open_day: Day, tmp_path: Path, settings: Any) -> None:
    """Shorter, without end, and for customers staff know, whom nobody removes unless told; letters by their age."""
    settings.EMAIL_FILE_PATH = tmp_path
    row = by_link(open_day)
    assert row.ends_at is not None
    old = tmp_path / "a.log"
    old.write_text("To: a@example.com\n\nHello", encoding="ascii")
    os.utime(old, (cast.NOW.timestamp(), cast.NOW.timestamp()))
    KeptFor.objects.create(code="appointments", days=7)
    KeptFor.objects.create(code="newcomers", days=None)
    KeptFor.objects.create(code="customers", days=30)
    done = enforce(now=row.ends_at + 40 * DAYS)
    assert {code: done.get(code) for code in ("appointments", "newcomers", "customers", "letters")} == {
        "appointments": 1, "newcomers": None, "customers": 2, "letters": 1,
    }  # fmt: skip
    assert [one.by_booking for one in Customer.objects.all()] == [True]
    assert not old.exists()


def test_one_line_that_fails_holds_up_no_other(open_day: Day, monkeypatch: pytest.MonkeyPatch, caplog: Any) -> None:
    """It is told of in the log."""
    row = by_link(open_day)
    assert row.ends_at is not None

    def full(**_given: Any) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("troth.web.people.retention.remove_letters", full)
    done = enforce(now=row.ends_at + 100 * DAYS)
    assert "letters" not in done and done["newcomers"] == 1
    assert "letters could not be removed" in caplog.text


def test_the_page_shows_and_changes_the_table(open_day: Day) -> None:
    """The administrator of the whole changes it, each change is in the list; an auditor looks; nonsense is refused."""
    ada, otto = cast.signed_in(open_day.company.ada), cast.signed_in(open_day.company.otto)
    assert otto.get(reverse("retention")).status_code == 200
    said = {code: one.days or "" for code, one in KEPT.items()}
    assert otto.post(reverse("retention"), said).status_code == 403
    assert ada.post(reverse("retention"), said | {"letters": "0"}).status_code == 422
    assert not KeptFor.objects.exists()
    assert ada.post(reverse("retention"), said | {"letters": "7", "changes": ""}).status_code == 302
    assert dict(KeptFor.objects.values_list("code", "days")) == {"letters": 7, "changes": None}
    assert Change.objects.filter(noun="people_keptfor", actor=open_day.company.ada.code).count() == 2
    local = cast.person("Lou Local", (Role.ADMINISTRATOR, open_day.company.vilnius))
    assert cast.signed_in(local).post(reverse("retention"), said).status_code == 403


def test_the_guide_tells_every_line_with_its_length() -> None:
    """A line that is added, or another length, is not forgotten there."""
    guide = (Path(__file__).parents[3] / "docs/guides/personal-data.md").read_text(encoding="utf-8")
    rows = {
        cells[1].strip(" `"): cells[-2].strip()
        for cells in (line.split("|") for line in guide.splitlines() if line.startswith("| `"))
    }
    assert rows == {code: str(one.days or "without end") for code, one in KEPT.items()}


def test_appointments_booked_before_get_their_customers(open_day: Day) -> None:
    """Those that name somebody; a named customer and an appointment without a name stay as they are."""
    row = by_link(open_day)
    old = row.customer
    assert old is not None
    Appointment.objects.filter(pk=row.pk).update(customer=None)
    kates = waits(open_day, wanted_date=None, customer=open_day.company.kate, name="Kate")
    nobodys = waits(open_day, wanted_date=None)
    import_module("troth.web.flow.migrations.0007_who_booked")._give_customers(apps, None)
    for one in (row, kates, nobodys):
        one.refresh_from_db()
    assert row.customer not in {None, old} and row.customer is not None
    assert (row.customer.name, row.customer.by_booking) == (KAZ["name"], True)
    assert (kates.customer, nobodys.customer) == (open_day.company.kate, None)


def test_no_name_is_nobodys_name(open_day: Day) -> None:
    """An address alone, or a name without a letter in it, joins nobody: a family may share the address."""
    known = cast.customer("", unit=open_day.company.vilnius, email=KAZ["email"])
    for name in ("", "---"):
        row = by_link(open_day, name=name) if not name else waits(open_day, wanted_date=None, **KAZ | {"name": name})
        _opened(row)
        assert row.customer is not None
        row.customer.refresh_from_db()
        assert (row.customer.email_verified_at, row.customer.merged_into) == (open_day.now, None)
    assert actions.everyone(known) == [known]


def test_whom_people_parted_no_letter_joins_again(open_day: Day) -> None:
    """The link of a letter is opened many times; the second look at it undoes nobody's decision."""
    known = cast.customer(KAZ["name"], unit=open_day.company.vilnius, email=KAZ["email"])
    row = by_link(open_day)
    _opened(row)
    assert row.customer is not None
    actions.part(row.customer)
    _opened(row)
    assert actions.everyone(known) == [known]


def test_retention_leaves_the_letters_to_others_of_one_address(
    open_day: Day, tmp_path: Path, settings: Any, django_capture_on_commit_callbacks: Any
) -> None:
    """Anybody can type an address: who is forgotten by it takes no letter along that a customer still needs."""
    settings.EMAIL_FILE_PATH = tmp_path
    row = by_link(open_day)
    assert row.ends_at is not None
    now = row.ends_at + 91 * DAYS
    fresh = tmp_path / "a.log"
    fresh.write_text(f"To: {KAZ['email']}\n\nHello", encoding="ascii")
    os.utime(fresh, (now.timestamp(), now.timestamp()))
    with django_capture_on_commit_callbacks(execute=True):
        assert enforce(now=now)["newcomers"] == 1
    assert fresh.exists()


def test_one_customer_who_cannot_be_erased_holds_up_no_other(
    open_day: Day, monkeypatch: pytest.MonkeyPatch, caplog: Any
) -> None:
    """Those after them are forgotten in the same go, and all that was removed is written down."""
    stuck, row = waits(open_day, wanted_date=None, **KAZ), by_link(open_day, name="Ona")
    assert row.ends_at is not None and stuck.customer is not None and row.customer is not None
    erase = privacy.erase

    def sometimes(one: Customer, **given: Any) -> list[str]:
        if one == stuck.customer:
            raise ValueError("no")
        return erase(one, **given)

    monkeypatch.setattr("troth.web.flow.retention.erase", sometimes)
    enforce(now=row.ends_at + 91 * DAYS)
    assert not Customer.objects.filter(pk=row.customer.pk).exists()
    assert Removal.objects.get(code="newcomers").n == 1
    assert "could not be forgotten" in caplog.text
