"""`troth projects plan`: who works on what."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from troth.cli import output
from troth.cli._interrupt import interruptible
from troth.cli._places import refuse_unwritable, write
from troth.cli._projects_allocated import show_allocated
from troth.cli._projects_futures import lived, show_futures
from troth.cli._projects_outlook import (
    doubts,
    kept_data,
    money_csv,
    money_data,
    scenario_rows,
    show_missed,
    show_money,
    show_scenarios,
)
from troth.cli._projects_shared import (
    FILE,
    doubtful,
    from_where,
    input_option,
    read_text,
    schedule_problem,
    told,
    usable,
)
from troth.cli._quantities import SHARE
from troth.core.decision import Issue, Severity, Stop
from troth.core.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from troth.capacity.projects.outlook import ComparedOutlook, ProjectsOutlook, WhatIf
    from troth.capacity.projects.outlook.futures import FuturesOutlook
    from troth.capacity.projects.portfolio import Portfolio, ProjectBooking
    from troth.capacity.projects.schedule import SchedulePlan


@click.command(
    "plan",
    epilog="Example: troth projects plan house.json --weeks 26 --likely 50% --scenario hire.json --html plan.html; "
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
@click.option(
    "--scenario", "scenarios", multiple=True, type=FILE, metavar="FILE",
    help="Plan the changes of a JSON file, too, and show them beside the house as it is: people hired, subcontracted or trained, "
    "work put off, won or lost. Repeatable.",
)  # fmt: skip
@click.option(
    "--futures", type=click.IntRange(0, 20_000), default=0, show_default="none",
    help="Live so many sampled futures, too, and tell revenue, cost and margin as P10, P50 and P90.",
)  # fmt: skip
@click.option(
    "--html",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write a page with money, budgets and scenarios as pictures, too.",
)
@click.option(
    "--money",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write revenue, cost and margin by month and week as CSV, too.",
)
@output.form_option
def plan_command(
    path: Path | None, *, lake: Path, day: datetime | None, site: str | None, source: str, weeks: int, likely: float, pace: float,
    join: float, seconds: float, seed: int, out: Path | None, scenarios: tuple[Path, ...], futures: int, html: Path | None,
    money: Path | None, form: output.Form,
) -> int:  # fmt: skip
    """Plan who works on what, so that most is done of what projects need, the more valuable first.

    What is confirmed stays, and what was asked for and has no answer yet; bookings are proposed beside it, a row for each person, project and week, in place of those of an earlier plan that
    nobody was asked for yet. Told are what is left undone and why, what would help, what the plan earns and costs by month if
    rates, costs or prices are known, how budgets fare, and which promises are missed; with `--futures` also what may come of it, deals and estimates by chance. With `--scenario` the house is planned with changes,
    too; as CSV the rows are then the scenarios. With `--input mspsp` PATH is a multi-skill project scheduling problem: each activity gets a start and people with its
    skills, so that the last one ends as early as can be. Ctrl-C ends the search and keeps the best plan so far. Hours are planned in whole, half or quarter
    hours, as people's weeks divide. Exit status is 1 if more than a rest of these is left undone, a deadline cannot be kept, or something is doubtful.
    """
    refuse_unwritable({"--out": out, "--html": html, "--money": money})
    if source == "mspsp":
        _refuse(
            {
                "--scenario": scenarios[0] if scenarios else None,
                "--futures": futures or None,
                "--html": html,
                "--money": money,
            }
        )
        return _scheduled(path, seconds=seconds, seed=seed, out=out, form=form)
    from dataclasses import replace

    from troth.capacity.projects.allocation.deadlines import missed_deadlines
    from troth.capacity.projects.allocation.plan import is_proposal
    from troth.capacity.projects.portfolio.from_file import to_json

    portfolio, found = usable(path, lake=lake, day=day, site=site)
    what, more = _what_ifs(scenarios, portfolio)
    base, compared = _planned(
        portfolio, what, weeks=weeks, at_least=likely, pace=pace, join=join, seconds=seconds, seed=seed
    )  # fmt: skip
    come, unsure = lived(portfolio, path=path, lake=lake, site=site, futures=futures, weeks=weeks, seed=seed)
    issues = [*found, *more, *base.plan.problem.notes, *missed_deadlines(base.plan, portfolio=portfolio)]
    issues += doubts(base, known=issues, more=unsure)
    others = tuple(one for one in portfolio.bookings if not is_proposal(one))
    proposed = base.plan.bookings(taken={one.booking_id for one in others})
    if out is not None:
        write(out, to_json(replace(portfolio, bookings=(*others, *proposed))), option="--out")
    if money is not None:
        write(money, money_csv(base), option="--money")
    if html is not None:
        from troth.capacity.projects.outlook.page import render

        write(html, render(base, compared=compared, futures=come, issues=issues))
    _show(base, compared, come, proposed, issues, form=form)
    told([one for one in issues if one.severity is not Severity.INFO], form=form)
    return int(bool(base.plan.broken) or base.plan.missing() > 0 or doubtful(issues))


def _refuse(given: Mapping[str, Path | int | None]) -> None:
    """Refuse what only a portfolio has."""
    advice = "Maybe leave it out: a scheduling problem has neither money nor deals."
    wrong = [Issue("wrong-use", Severity.ERROR, name, str(path), advice) for name, path in given.items() if path]
    if wrong:
        raise InputError(wrong)


def _what_ifs(files: Sequence[Path], portfolio: Portfolio) -> tuple[Sequence[WhatIf], Sequence[Issue]]:
    if not files:
        return (), ()
    from troth.capacity.projects.outlook.from_file import what_ifs

    return what_ifs([(path.name, read_text(path)) for path in files], portfolio=portfolio)


def _planned(
    portfolio: Portfolio, what: Sequence[WhatIf], *, weeks: int, at_least: float, pace: float, join: float, seconds: float, seed: int
) -> tuple[ProjectsOutlook, Sequence[ComparedOutlook]]:  # fmt: skip
    """Return what the plan of the house comes to; with scenarios, also the house as it is and with the changes of each."""
    from troth.capacity.projects.allocation import AllocationPrices, from_portfolio, solve
    from troth.capacity.projects.outlook import outlook, side_by_side

    prices, until = AllocationPrices(join=join), portfolio.day + timedelta(weeks=weeks)
    if what:
        with output.progress("plan") as tell, interruptible() as asked:
            names: list[str] = []

            def next_one(name: str, _plan: object) -> None:
                names.append(name)
                tell(len(names) / (1 + len(what)), name)

            compared = side_by_side(
                portfolio, scenarios=what, weeks=weeks, at_least=at_least, pace=pace, prices=prices,
                stop=Stop(seconds, asked=asked), seed=seed, on_plan=next_one,
            )  # fmt: skip
        return compared[0].outlook, compared
    problem = from_portfolio(
        portfolio, first=portfolio.day, until=until, at_least=at_least, pace=pace, prices=prices
    )  # fmt: skip
    with _watched(seconds, lambda value, bound: f"worth {value:,.0f} of at most {bound:,.0f}") as (stop, better):
        plan = solve(problem, stop=stop, seed=seed, on_progress=better)
    return outlook(plan, portfolio=portfolio), ()


def _show(
    base: ProjectsOutlook, compared: Sequence[ComparedOutlook], come: FuturesOutlook | None, proposed: Sequence[ProjectBooking], issues: Sequence[Issue], *,
    form: output.Form,
) -> None:  # fmt: skip
    if form is output.Form.CSV and compared:
        output.show(scenario_rows(compared), form=form, key="scenarios")
        return
    extra = {"money": money_data(base), **kept_data(base)}
    if come is not None:
        extra["futures"] = come.as_dict()
    if compared:
        extra["scenarios"] = [one.as_dict() for one in compared]
    show_allocated(base.plan, proposed, issues, form=form, extra=extra)
    if form is output.Form.TABLE:
        show_money(base)
        if come is not None:
            show_futures(come)
        show_missed(base)
        show_scenarios(compared)


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
