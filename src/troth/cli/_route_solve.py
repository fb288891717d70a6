"""`troth route solve` and `troth route check`."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from troth.cli import output
from troth.cli._interrupt import interruptible
from troth.cli._route_files import read_problem, read_tours
from troth.cli._route_shared import (
    FILE,
    input_option,
    placed,
    plan_of,
    refuse,
    rule_rows,
    show_breaches,
    show_left,
    travel_option,
    writing,
    written,
)
from troth.core.decision import Severity

if TYPE_CHECKING:
    from troth.field.routing import RoutePlan


@click.command(
    "solve",
    epilog="Example: troth route solve problem.json --seconds 30 --out plan.json --html plan.html; "
    "troth route solve job.json --input vroom --travel osrm:http://localhost:5000 --vroom answer.json",
)
@click.argument("path", type=FILE)
@input_option
@travel_option
@click.option(
    "--seconds", type=click.FloatRange(0, min_open=True), default=30.0, show_default=True, help="How long to search."
)
@click.option(
    "--steps",
    type=click.IntRange(1),
    help="Stop after so many rounds of search, too; then the same seed gives the same plan.",
)
@click.option(
    "--chains",
    type=click.IntRange(1, 64),
    help="Searches side by side; as many as there are cores, at most four, if left out.",
)
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="Another seed searches elsewhere.")
@click.option("--start", type=FILE, help="Begin with the plan of this file, such as the one before.")
@click.option(
    "--explain",
    "about",
    multiple=True,
    metavar="VISIT",
    help="Say why a visit is where it is, or left out: what other places would cost; may be repeated.",
)
@writing
@output.form_option
def solve_command(
    path: Path, *, source: str, travel: str | None, seconds: float, steps: int | None, chains: int | None, seed: int, start: Path | None,
    about: tuple[str, ...], form: output.Form, **given: Any,
) -> int:  # fmt: skip
    """Plan tours: who makes which visits, in which order, when.

    PATH is a JSON file with visits, technicians and places; docs/guides/route.md says what can be in it. Ctrl-C ends the search and keeps the
    best plan so far. Exit status is 1 if a hard rule is broken or something is doubtful.
    """
    from troth.core.decision import Stop
    from troth.field.routing import RoutingParams, solve
    from troth.field.routing.check import known_visits

    refuse(given, source=source)
    file = read_problem(path, form=source, travel=travel)
    placed(file.problem, given)
    known_visits(file.problem, asked=about, where="--explain")
    tours = read_tours(start, file=file, form=source) if start is not None else file.steps
    begin = plan_of(file.problem, tours) if tours else None
    began = time.monotonic()
    with output.progress("route") as tell, interruptible() as asked:

        def better(value: float, bound: float | None) -> None:
            low = "" if bound is None else f", no less than {bound / 100:,.2f}"
            tell((time.monotonic() - began) / seconds, f"costs {value / 100:,.2f}{low}")

        plan = solve(
            file.problem, stop=Stop(seconds, steps, asked), seed=seed, params=RoutingParams(chains=chains), start=begin, on_progress=better,
        )  # fmt: skip
    show_plan(plan, form=form, about=about)
    written(plan, given, file=file)
    if file.issues:
        output.show_issues(file.issues, form=form)
    return int(bool(plan.broken) or any(one.severity is not Severity.INFO for one in file.issues))


@click.command(
    "check",
    epilog="Example: troth route check problem.json plan.json --format csv; troth route check job.json answer.json --input vroom",
)
@click.argument("path", metavar="PROBLEM", type=FILE)
@click.argument("planned", metavar="PLAN", type=FILE)
@input_option
@travel_option
@writing
@output.form_option
def check_command(
    path: Path, planned: Path, *, source: str, travel: str | None, form: output.Form, **given: Any
) -> int:
    """Judge a plan: every rule it breaks, by how much, and what that costs.

    PLAN is a result, or made by hand: technicians with the names of visits in order, or with instants. Seconds, pieces and metres are how
    much a rule is broken. Exit status is 1 if a hard rule is broken, 2 if a file cannot be read.
    """
    from troth.field.routing import ROUTING_RULES, breaches
    from troth.field.routing.export import breach_row

    refuse(given, source=source)
    file = read_problem(path, form=source, travel=travel)
    placed(file.problem, given)
    tours = read_tours(planned, file=file, form=source)
    found = breaches(file.problem, tours=tours)
    hard = [one for one in found if ROUTING_RULES[one.rule].hard]
    soft = sorted((one for one in found if not ROUTING_RULES[one.rule].hard), key=lambda one: -one.cost_cents)
    cost = sum(one.cost_cents for one in soft)
    if form is output.Form.TABLE:
        click.echo(f"{len(hard):,} hard rules broken, cost {cost / 100:,.2f}")
        show_breaches(hard, most=200)
        show_breaches(soft, most=50)
    else:
        rows = [breach_row(one) for one in (*hard, *soft)]
        output.show(rows, form=form, key="breaches", extra={"broken": len(hard), "cost_cents": cost})
    written(plan_of(file.problem, tours), given, file=file)
    if file.issues:
        output.show_issues(file.issues, form=form)
    return int(bool(hard))


def show_plan(plan: RoutePlan, *, form: output.Form, about: Sequence[str] = ()) -> None:
    """Print what a plan costs by rule, what it leaves out and why, what it breaks, and why visits asked `about` are where they are."""
    from troth.field.routing import ROUTING_RULES, breaches
    from troth.field.routing.elsewhere import elsewhere
    from troth.field.routing.explain import told
    from troth.field.routing.export import breach_row, explained

    why = [elsewhere(plan, visit_id=one) for one in dict.fromkeys(about)]
    soft = [one for one in breaches(plan.problem, tours=plan.tours) if not ROUTING_RULES[one.rule].hard]
    made = sum(len(tour.visits()) for tour in plan.tours)
    if form is not output.Form.TABLE:
        extra = {
            "status": str(plan.status), "value_cents": plan.value, "bound_cents": plan.bound, "gap": plan.gap, "visits": made,
            "tours": len(plan.tours), "seed": plan.seed, "seconds": plan.seconds,
            "unserved": [{"visit": one.visit_id, "reasons": [explained(why) for why in one.reasons]} for one in plan.unserved],
            "broken": [breach_row(one) for one in plan.broken],
        } | ({"explained": [explained(one) for one in why]} if why else {})  # fmt: skip
        output.show(rule_rows(soft), form=form, key="rules", extra=extra)
        return
    if soft:
        columns = {
            "rule": lambda row: row["rule"], "times": lambda row: f"{row['times']:,}", "cost": lambda row: f"{row['cost_cents'] / 100:,.2f}",
            "says": lambda row: row["says"],
        }  # fmt: skip
        output.show(rule_rows(soft), form=form, key="rules", columns=columns)
    bound = (
        "no bound is known"
        if plan.bound is None
        else f"none costs less than {plan.bound / 100:,.2f} (gap {plan.gap:.2%})"
    )
    click.echo(
        f"{str(plan.status).capitalize()}: {made:,} of {len(plan.problem.visits):,} visits in {len(plan.tours):,} tours, "
        f"cost {plan.value / 100:,.2f}, {bound}, {plan.seconds:.1f} s"
    )
    if plan.unserved:
        click.echo("Left out, and for how many technicians which rule comes first:")
        show_left(plan)
    if plan.broken:
        click.echo(f"{len(plan.broken):,} hard rules broken by the best plan found:")
        show_breaches(plan.broken)
    for one in why:
        first, *rest = told(one, at=lambda second: f"{plan.problem.at(second):%Y-%m-%d %H:%M}")
        click.echo(first)
        for line in rest:
            click.echo(f"  {line}")
