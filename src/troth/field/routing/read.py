"""A day of visits from a lake: the only file of this room that opens one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from math import inf
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
    Pin,
    PromisedWindow,
    RestBreak,
    RoutingProblem,
    TechnicianShift,
    VisitRequest,
)
from troth.field.travel.times import TravelProvider, TravelTimes
from troth.log.lake import Lake
from troth.log.references import read_reference
from troth.log.timelines import TIMELINES
from troth.log.timelines.cache import refresh

#: Work no table and no record knows.
_STANDARD_S: Final = 3600.0
#: A break published for an instant may begin so much later.
_BREAK_SLACK_S: Final = 7200.0
#: States of `schedules` in which somebody is paid, or was to be, and goes to no customer.
_ELSEWHERE: Final = frozenset({"meeting", "training", "absent"})

_OPEN: Final = """
    SELECT subject_id, customer_id, asset, service, priority, last_starts_at, last_ends_at FROM ({rows})
    WHERE outcome = 'open' AND site = $site AND last_starts_at >= $start AND last_starts_at < $end ORDER BY subject_id"""
_SENT: Final = """
    SELECT subject_id, arg_max(agent_id, occurred_at) FROM ({events})
    WHERE subject_kind = 'visit' AND agent_id IS NOT NULL AND occurred_at >= $start AND occurred_at < $end GROUP BY subject_id"""
_DONE: Final = """
    SELECT service, agent_id, epoch(coalesce(ended_at, no_show_at)) - epoch(greatest(arrived_at, coalesce(last_starts_at, arrived_at))) AS took,
           arrived_at FROM ({rows})
    WHERE agent_id IS NOT NULL AND arrived_at IS NOT NULL AND coalesce(ended_at, no_show_at) IS NOT NULL
        AND arrived_at >= $start AND arrived_at < $end {where} ORDER BY arrived_at, subject_id"""


@dataclass(frozen=True, slots=True)
class VisitPrices:
    """What may go wrong with a visit costs.

    Parameters
    ----------
    broken_cents, late_cents_per_minute : of a start after the promised window: at once, and for each minute besides.
    unserved_cents : of leaving it out.
    """

    broken_cents: float = 5000.0
    late_cents_per_minute: float = 50.0
    unserved_cents: float = 30_000.0


@dataclass(frozen=True, slots=True)
class DayPrices:
    """Prices of visits by priority, and how many times as much they are for some customers.

    Parameters
    ----------
    usual : of a priority that is not named, and of none.
    by_priority : of others.
    segments, customers : factors of all three prices by segment and by customer; a customer's own goes before their segment's, and
        without any it is 1.

    Raises
    ------
    InputError : ``bad-price`` for every price and factor that is negative, endless or no number.

    Examples
    --------
    >>> prices = DayPrices(segments={"contract": 2.0}, customers={"hospital": 5.0})
    >>> prices.of("P1", segment="contract", customer="hospital").unserved_cents, prices.of(None, segment="contract").broken_cents
    (300000.0, 10000.0)
    """

    usual: VisitPrices = field(default_factory=VisitPrices)
    by_priority: Mapping[str, VisitPrices] = field(default_factory=lambda: {"P1": VisitPrices(unserved_cents=60_000.0)})
    segments: Mapping[str, float] = field(default_factory=dict)
    customers: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        rows = {"usual": self.usual} | {f"by_priority[{name}]": one for name, one in self.by_priority.items()}
        said = {f"{where}.{name}": getattr(one, name) for where, one in rows.items() for name in VisitPrices.__slots__}
        said |= {f"segments[{name}]": one for name, one in self.segments.items()}
        said |= {f"customers[{name}]": one for name, one in self.customers.items()}
        wrong = [(where, value) for where, value in said.items() if not 0 <= value < inf]
        if wrong:
            advice = "Maybe a number from 0 up: what is worse costs more."
            raise InputError([Issue("bad-price", Severity.ERROR, where, str(value), advice) for where, value in wrong])

    def of(self, priority: str | None, *, segment: str | None = None, customer: str | None = None) -> VisitPrices:
        """Return the prices of a visit."""
        one = self.by_priority.get(priority or "", self.usual)
        times = self.customers.get(customer or "", self.segments.get(segment or "", 1.0))
        return VisitPrices(one.broken_cents * times, one.late_cents_per_minute * times, one.unserved_cents * times)


@dataclass(frozen=True, slots=True)
class FieldDay:
    """A day as a lake tells it: the problem, and what is missing or doubtful in it."""

    problem: RoutingProblem
    issues: tuple[Issue, ...]


def field_day(
    lake: Lake, *, site: str, day: date, travel: TravelProvider, work: LearnedWork | None = None, overtime_s: float = 3600.0,
    cents_per_hour: float = 0.0, cents_per_km: float = 0.0, prices: DayPrices | None = None,
) -> FieldDay:  # fmt: skip
    """Return the visits promised for a day of a site that are still open, with the people on duty as published.

    Places are those of `locations`, shifts and breaks those of `schedules`, levels those of `skills`: the skill a visit needs is the
    kind of its equipment, where anybody has a skill of that name. Vans and depots hold what the stock says. A visit to which
    somebody of the crew was sent that day is pinned to them.

    Leave, and what `schedules` call meeting, training or absent, is cut out of shifts, overtime included: nobody knows where people are
    meanwhile, so that they are at home (or at the depot) when it begins, and a tour of its own begins there after it. Who has nothing
    left is not in the problem. As between any two shifts, a van is taken to be filled up meanwhile.

    A lake does not know which parts and tools a visit will take, which technicians a customer prefers or refuses, territories, shared
    equipment and visits that belong together: there is no table of them, and these fields stay empty. Who was booked for a visit
    is not read either, as the one that `booked` names may be who took the call.

    Parameters
    ----------
    travel : whatever says how long it takes from place to place.
    work : learned times of work; standard times of `services` if None.
    overtime_s : after the day's last shift, as far as there is no leave.
    cents_per_hour : of people without an own, and without their team's, in `rates`.
    prices : of promises, lateness and leaving out, by priority and customer; those of `DayPrices` if None.

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
        events = lake.settled(where="activity IN ('dispatched', 'travel_started', 'arrived_on_site')")
        sent = dict(con.execute(_SENT.format(events=events), {"start": begins, "end": ends}).fetchall())
    places, issues = _Places(lake, site), list[Issue]()
    people = _people(lake, site=site, begins=begins, ends=ends, places=places, issues=issues, overtime_s=overtime_s)
    visits = _visits(lake, found, begins=begins, people=people, places=places, issues=issues, work=work, sent=sent,
                     prices=prices or DayPrices())  # fmt: skip
    vans, stores = _stock(lake, site=site, until=begins)
    crew = tuple(
        FieldTechnician(
            name, one["shifts"], one["skills"], parts=vans.get(name, {}), cost_per_hour_cents=one["rate"] or cents_per_hour,
            cost_per_km_cents=cents_per_km, overtime_per_hour_cents=one["rate"] or cents_per_hour,
            pace=1.0 if work is None else work.pace.get(name, 1.0),
        )
        for name, one in sorted(people.items())
    )  # fmt: skip
    depots = tuple(
        PartsDepot(name, places.row(name), parts=held, service_s=600.0) for name, held in sorted(stores.items()) if name in places.spots
    )  # fmt: skip
    spots = np.array([places.spots[name] for name in places.rows], float).reshape(-1, 2)
    # On a day without visits and people there is nowhere to go.
    times = (
        travel.matrix(spots) if len(spots) else TravelTimes(np.zeros((0, 0), np.float32), np.zeros((0, 0), np.float32))
    )
    issues += times.issues
    warp = None if times.profile is None else times.profile.warp(begins, ends + timedelta(hours=12))
    problem = RoutingProblem(
        begins, visits, crew, times.seconds.astype(float), times.metres.astype(float), depots, warp,
        places=tuple((name, *places.spots[name]) for name in places.rows),
    )  # fmt: skip
    return FieldDay(problem, tuple(issues))


def _visits(
    lake: Lake, found: Sequence[Sequence[Any]], *, begins: datetime, people: Mapping[str, dict[str, Any]], places: _Places,
    issues: list[Issue], work: LearnedWork | None, sent: Mapping[str, str], prices: DayPrices,
) -> tuple[VisitRequest, ...]:  # fmt: skip
    """Return the visits of rows of the timeline; one without a place is told."""
    skills = {skill for one in people.values() for skill in one["skills"]}
    standard = {row["service"]: float(row["standard_s"] or _STANDARD_S) for row in read_reference(lake, "services")}
    kinds = {row["asset"]: row["kind"] for row in read_reference(lake, "assets")}
    segments = {row["customer_id"]: row["segment"] for row in read_reference(lake, "customers")}
    visits = []
    for visit_id, customer, asset, service, priority, starts, until in found:
        at = places.of_visit(customer, asset)
        if at is None:
            issues.append(
                _missing("unplaced-visit", visit_id, "Maybe import locations and assets: it stays out of the plan.")
            )
            continue
        took = standard.get(service, _STANDARD_S) * (1.0 if work is None else work.factor(service))
        its = prices.of(priority, segment=segments.get(customer), customer=customer)
        window = PromisedWindow(
            _since(begins, starts), _since(begins, until), its.broken_cents, its.late_cents_per_minute
        )
        kind, who = str(kinds.get(asset) or ""), sent.get(visit_id)
        if who is not None and who not in people:
            advice = "Maybe they are away since: anybody may be sent."
            issues.append(Issue("sent-but-off", Severity.WARNING, visit_id, who, advice))
        visits.append(VisitRequest(
            visit_id, places.row(at), took, promised=window, unserved_cents=its.unserved_cents,
            skills={kind: 1.0} if kind in skills else {}, pin=Pin(who) if who is not None and who in people else None,
        ))  # fmt: skip
    return tuple(visits)


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


#: Seconds from and until.
_Stretch = tuple[float, float]


def _people(
    lake: Lake, *, site: str, begins: datetime, ends: datetime, places: _Places, issues: list[Issue], overtime_s: float
) -> dict[str, dict[str, Any]]:
    """Return by technician the shift of a day, skills and cost."""
    spans: dict[str, dict[str, list[_Stretch]]] = defaultdict(lambda: defaultdict(list))
    away: dict[str, list[_Stretch]] = defaultdict(list)
    bad: dict[str, list[Issue]] = defaultdict(list)
    rows = [("schedules", row["state"], row) for row in read_reference(lake, "schedules")]
    for table, state, row in rows + [("leave", "absent", row) for row in read_reference(lake, "leave")]:
        who, span = row["agent_id"], _stretch(begins, row)
        if span is None:
            said = f"{row['starts_at']} {row['ends_at']}"
            advice = "Maybe an end after its start: it is passed over."
            bad[who].append(Issue("bad-span", Severity.WARNING, f"{table} {who}", said, advice))
        elif state in _ELSEWHERE:
            away[who].append(span)
        elif row["site"] == site and 0 <= span[0] < _since(begins, ends):
            spans[who][state].append(span)
    rates = {(row["dimension"], row["member"]): float(row["cents_per_hour"]) for row in read_reference(lake, "rates")}
    teams = {row["agent_id"]: row["team"] for row in read_reference(lake, "memberships")}
    skills: dict[str, dict[str, float]] = defaultdict(dict)
    for row in read_reference(lake, "skills"):
        skills[row["agent_id"]][row["skill"]] = float(row["level"])
    found = {}
    for name, states in spans.items():
        shifts = [
            piece
            for shift in sorted(states.get("shift", []))
            for piece in _pieces(shift, away=sorted(away[name]), breaks=sorted(states.get("break", [])))
        ]
        issues += bad[name]
        if not shifts:
            continue
        home = places.homes.get(name, places.depot)
        if home not in places.spots:
            issues.append(
                _missing("unplaced-technician", name, "Maybe import homes into locations: they stay out of the plan.")
            )
            continue
        at = places.row(home)
        shifts = [replace(one, start_place=at, end_place=at, day=begins.toordinal()) for one in shifts]
        # Nobody stays longer on a day on which something else begins then.
        last = shifts[-1].end_s
        later = min((start for start, end in away[name] if end > last), default=inf)
        shifts[-1] = replace(shifts[-1], overtime_s=min(overtime_s, max(later - last, 0.0)))
        rate = rates.get(("agent", name), rates.get(("team", teams.get(name, "")), 0.0))
        found[name] = {"shifts": tuple(shifts), "skills": skills[name], "rate": rate}
    return found


def _stretch(begins: datetime, row: Mapping[str, Any]) -> _Stretch | None:
    """Return the seconds a row is about; None if it has no end after its start."""
    if row["starts_at"] is None or row["ends_at"] is None or not row["starts_at"] < row["ends_at"]:
        return None
    return _since(begins, row["starts_at"]), _since(begins, row["ends_at"])


def _pieces(shift: _Stretch, *, away: Sequence[_Stretch], breaks: Sequence[_Stretch]) -> list[TechnicianShift]:
    """Return what is left of a shift, at no place yet, each piece with the breaks that lie in it.

    A break may begin later than published; one before something else no later than it can be over by then.
    """
    pieces, start = [], shift[0]
    for until, again in [*((a, b) for a, b in away if a < shift[1]), (shift[1], inf)]:
        if start < until:
            inside = [(max(a, start), min(b, until)) for a, b in breaks if a < until and b > start]
            closes = inf if until == shift[1] else until
            rests = tuple(RestBreak(b - a, a, min(a + _BREAK_SLACK_S, closes - (b - a))) for a, b in inside)
            pieces.append(TechnicianShift(start, until, 0, 0, breaks=rests))
        start = max(start, again)
    return pieces


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
