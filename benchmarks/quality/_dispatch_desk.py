"""A dispatcher's desk for the demo company: learns from events, plans the day, plans again as it goes, offers windows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import numpy as np

from benchmarks.quality._dispatch_record import Offered, Record
from benchmarks.quality._dispatch_state import WRAP_S, state_of
from troth.core.decision import Status, Stop
from troth.demo.field import Dispatch, FieldWorld, RouteStop, WindowOffer
from troth.field.routing import (
    FieldTechnician,
    PromisedWindow,
    RestBreak,
    RoutePlan,
    RoutingParams,
    RoutingPrices,
    RoutingProblem,
    SoftWindow,
    StopKind,
    TechnicianShift,
    TimeWindow,
    Tour,
    VisitRequest,
    solve,
)
from troth.field.routing.day import DayEvent, DayState, EventKind
from troth.field.routing.insert import WindowAdvice, insert
from troth.field.routing.left import from_now
from troth.field.routing.orders import timed_together
from troth.field.routing.replan import Replanned, replan

HOUR: Final = 3600.0
DAY_MS: Final = 86_400_000
#: Windows offered: lengths in hours, beginning every half hour between eight and five.
LENGTHS: Final = (1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 6.0)
#: What the desk states at least; days looked at from the earliest on.
STATED: Final = 0.9
DAYS_LOOKED: Final = 3
PARAMS: Final = RoutingParams(chains=1, near=20)
PRICES: Final = RoutingPrices(other_technician_cents=200.0, moved_cents_per_minute=2.0)


@dataclass(slots=True)
class Desk:
    """What the desk has in its head. `plan` is of today, `shown` as it stood at ten, `orders` of days to come: by technician the visits in order."""

    world: FieldWorld
    seed: int
    record: Record = field(default_factory=Record)
    plan: RoutePlan | None = None
    shown: RoutePlan | None = None
    today: date = date.min
    orders: dict[date, dict[str, list[str]]] = field(default_factory=dict)
    advised: dict[str, WindowOffer] = field(default_factory=dict)
    offers: dict[str, Offered] = field(default_factory=dict)
    replans: list[Replanned] = field(default_factory=list)
    ill: set[str] = field(default_factory=set)
    open_today: set[str] = field(default_factory=set)
    asked: int = 0

    # ---- what is known, as a problem ---------------------------------------------------------------------------------

    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.world.truth.time_zone)

    def midnight(self, day: date) -> datetime:
        return datetime(day.year, day.month, day.day, tzinfo=self.zone()).astimezone(UTC)

    def visit(self, row: Mapping[str, Any], place: int, begins_ms: float, *, promised: bool = True) -> VisitRequest:
        """Return a visit as the desk sees it: learned time of work, its promised window, a wish to be there with time to spare."""
        service_s = row["expected_s"] * self.record.work.factor(row["service"]) + WRAP_S
        window = soft = None
        if promised:
            start, end = ((row[k] - begins_ms) / 1000 for k in ("window_start", "window_end"))
            window = PromisedWindow(start, end, 5000.0, 60.0)
            soft = SoftWindow(start, max(end - 2400.0, start), 0.0, 25.0)
        urgent = row["priority"] == "P1"
        return VisitRequest(
            row["visit"], place, service_s, promised=window, soft=soft, unserved_cents=60_000.0 if urgent else 30_000.0,
            skills={row["skill"]: float(row["level"])},
        )  # fmt: skip

    def crew(
        self, known: Mapping[str, Any], days: Sequence[date], homes: Mapping[str, int], begins_ms: float
    ) -> tuple[FieldTechnician, ...]:
        """Return the technicians with the shifts of some days; who is ill has none today."""
        found = []
        for index, one in enumerate(known["technicians"]):
            shifts = []
            for day in days:
                span = next(((a, b) for k, a, b in self.world.duty(day) if k == index), None)
                if span is None or (one["ill"] and day == self.today):
                    continue
                start, end = ((x - begins_ms) / 1000 for x in span)
                lunch = (RestBreak(1800.0, start + 4 * HOUR, start + 6 * HOUR),) if end - start > 6 * HOUR else ()
                home = homes[one["technician"]]
                shifts.append(TechnicianShift(start, end, home, home, HOUR, lunch, day.toordinal()))
            found.append(FieldTechnician(
                one["technician"], tuple(shifts), {k: float(v) for k, v in one["skills"].items()}, cost_per_hour_cents=2000.0,
                cost_per_km_cents=25.0, overtime_per_hour_cents=2000.0, pace=self.record.work.pace.get(one["technician"], 1.0),
            ))  # fmt: skip
        return tuple(found)

    def problem(
        self, known: Mapping[str, Any], rows: Sequence[Mapping[str, Any]], days: Sequence[date], *, begins: date
    ) -> RoutingProblem:
        """Return the problem of some visits on some days, with a matrix of homes, customers and where people are now."""
        begins_ms = self.midnight(begins).timestamp() * 1000
        homes = [tuple(one["home"]) for one in known["technicians"]]
        at = [*homes, *((row["latitude"], row["longitude"]) for row in rows)]
        times = self.record.travel.matrix(np.array(at, float).reshape(-1, 2))
        warp = None
        if times.profile is not None:
            start = self.midnight(begins)
            warp = times.profile.warp(start, start + timedelta(days=(max(days) - begins).days + 2))
        visits = tuple(
            self.visit(row, len(homes) + k, begins_ms, promised=row["window_start"] is not None)
            for k, row in enumerate(rows)
        )
        who = {one["technician"]: k for k, one in enumerate(known["technicians"])}
        return RoutingProblem(
            self.midnight(begins), visits, self.crew(known, days, who, begins_ms), times.seconds.astype(float),
            times.metres.astype(float), warp=warp, prices=PRICES,
            places=tuple((f"{k}", float(a), float(b)) for k, (a, b) in enumerate(at)),
        )  # fmt: skip

    # ---- the morning -------------------------------------------------------------------------------------------------

    def morning(self, known: Mapping[str, Any]) -> None:
        """Plan the day: all visits promised for it."""
        self.today = date.fromisoformat(known["date"])
        self.ill = {one["technician"] for one in known["technicians"] if one["ill"]}
        rows = self._of_day(known, self.today)
        self.open_today = {row["visit"] for row in rows}
        if not rows or not self.world.duty(self.today):
            self.plan = None
            return
        problem = self.problem(known, rows, [self.today], begins=self.today)
        tours = self._tours(problem, {self.today: self.orders.pop(self.today, {})})
        start = RoutePlan(problem, tours, (), Status.FEASIBLE, {})
        self.plan = solve(problem, stop=Stop(steps=1500), seed=self.seed, params=PARAMS, start=start)
        for old in [day for day in self.orders if day < self.today]:
            del self.orders[old]

    def _of_day(self, known: Mapping[str, Any], day: date) -> list[Mapping[str, Any]]:
        begins = self.midnight(day).timestamp() * 1000
        ends = self.midnight(day + timedelta(days=1)).timestamp() * 1000
        return [row for row in known["visits"] if row["state"] == "open" and begins <= row["window_start"] < ends]

    def _tours(self, problem: RoutingProblem, orders: Mapping[date, Mapping[str, Sequence[str]]]) -> tuple[Tour, ...]:
        asked = {one.visit_id for one in problem.visits}
        rows = []
        for who in problem.technicians:
            for k, shift in enumerate(who.shifts):
                its = orders.get(date.fromordinal(shift.day), {}).get(who.technician_id, ())
                rows.append((who.technician_id, k, [(StopKind.VISIT, v) for v in its if v in asked]))
        return timed_together(problem, orders=[row for row in rows if row[2]])

    # ---- from now ----------------------------------------------------------------------------------------------------

    def state(self, known: Mapping[str, Any], problem: RoutingProblem) -> DayState:
        """Return who is where, as far as the desk knows."""
        return state_of(known, problem=problem, record=self.record)

    def again(self, known: Mapping[str, Any]) -> None:
        """Plan again from now if anything came up."""
        rows = {row["visit"]: row for row in self._of_day(known, self.today)}
        ill = {one["technician"] for one in known["technicians"] if one["ill"]}
        if self.plan is None:
            if rows and self.world.duty(self.today):
                self.morning(known)
            return
        problem = self.plan.problem
        have = {one.visit_id for one in problem.visits}
        fresh = [row for name, row in rows.items() if name not in have]
        problem, new = self._grown(problem, fresh)
        plan = replace(self.plan, problem=problem)
        state = self.state(known, problem)
        now = state.now_s
        all_rows = {row["visit"]: row for row in known["visits"]}
        gone = [name for name in have if name not in rows and name not in state.done]
        gone += [name for name in state.done if name not in all_rows and not self.record.ended(name)]
        events = [DayEvent(EventKind.CANCELLED, now, visit_id=name) for name in gone]
        events += [DayEvent(EventKind.ILL, now, technician_id=name) for name in sorted(ill - self.ill)]
        for row in fresh:
            kind = EventKind.EMERGENCY if row["priority"] == "P1" else EventKind.NEW
            events.append(DayEvent(kind, now, visit_id=row["visit"]))
        events += [
            DayEvent(EventKind.PART_MISSING, now, visit_id=name if name in have else "", technician_id=who)
            for name, who in self.record.lacking
        ]
        self.record.lacking.clear()
        events += self._late(state, plan)
        if not events and set(state.running) | set(state.places) and not self._due(known):
            return
        found = replan(plan, state=state, events=events, new=new, stop=Stop(steps=200), seed=self.seed, params=PARAMS)
        self.ill |= ill
        self.plan = found.plan
        self.replans.append(found)

    def _due(self, known: Mapping[str, Any]) -> bool:
        return bool(known["at"] // 900_000 % 4 == 0)

    def _late(self, state: DayState, plan: RoutePlan) -> list[DayEvent]:
        """Return who will be through with the running job a quarter of an hour or more after what the plan says."""
        begins = {one.technician_id: one.shifts[0].start_s for one in plan.problem.technicians if one.shifts}
        ends = {s.name: s.ends_s for tour in plan.tours for s in tour.stops if s.kind is StopKind.VISIT}
        found = []
        for name, job in state.running.items():
            planned = ends.get(job.visit_id, begins.get(name, job.ends_s))
            if job.ends_s > planned + 900:
                found.append(
                    DayEvent(
                        EventKind.LATE,
                        state.now_s,
                        technician_id=name,
                        visit_id=job.visit_id,
                        seconds=job.ends_s - planned,
                    )
                )
        return found

    def _grown(
        self, problem: RoutingProblem, rows: Sequence[Mapping[str, Any]]
    ) -> tuple[RoutingProblem, tuple[VisitRequest, ...]]:
        """Return a problem whose matrix has the places of further visits, and those visits."""
        if not rows:
            return problem, ()
        at = [(a, b) for _, a, b in problem.places] + [(row["latitude"], row["longitude"]) for row in rows]
        times = self.record.travel.matrix(np.array(at, float))
        begins = problem.begins_at.timestamp() * 1000
        new = tuple(
            self.visit(row, len(problem.places) + k, begins, promised=row["window_start"] is not None)
            for k, row in enumerate(rows)
        )
        more = tuple((row["visit"], float(row["latitude"]), float(row["longitude"])) for row in rows)
        grown = replace(
            problem,
            seconds=times.seconds.astype(float),
            metres=times.metres.astype(float),
            places=problem.places + more,
        )
        return grown, new

    # ---- windows -----------------------------------------------------------------------------------------------------

    def offer(self, known: Mapping[str, Any]) -> None:
        """Find a window for each request that waits for an answer."""
        for row in known["visits"]:
            if row["state"] != "asked" or row["visit"] in self.advised:
                continue
            self.asked += 1
            earliest = date.fromisoformat(row["earliest_date"])
            urgent = row["priority"] == "P1" and row["attempt"] == 1 and earliest <= self.today
            offered = (
                self._today(known, row)
                if urgent
                else self._later(known, row, max(earliest, self.today + timedelta(days=1)))
            )
            if offered is not None:
                self.advised[row["visit"]] = WindowOffer(
                    round(offered.starts_ms), round(offered.ends_ms), round(offered.stated, 4)
                )
                self.offers[row["visit"]] = offered

    def _today(self, known: Mapping[str, Any], row: Mapping[str, Any]) -> Offered | None:
        """Offer a window from now on, in the plan as it stands."""
        now = known["at"]
        if self.plan is None or not any(a < now + HOUR * 1000 < b for _, a, b in self.world.duty(self.today)):
            return None
        problem, new = self._grown(self.plan.problem, [row])
        state = self.state(known, problem)
        left = from_now(problem, tours=self.plan.tours, state=state, new=new)
        asked = {one.visit_id for one in left.visits}
        orders = [
            (t.technician_id, 0, [(s.kind, s.name) for s in t.stops if s.kind is StopKind.VISIT and s.name in asked])
            for t in self.plan.tours
            if any(one.technician_id == t.technician_id and one.shifts for one in left.technicians)
        ]
        tours = timed_together(left, orders=[one for one in orders if one[2]])
        start = state.now_s + 20 * 60
        windows = [TimeWindow(start, start + hours * HOUR) for hours in LENGTHS]
        return self._chosen(left, tours, row, windows, known, same_day=True)

    def _later(self, known: Mapping[str, Any], row: Mapping[str, Any], first: date) -> Offered | None:
        """Offer a window on one of the next working days, in the plan of those days as far as it goes."""
        days = [d for k in range(21) if self.world.duty(d := first + timedelta(days=k))][:DAYS_LOOKED]
        for _ in range(6):
            rows = [r for day in days for r in self._of_day(known, day)]
            problem = self.problem(known, [*rows, row], days, begins=days[0])
            tours = self._tours(problem, self.orders)
            windows = []
            for day in days:
                opens = max(
                    8.0,
                    min(a for _, a, _ in self.world.duty(day)) / 1000 / HOUR - self.midnight(day).timestamp() / HOUR,
                )
                closes = (
                    max(b for _, _, b in self.world.duty(day)) / 1000 / HOUR
                    - self.midnight(day).timestamp() / HOUR
                    - 1.0
                )
                shift = (day - days[0]).days * 24 * HOUR
                for hours in LENGTHS:
                    steps = int((closes - opens - hours) / 0.5) + 1
                    windows += [
                        TimeWindow(s := shift + (opens + k / 2) * HOUR, s + hours * HOUR) for k in range(max(steps, 0))
                    ]
            found = self._chosen(problem, tours, row, windows, known, same_day=False)
            if found is not None:
                return found
            last = days[-1]
            days = [d for k in range(1, 14) if self.world.duty(d := last + timedelta(days=k))][:DAYS_LOOKED]
        return None

    def _chosen(self, problem: RoutingProblem, tours: tuple[Tour, ...], row: Mapping[str, Any], windows: Sequence[TimeWindow],
                known: Mapping[str, Any], *, same_day: bool) -> Offered | None:  # fmt: skip
        """Return the window with the least cost among those kept often enough; long windows cost the customer's time."""
        record, raw = self.record, {}

        def stated(chance: float, window: TimeWindow) -> float:
            hours = (window.end_s - window.start_s) / HOUR
            said = record.kept.stated(chance, hours=hours, same_day=same_day)
            raw[window.start_s, window.end_s, said] = chance
            return said

        services = {r["visit"]: r["service"] for r in known["visits"]}
        found = insert(
            problem, tours=tours, visit_id=row["visit"], windows=windows, spread=record.spread(services), draws=120, seed=self.seed,
            most=len(windows), later_cents_per_day=800.0, broken=PromisedWindow(0, 0, 5000.0, 60.0), kept=stated,
        )  # fmt: skip
        if not found.windows:
            return None
        trying = record.trying
        hours_of = {id(one): (one.end_s - one.start_s) / HOUR for one in found.windows}
        if trying:
            # The first weeks try all lengths, so that something can be learned of each.
            length = LENGTHS[int(np.random.default_rng([self.seed, self.asked]).integers(len(LENGTHS)))]
            pool = [one for one in found.windows if abs(hours_of[id(one)] - length) < 0.01] or list(found.windows)
            best = pool[0]
        else:
            pool = [one for one in found.windows if one.probability >= STATED]
            if pool:
                # An hour of the customer's waiting counts 6.00; risk is in the probability that is stated.
                best = min(pool, key=lambda one: one.cost_cents + one.wait_cents + 600 * hours_of[id(one)])
            else:
                best = max(found.windows, key=lambda one: (one.probability, -one.value_cents))
        self._noted(problem, tours, row, best)
        begins = problem.begins_at.timestamp() * 1000
        chance = raw[best.start_s, best.end_s, best.probability]
        return Offered(
            row["visit"], begins + best.start_s * 1000, begins + best.end_s * 1000, best.probability, chance, same_day, known["at"],
            row["service"], row["attempt"], trying,
        )  # fmt: skip

    def _noted(
        self, problem: RoutingProblem, tours: Sequence[Tour], row: Mapping[str, Any], best: WindowAdvice
    ) -> None:
        """Put the visit into the order of its day."""
        shift = next(one for one in problem.technicians if one.technician_id == best.technician_id).shifts[best.shift]
        day = date.fromordinal(shift.day)
        if day == self.today:
            return
        its = self.orders.setdefault(day, {}).setdefault(best.technician_id, [])
        tour = next((t for t in tours if (t.technician_id, t.shift) == (best.technician_id, best.shift)), None)
        now = list(tour.visits()) if tour else []
        now.insert(best.position, row["visit"])
        its[:] = now

    # ---- what goes out -----------------------------------------------------------------------------------------------

    def controls(self) -> Dispatch:
        """Return routes of today and windows that wait to be told."""
        routes: dict[tuple[str, str], tuple[RouteStop, ...]] = {}
        if self.plan is not None:
            for tour in self.plan.tours:
                routes[tour.technician_id, self.today.isoformat()] = tuple(RouteStop(v) for v in tour.visits())
        return Dispatch(routes=routes, windows=dict(self.advised))
