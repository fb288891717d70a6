"""`troth staff hire`: whom to employ week by week, when hiring takes time and people leave."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click
import numpy as np

from troth.cli import output
from troth.cli._lake import lake_option, opened
from troth.cli._quantities import SECONDS, SHARE
from troth.cli._staff_shared import from_json, pairs
from troth.core.decision import Issue, Severity, Stop
from troth.core.errors import InputError

if TYPE_CHECKING:
    from troth.capacity.staffing import HiringPlan, HiringQuestion, StaffingProblem
    from troth.log.lake import Lake

_EXAMPLE = (
    "Example: troth staff hire --input hiring.json; "
    "troth staff hire --lake demo-lake --queue calls --queue calls-en --weeks 16 --team voice --attrition 0.5% --lead-weeks 8"
)
_FILE = click.Path(path_type=Path, dir_okay=False, exists=True)
_OPTIONS: Final = (
    click.option("--input", "file", type=_FILE, help="JSON of FTE or hours by week, and terms; else a lake is read."),
    click.option("--queue", "queues", multiple=True, metavar="NAME", help="Queue of the lake; all if left out. Repeatable."),
    click.option("--weeks", type=click.IntRange(1, 104), default=16, show_default=True, help="How many weeks ahead, of a lake."),
    click.option("--learn-weeks", type=int, default=10, show_default=True, help="How many weeks of the log handle times and skills are learned from."),
    click.option("--holidays", default="", metavar="COUNTRY", help="Public holidays that count: LT, or with a part US-PA."),
    click.option("--time-zone", metavar="ZONE", help="Whose days count: that of the lake's sites if they share one, else UTC."),
    click.option("--as-of", metavar="TIME", help="Plan as if nothing later were known."),
    click.option("--level", type=SHARE, default="80%", show_default=True, help="Service level to reach on each day, of a lake."),
    click.option("--within", type=SECONDS, default="20s", show_default=True, help="How soon an answer is in time."),
    click.option("--due", multiple=True, metavar="QUEUE=TIME", help="Work of this queue can wait so long: mail=4h. Repeatable."),
    click.option("--confidence", type=SHARE, default="50%", show_default=True, help="Probability with which each queue is to reach its level."),
    click.option("--in-office", type=SHARE, default="10%", show_default=True, help="Share of paid time in meetings, training and the like."),
    click.option("--out-of-office", type=SHARE, default="15%", show_default=True, help="Share of paid time absent."),
    click.option("--hours-per-week", type=float, default=40.0, show_default=True, help="Paid hours of a full-time person."),
    click.option("--team", help="Whose contracts in the lake count as employed now."),
    click.option("--now", type=float, help="FTE employed now, instead of the lake's contracts."),
    click.option("--attrition", type=SHARE, default="0.5%", show_default=True, help="Share that leaves each week."),
    click.option("--lead-weeks", type=int, default=8, show_default=True, help="Weeks from the decision until the first day."),
    click.option("--most-hires", type=float, help="FTE that can start in a week."),
    click.option("--overtime-share", type=SHARE, default="5%", show_default=True, help="Overtime as a share of the staff's hours."),
    click.option("--seed", type=int, default=0, show_default=True, help="Seed of the possible futures."),
)  # fmt: skip


def _options(command: Any) -> Any:
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


@click.command("hire", epilog=_EXAMPLE)
@lake_option
@_options
@output.form_option
def hire_command(lake: Path, form: output.Form, file: Path | None, **given: Any) -> int:
    """Say whom to employ week by week, most cheaply, when hiring takes time and people leave.

    Of a lake the hours that queues take are found from a forecast by Erlang's formulas, week by week.
    """
    from troth.capacity.staffing import hiring, hiring_from_data

    issues: list[Issue] = []
    with output.progress("Hiring") as tell:
        asked = hiring_from_data(from_json(file)) if file is not None else _of_lake(lake, given, tell, issues)
        found = hiring(asked.needed, terms=asked.terms)
    issues += _doubts(found, asked)
    rows = _rows(found, asked.first_date)
    if form is output.Form.TABLE:
        output.show([_rounded(row) for row in rows], form=form, key="weeks")
        click.echo(f"Cost {found.cost_cents / 100:,.0f}.")
    else:
        extra = {"cost_cents": found.cost_cents, "now": asked.terms.now, "issues": [one.as_dict() for one in issues]}
        output.show(rows, form=form, key="weeks", extra=extra)
    if form is not output.Form.JSON:
        output.show_issues(issues, form=output.Form.TABLE)
    return int(any(one.severity is not Severity.INFO for one in issues))


def _doubts(found: HiringPlan, asked: HiringQuestion) -> list[Issue]:
    """Name the weeks in which work is missed whatever is decided."""
    bad = np.flatnonzero(found.missing > 0.05)
    if not len(bad):
        return []
    week = asked.first_date + timedelta(weeks=int(bad[0]))
    advice = "Maybe a partner, or people of another team: hiring cannot help in time, or costs more than missing."
    told = f"{found.missing[bad].max():.1f} FTE at most"
    return [Issue("work-missed", Severity.WARNING, f"week {week.isoformat()}", told, advice, len(bad))]


def _rows(found: HiringPlan, first: date) -> list[dict[str, Any]]:
    names = ("needed", "decide", "starting", "employed", "effective", "overtime", "missing")
    return [
        {"week": (first + timedelta(weeks=w)).isoformat()}
        | {name: round(float(getattr(found, name)[w]), 4) for name in names}
        for w in range(len(found.needed))
    ]


def _rounded(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value if name == "week" else f"{value:,.1f}" for name, value in row.items()}


def _of_lake(folder: Path, given: Mapping[str, Any], tell: Any, issues: list[Issue]) -> HiringQuestion:
    """Forecast the queues of a lake, staff each week by formulas, and count who is employed."""
    from troth.capacity.staffing import HiringQuestion, HiringTerms, weekly_fte
    from troth.capacity.staffing.read import StaffingAims, problem_of
    from troth.cli.forecast import _as_of
    from troth.core.lengths import parse_length
    from troth.demand.ask import forecast

    due = pairs(given["due"], "--due", parse_length, issues)
    if given["hours_per_week"] <= 0:
        issues.append(Issue("bad-hours", Severity.ERROR, "--hours-per-week", "", "Maybe 40."))
    if issues:
        raise InputError(issues)
    lake = opened(folder)
    as_of = _as_of(given["as_of"], given["time_zone"], lake)
    now = given["now"] if given["now"] is not None else _employed(lake, given, as_of)
    told = forecast(
        lake, by=("queue",), days=7 * given["weeks"], every="30min", time_zone=given["time_zone"],
        where={"queue": given["queues"]} if given["queues"] else None, holidays=given["holidays"], as_of=as_of, seed=given["seed"],
        paths=60, on_progress=lambda done, of: tell(0.5 * done / of, f"forecast {done} of {of}"),
    )  # fmt: skip
    aims = StaffingAims(
        level=given["level"], within_s=given["within"], confidence=given["confidence"], due=due, in_office=given["in_office"],
        out_of_office=given["out_of_office"],
    )  # fmt: skip
    problem, doubts = problem_of(lake, forecast=told, aims=aims, weeks=given["learn_weeks"], until=as_of)
    issues += [*told.issues, *doubts]
    need = weekly_fte(_hours(problem, given["weeks"], tell), hours_per_week=given["hours_per_week"])
    terms = HiringTerms(
        now=now, attrition=given["attrition"], lead_weeks=given["lead_weeks"], most_hires=given["most_hires"],
        overtime_share=given["overtime_share"],
    )  # fmt: skip
    return HiringQuestion(need, terms, problem.days()[0][0])


def _hours(problem: StaffingProblem, weeks: int, tell: Any) -> np.ndarray:
    """Return the paid hours of each week, week by week by formulas: a long plan at once would take much memory."""
    from troth.capacity.staffing import StaffingParams, solve, weeks_of

    found = []
    for k, week in enumerate(weeks_of(problem)[:weeks]):
        tell(0.5 + 0.5 * k / weeks, f"week {k + 1} of {weeks}")
        plan = solve(week, stop=Stop(seconds=600), params=StaffingParams(twin=False, paths=60))
        found.append(float(plan.scheduled.sum()) * week.minutes / 60)
    return np.array(found)


def _employed(lake: Lake, given: Mapping[str, Any], as_of: datetime | None) -> float:
    """Return the FTE of the contracts that hold.

    Raises
    ------
    InputError : ``nobody-employed``.
    """
    from troth.log.references import read_reference

    day = (as_of or datetime.now(UTC)).date()

    def holds(row: Mapping[str, Any]) -> bool:
        return not ((row["valid_from"] and row["valid_from"] > day) or (row["valid_to"] and row["valid_to"] <= day))

    members = {
        row["agent_id"] for row in read_reference(lake, "memberships") if row["team"] == given["team"] and holds(row)
    }
    hours = {
        row["agent_id"]: row["hours_per_week"] or 0.0
        for row in read_reference(lake, "contracts")
        if holds(row) and (given["team"] is None or row["agent_id"] in members)
    }
    if not sum(hours.values()):
        advice = "Maybe say --now, or name a team that has contracts."
        raise InputError([Issue("nobody-employed", Severity.ERROR, "contracts", str(given["team"] or ""), advice)])
    return sum(hours.values()) / float(given["hours_per_week"])
