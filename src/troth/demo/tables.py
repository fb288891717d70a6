"""The reference tables of a demo company, as `troth import` reads them: one CSV file a table."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path

from troth.demo.clock import instant, wall, zone
from troth.demo.controls import Shift
from troth.demo.gaming import FIRST_REPLY_S, RESOLUTION_S
from troth.demo.truth import Truth
from troth.log.reference import TABLES

Rows = Iterator[Sequence[object]]

#: At most so many customers of a site are described; the others are known by their pseudonym only.
SHOWN = 2000


def _sites(truth: Truth) -> Rows:
    for s in truth.sites:
        yield s.site, s.title, s.time_zone


def _queues(truth: Truth) -> Rows:
    for s in truth.sites:
        for q in s.queues:
            yield q.queue, q.title, s.site, q.channel, "priority" if q.kind in ("walkin", "case") else "fifo"


def _services(truth: Truth) -> Rows:
    seen: dict[str, float] = {}
    for s in truth.sites:
        for q in s.queues:
            for t in q.topics:
                seen.setdefault(t.service, round(q.handle_s * t.factor + q.wrap_s))
    for service, standard in seen.items():
        yield service, service.capitalize(), standard


def _people(truth: Truth) -> Rows:
    for s in truth.sites:
        for a in s.agents:
            yield a.agent_id, a.title, a.kind, a.role


def _memberships(truth: Truth) -> Rows:
    for s in truth.sites:
        for a in s.agents:
            yield a.agent_id, a.team, s.site


def _contracts(truth: Truth) -> Rows:
    for s in truth.sites:
        for a in s.agents:
            if a.kind == "human":
                yield a.agent_id, a.hours_per_week


def _skills(truth: Truth) -> Rows:
    for s in truth.sites:
        for a in s.agents:
            for queue in a.queues:
                yield a.agent_id, queue, 1.0


def _leave(truth: Truth) -> Rows:
    for s in truth.sites:
        for a in s.agents:
            for first, last in a.leave:
                spans = [wall(date.fromisoformat(d), clock="00:00", time_zone=s.time_zone) for d in (first, last)]
                yield a.agent_id, *(instant(t).isoformat().replace("+00:00", "Z") for t in spans), "holiday"


def _customers(truth: Truth) -> Rows:
    for s in truth.sites:
        for k in range(min(s.customers, SHOWN)):
            yield f"u{s.code}{k}", f"org-{s.code}-{k % 97}", "key" if k % 10 == 0 else "standard", s.time_zone


def _calendars(truth: Truth) -> Rows:
    for s in truth.sites:
        for weekday, spans in enumerate(s.hours):
            for opens, closes in spans:
                yield s.site, s.time_zone, weekday, opens, closes


def _calendar_days(truth: Truth) -> Rows:
    for s in truth.sites:
        for day, title in s.holidays:
            yield s.site, day, "", "", title


def _calendar_use(truth: Truth) -> Rows:
    for s in truth.sites:
        yield "site", s.site, s.site


def _targets(truth: Truth) -> Rows:
    company = (
        ("sla.service_level", 0.8, 0.75), ("flow.abandonment", 0.06, 0.09), ("speed.answer", 60, 120),
        ("speed.first_reply", 4 * 3600, 8 * 3600), ("speed.resolution", 24 * 3600, 36 * 3600), ("speed.same_day", 0.85, 0.75),
        ("voice.csat", 0.75, 0.68), ("voice.dsat", 0.12, 0.18), ("voice.resolved", 0.8, 0.74), ("quality.score", 85, 80),
        ("outcome.first_contact", 0.75, 0.68), ("promise.kept", 0.9, 0.8), ("flow.failure_demand", 0.12, 0.18),
        ("load.occupancy", 0.8, 0.88), ("worst.wait", 1800, 2700), ("worst.resolution", 5 * 86400, 8 * 86400),
    )  # fmt: skip
    for kpi, target, amber in company:
        yield kpi, "", "", "", target, amber
    for s in truth.sites:
        for q in s.queues:
            if q.kind in ("call", "chat", "walkin"):
                yield "speed.answer", "", "queue", q.queue, q.target_s, 2 * q.target_s


def _rates(truth: Truth) -> Rows:
    teams = sorted({a.team for s in truth.sites for a in s.agents if a.kind == "human"})
    for k, team in enumerate(teams):
        yield "team", team, 2600 + 150 * (k % 6), "EUR"


def _sla_policies(_: Truth) -> Rows:
    yield "portal", "Tickets of the portal", 9


def _sla_filters(_: Truth) -> Rows:
    yield "portal", "channel", "portal"


def _sla_targets(_: Truth) -> Rows:
    for metric, seconds in (("first_reply", FIRST_REPLY_S), ("resolution", RESOLUTION_S)):
        yield "portal", metric, "", seconds, "", "", "", "", ""


def _schedules(truth: Truth, planned: Mapping[int, Sequence[Shift]]) -> Iterator[list[object]]:
    """Yield each shift and its pauses as they were published, valid from their local day on."""
    for k, shifts in sorted(planned.items()):
        site = truth.sites[k]
        for shift in shifts:
            day = instant(shift.starts).astimezone(zone(site.time_zone)).date().isoformat()
            spans = [("shift", shift.starts, shift.ends)]
            spans += [(state, at, at + int(seconds * 1000)) for at, seconds, state in shift.pauses]
            for state, starts, ends in spans:
                times = [instant(t).isoformat().replace("+00:00", "Z") for t in (starts, ends)]
                yield [shift.agent_id, site.site, state, *times, day, "", 0]


def write_schedules(folder: Path, *, truth: Truth, planned: Mapping[int, Sequence[Shift]]) -> None:
    """Write the shifts of each site, by its number, as the table of schedules."""
    _write(folder, "schedules", _schedules(truth, planned))


_MAKERS = {
    "sites": _sites, "queues": _queues, "services": _services, "people": _people, "memberships": _memberships,
    "contracts": _contracts, "skills": _skills, "leave": _leave, "customers": _customers, "calendars": _calendars,
    "calendar_days": _calendar_days, "calendar_use": _calendar_use, "targets": _targets, "rates": _rates,
    "sla_policies": _sla_policies, "sla_filters": _sla_filters, "sla_targets": _sla_targets,
}  # fmt: skip


def write_tables(folder: Path, *, truth: Truth) -> None:
    """Write every reference table of a company's sites as CSV: valid from its first day, version 0."""
    folder.mkdir(parents=True, exist_ok=True)
    since = (date.fromisoformat(truth.start) - timedelta(days=1)).isoformat()
    for name, make in _MAKERS.items():
        _write(folder, name, ([*row, since, "", 0] for row in make(truth)))


def add_tables(folder: Path, *, rows: Mapping[str, Sequence[Sequence[object]]]) -> None:
    """Add a wing's rows, by table, to the files; a table that has none yet gets one."""
    for name, more in rows.items():
        _write(folder, name, more)


def _write(folder: Path, name: str, rows: Iterable[Sequence[object]]) -> None:
    path = folder / f"{name}.csv"
    new = not path.exists()
    with path.open("a", encoding="utf-8", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        if new:
            out.writerow(TABLES[name].schema.names)
        out.writerows(rows)
