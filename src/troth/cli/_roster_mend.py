"""`troth roster repair`, `swap` and `leave`: a roster that stands, changed a little."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from troth.cli import output
from troth.cli._roster_shared import (
    DAY,
    FILE,
    input_option,
    number,
    opened,
    refuse,
    show_violations,
    violation_row,
    writing,
    written,
)

if TYPE_CHECKING:
    from troth.capacity.roster import Duty, RosterChange, RosterProblem, RosterRepair, RosterVerdict, Violation


@click.command(
    "repair",
    epilog="Example: troth roster repair problem.json plan.json --absent ada --from 2026-06-03 --out mended.json",
)
@click.argument("path", metavar="PROBLEM", type=FILE)
@click.argument("roster", metavar="PLAN", type=FILE)
@click.option("--absent", required=True, metavar="WHO", help="Who is away.")
@click.option("--from", "start", required=True, type=DAY, help="First day away.")
@click.option("--to", "end", type=DAY, help="First day back; the next day if left out.")
@click.option(
    "--most", type=click.IntRange(0), default=3, show_default=True, help="Touch at most so many other people."
)
@click.option(
    "--seconds", type=click.FloatRange(0, min_open=True), default=1.5, show_default=True, help="How long to try."
)
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="Chance between equals.")
@input_option
@writing
@output.form_option
def repair_command(
    path: Path, roster: Path, *, absent: str, start: datetime, end: datetime | None, most: int, seconds: float, seed: int,
    source: str, form: output.Form, **given: Any,
) -> int:  # fmt: skip
    """Mend a roster after somebody falls ill, touching few people.

    Everything before the absence stays, and all days of all others but at most `--most`. Each change comes with what it
    is for and what would be missing without it. Exit status is 1 if people are still missing because of the absence.
    """
    from troth.capacity.roster import repair
    from troth.core.decision import Stop

    refuse(given)
    problem, plan = opened(path, roster, source=source)
    first = number(problem, start, where="--from")
    last = number(problem, (end or start + timedelta(days=1)) - timedelta(days=1), where="--to")
    mended = repair(
        problem, plan.duties, absent=absent, first_day=first, last_day=last, most=most, stop=Stop(seconds), seed=seed
    )
    _show(mended, plan.duties, problem=problem, form=form)
    written(mended.plan, given)
    return int(bool(mended.left))


def _show(mended: RosterRepair, before: tuple[Duty, ...], *, problem: RosterProblem, form: output.Form) -> None:
    from troth.capacity.roster import violations

    rows = [change_row(mended.plan.problem, one) for one in mended.changes]
    if form is not output.Form.TABLE:
        extra = {
            "touched": list(mended.touched), "left": [violation_row(problem, v) for v in mended.left], "value": mended.plan.value,
            "unrepaired": mended.unrepaired, "before": sum(v.cost for v in violations(problem, before)), "tried": mended.tried,
            "whole": mended.whole,
        }  # fmt: skip
        output.show(rows, form=form, key="changes", extra=extra)
        return
    if rows:
        shown: dict[str, Callable[[output.Row], str]] = {
            "person": lambda row: row["person"], "day": lambda row: row["day"], "before": lambda row: row["before"],
            "after": lambda row: row["after"], "costs": lambda row: f"{row['price']:,.4g}",
            "else": lambda row: "must be" if row["cost"] == inf else f"{row['cost']:,.4g}", "without it": lambda row: row["why"],
        }  # fmt: skip
        output.show(rows, form=form, key="changes", columns=shown)
    else:
        click.echo("Nobody needs to be asked." if not mended.left else "Nothing helps: nobody can step in.")
    click.echo(
        f"{len(mended.touched)} people touched, cost {mended.plan.value:,.6g} ({mended.unrepaired:,.6g} if nobody stepped in), "
        f"{mended.tried:,} rosters tried{'' if mended.whole else ' before time ran out'}"
    )
    if mended.left:
        click.echo("Still missing because of the absence:")
        show_violations(problem, mended.left)


def change_row(problem: RosterProblem, one: RosterChange) -> dict[str, Any]:
    """Return a change as plain data."""
    from troth.capacity.roster.export import words

    return {
        "person": one.agent_id, "day": problem.date_of(one.day).isoformat(),
        "before": words(problem, one.before) if one.before else "free", "after": words(problem, one.after) if one.after else "free",
        "price": one.price, "cost": one.cost, "why": _why(one.why),
    }  # fmt: skip


def _why(why: tuple[Violation, ...]) -> str:
    """Return what would be broken without a change: hard rules, then cover by activity or kind."""
    from troth.capacity.roster import RULES

    parts: dict[str, float] = {}
    for one in sorted(why, key=lambda v: (not RULES[v.rule].hard, v.rule)):
        what = one.what.rsplit(" ", 1)[0] if one.what and one.what[-3:-2] == ":" else one.what
        name = " ".join(part for part in (one.rule.removeprefix("roster."), what or one.agent_id) if part)
        parts[name] = parts.get(name, 0) + one.amount
    return ", ".join(f"{name} {amount:g}" for name, amount in parts.items()) or "costs more"


@click.command("swap", epilog="Example: troth roster swap problem.json plan.json ada 2026-06-03 ben 2026-06-04")
@click.argument("path", metavar="PROBLEM", type=FILE)
@click.argument("roster", metavar="PLAN", type=FILE)
@click.argument("first", metavar="WHO")
@click.argument("first_day", metavar="DAY", type=DAY)
@click.argument("second", metavar="WHOM")
@click.argument("second_day", metavar="DAY", type=DAY)
@input_option
@writing
@output.form_option
def swap_command(
    path: Path, roster: Path, first: str, first_day: datetime, second: str, second_day: datetime, *, source: str,
    form: output.Form, **given: Any,
) -> int:  # fmt: skip
    """Judge whether two people may take each other's shifts. Exit status is 1 if not."""
    from troth.capacity.roster import judge_swap

    refuse(given)
    problem, plan = opened(path, roster, source=source)
    days = (number(problem, first_day, where="DAY"), number(problem, second_day, where="DAY"))
    told = judge_swap(problem, plan.duties, first=(first, days[0]), second=(second, days[1]))
    return _verdict(told, problem=problem, form=form, given=given)


@click.command(
    "leave", epilog="Example: troth roster leave problem.json plan.json ada --from 2026-06-03 --to 2026-06-06"
)
@click.argument("path", metavar="PROBLEM", type=FILE)
@click.argument("roster", metavar="PLAN", type=FILE)
@click.argument("who", metavar="WHO")
@click.option("--from", "start", required=True, type=DAY, help="First day of leave.")
@click.option("--to", "end", type=DAY, help="First day back; the next day if left out.")
@input_option
@writing
@output.form_option
def leave_command(
    path: Path,
    roster: Path,
    who: str,
    *,
    start: datetime,
    end: datetime | None,
    source: str,
    form: output.Form,
    **given: Any,
) -> int:
    """Judge whether somebody may be away: what rules it would break, and who would be missing. Exit status is 1 if not."""
    from troth.capacity.roster import judge_leave

    refuse(given)
    problem, plan = opened(path, roster, source=source)
    first = number(problem, start, where="--from")
    last = number(problem, (end or start + timedelta(days=1)) - timedelta(days=1), where="--to")
    told = judge_leave(problem, plan.duties, who=who, days=range(first, last + 1))
    return _verdict(told, problem=problem, form=form, given=given)


def _verdict(told: RosterVerdict, *, problem: RosterProblem, form: output.Form, given: dict[str, Any]) -> int:
    from troth.capacity.roster.plan import judged

    if form is output.Form.TABLE:
        if not told.allowed:
            click.echo(f"No: {len(told.broken)} hard rules would be broken.")
            show_violations(problem, told.broken)
        else:
            click.echo(f"Yes: no rule is broken; it costs {told.cost:+,.6g}.")
        if told.lost:
            click.echo("Cover lost:")
            show_violations(problem, told.lost)
    else:
        rows = [violation_row(problem, v) for v in (*told.broken, *told.lost)]
        output.show(rows, form=form, key="violations", extra={"allowed": told.allowed, "cost": told.cost})
    plan = judged(problem, told.duties, bound=None, whole=False, seed=0, seconds=0.0, versions={})
    written(plan, given)
    return int(not told.allowed)
