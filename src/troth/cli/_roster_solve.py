"""`troth roster solve` and `troth roster check`."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from troth.cli import output
from troth.cli._interrupt import interruptible
from troth.cli._roster_shared import (
    FILE,
    input_option,
    opened,
    refuse,
    rule_rows,
    show_violations,
    violation_row,
    writing,
    written,
)
from troth.core.decision import Severity, Status

if TYPE_CHECKING:
    from troth.capacity.roster import RosterPlan, Violation


@click.command(
    "solve",
    epilog="Example: troth roster solve problem.json --seconds 60 --out plan.json --ical calendars --html roster.html; "
    "troth roster solve Instance5.txt --input nurse",
)
@click.argument("path", type=FILE)
@input_option
@click.option(
    "--seconds", type=click.FloatRange(0, min_open=True), default=60.0, show_default=True, help="How long to search."
)
@click.option("--steps", type=click.IntRange(1), help="Stop after so many rounds of search, too.")
@click.option(
    "--workers",
    type=click.IntRange(1, 64),
    default=2,
    show_default=True,
    help="Threads; with 1 and --steps the same seed gives the same roster.",
)
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="Another seed searches elsewhere.")
@click.option("--start", type=FILE, help="Begin with the roster of this file, such as the one before.")
@writing
@output.form_option
def solve_command(
    path: Path, *, source: str, seconds: float, steps: int | None, workers: int, seed: int, start: Path | None,
    form: output.Form, **given: Any,
) -> int:  # fmt: skip
    """Make a roster: who works when, by contracts, cover and requests.

    PATH is a JSON file with days, shifts, people and needs; docs/guides/roster.md says what can be in it. Ctrl-C ends the
    search and keeps the best so far. If no roster keeps all rules, a smallest set of rules that cannot all hold is named.
    """
    from troth.capacity.roster import RosterParams, check, solve
    from troth.cli._roster_files import read_plan, read_problem
    from troth.core.decision import Stop

    refuse(given)
    problem = read_problem(path, form=source)
    doubts = [issue for issue in check(problem) if issue.severity is not Severity.ERROR]
    begin = read_plan(start, problem=problem).duties if start is not None else None
    began = time.monotonic()
    with output.progress("roster") as tell, interruptible() as asked:

        def better(value: float, bound: float | None) -> None:
            low = "" if bound is None else f", no less than {bound:,.0f}"
            tell((time.monotonic() - began) / seconds, f"costs {value:,.0f}{low}")

        plan = solve(
            problem, stop=Stop(seconds, steps, asked), seed=seed, params=RosterParams(workers=workers), start=begin,
            on_progress=better,
        )  # fmt: skip
    show_plan(plan, form=form)
    written(plan, given)
    if doubts:
        output.show_issues(doubts, form=form)
    return int(bool(plan.broken) or bool(doubts))


@click.command("check", epilog="Example: troth roster check problem.json plan.json --format csv")
@click.argument("path", metavar="PROBLEM", type=FILE)
@click.argument("roster", metavar="PLAN", type=FILE)
@input_option
@writing
@output.form_option
def check_command(path: Path, roster: Path, *, source: str, form: output.Form, **given: Any) -> int:
    """Judge a roster: every rule it breaks, by how much, and what that costs.

    Exit status is 1 if a hard rule is broken, 2 if a file cannot be read.
    """
    from troth.capacity.roster import RULES, violations
    from troth.capacity.roster.plan import judged

    refuse(given)
    problem, plan = opened(path, roster, source=source)
    found = violations(problem, plan.duties)
    hard = [v for v in found if RULES[v.rule].hard]
    soft = sorted((v for v in found if not RULES[v.rule].hard), key=lambda v: -v.cost)
    if form is output.Form.TABLE:
        click.echo(f"{len(hard):,} hard rules broken, cost {sum(v.cost for v in soft):,.6g}")
        show_violations(problem, hard, most=200)
        show_violations(problem, soft, most=50)
    else:
        extra = {"broken": len(hard), "cost": sum(v.cost for v in soft)}
        rows = [violation_row(problem, v) for v in (*hard, *soft)]
        output.show(rows, form=form, key="violations", extra=extra)
    written(
        judged(
            problem,
            plan.duties,
            bound=plan.bound,
            whole=False,
            seed=plan.seed,
            seconds=plan.seconds,
            versions=plan.versions,
        ),
        given,
    )
    return int(bool(hard))


def show_plan(plan: RosterPlan, *, form: output.Form) -> None:
    """Print what a roster costs by rule, how good it is, and what it breaks or what cannot hold."""
    from troth.capacity.roster import RULES, violations

    found: list[Violation] = violations(plan.problem, plan.duties)
    soft = [v for v in found if not RULES[v.rule].hard]
    extra = {
        "status": str(plan.status), "value": plan.value, "bound": plan.bound, "gap": plan.gap, "shifts": len(plan.duties),
        "seed": plan.seed, "seconds": plan.seconds, "broken": [violation_row(plan.problem, v) for v in plan.broken],
        "conflicts": [issue.as_dict() for issue in plan.conflicts],
    }  # fmt: skip
    if form is not output.Form.TABLE:
        output.show(rule_rows(soft), form=form, key="rules", extra=extra)
        if form is output.Form.CSV and plan.conflicts:
            output.show_issues(plan.conflicts, form=form)
        return
    if soft:
        output.show(rule_rows(soft), form=form, key="rules", columns=["rule", "times", "cost", "says"])
    bound = (
        "no bound is known" if plan.bound is None else f"none costs less than {plan.bound:,.6g} (gap {plan.gap:.2%})"
    )
    if plan.status is Status.INFEASIBLE:
        click.echo(
            "Infeasible: no roster keeps all rules. These cannot all hold; without any one of them the others can:"
        )
        for issue in plan.conflicts:
            click.echo(f"  {issue.where}: {issue.value}")
    else:
        click.echo(
            f"{str(plan.status).capitalize()}: {len(plan.duties):,} shifts, cost {plan.value:,.6g}, {bound}, {plan.seconds:.1f} s"
        )
    if plan.broken:
        click.echo(f"{len(plan.broken):,} hard rules broken by the best roster found:")
        show_violations(plan.problem, plan.broken)
