"""`troth route replan`: a plan that stands, and what comes up."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from troth.cli import output
from troth.cli._interrupt import interruptible
from troth.cli._route_files import RouteFile, read_problem, read_tours
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
    from troth.field.routing import PlannedStop, RoutingProblem, Tour
    from troth.field.routing.day import DayEvent, DayState
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
    and not in the plan. Ctrl-C ends the search and keeps the best so far. Exit status is 1 if a hard rule is broken or a visit left out.
    """
    from troth.core.decision import Stop
    from troth.field.routing.replan import replan

    refuse(given, source=source)
    file = read_problem(path, form=source, travel=travel)
    placed(file.problem, given)
    tours = read_tours(planned, file=file, form=source)
    at = second_of(file.problem, now, where="--now")
    events = _events(file.problem, happened, at)
    with interruptible() as asked:
        found = replan(
            plan_of(file.problem, tours), state=state_at(file.problem, tours, at, events), events=events, stop=Stop(seconds, steps, asked), seed=seed,
        )  # fmt: skip
    _show_changes(found, form=form)
    # Locations and numbers are those of the whole day, of which the new plan has what is left.
    written(found.plan, given, file=RouteFile(found.plan.problem, file.issues, file.vroom))
    if file.issues:
        output.show_issues(file.issues, form=form)
    return int(bool(found.plan.broken) or bool(found.plan.unserved))


def _events(problem: RoutingProblem, happened: Sequence[tuple[str, str, str]], at: float) -> list[DayEvent]:
    from troth.field.routing.day import DayEvent, EventKind

    people, visits = {one.technician_id for one in problem.technicians}, {one.visit_id for one in problem.visits}
    found, issues = [], []
    for kind, about, more in happened:
        known, code = (people, "unknown-technician") if kind in _OF_PEOPLE else (visits, "unknown-visit")
        if about not in known:
            issues.append(
                Issue(code, Severity.ERROR, f"--event {kind}", about, "Maybe it is written otherwise in the problem.")
            )
        who = about if kind in _OF_PEOPLE else ""
        length = parse_length(more) if kind in ("late", "ill") and more else 0.0
        what = more if kind == "part-missing" else ""
        issues += _unknown_part(problem, what) if what else []
        found.append(DayEvent(EventKind(kind), at, "" if who else about, who, length, what))
    if issues:
        raise InputError(issues)
    return found


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


def state_at(problem: RoutingProblem, tours: Sequence[Tour], at: float, events: Sequence[DayEvent] = ()) -> DayState:
    """Return what is known of a day at an instant if all went as planned until then, but for the events.

    Whoever is ill leaves what they are at; whoever is late is so at what they are at.
    """
    from troth.field.routing import StopKind
    from troth.field.routing.day import DayState, RunningJob
    from troth.field.routing.ways import place_of

    ill = {one.technician_id for one in events if str(one.kind) == "ill"}
    late = {one.technician_id: one.seconds for one in events if str(one.kind) == "late"}
    over = {one.visit_id for one in events if str(one.kind) in ("cancelled", "no-show")}
    done, running, places, rested = set[str](), dict[str, RunningJob](), dict[str, int](), dict[str, int]()
    for tour in tours:
        if tour.leaves_s > at or tour.returns_s <= at:
            done |= set(tour.visits()) if tour.returns_s <= at else set()
            continue
        delay, left = late.get(tour.technician_id, 0.0), tour.leaves_s
        for one in tour.stops:
            place = place_of(problem, stop=one)
            if one.ends_s + delay <= at:
                taken = rested.get(tour.technician_id, 0)
                rested[tour.technician_id] = taken + _is_break(problem, tour, one, taken)
                done |= {one.name} if one.kind is StopKind.VISIT else set()
                if place is not None:
                    places[tour.technician_id] = place
            elif (
                one.kind is StopKind.VISIT
                and left <= at
                and tour.technician_id not in ill
                and one.name not in over
                and place is not None
            ):
                running[tour.technician_id] = RunningJob(one.name, place, one.ends_s + delay)
                break
            else:
                break
            left = one.ends_s + delay
    return DayState(at, frozenset(done), running, places, rested)


def _is_break(problem: RoutingProblem, tour: Tour, stop: PlannedStop, taken: int) -> bool:
    """Tell whether a stop is the next break of a shift: a rest after so much driving is none."""
    from troth.field.routing import StopKind

    shifts = [s for one in problem.technicians if one.technician_id == tour.technician_id for s in one.shifts]
    breaks = shifts[tour.shift].breaks[taken : taken + 1] if 0 <= tour.shift < len(shifts) else ()
    return stop.kind is StopKind.REST and any(
        one.earliest_s - 1 <= stop.starts_s <= one.latest_s + 1 and stop.ends_s - stop.starts_s >= one.duration_s - 1
        for one in breaks
    )


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
