"""A crew of two with one of everything, and ada's tour, for tests of what is left of a day."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np

from troth.field.routing import (
    After,
    FieldTechnician,
    PartsDepot,
    RestBreak,
    RoutingProblem,
    StopKind,
    TechnicianShift,
    Tour,
    VisitRequest,
)
from troth.field.routing.clock import timed

BEGINS = datetime(2026, 6, 1, tzinfo=UTC)
BREAK = RestBreak(1800, 7200, 10800)


def crew_of_two(**more: object) -> RoutingProblem:
    """Return the problem: `a` before `b` before `c`, a lift, a saw at the depot, pumps on the vans."""
    crew = tuple(
        FieldTechnician(name, (TechnicianShift(0, 28800, 0, 0, 3600, (BREAK,)),), parts={"pump": 2}) for name in ("ada", "ben")
    )  # fmt: skip
    visits = (
        VisitRequest("a", 1, 3600, parts={"pump": 1}, equipment=frozenset({"lift"}), together="x"),
        VisitRequest("b", 2, 3600, after=(After("a", 600),), together="x"),
        VisitRequest("c", 3, 3600, after=(After("b"),)),
        VisitRequest("d", 3, 3600, tools=frozenset({"saw"})),
    )
    given = {"depots": (PartsDepot("store", 0),), "equipment": {"lift": 2}} | more
    return RoutingProblem(BEGINS, visits, crew, np.full((4, 4), 600.0) - 600.0 * np.eye(4), **given)  # type: ignore[arg-type]


def ada_goes(problem: RoutingProblem) -> tuple[Tour, ...]:
    """Return the tour of everything, by the depot."""
    order = [
        (StopKind.VISIT, "a"),
        (StopKind.DEPOT, "store"),
        (StopKind.VISIT, "b"),
        (StopKind.VISIT, "c"),
        (StopKind.VISIT, "d"),
    ]
    return (timed(problem, technician_id="ada", shift=0, order=order),)
