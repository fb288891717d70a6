"""What the commands of `troth roster` share: options, what is printed, files written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from troth.cli import output
from troth.cli._places import refuse_unwritable, write
from troth.core.decision import Issue, Severity
from troth.core.errors import InputError

if TYPE_CHECKING:
    from troth.capacity.roster import RosterPlan, RosterProblem, Violation

FILE: Final = click.Path(path_type=Path, dir_okay=False, exists=True)
DAY: Final = click.DateTime(formats=["%Y-%m-%d"])
_OUT: Final = click.Path(path_type=Path, dir_okay=False)
_FOLDER: Final = click.Path(path_type=Path, file_okay=False)
input_option = click.option(
    "--input", "source", type=click.Choice(["json", "nurse", "multi-activity"]), default="json", show_default=True,
    help="What PATH is: a problem of Troth, or an instance of a published set.",
)  # fmt: skip
_FILES: Final = (
    click.option("--out", type=_OUT, help="Write the roster as JSON, for the other commands and --start."),
    click.option("--ical", type=_FOLDER, help="Write a calendar for each person into this folder."),
    click.option("--csv", type=_OUT, help="Write the grid of people and days as CSV."),
    click.option("--excel", type=_OUT, help="Write the grid as an Excel workbook."),
    click.option("--html", type=_OUT, help="Write a page: cost by rule, the grid with cover, people."),
)
FILES: Final = ("out", "ical", "csv", "excel", "html")


def writing(function: Any) -> Any:
    """Add the options that say where a roster is written."""
    for option in reversed(_FILES):
        function = option(function)
    return function


def refuse(given: Mapping[str, Any]) -> None:
    """Refuse places that cannot be written before anything is computed."""
    refuse_unwritable({f"--{name}": given[name] for name in FILES})


def opened(path: Path, roster: Path, *, source: str) -> tuple[RosterProblem, RosterPlan]:
    """Return a problem and a roster of it.

    Raises
    ------
    InputError : what cannot be read, and errors of the problem: a judge of contradictory rules would be none.
    """
    from troth.capacity.roster import check
    from troth.cli._roster_files import read_plan, read_problem

    problem = read_problem(path, form=source)
    issues = check(problem)
    if any(issue.severity is Severity.ERROR for issue in issues):
        raise InputError(issues)
    return problem, read_plan(roster, problem=problem)


def written(plan: RosterPlan, given: Mapping[str, Any]) -> None:
    """Write a roster wherever it was asked for."""
    from troth.capacity.roster import export

    if given["out"] is not None:
        from troth.cli._roster_files import plan_to_json

        write(given["out"], plan_to_json(plan), option="--out")
    if given["ical"] is not None:
        calendars = export.calendars(plan.problem, plan.duties, stamped_at=datetime.now(UTC))
        names = file_names(calendars)
        for who, data in calendars.items():
            _bytes(given["ical"] / f"{names[who]}.ics", data, option="--ical")
    if given["csv"] is not None:
        write(given["csv"], export.grid_csv(plan.problem, plan.duties), option="--csv")
    if given["excel"] is not None:
        _bytes(given["excel"], export.grid_excel(plan.problem, plan.duties), option="--excel")
    if given["html"] is not None:
        from troth.capacity.roster.page import page

        write(given["html"], page(plan))


def file_names(people: Iterable[str]) -> dict[str, str]:
    """Return a name for each person's file: letters and digits only, each once, whatever people are called.

    Examples
    --------
    >>> file_names(["Ada Ray", "ada/ray", "../x"])
    {'Ada Ray': 'Ada-Ray', 'ada/ray': 'ada-ray-2', '../x': 'x'}
    """
    out, used = dict[str, str](), set[str]()
    for who in people:
        stem = "-".join("".join(c if c.isalnum() else " " for c in who).split())[:60] or "person"
        name, k = stem, 1
        while name.casefold() in used:  # names that differ by case only are one on some disks
            k += 1
            name = f"{stem}-{k}"
        used.add(name.casefold())
        out[who] = name
    return out


def _bytes(path: Path, data: bytes, *, option: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    except OSError as error:
        advice = "Maybe another place: this one is no folder, is not yours to write in, or is full."
        issue = Issue("cannot-write", Severity.ERROR, option, f"{path}: {error.strerror or error}", advice)
        raise InputError([issue]) from error


def number(problem: RosterProblem, on: date | None, *, where: str, usual: int = 0) -> int:
    """Return a date's number among the days.

    Raises
    ------
    InputError : the date is outside.
    """
    if on is None:
        return usual
    day = (on.date() if isinstance(on, datetime) else on) - problem.first_date
    if not 0 <= day.days < problem.days:
        advice = f"Maybe a day from {problem.date_of(0)} to {problem.date_of(problem.days - 1)}."
        raise InputError([Issue("outside", Severity.ERROR, where, str(on)[:10], advice)])
    return day.days


def rule_rows(found: Sequence[Violation]) -> list[output.Row]:
    """Return how often each rule is broken and what that costs, the dearest first."""
    from troth.capacity.roster import RULES

    by: dict[str, list[Violation]] = {}
    for one in found:
        by.setdefault(one.rule, []).append(one)
    rows = [
        {
            "rule": rule, "hard": RULES[rule].hard, "times": len(some), "amount": sum(v.amount for v in some),
            "cost": sum(v.cost for v in some), "says": RULES[rule].sentence,
        }
        for rule, some in by.items()
    ]  # fmt: skip
    return sorted(rows, key=lambda row: (not row["hard"], -row["cost"], row["rule"]))


def violation_row(problem: RosterProblem, one: Violation) -> dict[str, Any]:
    """Return a violation as plain data."""
    from troth.capacity.roster import RULES

    return {
        "rule": one.rule, "hard": RULES[one.rule].hard, "person": one.agent_id,
        "day": problem.date_of(one.day).isoformat() if 0 <= one.day < 100_000 else None, "what": one.what,
        "amount": one.amount, "cost": one.cost, "says": RULES[one.rule].sentence,
    }  # fmt: skip


def show_violations(problem: RosterProblem, found: Sequence[Violation], *, most: int = 20) -> None:
    """Print violations for people, the first of many."""
    from troth.capacity.roster import RULES

    for one in found[:most]:
        row = violation_row(problem, one)
        who = ", ".join(part for part in (one.agent_id or "cover", row["day"] or "over all days", one.what) if part)
        price = "" if RULES[one.rule].hard else f", costs {one.cost:g}"
        click.echo(f"  {one.rule} ({who}): {one.amount:g}{price}. {row['says']}")
    if len(found) > most:
        click.echo(f"  ... and {len(found) - most:,} more; --format json lists all.")
