"""Numbers, lengths of time and times of day as people say them, in the reader's language."""

from __future__ import annotations

import math
import re
from datetime import date, datetime, tzinfo
from functools import lru_cache

from babel import Locale, UnknownLocaleError
from babel.core import get_global
from babel.dates import format_date, format_time
from babel.numbers import format_decimal
from django.utils.translation import get_language, gettext, ngettext, pgettext

#: The dash of a range.
TO = "\u2013"
#: A space no line may break at: between a figure and its unit, and within a day of a month.
_JOINT = re.compile(r"(?<=\d) (?=[^\W\d]|%)|(?<![\d\s,:;\u2013]) (?=\d{1,2}\b)")


@lru_cache(maxsize=256)
def _locale(language: str, zone: str) -> Locale:
    """Return how a language writes figures and times where a zone is: English in Vilnius has 24 hours."""
    country = get_global("zone_territories").get(zone, "")
    names = [f"{language}_{country}"] if country else []
    names += ["en_150"] if language == "en" else [language]
    for name in names:
        try:
            return Locale.parse(name)
        except (UnknownLocaleError, ValueError):
            continue
    return Locale.parse("en_150")


def locale(zone: tzinfo | None = None) -> Locale:
    """Return the locale of the reader's language at a place."""
    return _locale((get_language() or "en").split("-")[0], str(zone or ""))


def figure(value: float | None, *, digits: int = 0) -> str:
    """Return a number with the separators of the language; a dash for none."""
    if value is None or not math.isfinite(value):
        return TO
    return format_decimal(round(value, digits), format=f"#,##0{'.' + '#' * digits if digits else ''}", locale=locale())


def share(value: float | None) -> str:
    """Return a share as per cent: ``83 %``."""
    return TO if value is None else _joined(pgettext("per cent", "%(value)s %%") % {"value": figure(100 * value)})


def _joined(said: str) -> str:
    """Return what is said with its figures tied to their units."""
    return _JOINT.sub("\u00a0", said)


def minutes(seconds: float) -> int:
    """Return whole minutes, as people round a wait: never down to nothing."""
    return max(1, round(seconds / 60))


def duration(seconds: float | None) -> str:
    """Return a length of time as people say it: ``under 1 min``, ``11 min``, ``1 h 20 min``, ``2 days``."""
    if seconds is None:
        return TO
    if seconds < 45:
        return _joined(gettext("under 1 min"))
    whole = minutes(seconds)
    if whole < 90:
        return _joined(gettext("%(count)s min") % {"count": whole})
    hours, rest = divmod(whole, 60)
    if hours >= 48:
        return _joined(ngettext("%(count)s day", "%(count)s days", round(hours / 24)) % {"count": round(hours / 24)})
    if hours >= 10 or not rest:
        return _joined(gettext("%(count)s h") % {"count": hours + (rest >= 30)})
    return _joined(gettext("%(hours)s h %(minutes)s min") % {"hours": hours, "minutes": rest})


def between(low: float | None, high: float | None) -> str:
    """Return a band of waiting: ``12-18 min``, or ``under 5 min``."""
    if low is None or high is None:
        return TO
    least, most = math.floor(low / 60 + 0.25), max(1, math.ceil(high / 60 - 0.25))
    if least < 1:
        return _joined(gettext("under %(most)s min") % {"most": most}) if most < 90 else duration(high)
    if least >= most:
        return duration(60 * most)
    if most < 90:
        return _joined(gettext("%(least)s\u2013%(most)s min") % {"least": least, "most": most})
    return f"{duration(low)} {TO} {duration(high)}"


def clock(instant: datetime | None, *, zone: tzinfo) -> str:
    """Return the time of day at a place, with 12 or 24 hours as people there read it."""
    if instant is None:
        return TO
    return format_time(instant.astimezone(zone), format="short", locale=locale(zone)).replace("\u202f", "\u00a0")


def day(value: date | datetime | None, *, zone: tzinfo, short: bool = False) -> str:
    """Return a day in words: ``Friday, 27 November 2026``, or short: ``Fri 27 Nov``."""
    if value is None:
        return TO
    local = value.astimezone(zone).date() if isinstance(value, datetime) else value
    where = locale(zone)
    if not short:
        return _joined(format_date(local, format="full", locale=where))
    form = pgettext("short date; see unicode.org/reports/tr35", "EEE d MMM")
    return _joined(format_date(local, format=form, locale=where))


def day_of_year(instant: datetime, *, zone: tzinfo) -> str:
    """Return a day of any year, as short as the language has it: ``27 Nov 2026``."""
    return _joined(format_date(instant.astimezone(zone).date(), format="medium", locale=locale(zone)))


def when(instant: datetime | None, *, now: datetime, zone: tzinfo) -> str:
    """Return an instant as people say it: relative under an hour, else the time, with the day if it is another one."""
    if instant is None:
        return TO
    ahead = (instant - now).total_seconds()
    if abs(ahead) < 45:
        return gettext("now")
    if abs(ahead) < 3600:
        said = gettext("in %(time)s") if ahead > 0 else gettext("%(time)s ago")
        return said % {"time": duration(abs(ahead))}
    if instant.astimezone(zone).date() == now.astimezone(zone).date():
        return clock(instant, zone=zone)
    return f"{day(instant, zone=zone, short=True)} {clock(instant, zone=zone)}"
