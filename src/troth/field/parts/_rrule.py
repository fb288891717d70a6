"""RRULEs of RFC 5545 whose steps are days or longer: read strictly, unrolled by dateutil within bounds."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import islice, pairwise
from typing import Any, Final

from troth.core.decision import Issue, Severity
from troth.field.parts._issues import error

_STEPS: Final = ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")
_OFTEN: Final = ("SECONDLY", "MINUTELY", "HOURLY")
_WEEKDAYS: Final = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
#: Lists of whole numbers a rule may have, and how large they get; 0 is in none of them but has no meaning.
_LISTS: Final = {"BYMONTHDAY": 31, "BYYEARDAY": 366, "BYWEEKNO": 53, "BYMONTH": 12, "BYSETPOS": 366}
_OF: Final = {
    "BYMONTHDAY": ("MONTHLY", "YEARLY"),
    "BYYEARDAY": ("YEARLY",),
    "BYWEEKNO": ("YEARLY",),
    "BYSETPOS": ("MONTHLY", "YEARLY"),
}
_LONGEST, _MOST_STEPS, _MOST_DATES = 200, 1000, 10_000
#: Within how many years a rule must give a date, and the first day one may begin: both bound the work.
_YEARS: Final = (3, 40)
_EARLIEST, _LATEST = date(1950, 1, 1), date(2200, 1, 1)


@dataclass(frozen=True, slots=True)
class Rhythm:
    """A rule that was read.

    Parameters
    ----------
    step, interval : unit and how many of them.
    plain : it names no days.
    shortest : least days between two of its first dates; 0 if it has but one.
    """

    first: date
    step: str
    interval: int
    plain: bool
    until: date | None
    count: int | None
    options: dict[str, Any]
    shortest: int = 0
    doubts: tuple[Issue, ...] = ()

    def between(self, start: date, end: date) -> list[date]:
        """Return the dates in ``[start, end)``."""
        last = min(end - timedelta(days=1), self.until or end, _LATEST)
        if last < max(start, self.first):
            return []
        return [day for day in self._dates(last) if day >= start]

    def _dates(self, last: date) -> list[date]:
        from dateutil import rrule

        if self.step == "DAILY":  # dateutil looks for a day that never comes until the year 9999
            return self._days(last)
        until = datetime(last.year, last.month, last.day, tzinfo=UTC)  # any one zone: only dates count
        begin = datetime(self.first.year, self.first.month, self.first.day, tzinfo=UTC)
        rule = rrule.rrule(
            getattr(rrule, self.step), dtstart=begin, interval=self.interval, until=until, **self.options
        )
        return [at.date() for at in islice(rule, self.count or _MOST_DATES * 10)]

    def _days(self, last: date) -> list[date]:
        """Return every so many days, of named months and weekdays only."""
        months = self.options.get("bymonth", range(1, 13))
        weekdays = {day.weekday for day in self.options["byweekday"]} if "byweekday" in self.options else range(7)
        steps = range(self.first.toordinal(), last.toordinal() + 1, self.interval)
        days = (date.fromordinal(n) for n in steps)
        return list(islice((day for day in days if day.month in months and day.weekday() in weekdays), self.count))

    def after(self, done: date) -> date | None:
        """Return the day one step after another; the last of the month where it is too short. None when it has ended."""
        from dateutil.relativedelta import relativedelta

        unit = {"DAILY": "days", "WEEKLY": "weeks", "MONTHLY": "months", "YEARLY": "years"}[self.step]
        found: date = done + relativedelta(**{unit: self.interval})
        return None if found > (self.until or _LATEST) else found


@lru_cache(maxsize=1024)
def rhythm(rule: str, *, first: date, where: str) -> Rhythm | tuple[Issue, ...]:
    """Read a rule; return all that is wrong with it instead if it cannot be used."""
    if len(rule) > _LONGEST:
        return (error("rule-too-long", where, rule, f"Maybe at most {_LONGEST} characters."),)
    issues: list[Issue] = []
    if not _EARLIEST <= first < _LATEST:
        issues.append(error("bad-first", where, first, f"Maybe a day from {_EARLIEST} on."))
    said: dict[str, str] = {}
    for piece in rule.upper().removeprefix("RRULE:").split(";"):
        name, equal, value = piece.strip().partition("=")
        if not equal or name in said:
            issues.append(error("bad-rule", where, piece, "Maybe NAME=VALUE, each name once: FREQ=MONTHLY;INTERVAL=3."))
        else:
            said[name] = value
    step = _step(said, where, issues)
    interval = _number(said, "INTERVAL", _MOST_STEPS, where, issues) or 1
    count, until = _number(said, "COUNT", _MOST_DATES, where, issues), _until(said, first, where, issues)
    if "COUNT" in said and "UNTIL" in said:
        issues.append(error("two-ends", where, rule, "Maybe only COUNT or only UNTIL."))
    options = _options(said, where, issues)
    if issues:
        return tuple(issues)
    found = Rhythm(first, step, interval, not set(options) - {"WKST"}, until, count, _native(options))
    try:
        return _tried(found, said, where)
    except ValueError as fault:  # what dateutil takes for a contradiction
        return (error("bad-rule", where, rule, f"Maybe as RFC 5545 has it; {fault}."),)


def _tried(found: Rhythm, said: dict[str, str], where: str) -> Rhythm | tuple[Issue, ...]:
    """Unroll the first dates: a rule without any cannot be used."""
    dates: list[date] = []
    for years in _YEARS:
        if not dates:
            ahead = found.first.replace(year=min(found.first.year + years, _LATEST.year), day=min(found.first.day, 28))
            dates = found.between(found.first, ahead)
    if not dates:
        return (
            error("no-dates", where, said.get("UNTIL", ""), "Maybe the days it names never come, or it ended before."),
        )
    shortest = min(((b - a).days for a, b in pairwise(dates)), default=0)
    doubts = tuple(_doubts(found, said, where))
    values = (found.first, found.step, found.interval, found.plain, found.until, found.count, found.options)
    return Rhythm(*values, shortest, doubts)


def _doubts(found: Rhythm, said: dict[str, str], where: str) -> list[Issue]:
    """Say what a rule leaves out, as RFC 5545 wants it: days that a month or year does not have."""
    days = [int(n) for n in said.get("BYMONTHDAY", "").split(",") if n] or ([found.first.day] if found.plain else [])
    leap = found.step == "YEARLY" and 29 in days and (said.get("BYMONTH") or str(found.first.month)) == "2"
    if leap:
        advice = "Maybe BYMONTH=2;BYMONTHDAY=-1: only leap years have a 29 February, the others are passed over."
        return [Issue("skips-years", Severity.WARNING, where, str(found.first), advice)]
    if found.step == "MONTHLY" and any(day > 28 for day in days):
        advice = "Maybe BYMONTHDAY=-1, the last day: months without that day are passed over."
        return [Issue("skips-months", Severity.WARNING, where, str(max(days)), advice)]
    return []


def _step(said: dict[str, str], where: str, issues: list[Issue]) -> str:
    step = said.get("FREQ", "")
    if step in _OFTEN or any(name in said for name in ("BYHOUR", "BYMINUTE", "BYSECOND")):
        issues.append(error("too-often", where, step or "BYHOUR", "Maybe DAILY: visits recur by days or longer."))
    elif step not in _STEPS:
        issues.append(error("bad-step", where, step, f"Maybe FREQ={', '.join(_STEPS)}."))
    return step


def _number(said: dict[str, str], name: str, most: int, where: str, issues: list[Issue]) -> int | None:
    text = said.get(name)
    if text is None:
        return None
    if not re.fullmatch(r"[0-9]{1,6}", text) or not 1 <= int(text) <= most:
        issues.append(error("bad-rule", where, f"{name}={text}", f"Maybe a whole number from 1 to {most}."))
        return None
    return int(text)


def _until(said: dict[str, str], first: date, where: str, issues: list[Issue]) -> date | None:
    text = said.get("UNTIL")
    if text is None:
        return None
    found = re.fullmatch(r"(\d{4})-?(\d{2})-?(\d{2})(T\d{6}Z?)?", text)
    try:
        until = date(*map(int, found.groups()[:3])) if found else None
    except ValueError:
        until = None
    if until is None:
        issues.append(error("bad-rule", where, f"UNTIL={text}", "Maybe a day such as 20261231."))
    elif until < first:
        issues.append(error("until-before-first", where, text, f"Maybe a day from {first} on."))
    return until


def _options(said: dict[str, str], where: str, issues: list[Issue]) -> dict[str, str]:
    """Return what names days, checked."""
    found = {}
    for name, value in said.items():
        if name in ("FREQ", "INTERVAL", "COUNT", "UNTIL", "BYHOUR", "BYMINUTE", "BYSECOND"):
            continue
        if name == "WKST":
            good = value in _WEEKDAYS
        elif name == "BYDAY":
            good = all(re.fullmatch(rf"([+-]?[1-9]\d?)?({'|'.join(_WEEKDAYS)})", one) for one in value.split(","))
        elif name in _LISTS:
            # By RFC 5545, table of section 3.3.10, and no BYMONTHDAY of days: that is a rule of months.
            good = said.get("FREQ") in _OF.get(name, _STEPS)
            good &= all(re.fullmatch(r"[+-]?\d{1,3}", n) and 1 <= abs(int(n)) <= _LISTS[name] for n in value.split(","))
        else:
            good = False
        if not good:
            issues.append(
                error("bad-rule", where, f"{name}={value}", "Maybe as RFC 5545 has it: BYDAY=1MO or BYMONTHDAY=15.")
            )
        elif name == "BYDAY" and re.search(r"\d", value) and said.get("FREQ") not in ("MONTHLY", "YEARLY"):
            issues.append(
                error(
                    "bad-rule", where, f"{name}={value}", "Maybe BYDAY=MO: only months and years have a first Monday."
                )
            )
        else:
            found[name] = value
    return found


def _native(options: dict[str, str]) -> dict[str, Any]:
    """Return the options as dateutil takes them."""
    from dateutil import rrule

    found: dict[str, Any] = {}
    for name, value in options.items():
        if name == "BYDAY":
            days = [(one[:-2], getattr(rrule, one[-2:])) for one in value.split(",")]
            found["byweekday"] = [day(int(n)) if n else day for n, day in days]
        elif name == "WKST":
            found["wkst"] = getattr(rrule, value)
        else:
            found[name.lower()] = [int(n) for n in value.split(",")]
    return found
