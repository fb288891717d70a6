"""The nouns of the site as the lake's reference tables, so that figures know people, calendars and rights."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

from troth.core.terms import UnitKind
from troth.web.customers.models import Customer
from troth.web.flow.events import CHANNEL
from troth.web.flow.models import Branch, Line
from troth.web.people.bridge import write_reference
from troth.web.people.models import (
    CalendarDay,
    CalendarSpan,
    Contract,
    Leave,
    Membership,
    Qualification,
    Unit,
    User,
)
from troth.web.services.models import Service

Row = dict[str, Any]


def _sites() -> Iterator[Row]:
    for one in Unit.objects.sites():
        yield {"site": one.code, "title": one.title, "time_zone": one.time_zone, "valid_to": one.closed_on}


def _queues() -> Iterator[Row]:
    for one in Line.objects.select_related("branch__unit"):
        discipline = json.dumps(one.discipline, sort_keys=True) if one.discipline else None
        yield {
            "queue": one.code, "title": one.title, "site": one.branch.unit.code, "channel": CHANNEL,
            "discipline": discipline, "valid_to": one.closed_on,
        }  # fmt: skip


def _services() -> Iterator[Row]:
    for one in Service.objects.all():
        usual_s = float(one.standard_s)
        yield {"service": one.code, "title": one.title, "standard_s": usual_s, "valid_to": one.closed_on}


def _people() -> Iterator[Row]:
    """Yield the people; the role is the first held, for whoever has several."""
    first = {}
    for one in Membership.objects.order_by("-pk"):
        first[one.user_id] = one.role
    for person in User.objects.all():
        yield {"agent_id": person.code, "title": str(person), "kind": "human", "role": first.get(person.pk)}


def _memberships() -> Iterator[Row]:
    """Yield who belongs where: one row a unit and time, whatever the roles are."""
    units = {one.pk: one for one in Unit.objects.all()}
    seen = set()
    for one in Membership.objects.select_related("user").order_by("valid_from", "pk"):
        unit: Unit | None = units[one.unit_id]
        key = (one.user.code, one.unit_id, one.valid_from)
        if key in seen:
            continue
        seen.add(key)
        team = units[one.unit_id].code
        while unit is not None and unit.kind != UnitKind.SITE:
            unit = units[unit.parent_id] if unit.parent_id else None
        yield {
            "agent_id": one.user.code, "team": team, "site": unit.code if unit else None,
            "valid_from": one.valid_from, "valid_to": one.valid_to,
        }  # fmt: skip


def _contracts() -> Iterator[Row]:
    for one in Contract.objects.select_related("user"):
        hours = float(one.hours_per_week)
        yield {
            "agent_id": one.user.code,
            "hours_per_week": hours,
            "valid_from": one.valid_from,
            "valid_to": one.valid_to,
        }


def _skills() -> Iterator[Row]:
    for one in Qualification.objects.select_related("user", "skill"):
        yield {
            "agent_id": one.user.code, "skill": one.skill.code, "level": float(one.level),
            "valid_from": one.gained_on, "valid_to": one.expires_on,
        }  # fmt: skip


def _leave() -> Iterator[Row]:
    for one in Leave.objects.select_related("user"):
        yield {"agent_id": one.user.code, "starts_at": one.span.lower, "ends_at": one.span.upper, "reason": one.kind}


def _customers() -> Iterator[Row]:
    """Yield the customers by pseudonym; whose household they are of is said by a number, for its title would name them."""
    zones = {one.pk: str(one.zone) for one in Unit.objects.all()}
    for one in Customer.objects.select_related("organisation"):
        household = one.organisation
        yield {
            "customer_id": one.pseudonym, "organisation": f"o-{household.pk}" if household else None,
            "segment": (household.segment or None) if household else None, "time_zone": zones.get(one.unit_id or 0),
        }  # fmt: skip


def _calendars() -> Iterator[Row]:
    for one in CalendarSpan.objects.select_related("calendar"):
        yield {
            "calendar": one.calendar.code, "time_zone": one.calendar.time_zone, "weekday": one.weekday,
            "opens": one.opens, "closes": one.closes, "valid_from": one.valid_from, "valid_to": one.valid_to,
        }  # fmt: skip


def _calendar_days() -> Iterator[Row]:
    for one in CalendarDay.objects.select_related("calendar"):
        opens, closes, title = one.opens or None, one.closes or None, one.title or None
        yield {"calendar": one.calendar.code, "day": one.day, "opens": opens, "closes": closes, "title": title}


def _calendar_use() -> Iterator[Row]:
    for branch in Branch.objects.exclude(calendar=None).select_related("unit", "calendar"):
        if branch.calendar is not None:
            yield {"dimension": "site", "member": branch.unit.code, "calendar": branch.calendar.code}
    for service in Service.objects.exclude(calendar=None).select_related("calendar"):
        if service.calendar is not None:
            yield {"dimension": "service", "member": service.code, "calendar": service.calendar.code}


#: What the site knows of each reference table. Targets and rates have no nouns here yet and stay as they were imported.
TABLES: Final[dict[str, Callable[[], Iterator[Row]]]] = {
    "sites": _sites, "queues": _queues, "services": _services, "people": _people, "memberships": _memberships,
    "contracts": _contracts, "skills": _skills, "leave": _leave, "customers": _customers, "calendars": _calendars,
    "calendar_days": _calendar_days, "calendar_use": _calendar_use,
}  # fmt: skip


def export_reference(lake_path: str | Path, *, now: datetime) -> dict[str, int]:
    """Make the lake's reference tables say what the site's nouns say, with the days from which it holds.

    Parameters
    ----------
    lake_path : the lake.
    now : numbers the versions; a later call needs a later instant. Changes hold from the day it is at the top unit.

    Returns
    -------
    How many rows were written by table; nothing where nothing changed.
    """
    top = Unit.objects.filter(parent=None).order_by("pk").first()
    today: date = now.astimezone(top.zone if top else None).date()
    found = {
        table: write_reference(lake_path, table=table, rows=rows(), today=today, now=now)
        for table, rows in TABLES.items()
    }
    return {table: count for table, count in found.items() if count}
