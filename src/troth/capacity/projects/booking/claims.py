"""Bookings as claims of the capacity ledger, beside shifts, counters and visits; and those as hours that projects cannot have."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from math import nextafter
from typing import Any, Final

import numpy as np

from troth.capacity.projects.booking._loads import CountedBookings, Wanted, by_person, days, last_day, wanted
from troth.capacity.projects.booking.check import refuse
from troth.capacity.projects.booking.laying import LaidHours, lay_person
from troth.capacity.projects.booking.spread import cents
from troth.capacity.projects.portfolio import ClaimedHours, Portfolio
from troth.core.decision import Issue, Severity
from troth.core.time import Span, instant_at, merge, start_of_day, zone
from troth.ledger import CapacityClaim, CapacityLedger, ClaimKind, free

#: What an hour's hundredth lasts.
_CENT: Final = timedelta(seconds=36)
#: Of what is certain to be wanted and not certain to be had: it excludes nothing.
_ALMOST: Final = nextafter(1.0, 0.0)


@dataclass(frozen=True, slots=True)
class ProjectClaims:
    """Bookings laid in time.

    Parameters
    ----------
    claims : as `ledger.book` takes them.
    unplaced : hours of bookings that found no place, by the booking's id.
    issues : a warning of each, with its size; and of people that the ledger does not know.
    """

    claims: tuple[CapacityClaim, ...]
    unplaced: Mapping[str, float]
    issues: tuple[Issue, ...]


def booking_claims(
    portfolio: Portfolio,
    *,
    ledger: CapacityLedger,
    time_zone: str = "UTC",
    begins: timedelta = timedelta(hours=8),
    people: Collection[str] | None = None,
) -> ProjectClaims:
    """Return bookings of people by name as claims of their time, from the portfolio's day on, where nothing hard claims it yet.

    Each day holds the hours that its booking's spread gives it, as early as there are free hours. Hard bookings are hard claims; soft ones
    come after and are claims of their probability, which exclude nothing. If spreads leave a hard booking over and laying by deadline does not, it is laid so.
    What the ledger holds for projects should be released first, as claims of bookings that are there already are laid again.

    Parameters
    ----------
    ledger : with the calendars of people and what claims them.
    time_zone : whose days the portfolio's days are.
    begins : the time of day before which nothing is laid for somebody without a calendar.
    people : whose; None for everybody.

    Raises
    ------
    InputError
        With every error in the bookings that leaves nothing to compute with; ``unknown-zone``.

    Examples
    --------
    >>> from datetime import UTC
    >>> from troth.ledger import Resource
    >>> from troth.capacity.projects.portfolio import Consultant, ContractTerms, ProjectBooking
    >>> monday, at = date(2026, 6, 1), lambda hour: datetime(2026, 6, 1, hour, tzinfo=UTC)
    >>> booking = ProjectBooking("b", "p", monday, date(2026, 6, 2), 3, "ada")
    >>> plan = Portfolio(monday, (Consultant("ada", (ContractTerms(date(2026, 1, 1)),)),), bookings=(booking,))
    >>> shift = CapacityClaim("s", "ada", Span(at(9), at(16)), ClaimKind.SHIFT)
    >>> made = booking_claims(plan, ledger=CapacityLedger((Resource("ada"),), (shift,)))
    >>> [(one.span.start.hour, one.span.end.hour) for one in made.claims]
    [(8, 9), (16, 18)]
    """
    refuse(portfolio)
    tz = zone(time_zone)
    wants = [
        one
        for one in wanted(portfolio, counted=CountedBookings.ALL)
        if one.booking.probability > 0 and (people is None or one.booking.person_id in people)
    ]
    until = last_day(wants, portfolio=portfolio)
    have = days(portfolio, until=until, people={one.booking.person_id for one in wants})
    many = have.hours.shape[1]
    edges = [start_of_day(have.first + timedelta(days=k), tz=tz) for k in range(many + 1)]
    opens = [
        instant_at(have.first + timedelta(days=k), minute=int(begins.total_seconds() // 60), tz=tz) for k in range(many)
    ]
    resources = {one.resource_id: one for one in ledger.resources}
    claims_of: dict[str, list[CapacityClaim]] = defaultdict(list)
    for claim in ledger.claims:
        claims_of[claim.resource_id].append(claim)
    claims: list[CapacityClaim] = []
    laid: list[LaidHours] = []
    issues: list[Issue] = []
    for name, mine in by_person(wants, known=have.row):
        resource = resources.get(name)
        if resource is None:
            issues.append(_unknown(name))
            laid += [LaidHours(one.booking, have.first, (), round(one.hours, 2)) for one in mine]
            continue
        alone = CapacityLedger((resource,), tuple(claims_of[name]))
        room = _by_day(alone, edges, () if resource.calendar is not None else opens)
        made = _lay(have.hours[have.row[name]], room, mine, have.first)
        laid += made
        for one in made:
            claims += _claims(one, room)
    unplaced = {one.booking.booking_id: one.unplaced for one in laid if one.unplaced >= 0.005}
    issues += [_not_placed(one) for one in laid if one.unplaced >= 0.005]
    return ProjectClaims(tuple(claims), unplaced, tuple(issues))


def claimed_hours(
    ledger: CapacityLedger,
    *,
    first: date,
    until: date,
    time_zone: str = "UTC",
    without: Collection[ClaimKind] = (ClaimKind.PROJECT,),
) -> tuple[ClaimedHours, ...]:
    """Return the hours of days that hard claims of the ledger take from people, as a portfolio holds them.

    What lies inside another claim takes no more hours, nor does what lies outside of somebody's calendar.

    Parameters
    ----------
    without : kinds that are not told: bookings of projects are counted by themselves.

    Examples
    --------
    >>> from datetime import UTC
    >>> from troth.ledger import Resource
    >>> shift = CapacityClaim("s", "ada", Span(datetime(2026, 6, 1, 22, tzinfo=UTC), datetime(2026, 6, 2, 6, tzinfo=UTC)), ClaimKind.SHIFT)
    >>> some = CapacityLedger((Resource("ada"),), (shift,))
    >>> [(one.day.day, one.hours) for one in claimed_hours(some, first=date(2026, 6, 1), until=date(2026, 6, 8))]
    [(1, 2.0), (2, 6.0)]
    """
    tz = zone(time_zone)
    many = max((until - first).days, 0)
    edges = [start_of_day(first + timedelta(days=k), tz=tz) for k in range(many + 1)]
    known = {one.resource_id: one for one in ledger.resources}
    spans: dict[tuple[str, ClaimKind], list[Span]] = defaultdict(list)
    for one in ledger.claims:
        if one.hard and not one.inside and one.kind not in without and one.resource_id in known:
            spans[one.resource_id, one.kind].append(one.span)
    found = []
    for (name, kind), some in sorted(spans.items()):
        calendar = known[name].calendar
        open_ = merge(some)
        if calendar is not None:
            open_ = [part for whole in open_ for part in calendar.spans(whole.start, whole.end)]
        for k, parts in enumerate(_cut(open_, edges)):
            if hours := sum(part.seconds for part in parts) / 3600:
                found.append(ClaimedHours(name, first + timedelta(days=k), hours, str(kind)))
    return tuple(found)


def _cut(spans: Sequence[Span], edges: Sequence[datetime]) -> list[list[Span]]:
    """Return spans in order, cut at days."""
    out: list[list[Span]] = [[] for _ in edges[:-1]]
    k = 0
    for span in spans:
        while k < len(out) and edges[k + 1] <= span.start:
            k += 1
        day = k
        while day < len(out) and edges[day] < span.end:
            if part := span.clip(Span(edges[day], edges[day + 1])):
                out[day].append(part)
            day += 1
    return out


def _by_day(alone: CapacityLedger, edges: Sequence[datetime], opens: Sequence[datetime]) -> list[list[Span]]:
    """Return what is free of one resource on each day; not before it begins, if that is given."""
    if len(edges) < 2:
        return []
    spans = free(alone, resource_id=alone.resources[0].resource_id, start=edges[0], end=edges[-1])
    cut = _cut(spans, edges)
    if not opens:
        return cut
    late = [Span(min(begin, end), end) for begin, end in zip(opens, edges[1:], strict=True)]
    return [[part for one in some if (part := one.clip(limit))] for some, limit in zip(cut, late, strict=True)]


def _lay(hours: Any, room: Sequence[Sequence[Span]], mine: Sequence[Wanted], first: date) -> list[LaidHours]:
    """Lay bookings in what both the portfolio and the ledger leave free."""
    there = np.array([sum(one.seconds for one in some) / 3600 for some in room])
    both = np.minimum(hours, there)
    return lay_person(both, working=hours, wants=mine, first=first, within=True)


def _claims(one: LaidHours, room: list[list[Span]]) -> Iterator[CapacityClaim]:
    """Yield the claims of a booking, and take their time from what is free."""
    booking = one.booking
    probability = 1.0 if booking.hard else min(booking.probability, _ALMOST)
    for k, hours in enumerate(one.hours):
        left, part = _CENT * cents(hours), 0
        day = (one.first + timedelta(days=k)).isoformat()
        while left > timedelta():
            span = room[k][0]
            end = min(span.start + left, span.end)
            room[k][0:1] = [Span(end, span.end)] if end < span.end else []
            left -= end - span.start
            name = f"project:{booking.booking_id}:{day}" + (f":{part}" if part else "")
            yield CapacityClaim(
                name,
                booking.person_id,
                Span(span.start, end),
                ClaimKind.PROJECT,
                probability,
                holder=booking.project_id,
            )
            part += 1


def _unknown(name: str) -> Issue:
    return Issue("not-in-ledger", Severity.WARNING, name, name, "Maybe the ledger was read for another site.")


def _not_placed(one: LaidHours) -> Issue:
    value = f"{one.unplaced:.2f} of {one.unplaced + sum(one.hours):.2f} h"
    advice = "Maybe give it more days, or ask somebody else." if one.booking.hard else "Maybe it is moved if it comes."
    return Issue("not-placed", Severity.WARNING, f"{one.booking.person_id} {one.booking.booking_id}", value, advice)
