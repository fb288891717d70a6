"""`troth plan`: from a lake to a roster of named people, and how the days would go under it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from troth.charts.numbers import between, number
from troth.cli import output
from troth.cli._interrupt import interruptible
from troth.cli._lake import lake_option
from troth.cli._quantities import SECONDS, SHARE
from troth.cli._staff_shared import pairs
from troth.cli.forecast import _as_of
from troth.core.decision import Issue, Severity, Status
from troth.core.errors import InputError
from troth.core.lengths import parse_length

if TYPE_CHECKING:
    from troth.capacity.month import MonthPlan, MonthQuestion

_EXAMPLE = (
    "Example: troth plan --lake demo-lake --site care-v --from 2026-07-06 --days 28 --holidays LT --out july; "
    "troth plan --site care-v --from 2026-07-06 --out july --due mail=4h --out-of-office 5% --seconds 60"
)
_DAY = click.DateTime(formats=["%Y-%m-%d"])

_OPTIONS = (
    click.option("--site", required=True, metavar="SITE", help="Whose people and queues are planned."),
    click.option("--from", "first", type=_DAY, required=True, help="First day."),
    click.option("--days", type=int, default=28, show_default=True, help="How many days."),
    click.option("--out", type=click.Path(path_type=Path), required=True, help="Folder to write; made if missing, refused if it holds anything."),
    click.option("--every", type=click.Choice(["15min", "30min"]), default="30min", show_default=True, help="Length of intervals of the requirement."),
    click.option("--holidays", default="", metavar="COUNTRY", help="Public holidays that count: LT, or with a part US-PA."),
    click.option("--as-of", metavar="TIME", help="Plan as if nothing later were known; the beginning of the first day if left out."),
    click.option("--weeks", type=int, default=10, show_default=True, help="How many weeks of the log handle times, patience and paces are learned from."),
    click.option("--level", type=SHARE, default="80%", show_default=True, help="Service level to reach on each day."),
    click.option("--within", type=SECONDS, default="20s", show_default=True, help="How soon an answer is in time."),
    click.option("--confidence", type=SHARE, default="90%", show_default=True, help="Probability with which each queue is to reach its level."),
    click.option("--due", multiple=True, metavar="QUEUE=TIME", help="Work of this queue can wait so long: mail=4h. A day if left out, where nobody waits in a line. Repeatable."),
    click.option("--at-once", multiple=True, metavar="QUEUE=N", help="Contacts of this queue one person serves at once; as the log shows if left out. Repeatable."),
    click.option("--occupancy", type=SHARE, help="Cap on expected work over people at work."),
    click.option("--in-office", type=SHARE, default="0", help="Share of time at work in meetings and the like; breaks are placed by the roster."),
    click.option("--out-of-office", type=SHARE, default="0", help="Share of shifts to which nobody comes, told too late; leave is known from the table."),
    click.option("--futures", type=int, default=200, show_default=True, help="Possible futures lived through under the roster."),
    click.option("--seconds", type=float, default=180.0, show_default=True, help="How long the searches may take together."),
    click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="Seed of chance."),
)  # fmt: skip


def _options(command: Any) -> Any:
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


@click.command("plan", epilog=_EXAMPLE)
@lake_option
@_options
@output.form_option
def command(lake: Path, form: output.Form, out: Path, **given: Any) -> int:
    """Plan a month: who comes, who is needed, who works when, and how it will go.

    Demand is forecast from the log, staffing says how many people are needed, a roster of named people covers it by contracts, skills,
    leave and rules, and the twin lives through possible futures under it. OUT gets one page, the roster as CSV, Excel and a calendar for
    each person, the requirement and all figures as CSV, and the whole as JSON. Ctrl-C ends the step that is running and keeps the best
    so far.
    """
    from troth.capacity.month import check_question, examined, plan_month
    from troth.cli._lake import opened
    from troth.cli._plan_files import refuse_out, written

    issues: list[Issue] = [*refuse_out(out)]
    question, source, known = _question(given, issues), None, None
    try:
        source = opened(lake)
        question = replace(question, as_of=_as_of(given["as_of"], None, source))
    except InputError as error:
        issues += error.issues
    with output.progress("Planning") as tell, interruptible() as asked:
        try:
            tell(0.0, "reading the past")
            known = examined(source, question=question) if source is not None else None
        except InputError as error:
            issues += error.issues
        if source is None or known is None or issues:
            raise InputError([*issues, *(check_question(question) if source is None else ())])
        plan = plan_month(source, question=question, known=known, asked_to_stop=asked, on_progress=tell)
    files = written(plan, out, source=Path(str(lake)).name, now=datetime.now(UTC))
    _show(plan, files, form)
    doubtful = any(one.severity is not Severity.INFO for one in plan.issues)
    return int(doubtful or plan.status is not Status.FEASIBLE)


def _question(given: Mapping[str, Any], issues: list[Issue]) -> MonthQuestion:
    """Return what is asked; pairs that are none are added to the issues."""
    from troth.capacity.month import MonthQuestion
    from troth.capacity.staffing.read import StaffingAims

    due = pairs(given["due"], "--due", parse_length, issues)
    at_once = pairs(given["at_once"], "--at-once", int, issues)
    aims = StaffingAims(
        level=given["level"], within_s=given["within"], confidence=given["confidence"], occupancy=given["occupancy"], due=due,
        at_once=at_once, in_office=given["in_office"], out_of_office=given["out_of_office"],
    )  # fmt: skip
    return MonthQuestion(
        given["site"], given["first"].date(), given["days"], given["every"], given["holidays"], None, given["weeks"], aims,
        futures=given["futures"], seconds=given["seconds"], seed=given["seed"],
    )  # fmt: skip


def _show(plan: MonthPlan, files: Sequence[str], form: output.Form) -> None:
    """Print the figures of the whole time, and what was written."""
    from troth.capacity.month import figure_rows

    rows = figure_rows(plan, daily=False)
    if form is output.Form.JSON:
        extra = {
            "status": str(plan.status), "files": list(files), "issues": [one.as_dict() for one in plan.issues],
            "seconds": dict(plan.seconds), "futures": plan.prospect.futures, "seed": plan.question.seed,
        }  # fmt: skip
        output.show(rows, form=form, key="figures", extra=extra)
        return
    columns: dict[str, Callable[[output.Row], str]] = {
        "of": lambda row: str(row["of"]), "figure": lambda row: str(row["title"]),
        "median": lambda row: number(row["median"], unit=row["unit"]),
        "nine in ten futures": lambda row: between(row["low"], row["high"], unit=row["unit"]),
        "aim": lambda row: number(row["aim"], unit=row["unit"]),
    }  # fmt: skip
    output.show(rows, form=form, key="figures", columns=columns)
    if form is output.Form.TABLE:
        took = ", ".join(f"{step} {seconds:.0f} s" for step, seconds in plan.seconds.items())
        click.echo(f"{str(plan.status).capitalize()}: {len(files):,} files written; {took}.")
        output.show_issues([one for one in plan.issues if one.severity is not Severity.INFO], form=form)
