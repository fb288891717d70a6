"""The rows of a file in VROOM's format: jobs, shipments, vehicles, matrices, each value looked at."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from troth.core.decision import Severity
from troth.core.json_input import FaultError, near
from troth.field.routing._file_parts import MATRIX
from troth.field.routing._reading import MOST_ROWS, NUMBER, Frame

_TASK: Final = frozenset(
    {
        "id", "description", "location", "location_index", "setup", "service", "setup_per_type", "service_per_type", "delivery", "pickup",
        "skills", "priority", "time_windows",
    }
)  # fmt: skip
_SHIPMENT: Final = frozenset({"pickup", "delivery", "amount", "skills", "priority"})
_VAN: Final = frozenset(
    {
        "id", "profile", "description", "start", "start_index", "end", "end_index", "capacity", "costs", "skills", "type", "time_window",
        "breaks", "speed_factor", "max_tasks", "max_travel_time", "max_distance", "steps",
    }
)  # fmt: skip
_BREAK: Final = frozenset({"id", "time_windows", "service", "description", "max_load"})
_NUMBERS: Final = ("setup", "service", "priority", "speed_factor", "max_tasks", "max_travel_time", "max_distance")
_LISTS: Final = ("delivery", "pickup", "amount", "skills", "capacity")
_TABLES: Final = ("setup_per_type", "service_per_type", "costs")


class VroomFrame(Frame):
    """What has been seen of a file: issues, and places by their coordinates or by index."""

    def __init__(self) -> None:
        super().__init__()
        self.coordinates: dict[tuple[float, float], int] = {}
        self.spots: dict[int, tuple[float, float]] = {}
        self.indexed = False

    def doubt(self, code: str, where: str, value: Any, advice: str) -> None:
        """Tell what is passed over or taken more strictly."""
        self.tell(code, where, value, advice, Severity.WARNING)

    def place(self, row: Mapping[str, Any], name: str, where: str) -> int | None:
        """Return the number of the place a row names by coordinates or index; None if by neither."""
        at, index = row.get(name), row.get(f"{name}_index")
        point: tuple[float, float] | None = None
        if at is not None:
            if not (isinstance(at, list | tuple) and len(at) == 2 and all(_is_number(x) for x in at)):
                self.wrong("bad-coordinates", f"{where}.{name}", at, "Maybe [longitude, latitude].")
            if not (abs(at[0]) <= 180 and abs(at[1]) <= 90):
                self.wrong("bad-coordinates", f"{where}.{name}", at, "Maybe [longitude, latitude], in this order.")
            point = (float(at[0]), float(at[1]))
        if self.indexed:
            if index is None and point is None:
                return None
            if index is None or not _is_number(index) or index != int(index):
                self.wrong("missing-key", f"{where}.{name}_index", index, "Maybe the row of the matrix: one is given.")
            if point is not None:
                self.spots[int(index)] = point
            return int(index)
        return None if point is None else self.coordinates.setdefault(point, len(self.coordinates))


@dataclass(slots=True)
class Job:
    """A job, or half a shipment."""

    name: str
    row: Mapping[str, Any]
    where: str
    place: int
    kind: str = "job"
    pair: str = ""
    priority: float = 0.0
    windows: Sequence[tuple[float, float]] = ()

    @property
    def places(self) -> list[int]:
        """Rows of the matrix."""
        return [self.place]


@dataclass(slots=True)
class Van:
    """A vehicle."""

    name: str
    row: Mapping[str, Any]
    where: str
    start: int | None
    end: int | None
    windows: Sequence[tuple[float, float]] = ()
    fixed: float = 0.0
    per_hour: float = 3600.0
    per_km: float = 0.0
    travel_factor: float = 1.0

    @property
    def places(self) -> list[int]:
        """Rows of the matrix."""
        return [one for one in (self.start, self.end) if one is not None]


@dataclass(frozen=True, slots=True)
class Tables:
    """The matrices of the vehicles' profile."""

    durations: Any = None
    distances: Any = None
    costs: Any = None


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e12


def _rows(frame: Frame, plain: Mapping[str, Any], name: str) -> list[Any]:
    value = plain.get(name)
    if value is None:
        return []
    if not isinstance(value, list) or len(value) > MOST_ROWS:
        frame.tell(
            "wrong-type",
            name,
            value if not isinstance(value, list) else len(value),
            f"Maybe a list of at most {MOST_ROWS:,}.",
        )
        return []
    return value


def _row(frame: VroomFrame, value: Any, where: str, known: Collection[str]) -> dict[str, Any]:
    """Return a row with the values that are of the right type; others are told."""
    if not isinstance(value, Mapping):
        frame.wrong("wrong-type", where, value, "Maybe an object in braces.")
    found = {}
    for key, one in value.items():
        if key not in known:
            frame.doubt("not-modelled", f"{where}.{key}", one, near(str(key), known=known))
            continue
        if one is None:
            continue
        try:
            found[key] = _value(frame, key, one, f"{where}.{key}")
        except FaultError:
            continue
    return found


def _value(frame: VroomFrame, key: str, value: Any, where: str) -> Any:
    if key == "id" and (not _is_number(value) or value != int(value) or value < 0):
        frame.wrong("wrong-type", where, value, "Maybe a whole number from 0 up.")
    if key in _NUMBERS and NUMBER.read(frame, value, where) < 0:
        frame.wrong("negative", where, value, "Maybe a sign slipped in.")
    if key == "speed_factor" and not 0 < value <= 100:
        frame.wrong("out-of-range", where, value, "Maybe 1: twice as fast is 2.")
    if key in _LISTS and not (isinstance(value, list) and all(_is_number(x) and 0 <= x == int(x) for x in value)):
        frame.wrong("wrong-type", where, value, "Maybe a list of whole numbers from 0 up.")
    if key in _TABLES and not (isinstance(value, Mapping) and all(_is_number(x) and x >= 0 for x in value.values())):
        frame.wrong("wrong-type", where, value, "Maybe an object whose values are numbers from 0 up.")
    if key == "time_windows":
        if not isinstance(value, list):
            frame.wrong("wrong-type", where, value, "Maybe a list of [start, end].")
        return [_window(frame, one, f"{where}[{k}]") for k, one in enumerate(value)]
    if key == "time_window":
        return _window(frame, value, where)
    if key in ("breaks", "steps"):
        if not isinstance(value, list):
            frame.wrong("wrong-type", where, value, "Maybe a list of objects.")
        return [_row(frame, one, f"{where}[{k}]", _known(key, one)) for k, one in enumerate(value)]
    return value


def _known(key: str, row: Any) -> Collection[str]:
    """Return the keys of a break; those of a step are whatever it has."""
    return _BREAK if key == "breaks" else list(row) if isinstance(row, Mapping) else ()


def _window(frame: Frame, value: Any, where: str) -> tuple[float, float]:
    if not (isinstance(value, list | tuple) and len(value) == 2 and all(_is_number(x) for x in value)):
        frame.wrong("wrong-type", where, value, "Maybe [start, end] in seconds.")
    if value[0] > value[1]:
        frame.wrong("empty-span", where, value, "Maybe start and end are exchanged.")
    return float(value[0]), float(value[1])


def jobs(frame: VroomFrame, plain: Mapping[str, Any]) -> list[Job]:
    """Return jobs, and shipments as two halves each."""
    frame.indexed = bool(plain.get("matrices") or plain.get("matrix"))
    found: list[Job] = []
    for k, value in enumerate(_rows(frame, plain, "jobs")):
        _add(frame, found, value, f"jobs[{k}]", "job", {}, "")
    for k, value in enumerate(_rows(frame, plain, "shipments")):
        where = f"shipments[{k}]"
        try:
            shared = _row(
                frame, {key: one for key, one in value.items() if key not in ("pickup", "delivery")}, where, _SHIPMENT
            )
        except (FaultError, AttributeError):
            frame.tell("wrong-type", where, value, "Maybe an object with pickup and delivery.")
            continue
        before = len(found)
        for half in ("pickup", "delivery"):
            if value.get(half) is None:
                frame.tell("missing-key", f"{where}.{half}", "", "Maybe a job is meant, which has one place only.")
            else:
                _add(frame, found, value[half], f"{where}.{half}", half, shared, "")
        if len(found) == before + 2:
            found[-1].pair = found[-2].pair = f"{found[-2].row['id']}"
    names = [one.name for one in found]
    for name in dict.fromkeys(name for name in names if names.count(name) > 1) if len(set(names)) < len(names) else ():
        frame.tell("twice", name, name, "Maybe a file was read twice.")
    return found


def _add(
    frame: VroomFrame, found: list[Job], value: Any, where: str, kind: str, shared: Mapping[str, Any], pair: str
) -> None:
    try:
        row = _row(frame, value, where, _TASK) | dict(shared)
        place = frame.place(row, "location", where)
    except FaultError:
        return
    if "id" not in row:
        frame.tell("missing-key", f"{where}.id", "", "Maybe number jobs from 1.")
    elif place is None:
        frame.tell(
            "missing-key", f"{where}.location", "", "Maybe add location as [longitude, latitude], or location_index."
        )
    else:
        if row.get("setup"):
            advice = "Maybe part of service: it is counted at every job, even beside another at the same place."
            frame.doubt("stricter", f"{where}.setup", row["setup"], advice)
        if not 0 <= row.get("priority", 0) <= 100:
            frame.tell("out-of-range", f"{where}.priority", row["priority"], "Maybe from 0 to 100.")
        found.append(
            Job(f"{kind} {int(row['id'])}", row, where, place, kind, pair, row.get("priority", 0), row.get("time_windows", ()))
        )  # fmt: skip


def _passed_over(frame: VroomFrame, row: Mapping[str, Any], where: str) -> None:
    """Tell what of a vehicle is not said in our problem."""
    if "max_distance" in row:
        frame.doubt(
            "not-modelled", f"{where}.max_distance", row["max_distance"], "Maybe max_travel_time, which is kept."
        )
    for j, rest in enumerate(row.get("breaks", ())):
        if "max_load" in rest:
            frame.doubt("not-modelled", f"{where}.breaks[{j}].max_load", rest["max_load"], "Maybe it is not needed.")
    for j, step in enumerate(row.get("steps", ())):
        for key in ("service_after", "service_before"):
            if key in step:
                frame.doubt("not-modelled", f"{where}.steps[{j}].{key}", step[key], "Maybe a time window of the job.")
    for key, cost in row.get("costs", {}).items():
        if cost and key not in ("fixed", "per_hour", "per_km"):
            frame.doubt("not-modelled", f"{where}.costs.{key}", cost, "Maybe per_hour, which is kept.")


def vehicles(frame: VroomFrame, plain: Mapping[str, Any]) -> list[Van]:
    """Return the vehicles."""
    found: list[Van] = []
    for k, value in enumerate(_rows(frame, plain, "vehicles")):
        where = f"vehicles[{k}]"
        try:
            row = _row(frame, value, where, _VAN)
            start, end = frame.place(row, "start", where), frame.place(row, "end", where)
        except FaultError:
            continue
        if "id" not in row:
            frame.tell("missing-key", f"{where}.id", "", "Maybe number vehicles from 1.")
            continue
        if start is None and end is None:
            frame.tell("missing-key", f"{where}.start", "", "Maybe add start, end or both.")
        _passed_over(frame, row, where)
        costs = row.get("costs", {})
        found.append(
            Van(f"{int(row['id'])}", row, where, start, end, (row["time_window"],) if "time_window" in row else (), costs.get("fixed", 0.0),
                costs.get("per_hour", 3600.0), costs.get("per_km", 0.0), 1 / row.get("speed_factor", 1.0))
        )  # fmt: skip
    names = [one.name for one in found]
    for name in dict.fromkeys(name for name in names if names.count(name) > 1):
        frame.tell("twice", f"vehicles[{name}]", name, "Maybe a file was read twice.")
    return found


def tables(frame: VroomFrame, plain: Mapping[str, Any], vans: Sequence[Van]) -> Tables:
    """Return the matrices of the profile that the vehicles have."""
    profiles = list(dict.fromkeys(str(one.row.get("profile", "car")) for one in vans))
    if len(profiles) > 1:
        advice = "Maybe one profile with speed_factor: there is one matrix for all vehicles."
        frame.tell("not-modelled", "vehicles.profile", ", ".join(profiles), advice)
        return Tables()
    matrices = plain.get("matrices")
    if matrices is None and plain.get("matrix") is not None:
        matrices = {profiles[0] if profiles else "car": {"durations": plain["matrix"]}}
    if not matrices:
        return Tables()
    profile = profiles[0] if profiles else "car"
    if not isinstance(matrices, Mapping) or not isinstance(matrices.get(profile), Mapping):
        known = matrices if isinstance(matrices, Mapping) else ()
        frame.tell("missing-key", f"matrices.{profile}", "", near(profile, known=known))
        return Tables()
    found = {}
    for key, value in matrices[profile].items():
        where = f"matrices.{profile}.{key}"
        if key not in ("durations", "distances", "costs"):
            frame.doubt("not-modelled", where, "", "Maybe durations, distances or costs.")
            continue
        try:
            found[key] = MATRIX.read(frame, value, where)
        except FaultError:
            continue
    if "durations" not in found:
        frame.tell("missing-key", f"matrices.{profile}.durations", "", "Maybe only distances are given.")
    elif any(np.shape(one) != np.shape(found["durations"]) for one in found.values()):
        frame.tell("wrong-size", f"matrices.{profile}", "", "Maybe one was made for other places than the others.")
        return Tables()
    return Tables(**found)
