"""Compile the kernels that are cached on disk, so that tests do not wait for them one after the other.

    python -m tools.kernels

`make test` runs it beside the type checker: both need one core for about a minute and a half.
"""

from __future__ import annotations

from datetime import UTC, date, datetime

import numpy as np

from troth.capacity import roster
from troth.core.decision import Stop
from troth.field import routing


def main() -> None:
    """Solve the smallest problems there are."""
    day = roster.ShiftKind("day", (480,))
    staff = (roster.Employee("ada", roster.Terms()),)
    needs = (roster.KindNeed(0, "day", 1, 10.0, 1.0),)
    roster.solve(roster.RosterProblem(date(2026, 6, 1), 1, (day,), staff, kind_needs=needs), stop=Stop(steps=1))
    ada = routing.FieldTechnician("ada", (routing.TechnicianShift(0, 28800, 0, 0),))
    visits = (routing.VisitRequest("v", 1, 600), routing.VisitRequest("w", 1, 600))
    problem = routing.RoutingProblem(datetime(2026, 6, 1, tzinfo=UTC), visits, (ada,), np.ones((2, 2)))
    for search in ("hunt", "split"):
        routing.solve(problem, stop=Stop(steps=1), params=routing.RoutingParams(search=search))


if __name__ == "__main__":
    main()
