"""A routing problem from plain data or JSON text and back, and tours made by hand; every mistake at once."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import numpy as np

from troth.core.decision import Issue, Severity
from troth.core.errors import InputError
from troth.core.json_input import FaultError, loaded, near
from troth.core.spans import zone
from troth.field.routing._file_parts import PROBLEM
from troth.field.routing._names import known
from troth.field.routing._reading import INSTANT, TEXT, WHOLE, Frame, Kind, aware, keys, many
from troth.field.routing._unpriced import unpriced
from troth.field.routing.check import check
from troth.field.routing.orders import timed_together
from troth.field.routing.problem import RoutingProblem
from troth.field.routing.tours import PlannedStop, StopKind, Tour
from troth.field.travel.greatcircle import GreatCircle
from troth.field.travel.times import TravelProvider

#: Version of the written form.
FORMAT: Final = 1
_HEAD: Final = {"format": ("format", WHOLE), "begins_at": ("begins_at", Kind(aware)), "time_zone": ("time_zone", TEXT)}
#: What follows from something that was given up while reading, and is no second mistake.
_FOLLOWS: Final = frozenset(
    {"no-technicians", "no-such-place", "unknown-technician", "unknown-visit", "wrong-size", "no-shift"}
)


def problem_from_json(
    data: Mapping[str, Any] | str, *, travel: TravelProvider | None = None, name: str = "problem"
) -> tuple[RoutingProblem, tuple[Issue, ...]]:
    """Return the problem of plain data or JSON text, and what is doubtful with it.

    Instants are ISO 8601 with their zone, or seconds from the beginning; lengths of time are seconds or texts such as ``45min``; whatever
    has a usual value may be left out. docs/guides/route.md has the whole form.

    Parameters
    ----------
    travel : who says how long ways take if the file has no matrix; the straight way with a detour if None. With a matrix nobody is
        asked, which is told.
    name : of the file, for issues about no place in it.

    Raises
    ------
    InputError
        With every error found, those of `check` included.

    Examples
    --------
    >>> made, doubts = problem_from_json({
    ...     "begins_at": "2026-06-01T08:00+03:00",
    ...     "places": [{"name": "home", "lat": 54.68, "lon": 25.28}, {"name": "Ada", "lat": 54.70, "lon": 25.25}],
    ...     "visits": [{"visit": "boiler", "place": "Ada", "service": "45min", "windows": [["2026-06-01T09:00+03:00", "2026-06-01T11:00+03:00"]]}],
    ...     "technicians": [{"technician": "jonas", "home": "home", "shifts": [{"start": 0, "end": "2026-06-01T16:00+03:00"}], "cost_per_hour_cents": 2400}],
    ... })
    >>> made.visits[0].windows[0].start_s, made.technicians[0].shifts[0].end_s, doubts
    (3600.0, 28800.0, ())
    """
    plain = loaded(data, name=name) if isinstance(data, str) else data
    if not isinstance(plain, Mapping):
        advice = "Maybe put it in braces, as keys with values."
        raise InputError([Issue("wrong-type", Severity.ERROR, name, str(plain)[:80], advice)])
    frame = Frame()
    _begin(frame, plain)
    try:
        found = keys(frame, plain, "", PROBLEM | _HEAD, ("begins_at", "visits", "technicians"))
    except FaultError:  # a file is an object by now
        raise InputError(frame.issues) from None
    for key in _HEAD:
        found.pop(key, None)
    if "seconds" not in found and plain.get("seconds") is None and not frame.issues:
        _travelled(frame, found, travel or GreatCircle())
    problem = RoutingProblem(
        frame.begins_at, found.pop("visits", ()), found.pop("technicians", ()),
        found.pop("seconds", np.zeros((len(frame.places), len(frame.places)))), **found | {"places": tuple(frame.places)},
    )  # fmt: skip
    _ways(frame, plain, problem, asked=travel is not None)
    return problem, _judged(frame, problem, nobody=plain.get("technicians") == [])


def _begin(frame: Frame, plain: Mapping[str, Any]) -> None:
    """Read what everything else is read against: zone, beginning, places, whether a matrix is given."""
    scratch = len(frame.issues)
    if isinstance(plain.get("time_zone"), str):
        try:
            frame.zone = zone(plain["time_zone"])
        except InputError as error:
            frame.issues += error.issues
            scratch = len(frame.issues)
    try:
        begins = aware(frame, plain.get("begins_at"), "begins_at")
        frame.begins_at = begins if frame.zone is None else begins.astimezone(frame.zone)
    except (FaultError, OverflowError):
        pass
    if isinstance(plain.get("places"), list):
        with suppress(FaultError):
            frame.places = list(PROBLEM["places"][1].read(frame, plain["places"], "places"))
        for row, one in enumerate(plain["places"]):  # names of bad places are known as well
            if isinstance(one, Mapping) and isinstance(one.get("name"), str):
                frame.rows.setdefault(one["name"], row)
    frame.fixed = plain.get("seconds") is not None
    del frame.issues[scratch:]  # all this is read again, and told then
    if plain.get("format", FORMAT) != FORMAT:
        frame.tell("unknown-format", "format", plain["format"], f"Maybe {FORMAT}: a newer Troth may have written it.")


def _travelled(frame: Frame, found: dict[str, Any], travel: TravelProvider) -> None:
    """Have ways computed between the places of a file without a matrix."""
    if not frame.places:
        frame.tell("missing-key", "places", "", "Maybe add places with lat and lon, or a matrix as seconds.")
        return
    if len(frame.places) > 10_000:
        frame.tell("too-large", "places", f"{len(frame.places):,}", "Maybe split it: 10,000 places are the most.")
        return
    try:
        times = travel.matrix([(lat, lon) for _, lat, lon in frame.places])
    except InputError as error:
        frame.issues += error.issues
        return
    frame.issues += times.issues
    found["seconds"] = np.asarray(times.seconds, dtype=np.float64)
    found["metres"] = np.asarray(times.metres, dtype=np.float64)
    if times.profile is not None:
        last = max((s.end_s for one in found.get("technicians", ()) for s in one.shifts), default=0.0)
        found["warp"] = times.profile.warp(
            frame.begins_at, frame.begins_at + timedelta(seconds=max(last, 0.0) + 43_200)
        )


def _ways(frame: Frame, plain: Mapping[str, Any], problem: RoutingProblem, *, asked: bool) -> None:
    """Tell what of the ways goes unused, and what is made of ways that lack their lengths."""
    seconds, metres = (plain.get(name) is not None for name in ("seconds", "metres"))
    if seconds and asked:
        advice = "Maybe take seconds out of the file: as it says itself how long ways take, nobody else is asked."
        frame.tell("no-effect", "seconds", "", advice, Severity.WARNING)
    if metres and not seconds:
        advice = "Maybe add seconds: without them both are computed from the places."
        frame.tell("no-effect", "metres", "", advice, Severity.WARNING)
    by_km = sum(one.cost_per_km_cents > 0 for one in problem.technicians)
    if by_km and seconds and not metres:
        advice = (
            "Maybe add metres: without them a second counts as a metre, so that half an hour costs as much as 1.8 km."
        )
        frame.issues.append(Issue("no-metres", Severity.WARNING, "metres", "", advice, by_km))


def _judged(frame: Frame, problem: RoutingProblem, *, nobody: bool) -> tuple[Issue, ...]:
    """Return what is doubtful; errors of reading and of `check` are raised together, that the file itself has `nobody` too."""
    wrong = [one for one in frame.issues if one.severity is Severity.ERROR]
    follows = _FOLLOWS - ({"no-technicians"} if nobody else set())
    more = [one for one in check(problem) if not wrong or one.code not in follows]
    errors = [*wrong, *(one for one in more if one.severity is Severity.ERROR)]
    if errors:
        raise InputError(errors)
    return (*frame.issues, *more, *unpriced(problem))


def problem_to_json(problem: RoutingProblem) -> str:
    """Return a problem as JSON that `problem_from_json` reads back; what has its usual value is left out."""
    frame = _frame(problem)
    out: dict[str, Any] = {"format": FORMAT, "begins_at": problem.begins_at.isoformat()}
    if isinstance(problem.begins_at.tzinfo, ZoneInfo) and problem.begins_at.tzinfo.key:
        out["time_zone"] = problem.begins_at.tzinfo.key
    for key, (name, kind) in PROBLEM.items():
        value = getattr(problem, name)
        if value is not None and (name in ("seconds", "metres") or value):
            out[key] = kind.write(frame, value)
    return json.dumps(out, ensure_ascii=False, allow_nan=False) + "\n"


def _frame(problem: RoutingProblem) -> Frame:
    """Return the frame against which a problem's values are read and written."""
    frame = Frame()
    frame.begins_at, frame.zone = problem.begins_at, problem.begins_at.tzinfo
    frame.places, frame.fixed = list(problem.places), True
    for row, (name, _, _) in enumerate(frame.places):
        frame.rows.setdefault(name, row)
    return frame


_STOP: Final = {
    **{str(kind): (str(kind), TEXT) for kind in StopKind},
    "arrives": ("arrives_s", INSTANT), "starts": ("starts_s", INSTANT), "ends": ("ends_s", INSTANT),
}  # fmt: skip


def _stop(frame: Frame, value: Any, where: str) -> tuple[StopKind, str, dict[str, float]]:
    """Read a stop: the name of a visit, or an object that names what it is for, and its instants if it has any."""
    found = keys(frame, {"visit": value} if isinstance(value, str) else value, where, _STOP)
    kinds = [kind for kind in StopKind if str(kind) in found]
    if len(kinds) != 1:
        frame.wrong("missing-key", where, "", "Maybe one of visit, depot or rest: what the stop is for.")
    name = found.pop(str(kinds[0]))
    if "starts_s" in found:
        found.setdefault("arrives_s", found["starts_s"])
    if found and set(found) != {"arrives_s", "starts_s", "ends_s"}:
        frame.wrong(
            "missing-key", where, sorted(found), "Maybe all of starts and ends, or neither: then they are computed."
        )
    return kinds[0], name, found


_TOUR: Final = {
    "technician": ("technician", TEXT), "shift": ("shift", WHOLE), "leaves": ("leaves_s", INSTANT), "returns": ("returns_s", INSTANT),
    "stops": ("stops", many(Kind(_stop))),
}  # fmt: skip


def tours_from_json(data: Mapping[str, Any] | str, *, problem: RoutingProblem, name: str = "plan") -> tuple[Tour, ...]:
    """Return the tours of a plan, as a result has them or as written by hand.

    A tour without instants gets those of its order, after whatever it must wait for in other tours; one with instants keeps them,
    whatever rules they break.

    Raises
    ------
    InputError : every unknown key, stop without a purpose, and instant that is none; names of tours without instants that are unknown.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> import numpy as np
    >>> from troth.field.routing import FieldTechnician, RoutingProblem, TechnicianShift, VisitRequest
    >>> ada = FieldTechnician("ada", (TechnicianShift(0, 3600, 0, 0),))
    >>> problem = RoutingProblem(datetime(2026, 6, 1, tzinfo=UTC), (VisitRequest("v", 1, 600),), (ada,), np.ones((2, 2)) * 60)
    >>> tours_from_json({"tours": [{"technician": "ada", "stops": ["v"]}]}, problem=problem)[0].returns_s
    720.0
    """
    plain = loaded(data, name=name) if isinstance(data, str) else data
    rows = plain.get("tours") if isinstance(plain, Mapping) else plain
    frame = _frame(problem)
    found: tuple[Any, ...] = ()
    with suppress(FaultError):
        found = many(Kind(lambda *row: _tour(problem, *row))).read(frame, rows, "tours")
    done = [one for one in found if isinstance(one, Tour)]
    open_ = [one for one in found if not isinstance(one, Tour)]
    if frame.issues:
        raise InputError(frame.issues)
    ends = {s.name: s.ends_s for tour in done for s in tour.stops if s.kind is StopKind.VISIT}
    return (*done, *timed_together(problem, orders=open_, ends=ends))


def _tour(problem: RoutingProblem, frame: Frame, value: Any, where: str) -> Any:
    found = keys(frame, value, where, _TOUR, ("technician", "stops"))
    if len(found) < 2 or "technician" not in found or "stops" not in found:
        raise FaultError
    who, shift, stops = found["technician"], found.get("shift", 0), found["stops"]
    timed = [bool(instants) for kind, _, instants in stops if kind is not StopKind.REST]
    if all(timed) and {"leaves_s", "returns_s"} <= set(found):
        planned = tuple(
            PlannedStop(kind, name if kind is not StopKind.REST else "", **at) for kind, name, at in stops if at
        )
        return Tour(who, shift, found["leaves_s"], found["returns_s"], planned)
    if any(timed) or {"leaves_s", "returns_s"} & set(found):
        frame.wrong("missing-key", where, who, "Maybe leaves and returns and all instants, or none of them.")
    order = [(kind, name) for kind, name, _ in stops if kind is not StopKind.REST]
    _known(problem, frame, where, who, shift, order)
    return who, shift, order


def _known(
    problem: RoutingProblem, frame: Frame, where: str, who: str, shift: int, order: list[tuple[StopKind, str]]
) -> None:
    """Tell names that are unknown: without them there is no order to put instants to."""
    names = known(problem)
    told = len(frame.issues)
    if who not in names.technicians:
        frame.tell("unknown-technician", f"{where}.technician", who, near(who, known=names.technicians))
    elif not 0 <= shift < len(names.technicians[who].shifts):
        advice = f"Maybe from 0 to {len(names.technicians[who].shifts) - 1}."
        frame.tell("unknown-shift", f"{where}.shift", shift, advice)
    for k, (kind, name) in enumerate(order):
        held = names.depots if kind is StopKind.DEPOT else names.visits
        if name not in held:
            frame.tell(f"unknown-{kind}", f"{where}.stops[{k}]", name, near(name, known=held))
    if len(frame.issues) > told:
        raise FaultError
