"""`troth route replan`: a plan that stands, and what comes up."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from troth.cli import output
from troth.cli._interrupt import interruptible
from troth.cli._places import write
from troth.cli._route_files import RouteFile, read_problem, read_text, read_tours
from troth.cli._route_shared import (
    FILE,
    input_option,
    placed,
    plan_of,
    refuse,
    show_breaches,
    show_left,
    travel_option,
    writing,
    written,
)
from troth.core.decision import Issue, Severity
from troth.core.errors import InputError
from troth.core.lengths import parse_length

if TYPE_CHECKING:
    from troth.field.routing import RoutingProblem, Tour
    from troth.field.routing.day import DayEvent
    from troth.field.routing.replan import Replanned

_KINDS: Final = ("ill", "late", "cancelled", "no-show", "new", "emergency", "part-missing", "back")
_OF_PEOPLE: Final = frozenset({"ill", "late", "back"})


def second_of(problem: RoutingProblem, text: str, *, where: str) -> float:
    """Return the second of an instant as ISO 8601; without a zone it is by the problem's clock.

    Raises
    ------
    InputError : it is none.
    """
    try:
        at = datetime.fromisoformat(text)
        at = at if at.tzinfo is not None else at.replace(tzinfo=problem.begins_at.tzinfo)
        return at.timestamp() - problem.begins_at.timestamp()
    except (ValueError, OverflowError) as error:
        advice = "Maybe ISO 8601 is meant, as 2026-06-01T11:00 or 2026-06-01T11:00+03:00."
        raise InputError([Issue("bad-time", Severity.ERROR, where, text, advice)]) from error


class _Event(click.ParamType[tuple[str, str, str]]):
    """Something that came up: ``ill=WHO``, ``late=WHO:30min``, ``cancelled=VISIT``, ``part-missing=VISIT:PART``."""

    name = "event"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, str, str]:
        """Return kind, whom it is about, and the rest."""
        kind, mark, rest = str(value).partition("=")
        if kind not in _KINDS or not mark or not rest:
            self.fail(f"{value!r} is not one of {', '.join(f'{one}=...' for one in _KINDS)}", param, ctx)
        about, _, more = (
            rest.rpartition(":") if kind in ("late", "ill", "part-missing") and ":" in rest else (rest, "", "")
        )
        if kind in ("late", "part-missing") and not more:
            self.fail(f"{value!r} lacks its second part, as in late=ada:30min or part-missing=v7:pump", param, ctx)
        if kind in ("late", "ill") and more:
            try:
                parse_length(more)
            except ValueError as error:
                self.fail(str(error), param, ctx)
        return kind, about, more


@click.command(
    "replan",
    epilog="Example: troth route replan problem.json plan.json --now 2026-06-01T11:00 --event ill=jonas --event late=ada:30min --out mended.json",
)
@click.argument("path", metavar="PROBLEM", type=FILE)
@click.argument("planned", metavar="PLAN", type=FILE)
@click.option("--now", required=True, metavar="INSTANT", help="From when on to plan again; what began before stays.")
@click.option("--event", "happened", multiple=True, type=_Event(), metavar="KIND=...",
              help="What came up, may be repeated: ill=WHO, ill=WHO:3h, late=WHO:30min, cancelled=VISIT, no-show=VISIT, new=VISIT, emergency=VISIT, "
              "part-missing=VISIT:PART, back=WHO.")  # fmt: skip
@click.option(
    "--seconds", type=click.FloatRange(0, min_open=True), default=5.0, show_default=True, help="How long to search."
)
@click.option("--steps", type=click.IntRange(1), help="Stop after so many rounds of search, too.")
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="Another seed searches elsewhere.")
@input_option
@travel_option
@writing
@output.form_option
def replan_command(
    path: Path, planned: Path, *, now: str, happened: tuple[tuple[str, str, str], ...], seconds: float, steps: int | None, seed: int,
    source: str, travel: str | None, form: output.Form, **given: Any,
) -> int:  # fmt: skip
    """Plan a day again from now on, changing little: each change with what led to it and what it saves.

    What the plan has before the instant counts as done, and what is under way stays with whoever is at it. New visits stand in the problem
    and not in the plan. --out writes the whole day, with what is done and what came up, to be planned again; other files have what is left.
    Ctrl-C ends the search and keeps the best so far. Exit status is 1 if a hard rule is broken or a visit left out.
    """
    from troth.core.decision import Stop
    from troth.field.routing.export import plan_to_json
    from troth.field.routing.left import doubts
    from troth.field.routing.replan import replan
    from troth.field.routing.sofar import state_at

    refuse(given, source=source)
    file = read_problem(path, form=source, travel=travel)
    placed(file.problem, given)
    tours = read_tours(planned, file=file, form=source)
    at = second_of(file.problem, now, where="--now")
    events, earlier = _events(file.problem, tours, happened, at), _earlier(planned, file.problem)
    state = state_at(file.problem, tours=tours, at_s=at, events=(*earlier, *events))
    with interruptible() as asked:
        found = replan(
            plan_of(file.problem, tours), state=state, events=events, earlier=earlier, stop=Stop(seconds, steps, asked), seed=seed,
        )  # fmt: skip
    _show_changes(found, form=form)
    if given["out"] is not None:
        write(given["out"], plan_to_json(found.whole, events=(*earlier, *events)), option="--out")
    # Locations and numbers are those of the whole day, of which the new plan has what is left.
    rest = RouteFile(found.plan.problem, file.issues, file.vroom)
    written(found.plan, {**given, "out": None}, file=rest)
    if issues := (
        *file.issues,
        *_not_away(file.problem, earlier, events),
        *doubts(file.problem, left=found.plan.problem),
    ):
        output.show_issues(issues, form=form)
    return int(bool(found.plan.broken) or bool(found.plan.unserved))


def _earlier(planned: Path, problem: RoutingProblem) -> tuple[DayEvent, ...]:
    """Return what came up before a plan was made, if it was made by planning again."""
    from troth.field.routing.day_file import events_from_json

    text = read_text(planned)
    return events_from_json(text, problem=problem, name=planned.name) if '"events"' in text else ()


def _events(
    problem: RoutingProblem, tours: Sequence[Tour], happened: Sequence[tuple[str, str, str]], at: float
) -> list[DayEvent]:
    from troth.field.routing.day import DayEvent, EventKind

    whose = {name: tour.technician_id for tour in tours for name in tour.visits()}

    people, visits = {one.technician_id for one in problem.technicians}, {one.visit_id for one in problem.visits}
    found, issues = [], []
    for kind, about, more in happened:
        known, code = (people, "unknown-technician") if kind in _OF_PEOPLE else (visits, "unknown-visit")
        if about not in known:
            issues.append(
                Issue(code, Severity.ERROR, f"--event {kind}", about, "Maybe it is written otherwise in the problem.")
            )
        # A part that is missing is missing on the van of whoever has the visit.
        who = about if kind in _OF_PEOPLE else whose.get(about, "") if kind == "part-missing" else ""
        length = parse_length(more) if kind in ("late", "ill") and more else 0.0
        what = more if kind == "part-missing" else ""
        issues += _unknown_part(problem, what) if what else []
        found.append(DayEvent(EventKind(kind), at, "" if kind in _OF_PEOPLE else about, who, length, what))
    if issues:
        raise InputError(issues)
    return found


def _not_away(problem: RoutingProblem, earlier: Sequence[DayEvent], events: Sequence[DayEvent]) -> list[Issue]:
    """Return who is told to be back and was not away, as far as the plan knows."""
    from troth.field.routing.day import absences

    people = {one.technician_id: one for one in problem.technicians}
    ill = [one for one in (*earlier, *events) if str(one.kind) == "ill"]
    advice = "Maybe give the plan that was written when they were told to be ill: it keeps that."
    return [
        Issue("not-away", Severity.WARNING, "--event back", one.technician_id, advice)
        for one in events
        if str(one.kind) == "back"
        and not any(a <= one.at_s < b for a, b in absences(ill, who=people[one.technician_id]))
    ]


def _unknown_part(problem: RoutingProblem, part: str) -> list[Issue]:
    """Return what is wrong with a part that nobody has or needs, unless a depot has whatever is asked for."""
    from troth.core.json_input import near

    if any(one.parts is None for one in problem.depots):
        return []
    held: list[Any] = [one.parts for some in (problem.technicians, problem.visits, problem.depots) for one in some]
    names = {name for parts in held for name in parts}
    if part in names:
        return []
    otherwise = "Maybe add it to the parts of whoever has it, or of the visit: nobody has or needs it in the problem."
    advice = near(part, known=names, otherwise=otherwise)
    return [Issue("unknown-part", Severity.ERROR, "--event part-missing", part, advice)]


def _show_changes(found: Replanned, *, form: output.Form) -> None:
    from troth.field.routing.explain import sentence
    from troth.field.routing.export import breach_row

    def at(second: float | None) -> str | None:
        return None if second is None else found.plan.problem.at(second).isoformat()

    rows = [
        {
            "visit": one.visit_id, "from_technician": one.from_technician, "to_technician": one.to_technician, "from_at": at(one.from_s),
            "to_at": at(one.to_s), "cause": "" if one.cause is None else str(one.cause.kind), "saves_cents": sum(one.saves.values()),
            "says": sentence(one.explanation),
        }
        for one in found.changes
    ]  # fmt: skip
    plan = found.plan
    if form is not output.Form.TABLE:
        extra = {
            "value_cents": plan.value, "left_alone_cents": found.left_alone.value, "untouched": found.untouched, "moved": found.moved,
            "unserved": [one.visit_id for one in plan.unserved], "broken": [breach_row(one) for one in plan.broken],
            "seconds": found.seconds,
        }  # fmt: skip
        output.show(rows, form=form, key="changes", extra=extra)
        return
    for row in rows:
        click.echo(f"  {row['says']}")
    click.echo(
        f"{len(rows):,} changes, of {found.untouched:,} visits nothing happened to {found.moved:,} moved; cost {plan.value / 100:,.2f} "
        f"({found.left_alone.value / 100:,.2f} if nobody did anything), {found.seconds:.1f} s"
    )
    if plan.unserved:
        click.echo("Left out, and for how many technicians which rule comes first:")
        show_left(plan)
    if plan.broken:
        click.echo(f"{len(plan.broken):,} hard rules broken:")
        show_breaches(plan.broken)
