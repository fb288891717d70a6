"""`troth route insert`: which windows to offer a caller."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from troth.cli import output
from troth.cli._lake import opened
from troth.cli._quantities import SHARE
from troth.cli._route_day import second_of
from troth.cli._route_files import read_problem, read_text, read_tours
from troth.cli._route_shared import FILE, input_option, travel_option
from troth.core.decision import Issue, Severity
from troth.core.errors import InputError

if TYPE_CHECKING:
    from troth.field.routing import RoutingProblem, TimeWindow, Tour
    from troth.field.routing.insert import InsertAdvice, WindowAdvice
    from troth.field.routing.record import OfferRecord

#: What is older than half a year says little of work and travel now.
_LEARNED: Final = timedelta(days=182)


@click.command(
    "insert", epilog="Example: troth route insert problem.json plan.json --visit boiler-7 --hours 2 --sure 90%"
)
@click.argument("path", metavar="PROBLEM", type=FILE)
@click.argument("planned", metavar="PLAN", type=FILE)
@click.option("--visit", required=True, metavar="ID", help="A visit of the problem that the plan does not make.")
@click.option(
    "--window",
    "windows",
    multiple=True,
    metavar="FROM/TO",
    help="A window to look at; may be repeated. All within shifts if left out.",
)
@click.option(
    "--hours",
    type=click.FloatRange(0.25, 24),
    default=2.0,
    show_default=True,
    help="How long windows are if none is given.",
)
@click.option(
    "--sure", type=SHARE, default=0.0, show_default="any", help="Least probability with which a window is kept."
)
@click.option("--most", type=click.IntRange(1, 100), default=10, show_default=True, help="How many windows to tell.")
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="Chance of the days lived through.")
@click.option(
    "--now",
    metavar="INSTANT",
    help="When the customer asks: what began before stays, and windows that are over are not offered.",
)
@click.option(
    "--lake",
    type=click.Path(path_type=Path, file_okay=False),
    help="Learn how work and travel are spread, and how windows were kept, from half a year before --now in this lake, or s3://bucket/prefix.",
)
@input_option
@travel_option
@output.form_option
def insert_command(
    path: Path, planned: Path, *, visit: str, windows: tuple[str, ...], hours: float, sure: float, most: int, seed: int, now: str | None,
    lake: Path | None, source: str, travel: str | None, form: output.Form,
) -> int:  # fmt: skip
    """Say which windows to offer a caller: what each costs, and how likely it is kept.

    The visit is put where it costs least for each window, and the day is then lived through with work and travel as they are spread: as usual
    in the trade, or with --lake as the log has them, and as windows promised before were kept. Whatever the visit was promised before is
    asked anew. Exit status is 1 if there is no window to offer.
    """
    from troth.field.routing.insert import insert

    file = read_problem(path, form=source, travel=travel)
    tours = read_tours(planned, file=file, form=source)
    at, issues = _instant(file.problem, now, lake)
    spans, wrong = _windows(file.problem, windows)
    issues = [*_wrong_visit(file.problem, tours, visit), *wrong, *issues]
    if issues:
        raise InputError(issues)
    day = Asked(file.problem, tours) if at is None else _from(planned, file.problem, tours, at)
    problem = day.problem
    record = None if lake is None or at is None else _learned(lake, file.problem, at)
    told = insert(
        problem, tours=day.tours, visit_id=visit, windows=spans or _usual(problem, hours), seed=seed, most=most, least_probability=sure,
        spread=None if record is None else record.spread, kept=_stated(record, problem, at), now_s=at,
    )  # fmt: skip
    told = replace(told, windows=tuple(map(day.of_the_day, told.windows)))
    _show_windows(told, problem=problem, form=form, rests_on=_rests_on(record, visit))
    if issues := [*file.issues, *told.doubts, *(record.issues if record else ())]:
        output.show_issues(issues, form=form)
    return int(not told.windows)


@dataclass(frozen=True, slots=True)
class Asked:
    """A plan that is asked for room: of the day, or what is left of it, with the tours and numbers of the day.

    Parameters
    ----------
    before : tours of the day, if `tours` are what is left of it.
    shifts : by technician and number of a shift in `problem`, its number in the day; the same if empty.
    """

    problem: RoutingProblem
    tours: Sequence[Tour]
    before: Sequence[Tour] = ()
    shifts: Mapping[tuple[str, int], int] = field(default_factory=dict)

    def of_the_day(self, one: WindowAdvice) -> WindowAdvice:
        """Return a window with shift and position as in the plan of the whole day."""
        shift = self.shifts.get((one.technician_id, one.shift), one.shift)
        gone = _stops(self.before, one.technician_id, shift) - _stops(self.tours, one.technician_id, one.shift)
        return replace(one, shift=shift, position=one.position + gone) if self.before else one


def _stops(tours: Sequence[Tour], who: str, shift: int) -> int:
    """Return how many stops a tour has, rests not counted."""
    return sum(str(s.kind) != "rest" for t in tours if (t.technician_id, t.shift) == (who, shift) for s in t.stops)


def _instant(problem: RoutingProblem, now: str | None, lake: Path | None) -> tuple[float | None, list[Issue]]:
    """Return when the customer asks, and what is wrong with that."""
    if now is not None:
        try:
            return second_of(problem, now, where="--now"), []
        except InputError as error:
            return None, list(error.issues)
    if lake is None:
        return None, []
    advice = "Maybe --now 2026-06-01T11:00: learned is what was known by an instant."
    return None, [Issue("missing-key", Severity.ERROR, "--now", "", advice)]


def _from(planned: Path, problem: RoutingProblem, tours: Sequence[Tour], at: float) -> Asked:
    """Return what is left of a day from an instant on, as planning it again has it; what came up before is in the plan's file."""
    from troth.field.routing.day_file import events_from_json
    from troth.field.routing.left import what_is_left
    from troth.field.routing.orders import left_alone
    from troth.field.routing.sofar import state_at

    text = read_text(planned)
    events = events_from_json(text, problem=problem, name=planned.name) if '"events"' in text else ()
    state = state_at(problem, tours=tours, at_s=at, events=events)
    rest = what_is_left(problem, tours=tours, state=state, events=events)
    return Asked(rest.problem, left_alone(rest.problem, tours=tours, shifts=rest.shifts), tours, rest.shifts)


def _learned(lake: Path, problem: RoutingProblem, at: float) -> OfferRecord:
    from troth.field.routing.record import offer_record

    now, zone = problem.at(at), getattr(problem.begins_at.tzinfo, "key", None) or "UTC"
    visits = [one.visit_id for one in problem.visits]
    return offer_record(opened(lake), start=now - _LEARNED, end=now, visits=visits, time_zone=zone)


def _stated(
    record: OfferRecord | None, problem: RoutingProblem, at: float | None
) -> Callable[[float, TimeWindow], float] | None:
    """Return what to state for a probability of the plan and a window, by the record of windows."""
    if record is None or at is None:
        return None
    kept, today = record.kept, problem.at(at).date()
    return lambda chance, window: kept.stated(
        chance, hours=(window.end_s - window.start_s) / 3600, same_day=problem.at(window.start_s).date() == today
    )


def _rests_on(record: OfferRecord | None, visit: str) -> dict[str, Any]:
    """Return what the probabilities rest on: how many jobs, trips and windows, and spreads as sigmas of logarithms."""
    from troth.field.routing.learn import FieldSpread

    spread = FieldSpread() if record is None else record.spread
    many = (0, 0, 0) if record is None else (record.jobs, record.trips, record.kept.n)
    return dict(zip(("jobs", "trips", "windows"), many, strict=True)) | {
        "work_sigma": spread.of(visit), "day_sigma": spread.day_sigma, "travel_sigma": spread.travel_sigma,
        "travel_day_sigma": spread.travel_day_sigma,
    }  # fmt: skip


def _wrong_visit(problem: RoutingProblem, tours: Sequence[Tour], visit: str) -> list[Issue]:
    """Return what is wrong with a visit that the problem does not know, or the plan makes already."""
    from difflib import get_close_matches

    names = [one.visit_id for one in problem.visits]
    if visit not in names:
        near = get_close_matches(visit, names, n=1)
        advice = f"Maybe {near[0]} is meant." if near else "Maybe add it to the problem's visits."
        return [Issue("unknown-visit", Severity.ERROR, "--visit", visit, advice)]
    if any(visit in tour.visits() for tour in tours):
        advice = "Maybe another visit: the plan makes this one."
        return [Issue("planned-already", Severity.ERROR, "--visit", visit, advice)]
    return []


def _windows(problem: RoutingProblem, texts: Sequence[str]) -> tuple[tuple[TimeWindow, ...], list[Issue]]:
    """Return the windows, and what is wrong with any of them."""
    from troth.field.routing import TimeWindow

    found, issues = list[TimeWindow](), list[Issue]()
    for text in texts:
        start, mark, end = text.partition("/")
        if not mark:
            advice = "Maybe FROM/TO is meant, as 2026-06-01T09:00/2026-06-01T11:00."
            issues.append(Issue("bad-time", Severity.ERROR, "--window", text, advice))
            continue
        seconds = []
        for one in (start, end):
            try:
                seconds.append(second_of(problem, one, where="--window"))
            except InputError as error:
                issues += error.issues
        if len(seconds) == 2:
            found.append(TimeWindow(*seconds))
            if seconds[1] < seconds[0]:
                advice = "Maybe start and end are exchanged."
                issues.append(Issue("empty-span", Severity.ERROR, "--window", text, advice))
    return tuple(found), issues


def _usual(problem: RoutingProblem, hours: float) -> tuple[TimeWindow, ...]:
    """Return the windows within each day's shifts, one beginning each hour."""
    from troth.field.routing import TimeWindow
    from troth.field.routing.insert import windows_between

    days: dict[int, tuple[float, float]] = {}
    for who in problem.technicians:
        for shift in who.shifts:
            start, end = days.get(shift.day, (shift.start_s, shift.end_s))
            days[shift.day] = (min(start, shift.start_s), max(end, shift.end_s))
    opens = [
        TimeWindow(-(-start // 3600) * 3600, end)
        for _, (start, end) in sorted(days.items())
        if end - start < 30 * 86_400
    ]
    return windows_between(opens, hours=[hours])


def _show_windows(
    told: InsertAdvice, *, problem: RoutingProblem, form: output.Form, rests_on: Mapping[str, Any]
) -> None:
    from troth.field.routing.export import explained
    from troth.field.routing.insert import REFUSED

    rows: list[output.Row] = [one.as_dict(problem) for one in told.windows]
    if form is not output.Form.TABLE:
        refused = [explained(one) | {"says": " ".join(_words(REFUSED[one.code]))} for one in told.refused]
        extra = {"visit": told.visit_id, "refused": refused, "rests_on": dict(rests_on), "seconds": told.seconds}
        output.show(rows, form=form, key="windows", extra=extra)
        return
    columns: dict[str, Callable[[output.Row], str]] = {
        "from": lambda row: row["start_at"][:16].replace("T", " "), "to": lambda row: row["end_at"][11:16],
        "technician": lambda row: row["technician_id"], "costs": lambda row: f"{row['cost_cents'] / 100:,.2f}",
        "kept": lambda row: f"{row['probability']:.0%}", "risk": lambda row: f"{row['risk_cents'] / 100:,.2f}",
    }  # fmt: skip
    if rows:
        output.show(rows, form=form, key="windows", columns=columns)
        jobs, trips, windows = (rests_on[name] for name in ("jobs", "trips", "windows"))
        click.echo(
            f"How likely they are kept rests on {_many(jobs, 'the usual spread of work', 'jobs')}, "
            f"{_many(trips, 'the usual spread of travel', 'trips')} and {_many(windows, 'the plan alone', 'windows promised before')}."
        )
    else:
        click.echo("No window can be offered.")
    for one in told.refused[:8]:
        start, end = (f"{problem.at(one.parameters[key]):%a %H:%M}" for key in ("start_s", "end_s"))
        click.echo(f"  not {start} to {end}: {one.code.removeprefix('insert.').replace('-', ' ')}")
    for code in dict.fromkeys(one.code for one in told.refused[:8]):
        words, advice = _words(REFUSED[code])
        click.echo(f"  {code.removeprefix('insert.').replace('-', ' ')}: {words} {advice}")


def _words(said: tuple[str, str]) -> tuple[str, str]:
    return f"{said[0]}.", said[1]


def _many(n: int, none: str, what: str) -> str:
    return f"{n:,} {what}" if n else none
