"""The parts of a problem file: the keys of each record, for reading and for writing alike."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import numpy as np

from troth.core.json_input import FaultError
from troth.field.routing._reading import (
    END_PLACE,
    INSTANT,
    LENGTH,
    MOST_ROWS,
    MOST_SECONDS,
    NUMBER,
    PLACE,
    POINT,
    TEXT,
    WHOLE,
    Frame,
    Kind,
    many,
    mapping,
    record,
)
from troth.field.routing.problem import (
    After,
    FieldTechnician,
    PartsDepot,
    Pin,
    PromisedWindow,
    PublishedVisit,
    RestBreak,
    RoutingPrices,
    SoftWindow,
    TechnicianShift,
    TimeWindow,
    VisitRequest,
)
from troth.field.travel.profile import TimeWarp

_NAMES: Final = many(TEXT, into=frozenset)
_LEVELS: Final = mapping(NUMBER, usual=1.0)
_PIECES: Final = mapping(WHOLE, usual=1)
_SPAN: Final = {"start": ("start_s", INSTANT), "end": ("end_s", INSTANT)}
_BOTH: Final = ("start", "end")


def _pair(kind: Kind) -> Kind:
    """Return a window that may also be written as a list of two."""

    def read(frame: Frame, value: Any, where: str) -> Any:
        if isinstance(value, list | tuple) and len(value) == 2:
            value = {"start": value[0], "end": value[1]}
        return kind.read(frame, value, where)

    return Kind(read, lambda frame, value: [INSTANT.write(frame, value.start_s), INSTANT.write(frame, value.end_s)])


WINDOW: Final = _pair(record(TimeWindow, _SPAN, needs=_BOTH))
_SOFT: Final = record(
    SoftWindow,
    _SPAN | {"early_cents_per_minute": ("early_cents_per_minute", NUMBER), "late_cents_per_minute": ("late_cents_per_minute", NUMBER)},
    needs=_BOTH,
)  # fmt: skip
_PROMISED: Final = record(
    PromisedWindow,
    _SPAN | {"broken_cents": ("broken_cents", NUMBER), "late_cents_per_minute": ("late_cents_per_minute", NUMBER)},
    needs=_BOTH,
)
_AFTER: Final = record(After, {"visit": ("visit_id", TEXT), "gap": ("gap_s", LENGTH)}, needs=("visit",))
_PIN: Final = record(Pin, {"technician": ("technician_id", TEXT), "start": ("start_s", INSTANT)}, needs=("technician",))


def _after(frame: Frame, value: Any, where: str) -> Any:
    return _AFTER.read(frame, {"visit": value} if isinstance(value, str) else value, where)


VISIT: Final = record(
    VisitRequest,
    {
        "visit": ("visit_id", TEXT), "place": ("place", PLACE), "service": ("service_s", LENGTH),
        "service_by": ("service_by", mapping(LENGTH)), "windows": ("windows", many(WINDOW)), "soft": ("soft", _SOFT),
        "promised": ("promised", _PROMISED), "unserved_cents": ("unserved_cents", NUMBER), "skills": ("skills", _LEVELS),
        "tools": ("tools", _NAMES), "parts": ("parts", _PIECES), "equipment": ("equipment", _NAMES),
        "after": ("after", many(Kind(_after, _AFTER.write))), "together": ("together", TEXT), "preferred": ("preferred", _NAMES),
        "other_cents": ("other_cents", NUMBER), "excluded": ("excluded", _NAMES), "territory": ("territory", TEXT), "pin": ("pin", _PIN),
    },
    needs=("visit", "place", "service"), lacking={"place": -1, "service": 0.0},
)  # fmt: skip
_BREAK: Final = record(
    RestBreak,
    {"duration": ("duration_s", LENGTH), "earliest": ("earliest_s", INSTANT), "latest": ("latest_s", INSTANT)},
    needs=("duration", "earliest", "latest"),
)
_SHIFT: Final = record(
    TechnicianShift,
    _SPAN | {
        "start_place": ("start_place", PLACE), "end_place": ("end_place", END_PLACE), "overtime": ("overtime_s", LENGTH),
        "breaks": ("breaks", many(_BREAK)), "day": ("day", WHOLE), "driven": ("driven_s", LENGTH),
        "travelled": ("travelled_s", LENGTH),
    },
    needs=("start", "end", "start_place", "end_place"), always=("day",), lacking={"start_place": -1, "end_place": None},
)  # fmt: skip


def _shift(frame: Frame, value: Any, where: str) -> Any:
    """Read a shift: it ends where it starts, on the day of its start, unless it says otherwise."""
    if isinstance(value, Mapping):
        value = dict(value)
        if "start_place" in value:
            value.setdefault("end_place", value["start_place"])
        if "day" not in value and value.get("start") is not None:
            told = len(frame.issues)
            try:
                start = frame.instant(INSTANT.read(frame, value["start"], where))
                value["day"] = (start.date() - frame.begins_at.date()).days
            except (FaultError, OverflowError):  # the start is read once more, and told then
                del frame.issues[told:]
    return _SHIFT.read(frame, value, where)


_TECHNICIAN: Final = record(
    FieldTechnician,
    {
        "technician": ("technician_id", TEXT), "shifts": ("shifts", many(Kind(_shift, _SHIFT.write))), "skills": ("skills", _LEVELS),
        "tools": ("tools", _NAMES), "parts": ("parts", _PIECES), "equipment": ("equipment", _NAMES), "vehicle": ("vehicle", TEXT),
        "territories": ("territories", _NAMES), "cost_per_hour_cents": ("cost_per_hour_cents", NUMBER),
        "cost_per_km_cents": ("cost_per_km_cents", NUMBER), "used_cents": ("used_cents", NUMBER),
        "overtime_per_hour_cents": ("overtime_per_hour_cents", NUMBER), "pace": ("pace", NUMBER), "travel_factor": ("travel_factor", NUMBER),
        "max_travel": ("max_travel_s", LENGTH), "longest_leg": ("longest_leg_s", LENGTH), "drive_limit": ("drive_limit_s", LENGTH),
        "drive_rest": ("drive_rest_s", LENGTH),
    },
    needs=("technician", "shifts"),
)  # fmt: skip


def _technician(frame: Frame, value: Any, where: str) -> Any:
    """Read a technician whose shifts begin and end at home unless they say otherwise."""
    if isinstance(value, Mapping) and "home" in value:
        value = dict(value)
        home = value.pop("home")
        if isinstance(value.get("shifts"), list):
            value["shifts"] = [
                {"start_place": home, **one} if isinstance(one, Mapping) else one for one in value["shifts"]
            ]
    return _TECHNICIAN.read(frame, value, where)


TECHNICIAN: Final = Kind(_technician, _TECHNICIAN.write)
DEPOT: Final = record(
    PartsDepot,
    {
        "depot": ("depot_id", TEXT), "place": ("place", PLACE), "tools": ("tools", _NAMES), "parts": ("parts", _PIECES),
        "service": ("service_s", LENGTH), "open": ("open_s", WINDOW),
    },
    needs=("depot", "place"), lacking={"place": -1},
)  # fmt: skip
PUBLISHED: Final = record(
    PublishedVisit,
    {"visit": ("visit_id", TEXT), "technician": ("technician_id", TEXT), "start": ("start_s", INSTANT)},
    needs=("visit", "technician", "start"),
)
PRICES: Final = record(
    RoutingPrices,
    {
        "balance_cents": ("balance_cents", NUMBER), "other_technician_cents": ("other_technician_cents", NUMBER),
        "moved_cents_per_minute": ("moved_cents_per_minute", NUMBER), "free_move": ("free_move_s", LENGTH),
        "most_changes": ("most_changes", WHOLE),
    },
)  # fmt: skip


def _matrix(frame: Frame, value: Any, where: str) -> Any:
    """Read a table of seconds or metres; null is no way."""
    if not isinstance(value, list) or not all(isinstance(row, list) for row in value):
        frame.wrong("wrong-type", where, value, "Maybe a list of rows, a row a list of numbers.")
    if len(value) > MOST_ROWS // 2:
        frame.wrong("too-large", where, f"{len(value):,}", f"Maybe split it: {MOST_ROWS // 2:,} places are the most.")
    if wrong := [(k, len(row)) for k, row in enumerate(value) if len(row) != len(value)]:
        k, n = wrong[0]
        frame.wrong("wrong-size", f"{where}[{k}]", f"{n} of {len(value)}", "Maybe a row or a column is missing.")
    rows = np.full((len(value), len(value)), np.inf)
    told = len(frame.issues)
    for k, row in enumerate(value):
        for j, one in enumerate(row):
            if isinstance(one, int | float) and not isinstance(one, bool) and 0 <= one <= MOST_SECONDS:
                rows[k, j] = one
            elif one is not None and len(frame.issues) < told + 20:
                advice = "Maybe null, where there is no way; else a number from 0 up."
                frame.tell("not-a-number", f"{where}[{k}][{j}]", str(one), advice)
    return rows


def _matrix_out(frame: Frame, value: Any) -> Any:
    del frame
    return [
        [None if not np.isfinite(one) else int(one) if one.is_integer() else one for one in row]
        for row in np.asarray(value, dtype=np.float64).tolist()
    ]


MATRIX: Final = Kind(_matrix, _matrix_out)
_KNOTS: Final = many(NUMBER)


def _warp(frame: Frame, value: Any, where: str) -> TimeWarp:
    found = record(
        lambda **parts: parts,
        {"start": ("start_s", INSTANT), "knots": ("knots_s", _KNOTS), "driven": ("driven_s", _KNOTS)},
        needs=("start", "knots", "driven"),
    ).read(frame, value, where)
    knots, driven = (np.array(found[name], dtype=np.float64) for name in ("knots_s", "driven_s"))
    if len(knots) < 2 or len(knots) != len(driven) or (np.diff(knots) <= 0).any() or (np.diff(driven) <= 0).any():
        frame.wrong("bad-warp", where, value, "Maybe two lists of one length, both ascending.")
    # Everything counts from the beginning of the problem, wherever the line itself begins.
    return TimeWarp(frame.begins_at, knots + found["start_s"], driven)


def _warp_out(frame: Frame, value: TimeWarp) -> dict[str, Any]:
    start: datetime = value.start.astimezone(frame.begins_at.tzinfo)
    return {"start": start.isoformat(), "knots": value.knots_s.tolist(), "driven": value.driven_s.tolist()}


WARP: Final = Kind(_warp, _warp_out)

#: What of a file needs nothing else of it, and what needs places and the beginning.
PROBLEM: Final[dict[str, tuple[str, Kind]]] = {
    "places": ("places", many(POINT)), "seconds": ("seconds", MATRIX), "metres": ("metres", MATRIX), "warp": ("warp", WARP),
    "visits": ("visits", many(VISIT)), "technicians": ("technicians", many(TECHNICIAN)), "depots": ("depots", many(DEPOT)),
    "equipment": ("equipment", mapping(WHOLE)), "published": ("published", many(PUBLISHED)), "prices": ("prices", PRICES),
}  # fmt: skip
