"""The reader of calendars: rules, exceptions, days, zones and changes of clocks, and what a calendar cannot say."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.log.reading import failing, file
from troth.log.ingest import ingest
from troth.log.lake import Lake
from troth.log.readers import Batch, ReadOptions, guess, reader
from troth.log.references import read_reference

HEAD = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x\r\n"


def event(*lines: str, title: str = "Shift", uid: str = "1") -> str:
    """Return an event of 1 January 2026."""
    return "\r\n".join(
        ["BEGIN:VEVENT", f"UID:{uid}", "DTSTAMP:20260101T000000Z", f"SUMMARY:{title}", *lines, "END:VEVENT", ""]
    )


def calendar(
    tmp_path: Path, *events: str, head: str = "X-WR-CALNAME:ana\r\n", name: str = "a.ics", zone: str | None = None
) -> Batch:
    """Read a calendar of Ana's."""
    path = file(tmp_path, HEAD + head + "".join(events) + "END:VCALENDAR\r\n", name)
    (batch,) = reader("icalendar").read(path, ReadOptions(time_zone=zone))
    return batch


def rows(batch: Batch, table: str = "schedules") -> list[tuple[str, str]]:
    """Return starts and ends that last, in UTC."""
    found = batch.reference[table].to_pylist() if table in batch.reference else []
    spans = sorted((r["starts_at"], r["ends_at"]) for r in found if r["ends_at"] > r["starts_at"])
    return [(f"{a:%m-%d %H:%M}", f"{b:%m-%d %H:%M}") for a, b in spans]


def issues(batch: Batch) -> list[tuple[str, str]]:
    return [(i.code, i.value) for i in batch.issues]


def test_night_shifts_over_a_change_of_clocks(tmp_path: Path) -> None:
    """Ten in the evening stays ten in the evening; hours are hours, so the shift of the short night ends an hour later."""
    batch = calendar(
        tmp_path,
        event(
            "DTSTART;TZID=Europe/Vilnius:20260327T220000",
            "DTEND;TZID=Europe/Vilnius:20260328T060000",
            "RRULE:FREQ=DAILY;COUNT=3",
        ),
    )
    assert rows(batch) == [
        ("03-27 20:00", "03-28 04:00"),
        ("03-28 20:00", "03-29 04:00"),
        ("03-29 19:00", "03-30 03:00"),
    ]
    assert issues(batch) == []


def test_whole_days_are_days_of_the_calendar(tmp_path: Path) -> None:
    """A day off on the long day in October has 25 hours; the end of a span of days is not part of it."""
    batch = calendar(
        tmp_path,
        event("DTSTART;VALUE=DATE:20261025", title="Vacation"),
        event("DTSTART;VALUE=DATE:20260302", "DTEND;VALUE=DATE:20260304", title="Sick"),
        zone="Europe/Vilnius",
    )
    assert rows(batch, "leave") == [("03-01 22:00", "03-03 22:00"), ("10-24 21:00", "10-25 22:00")]
    assert sorted(r["reason"] for r in batch.reference["leave"].to_pylist()) == ["holiday", "illness"]


def test_rules_exceptions_and_moved_occurrences(tmp_path: Path) -> None:
    """EXDATE takes one out, RDATE adds one, RECURRENCE-ID moves one; what is gone is withdrawn where it was."""
    batch = calendar(
        tmp_path,
        event(
            "DTSTART:20260302T080000Z", "DTEND:20260302T160000Z", "RRULE:FREQ=WEEKLY;BYDAY=MO,WE;UNTIL=20260311T080000Z",
            "EXDATE:20260304T080000Z", "RDATE:20260306T080000Z",
        ),
        event("RECURRENCE-ID:20260309T080000Z", "DTSTART:20260309T100000Z", "DURATION:PT6H"),
    )  # fmt: skip
    first = {r["starts_at"]: r for r in sorted(batch.reference["schedules"].to_pylist(), key=lambda r: r["version"])}
    lasting = {f"{at:%m-%d %H}" for at, r in first.items() if r["ends_at"] > at}
    assert lasting == {"03-02 08", "03-06 08", "03-09 10", "03-11 08"}
    assert {f"{at:%m-%d %H}" for at, r in first.items() if r["ends_at"] == at} == {"03-04 08", "03-09 08"}


def test_until_is_in_utc_where_the_start_has_a_zone(tmp_path: Path) -> None:
    """An UNTIL of 22:00 UTC takes in what begins at midnight of Vilnius in winter."""
    lines = ("DTSTART;TZID=Europe/Vilnius:20260105T000000", "DURATION:PT8H", "RRULE:FREQ=DAILY;UNTIL=20260106T220000Z")
    assert len(rows(calendar(tmp_path, event(*lines)))) == 3


def test_a_cancelled_event_is_withdrawn(tmp_path: Path) -> None:
    """A later copy with STATUS:CANCELLED ends the leave of an earlier one, in whichever order they come."""
    lines = ("DTSTART:20260302T080000Z", "DTEND:20260302T160000Z")
    new = event(*lines, "SEQUENCE:1", "STATUS:CANCELLED", title="Leave")
    for number, order in enumerate([(event(*lines, title="Leave"), new), (new, event(*lines, title="Leave"))]):
        lake = Lake(tmp_path / f"lake{number}")
        for part, one in enumerate(order):
            path = file(tmp_path, f"{HEAD}X-WR-CALNAME:ana\r\n{one}END:VCALENDAR\r\n", f"{number}{part}.ics")
            report = ingest(lake, source="icalendar", paths=[path])
            assert (report.rows, report.events, report.rejects) == (1, 0, 0)
        (row,) = read_reference(lake, "leave")
        assert row["starts_at"] == row["ends_at"] == datetime(2026, 3, 2, 8, tzinfo=UTC)


def test_a_changed_event_is_told(tmp_path: Path) -> None:
    """A calendar does not say where an event was before; who imports a changed one hears of it."""
    batch = calendar(tmp_path, event("DTSTART:20260302T080000Z", "DTEND:20260302T160000Z", "SEQUENCE:2"))
    assert issues(batch) == [("changed-event", "Shift")]


def test_for_whom_an_event_is(tmp_path: Path) -> None:
    """Those asked who did not decline, rooms aside; else the owner of the calendar; else the file's name."""
    at = ("DTSTART:20260302T080000Z", "DTEND:20260302T160000Z")
    asked = (
        "ATTENDEE:mailto:Bea@example.org", "ATTENDEE;PARTSTAT=DECLINED:mailto:cid@example.org",
        "ATTENDEE;CUTYPE=ROOM:mailto:room@example.org",
    )  # fmt: skip

    def who(batch: Batch) -> list[str]:
        return sorted(r["agent_id"] for r in batch.reference["schedules"].to_pylist())

    assert who(calendar(tmp_path, event(*at, *asked))) == ["bea@example.org"]
    assert who(calendar(tmp_path, event(*at))) == ["ana"]
    assert who(calendar(tmp_path, event(*at), head="", name="dan.ics")) == ["dan"]


@pytest.mark.parametrize(
    ("lines", "title", "name", "table", "meaning"),
    [
        (("CATEGORIES:Training",), "Course in Kaunas", "a.ics", "schedules", "training"),
        (("X-MICROSOFT-CDO-BUSYSTATUS:OOF",), "Atostogos", "a.ics", "leave", "holiday"),
        ((), "Atostogos", "leave-2026.ics", "leave", "holiday"),
        ((), "Rytas", "shifts.ics", "schedules", "shift"),
    ],
)
def test_what_an_event_is(
    tmp_path: Path, lines: tuple[str, ...], title: str, name: str, table: str, meaning: str
) -> None:
    """A category says it, else the title, else that one is out of office, else the name of the file, which is told."""
    batch = calendar(
        tmp_path, event("DTSTART:20260302T080000Z", "DTEND:20260302T160000Z", *lines, title=title), name=name
    )
    (row,) = batch.reference[table].to_pylist()
    assert row["reason" if table == "leave" else "state"] == meaning
    assert issues(batch) == ([] if name == "a.ics" else [("kind-by-name", title)])


def test_an_event_nobody_can_read_is_rejected(tmp_path: Path) -> None:
    """A title in another language without a category, a missing end, an end before its start: with advice, and the text kept."""
    batch = calendar(
        tmp_path,
        event("DTSTART:20260302T080000Z", "DTEND:20260302T160000Z", title="Pamaina"),
        event("DTSTART:20260302T080000Z"),
        event("DTSTART:20260302T080000Z", "DTEND:20260302T070000Z"),
        event("DTSTART:20260302T080000Z", "DTEND:20260302T160000Z"),
    )
    found: list[dict[str, Any]] = batch.rejects.to_pylist()
    assert [(r["row"], r["code"], r["column"]) for r in found] == [
        (1, "unknown-kind", "SUMMARY"), (2, "missing-time", "DTEND"), (3, "end-before-start", "DTEND"),
    ]  # fmt: skip
    assert all(r["advice"].startswith("Maybe") and "BEGIN:VEVENT" in r["raw"] for r in found)
    assert len(rows(batch)) == 1


def test_times_without_a_zone_are_told(tmp_path: Path) -> None:
    """The calendar's own zone holds, else --time-zone, else UTC with a word."""
    at = event("DTSTART:20260302T080000", "DTEND:20260302T160000")
    assert issues(calendar(tmp_path, at)) == [("assumed-utc", "Shift")]
    for batch in (
        calendar(tmp_path, at, zone="Europe/Vilnius"),
        calendar(tmp_path, at, head="X-WR-TIMEZONE:Europe/Vilnius\r\n"),
    ):
        assert (issues(batch), rows(batch)) == ([], [("03-02 06:00", "03-02 14:00")])


def test_a_rule_without_an_end_is_followed_for_a_while(tmp_path: Path) -> None:
    """400 days after the last change: no clock is asked, and it is told."""
    batch = calendar(tmp_path, event("DTSTART:20260101T080000Z", "DTEND:20260101T160000Z", "RRULE:FREQ=DAILY"))
    assert (len(rows(batch)), issues(batch)) == (401, [("endless-rule", "Shift")])


def test_a_broken_event_stays_alone(tmp_path: Path) -> None:
    """Damage within one event costs that event, whether the rest can still be parsed as a whole or not."""
    good = event("DTSTART:20260302T080000Z", "DTEND:20260302T160000Z")
    for bad, column in [
        (good.replace("END:VEVENT\r\n", "BEGIN:VALARM\r\nEND:VEVENT\r\n"), None),
        (good.replace("END:VEVENT\r\n", ""), None),
        (good.replace("DTSTART:2026", "DTSTART:20x6"), "DTSTART"),
        (good.replace("DTSTART", "RRULE:FREQ=SOMETIMES\r\nDTSTART"), "RRULE"),
    ]:
        batch = calendar(tmp_path, bad, good)
        assert [(r["row"], r["code"], r["column"]) for r in batch.rejects.to_pylist()] == [(1, "bad-event", column)]
        assert rows(batch) == [("03-02 08:00", "03-02 16:00")]


def test_another_format_is_refused(tmp_path: Path) -> None:
    """A table is no calendar, nor is an empty file."""
    assert failing(file(tmp_path, "a,b\n", "a.ics"), source="icalendar")[0].code == "other-format"
    assert failing(file(tmp_path, "", "a.ics"), source="icalendar")[0].code == "empty-file"
    assert "icalendar" in guess(file(tmp_path, HEAD + "END:VCALENDAR\r\n", "a.ics"))
