"""What somebody with bad intent, or with rights elsewhere, tries at the pages and at the API."""

from __future__ import annotations

import io
import logging
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings
from django.core import mail
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.test import Client, override_settings
from django.utils import timezone
from openpyxl import Workbook

from tests.web import cast
from tests.web.api.test_api import Program
from tests.web.cast import Company, Place
from troth.core.errors import InputError
from troth.core.terms import Role
from troth.web.common.limits import WINDOW_S
from troth.web.flow import actions, appointments, letters
from troth.web.flow.models import Appointment, Branch, CounterSession, SlotRule, Ticket
from troth.web.people.actions import make_key
from troth.web.people.models import Leave, Membership, User
from troth.web.people.sheets import read
from troth.web.project.masked import Masked

pytestmark = pytest.mark.django_db


@pytest.fixture
def place(company: Company) -> Place:
    return cast.branch(company)


def also(person: User, role: Role, unit: Any) -> Client:
    """Give somebody a second role elsewhere and sign them in."""
    Membership.objects.create(user=person, unit=unit, role=str(role))
    return cast.signed_in(person)


def test_a_role_elsewhere_shows_no_customers(company: Company, place: Place) -> None:
    """A clerk who trains people in another branch finds none of its customers, in no list and at no reception."""
    bob = also(company.bob, Role.TRAINER, company.klaipeda)
    assert "Kaz Kazlauskas" not in bob.get("/customers").content.decode()
    assert "Kaz Kazlauskas" not in bob.get("/branches/vilnius/reception?find=Kaz").content.decode()
    assert "Kate" in bob.get("/customers").content.decode()
    assert (
        bob.post("/branches/vilnius/reception", {"customer": company.kaz.pk, "service": company.cash.pk}).status_code
        == 404
    )


def test_a_role_elsewhere_shows_no_people(company: Company) -> None:
    """Who leads a team here and serves there lists the people of here alone."""
    page = also(company.tom, Role.CLERK, company.klaipeda).get("/people").content.decode()
    assert "Beth" in page
    assert "Carol" not in page


def test_why_somebody_is_away_is_for_who_plans_there(company: Company) -> None:
    """Planning for one branch does not show the reasons of absences in another."""
    span = DateTimeTZRange(datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 3, 3, tzinfo=UTC))
    Leave.objects.create(user=company.carol, span=span, kind="illness")
    also(company.tom, Role.TRAINER, company.klaipeda)  # may look at people there
    page = cast.signed_in(company.tom).get(f"/people/{company.carol.code}").content.decode().lower()
    assert 'id="leave"' in page
    assert '<span class="soft">illness' not in page
    assert (
        '<span class="soft">illness'
        in cast.signed_in(company.alice).get(f"/people/{company.carol.code}").content.decode().lower()
    )


def test_merging_takes_the_right_over_both(company: Company) -> None:
    """A lead of one branch cannot let a customer of another, where they only serve, count as one of theirs."""
    tom = also(company.tom, Role.CLERK, company.klaipeda)
    kate, kaz = company.kate.pseudonym, company.kaz.pseudonym
    assert tom.post(f"/customers/{kate}/merge/{kaz}").status_code == 403
    company.kaz.refresh_from_db()
    assert company.kaz.merged_into is None
    assert cast.signed_in(company.alice).post(f"/customers/{kate}/merge/{kaz}").status_code == 302


@pytest.mark.parametrize("path", ["/counter", "/account", "/people", "/customers", "/customers/new", "/reception", "/"])
def test_a_key_opens_no_page_that_is_about_a_person(company: Company, place: Place, path: str) -> None:
    """A key is nobody: pages of a person's own work refuse it, whatever its role, and do not fail."""
    for role in (Role.CLERK, Role.OPERATIONS_LEAD, Role.KIOSK):
        program = Client(headers={"Authorization": f"Bearer {cast.key(company.vilnius, role=role)[1]}"})
        assert program.get(path).status_code == 403


def test_a_program_that_acts_for_clerks_can_be_given_a_key(company: Company, place: Place) -> None:
    """What the guide promises to keys of team leads can be had: such a key can be made, and opens counters."""
    _, secret = make_key(company.ada, title="Phone system", unit=company.vilnius, role=Role.TEAM_LEAD)
    assert Program(secret).post(f"branches/{place.branch.token}/clerks", clerk=company.bob.code)[0] == 201


@pytest.mark.parametrize(
    "path", ["/customers?q=%00", "/people?q=%00", "/t/a%00b", "/live/ticket/a%00b.json", "/trail?id=%00"]
)
def test_a_zero_character_is_a_bad_request(company: Company, path: str) -> None:
    """What no database can hold is refused as such; it is no failure of ours."""
    assert cast.signed_in(company.ada).get(path).status_code == 400


@pytest.mark.parametrize("told", [{"language": "x" * 30}, {"note": "a\0b"}, {"service": "a\0"}, {"customer": "c-\0"}])
def test_texts_that_do_not_fit_are_wrong_input(company: Company, place: Place, told: dict[str, str]) -> None:
    """The API answers them with an issue, and nobody joins."""
    key = cast.key(company.vilnius, role=Role.KIOSK)[1]
    status, answer = Program(key).post(f"branches/{place.branch.token}/tickets", **{"service": "cash", **told})
    assert status in {404, 422}
    assert answer["issues"]
    assert not Ticket.objects.exists()


def test_days_and_addresses_that_cannot_be_are_wrong_input(company: Company, place: Place) -> None:
    """The last day there is, and an address with another one hidden behind a line break, are refused with an issue."""
    key = Program(cast.key(company.vilnius, role=Role.KIOSK)[1])
    SlotRule.objects.create(branch=place.branch, service=company.cash, weekday=4, opens="00:00", closes="24:00")
    here = f"branches/{place.branch.token}"
    assert key.get(f"{here}/slots?service=cash&day=9999-12-31")[0] == 422
    assert key.post(f"{here}/appointments", service="cash", starts_at="9999-12-31T23:30:00+00:00")[0] == 422
    wish = {"service": "cash", "starts_at": "2099-01-02T09:00:00+02:00", "name": "Kate"}
    status, answer = key.post(f"{here}/appointments", email="kate@example.com\nBcc: all@example.com", **wish)
    assert (status, answer["issues"][0]["where"]) == (422, "wanted.email")
    assert key.post(f"{here}/appointments", email="kate@example.com", **wish)[0] == 201


def test_a_program_acts_for_no_one_who_has_left(company: Company, place: Place) -> None:
    """The counter of somebody whose role has ended cannot be opened in their name."""
    program = Program(cast.key(company.vilnius, role=Role.TEAM_LEAD)[1])
    Membership.objects.filter(user=company.bob).update(valid_to=date(2020, 1, 1))
    assert program.post(f"branches/{place.branch.token}/clerks", clerk=company.bob.code)[0] == 404
    assert program.post(f"branches/{place.branch.token}/clerks", clerk=company.beth.code)[0] == 201


def test_digits_that_are_no_numbers_are_no_numbers(company: Company, place: Place) -> None:
    """A superscript two counts as a digit for Python and is no number: nothing fails."""
    ada = cast.signed_in(company.ada)
    assert ada.post("/counter/do", {"do": "open", "counter": "²"}).status_code == 404
    assert ada.post("/runs", {"days": "²"}).status_code == 302


def test_a_sheet_is_one_of_two_kinds(company: Company) -> None:
    """Nobody can make a link to the site that downloads a file that a computer would run."""
    alice = cast.signed_in(company.alice)
    assert alice.get("/figures/sheet.bat").status_code == 404
    assert alice.get("/figures/sheet.csv").status_code == 200


@pytest.mark.parametrize("path", ["/figures/sheet.csv", "/people/sheets/people.csv", "/account/data.json", "/account"])
def test_nothing_personal_is_kept_by_browsers(company: Company, path: str) -> None:
    """Files are as personal as pages: after signing out the back button finds neither."""
    assert cast.signed_in(company.ada).get(path)["Cache-Control"] == "no-store"


@override_settings(PUBLIC_LIMIT=3)
def test_a_program_cannot_fill_a_line(company: Company, place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """From one address only so many numbers are taken; others, and ten minutes later the same, are served."""
    cache.clear()
    Branch.objects.update(calendar=None)
    now = 1_700_000_000.0
    monkeypatch.setattr("troth.web.common.limits.time.time", lambda: now)

    def tries(address: str) -> int:
        return Client(REMOTE_ADDR=address).post("/join/b-vilnius", {"service": company.cash.pk}).status_code

    assert [tries("192.0.2.1") for _ in range(5)] == [302, 302, 302, 429, 429]
    assert tries("192.0.2.2") == 302
    assert [tries(f"2001:db8::{n}") for n in range(1, 5)] == [302, 302, 302, 429]
    assert tries("2001:db8:0:1::1") == 302
    now += WINDOW_S
    assert tries("192.0.2.1") == 302
    assert Ticket.objects.count() == 9


@override_settings(PUBLIC_LIMIT=2)
def test_a_program_cannot_hold_all_times(company: Company, place: Place) -> None:
    """Wishes and held times of one address are counted together."""
    cache.clear()
    SlotRule.objects.create(branch=place.branch, service=company.cash, weekday=0, opens="09:00", closes="10:00")
    wish = {
        "service": company.cash.pk,
        "do": "wait",
        "wish-name": "B",
        "wish-email": "b@example.com",
        "day": "2099-01-06",
    }
    answers = [Client().post("/book/b-vilnius", wish).status_code for _ in range(3)]
    assert answers == [302, 302, 429]
    assert Appointment.objects.count() == 2


@override_settings(PUBLIC_LIMIT=3)
def test_nobody_is_flooded_with_letters(
    company: Company, place: Place, django_capture_on_commit_callbacks: Any
) -> None:
    """Whoever books with somebody else's address cannot go on moving the appointment, a letter each time."""
    cache.clear()
    Branch.objects.update(calendar=None)
    zone = ZoneInfo("Europe/Vilnius")
    day = (timezone.now() + timedelta(days=7)).astimezone(zone).replace(minute=0, second=0, microsecond=0)
    SlotRule.objects.create(
        branch=place.branch, service=company.cash, weekday=day.weekday(), opens="08:00", closes="12:00"
    )
    place.branch.refresh_from_db()
    times = [day.replace(hour=hour) for hour in (8, 9, 10, 11)]
    held = appointments.hold(branch=place.branch, service=company.cash, starts_at=times[0], now=timezone.now())
    appointments.book(appointment=held, now=timezone.now(), name="Kate", email="kate@example.com")
    address = letters.path_of(held)
    far = Client().post(address, {"do": "move", "at": (times[1] + timedelta(days=70)).isoformat()})
    assert far["Location"].endswith("/move")  # no page offers it
    cache.clear()
    moves = [{"do": "move", "at": at.isoformat()} for at in (*times[1:], times[0])]
    with django_capture_on_commit_callbacks(execute=True):
        assert [Client().post(address, move).status_code for move in moves] == [302, 302, 302, 429]
    assert letters.send_posted(now=timezone.now()) == len(mail.outbox) == 3


def test_logs_hold_no_secrets_of_addresses(company: Company, caplog: pytest.LogCaptureFixture) -> None:
    """A page that is refused is told of in the log without the part by which it could be opened."""
    key, secret = cast.key(company.vilnius, role=Role.KIOSK)
    assert key.digest
    Client(enforce_csrf_checks=True).post(f"/device/{secret}")
    (record,) = [one for one in caplog.records if "/device/" in one.getMessage()]
    assert Masked().filter(record)
    assert record.getMessage().endswith("/device/***")
    plain = logging.LogRecord("x", logging.INFO, "", 0, "Not Found: %s", ("/branches/vilnius/today",), None)
    assert Masked().filter(plain)
    assert plain.getMessage() == "Not Found: /branches/vilnius/today"
    for status, traced in ((403, False), (500, True)):
        refused = logging.LogRecord("x", logging.INFO, "", 0, "Said: %s", ("/",), (ValueError, ValueError(), None))
        refused.status_code = status
        assert Masked().filter(refused) and bool(refused.exc_info) is traced
    handlers: Any = settings.LOGGING["handlers"]
    assert handlers["stream"]["filters"] == ["masked"]


def test_a_small_workbook_cannot_say_that_it_is_huge() -> None:
    """Columns and rows that a workbook only claims to have take no memory; what it has is read."""
    import zipfile

    book = Workbook()
    assert book.active is not None
    book.active.append(["login", "skill"])
    book.active.append(["bob", "advice"])
    out = io.BytesIO()
    book.save(out)
    wide = io.BytesIO()
    with zipfile.ZipFile(out) as old, zipfile.ZipFile(wide, "w") as new:
        for name in old.namelist():
            text = old.read(name)
            if name.startswith("xl/worksheets/"):
                text = text.replace(b'ref="A1:B2"', b'ref="A1:XFD1048576"')
            new.writestr(name, text)
    import tracemalloc

    tracemalloc.start()
    rows = read(wide.getvalue(), known=("login", "skill"), needed=("login",))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert [row.cells for row in rows] == [{"login": "bob", "skill": "advice"}]
    assert peak < 50_000_000


def test_a_sheet_that_is_no_archive_is_told_so() -> None:
    """Something that only begins like a workbook is unreadable, and nothing worse."""
    with pytest.raises(InputError) as error:
        read(b"PK\x03\x04" + b"\0" * 100, known=("login",), needed=("login",))
    assert error.value.issues[0].code == "unreadable"


def test_a_role_that_ended_ends_its_rights(company: Company, place: Place) -> None:
    """From the day on which a role ends, its pages are refused."""
    bob = cast.signed_in(company.bob)
    assert bob.get("/counter").status_code == 200
    Membership.objects.filter(user=company.bob).update(valid_to=date(2020, 1, 1))
    assert bob.get("/counter").status_code == 403


def test_a_counter_is_left_with_the_role_there(company: Company, place: Place) -> None:
    """Who no longer serves at a branch calls nobody there, and can sit down elsewhere at once."""
    now = timezone.now()
    other = cast.branch(company, where=company.klaipeda)
    session = actions.open_counter(counter=place.counters[0], clerk=company.bob, now=now)
    ticket = actions.join(branch=place.branch, service=company.cash, now=now)
    Membership.objects.filter(user=company.bob).update(valid_to=date(2020, 1, 1))
    bob = also(company.bob, Role.CLERK, company.klaipeda)
    bob.post("/counter/do", {"do": "next"})
    assert Ticket.objects.get(pk=ticket.pk).state == "waiting"
    assert "Klaip" in bob.get("/counter").content.decode()
    bob.post("/counter/do", {"do": "open", "counter": other.counters[0].pk})
    session.refresh_from_db()
    assert session.closed_at is not None
    assert CounterSession.objects.get(closed_at=None).counter == other.counters[0]


def test_buttons_are_shown_where_they_work(company: Company, place: Place) -> None:
    """A role elsewhere shows no forms that would be refused; auditors are not asked to make reports."""
    tom = also(company.tom, Role.TRAINER, company.klaipeda)
    leave = f"/people/{company.carol.code}/leave"
    assert leave not in tom.get(f"/people/{company.carol.code}").content.decode()
    assert f"/people/{company.bob.code}/leave" in tom.get(f"/people/{company.bob.code}").content.decode()
    assert 'name="days"' not in cast.signed_in(company.otto).get("/runs").content.decode()
    assert 'name="days"' in cast.signed_in(company.alice).get("/runs").content.decode()


def test_the_day_on_a_page_is_that_where_one_works(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    """Half an hour after midnight in Vilnius it is the new day there, whatever day it is in Greenwich."""
    monkeypatch.setattr("django.utils.timezone.now", lambda: datetime(2026, 3, 25, 22, 30, tzinfo=UTC))
    page = cast.signed_in(company.alice).get("/units").content.decode()
    assert "26\u00a0March 2026" in page
    assert "25\u00a0March 2026" not in page


def test_roles_begin_and_end_at_once_wherever_one_is(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    """Half an hour after midnight a role from today is in force, and one that is ended is over, not at two o'clock."""
    monkeypatch.setattr("django.utils.timezone.now", lambda: datetime(2026, 3, 25, 22, 30, tzinfo=UTC))
    Membership.objects.create(user=company.dan, unit=company.klaipeda, role="trainer")
    ada, address = cast.signed_in(company.ada), f"/people/{company.dan.code}/roles"
    ada.post(address, {"role": "clerk", "unit": company.klaipeda.pk, "valid_from": "2026-03-26"})
    assert company.dan.has_role(Role.CLERK)
    ada.post(address, {"end": company.dan.memberships.get(role="clerk").pk})
    assert not company.dan.has_role(Role.CLERK)
    ada.post(address, {"role": "agent", "unit": company.klaipeda.pk, "valid_from": "2026-03-27"})
    assert company.dan.memberships.filter(role="agent").exists()
    assert not company.dan.has_role(Role.AGENT)


def test_a_customer_of_the_whole_house_has_times_of_where_one_works(company: Company) -> None:
    """The history of a customer who belongs to no branch tells the reader's own times, not those of Greenwich."""
    found = cast.customer("Kim Whole")
    found.notes.create(author=company.alice, at=cast.NOW, text="Called")
    page = cast.signed_in(company.alice).get(f"/customers/{found.pseudonym}").content.decode()
    assert "10:00" in page
    assert "08:00" not in page


def test_who_moved_elsewhere_is_led_elsewhere(company: Company) -> None:
    """A former lead no longer finds, reads or changes somebody, by page or sheet; who left altogether stays theirs."""
    Membership.objects.filter(user__in=[company.bob, company.beth]).update(valid_to=date(2020, 1, 1))
    Membership.objects.create(user=company.bob, unit=company.klaipeda, role="clerk")
    tom, skill = cast.signed_in(company.tom), company.bob.qualifications.get()
    page = f"/people/{company.bob.code}"
    assert tom.get(page).status_code == 404
    assert tom.post(f"{page}/skills", {"drop": skill.pk}).status_code == 404
    sheet = SimpleUploadedFile("skills.csv", b"login,skill,level\nbob,advice,1\n")
    assert tom.post("/people/sheets/skills", {"file": sheet}).status_code == 422
    assert "bob" not in tom.get("/people/sheets/skills.csv").content.decode()
    skill.refresh_from_db()
    assert skill.level == 3
    listed = tom.get("/people").content.decode()
    assert company.bob.code not in listed
    assert company.beth.code in listed
    assert tom.get(f"/people/{company.beth.code}").status_code == 200
    assert cast.signed_in(company.alice).get(page).status_code == 200
