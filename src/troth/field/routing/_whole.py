"""A problem in whole numbers, and whether PyVRP's model says it.

Time is counted in ticks of which a second has 1, 10 or 100, the fewest that lose nothing; what still is between two ticks is
rounded against the plan, so that its tours are never too tight. Money is counted in the fewest units of a cent that lose
nothing. Technicians that pay, drive and may do the same are one profile.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np

from troth.field.routing._compile import able
from troth.field.routing._judge import service_of
from troth.field.routing.problem import FieldTechnician, RoutingProblem, TechnicianShift, VisitRequest

#: Each profile has its own matrices; more are too slow and too large.
_PROFILES: Final = 12
_TICKS: Final = (1, 10, 100)
#: From so many visits on parts are quicker than the whole.
_MANY: Final = 300
#: Fewer visits than these our own search tries through as well.
_FEW: Final = 30
#: Searches by name.
SEARCHES: Final = ("pyvrp", "split", "hunt")
#: Units of money in a cent.
_UNITS: Final = (1, 10, 60, 100, 360, 600, 3600, 36000, 360000)


def beyond(problem: RoutingProblem) -> str:
    """Return the first thing PyVRP's model cannot say, "" if it says all.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> import numpy as np
    >>> from troth.field.routing import FieldTechnician, RestBreak, RoutingProblem, TechnicianShift, VisitRequest
    >>> noon = (RestBreak(1800, 14400, 18000),)
    >>> ada = FieldTechnician("ada", (TechnicianShift(0, 28800, 0, 0, breaks=noon),))
    >>> visits = (VisitRequest("v", 1, 600), VisitRequest("w", 1, 600))
    >>> beyond(RoutingProblem(datetime(2026, 6, 1, tzinfo=UTC), visits, (ada,), np.zeros((2, 2))))
    'break'
    """
    if problem.warp is not None:
        return "travel by the hour"
    if problem.depots:
        return "depot"
    if problem.published:
        return "published plan"
    if problem.prices.balance_cents:
        return "balance"
    if len(problem.visits) < 2:
        return "too small"
    shifts = [s for one in problem.technicians for s in one.shifts]
    if not shifts:
        return "nobody at work"
    span = min(s.start_s for s in shifts), max(s.end_s + s.overtime_s for s in shifts)
    for visit in problem.visits:
        if said := _beyond_visit(visit, span):
            return said
    for who in problem.technicians:
        if said := _beyond_technician(who):
            return said
    if _vans_clash(problem):
        return "vehicle"
    return _beyond_profiles(problem)


def reaches(problem: RoutingProblem) -> bool:
    """Tell whether PyVRP's model says the whole problem."""
    return not beyond(problem)


def choose(problem: RoutingProblem) -> str:
    """Return which search is for a problem: "pyvrp", "split" for parts of what PyVRP's model says, "hunt" for all else.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> import numpy as np
    >>> from troth.field.routing import FieldTechnician, RoutingProblem, TechnicianShift, VisitRequest
    >>> ada = FieldTechnician("ada", (TechnicianShift(0, 28800, 0, 0),))
    >>> visits = tuple(VisitRequest(f"{k}", 0, 60) for k in range(30))
    >>> choose(RoutingProblem(datetime(2026, 6, 1, tzinfo=UTC), visits, (ada,), np.zeros((1, 1))))
    'pyvrp'
    """
    if len(problem.visits) < _FEW or beyond(problem):
        return "hunt"
    return "pyvrp" if len(problem.visits) < _MANY else "split"


def _beyond_visit(visit: VisitRequest, span: tuple[float, float]) -> str:
    if len(visit.windows) > 1:
        return "several windows"
    if any(one.end_s < span[0] or one.start_s > span[1] for one in visit.windows):
        return "window outside all shifts"
    if visit.soft is not None or visit.promised is not None:
        return "priced window"
    if visit.after or visit.together is not None:
        return "linked visits"
    return "equipment" if visit.equipment else ""


def _beyond_technician(who: FieldTechnician) -> str:
    if who.max_travel_s is not None or who.drive_limit_s is not None:
        return "limit of driving"
    for shift in who.shifts:
        if any(one.latest_s >= shift.start_s for one in shift.breaks):
            return "break"
        # There overtime is what a tour lasts beyond the shift; that is the same only if all leave when the shift begins.
        if shift.overtime_s and who.overtime_per_hour_cents and who.cost_per_hour_cents:
            return "overtime with paid hours"
    return ""


def _vans_clash(problem: RoutingProblem) -> bool:
    names = [one.vehicle for one in problem.technicians if one.vehicle is not None]
    return len(names) != len(set(names))


def _beyond_profiles(problem: RoutingProblem) -> str:
    profiles = set(_profiles(problem).values())
    if len(profiles) > _PROFILES:
        return "many kinds of technicians"
    may = np.any([np.frombuffer(one.may, bool) for one in profiles], axis=0) if profiles else np.zeros(1, bool)
    return "" if may.all() else "visit nobody can make"


class Profile(NamedTuple):
    """What technicians of one profile have in common; the last three are arrays over the visits, as bytes."""

    metre: float
    factor: float
    longest: float
    may: bytes
    work: bytes
    other: bytes


def _profiles(problem: RoutingProblem) -> dict[str, Profile]:
    """Return the profile of each technician; it is worked out once for all that no visit names and that are alike."""
    named = {name for one in problem.visits for name in (*one.excluded, *one.preferred, *one.service_by)}
    named |= {one.pin.technician_id for one in problem.visits if one.pin is not None}
    alike: dict[tuple[Any, ...], Profile] = {}
    out = {}
    for j, who in enumerate(problem.technicians):
        name = who.technician_id
        key = (
            name if name in named else "", frozenset(who.skills.items()), who.tools, who.equipment, who.territories, who.pace,
            who.travel_factor, who.longest_leg_s, who.cost_per_km_cents,
        )  # fmt: skip
        if key not in alike:
            alike[key] = _profile(problem, j)
        out[name] = alike[key]
    return out


def _profile(problem: RoutingProblem, j: int) -> Profile:
    who, visits = problem.technicians[j], problem.visits
    may = [not able(problem, i, j) and visit.tools <= who.tools for i, visit in enumerate(visits)]
    work = [service_of(visit, who) for visit in visits]
    other = [
        visit.other_cents if visit.preferred and who.technician_id not in visit.preferred else 0.0 for visit in visits
    ]
    longest = np.inf if who.longest_leg_s is None else who.longest_leg_s
    return Profile(
        who.cost_per_km_cents / 1000, who.travel_factor, longest, np.array(may).tobytes(), np.array(work, float).tobytes(),
        np.array(other, float).tobytes(),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Whole:
    """A problem in whole numbers but for its matrices, which are made for the visits and tours that are asked for.

    Parameters
    ----------
    ticks, unit : ticks in a second, units of money in a cent.
    origin, last : the second at which ticks begin, and the last tick.
    windows : (N, 2) ticks.
    service : (N,) ticks, 0 where it lies in the matrices as technicians differ.
    load : (N, Q) pieces.
    prize : (N,) units; -1 if it must be made.
    tours : technician and shift of each tour.
    profile_of : profile of each technician.
    """

    problem: RoutingProblem
    ticks: int
    unit: int
    origin: float
    last: int
    windows: Any
    service: Any
    load: Any
    parts: tuple[str, ...]
    prize: Any
    tours: tuple[tuple[FieldTechnician, TechnicianShift], ...]
    profile_of: dict[str, int]
    profiles: tuple[Profile, ...]
    place: Any


def whole(problem: RoutingProblem) -> Whole:
    """Return a problem in whole numbers; `reaches` must hold."""
    profiles: dict[Profile, int] = {}
    profile_of = {name: profiles.setdefault(one, len(profiles)) for name, one in _profiles(problem).items()}
    tours = tuple((who, shift) for who in problem.technicians for shift in who.shifts)
    origin = min((shift.start_s for _, shift in tours), default=0.0)
    ends = max((shift.end_s + shift.overtime_s for _, shift in tours), default=0.0)
    spans = np.array([_span(one, origin, ends) for one in problem.visits])
    works = np.array([np.frombuffer(one.work) for one in profiles])
    factors = sorted({one.factor for one in profiles})
    ticks = _fewest(problem.seconds, factors, (spans.ravel() - origin, works.ravel()))
    parts = tuple(sorted({part for one in problem.visits for part in one.parts}))
    same = bool((works == works[0]).all())
    prizes = np.array([-1.0 if one.unserved_cents is None else one.unserved_cents for one in problem.visits])
    unit = _unit(problem, profiles, prizes, ticks)
    opens = up((spans[:, 0] - origin) * ticks)
    return Whole(
        problem, ticks, unit, origin, int((ends - origin) * ticks) + 1,
        windows=np.column_stack([opens, np.maximum(opens, -up((origin - spans[:, 1]) * ticks))]),
        service=up(works[0] * ticks) if same else np.zeros(len(spans), np.int64),
        load=np.array([[one.parts.get(part, 0) for part in parts] for one in problem.visits], np.int64).reshape(len(spans), len(parts)),
        parts=parts, prize=np.where(prizes < 0, -1, np.round(prizes * unit)).astype(np.int64), tours=tours,
        profile_of=profile_of, profiles=tuple(profiles), place=np.array([one.place for one in problem.visits], np.int64),
    )  # fmt: skip


def _span(visit: VisitRequest, origin: float, ends: float) -> tuple[float, float]:
    first, last = origin, ends
    if visit.windows:
        first, last = max(first, visit.windows[0].start_s), min(last, visit.windows[0].end_s)
    if visit.pin is not None and visit.pin.start_s is not None:
        first = last = max(visit.pin.start_s, first)
    return first, last


def up(values: Any) -> Any:
    """Return whole numbers not below the values, but for what floats lose."""
    near = np.round(values)
    return np.where(np.abs(values - near) < 1e-6, near, np.ceil(values)).astype(np.int64)


def _whole_numbers(values: Any) -> bool:
    return bool((np.abs(values - np.round(values)) < 1e-6).all())


def _whole_matrix(matrix: Any, scales: Sequence[float]) -> bool:
    """Tell whether what is finite in a matrix is whole at each scale; rows a few at a time, as matrices are large."""
    for first in range(0, len(matrix), 256):
        rows = matrix[first : first + 256]
        if not all(_whole_numbers(rows[np.isfinite(rows)] * scale) for scale in scales):
            return False
    return True


def _fewest(seconds: Any, factors: Sequence[float], others: Sequence[Any]) -> int:
    for ticks in _TICKS:
        if all(_whole_numbers(one * ticks) for one in others) and _whole_matrix(seconds, [f * ticks for f in factors]):
            return ticks
    # Travel times computed from coordinates are whole in no unit: a hundredth of a second is finer than they are true.
    return _TICKS[-1]


def _unit(problem: RoutingProblem, profiles: dict[Profile, int], prizes: Any, ticks: int) -> int:
    people = problem.technicians
    rates = {r / 3600 / ticks for one in people for r in (one.cost_per_hour_cents, one.overtime_per_hour_cents) if r}
    money = [np.array(sorted(rates)), prizes[prizes > 0], np.array([one.used_cents for one in people])]
    metres = sorted({one.metre for one in profiles if one.metre})
    for unit in _UNITS:
        if all(_whole_numbers(one * unit) for one in money) and _whole_matrix(
            problem.distances, [m * unit for m in metres]
        ):
            return unit
    for unit in _UNITS:
        # What costs distance is summed over legs, each rounded: hundredths of a cent do. Rates must be all but exact.
        if unit >= 100 and all(abs(rate * unit - round(rate * unit)) < 1e-4 * rate * unit for rate in rates):
            return unit
    return _UNITS[-1]


def terms(w: Whole, who: FieldTechnician, shift: TechnicianShift) -> tuple[Any, ...]:
    """Return what tours of one vehicle type have in common."""
    first, last = (shift.start_s - w.origin) * w.ticks, (shift.end_s - w.origin) * w.ticks
    hour, over = who.cost_per_hour_cents, who.overtime_per_hour_cents
    by_hour = 0 if hour == 0 and over == 0 else w.unit / 3600 / w.ticks
    return (
        tuple(who.parts.get(one, 0) for one in w.parts), int(up(first)), -int(up(-last)),
        int(shift.overtime_s * w.ticks + 1e-6), round(who.used_cents * w.unit), round(hour * by_hour), round(over * by_hour),
    )  # fmt: skip


def tables(w: Whole, profile: Profile, places: Sequence[int | None], ends: int, pick: Any) -> tuple[Any, Any, float]:
    """Return the matrices of money and of time, and what the dearest leg costs."""
    rows = np.array([0 if one is None else one for one in places], np.int64)
    nowhere = np.array([one is None for one in places])
    grid = np.ix_(rows, rows)
    seconds = w.problem.seconds[grid] * profile.factor
    metres = w.problem.distances[grid]
    seconds[:, nowhere] = metres[:, nowhere] = 0.0
    work = np.frombuffer(profile.work)[pick] * w.ticks
    shut = ~np.isfinite(seconds) | (seconds > profile.longest + 1e-6)
    shut[:, ends:] |= ~np.frombuffer(profile.may, bool)[pick]
    money = np.where(shut, 0.0, metres) * profile.metre
    money[:, ends:] += np.frombuffer(profile.other)[pick]
    duration = up(np.where(shut, 0.0, seconds) * w.ticks)
    if not w.service.any() and work.any():
        duration[ends:] += up(work)[:, None]
    cost = np.round(money * w.unit).astype(np.int64)
    # A closed way takes longer than there is time, and costs more than all others.
    far = 2 * w.last + int(duration.max(initial=0)) + 1
    duration[shut] = far
    dearest = float(cost.max(initial=0))
    cost[shut] = 10 * int(dearest) + 1
    for one in (cost, duration):
        np.fill_diagonal(one, 0)
    return cost, duration, dearest
