"""A portfolio from a lake, as it was known before a day began. The only file of this room that opens one."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from troth.capacity.projects.portfolio._lake_days import Row, Tables, calendar_for, doors_of
from troth.capacity.projects.portfolio._lake_load import loads_of
from troth.capacity.projects.portfolio._lake_money import card_of, currency_of, exchange_of, with_fees, with_offers
from troth.capacity.projects.portfolio._lake_people import Staff, staff_of
from troth.capacity.projects.portfolio._lake_projects import kinds_of, projects_of
from troth.capacity.projects.portfolio._lake_work import Told, bookings_of, deals_of, templates_of
from troth.capacity.projects.portfolio._tell import error, warning
from troth.capacity.projects.portfolio.check import check
from troth.capacity.projects.portfolio.portfolio import Portfolio
from troth.capacity.projects.portfolio.use import ClaimedHours
from troth.capacity.projects.portfolio.work import TimeEntry
from troth.core.decision import Issue
from troth.core.errors import InputError
from troth.core.spans import local_date, start_of_day, zone
from troth.ledger import CapacityLedger, ClaimKind, ResourceKind
from troth.log.lake import Lake
from troth.log.references import read_reference

#: What is read of a lake.
TABLES: Final = (
    "sites", "people", "memberships", "contracts", "skills", "leave", "schedules", "rates", "rate_cards", "targets", "calendars",
    "calendar_days", "calendar_use", "projects", "project_tasks", "project_templates", "exchange_rates", "retainers", "deals",
)  # fmt: skip
#: Weeks before the day in which shifts show on which weekdays somebody works.
_WEEKS: Final = 12
_WORK: Final = """
    SELECT occurred_at, activity, step, subject_kind, subject_id, customer_id, agent_id, team, value, attributes FROM ({rows})
    WHERE (activity IN ('deal_changed', 'milestone_reached') OR subject_kind = 'promise'
           OR (subject_kind = 'booking' AND activity IN ('booked', 'rescheduled', 'released', 'cancelled')))
        AND occurred_at < $end AND list_contains($sites, site)
    ORDER BY occurred_at, recorded_at, length(source_id), source_id"""
_LOGGED: Final = """
    SELECT occurred_at, subject_id, agent_id, team, value, attributes FROM ({rows})
    WHERE activity = 'time_logged' AND occurred_at < $end AND list_contains($sites, site)
    ORDER BY occurred_at, length(source_id), source_id"""
_SHIFTS: Final = """
    SELECT agent_id, isodow(day) - 1 AS weekday, count(*) FROM (
        SELECT DISTINCT agent_id, CAST(timezone($zone, occurred_at) AS DATE) AS day FROM ({rows})
        WHERE activity = 'shift_started' AND agent_id IS NOT NULL AND occurred_at >= $start AND occurred_at < $end)
    GROUP BY ALL"""
_SITES: Final = """
    SELECT DISTINCT site FROM ({rows}) WHERE activity IN ('deal_changed', 'time_logged') AND site IS NOT NULL ORDER BY site"""
#: What of a ledger is no use of hours beside projects: leave is read for itself, and bookings are of projects.
_NOT_OURS: Final = frozenset({ClaimKind.LEAVE, ClaimKind.PROJECT})


def portfolio_of(
    lake: Lake, *, day: date | None = None, site: str | None = None, soft: float = 0.5, least_left: float = 0.1,
    ledger: CapacityLedger | None = None,
) -> tuple[Portfolio, list[Issue]]:  # fmt: skip
    """Return people, projects, deals and bookings as a lake knew them before a day began, and what is doubtful.

    People are those of `memberships` with a row in `contracts`; weekly hours lie evenly on the weekdays on which the log has
    shifts of theirs, else on those the calendar is open. Deals have the phases of their template, times what makes their hours
    the estimated ones, and are paid as `deals` says, else as most projects of the template. Hours logged on a phase of several skills are shared out to those the person has. Promises are the open
    ones; a client's delay of a start moves `earliest` as far. Hours that are of no project and not billable are reactive work
    of the team, as the last half year shows it.

    Parameters
    ----------
    day : the day after the last event if None. Tables are taken as they are now, as far as their rows hold.
    site : whose people and projects; of all sites with deals or time sheets if None.
    soft : probability of bookings that the log calls soft.
    least_left : part of its estimate that an unfinished task is thought to need still, whatever was logged.
    ledger : what else claims people's hours: shifts, counters, visits. Without it shifts that `schedules` has at other sites.

    Returns
    -------
    the portfolio, and issues, those of `check` included; errors too, as it is the log that is wrong.

    Raises
    ------
    InputError
        ``unknown-site``, ``no-projects``.
    """
    tables = {name: read_reference(lake, name) for name in TABLES}
    with lake.session() as con:
        rows = lake.settled()
        found = [row[0] for row in con.execute(_SITES.format(rows=rows)).fetchall()]
        sites = _sites(tables, found if site is None else [site], asked=site)
        issues = list[Issue]()
        tz = _zone(tables, sites, issues)
        ends = lake.extent(con)
        if day is None:
            day = (date(1970, 1, 1) if ends is None else local_date(ends[1], tz=tz)) + timedelta(days=1)
        named = {"end": start_of_day(day, tz=tz), "sites": sites}
        told = Told(tz)
        told.take(_dicts(con.execute(_WORK.format(rows=rows), named)))
        logged = _dicts(con.execute(_LOGGED.format(rows=rows), named))
        since = start_of_day(day - timedelta(weeks=_WEEKS), tz=tz)
        shifts = con.execute(
            _SHIFTS.format(rows=rows), {"zone": tz.key, "start": since, "end": named["end"]}
        ).fetchall()
    return _made(
        tables,
        told,
        logged,
        shifts,
        day=day,
        sites=sites,
        soft=soft,
        least_left=least_left,
        ledger=ledger,
        issues=issues,
    )


def _dicts(answer: Any) -> list[dict[str, Any]]:
    names = [one[0] for one in answer.description]
    return [dict(zip(names, row, strict=True)) for row in answer.fetchall()]


def _sites(tables: Tables, sites: list[str], *, asked: str | None) -> list[str]:
    known = {row["site"] for row in tables["sites"]}
    if not sites:
        advice = "Maybe import deals and time sheets first, or name the site: the log has none."
        raise InputError([error("no-projects", where="site", value="", advice=advice)])
    if asked is not None and asked not in known:
        advice = f"Maybe one of {', '.join(sorted(known)[:8])}." if known else "Maybe import the table of sites first."
        raise InputError([error("unknown-site", where="site", value=asked, advice=advice)])
    return sites


def _zone(tables: Tables, sites: list[str], issues: list[Issue]) -> ZoneInfo:
    names = sorted({row["time_zone"] or "UTC" for row in tables["sites"] if row["site"] in sites}) or ["UTC"]
    if len(names) > 1:
        advice = f"Maybe read one site at a time: days are those of {names[0]}."
        issues.append(warning("several-zones", where="sites", value=", ".join(names), advice=advice))
    return zone(names[0])


def _made(
    tables: Tables, told: Told, sheets: list[dict[str, Any]], shifts: list[tuple[str, int, int]], *, day: date, sites: list[str],
    soft: float, least_left: float, ledger: CapacityLedger | None, issues: list[Issue],
) -> tuple[Portfolio, list[Issue]]:  # fmt: skip
    by_shift: dict[str, dict[int, int]] = defaultdict(dict)
    for who, weekday, n in shifts:
        by_shift[who][weekday] = n
    entries = tuple(_entry(row, told.tz) for row in sheets)
    hours: dict[str, dict[tuple[str, str], float]] = defaultdict(lambda: defaultdict(float))
    for one in entries:
        hours[one.project_id][one.phase_id, one.person_id] += one.hours
        if one.project_id not in told.started:
            told.started[one.project_id] = one.day
    skills = {who: frozenset(row["skill"] for row in rows) for who, rows in _by_person(tables["skills"]).items()}
    projects = with_fees(
        projects_of(tables, told=told, day=day, logged=hours, skills=skills, least_left=least_left), tables=tables, day=day, issues=told.issues
    )  # fmt: skip
    open_ = {one.project_id for one in projects}
    kept = tuple(one for one in entries if one.project_id in open_)
    currency = currency_of(tables)
    staff = staff_of(
        tables,
        sites=sites,
        day=day,
        tz=told.tz,
        shifts=by_shift,
        others={one.person_id for one in kept},
        currency=currency,
    )
    templates = templates_of(tables, day=day)
    kinds = kinds_of([row for row in tables["projects"] if row["valid_from"] is None or row["valid_from"] < day])
    deals = with_offers(deals_of(told, templates=templates, kinds=kinds), tables=tables, day=day, issues=told.issues)
    teams = [row["team"] or "" for row in sheets]
    doors = {
        team: doors_of(tables, name=calendar_for(tables, site=sites[0], team=team, day=day), day=day)
        for team in set(teams)
    }
    known = {row["project"] for row in tables["projects"]}
    reactive = loads_of(list(zip(entries, teams, strict=True)), projects=known, doors=doors, day=day)
    claims = _claims(staff, tables, ledger, sites=sites, day=day, tz=told.tz)
    portfolio = Portfolio(
        day, tuple(staff.people), projects, deals, templates, bookings_of(told, day=day, soft=soft), reactive=reactive, claims=claims, logged=kept,
        rates=card_of(tables, currency=currency), exchange=exchange_of(tables, currency=currency, issues=told.issues), holidays={name: one.closed for name, one in sorted(staff.doors.items()) if name}, currency=currency,
    )  # fmt: skip
    return portfolio, [*issues, *told.issues, *staff.issues, *check(portfolio)]


def _by_person(rows: Any) -> dict[str, list[Row]]:
    out: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        out[row["agent_id"]].append(row)
    return out


def _entry(row: Mapping[str, Any], tz: ZoneInfo) -> TimeEntry:
    note = json.loads(row["attributes"] or "{}")
    return TimeEntry(
        row["subject_id"] or "", row["agent_id"] or "", local_date(row["occurred_at"], tz=tz), float(row["value"] or 0.0),
        str(note.get("phase") or ""), str(note.get("task_type") or ""), bool(note.get("billable", True)),
    )  # fmt: skip


def _claims(
    staff: Staff, tables: Tables, ledger: CapacityLedger | None, *, sites: list[str], day: date, tz: ZoneInfo
) -> tuple[ClaimedHours, ...]:  # fmt: skip
    """Return what else claims hours of people, by day."""
    known = {one.person_id for one in staff.people}
    spans: list[tuple[str, Any, Any, str]] = []
    if ledger is None:
        spans += [
            (row["agent_id"], row["starts_at"], row["ends_at"], "shift")
            for row in tables["schedules"]
            if row["state"] == "shift" and row["site"] not in sites and row["starts_at"] and row["ends_at"]
        ]
    else:
        people = {one.resource_id for one in ledger.resources if one.kind is ResourceKind.PERSON}
        spans += [
            (one.resource_id, one.span.start, one.span.end, str(one.kind))
            for one in ledger.claims
            if one.resource_id in people and one.hard and not one.inside and one.kind not in _NOT_OURS
        ]
    total: dict[tuple[str, date, str], float] = defaultdict(float)
    for who, start, end, kind in spans:
        if who in known and start < end:
            for at, hours in _by_day(start, end, tz):
                total[who, at, kind] += hours if at >= day else 0.0
    found = [ClaimedHours(who, at, hours, kind) for (who, at, kind), hours in sorted(total.items()) if hours > 0]
    return (*staff.claims, *found)


def _by_day(start: datetime, end: datetime, tz: ZoneInfo) -> Iterator[tuple[date, float]]:
    """Yield the hours of a span on each local day."""
    day = local_date(start, tz=tz)
    while (opens := start_of_day(day, tz=tz)) < end:
        closes = start_of_day(day + timedelta(days=1), tz=tz)
        yield day, (min(end, closes) - max(start, opens)).total_seconds() / 3600
        day += timedelta(days=1)
