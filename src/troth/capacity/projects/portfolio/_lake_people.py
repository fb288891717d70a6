"""People of a house by its tables: contracts with cost and weekdays, skills, leave."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final
from zoneinfo import ZoneInfo

from troth.capacity.projects.portfolio._lake_days import (
    EVER,
    Doors,
    Row,
    Tables,
    away,
    calendar_for,
    doors_of,
    holds,
    newest,
    runs,
    spans_of,
)
from troth.capacity.projects.portfolio._tell import info, warning
from troth.capacity.projects.portfolio.people import Consultant, ContractTerms, HeldSkill, LeaveSpan
from troth.capacity.projects.portfolio.use import ClaimedHours
from troth.core.decision import Issue

#: So many days with a shift show on which weekdays somebody works, and so large a part of the most usual one's.
_SEEN, _SOMETIMES = 8, 0.3


@dataclass(slots=True)
class Staff:
    """What is made of people: them, hours they are away in part, the doors of their calendars, and doubts."""

    people: list[Consultant] = field(default_factory=list)
    claims: list[ClaimedHours] = field(default_factory=list)
    doors: dict[str, Doors] = field(default_factory=dict)
    issues: list[Issue] = field(default_factory=list)


def staff_of(
    tables: Tables, *, sites: Collection[str], day: date, tz: ZoneInfo, shifts: Mapping[str, Mapping[int, int]], others: Collection[str],
    currency: str,
) -> Staff:  # fmt: skip
    """Return the people of sites who have a contract on a day or later, and those of `others` who had one.

    Parameters
    ----------
    shifts : by person, on how many days of each weekday there was a shift lately.
    others : who is wanted even after leaving, as their hours are.
    currency : of the house: rates in it are written without.
    """
    made, by = Staff(), {name: _by(tables, name) for name in ("people", "memberships", "contracts", "skills", "leave")}
    bots = {who for who, rows in by["people"].items() if any(row["kind"] == "bot" for row in rows)}
    mine = {who for who, rows in by["memberships"].items() if any(row["site"] in sites for row in rows)} - bots
    idle = []
    for who in sorted(mine | (set(others) & by["contracts"].keys())):
        terms = spans_of(by["contracts"].get(who, ()))
        if not terms:
            idle.append(who)
        elif who in others or any(until is None or until > day for _, until, _ in terms):
            _add(made, who, terms, by, tables, sites=sites, day=day, tz=tz, seen=shifts.get(who, {}), currency=currency)
    if idle:
        advice = "Maybe they do no work of projects, or rows of contracts are missing; they are left out."
        shown = ", ".join(idle)
        made.issues.append(
            info("no-contract", where=f"contracts {idle[0]}", value=shown, advice=advice, count=len(idle))
        )
    return made


def _by(tables: Tables, name: str) -> dict[str, list[Row]]:
    out: dict[str, list[Row]] = defaultdict(list)
    for row in tables.get(name, ()):
        out[row["agent_id"]].append(row)
    return out


def _add(
    made: Staff, who: str, terms: list[tuple[date, date | None, Row]], by: Mapping[str, Mapping[str, list[Row]]], tables: Tables, *,
    sites: Collection[str], day: date, tz: ZoneInfo, seen: Mapping[int, int], currency: str,
) -> None:  # fmt: skip
    held = [row for row in by["memberships"].get(who, ()) if row["site"] in sites] or by["memberships"].get(who, [])
    membership = newest(held, day=day) or {}
    team, site = membership.get("team") or "", membership.get("site") or ""
    name = calendar_for(tables, site=site, team=team, day=day)
    doors = made.doors.setdefault(name, doors_of(tables, name=name, day=day))
    worked = _worked(seen, doors)
    contracts = []
    for first, until, row in terms:
        week = _week(row["hours_per_week"], worked)
        if week is None:
            advice = "Maybe the column hours_per_week is empty: there are no hours until then."
            made.issues.append(
                warning("no-hours", where=f"contracts {who}", value=row["hours_per_week"], advice=advice)
            )
            continue
        for a, b, cents, money in _costs(tables, who, team, site, first, until):
            contracts.append(ContractTerms(a, b, week, name, cents, "" if money == currency else money))
    skills = tuple(
        HeldSkill(
            row["skill"],
            1.0 if row["level"] is None else float(row["level"]),
            row.get("valid_from"),
            row.get("valid_to"),
        )
        for row in sorted(by["skills"].get(who, ()), key=lambda row: (row["skill"], row.get("valid_from") or EVER))
        if row["level"] is None or row["level"] > 0
    )
    person = newest(by["people"].get(who, ()), day=day) or {}
    made.people.append(
        Consultant(
            who, tuple(contracts), skills, _leave(made, who, by["leave"].get(who, []), doors, day=day, tz=tz),
            person.get("role") or "", team, site, _target(tables, who, team, day),
        )
    )  # fmt: skip


def _worked(seen: Mapping[int, int], doors: Doors) -> frozenset[int]:
    """Return the weekdays on which somebody works: those of their shifts if there were enough, else all open ones."""
    if sum(seen.values()) < _SEEN:
        return doors.weekdays
    return frozenset(k for k, n in seen.items() if n >= _SOMETIMES * max(seen.values()))


def _week(hours: Any, worked: frozenset[int]) -> tuple[float, ...] | None:
    """Return weekly hours spread evenly over weekdays."""
    if hours is None:
        return None
    return tuple(round(hours / len(worked), 6) if k in worked else 0.0 for k in range(7))


def _costs(
    tables: Tables, who: str, team: str, site: str, first: date, until: date | None
) -> list[tuple[date, date | None, int, str]]:
    """Return the spans of a contract within which an hour costs the same, with cents and currency."""
    rows = [
        row
        for row in tables.get("rates", ())
        if (row["dimension"] or "", row["member"] or "") in {("agent", who), ("team", team), ("site", site), ("", "")}
    ]
    cuts = {day for row in rows for day in (row.get("valid_from"), row.get("valid_to")) if day and first < day}
    within = sorted(day for day in cuts if until is None or day < until)
    out: list[tuple[date, date | None, int, str]] = []
    for a, b in zip([first, *within], [*within, until], strict=True):
        cents, money = _rate(rows, a)
        if out and out[-1][2:] == (cents, money):
            out[-1] = (out[-1][0], b, cents, money)
        else:
            out.append((a, b, cents, money))
    return out


_ORDER: Final = ("agent", "team", "site", "")


def _rate(rows: list[Row], day: date) -> tuple[int, str]:
    held = [row for row in rows if holds(row, day=day) and row["cents_per_hour"] is not None]
    held.sort(key=lambda row: (-_ORDER.index(row["dimension"] or ""), row.get("valid_from") or EVER))
    return (int(held[-1]["cents_per_hour"]), held[-1]["currency"] or "") if held else (0, "")


def _leave(
    made: Staff, who: str, rows: list[Row], doors: Doors, *, day: date, tz: ZoneInfo
) -> tuple[LeaveSpan, ...]:  # fmt: skip
    by_reason: dict[str, list[date]] = defaultdict(list)
    for row in rows:
        start, end = row["starts_at"], row["ends_at"]
        if start is None or end is None or not start < end:
            advice = "Maybe start and end were swapped, or the end was left out; the row is passed over."
            made.issues.append(warning("bad-span", where=f"leave {who}", value=f"{start} {end}", advice=advice))
            continue
        whole, part = away(start, end, doors=doors, tz=tz)
        by_reason[row["reason"] or ""] += whole
        made.claims += [ClaimedHours(who, at, hours, "leave") for at, hours in part.items() if at >= day]
    spans = [LeaveSpan(a, b, reason) for reason, days in by_reason.items() for a, b in runs(days)]
    return tuple(sorted(spans, key=lambda one: (one.first, one.until, one.reason)))


def _target(tables: Tables, who: str, team: str, day: date) -> float | None:
    """Return the share of hours that should be billable, of the person, else of the team, else of everybody."""
    rows = [row for row in tables.get("targets", ()) if row["kpi"] == "load.billable" and holds(row, day=day)]
    for dimension, member in (("agent", who), ("team", team), ("", "")):
        for row in rows:
            if (row["dimension"] or "", row["member"] or "") == (dimension, member) and row["target"] is not None:
                return float(row["target"])
    return None
