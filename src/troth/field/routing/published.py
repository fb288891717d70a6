"""Published instances: Solomon's vehicle routing with windows, and technicians with skills, tools and spare parts."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Final

import numpy as np

from troth.core.decision import Issue, Severity
from troth.core.errors import InputError
from troth.field.routing.orders import timed_together
from troth.field.routing.problem import (
    FieldTechnician,
    PartsDepot,
    RoutingProblem,
    TechnicianShift,
    TimeWindow,
    VisitRequest,
)
from troth.field.routing.tours import StopKind, Tour

#: Instances have no date.
_BEGINS: Final = datetime(2000, 1, 1, tzinfo=UTC)
_CAPACITY: Final = "goods"


def read_technicians(text: str, *, name: str = "") -> RoutingProblem:
    """Return an instance of technicians and requests (Pillac, Gueret and Medaglia 2013, Optimization Letters 7, 1525-1535).

    Working time is minimised: a cent for a second of it, as the instances know no money. Places are in the order of the file:
    0 the depot, then homes of technicians, then requests; travel is the plain distance.

    Raises
    ------
    InputError : ``bad-line`` for every line that cannot be read.
    """
    rows, people = _crew_rows(text, name)
    at = np.array([[head[1], head[2]] for head, _ in rows])
    seconds = np.hypot(*(at[:, None, :] - at[None, :, :]).transpose(2, 0, 1))
    technicians = tuple(
        FieldTechnician(
            f"{head[0]:.0f}", (TechnicianShift(head[3], head[4], k, k),), dict.fromkeys(map(str, skills), 1.0),
            frozenset(map(str, tools)), {str(q): n for q, n in enumerate(parts) if n}, cost_per_hour_cents=3600.0,
        )
        for k, (head, (skills, tools, parts)) in enumerate(rows[1 : people + 1], start=1)
    )  # fmt: skip
    visits = tuple(
        VisitRequest(
            f"{head[0]:.0f}", k, head[5], windows=(TimeWindow(head[3], head[4]),), skills=dict.fromkeys(map(str, skills), 1.0),
            tools=frozenset(map(str, tools)), parts={str(q): n for q, n in enumerate(parts) if n},
        )
        for k, (head, (skills, tools, parts)) in enumerate(rows[people + 1 :], start=people + 1)
    )  # fmt: skip
    depot = PartsDepot("0", 0, open_s=TimeWindow(rows[0][0][3], rows[0][0][4]))
    return RoutingProblem(_BEGINS, visits, technicians, seconds, depots=(depot,))


#: A row of an instance: id, x, y, window, service; then skills, tools, pieces.
_CrewRow = tuple[list[float], list[list[int]]]


def _crew_rows(text: str, name: str) -> tuple[list[_CrewRow], int]:
    """Return the rows of an instance of technicians, and how many of them are technicians."""
    lines, issues, people = text.splitlines(), list[Issue](), 0
    rows: list[_CrewRow] = []
    for number, line in enumerate(lines, start=1):
        if re.match(r"^\s*CREW COUNT", line) and number < len(lines):
            counted = lines[number].split()[:1]
            if counted and re.fullmatch(r"\d{1,6}", counted[0]):
                people = int(counted[0])
            else:
                issues.append(_bad_line(name, number + 1, lines[number], "Maybe the number of technicians is missing."))
                people = -1
        if "[" in line:
            try:
                rows.append(_crew_row(line))
            except ValueError:
                advice = "Maybe a column is missing, or no number: id, x, y, window, service, then three lists."
                issues.append(_bad_line(name, number, line, advice))
    if not issues and not 0 < people < len(rows):
        shown = f"{len(rows)} rows, {people} technicians"
        issues.append(Issue("bad-file", Severity.ERROR, name, shown, "Maybe it is an instance of another kind."))
    if issues:
        raise InputError(issues)
    return rows, people


def _crew_row(line: str) -> _CrewRow:
    lists = [[int(x) for x in found.split(",") if x.strip()] for found in re.findall(r"\[([^\]]*)\]", line)]
    head = [float(x) for x in line.split("[", maxsplit=1)[0].split()]
    if len(head) != 6 or len(lists) != 3 or not np.isfinite(head).all():
        raise ValueError(line)
    return head, lists


def _bad_line(name: str, number: int, line: str, advice: str) -> Issue:
    return Issue("bad-line", Severity.ERROR, f"{name}:{number}", line.strip()[:80], advice)


def read_technician_routes(text: str, *, problem: RoutingProblem) -> tuple[Tour, ...]:
    """Return published routes, as ``<1,83,85,126|2,150,121,127>``: technician, requests or depot visits, 125 + technician."""
    people, orders = len(problem.technicians), []
    first = people + len(problem.visits) + 1
    for route in text.strip().strip("<>").split("|"):
        if not re.fullmatch(r"(\s*\d+\s*,?)*", route):
            raise InputError([_bad_line("routes", 1, route, "Maybe numbers with commas between them.")])
        ids = [int(x) for x in route.split(",") if x.strip()]
        if len(ids) > 2:
            # The end of technician t is numbered first - 1 + t; a stop at the depot, as many more as there are technicians.
            order = [(StopKind.DEPOT, "0") if x >= first + people else (StopKind.VISIT, str(x)) for x in ids[1:-1]]
            orders.append((str(ids[0]), 0, order))
    return timed_together(problem, orders=orders)


def read_solomon(text: str, *, name: str = "", tenths: bool = True) -> RoutingProblem:
    """Return an instance of vehicle routing with time windows (Solomon 1987, Operations Research 35, 254-265).

    Loads are parts on the van, and everybody's shift begins and ends at the depot. A cent for a unit of distance.

    Parameters
    ----------
    tenths : distances are cut to one decimal, as in the DIMACS challenge of 2022; travel times are the same.

    Raises
    ------
    InputError : ``bad-line`` for every line that cannot be read.
    """
    vehicles, capacity, numbers = _solomon_rows(text, name)
    table = np.array(numbers)
    gaps = np.hypot(*(table[:, None, 1:3] - table[None, :, 1:3]).transpose(2, 0, 1))
    gaps = np.floor(gaps * 10 + 1e-9) / 10 if tenths else gaps
    shift = TechnicianShift(table[0, 4], table[0, 5], 0, 0)
    crew = tuple(
        FieldTechnician(f"{k}", (shift,), parts={_CAPACITY: capacity}, cost_per_km_cents=1000.0)
        for k in range(1, vehicles + 1)
    )
    visits = tuple(
        VisitRequest(
            f"{row[0]:.0f}",
            k,
            row[6],
            windows=(TimeWindow(row[4], row[5]),),
            parts={_CAPACITY: int(row[3])} if row[3] else {},
        )
        for k, row in enumerate(table[1:], start=1)
    )
    return RoutingProblem(_BEGINS, visits, crew, gaps)


def _solomon_rows(text: str, name: str) -> tuple[int, int, list[list[float]]]:
    """Return vehicles, their capacity, and the rows of depot and customers."""
    numbers: list[list[float]] = []
    issues: list[Issue] = []
    vehicles = capacity = 0
    for number, line in enumerate(text.splitlines(), start=1):
        cells = line.split()
        if not cells or not re.fullmatch(r"-?[\d.]+", cells[0]):
            continue
        if not vehicles and len(cells) == 2:
            if re.fullmatch(r"\d{1,5}\s+\d{1,9}", line.strip()):
                vehicles, capacity = int(cells[0]), int(cells[1])
            else:
                issues.append(_bad_line(name, number, line, "Maybe whole numbers: vehicles and their capacity."))
                vehicles = -1
        elif len(cells) == 7 and all(re.fullmatch(r"-?(\d+\.?\d*|\.\d+)", c) for c in cells):
            numbers.append([float(c) for c in cells])
        else:
            advice = "Maybe a column is missing: number, x, y, demand, ready, due, service."
            issues.append(_bad_line(name, number, line, advice))
    if not issues and (vehicles < 1 or len(numbers) < 2):
        shown = f"{vehicles} vehicles, {len(numbers)} rows"
        issues.append(Issue("bad-file", Severity.ERROR, name, shown, "Maybe it is an instance of another kind."))
    if issues:
        raise InputError(issues)
    return vehicles, capacity, numbers
