"""Times that can be booked: the rules laid over a local day, and how many places of each are taken."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import connection
from django.db.models import Q

from troth.core.calendar import parse_minutes
from troth.core.time import Span, instant_at
from troth.web.flow.models import Branch, SlotRule, SlotUse
from troth.web.flow.refused import Refused
from troth.web.people.models import CalendarDay, CalendarSpan
from troth.web.services.models import Service


@dataclass(frozen=True, slots=True)
class Slot:
    """A time that can be booked, with how many places it has and how many are taken."""

    starts_at: datetime
    ends_at: datetime
    capacity: int
    taken: int = 0

    @property
    def free(self) -> int:
        """Places left."""
        return max(0, self.capacity - self.taken)


def lay_out(rules: Iterable[SlotRule], *, day: date, tz: ZoneInfo, within: list[Span] | None = None) -> list[Slot]:
    """Return the slots of a local day in order, as if none were taken.

    Slots follow each other in real time from the first instant the clocks reach the opening time. So on the day with
    23 hours there are fewer, on that with 25 more, none twice and none too short.

    Parameters
    ----------
    rules : of one service at one branch; those of other days are passed over. Equal starts add their places.
    within : opening times of the branch; None for always open.
    """
    found: dict[datetime, Slot] = {}
    for rule in rules:
        if not _applies(rule, day):
            continue
        closes = instant_at(day, minute=parse_minutes(rule.closes), tz=tz)
        starts = instant_at(day, minute=parse_minutes(rule.opens), tz=tz)
        while (ends := starts + timedelta(seconds=rule.slot_s)) <= closes:
            if within is None or any(span.start <= starts and ends <= span.end for span in within):
                known = found.get(starts)
                places = rule.capacity + (known.capacity if known else 0)
                found[starts] = Slot(starts, min(ends, known.ends_at) if known else ends, places)
            starts = ends + timedelta(seconds=rule.buffer_s)
    return [found[at] for at in sorted(found)]


def slots_of_day(*, branch: Branch, service: Service, day: date) -> list[Slot]:
    """Return all slots of a service on a local day with what is taken of them."""
    tz = branch.unit.zone
    rules = SlotRule.objects.filter(branch=branch, service=service, weekday=day.weekday())
    laid = lay_out(rules, day=day, tz=tz, within=_opening(branch, day))
    if not laid:
        return []
    used = SlotUse.objects.filter(branch=branch, service=service, starts_at__in=[one.starts_at for one in laid])
    taken = dict(used.values_list("starts_at", "taken"))
    return [Slot(one.starts_at, one.ends_at, one.capacity, taken.get(one.starts_at, 0)) for one in laid]


def slot_at(*, branch: Branch, service: Service, starts_at: datetime, now: datetime) -> Slot:
    """Return the slot that begins at an instant.

    Raises
    ------
    Refused : ``no-such-slot``, ``slot-over`` when it has begun.
    """
    day = branch.today(starts_at)
    for one in slots_of_day(branch=branch, service=service, day=day):
        if one.starts_at == starts_at:
            if starts_at <= now:
                raise Refused(
                    "slot-over", where="slot", value=starts_at.isoformat(), advice="Maybe choose a later one."
                )
            return one
    advice = "Maybe the times were changed since: look again."
    raise Refused("no-such-slot", where="slot", value=starts_at.isoformat(), advice=advice)


def take(*, branch_id: int, service_id: int, slot: Slot) -> None:
    """Take a place of a slot within the caller's transaction; of two who want the last one, the second is refused.

    Raises
    ------
    Refused : ``slot-full``.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO flow_slotuse AS u (branch_id, service_id, starts_at, taken, capacity) "
            "VALUES (%(branch)s, %(service)s, %(at)s, 1, %(capacity)s) "
            "ON CONFLICT (branch_id, service_id, starts_at) DO UPDATE SET taken = u.taken + 1, "
            "capacity = %(capacity)s WHERE u.taken < %(capacity)s RETURNING u.taken",
            {"branch": branch_id, "service": service_id, "at": slot.starts_at, "capacity": slot.capacity},
        )
        if cursor.fetchone() is None:
            advice = "Maybe choose another time, or wait for a place."
            raise Refused("slot-full", where="slot", value=slot.starts_at.isoformat(), advice=advice)


def give_back(*, branch_id: int, service_id: int, starts_at: datetime) -> None:
    """Make a place of a slot free again."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE flow_slotuse SET taken = taken - 1 "
            "WHERE branch_id = %s AND service_id = %s AND starts_at = %s AND taken > 0",
            [branch_id, service_id, starts_at],
        )


def _applies(rule: SlotRule, day: date) -> bool:
    return (
        rule.weekday == day.weekday()
        and (rule.valid_from is None or rule.valid_from <= day)
        and (rule.valid_to is None or day < rule.valid_to)
    )


def is_open(branch: Branch, *, now: datetime) -> bool:
    """Tell whether a branch is open by its calendar; one without a calendar always is."""
    spans = _opening(branch, branch.today(now))
    return spans is None or any(span.start <= now < span.end for span in spans)


def _opening(branch: Branch, day: date) -> list[Span] | None:
    """Return when a branch is open on a local day; None where no calendar says."""
    if branch.calendar_id is None:
        return None
    tz = branch.unit.zone
    texts = list(_texts(branch.calendar_id, day))
    sides = [[instant_at(day, minute=parse_minutes(one), tz=tz) for one in pair] for pair in texts]
    return [Span(opens, closes) for opens, closes in sides]


def _texts(calendar_id: int, day: date) -> Iterator[tuple[str, str]]:
    special = list(CalendarDay.objects.filter(calendar_id=calendar_id, day=day).values_list("opens", "closes"))
    if special:
        yield from ((opens, closes) for opens, closes in special if opens)
        return
    valid = Q(valid_from=None) | Q(valid_from__lte=day), Q(valid_to=None) | Q(valid_to__gt=day)
    found = CalendarSpan.objects.filter(*valid, calendar_id=calendar_id, weekday=day.weekday())
    yield from found.values_list("opens", "closes")
