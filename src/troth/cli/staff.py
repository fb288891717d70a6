"""`troth staff`: how many people of each skill must be at work, and how sure it is that they are enough."""

from __future__ import annotations

from collections.abc import Mapping
from math import isnan
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from troth.cli import output
from troth.cli._lake import lake_option, opened
from troth.cli._quantities import SECONDS, SHARE
from troth.cli._staff_hire import hire_command
from troth.cli._staff_mix import mix_command
from troth.cli._staff_shared import from_json, pairs
from troth.core.decision import Issue, Severity, Stop
from troth.core.errors import InputError

if TYPE_CHECKING:
    from troth.capacity.staffing import StaffingPlan, StaffingProblem
    from troth.demand import Publication
    from troth.log.lake import Lake

_EXAMPLE = (
    "Example: troth staff --input centre.json --html staff.html; "
    "troth staff --lake demo-lake --queue calls --queue calls-en --days 7 --holidays LT --level 80% --within 20s --confidence 90%"
)
_FILE = click.Path(path_type=Path, dir_okay=False, exists=True)
_EVERY: Final = {"15min": "15min", "30min": "30min"}
#: Possible futures drawn: half are searched on, chances are told of the others.
_PATHS: Final = 400

_OPTIONS = (
    click.option("--input", "file", type=_FILE, help="JSON of queues with their demand, and groups; else a lake is read."),
    click.option("--queue", "queues", multiple=True, metavar="NAME", help="Queue of the lake to staff. Repeatable; all if left out."),
    click.option("--group", "groups", multiple=True, metavar="NAME=QUEUE,QUEUE", help="People who can do the same; left out, as the log shows who served what. Repeatable."),
    click.option("--days", type=int, default=7, show_default=True, help="How many days ahead, of a lake."),
    click.option("--every", type=click.Choice(list(_EVERY)), default="30min", show_default=True, help="Length of intervals, of a lake."),
    click.option("--weeks", type=int, default=10, show_default=True, help="How many weeks of the log handle times, patience and skills are learned from."),
    click.option("--time-zone", metavar="ZONE", help="Whose days count: that of the lake's sites if they share one, else UTC."),
    click.option("--holidays", default="", metavar="COUNTRY", help="Public holidays that count: LT, or with a part US-PA."),
    click.option("--as-of", metavar="TIME", help="Staff as if nothing later were known."),
    click.option("--level", type=SHARE, default="80%", show_default=True, help="Service level to reach on each day, of a lake."),
    click.option("--within", type=SECONDS, default="20s", show_default=True, help="How soon an answer is in time."),
    click.option("--due", multiple=True, metavar="QUEUE=TIME", help="Work of this queue can wait so long: mail=4h. Repeatable."),
    click.option("--at-once", multiple=True, metavar="QUEUE=N", help="Contacts of this queue one agent serves at once: chat=2. Repeatable."),
    click.option("--confidence", type=SHARE, default="90%", show_default=True, help="Probability with which each queue is to reach its level."),
    click.option("--occupancy", type=SHARE, help="Cap on expected work over people at work."),
    click.option("--in-office", type=SHARE, default="0", help="Share of paid time in meetings, training and the like."),
    click.option("--out-of-office", type=SHARE, default="0", help="Share of paid time absent."),
    click.option("--least", type=int, default=0, help="People who must be there in each group while it is open."),
    click.option("--formulas", is_flag=True, help="By Erlang's formulas alone: quick, and blind to chance within a day."),
    click.option("--futures", type=int, default=100, show_default=True, help="Possible futures lived through at each step."),
    click.option("--seconds", type=float, default=120.0, show_default=True, help="Stop searching after so long."),
    click.option("--seed", type=int, default=0, show_default=True, help="Seed of chance."),
    click.option("--publish", is_flag=True, help="Keep the requirement in the lake, frozen, for rosters and KPIs."),
    click.option("--team", "teams", multiple=True, metavar="GROUP=TEAM", help="Publish a group's people as this team; left out, as the log names who serves its queues. Repeatable."),
    click.option("--site", help="Publish for this site; left out, the site of the log if it is one."),
    click.option("--html", type=click.Path(path_type=Path, dir_okay=False), help="Write a page with pictures, too."),
)  # fmt: skip


def _options(command: Any) -> Any:
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


@click.group("staff", epilog=_EXAMPLE, invoke_without_command=True)
@lake_option
@_options
@output.form_option
@click.pass_context
def command(
    context: click.Context, /, lake: Path, form: output.Form, file: Path | None, html: Path | None, **given: Any
) -> int:
    """Say how many people of each skill must be at work.

    Each queue reaches its level on each day with the confidence asked for, over the possible futures of a forecast lived through in
    a simulation. A table shows days; CSV and JSON have every interval with what one more person is worth.
    """
    if context.invoked_subcommand is not None:
        return 0
    from troth.capacity.staffing import StaffingParams, solve
    from troth.cli._places import refuse_unwritable, write

    refuse_unwritable({"--html": html})
    wanted: list[Issue] = []
    teams = pairs(given["teams"], "--team", str, wanted)
    if wanted:
        raise InputError(wanted)
    target = opened(lake) if given["publish"] else None
    with output.progress("Staffing") as tell:
        problem, doubts = _of_lake(lake, given, tell) if file is None else (_of_file(file), [])
        params = StaffingParams(twin=not given["formulas"], futures=given["futures"])
        plan = solve(problem, stop=Stop(seconds=given["seconds"]), seed=given["seed"], params=params, on_progress=tell)
    issues = [*doubts, *plan.issues]
    published = None
    if target is not None:
        published, more = _published(target, plan, given, teams, learned=file is None)
        issues += more
    if html is not None:
        from troth.capacity.staffing.page import render

        write(html, render(plan))
    _show(plan, issues, form, published)
    return int(any(one.severity is not Severity.INFO for one in issues))


command.add_command(mix_command)
command.add_command(hire_command)


def _published(
    lake: Lake, plan: StaffingPlan, given: Mapping[str, Any], teams: Mapping[str, str], *, learned: bool
) -> tuple[Publication, list[Issue]]:
    """Write the requirement into the lake, by the teams given or seen in the log."""
    from datetime import UTC, datetime

    from troth.capacity.staffing import publish_requirements
    from troth.cli.forecast import _as_of

    now = datetime.now(UTC)
    as_of = _as_of(given["as_of"], given["time_zone"], lake)
    site, issues = given["site"], list[Issue]()
    if learned:
        from troth.capacity.staffing.read import owners

        seen, where, doubts = owners(lake, problem=plan.problem, weeks=given["weeks"], until=as_of)
        issues += [one for one in doubts if not any(one.where == f"groups[{name}]" for name in teams)]
        teams, site = {**seen, **teams}, site or where
    told, more = publish_requirements(lake, plan=plan, issued_at=as_of or now, recorded_at=now, site=site, teams=teams)
    return told, [*issues, *more]


def _of_file(path: Path) -> StaffingProblem:
    from troth.capacity.staffing.from_file import problem_from_data

    return problem_from_data(from_json(path))


def _of_lake(folder: Path, given: Mapping[str, Any], tell: Any) -> tuple[StaffingProblem, list[Issue]]:
    """Forecast the queues of a lake and learn from its log."""
    from troth.capacity.staffing.read import StaffingAims, problem_of
    from troth.cli.forecast import _as_of
    from troth.core.lengths import parse_length
    from troth.demand.ask import forecast

    issues: list[Issue] = []
    groups = {
        name: tuple(part.strip() for part in value.split(","))
        for name, value in pairs(given["groups"], "--group", str, issues).items()
    }
    due = pairs(given["due"], "--due", parse_length, issues)
    at_once = pairs(given["at_once"], "--at-once", int, issues)
    if issues:
        raise InputError(issues)
    lake = opened(folder)
    where = {"queue": given["queues"]} if given["queues"] else None
    as_of = _as_of(given["as_of"], given["time_zone"], lake)
    told = forecast(
        lake, by=("queue",), days=given["days"], every=_EVERY[given["every"]], time_zone=given["time_zone"], where=where,
        holidays=given["holidays"], as_of=as_of, seed=given["seed"], paths=_PATHS, on_progress=lambda done, of: tell(0.0, f"forecast {done} of {of}"),
    )  # fmt: skip
    aims = StaffingAims(
        level=given["level"], within_s=given["within"], confidence=given["confidence"], occupancy=given["occupancy"], due=due,
        at_once=at_once, in_office=given["in_office"], out_of_office=given["out_of_office"], least=given["least"], groups=groups,
    )  # fmt: skip
    problem, doubts = problem_of(lake, forecast=told, aims=aims, weeks=given["weeks"], until=as_of)
    return problem, [*told.issues, *doubts]


def _show(plan: StaffingPlan, issues: list[Issue], form: output.Form, published: Publication | None) -> None:
    from troth.capacity.staffing.needs import interval_rows

    if form is output.Form.CSV:
        output.show(interval_rows(plan), form=form, key="intervals")
    elif form is output.Form.JSON:
        chances = [
            {
                "queue": one.queue, "over": str(one.over), "probability": one.probability.tolist(), "level": one.level.tolist(),
                "low": one.low.tolist(), "high": one.high.tolist(), "futures": one.futures,
            }
            for one in plan.chances
        ]  # fmt: skip
        extra = {
            "status": str(plan.status), "cost_cents": plan.cost_cents, "days": [day.isoformat() for day in plan.days()],
            "chances": chances, "seed": plan.seed, "seconds": plan.seconds, "versions": dict(plan.versions),
            "published": None if published is None else {"snapshot": published.snapshot, "rows": published.rows},
            "issues": [one.as_dict() for one in issues],
        }  # fmt: skip
        output.show(interval_rows(plan), form=form, key="intervals", extra=extra)
    else:
        output.show(_day_rows(plan), form=form, key="days")
        if published is not None:
            done = f"{published.rows:,} intervals." if published.rows else "it stood there already."
            click.echo(f"Published as {published.snapshot}: {done}")
    if form is not output.Form.JSON:
        output.show_issues(issues, form=output.Form.TABLE)


def _day_rows(plan: StaffingPlan) -> list[dict[str, Any]]:
    """Return one row a day: hours of each group, people at once, and the probability of each queue."""
    from troth.capacity.staffing import LevelOver

    days, day_of = plan.problem.days()
    hour = plan.problem.minutes / 60
    rows = []
    for d, day in enumerate(days):
        where = day_of == d
        row: dict[str, Any] = {"day": f"{day:%a %Y-%m-%d}"}
        for k, group in enumerate(plan.problem.groups):
            row[f"{group.group} h"] = f"{plan.staff[k, where].sum() * hour:,.1f}"
        row["planned h"] = f"{plan.scheduled[:, where].sum() * hour:,.1f}"
        row["at once"] = int(plan.staff[:, where].sum(axis=0).max(initial=0))
        for one in plan.chances:
            value = one.probability[d] if one.over is LevelOver.DAY else one.probability[where].min(initial=1.0)
            row[f"P {one.queue}"] = "?" if isnan(value) else f"{value:.0%}"
        rows.append(row)
    return rows
