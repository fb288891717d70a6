"""A day of visits from a lake: the only file of this room that opens one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import numpy as np

from troth.core.decision import Issue, Severity
from troth.core.errors import InputError
from troth.core.time import to_utc
from troth.field.parts.read import read_stock
from troth.field.routing.learn import LearnedWork, learn_work
from troth.field.routing.problem import (
    FieldTechnician,
    PartsDepot,
    PromisedWindow,
    RestBreak,
    RoutingProblem,
    TechnicianShift,
    VisitRequest,
)
from troth.field.travel.times import TravelProvider
from troth.log.lake import Lake
from troth.log.references import read_reference
from troth.log.timelines import TIMELINES
from troth.log.timelines.cache import refresh

#: What breaking a promise, lateness and leaving out count where the caller names no price.
_BROKEN, _LATE, _UNSERVED = 5000.0, 50.0, 30_000.0
#: Work no table and no record knows.
_STANDARD_S: Final = 3600.0
#: A break published for an instant may begin so much later.
_BREAK_SLACK_S: Final = 7200.0

_OPEN: Final = """
    SELECT subject_id, customer_id, asset, service, priority, last_starts_at, last_ends_at FROM ({rows})
    WHERE outcome = 'open' AND site = $site AND last_starts_at >= $start AND last_starts_at < $end ORDER BY subject_id"""
_DONE: Final = """
    SELECT service, agent_id, epoch(coalesce(ended_at, no_show_at)) - epoch(greatest(arrived_at, coalesce(last_starts_at, arrived_at))) AS took,
           arrived_at FROM ({rows})
    WHERE agent_id IS NOT NULL AND arrived_at IS NOT NULL AND coalesce(ended_at, no_show_at) IS NOT NULL
        AND arrived_at >= $start AND arrived_at < $end {where} ORDER BY arrived_at, subject_id"""


@dataclass(frozen=True, slots=True)
class FieldDay:
    """A day as a lake tells it: the problem, and what is missing or doubtful in it."""

    problem: RoutingProblem
    issues: tuple[Issue, ...]


def field_day(
    lake: Lake, *, site: str, day: date, travel: TravelProvider, work: LearnedWork | None = None, overtime_s: float = 3600.0,
    cents_per_hour: float = 0.0, cents_per_km: float = 0.0,
) -> FieldDay:  # fmt: skip
    """Return the visits promised for a day of a site that are still open, with the people on duty as published.

    Places are those of `locations`, shifts and breaks those of `schedules` less `leave`, levels those of `skills`: the skill a
    visit needs is the kind of its equipment, where anybody has a skill of that name. Vans and depots hold what the stock says.

    Parameters
    ----------
    travel : whatever says how long it takes from place to place.
    work : learned times of work; standard times of `services` if None.
    cents_per_hour : of people without an own, and without their team's, in `rates`.

    Raises
    ------
    InputError : ``unknown-site``.
    """
    sites = {row["site"]: row for row in read_reference(lake, "sites")}
    if site not in sites:
        raise InputError([Issue("unknown-site", Severity.ERROR, "site", site, "Maybe import the table sites first.")])
    zone = ZoneInfo(sites[site]["time_zone"])
    begins = to_utc(datetime(day.year, day.month, day.day, tzinfo=zone))
    ends = to_utc(datetime.combine(day + timedelta(days=1), datetime.min.time(), zone))
    with lake.session() as con:
        rows = refresh(lake, con, TIMELINES["visits"])
        named = {"site": site, "start": begins, "end": ends}
        found = con.execute(_OPEN.format(rows=rows), named).fetchall()
    places, issues = _Places(lake, site), list[Issue]()
    people = _people(lake, site=site, begins=begins, ends=ends, places=places, issues=issues)
    skills = {skill for one in people.values() for skill in one["skills"]}
    standard = {row["service"]: float(row["standard_s"] or _STANDARD_S) for row in read_reference(lake, "services")}
    kinds = {row["asset"]: row["kind"] for row in read_reference(lake, "assets")}
    visits = []
    for visit_id, customer, asset, service, priority, starts, until in found:
        at = places.of_visit(customer, asset)
        if at is None:
            issues.append(
                _missing("unplaced-visit", visit_id, "Maybe import locations and assets: it stays out of the plan.")
            )
            continue
        took = standard.get(service, _STANDARD_S) * (1.0 if work is None else work.factor(service))
        window = PromisedWindow(_since(begins, starts), _since(begins, until), _BROKEN, _LATE)
        kind = str(kinds.get(asset) or "")
        visits.append(VisitRequest(
            visit_id, places.row(at), took, promised=window, unserved_cents=_UNSERVED * (2 if priority == "P1" else 1),
            skills={kind: 1.0} if kind in skills else {},
        ))  # fmt: skip
    vans, stores = _stock(lake, site=site, until=begins)
    crew = tuple(
        FieldTechnician(
            name, one["shifts"], one["skills"], parts=vans.get(name, {}), cost_per_hour_cents=one["rate"] or cents_per_hour,
            cost_per_km_cents=cents_per_km, overtime_per_hour_cents=one["rate"] or cents_per_hour,
            pace=1.0 if work is None else work.pace.get(name, 1.0),
        )
        for name, one in sorted(people.items())
    )  # fmt: skip
    crew = tuple(_with_overtime(one, overtime_s) for one in crew)
    depots = tuple(
        PartsDepot(name, places.row(name), parts=held, service_s=600.0) for name, held in sorted(stores.items()) if name in places.spots
    )  # fmt: skip
    spots = np.array([places.spots[name] for name in places.rows], float).reshape(-1, 2)
    times = travel.matrix(spots)
    issues += times.issues
    warp = None if times.profile is None else times.profile.warp(begins, ends + timedelta(hours=12))
    problem = RoutingProblem(
        begins, tuple(visits), crew, times.seconds.astype(float), times.metres.astype(float), depots, warp,
        places=tuple((name, *places.spots[name]) for name in places.rows),
    )  # fmt: skip
    return FieldDay(problem, tuple(issues))


def recorded_work(lake: Lake, *, start: datetime, end: datetime, site: str | None = None) -> LearnedWork:
    """Return what visits of ``[start, end)`` teach of how long work takes; from arriving, or the window's start, to its end."""
    where = "" if site is None else "AND site = $site"
    named = {"start": to_utc(start), "end": to_utc(end)} | ({} if site is None else {"site": site})
    with lake.session() as con:
        rows = refresh(lake, con, TIMELINES["visits"])
        found = con.execute(_DONE.format(rows=rows, where=where), named).fetchall()
    standard = {row["service"]: float(row["standard_s"] or _STANDARD_S) for row in read_reference(lake, "services")}
    used = [(max(took, 60.0), standard.get(service, _STANDARD_S), service or "", agent, at.toordinal())
            for service, agent, took, at in found if took is not None]  # fmt: skip
    columns: Sequence[Any] = list(zip(*used, strict=True)) or [(), (), (), (), ()]
    return learn_work(columns[0], standard_s=columns[1], services=columns[2], technicians=columns[3], days=columns[4])


class _Places:
    """Where things are, and which row of the matrix each place has got."""

    def __init__(self, lake: Lake, site: str) -> None:
        self.spots: dict[str, tuple[float, float]] = {}
        self.homes: dict[str, str] = {}
        self.customers: dict[str, list[str]] = defaultdict(list)
        self.rows: dict[str, int] = {}
        for row in read_reference(lake, "locations"):
            if row["latitude"] is None or row["longitude"] is None:
                continue
            self.spots[row["location"]] = float(row["latitude"]), float(row["longitude"])
            if row["kind"] == "home":
                self.homes[row["holder"]] = row["location"]
            elif row["kind"] == "customer":
                self.customers[row["holder"]].append(row["location"])
        self.assets = {row["asset"]: row["location"] for row in read_reference(lake, "assets")}
        self.depot = next(
            (r["location"] for r in read_reference(lake, "locations") if r["kind"] == "depot" and r["site"] == site), ""
        )

    def of_visit(self, customer: str | None, asset: str | None) -> str | None:
        """Return where a visit goes: to its equipment, or to the customer's only place."""
        at = self.assets.get(asset or "", "")
        own = self.customers.get(customer or "", [])
        at = at or (own[0] if len(own) == 1 else "")
        return at if at in self.spots else None

    def row(self, name: str) -> int:
        """Return the row of a place, a new one if it has none."""
        return self.rows.setdefault(name, len(self.rows))


def _people(
    lake: Lake, *, site: str, begins: datetime, ends: datetime, places: _Places, issues: list[Issue]
) -> dict[str, dict[str, Any]]:
    """Return by technician the shift of a day, skills and cost."""
    spans: dict[str, dict[str, list[tuple[float, float]]]] = defaultdict(lambda: defaultdict(list))
    for row in read_reference(lake, "schedules"):
        if row["site"] == site and begins <= to_utc(row["starts_at"]) < ends:
            spans[row["agent_id"]][row["state"]].append(
                (_since(begins, row["starts_at"]), _since(begins, row["ends_at"]))
            )
    away = {
        row["agent_id"]
        for row in read_reference(lake, "leave")
        if to_utc(row["starts_at"]) < ends and to_utc(row["ends_at"]) > begins
    }
    rates = {(row["dimension"], row["member"]): float(row["cents_per_hour"]) for row in read_reference(lake, "rates")}
    teams = {row["agent_id"]: row["team"] for row in read_reference(lake, "memberships")}
    skills: dict[str, dict[str, float]] = defaultdict(dict)
    for row in read_reference(lake, "skills"):
        skills[row["agent_id"]][row["skill"]] = float(row["level"])
    found = {}
    for name, states in spans.items():
        if name in away or not states.get("shift"):
            continue
        home = places.homes.get(name, places.depot)
        if home not in places.spots:
            issues.append(
                _missing("unplaced-technician", name, "Maybe import homes into locations: they stay out of the plan.")
            )
            continue
        at = places.row(home)
        rests = tuple(RestBreak(b - a, a, a + _BREAK_SLACK_S) for a, b in sorted(states.get("break", [])))
        shifts = tuple(
            TechnicianShift(
                a, b, at, at, breaks=tuple(r for r in rests if a <= r.earliest_s < b), day=begins.toordinal()
            )
            for a, b in sorted(states["shift"])
        )
        rate = rates.get(("agent", name), rates.get(("team", teams.get(name, "")), 0.0))
        found[name] = {"shifts": shifts, "skills": skills[name], "rate": rate}
    return found


def _with_overtime(who: FieldTechnician, overtime_s: float) -> FieldTechnician:
    last = len(who.shifts) - 1
    shifts = tuple(replace(one, overtime_s=overtime_s if k == last else 0.0) for k, one in enumerate(who.shifts))
    return replace(who, shifts=shifts)


def _stock(lake: Lake, *, site: str, until: datetime) -> tuple[dict[str, dict[str, int]], dict[str, dict[str, int]]]:
    """Return pieces by technician's van, and by depot of the site."""
    places = {row["location"]: row for row in read_reference(lake, "locations")}
    stock, _ = read_stock(lake, until=until)
    held = stock.at(until)
    vans: dict[str, dict[str, int]] = defaultdict(dict)
    stores: dict[str, dict[str, int]] = defaultdict(dict)
    for location, part in sorted(held.pieces):
        row: Mapping[str, Any] = places.get(location, {})
        pieces = held.available(location, part=part)
        if row.get("kind") == "van" and pieces > 0:
            vans[row["holder"]][part] = pieces
        elif row.get("kind") == "depot" and row.get("site") == site:
            stores[location][part] = pieces
    return vans, stores


def _since(begins: datetime, at: datetime) -> float:
    return (to_utc(at) - begins).total_seconds()


def _missing(code: str, where: str, advice: str) -> Issue:
    return Issue(code, Severity.WARNING, where, "", advice)
