"""Rows as a ledger of the engine."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from troth.core.time import Calendar, Span, calendars_from_tables
from troth.web.people.models import CalendarDay, CalendarSpan
from troth.web.planning.bridge import CapacityClaim, CapacityLedger, ClaimKind, Resource, ResourceKind
from troth.web.planning.models import LedgerClaim, LedgerResource


def ledger_of(resources: Sequence[LedgerResource], *, claims: Iterable[LedgerClaim]) -> CapacityLedger:
    """Return rows as a ledger of the engine.

    Parameters
    ----------
    resources : with their calendars.
    claims : with their resources and the claims around them.
    """
    calendars = _calendars(resources)
    return CapacityLedger(
        tuple(
            Resource(one.code, ResourceKind(one.kind), one.capacity, calendars.get(one.calendar_id or 0))
            for one in resources
        ),
        tuple(
            CapacityClaim(
                one.claim_id, one.resource.code, Span(one.span.lower, one.span.upper), ClaimKind(one.kind),
                one.probability, one.units, one.holder, one.inside.claim_id if one.inside else "",
            )
            for one in claims
        ),
    )  # fmt: skip


def _calendars(resources: Iterable[LedgerResource]) -> dict[int, Calendar]:
    """Return the calendars of resources by id; one without hours is never open."""
    used = {one.calendar_id: one.calendar for one in resources if one.calendar_id and one.calendar}
    hours = [
        {
            "calendar": str(one.calendar_id), "time_zone": used[one.calendar_id].time_zone, "weekday": one.weekday,
            "opens": one.opens, "closes": one.closes, "valid_from": one.valid_from, "valid_to": one.valid_to,
        }
        for one in CalendarSpan.objects.filter(calendar__in=used)
    ]  # fmt: skip
    days = [
        {"calendar": str(one.calendar_id), "day": one.day, "opens": one.opens or None, "closes": one.closes or None}
        for one in CalendarDay.objects.filter(calendar__in=used)
    ]
    built, _ = calendars_from_tables(hours, calendar_days=days)
    return {pk: built.get(str(pk)) or Calendar(one.code, one.time_zone, (), ()) for pk, one in used.items()}
