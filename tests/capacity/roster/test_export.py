"""Calendars, CSV, Excel, the picture and the page of a roster; hostile names stay text everywhere."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from icalendar import Calendar
from openpyxl import load_workbook

from tests.capacity.roster.problems import EARLY, LATE, NIGHT, shop
from troth.capacity.roster import (
    OFF,
    Duty,
    Employee,
    KindNeed,
    RosterParams,
    RosterPlan,
    RosterProblem,
    ShiftKind,
    Stop,
    Terms,
    Wish,
    solve,
)
from troth.capacity.roster.export import calendars, grid, grid_csv, grid_excel
from troth.capacity.roster.page import page
from troth.capacity.roster.plan import judged
from troth.capacity.roster.plots import cover_gap

NOW = datetime(2026, 3, 1, tzinfo=UTC)
EVIL = "=HYPERLINK(1)\n</script><img src=x onerror=alert(1)>\x07"
#: Clocks go forward on Sunday, 29 March, at 3 in the night.
SPRING = RosterProblem(
    date(2026, 3, 28), 3, (EARLY, LATE, NIGHT, ShiftKind("call", (1440,))),
    (Employee("ada", Terms()), Employee(EVIL, Terms(), away=frozenset({1}))), begins=60, time_zone="Europe/Vilnius",
)  # fmt: skip
DUTIES = (Duty("ada", 0, "night", 1320, 600), Duty("ada", 2, "early", 360, 480), Duty(EVIL, 0, "call", 0, 1440))


def plan_of(problem: RosterProblem, duties: tuple[Duty, ...]) -> RosterPlan:
    """Return a judged roster."""
    return judged(problem, duties, bound=None, whole=False, seed=0, seconds=0.0, versions={})


def at(event: Any, name: str) -> Any:
    """Return a time of an entry."""
    return event[name].dt


def test_times_are_utc_by_the_wall_clock_across_its_change() -> None:
    """A day begins at 01:00: the night from 23:00 to 09:00 of the next day is nine hours long, as an hour is lost."""
    ours = Calendar.from_ical(calendars(SPRING, DUTIES, stamped_at=NOW)["ada"])
    night, early = ours.walk("VEVENT")
    assert at(night, "dtstart") == datetime(2026, 3, 28, 21, tzinfo=UTC)
    assert at(night, "dtend") == datetime(2026, 3, 29, 6, tzinfo=UTC)
    assert at(early, "dtstart") == datetime(2026, 3, 30, 4, tzinfo=UTC)
    assert night["summary"] == "night"


def test_a_calendar_entry_keeps_its_name() -> None:
    """Another shift on the same day changes the entry; two people or days never share one."""
    before, after = (
        Calendar.from_ical(calendars(SPRING, some, stamped_at=NOW)["ada"]).walk("VEVENT")
        for some in (DUTIES, (Duty("ada", 0, "early", 360, 480),))
    )
    assert before[0]["uid"] == after[0]["uid"]
    assert before[0]["uid"] != before[1]["uid"]


def test_kinds_without_a_time_fill_their_day() -> None:
    """Of those only the day is known."""
    (call,) = Calendar.from_ical(calendars(SPRING, DUTIES, stamped_at=NOW)[EVIL]).walk("VEVENT")
    assert (at(call, "dtstart"), at(call, "dtend")) == (date(2026, 3, 28), date(2026, 3, 29))


def test_the_grid_has_people_by_days() -> None:
    """Dates above, times as the wall clock shows them, leave told."""
    heads, ada, evil = grid(SPRING, DUTIES)
    assert heads == ["person", "2026-03-28", "2026-03-29", "2026-03-30"]
    assert ada == ["ada", "night 23:00-09:00", "", "early 07:00-15:00"]
    assert evil == [EVIL, "call", "(away)", ""]


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_no_cell_runs_as_a_formula(start: str) -> None:
    """In CSV an apostrophe stands before; in a workbook every cell is text."""
    kind = ShiftKind(f"{start}cmd", (480,))
    problem = RosterProblem(date(2026, 6, 1), 1, (kind,), (Employee(f"{start}1+1", Terms()),))
    duties = [Duty(f"{start}1+1", 0, f"{start}cmd", 0, 480)]
    rows = list(csv.reader(io.StringIO(grid_csv(problem, duties), newline="")))
    assert rows[1] == [f"'{start}1+1".replace("\r", "\n"), f"'{start}cmd".replace("\r", "\n")]
    sheet = load_workbook(io.BytesIO(grid_excel(problem, duties)))["Roster"]
    assert {cell.data_type for row in sheet.iter_rows() for cell in row} == {"s"}


def test_a_workbook_holds_the_grid() -> None:
    """The same cells, characters that no sheet can hold replaced."""
    sheet = load_workbook(io.BytesIO(grid_excel(SPRING, DUTIES)))["Roster"]
    rows = [[cell or "" for cell in row] for row in sheet.iter_rows(values_only=True)]
    assert rows == [[cell.replace("\x07", "\ufffd") for cell in row] for row in grid(SPRING, DUTIES)]


def drawn(plan: RosterPlan) -> dict[str, int]:
    """Return how many marks each trace of the picture has."""
    return {trace.name: len(trace.x) for trace in plan.plot().data}


def test_the_picture_shows_shifts_cover_requests_and_what_is_broken() -> None:
    """A bar a shift, dots of requests by whether they are honoured, a cross a broken rule."""
    ada = Employee(
        "ada", Terms(longest_run=1, most_days=1), wishes=(Wish(0, OFF, True, 1.0), Wish(1, "late", True, 1.0))
    )
    needs = (KindNeed(0, "early", 3, 5.0, 1.0), KindNeed(1, "early", 0, 5.0, 1.0))
    problem = RosterProblem(date(2026, 6, 1), 2, (EARLY, LATE), (ada,), kind_needs=needs)
    plan = plan_of(problem, (Duty("ada", 0, "early", 360, 480), Duty("ada", 1, "early", 360, 480)))
    found = drawn(plan)
    assert (found["early"], found["honoured"], found["not honoured"], found["broken"]) == (2, 1, 1, 2)
    edges, under, over = cover_gap(problem, plan.duties)
    assert (edges.tolist(), under.tolist(), over.tolist()) == ([0, 1, 2], [2, 0], [0, 1])


def test_shifts_of_one_kind_are_coloured_by_activity() -> None:
    """In a shop the picture shows what is done when, and what is missing by slots."""
    problem = shop(6)
    plan = solve(problem, stop=Stop(steps=1), params=RosterParams(workers=1))
    found = drawn(plan)
    assert found["till"] == sum(a == "till" for d in plan.duties for a, _, _ in d.stretches)
    _, under, over = cover_gap(problem, plan.duties)
    slot = 3.0 * under.sum() + over.sum()
    assert slot == pytest.approx(plan.objective.get("roster.under", 0) + plan.objective.get("roster.over", 0))


def test_many_people_stay_readable() -> None:
    """A hundred and twenty rows have a height of their own each, and names that fit."""
    staff = tuple(Employee(f"a person with a long name {n}", Terms()) for n in range(120))
    figure = plan_of(replace(SPRING, staff=staff), ()).plot()
    assert figure.layout.height / 120 > 14
    assert max(map(len, figure.layout.yaxis.ticktext)) <= 16


def test_the_page_tells_all_and_runs_nothing() -> None:
    """Hostile names appear as text only, also within the picture."""
    shown = page(plan_of(SPRING, DUTIES))
    assert "Who works when?" in shown
    assert "&lt;/script&gt;&lt;img" in shown
    assert "<img src=x" not in shown
    broken = page(plan_of(SPRING, (*DUTIES, Duty("ada", 1, "noon", 0, 1))))
    assert "Some shifts are unknown" in broken


def test_the_page_of_an_infeasible_problem_names_the_conflict() -> None:
    """Rules, people and dates stand where people look first."""
    ada = Employee("ada", Terms(minutes=(960, None)), away=frozenset({0}))
    problem = RosterProblem(date(2026, 6, 1), 2, (EARLY,), (ada,))
    shown = page(solve(problem, stop=Stop(steps=1), params=RosterParams(workers=1)))
    assert "No roster keeps all rules" in shown
    assert "ada: roster.away on 2026-06-01" in shown
