"""Sheets in and out: what goes out comes in again unchanged, and what is wrong is told whole while nothing is kept."""

from __future__ import annotations

import csv
import io
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from tests.web import cast
from troth.core.decision import Issue
from troth.core.errors import InputError
from troth.core.terms import Role
from troth.web.people import sheets
from troth.web.people.models import Contract, Leave, Membership, Qualification, User
from troth.web.people.table_people import PEOPLE
from troth.web.people.table_work import CONTRACTS, LEAVE, SHEETS, SKILLS
from troth.web.people.tables import Sheet, Taken, out, take

TODAY = date(2026, 3, 25)
CELLS = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), max_size=20).map(str.strip)


def _csv(*rows: str) -> bytes:
    return "\n".join(rows).encode()


def _taken(sheet: Sheet, actor: User, *rows: str) -> Taken:
    return take(sheet, content=_csv(*rows), actor=actor, today=TODAY)


def _issues(sheet: Sheet, actor: User, *rows: str) -> list[tuple[str, str]]:
    with pytest.raises(InputError) as error:
        _taken(sheet, actor, *rows)
    return [(issue.code, issue.where) for issue in error.value.issues]


@given(st.lists(st.lists(CELLS, min_size=3, max_size=3), max_size=6), st.booleans())
def test_cells_come_back_as_they_were(rows: list[list[str]], excel: bool) -> None:
    """Whatever stands in a cell, no spreadsheet runs it and our reader gets it back."""
    columns = ("a", "b", "c")
    rows = [row for row in rows if any(row)]
    file = sheets.to_excel(columns, rows=rows, title="t") if excel else sheets.to_csv(columns, rows=rows)
    back = [list(row.cells.values()) for row in sheets.read(file, known=columns, needed=columns)]
    assert back == rows


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "=HYPERLINK(\"http://x\")", "'=1", "\tx", "''+"])  # fmt: skip
def test_no_formula_goes_out(text: str) -> None:
    """What a spreadsheet would run is text there, and itself again here."""
    tamed = sheets.tamed(text)
    assert tamed.startswith("'") and sheets.wild(tamed) == text


@pytest.mark.parametrize("excel", [False, True])
@pytest.mark.parametrize("name", list(SHEETS))
def test_a_sheet_that_comes_back_changes_nothing(company: cast.Company, name: str, excel: bool) -> None:
    """Export and import are each other's inverse, in CSV and in Excel."""
    Leave.objects.create(user=company.bob, span=_span("2026-07-06", "2026-07-11"), kind="holiday")
    Leave.objects.create(user=company.carol, span=_span("2026-07-06 08:00", "2026-07-06 12:30"), kind="training")
    User.objects.filter(pk=company.bob.pk).update(phone="+370 600 00009", first_name="=Bob")
    people = User.objects.filter(memberships__isnull=False).distinct().order_by("pk")
    file = out(SHEETS[name], people=people, excel=excel)
    taken = take(SHEETS[name], content=file, actor=company.ada, today=TODAY)
    assert taken.rows > 0 and taken.same == taken.rows
    assert out(SHEETS[name], people=people, excel=False) == out(SHEETS[name], people=people.all(), excel=False)


def _span(first: str, last: str) -> tuple[datetime, datetime]:
    zone = ZoneInfo("Europe/Vilnius")
    return datetime.fromisoformat(first).replace(tzinfo=zone), datetime.fromisoformat(last).replace(tzinfo=zone)


def test_all_that_is_wrong_is_told_at_once_and_nothing_is_kept(company: cast.Company) -> None:
    """Row, column and value of every fault; the good rows are not taken in either."""
    rows = (
        "login,first_name,email,language,active,roles",
        "new1,Nia,nia@bank.example,lt,yes,clerk@vilnius",
        "bob,Bob,not an address,xx,maybe,clerk@vilnius",
        "new2,Ned,bob@bank.example,lt,yes,",
        "dan,Dan,,lt,yes,clerk@vilnius",
        "new1,Nia,,lt,yes,clerk@nowhere",
        "new3,Nea,,lt,yes,emperor@vilnius",
        ",Nobody,,,,",
    )
    assert _issues(PEOPLE, company.ada, *rows) == [
        ("bad-value", "row 3, column email"),
        ("bad-value", "row 3, column language"),
        ("bad-value", "row 3, column active"),
        ("no-role", "row 4, column roles"),
        ("email-taken", "row 4, column email"),
        ("unknown-person", "row 5, column login"),
        ("row-twice", "row 6, column login"),
        ("unknown-unit", "row 6, column roles"),
        ("bad-value", "row 7, column roles"),
        ("no-role", "row 7, column roles"),
        ("empty-cell", "row 8, column login"),
    ]
    assert not User.objects.filter(username__startswith="new").exists()


def test_every_advice_begins_with_maybe(company: cast.Company) -> None:
    """Advice is a guess and says so."""
    found: list[Issue] = []
    for sheet, rows in (
        (PEOPLE, ("login,email,roles", "x y,?,clerk")),
        (SKILLS, ("login,skill,level,gained_on", "bob,advise,9,yesterday", "nobody,,1,")),
        (CONTRACTS, ("login,hours_per_week,valid_from,valid_to", "bob,99,2026-01-01,2025-01-01")),
        (LEAVE, ("login,starts,ends,kind", "bob,2026-07-06,2026-07-01,fun")),
        (LEAVE, ("login,begins",)),
        (LEAVE, ("",)),
    ):
        with pytest.raises(InputError) as error:
            _taken(sheet, company.ada, *rows)
        found += error.value.issues
    assert len(found) > 8
    assert [issue for issue in found if not issue.advice.startswith("Maybe")] == []


def test_people_are_added_and_changed_and_their_roles_set(company: cast.Company) -> None:
    """Roles that are not in the sheet end; a column that is left out stays as it was."""
    taken = _taken(
        PEOPLE, company.ada, "login;first_name;last_name;roles", "nina;Nina;New;clerk@klaipeda, trainer@baltic-bank",
        "bob;Robert;Clerk;team_lead@vilnius", "carol;Carol;Clerk;clerk@klaipeda",
    )  # fmt: skip
    assert (taken.added, taken.changed, taken.same) == (1, 1, 1)
    bob, nina = User.objects.get(username="bob"), User.objects.get(username="nina")
    assert (bob.first_name, bob.email) == ("Robert", "bob@bank.example")
    held = {(one.role, one.unit.code) for one in Membership.objects.filter(user=bob).on(TODAY)}
    assert held == {("team_lead", "vilnius")}
    assert nina.has_role(Role.TRAINER, unit=company.vilnius) and not nina.has_usable_password()


def test_whom_one_may_not_change_is_unknown(company: cast.Company) -> None:
    """Tom leads Vilnius: somebody of Klaipėda is no more there for him than somebody who does not exist."""
    head = "login,skill,level"
    one = _issues(SKILLS, company.tom, head, "carol,advice,2", "nobody,advice,2")
    assert one == [("unknown-person", "row 2, column login"), ("unknown-person", "row 3, column login")]
    assert _taken(SKILLS, company.tom, head, "beth,advice,2").added == 1
    local = cast.person("Lara Local", (Role.ADMINISTRATOR, company.vilnius))
    assert _issues(PEOPLE, local, "login,roles", "eve,administrator@baltic-bank") == [
        ("unknown-unit", "row 2, column roles")
    ]


def test_leave_that_overlaps_is_told_before_the_database_refuses(company: cast.Company) -> None:
    """With what is known already and with other rows; a last day counts whole, where the person works."""
    Leave.objects.create(user=company.bob, span=_span("2026-07-06", "2026-07-11"), kind="holiday")
    rows = (
        "login,starts,ends",
        "bob,2026-07-10,2026-07-12",
        "beth,2026-08-01,2026-08-03",
        "beth,2026-08-03,2026-08-04",
    )
    assert _issues(LEAVE, company.ada, *rows) == [
        ("leave-overlaps", "row 2, column starts"), ("leave-overlaps", "row 4, column starts"),
    ]  # fmt: skip
    assert _taken(LEAVE, company.ada, rows[0], "bob,2026-07-06,2026-07-08", "bob,2026-07-09,2026-07-12").added == 1
    spans = [one.span for one in Leave.objects.filter(user=company.bob).order_by("span")]
    assert [(s.lower, s.upper) for s in spans] == [_span("2026-07-06", "2026-07-09"), _span("2026-07-09", "2026-07-13")]


def test_skills_and_contracts_come_in(company: cast.Company) -> None:
    """A known one is changed, a new one added; a comma in a number is a point."""
    head = "LOGIN , Skill,level,expires_on"
    assert _taken(SKILLS, company.ada, head, "bob,advice,5,2027-01-01").changed == 1
    had = Qualification.objects.get(user=company.bob)
    assert (had.level, had.gained_on, had.expires_on) == (5, date(2025, 1, 1), date(2027, 1, 1))
    taken = _taken(CONTRACTS, company.ada, "login;hours_per_week;valid_from", "beth;37,5;2026-01-01")
    assert taken.added == 1 and float(Contract.objects.get(user=company.beth).hours_per_week) == 37.5
    assert _issues(SKILLS, company.ada, "login,skill", "bob,advise") == [("unknown-skill", "row 2, column skill")]


def test_excel_dates_and_numbers_are_read_as_people_mean_them(company: cast.Company) -> None:
    """A spreadsheet keeps days as days and hours as numbers."""
    from openpyxl import Workbook

    book = Workbook()
    sheet: Any = book.active
    for row in (["login", "hours_per_week", "valid_from"], ["beth", 40, date(2026, 1, 1)], [None, None, None]):
        sheet.append(row)
    file = io.BytesIO()
    book.save(file)
    assert take(CONTRACTS, content=file.getvalue(), actor=company.ada, today=TODAY).added == 1
    assert Contract.objects.get(user=company.beth).valid_from == date(2026, 1, 1)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty"),
        (b"\xff\xfe\x00l", "unreadable"),
        (b"PK\x03\x04 broken", "unreadable"),
        (b"login,skill,login\nbob,advice,bob\n", "column-twice"),
        (b"login,skil\nbob,advice\n", "missing-column"),
        (b"x" * (sheets.BYTES + 1), "too-large"),
        (b"login,skill\n" + b"bob,advice\n" * (sheets.ROWS + 1), "too-large"),
        (b'login,skill\nbob,"advice\nbeth,advice\n', "unreadable"),
    ],
)
def test_a_file_that_is_none_is_told(company: cast.Company, content: bytes, code: str) -> None:
    """Empty, broken, too large, or with columns that mean nothing: said as that, never a failure of ours."""
    with pytest.raises(InputError) as error:
        take(SKILLS, content=content, actor=company.ada, today=TODAY)
    assert code in [issue.code for issue in error.value.issues]


def test_rows_are_counted_as_the_spreadsheet_counts(company: cast.Company) -> None:
    """Empty lines and line breaks inside a cell do not shift the number."""
    rows = ("login,skill", "", 'bob,"adv', 'ice"', "", "bob,nothing")
    assert [where for _code, where in _issues(SKILLS, company.ada, *rows)] == [
        "row 3, column skill", "row 6, column skill",
    ]  # fmt: skip


def test_the_page_shows_the_faults_as_a_table(company: cast.Company) -> None:
    """Row, column, value, what is wrong and what may mend it; a script in a cell stays text."""
    file = SimpleUploadedFile("skills.csv", _csv("login,skill,level", "bob,<script>x</script>,7"))
    client = cast.signed_in(company.ada)
    answer = client.post(reverse("people_sheet", kwargs={"name": "skills"}), {"file": file})
    text = answer.content.decode()
    assert answer.status_code == 422
    assert "There is no such skill." in text and "Maybe a level from 1 to 5 is meant." in text
    assert "<script>x" not in text and "&lt;script&gt;x" in text
    assert client.post(reverse("people_sheet", kwargs={"name": "skills"})).status_code == 422


def test_a_file_goes_out_with_those_one_may_see(company: cast.Company) -> None:
    """Tom exports the skills of Vilnius, not of Klaipėda."""
    answer = cast.signed_in(company.tom).get(reverse("people_file", kwargs={"name": "skills", "form": "csv"}))
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert [(row["login"], row["skill"], row["level"]) for row in rows] == [("bob", "advice", "3")]
    assert "attachment" in answer["Content-Disposition"]
    Qualification.objects.create(user=company.carol, skill=company.advice, gained_on=TODAY)
    answer = cast.signed_in(company.tom).get(reverse("people_file", kwargs={"name": "skills", "form": "csv"}))
    assert "carol" not in answer.content.decode()
