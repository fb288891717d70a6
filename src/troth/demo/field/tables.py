"""The field service in reference tables: its people, places, equipment, parts and published shifts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final

from troth.demo.clock import instant, local_day, wall, zone
from troth.demo.field._roster import on_duty
from troth.demo.field.town import Place, places
from troth.demo.field.truth import FieldParams

_Rows = Iterator[tuple[Any, ...]]
_DAY_S: Final = 86_400


def reference(truth: FieldParams, *, until: datetime) -> Mapping[str, Sequence[Sequence[Any]]]:
    """Return rows by table: valid from the day before the first, version 0; shifts as published until a week ahead."""
    since = (date.fromisoformat(truth.start) - timedelta(days=1)).isoformat()
    found = {name: [(*row, since, "", 0) for row in make(truth)] for name, make in _MAKERS.items()}
    return {**found, "schedules": list(_schedules(truth, until))}


def _stamp(t: int) -> str:
    return instant(t).isoformat().replace("+00:00", "Z")


def _schedules(truth: FieldParams, until: datetime) -> _Rows:
    day, last = date.fromisoformat(truth.start), until.astimezone(zone(truth.time_zone)).date() + timedelta(days=7)
    while day <= last:
        for index, starts, ends in on_duty(truth, day=local_day(truth, day=day)):
            who = truth.technicians[index].agent_id
            spans = [("shift", starts, ends)]
            if ends - starts > 6 * 3_600_000:
                spans.append(("break", starts + 4 * 3_600_000, starts + 4 * 3_600_000 + 1_800_000))
            for state, a, b in spans:
                yield who, truth.site, state, _stamp(a), _stamp(b), day.isoformat(), "", 0
        day += timedelta(days=1)


def _sites(t: FieldParams) -> _Rows:
    yield t.site, t.title, t.time_zone


def _queues(t: FieldParams) -> _Rows:
    yield t.queue, "Visits", t.site, "visit", "priority"


def _services(t: FieldParams) -> _Rows:
    if t.code == "f":  # further field services do the same
        for service in t.services:
            yield service.service, service.title, service.mean_s


def _people(t: FieldParams) -> _Rows:
    for one in t.technicians:
        yield one.agent_id, one.title, "human", "technician"
    yield t.office_id, "Service office", "human", "dispatcher"


def _memberships(t: FieldParams) -> _Rows:
    for one in t.technicians:
        yield one.agent_id, t.team, t.site
    yield t.office_id, f"office {t.code}", t.site


def _contracts(t: FieldParams) -> _Rows:
    for one in t.technicians:
        yield one.agent_id, 40.0


def _skills(t: FieldParams) -> _Rows:
    for one in t.technicians:
        for skill, level in one.skills:
            yield one.agent_id, skill, float(level)


def _leave(t: FieldParams) -> _Rows:
    for one in t.technicians:
        for span in one.leave:
            ends = (wall(date.fromisoformat(day), clock="00:00", time_zone=t.time_zone) for day in span)
            yield one.agent_id, *map(_stamp, ends), "holiday"


def _customers(t: FieldParams) -> _Rows:
    for place in places(t):
        yield f"u{t.code}{place.number}", "", "contract" if place.due >= 0 else "standard", t.time_zone


def _calendars(t: FieldParams) -> _Rows:
    for weekday, spans in enumerate(t.hours):
        for opens, closes in spans:
            yield t.site, t.time_zone, weekday, opens, closes


def _calendar_days(t: FieldParams) -> _Rows:
    for day, title in t.holidays:
        yield t.site, day, "", "", title


def _calendar_use(t: FieldParams) -> _Rows:
    yield "site", t.site, t.site


def _rates(t: FieldParams) -> _Rows:
    yield "team", t.team, 3150, "EUR"


def _targets(t: FieldParams) -> _Rows:
    yield "promise.kept", "", "site", t.site, 0.92, 0.85
    if t.code == "f":
        for kpi, target, amber in (("field.first_time_fix", 0.85, 0.75), ("field.on_time", 0.92, 0.85)):
            yield kpi, "", "", "", target, amber


def _locations(t: FieldParams) -> _Rows:
    yield f"depot-{t.code}", "depot", t.site, t.site, *t.depot
    for one in t.technicians:
        yield f"home-{one.agent_id}", "home", one.agent_id, t.site, *one.home
        yield f"van-{one.agent_id}", "van", one.agent_id, t.site, "", ""
    for place in places(t):
        yield (
            f"l{t.code}{place.number}",
            "customer",
            f"u{t.code}{place.number}",
            t.site,
            place.latitude,
            place.longitude,
        )


def _assets(t: FieldParams) -> _Rows:
    def row(place: Place) -> tuple[Any, ...]:
        number = place.number
        kind, inspect = t.kinds[place.kind].kind, t.contract_days if place.due >= 0 else ""
        return f"a{t.code}{number}", kind, f"u{t.code}{number}", f"l{t.code}{number}", place.installed_date, inspect

    yield from map(row, places(t))


def _parts(t: FieldParams) -> _Rows:
    if t.code == "f":
        for part in t.parts:
            yield part.part, part.title, part.cost_cents, "EUR", part.lead_days * _DAY_S


def _stock_levels(t: FieldParams) -> _Rows:
    for part in t.parts:
        yield f"depot-{t.code}", part.part, part.depot, part.depot // 2, part.depot
        for one in t.technicians:
            yield f"van-{one.agent_id}", part.part, part.van, part.van // 2, part.van


_MAKERS: Final = {
    "sites": _sites, "queues": _queues, "services": _services, "people": _people, "memberships": _memberships,
    "contracts": _contracts, "skills": _skills, "leave": _leave, "customers": _customers, "calendars": _calendars,
    "calendar_days": _calendar_days, "calendar_use": _calendar_use, "rates": _rates, "targets": _targets,
    "locations": _locations, "assets": _assets, "parts": _parts, "stock_levels": _stock_levels,
}  # fmt: skip
