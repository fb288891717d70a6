"""Reference tables of a small site for tests, as a lake holds them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from troth.core.time import instant_at, zone
from troth.log.reference import TABLES

SITE, ZONE = "care", "Europe/Vilnius"
MONDAY = date(2026, 6, 1)
Tables = dict[str, list[dict[str, Any]]]


def wall(day: date, clock: str, *, zone_name: str = ZONE) -> datetime:
    """Return the instant of a local time."""
    hours, minutes = map(int, clock.split(":"))
    return instant_at(day, minute=60 * hours + minutes, tz=zone(zone_name))


def row(table: str, **values: Any) -> dict[str, Any]:
    """Return a row with all columns; those not given are empty."""
    unknown = set(values) - set(TABLES[table].schema.names)
    assert not unknown, unknown
    return {name: values.get(name, 0 if name == "version" else None) for name in TABLES[table].schema.names}


def site(
    people: Sequence[str] = ("ada", "ben", "cem"), *, first: date = MONDAY, days: int = 7, zone_name: str = ZONE,
    opens: str = "08:00", closes: str = "18:00", agents: float = 1.0, hours: float = 40.0,
) -> Tables:  # fmt: skip
    """Return tables of a site open from Monday to Friday, in which so many of team ``voice`` are needed while it is open."""
    made: Tables = {name: [] for name in TABLES}
    made["sites"] = [row("sites", site=SITE, time_zone=zone_name)]
    made["people"] = [row("people", agent_id=who, kind="human") for who in people]
    made["memberships"] = [row("memberships", agent_id=who, team="voice", site=SITE) for who in people]
    made["contracts"] = [row("contracts", agent_id=who, hours_per_week=hours) for who in people]
    made["skills"] = [row("skills", agent_id=who, skill="calls", level=1.0) for who in people]
    made["calendars"] = [
        row("calendars", calendar="doors", time_zone=zone_name, weekday=k, opens=opens, closes=closes) for k in range(5)
    ]
    made["calendar_use"] = [row("calendar_use", dimension="site", member=SITE, calendar="doors")]
    for day in (first + timedelta(days=d) for d in range(days)):
        if day.weekday() < 5:
            made["requirements"].append(needed(day, opens, closes, agents, zone_name=zone_name))
    return made


def needed(day: date, since: str, until: str, agents: float, *, zone_name: str = ZONE, **more: Any) -> dict[str, Any]:
    """Return a published requirement of a local day."""
    start, end = wall(day, since, zone_name=zone_name), wall(day, until, zone_name=zone_name)
    named = {"snapshot": "s1", "issued_at": datetime(2026, 1, 1, tzinfo=UTC), "site": SITE, "team": "voice"}
    return row("requirements", **{**named, "starts_at": start, "ends_at": end, "agents": agents, **more})


def shift(who: str, day: date, since: str, until: str, **more: Any) -> dict[str, Any]:
    """Return a row of a schedule."""
    named = {"agent_id": who, "site": SITE, "state": "shift", "valid_from": day}
    return row("schedules", **{**named, "starts_at": wall(day, since), "ends_at": wall(day, until), **more})


def leave(who: str, first: date, since: str, last: date, until: str) -> dict[str, Any]:
    """Return a row of leave."""
    return row("leave", agent_id=who, starts_at=wall(first, since), ends_at=wall(last, until), reason="holiday")


def codes(issues: Sequence[Any]) -> Mapping[str, str]:
    """Return where each code of issue was found first."""
    return {one.code: one.where for one in reversed(issues)}
