"""What came up on a day, kept in the file of its plan: whoever plans the day once more must know it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any, Final

from troth.core.errors import InputError
from troth.core.json_input import FaultError, loaded, near
from troth.field.routing._names import known
from troth.field.routing._reading import INSTANT, LENGTH, TEXT, Frame, Kind, many, record
from troth.field.routing.day import LASTING, DayEvent, EventKind
from troth.field.routing.problem import RoutingProblem


def _kind(frame: Frame, value: Any, where: str) -> EventKind:
    names = [str(one) for one in EventKind]
    if value not in names:
        frame.wrong("unknown-event", where, value, near(str(value), known=names))
    return EventKind(value)


_EVENT: Final = record(
    DayEvent,
    {
        "kind": ("kind", Kind(_kind, lambda _, value: str(value))), "at": ("at_s", INSTANT), "visit": ("visit_id", TEXT),
        "technician": ("technician_id", TEXT), "length": ("seconds", LENGTH), "what": ("what", TEXT),
    },
    needs=("kind", "at"),
)  # fmt: skip


def lasting_rows(problem: RoutingProblem, *, events: Sequence[DayEvent]) -> list[dict[str, Any]]:
    """Return as plain data the events that still count when the day is planned once more; `events_from_json` reads them."""
    frame = _frame(problem)
    return [_EVENT.write(frame, one) for one in events if one.kind in LASTING]


def events_from_json(
    data: Mapping[str, Any] | str, *, problem: RoutingProblem, name: str = "plan"
) -> tuple[DayEvent, ...]:
    """Return the events that the file of a plan has, if any.

    Raises
    ------
    InputError : every key that is unknown or missing, every kind and instant that is none, and technicians nobody knows.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> import numpy as np
    >>> from troth.field.routing import FieldTechnician, RoutingProblem
    >>> problem = RoutingProblem(datetime(2026, 6, 1, tzinfo=UTC), (), (FieldTechnician("ada", ()),), np.zeros((1, 1)))
    >>> events_from_json({"events": [{"kind": "ill", "at": 3600, "technician": "ada"}]}, problem=problem)[0].at_s
    3600.0
    """
    plain = loaded(data, name=name) if isinstance(data, str) else data
    rows = plain.get("events") if isinstance(plain, Mapping) else None
    if rows is None:
        return ()
    people = known(problem).technicians

    def read(frame: Frame, value: Any, where: str) -> DayEvent:
        one: DayEvent = _EVENT.read(frame, value, where)
        if one.technician_id and one.technician_id not in people:
            frame.wrong("unknown-technician", f"{where}.technician", one.technician_id, near(one.technician_id, known=people))  # fmt: skip
        return one

    frame, found = _frame(problem), tuple[DayEvent, ...]()
    with suppress(FaultError):
        found = many(Kind(read)).read(frame, rows, "events")
    if frame.issues:
        raise InputError(frame.issues)
    return found


def _frame(problem: RoutingProblem) -> Frame:
    frame = Frame()
    frame.begins_at, frame.zone = problem.begins_at, problem.begins_at.tzinfo
    return frame
