"""`troth roster read`: the problem of a site's roster from the tables of a lake."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from troth.cli import output
from troth.cli._lake import lake_option, opened
from troth.cli._places import refuse_unwritable, write
from troth.cli._quantities import SECONDS, SHARE
from troth.cli._roster_shared import DAY
from troth.core.decision import Severity

if TYPE_CHECKING:
    from troth.capacity.roster import RosterProblem


@click.command(
    "read",
    epilog="Example: troth roster read --lake demo-lake --site care-v --from 2026-06-22 --days 14 --out problem.json; "
    "troth roster solve problem.json --out plan.json",
)
@lake_option
@click.option("--site", required=True, metavar="SITE", help="Whose people.")
@click.option("--from", "first", type=DAY, required=True, help="First day.")
@click.option("--days", type=int, default=28, show_default=True, help="How many days.")
@click.option("--team", metavar="TEAM", help="Only members of this team.")
@click.option("--rest", type=SECONDS, default="11h", show_default=True, help="Rest between two shifts.")
@click.option("--longest-run", type=click.IntRange(1), default=6, show_default=True, help="Most worked days in a row.")
@click.option("--absence", type=SHARE, default="0", help="Share of planned people who will be missing.")
@click.option("--as-of", metavar="TIME", help="Only requirements published by then.")
@click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), required=True, help="The problem as JSON, to be changed at will."
)  # fmt: skip
@output.form_option
def read_command(
    lake: Path, *, site: str, first: datetime, days: int, team: str | None, rest: float, longest_run: int, absence: float,
    as_of: str | None, out: Path, form: output.Form,
) -> int:  # fmt: skip
    """Make the problem of a roster from a lake: people, contracts, skills, leave, history, opening hours, requirements.

    The newest published requirements say how many people are needed. What tables do not say follows rules of the house; the
    file has it all, to be changed before `troth roster solve`.
    """
    from troth.capacity.roster import HouseRules
    from troth.capacity.roster.read import problem_of
    from troth.cli._roster_files import problem_to_json
    from troth.cli.forecast import _as_of

    refuse_unwritable({"--out": out})
    source = opened(lake)
    house = replace(HouseRules(), rest=timedelta(seconds=rest), longest_run=longest_run, absence=absence)
    problem, issues = problem_of(
        source, site=site, first=first.date(), days=days, team=team, house=house, as_of=_as_of(as_of, None, source)
    )
    write(out, problem_to_json(problem), option="--out")
    output.show([_row(problem, name) for name in _needed(problem)], form=form, key="activities", extra={
        "people": len(problem.staff), "days": problem.days, "published": len(problem.published or ()),
        "issues": [one.as_dict() for one in issues],
    })  # fmt: skip
    if form is output.Form.TABLE:
        told = f", {len(problem.published)} of their shifts published" if problem.published else ""
        click.echo(f"{len(problem.staff)} people over {problem.days} days{told}.")
    if form is not output.Form.JSON:
        output.show_issues(issues, form=output.Form.TABLE)
    return int(any(one.severity is not Severity.INFO for one in issues))


def _needed(problem: RosterProblem) -> list[str]:
    return [one.activity for one in problem.slot_needs]


def _row(problem: RosterProblem, name: str) -> output.Row:
    """Return what is needed in an activity, beside who can do it and the hours of their contracts."""
    need = next(one for one in problem.slot_needs if one.activity == name)
    able = [one for one in problem.staff if one.skills is None or name in one.skills]
    owed = sum(low + high for one in able for low, high in [one.terms.minutes] if low is not None and high is not None)
    return {
        "activity": name, "hours needed": sum(need.wanted) * problem.slot_minutes / 60, "at once": max(need.wanted, default=0),
        "people able": len(able), "their hours": owed / 120,
    }  # fmt: skip
