"""A ledger from the reference tables of a lake. The only file of this room that opens one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from troth.core.decision import Issue, Severity
from troth.core.time import Calendar, Span, calendars_from_tables, to_utc
from troth.ledger.claim import CapacityClaim, ClaimKind, Resource, ResourceKind
from troth.ledger.value import CapacityLedger
from troth.log.lake import Lake
from troth.log.references import read_reference

#: What a stretch of a schedule claims.
_KINDS = {
    "shift": ClaimKind.SHIFT, "break": ClaimKind.BREAK, "meeting": ClaimKind.MEETING, "training": ClaimKind.TRAINING,
    "absent": ClaimKind.ABSENT,
}  # fmt: skip


def read(lake: Lake, *, start: datetime, end: datetime, site: str | None = None) -> tuple[CapacityLedger, list[Issue]]:
    """Return people and vans with their schedules and leave as claims, and what could not be read.

    Whoever has a calendar through `calendar_use` of a team has that calendar; the opening hours of a site are not the
    hours of its people. Breaks, meetings and trainings lie inside the shift around them.

    Parameters
    ----------
    start, end : claims that touch this time are read.
    site : only people of this site by `memberships`, and vans of it.
    """
    rows = {
        name: read_reference(lake, name)
        for name in ("people", "memberships", "calendars", "calendar_days", "calendar_use", "schedules", "leave", "locations")
    }  # fmt: skip
    limit = Span(start, end)
    calendars, issues = calendars_from_tables(rows["calendars"], calendar_days=rows["calendar_days"])
    resources = (*_people(rows, calendars, site), *_vans(rows["locations"], site))
    known = {one.resource_id for one in resources}
    claims = _scheduled(rows["schedules"], known, limit, issues)
    claims += _leave(rows["leave"], known, limit, issues)
    return CapacityLedger(resources, tuple(claims)), issues


def _people(
    rows: Mapping[str, Sequence[Mapping[str, Any]]], calendars: Mapping[str, Calendar], site: str | None
) -> list[Resource]:
    newest = sorted(rows["calendar_use"], key=lambda row: row["valid_from"] or date.min)
    used = {row["member"]: row["calendar"] for row in newest if row["dimension"] == "team"}
    teams: dict[str, list[str]] = defaultdict(list)
    at: dict[str, set[str]] = defaultdict(set)
    for row in rows["memberships"]:
        teams[row["agent_id"]].append(row["team"])
        at[row["agent_id"]].add(row["site"])
    people = sorted({row["agent_id"] for row in rows["people"] if row["kind"] != "bot"})
    found = []
    for name in people:
        if site is not None and site not in at[name]:
            continue
        calendar = next((calendars[used[team]] for team in teams[name] if used.get(team) in calendars), None)
        found.append(Resource(name, ResourceKind.PERSON, 1, calendar))
    return found


def _vans(rows: Sequence[Mapping[str, Any]], site: str | None) -> list[Resource]:
    names = sorted({row["location"] for row in rows if row["kind"] == "van" and site in (None, row["site"])})
    return [Resource(name, ResourceKind.VEHICLE) for name in names]


def _scheduled(
    rows: Sequence[Mapping[str, Any]], known: set[str], limit: Span, issues: list[Issue]
) -> list[CapacityClaim]:
    """Return shifts, and what lies inside them."""
    mine: dict[str, list[CapacityClaim]] = defaultdict(list)
    parts: list[CapacityClaim] = []
    for row in rows:
        one = _claim(row, _KINDS.get(row["state"]), "schedules", known, limit, issues)
        if one is not None and one.kind is ClaimKind.SHIFT:
            mine[one.resource_id].append(one)
        elif one is not None:
            parts.append(one)
    inner = []
    for part in parts:
        around = next(
            (s for s in mine[part.resource_id] if s.span.start <= part.span.start and part.span.end <= s.span.end), None
        )
        values = (part.claim_id, part.resource_id, part.span, part.kind, 1.0, 1, part.holder)
        inner.append(CapacityClaim(*values, inside=around.claim_id if around else ""))
    return [one for some in mine.values() for one in some] + inner


def _leave(rows: Sequence[Mapping[str, Any]], known: set[str], limit: Span, issues: list[Issue]) -> list[CapacityClaim]:
    found = (_claim(row, ClaimKind.LEAVE, "leave", known, limit, issues) for row in rows)
    return [one for one in found if one is not None]


def _claim(
    row: Mapping[str, Any], kind: ClaimKind | None, table: str, known: set[str], limit: Span, issues: list[Issue]
) -> CapacityClaim | None:
    """Return a row as a claim; None if it is of nobody here, of another time or unusable, which is told."""
    who, start, end = row["agent_id"], row["starts_at"], row["ends_at"]
    if who not in known:
        return None
    if kind is None or start is None or end is None or not start < end:
        advice = "Maybe a state of shift, break, meeting, training or absent, and an end after its start."
        issues.append(
            Issue("bad-span", Severity.WARNING, f"{table} {who}", f"{start} {end} {row.get('state', '')}", advice)
        )
        return None
    span = Span(start, end)
    if span.clip(limit) is None:
        return None
    holder = str(row.get("site") or row.get("reason") or "")
    return CapacityClaim(f"{table}:{who}:{kind}:{to_utc(start).isoformat()}", who, span, kind, holder=holder)
