"""A plan in the shape of VROOM's answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import isfinite
from typing import Any, Final

from troth.field.routing._judge import drive_s, legs
from troth.field.routing._names import known
from troth.field.routing.breach import RouteBreach
from troth.field.routing.plan import RoutePlan
from troth.field.routing.rules import breaches
from troth.field.routing.tours import PlannedStop, StopKind, Tour

#: VROOM's words for what is broken; an early start is its lead time, a late one its delay.
_CAUSES: Final = {
    "skill": "skills", "parts": "load", "stock": "load", "order": "precedence", "rest": "missing_break", "max-travel": "max_travel_time",
    "window": "delay", "shift": "delay", "travel": "lead_time", "service": "lead_time",
}  # fmt: skip
_TIMED: Final = frozenset({"delay", "lead_time"})
_SUMS: Final = ("cost", "duration", "distance", "setup", "service", "waiting_time", "priority")


def result(
    plan: RoutePlan, *, rows: tuple[Mapping[str, Mapping[str, Any]], Mapping[str, Mapping[str, Any]]], metres: Any, locations: Sequence[Any],
    zero: float,
) -> dict[str, Any]:  # fmt: skip
    """Return a plan as VROOM answers.

    Parameters
    ----------
    rows : the file's jobs by visit and vehicles by technician.
    metres : distances; None without any.
    locations : coordinates or index of each place.
    zero : VROOM's second at which the problem begins.
    """
    out = _Out(plan, rows[0], rows[1], metres, locations, zero)
    halves = out.halves()
    routes = [out.route(tour, halves) for tour in plan.tours if set(tour.visits()) - halves]
    made = {name for tour in plan.tours for name in tour.visits()} - halves
    summary: dict[str, Any] = {key: round(sum(one.get(key, 0) for one in routes)) for key in _SUMS}
    if metres is None:
        del summary["distance"]
    for key in ("delivery", "pickup"):
        summary[key] = [sum(amounts) for amounts in zip(*(one[key] for one in routes), strict=False)]
    left = [out.task(one.visit_id) for one in plan.problem.visits if one.visit_id not in made]
    summary |= {
        "routes": len(routes), "unassigned": len(left), "violations": [v for one in routes for v in one["violations"]],
        "computing_times": {"loading": 0, "solving": round(plan.seconds * 1000), "routing": 0},
    }  # fmt: skip
    return {"code": 0, "summary": summary, "unassigned": left, "routes": routes}


class _Out:
    def __init__(self, plan: RoutePlan, jobs: Mapping[str, Mapping[str, Any]], vans: Mapping[str, Mapping[str, Any]], metres: Any,
                 locations: Sequence[Any], zero: float) -> None:  # fmt: skip
        self.plan, self.jobs, self.vans, self.metres, self.locations, self.zero = (
            plan,
            jobs,
            vans,
            metres,
            locations,
            zero,
        )
        self.names = known(plan.problem)
        found = breaches(plan.problem, tours=plan.tours)
        self.broken = [(one, words) for one in found if (words := _cause(one)) is not None]
        self.costs: dict[str, float] = {}
        for one in found:
            if one.rule in ("routing.distance", "routing.used"):
                self.costs[one.technician_id] = self.costs.get(one.technician_id, 0.0) + one.cost_cents
        self.dimensions = max((len(row.get("capacity") or ()) for row in vans.values()), default=0)

    def halves(self) -> set[str]:
        """Return served halves of shipments whose other half is not."""
        made = {name for tour in self.plan.tours for name in tour.visits()}
        pairs: dict[str, set[str]] = {}
        for one in self.plan.problem.visits:
            if one.together and one.visit_id in made:
                pairs.setdefault(one.together, set()).add(one.visit_id)
        return {name for its in pairs.values() if len(its) == 1 for name in its}

    def task(self, visit: str) -> dict[str, Any]:
        """Return what names a job: id, type, place, description."""
        kind, number = visit.rsplit(" ", 1)
        row = self.jobs[visit]
        found = {"id": int(number), "type": kind, **self.at(self.names.visits[visit].place)}
        return found | ({"description": row["description"]} if "description" in row else {})

    def at(self, place: int) -> dict[str, Any]:
        """Return a place as VROOM names it."""
        spot = self.locations[place]
        if spot is None:
            return {}
        return {"location": list(spot)} if isinstance(spot, tuple) else {"location_index": place}

    def route(self, tour: Tour, halves: set[str]) -> dict[str, Any]:
        """Return a tour as a route with its steps."""
        problem, who = self.plan.problem, self.names.technicians[tour.technician_id]
        shift = who.shifts[tour.shift]
        stops = [one for one in tour.stops if one.name not in halves]
        driven = {leg.name: leg for leg in legs(problem, shift=shift, tour=tour, stops=stops)}
        loads = list(self._loads(stops))
        duration = distance = 0.0
        steps = [
            {
                "type": "start",
                "arrival": self._time(tour.leaves_s),
                "duration": 0,
                **self.at(shift.start_place),
                **self._plain(loads[0]),
            }
        ]
        for k, stop in enumerate(stops, start=1):
            if stop.kind is StopKind.VISIT:
                leg = driven[stop.name]
                drive = drive_s(problem, who, leg)
                duration += drive if isfinite(drive) else 0.0
                distance += 0.0 if self.metres is None else float(self.metres[leg.start, leg.end])
            steps.append(self._step(tour, stop, duration, distance) | {"load": loads[k]})
        last = driven[""]
        drive = drive_s(problem, who, last)
        duration += drive if isfinite(drive) else 0.0
        distance += 0.0 if self.metres is None else float(self.metres[last.start, last.end])
        if shift.end_place is not None:
            steps.append({"type": "end", "arrival": self._time(tour.returns_s), **self.at(shift.end_place), **self._plain(loads[-1])}
                         | self._way(duration, distance))  # fmt: skip
        visits = [one.name for one in stops if one.kind is StopKind.VISIT]
        amounts = {key: self._sum(visits, key) for key in ("delivery", "pickup")}
        whole: dict[str, Any] = {
            "vehicle": int(tour.technician_id),
            "cost": round(self.costs.get(tour.technician_id, 0.0)),
            "duration": round(duration),
        }
        whole |= {"distance": round(distance)} if self.metres is not None else {}
        whole |= {key: sum(one.get(key, 0) for one in steps) for key in ("setup", "service", "waiting_time")}
        whole |= {
            "priority": sum(self.jobs[name].get("priority", 0) for name in visits),
            **amounts,
            "amount": amounts["delivery"],
        }
        whole["steps"] = steps
        whole["violations"] = self._violations(tour, "")
        row = self.vans[tour.technician_id]
        return whole | ({"description": row["description"]} if "description" in row else {})

    def _plain(self, load: list[int]) -> dict[str, Any]:
        return {"setup": 0, "service": 0, "waiting_time": 0, "load": load, "violations": []}

    def _step(self, tour: Tour, stop: PlannedStop, duration: float, distance: float) -> dict[str, Any]:
        found = {"type": "break", "id": self._break(tour, stop)} if stop.kind is StopKind.REST else self.task(stop.name)
        work, setup = stop.ends_s - stop.starts_s, 0.0
        if stop.kind is StopKind.VISIT:
            row = self.jobs[stop.name]
            kind = self.vans[tour.technician_id].get("type")
            setup = (row.get("setup_per_type") or {}).get(kind, row.get("setup", 0))
        return found | {
            "setup": round(setup), "service": round(work - setup), "waiting_time": round(stop.starts_s - stop.arrives_s),
            "arrival": self._time(stop.arrives_s), **self._way(duration, distance), "violations": self._violations(tour, stop.name),
        }  # fmt: skip

    def _break(self, tour: Tour, stop: PlannedStop) -> int:
        rows = self.vans[tour.technician_id].get("breaks") or ()
        for row in rows:
            windows = row.get("time_windows") or [(0, float("inf"))]
            if windows[0][0] - 1 <= stop.starts_s + self.zero <= windows[0][1] + 1:
                return int(row.get("id", 0))
        return 0

    def _way(self, duration: float, distance: float) -> dict[str, int]:
        return {"duration": round(duration)} | ({} if self.metres is None else {"distance": round(distance)})

    def _time(self, second: float) -> int:
        return round(second + self.zero)

    def _sum(self, visits: Sequence[str], key: str) -> list[int]:
        found = [0] * self.dimensions
        for name in visits:
            its = (
                self.jobs[name].get(key) or (self.jobs[name].get("amount") if name.startswith(f"{key} ") else ()) or ()
            )
            for k, n in enumerate(its[: self.dimensions]):
                found[k] += int(n)
        return found

    def _loads(self, stops: Sequence[PlannedStop]) -> Iterator[list[int]]:
        """Yield what is aboard when leaving and after each stop."""
        visits = [one.name for one in stops if one.kind is StopKind.VISIT and one.name.startswith("job ")]
        aboard = self._sum(visits, "delivery")
        yield list(aboard)
        for stop in stops:
            if stop.kind is StopKind.VISIT:
                down, up = self._sum([stop.name], "delivery"), self._sum([stop.name], "pickup")
                aboard = [n - a + b for n, a, b in zip(aboard, down, up, strict=True)]
            yield list(aboard)

    def _violations(self, tour: Tour, visit: str) -> list[dict[str, Any]]:
        found = []
        for one, cause in self.broken:
            if (one.technician_id, one.visit_id) == (tour.technician_id, visit):
                found.append({"cause": cause} | ({"duration": round(one.amount)} if cause in _TIMED else {}))
        return found


def _cause(one: RouteBreach) -> str | None:
    """Return VROOM's word for a breach of a hard rule; None if it is none, or one that VROOM has no word for."""
    name = one.rule.removeprefix("routing.")
    if name == "parts" and one.what == "tasks":
        return "max_tasks"
    if name == "shift" and one.what == "start":
        return "lead_time"
    return _CAUSES.get(name)
