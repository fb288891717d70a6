"""`troth route insert`: which windows to offer a caller."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from troth.cli import output
from troth.cli._quantities import SHARE
from troth.cli._route_day import second_of
from troth.cli._route_files import read_problem, read_tours
from troth.cli._route_shared import FILE, input_option, travel_option
from troth.core.decision import Issue, Severity
from troth.core.errors import InputError

if TYPE_CHECKING:
    from troth.field.routing import RoutingProblem, TimeWindow, Tour
    from troth.field.routing.insert import InsertAdvice


@click.command(
    "insert", epilog="Example: troth route insert problem.json plan.json --visit boiler-7 --hours 2 --sure 90%"
)
@click.argument("path", metavar="PROBLEM", type=FILE)
@click.argument("planned", metavar="PLAN", type=FILE)
@click.option("--visit", required=True, metavar="ID", help="A visit of the problem that the plan does not make.")
@click.option(
    "--window",
    "windows",
    multiple=True,
    metavar="FROM/TO",
    help="A window to look at; may be repeated. All within shifts if left out.",
)
@click.option(
    "--hours",
    type=click.FloatRange(0.25, 24),
    default=2.0,
    show_default=True,
    help="How long windows are if none is given.",
)
@click.option(
    "--sure", type=SHARE, default=0.0, show_default="any", help="Least probability with which a window is kept."
)
@click.option("--most", type=click.IntRange(1, 100), default=10, show_default=True, help="How many windows to tell.")
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="Chance of the days lived through.")
@input_option
@travel_option
@output.form_option
def insert_command(
    path: Path, planned: Path, *, visit: str, windows: tuple[str, ...], hours: float, sure: float, most: int, seed: int, source: str,
    travel: str | None, form: output.Form,
) -> int:  # fmt: skip
    """Say which windows to offer a caller: what each costs, and how likely it is kept.

    The visit is put where it costs least for each window, and the day is then lived through with work and travel as they are spread. Exit
    status is 1 if there is no window to offer.
    """
    from troth.field.routing.insert import insert

    file = read_problem(path, form=source, travel=travel)
    problem = file.problem
    tours = read_tours(planned, file=file, form=source)
    spans, issues = _windows(problem, windows)
    issues = [*_wrong_visit(problem, tours, visit), *issues]
    if issues:
        raise InputError(issues)
    spans = spans or _usual(problem, hours)
    told = insert(problem, tours=tours, visit_id=visit, windows=spans, seed=seed, most=most, least_probability=sure)
    _show_windows(told, problem=problem, form=form)
    if file.issues:
        output.show_issues(file.issues, form=form)
    return int(not told.windows)


def _wrong_visit(problem: RoutingProblem, tours: Sequence[Tour], visit: str) -> list[Issue]:
    """Return what is wrong with a visit that the problem does not know, or the plan makes already."""
    from difflib import get_close_matches

    names = [one.visit_id for one in problem.visits]
    if visit not in names:
        near = get_close_matches(visit, names, n=1)
        advice = f"Maybe {near[0]} is meant." if near else "Maybe add it to the problem's visits."
        return [Issue("unknown-visit", Severity.ERROR, "--visit", visit, advice)]
    if any(visit in tour.visits() for tour in tours):
        advice = "Maybe another visit: the plan makes this one."
        return [Issue("planned-already", Severity.ERROR, "--visit", visit, advice)]
    return []


def _windows(problem: RoutingProblem, texts: Sequence[str]) -> tuple[tuple[TimeWindow, ...], list[Issue]]:
    """Return the windows, and what is wrong with any of them."""
    from troth.field.routing import TimeWindow

    found, issues = list[TimeWindow](), list[Issue]()
    for text in texts:
        start, mark, end = text.partition("/")
        if not mark:
            advice = "Maybe FROM/TO is meant, as 2026-06-01T09:00/2026-06-01T11:00."
            issues.append(Issue("bad-time", Severity.ERROR, "--window", text, advice))
            continue
        seconds = []
        for one in (start, end):
            try:
                seconds.append(second_of(problem, one, where="--window"))
            except InputError as error:
                issues += error.issues
        if len(seconds) == 2:
            found.append(TimeWindow(*seconds))
            if seconds[1] < seconds[0]:
                advice = "Maybe start and end are exchanged."
                issues.append(Issue("empty-span", Severity.ERROR, "--window", text, advice))
    return tuple(found), issues


def _usual(problem: RoutingProblem, hours: float) -> tuple[TimeWindow, ...]:
    """Return the windows within each day's shifts, one beginning each hour."""
    from troth.field.routing import TimeWindow
    from troth.field.routing.insert import windows_between

    days: dict[int, tuple[float, float]] = {}
    for who in problem.technicians:
        for shift in who.shifts:
            start, end = days.get(shift.day, (shift.start_s, shift.end_s))
            days[shift.day] = (min(start, shift.start_s), max(end, shift.end_s))
    opens = [
        TimeWindow(-(-start // 3600) * 3600, end)
        for _, (start, end) in sorted(days.items())
        if end - start < 30 * 86_400
    ]
    return windows_between(opens, hours=[hours])


def _show_windows(told: InsertAdvice, *, problem: RoutingProblem, form: output.Form) -> None:
    from troth.field.routing.export import explained

    rows: list[output.Row] = [one.as_dict(problem) for one in told.windows]
    if form is not output.Form.TABLE:
        refused = [explained(one) for one in told.refused]
        output.show(
            rows, form=form, key="windows", extra={"visit": told.visit_id, "refused": refused, "seconds": told.seconds}
        )
        return
    columns: dict[str, Callable[[output.Row], str]] = {
        "from": lambda row: row["start_at"][:16].replace("T", " "), "to": lambda row: row["end_at"][11:16],
        "technician": lambda row: row["technician_id"], "costs": lambda row: f"{row['cost_cents'] / 100:,.2f}",
        "kept": lambda row: f"{row['probability']:.0%}", "risk": lambda row: f"{row['risk_cents'] / 100:,.2f}",
    }  # fmt: skip
    if rows:
        output.show(rows, form=form, key="windows", columns=columns)
    else:
        click.echo("No window can be offered.")
    for one in told.refused[:8]:
        start, end = (f"{problem.at(one.parameters[key]):%a %H:%M}" for key in ("start_s", "end_s"))
        click.echo(f"  not {start} to {end}: {one.code.removeprefix('insert.').replace('-', ' ')}")
