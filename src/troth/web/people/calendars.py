"""Calendars as people write them: spans of weekdays and days that differ, checked whole before anything is kept."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Final

from django.db import transaction
from django.utils.translation import gettext as _

from troth.core.decision import Issue, Severity
from troth.core.errors import InputError
from troth.web.people.models import CalendarDay, CalendarSpan, WorkCalendar

_TIME: Final = re.compile(r"([01]\d|2[0-3]):[0-5]\d|24:00")
_SPAN: Final = re.compile(r"\s*(\d{1,2}:\d{2})\s*[-\u2013]\s*(\d{1,2}:\d{2})\s*")


@dataclass(frozen=True, slots=True)
class Week:
    """The hours of a week as text, one line a weekday: ``08:00-12:00, 13:00-17:00``; empty is closed."""

    lines: tuple[str, ...]


def spans_of(text: str, *, where: str) -> tuple[list[tuple[str, str]], list[Issue]]:
    """Return the spans a line says, and what is wrong with it.

    Parameters
    ----------
    text : such as ``08:00-12:00, 13:00-17:00``.
    where : how the issues call the line.
    """
    found: list[tuple[str, str]] = []
    issues: list[Issue] = []
    for part in filter(str.strip, text.replace(";", ",").split(",")):
        match = _SPAN.fullmatch(part)
        opens, closes = (one.zfill(5) for one in match.groups()) if match else ("", "")
        if not (_TIME.fullmatch(opens) and _TIME.fullmatch(closes)) or opens == "24:00":
            advice = _("Maybe a span such as 08:00-17:00 is meant.")
            issues.append(Issue("bad-span", Severity.ERROR, where, part.strip(), advice))
        elif closes <= opens:
            advice = _("Maybe the times are swapped; a span over midnight is written as two, to 24:00 and from 00:00.")
            issues.append(Issue("span-order", Severity.ERROR, where, part.strip(), advice))
        else:
            found.append((opens, closes))
    found.sort()
    for before, after in pairwise(found):
        if after[0] < before[1]:
            advice = _("Maybe one of them is to end earlier.")
            value = f"{before[0]}-{before[1]}, {after[0]}-{after[1]}"
            issues.append(Issue("spans-overlap", Severity.ERROR, where, value, advice))
    return found, issues


def week_of(calendar: WorkCalendar, *, on: date) -> Week:
    """Return the hours of the week that hold on a day."""
    lines: list[list[str]] = [[] for _day in range(7)]
    for span in calendar.spans.order_by("weekday", "opens"):
        if (span.valid_from is None or span.valid_from <= on) and (span.valid_to is None or on < span.valid_to):
            lines[span.weekday].append(f"{span.opens}-{span.closes}")
    return Week(lines=tuple(", ".join(line) for line in lines))


@transaction.atomic
def set_week(calendar: WorkCalendar, *, lines: list[str], start: date | None) -> None:
    """Change the hours of the week, from a day on or for all time; earlier hours stay as they were.

    Parameters
    ----------
    calendar : which one.
    lines : seven, Monday first; see `spans_of`.
    start : first day of the new hours; without it they replace all there were.

    Raises
    ------
    InputError : every bad span.
    """
    found = [spans_of(line, where=f"weekday {day}") for day, line in enumerate(lines)]
    issues = [issue for _spans, wrong in found for issue in wrong]
    if issues:
        raise InputError(issues)
    WorkCalendar.objects.select_for_update().get(pk=calendar.pk)
    if start is None:
        calendar.spans.all().delete()
    else:
        calendar.spans.filter(valid_from__gte=start).delete()
        calendar.spans.exclude(valid_to__lte=start).update(valid_to=start)
    CalendarSpan.objects.bulk_create(
        CalendarSpan(calendar=calendar, weekday=day, opens=opens, closes=closes, valid_from=start)
        for day, (spans, _wrong) in enumerate(found)
        for opens, closes in spans
    )


@transaction.atomic
def set_day(calendar: WorkCalendar, *, day: date, text: str, title: str = "") -> None:
    """Say how a day differs: its spans, or closed where there are none.

    Raises
    ------
    InputError : every bad span.
    """
    spans, issues = spans_of(text, where=day.isoformat())
    if issues:
        raise InputError(issues)
    WorkCalendar.objects.select_for_update().get(pk=calendar.pk)
    calendar.days.filter(day=day).delete()
    CalendarDay.objects.bulk_create(
        CalendarDay(calendar=calendar, day=day, opens=opens, closes=closes, title=title)
        for opens, closes in (spans or [("", "")])
    )


def drop_day(calendar: WorkCalendar, *, day: date) -> None:
    """Let a day be like any other of its weekday again."""
    calendar.days.filter(day=day).delete()
