"""Opening hours as minutes of a roster, and the kinds of shift that fit into them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from troth.capacity.roster._walls import DAY, Minutes, Walls, joined
from troth.capacity.roster.house import HouseRules
from troth.capacity.roster.problem import Pause, ShiftKind
from troth.core.decision import Issue, Severity
from troth.core.time import Calendar, calendars_from_tables

Rows = Sequence[Mapping[str, Any]]


def minutes_in(duration: timedelta) -> int:
    """Return whole minutes."""
    return int(duration.total_seconds() // 60)


def holds(row: Mapping[str, Any], *, day: date) -> bool:
    """Tell whether a row of a reference table holds on a day."""
    since, until = row.get("valid_from"), row.get("valid_to")
    return (since is None or since <= day) and (until is None or day < until)


def newest(rows: Iterable[Mapping[str, Any]], *, day: date) -> Mapping[str, Any] | None:
    """Return the row that holds on a day, of several the one that began last."""
    held = [row for row in rows if holds(row, day=day)]
    return max(held, key=lambda row: row.get("valid_from") or date.min) if held else None


def calendars_of(
    tables: Mapping[str, Rows], *, site: str, teams: Iterable[str], first: date, issues: list[Issue]
) -> tuple[Calendar, dict[str, Calendar]]:
    """Return the opening hours of a site, always if it has none, and the calendars of teams that have their own."""
    calendars, found = calendars_from_tables(tables.get("calendars", ()), calendar_days=tables.get("calendar_days", ()))
    use = tables.get("calendar_use", ())

    def used(dimension: str, member: str) -> Calendar | None:
        row = newest((one for one in use if (one["dimension"], one["member"]) == (dimension, member)), day=first)
        if row is not None and row["calendar"] not in calendars:
            advice = "Maybe its rows in calendars are missing; open always until then."
            where = f"calendar_use {dimension} {member}"
            issues.append(Issue("unknown-calendar", Severity.WARNING, where, str(row["calendar"]), advice))
        return calendars.get(row["calendar"]) if row is not None else None

    own = {team: calendar for team in sorted(teams) if (calendar := used("team", team)) is not None}
    of_site = used("site", site)
    if of_site is None:
        advice = "Maybe calendar_use lacks a row for the site; it is taken as open always."
        issues.append(Issue("no-calendar", Severity.INFO, f"calendar_use site {site}", site, advice))
    ours = {one.name for one in (of_site, *own.values()) if one is not None}
    # What is wrong with calendars of other sites is not for this roster to tell.
    issues += [one for one in found if one.where.startswith("calendars row") or any(name in one.where for name in ours)]
    return of_site or Calendar.always(), own


def open_minutes(calendar: Calendar, *, walls: Walls, days: int, house: HouseRules | None = None) -> Minutes:
    """Return when a calendar is open from the day before the roster to two days after; with `house` when people may be there."""
    spans = calendar.spans(walls.at(-DAY), walls.at((days + 2) * DAY))
    minutes = [walls.within(one) for one in spans]
    if house is None:
        return joined(minutes)
    early, late = minutes_in(house.before_opening), minutes_in(house.after_closing)
    return joined([(a - early, b + late) for a, b in joined(minutes, gap=minutes_in(house.closing))])


def holidays(calendar: Calendar, *, first: date, days: int) -> frozenset[int]:
    """Return the numbers of days from Monday to Friday that are closed although the week says otherwise."""
    found = {one.day: one for one in sorted(calendar.days, key=lambda one: one.version)}
    dates = ((k, first + timedelta(days=k)) for k in range(days))
    return frozenset(
        k
        for k, day in dates
        if day.weekday() < 5
        and day in found
        and not found[day].spans
        and any(rule.holds(day) for rule in calendar.hours)
    )


def shift_kinds(opens: Iterable[Minutes], *, days: int, house: HouseRules) -> tuple[ShiftKind, ...]:
    """Return the kinds of shift whose starts and lengths fit into opening hours on some day."""
    step = max(1, minutes_in(house.start_every))
    lengths = sorted({minutes_in(one) for one in house.lengths})
    starts: dict[str, set[int]] = {}
    fitting: dict[str, set[int]] = {}
    for a, b in {span for some in opens for span in some}:
        low, high = max(a, 0), min(b, (days - 1) * DAY + DAY - 1)
        for at in range(-(-low // step) * step, high + 1, step):
            fits = [n for n in lengths if at + n <= b]
            if fits:
                kind = house.kind_at(at)
                starts.setdefault(kind, set()).add(at % DAY)
                fitting.setdefault(kind, set()).update(fits)
    names = [name for name in dict.fromkeys(name for _, name in sorted(house.parts)) if name in starts]
    return tuple(_kind(name, tuple(sorted(fitting[name])), tuple(sorted(starts[name])), house) for name in names)


def _kind(name: str, lengths: tuple[int, ...], starts: tuple[int, ...], house: HouseRules) -> ShiftKind:
    since = minutes_in(house.pause_from)
    shortest = min((n for n in lengths if n >= since), default=None)
    if shortest is None or not house.pauses:
        return ShiftKind(name, lengths, starts)
    # A window that is good for the shortest shift with breaks is good for all of them.
    pauses = tuple(Pause(p.minutes, p.earliest, min(p.latest, shortest - p.minutes), p.paid) for p in house.pauses)
    return ShiftKind(name, lengths, starts, pauses=pauses, pause_from=since)


def paid(house: HouseRules, *, length: int) -> int:
    """Return the minutes of a shift that count as worked."""
    unpaid = sum(p.minutes for p in house.pauses if not p.paid)
    return length - unpaid * (length >= minutes_in(house.pause_from))
