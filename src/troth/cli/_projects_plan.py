"""`troth projects plan`: who works on what."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from troth.cli import output
from troth.cli._interrupt import interruptible
from troth.cli._places import refuse_unwritable, write
from troth.cli._projects_allocated import show_allocated, wanted_hours
from troth.cli._projects_shared import doubtful, from_where, input_option, schedule_problem, told, usable
from troth.cli._quantities import SHARE
from troth.core.decision import Severity, Stop

if TYPE_CHECKING:
    from collections.abc import Iterator

    from troth.capacity.projects.schedule import SchedulePlan


@click.command(
    "plan",
    epilog="Example: troth projects plan house.json --weeks 26 --likely 50% --out planned.json; "
    "troth projects plan inst.dzn --input mspsp --seconds 30",
)
@from_where
@input_option
@click.option("--weeks", type=click.IntRange(1, 250), default=13, show_default=True, help="How many weeks to plan.")
@click.option(
    "--likely",
    type=SHARE,
    default="100%",
    show_default=True,
    help="Plan deals and projects of at least this probability, too.",
)
@click.option(
    "--pace", type=click.FloatRange(0, min_open=True), default=40.0, show_default=True,
    help="Hours a week that each need gets where no deadline says more.",
)  # fmt: skip
@click.option(
    "--join", type=click.FloatRange(0), default=0.0, show_default=True,
    help="Hours of work that it costs to bring somebody new into a project.",
)  # fmt: skip
@click.option(
    "--seconds", type=click.FloatRange(0, min_open=True), default=60.0, show_default=True, help="How long to search."
)
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="Another seed searches elsewhere.")
@click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False),
    help="Write the portfolio with the proposed bookings as JSON; with --input mspsp the schedule.",
)  # fmt: skip
@output.form_option
def plan_command(
    path: Path | None, *, lake: Path, day: datetime | None, site: str | None, source: str, weeks: int, likely: float, pace: float,
    join: float, seconds: float, seed: int, out: Path | None, form: output.Form,
) -> int:  # fmt: skip
    """Plan who works on what, so that most is done of what projects need, the more valuable first.

    What is confirmed stays; bookings are proposed beside it, a row for each person, project and week, in place of those of an earlier plan that
    nobody was asked for yet. Told are what is left undone and why, and what would help. With `--input mspsp` PATH is a multi-skill project scheduling problem: each activity gets a start and people with its
    skills, so that the last one ends as early as can be. Ctrl-C ends the search and keeps the best plan so far. Exit status is 1 if something is left
    undone or is doubtful.
    """
    refuse_unwritable({"--out": out})
    if source == "mspsp":
        return _scheduled(path, seconds=seconds, seed=seed, out=out, form=form)
    from dataclasses import replace

    from troth.capacity.projects.allocation import AllocationPrices, from_portfolio, solve
    from troth.capacity.projects.allocation.plan import is_proposal
    from troth.capacity.projects.portfolio.from_file import to_json

    portfolio, issues = usable(path, lake=lake, day=day, site=site)
    problem = from_portfolio(
        portfolio, first=portfolio.day, until=portfolio.day + timedelta(weeks=weeks), at_least=likely, pace=pace, prices=AllocationPrices(join=join)
    )  # fmt: skip
    with _watched(seconds, lambda value, bound: f"worth {value:,.0f} of at most {bound:,.0f}") as (stop, better):
        plan = solve(problem, stop=stop, seed=seed, on_progress=better)
    others = tuple(one for one in portfolio.bookings if not is_proposal(one))
    proposed = plan.bookings(taken={one.booking_id for one in others})
    if out is not None:
        write(out, to_json(replace(portfolio, bookings=(*others, *proposed))), option="--out")
    show_allocated(plan, proposed, issues, form=form)
    told([one for one in issues if one.severity is not Severity.INFO], form=form)
    wanted, done = wanted_hours(plan)
    return int(bool(plan.broken) or done < wanted - 0.01 or doubtful(issues))


@contextmanager
def _watched(
    seconds: float, word: Callable[[float, float], str]
) -> Iterator[tuple[Stop, Callable[[float, float | None], None]]]:
    """Give when to stop, and what shows how far a search is."""
    began = time.monotonic()
    with output.progress("plan") as tell, interruptible() as asked:

        def better(value: float, bound: float | None) -> None:
            tell((time.monotonic() - began) / seconds, "" if bound is None else word(value, bound))

        yield Stop(seconds, asked=asked), better


def _scheduled(path: Path | None, *, seconds: float, seed: int, out: Path | None, form: output.Form) -> int:
    from troth.capacity.projects.schedule import solve

    problem = schedule_problem(path)
    with _watched(seconds, lambda value, bound: f"ends at {value:,.0f}, not before {bound:,.0f}") as (stop, better):
        plan = solve(problem, stop=stop, seed=seed, on_progress=better)
    rows, extra = _activities(plan), _figures(plan)
    if out is not None:
        write(out, output.to_json({"activities": rows, **extra}) + "\n", option="--out")
    if form is not output.Form.TABLE:
        output.show(rows, form=form, key="activities", extra=extra)
        return int(bool(plan.broken or plan.conflicts))
    columns: dict[str, Callable[[output.Row], str]] = {
        "activity": lambda row: row["activity_id"], "from": lambda row: str(row["start"]), "until": lambda row: str(row["end"]),
        "people": lambda row: ", ".join(f"{who} ({skill})" for who, skill in row["team"].items()) or "-",
    }  # fmt: skip
    output.show(rows, form=form, key="activities", columns=columns)
    bound = "no bound is known" if plan.bound is None else f"none ends before {plan.bound:,}"
    click.echo(f"{str(plan.status).capitalize()}: ends at {plan.makespan:,}, {bound}, {plan.seconds:.1f} s")
    output.show_issues(plan.conflicts, form=form)
    return int(bool(plan.broken or plan.conflicts))


def _activities(plan: SchedulePlan) -> list[output.Row]:
    length = {one.activity_id: one.duration for one in plan.problem.activities}
    order = sorted(plan.starts, key=lambda name: (plan.starts[name], name))
    return [
        {"activity_id": name, "start": plan.starts[name], "end": plan.starts[name] + length[name], "team": plan.team(name)} for name in order
    ]  # fmt: skip


def _figures(plan: SchedulePlan) -> dict[str, Any]:
    return {
        "status": str(plan.status), "makespan": plan.makespan, "bound": plan.bound, "gap": plan.gap, "seed": plan.seed,
        "seconds": plan.seconds, "broken": [{"rule": one.rule, "cost": one.cost} for one in plan.broken],
        "conflicts": [one.as_dict() for one in plan.conflicts],
    }  # fmt: skip
