"""A roster for other programs: a calendar for each person, and the grid of people and days for spreadsheets."""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from troth.capacity.roster.problem import Duty, RosterProblem
from troth.core.spans import instant_at, zone

#: A spreadsheet takes a cell that begins so for a formula.
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
#: Characters that no sheet can hold.
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_CELL: Final = 32_000
AWAY: Final = "(away)"


def clock(problem: RosterProblem, minute: int) -> str:
    """Return a minute after a day's beginning as the wall clock shows it.

    Examples
    --------
    >>> from datetime import date
    >>> clock(RosterProblem(date(2026, 6, 1), 1, (), (), begins=360), 90)
    '07:30'
    """
    hour, rest = divmod((problem.begins + minute) % 1440, 60)
    return f"{hour:02d}:{rest:02d}"


def words(problem: RosterProblem, duty: Duty) -> str:
    """Return a shift in words: its kind, with its times if it has any."""
    kind = next((one for one in problem.kinds if one.kind == duty.kind), None)
    if kind is None or not kind.starts:
        return duty.kind
    return f"{duty.kind} {clock(problem, duty.start)}-{clock(problem, duty.start + duty.length)}"


def calendars(problem: RosterProblem, duties: Sequence[Duty], *, stamped_at: datetime) -> dict[str, bytes]:
    """Return each person's shifts as iCalendar (RFC 5545), by person.

    Times are UTC, from the problem's time zone and the minute at which its days begin; shifts of kinds without a time of
    day fill their day. A shift keeps its UID as long as person and day are the same, so that a changed roster changes
    entries and does not double them.

    Parameters
    ----------
    stamped_at : when the roster was made, aware.
    """
    from icalendar import Calendar, Event

    timed = {kind.kind: bool(kind.starts) for kind in problem.kinds}
    tz = zone(problem.time_zone)
    out = {}
    for one in problem.staff:
        calendar = Calendar()
        calendar.add("prodid", "-//Troth//Roster//EN")
        calendar.add("version", "2.0")
        for duty in sorted((d for d in duties if d.agent_id == one.agent_id), key=lambda d: d.day):
            event, day = Event(), problem.date_of(duty.day)
            name = f"{one.agent_id}\n{day.isoformat()}".encode()
            event.add("uid", f"{hashlib.sha256(name).hexdigest()[:32]}@roster.troth")
            event.add("dtstamp", stamped_at.astimezone(UTC))
            event.add("summary", _clean(duty.kind))
            if timed.get(duty.kind):
                first = problem.begins + duty.start
                event.add("dtstart", instant_at(day, minute=first, tz=tz).astimezone(UTC))
                event.add("dtend", instant_at(day, minute=first + duty.length, tz=tz).astimezone(UTC))
            else:
                event.add("dtstart", day)
                event.add("dtend", day + timedelta(days=1))
            if duty.stretches:
                event.add("description", _clean("\n".join(_stretches(problem, duty))))
            calendar.add_component(event)
        out[one.agent_id] = calendar.to_ical()
    return out


def _stretches(problem: RosterProblem, duty: Duty) -> list[str]:
    return [
        f"{clock(problem, duty.start + a)}-{clock(problem, duty.start + b)} {activity or 'break'}"
        for activity, a, b in duty.stretches
    ]


def grid(problem: RosterProblem, duties: Sequence[Duty]) -> list[list[str]]:
    """Return people by days: a row of dates, then a row a person, free days empty, leave as ``(away)``."""
    told = {(d.agent_id, d.day): words(problem, d) for d in duties}
    rows = [["person", *(problem.date_of(d).isoformat() for d in range(problem.days))]]
    for one in problem.staff:
        days = [told.get((one.agent_id, d), AWAY if d in one.away else "") for d in range(problem.days)]
        rows.append([one.agent_id, *days])
    return rows


def grid_csv(problem: RosterProblem, duties: Sequence[Duty]) -> str:
    """Return the grid as CSV; ``'`` stands before texts that a spreadsheet would run as a formula."""
    page = io.StringIO()
    writer = csv.writer(page, lineterminator="\n")
    for row in grid(problem, duties):
        safe = ["'" + cell if cell.startswith(_FORMULA) else cell for cell in row]
        # The writer leaves a bare carriage return unquoted, which readers take for the end of a row.
        writer.writerow([cell.replace("\r\n", "\n").replace("\r", "\n") for cell in safe])
    return page.getvalue()


def grid_excel(problem: RosterProblem, duties: Sequence[Duty]) -> bytes:
    """Return the grid as an Excel workbook; every cell is text, so that nothing runs as a formula."""
    from openpyxl import Workbook
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.styles import Font

    book = Workbook(write_only=True)
    sheet = book.create_sheet("Roster")
    sheet.freeze_panes = "B2"
    sheet.column_dimensions["A"].width = 24
    for number, row in enumerate(grid(problem, duties)):
        cells = []
        for text in row:
            cell = WriteOnlyCell(sheet, _clean(text)[:_CELL])
            cell.data_type = "s"
            if number == 0:
                cell.font = Font(bold=True)
            cells.append(cell)
        sheet.append(cells)
    held = io.BytesIO()
    book.save(held)
    return held.getvalue()


def _clean(text: str) -> str:
    return _CONTROL.sub("\ufffd", text)
