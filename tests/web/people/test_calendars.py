"""Calendars are changed whole: hours from a day on, days that differ, and every bad span said."""

from __future__ import annotations

from datetime import date

import pytest
from django.urls import reverse

from tests.web import cast
from troth.core.errors import InputError
from troth.web.people.calendars import drop_day, set_day, set_week, spans_of, week_of

WEEK = ["08:00-17:00"] * 5 + ["", ""]


@pytest.mark.parametrize(
    ("text", "spans", "codes"),
    [
        ("8:00-12:00, 13:00-17:00", [("08:00", "12:00"), ("13:00", "17:00")], []),
        ("13:00\u201324:00;00:00-01:00", [("00:00", "01:00"), ("13:00", "24:00")], []),
        ("", [], []),
        ("17:00-08:00", [], ["span-order"]),
        ("8-12", [], ["bad-span"]),
        ("08:00-25:00", [], ["bad-span"]),
        ("08:00-12:00, 11:00-13:00", [("08:00", "12:00"), ("11:00", "13:00")], ["spans-overlap"]),
        ("24:00-24:00, 09:00-09:00", [], ["bad-span", "span-order"]),
    ],
)
def test_a_line_of_hours_is_read(text: str, spans: list[tuple[str, str]], codes: list[str]) -> None:
    """As people write it, with every fault found."""
    found, issues = spans_of(text, where="x")
    assert (found, [issue.code for issue in issues]) == (spans, codes)


def test_new_hours_begin_on_a_day_and_the_old_ones_stay_before(company: cast.Company) -> None:
    """A change later that begins earlier replaces what would have come after it."""
    start = date(2026, 5, 1)
    set_week(company.hours, lines=WEEK, start=start)
    assert week_of(company.hours, on=date(2026, 4, 30)).lines[0] == "08:00-18:00"
    assert week_of(company.hours, on=start).lines[0] == "08:00-17:00"
    set_week(company.hours, lines=["09:00-12:00"] * 7, start=date(2026, 4, 1))
    assert week_of(company.hours, on=date(2026, 3, 31)).lines[6] == ""
    assert week_of(company.hours, on=date(2026, 6, 1)).lines[6] == "09:00-12:00"
    set_week(company.hours, lines=WEEK, start=None)
    assert company.hours.spans.count() == 5
    assert week_of(company.hours, on=date(2020, 1, 1)).lines[0] == "08:00-17:00"


def test_a_bad_line_changes_nothing(company: cast.Company) -> None:
    """All lines are read before any is kept."""
    with pytest.raises(InputError) as error:
        set_week(company.hours, lines=["08:00-17:00", "x", "17:00-08:00", "", "", "", ""], start=None)
    assert [(issue.code, issue.where) for issue in error.value.issues] == [
        ("bad-span", "weekday 1"), ("span-order", "weekday 2"),
    ]  # fmt: skip
    assert week_of(company.hours, on=date(2026, 3, 25)).lines[0] == "08:00-18:00"


def test_a_day_that_differs_is_set_and_dropped(company: cast.Company) -> None:
    """Closed, or with hours of its own; setting it again replaces it."""
    day = date(2026, 12, 24)
    set_day(company.hours, day=day, text="", title="Christmas Eve")
    set_day(company.hours, day=day, text="09:00-12:00,13:00-14:00", title="Christmas Eve")
    assert [(one.opens, one.closes) for one in company.hours.days.order_by("opens")] == [
        ("09:00", "12:00"), ("13:00", "14:00"),
    ]  # fmt: skip
    drop_day(company.hours, day=day)
    assert not company.hours.days.exists()


def test_the_page_says_what_is_wrong_beside_the_line(company: cast.Company) -> None:
    """What was typed stays in the field."""
    client = cast.signed_in(company.ada)
    address = reverse("calendar", kwargs={"code": "bank-hours"})
    lines = {f"day{day}": line for day, line in enumerate(["8 to 5", *WEEK[1:]])}
    answer = client.post(address, lines)
    assert answer.status_code == 422 and 'value="8 to 5"' in answer.content.decode()
    assert "This is no span of time." in answer.content.decode()
    assert client.post(address, lines | {"day0": "08:00-16:00", "start": "2026-05-01"}).status_code == 302
    assert 'value="08:00-16:00"' in client.get(address, {"on": "2026-05-01"}).content.decode()
    client.post(address, {"day": "2026-12-24", "hours": "", "title": "Christmas Eve"})
    assert "Christmas Eve" in client.get(address).content.decode()
    client.post(address, {"drop": "2026-12-24"})
    assert "Christmas Eve" not in client.get(address).content.decode()
