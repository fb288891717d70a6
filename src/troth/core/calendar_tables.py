"""Calendars from the rows of the reference tables `calendars` and `calendar_days`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from troth.core.calendar import Calendar, Hours, SpecialDay, overlapping, parse_minutes
from troth.core.decision import Issue, Severity
from troth.core.errors import InputError
from troth.core.spans import zone

Row = Mapping[str, Any]
_DAY = 1440
_DATE_ADVICE = "Maybe a date such as 2026-12-24 is meant."


def calendars_from_tables(
    calendars: Iterable[Row], *, calendar_days: Iterable[Row] = ()
) -> tuple[dict[str, Calendar], list[Issue]]:
    """Build every calendar that the rows of the two tables describe.

    Times are ``HH:MM``, 24:00 allowed; 30:00 is 06:00 of the next day. A bad row is left out and named;
    the calendar is built from its good rows. Of several versions of a special day the newest holds, whole.
    A calendar named ``24x7`` that never closes is always there.

    Parameters
    ----------
    calendars : rows with calendar, time_zone, weekday (0 is Monday), opens, closes, valid_from, valid_to.
    calendar_days : rows with calendar, day, opens, closes, title, valid_from, valid_to, version.

    Returns
    -------
    The calendars by name, and all that is wrong with the rows.
    """
    issues: list[Issue] = []
    zones: dict[str, str] = {}
    hours: dict[str, list[Hours]] = defaultdict(list)
    for number, row in enumerate(calendars, start=1):
        _take_hours(row, f"calendars row {number}", zones, hours, issues)
    days: dict[str, dict[date, _Day]] = defaultdict(dict)
    for number, row in enumerate(calendar_days, start=1):
        _take_day(row, f"calendar_days row {number}", zones, days, issues)
    built = {"24x7": Calendar.always()}
    for name, time_zone in zones.items():
        issues.extend(_overlaps(name, hours[name]))
        special = tuple(item.finish(name, issues) for _, item in sorted(days[name].items()))
        built[name] = Calendar(name, time_zone, tuple(sorted(set(hours[name]), key=_order)), special)
    return built, issues


def _order(rule: Hours) -> tuple[int, int, int, date, date]:
    return rule.weekday, rule.opens, rule.closes, rule.valid_from or date.min, rule.valid_to or date.max


def _take_hours(
    row: Row, where: str, zones: dict[str, str], hours: dict[str, list[Hours]], issues: list[Issue]
) -> None:
    found: list[Issue] = []
    name, time_zone, weekday = row.get("calendar"), row.get("time_zone"), row.get("weekday")
    if not name:
        found.append(_error("no-name", where, name, "Maybe the column `calendar` is empty."))
    try:
        zone(str(time_zone or ""))
        if zones.get(str(name), time_zone) != time_zone:
            advice = f"Maybe {zones[str(name)]} as in the rows before; a calendar has one time zone."
            found.append(_error("two-zones", where, time_zone, advice))
    except InputError:
        advice = "Maybe an IANA name such as Europe/Riga or UTC is meant."
        found.append(_error("unknown-zone", where, time_zone, advice))
    if not isinstance(weekday, int) or not 0 <= weekday <= 6:
        found.append(_error("bad-weekday", where, weekday, "Maybe 0 for Monday to 6 for Sunday is meant."))
    span = _span(row, where, found)
    since, until = _validity(row, where, found)
    issues.extend(found)
    if not any(issue.severity is Severity.ERROR for issue in found) and span and isinstance(weekday, int):
        zones.setdefault(str(name), str(time_zone))
        if since is None or since != until:  # changed on the day it began: it never held
            hours[str(name)].append(Hours(weekday, *span, since, until))


class _Day:
    """The newest version of one special day, while its rows are read."""

    def __init__(self, day: date) -> None:
        self.day, self.version, self.title = day, -(2**63), ""
        self.closed = 0
        self.spans: list[tuple[int, int]] = []

    def take(self, span: tuple[int, int] | None, version: int, title: str) -> None:
        if version < self.version:
            return
        if version > self.version:
            self.version, self.title, self.closed, self.spans = version, "", 0, []
        self.title = self.title or title
        if span is None:
            self.closed += 1
        else:
            self.spans.append(span)

    def finish(self, name: str, issues: list[Issue]) -> SpecialDay:
        where = f"calendar {name}, {self.day.isoformat()}"
        if self.closed and self.spans:
            advice = "Maybe one of the rows belongs to an older version; the day was taken as open."
            issues.append(Issue("closed-and-open", Severity.WARNING, where, self.title, advice))
        if self.closed > 1 or len(set(self.spans)) < len(self.spans):
            advice = "Maybe the day was imported from two lists; it counts once."
            issues.append(Issue("day-twice", Severity.WARNING, where, self.title, advice, max(self.closed, 2) - 1))
        spans = tuple(sorted(set(self.spans)))
        issues.extend(_overlap(where, span) for span in overlapping(spans))
        return SpecialDay(self.day, spans, self.title, self.version)


def _take_day(
    row: Row, where: str, zones: dict[str, str], days: dict[str, dict[date, _Day]], issues: list[Issue]
) -> None:
    found: list[Issue] = []
    name, day = row.get("calendar"), _as_date(row.get("day"))
    if name not in zones:
        advice = "Maybe the name is misspelt, or its rows in `calendars` are missing or bad."
        found.append(_error("unknown-calendar", where, name, advice))
    if day is None:
        found.append(_error("bad-date", where, row.get("day"), _DATE_ADVICE))
    closed = not row.get("opens") and not row.get("closes")
    span = None if closed else _span(row, where, found)
    since, until = _validity(row, where, found)
    issues.extend(found)
    if any(issue.severity is Severity.ERROR for issue in found) or day is None:
        return
    if (since and day < since) or (until and day >= until):
        return
    entry = days[str(name)].setdefault(day, _Day(day))
    entry.take(span, int(row.get("version") or 0), str(row.get("title") or ""))


def _span(row: Row, where: str, found: list[Issue]) -> tuple[int, int] | None:
    times: list[int] = []
    for column in ("opens", "closes"):
        try:
            times.append(parse_minutes(str(row.get(column) or "")))
        except ValueError:
            advice = "Maybe a time such as 08:30 is meant; 24:00 is the end of the day."
            found.append(_error("bad-time", f"{where}, {column}", row.get(column), advice))
    if len(times) < 2:
        return None
    opens, closes = times
    shown = f"{row.get('opens')}-{row.get('closes')}"
    if opens >= _DAY or opens == closes or closes > opens + _DAY:
        found.append(_error("bad-span", where, shown, "Maybe 00:00 to 24:00, the whole day, is meant."))
        return None
    if closes < opens:
        advice = "Maybe the times are swapped; taken as closing on the next day, better written as 30:00 for 06:00."
        found.append(Issue("closes-before-opens", Severity.WARNING, where, shown, advice))
        closes += _DAY
    return opens, closes


def _validity(row: Row, where: str, found: list[Issue]) -> tuple[date | None, date | None]:
    since, until = _as_date(row.get("valid_from")), _as_date(row.get("valid_to"))
    for column, value in (("valid_from", since), ("valid_to", until)):
        if value is None and row.get(column) not in (None, ""):
            found.append(_error("bad-date", f"{where}, {column}", row[column], _DATE_ADVICE))
    if since and until and until < since:
        advice = "Maybe the two dates are swapped; `valid_to` is the first day on which the row no longer holds."
        found.append(_error("ends-before-start", where, f"{since} to {until}", advice))
    return since, until


def _as_date(value: object) -> date | None:
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        return None


def _overlaps(name: str, rules: list[Hours]) -> list[Issue]:
    """Name each pair of one weekday that is open twice while both hold."""
    found: list[Issue] = []
    ordered = sorted(rules, key=_order)
    for index, one in enumerate(ordered):
        for other in ordered[index + 1 :]:
            together = max(one.valid_from or date.min, other.valid_from or date.min) < min(
                one.valid_to or date.max, other.valid_to or date.max
            )
            if one.weekday == other.weekday and other.opens < one.closes and together:
                found.append(_overlap(f"calendar {name}, weekday {one.weekday}", (other.opens, other.closes)))
    return found


def _overlap(where: str, span: tuple[int, int]) -> Issue:
    shown = "-".join(f"{minute // 60:02}:{minute % 60:02}" for minute in span)
    advice = "Maybe an older row needs a `valid_to`; the spans were joined."
    return Issue("overlapping-hours", Severity.WARNING, where, shown, advice)


def _error(code: str, where: str, value: object, advice: str) -> Issue:
    return Issue(code, Severity.ERROR, where, "" if value is None else str(value), advice)
