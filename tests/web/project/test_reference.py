"""What the site tells the lake about people, calendars and the rest: once, with the days from which it holds."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa

from tests.web import cast
from troth.core.calendar_tables import calendars_from_tables
from troth.core.terms import Role
from troth.log import reference
from troth.log.lake import Lake
from troth.log.references import read_reference
from troth.web.people.bridge import finish_erasures, write_reference
from troth.web.people.models import Contract, ErasureRequest, Membership
from troth.web.project.reference import TABLES, export_reference

MORNING = datetime(2026, 3, 25, 6, tzinfo=UTC)
LATER = MORNING + timedelta(days=3)


def _rows(lake: Path, table: str, **key: Any) -> list[dict[str, Any]]:
    found = [row for row in read_reference(Lake(lake), table) if all(row[name] == value for name, value in key.items())]
    return sorted(found, key=lambda row: str(row["valid_from"]))


def test_what_did_not_change_is_written_once(company: cast.Company, lake: Path) -> None:
    """The second export writes nothing, neither does one a month later."""
    cast.branch(company)
    first = export_reference(lake, now=MORNING)
    assert first["people"] == 8 and first["calendars"] == 5 and first["queues"] == 2
    assert export_reference(lake, now=MORNING + timedelta(minutes=1)) == {}
    assert export_reference(lake, now=MORNING + timedelta(days=30)) == {}


def test_every_table_the_site_fills_is_one_of_the_lake() -> None:
    """No row goes where nobody reads it."""
    assert set(TABLES) <= set(reference.TABLES)


def test_what_changes_holds_from_the_day_of_the_change(company: cast.Company, lake: Path) -> None:
    """The old standard time is the truth about the days before."""
    export_reference(lake, now=MORNING)
    company.cash.standard_s = 300
    company.cash.save()
    assert export_reference(lake, now=LATER) == {"services": 2}
    was, now_is = sorted(_rows(lake, "services", service="cash"), key=lambda row: row["standard_s"])
    assert (was["standard_s"], was["valid_from"], was["valid_to"]) == (240, None, date(2026, 3, 28))
    assert (now_is["standard_s"], now_is["valid_from"], now_is["valid_to"]) == (300, date(2026, 3, 28), None)
    assert export_reference(lake, now=LATER + timedelta(days=1)) == {}


def test_a_new_name_is_for_the_past_as_well(company: cast.Company, lake: Path) -> None:
    """A person who marries, or is erased, is called by the new name in old rows too."""
    export_reference(lake, now=MORNING)
    company.bob.last_name = "Baker"
    company.bob.save()
    assert export_reference(lake, now=LATER) == {"people": 1}
    assert [row["title"] for row in _rows(lake, "people", agent_id=company.bob.code)] == ["Bob Baker"]


def test_what_is_gone_ends_and_may_come_back(company: cast.Company, lake: Path) -> None:
    """A customer who was erased is known until that day; an export in between does not end it again."""
    gone = company.kaz.pseudonym
    export_reference(lake, now=MORNING)
    company.kaz.delete()
    assert export_reference(lake, now=LATER) == {"customers": 1}
    assert [row["valid_to"] for row in _rows(lake, "customers", customer_id=gone)] == [date(2026, 3, 28)]
    assert export_reference(lake, now=LATER + timedelta(days=9)) == {}


def test_a_row_with_its_own_days_keeps_them(company: cast.Company, lake: Path) -> None:
    """Contracts and roles say themselves from when until when."""
    Contract.objects.create(user=company.bob, hours_per_week=20, valid_from=date(2026, 5, 1))
    Contract.objects.filter(user=company.bob, hours_per_week=40).update(valid_to=date(2026, 5, 1))
    Membership.objects.filter(user=company.bob).update(valid_to=date(2026, 3, 25))
    export_reference(lake, now=MORNING)
    hours = [(r["hours_per_week"], r["valid_from"], r["valid_to"]) for r in _rows(lake, "contracts")]
    assert hours == [(40, date(2025, 1, 1), date(2026, 5, 1)), (20, date(2026, 5, 1), None)]
    assert [r["valid_to"] for r in _rows(lake, "memberships", agent_id=company.bob.code)] == [date(2026, 3, 25)]
    assert export_reference(lake, now=LATER) == {}


def test_who_belongs_where_is_said_with_the_site_above(company: cast.Company, lake: Path) -> None:
    """Figures by site find those whose role is in a team of the site; two roles in one unit are one membership."""
    Membership.objects.create(user=company.beth, unit=company.front, role=str(Role.TRAINER))
    export_reference(lake, now=MORNING)
    found = [(r["team"], r["site"]) for r in _rows(lake, "memberships", agent_id=company.beth.code)]
    assert found == [("vilnius-front", "vilnius")]
    assert [(r["team"], r["site"]) for r in _rows(lake, "memberships", agent_id=company.ada.code)] == [
        ("baltic-bank", None)
    ]


def test_calendars_of_the_site_are_calendars_of_figures(company: cast.Company, lake: Path) -> None:
    """Business time counted from the lake is that of the site's own calendar."""
    cast.branch(company)
    company.hours.days.create(day=date(2026, 3, 26), title="Inventory")
    export_reference(lake, now=MORNING)
    days = read_reference(Lake(lake), "calendar_days")
    found, issues = calendars_from_tables(read_reference(Lake(lake), "calendars"), calendar_days=days)
    assert not issues
    calendar = found["bank-hours"]
    assert [(r["dimension"], r["member"]) for r in _rows(lake, "calendar_use")] == [("site", "vilnius")]
    start = datetime(2026, 3, 22, 22, tzinfo=UTC)
    assert calendar.open_seconds(start, start + timedelta(days=7)) == 4 * 10 * 3600, "a day is closed for inventory"


def test_rows_from_elsewhere_stay(company: cast.Company, lake: Path) -> None:
    """People of an imported log who are unknown to the site are not ended by it."""
    other = {"agent_id": "bot-1", "title": "Chat bot", "kind": "bot", "version": 0}
    table = pa.Table.from_pylist([other], schema=reference.TABLES["people"].schema)
    Lake(lake).reference("people").append(table, batch=("file", 0))
    export_reference(lake, now=MORNING)
    export_reference(lake, now=LATER)
    assert [row["valid_to"] for row in _rows(lake, "people", agent_id="bot-1")] == [None]


def test_no_customer_is_named_in_the_lake(company: cast.Company, lake: Path) -> None:
    """The household's title would name the family: the lake has a number."""
    export_reference(lake, now=MORNING)
    text = str([read_reference(Lake(lake), table) for table in TABLES])
    assert "Kazlausk" not in text and company.kate.pseudonym in text
    assert _rows(lake, "customers", customer_id=company.kate.pseudonym)[0]["segment"] == "private"


def test_an_erasure_is_done_when_old_files_are_gone(company: cast.Company, lake: Path) -> None:
    """The old name of a person is in no file of the lake a day after, and the request says so."""
    export_reference(lake, now=MORNING)
    company.bob.first_name, company.bob.last_name = "", ""
    company.bob.username = company.bob.code
    company.bob.save()
    request = ErasureRequest.objects.create(pseudonym=company.bob.code, asked_at=MORNING)
    export_reference(lake, now=LATER)
    now = datetime.now(UTC)
    assert finish_erasures(lake, now=now) == 0, "somebody may still read the old files"
    assert finish_erasures(lake, now=now + timedelta(hours=1)) == 0
    assert finish_erasures(lake, now=now + timedelta(days=2)) == 1
    assert finish_erasures(lake, now=now + timedelta(days=3)) == 0
    request.refresh_from_db()
    assert request.done_at == now + timedelta(days=2)
    files = [path for path in lake.rglob("*.parquet") if "people" in path.parts]
    assert files
    import pyarrow.parquet as pq

    assert not [path for path in files if "Bob Clerk" in str(pq.read_table(path).to_pydict())]


def test_a_day_that_differs_is_corrected_whole(company: cast.Company, lake: Path) -> None:
    """Also a day of the past: of two spans one changes, then one goes, then the day is like any other."""
    day = date(2026, 3, 24)
    morning = company.hours.days.create(day=day, opens="09:00", closes="11:00")
    company.hours.days.create(day=day, opens="13:00", closes="15:00")
    start = datetime(2026, 3, 23, 22, tzinfo=UTC)

    def hours(now: datetime) -> float:
        export_reference(lake, now=now)
        days = read_reference(Lake(lake), "calendar_days")
        found, issues = calendars_from_tables(read_reference(Lake(lake), "calendars"), calendar_days=days)
        assert not issues
        return found["bank-hours"].open_seconds(start, start + timedelta(days=1)) / 3600

    assert hours(MORNING) == 4
    morning.closes = "12:00"
    morning.save()
    assert hours(LATER) == 5
    morning.opens = "10:00"
    morning.save()
    assert hours(LATER + timedelta(seconds=1)) == 4
    morning.delete()
    assert hours(LATER + timedelta(seconds=2)) == 2
    company.hours.days.all().delete()
    assert hours(LATER + timedelta(seconds=3)) == 10
    assert export_reference(lake, now=LATER + timedelta(days=1)) == {}


def test_one_key_with_days_and_changes_keeps_one_truth_a_day(lake: Path) -> None:
    """After any order of changes no two rows of a key hold on the same day."""
    for step, (value, day) in enumerate(
        [(1.0, 1), (2.0, 1), (2.0, 2), (1.0, 5), (None, 5), (3.0, 5), (None, 9), (1.0, 12)]
    ):
        rows = [] if value is None else [{"service": "s", "title": "S", "standard_s": value}]
        now = MORNING + timedelta(seconds=step)
        write_reference(lake, table="services", rows=rows, today=date(2026, 4, day), now=now)
    found = _rows(lake, "services", service="s")
    for one in (date(2026, 4, 1) + timedelta(days=n) for n in range(-3, 20)):
        holds = [
            r["standard_s"] for r in found
            if (r["valid_from"] is None or r["valid_from"] <= one) and (r["valid_to"] is None or one < r["valid_to"])
        ]  # fmt: skip
        wanted = {range(-99, 1): [1.0], range(1, 5): [2.0], range(5, 9): [3.0], range(9, 12): [], range(12, 99): [1.0]}
        assert holds == next(value for days, value in wanted.items() if (one - date(2026, 4, 1)).days + 1 in days), one
