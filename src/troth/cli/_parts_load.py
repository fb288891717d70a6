"""`troth parts load`: what to put on the vans for the visits ahead."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from troth.cli import output
from troth.cli._lake import opened
from troth.cli._parts_files import LoadFile, instant, read_load
from troth.cli._parts_source import FILE, STOPPED, at_option, held_in, seconds_option, stock_lake
from troth.core.decision import Issue, Severity, Status, Stop
from troth.core.errors import InputError

if TYPE_CHECKING:
    from troth.field.parts import LoadingPlan, LoadingProblem, LoadVisit


@click.command(
    "load",
    epilog="Example: troth parts load visits.json; troth parts load visits.json --lake lake --depot depot --at 2026-03-02T06:00+02:00",
)
@click.argument("path", type=FILE)
@stock_lake
@at_option
@click.option("--depot", metavar="PLACE", help="With a lake: where vans are loaded; the only depot if left out.")
@seconds_option
@output.form_option
def load_command(
    path: Path, *, lake: Path | None, at: str | None, depot: str | None, seconds: float, form: output.Form
) -> int:  # fmt: skip
    """Say which parts to put on which van, so that most second visits are saved.

    PATH is a JSON file with visits in order, vans with their room, and the depot. With --lake the depot's pieces and what is aboard are its
    stock, and a visit without chances gets those that are learned from past cases of its service and kind of equipment. Exit status is 1 if
    stock does not add up, or the search was stopped before anything was found.
    """
    from troth.field.parts import LoadingProblem, load_vans

    file = read_load(path)
    when = instant(at, option="--at") or file.at
    doubts: list[Issue] = []
    if lake is None:
        _whole(file)
        vans, pieces = file.vans, dict(file.depot or {})
        visits = tuple(one.with_chances(one.chances or {}) for one in file.visits)
    else:
        if when is None or when.tzinfo is None:
            advice = "Maybe add at to the file, or --at 2026-03-02T07:00+02:00: stock is that of an instant."
            raise InputError([Issue("missing-key", Severity.ERROR, "at", str(when or ""), advice)])
        visits = _foretold(file, lake, when)
        vans, pieces, doubts = _held(file, lake, when, depot)
    problem = LoadingProblem(visits, vans, pieces, file.sizes, file.hold_cents)
    plan = load_vans(problem, stop=Stop(seconds))
    _show(problem, plan, form=form)
    if doubts:
        output.show_issues(doubts, form=form)
    return int(bool(doubts) or plan.status is Status.STOPPED)


def _whole(file: LoadFile) -> None:
    """Refuse a file that lacks what only a lake could tell."""
    advice = "Maybe add chances by part, or --lake: they are learned from its past."
    issues = [
        Issue("missing-key", Severity.ERROR, f"visits[{k}].chances", one.visit, advice)
        for k, one in enumerate(file.visits)
        if one.chances is None
    ]
    if file.depot is None:
        advice = "Maybe add pieces by part, or --lake: they are those of its stock."
        issues.append(Issue("missing-key", Severity.ERROR, "depot", "", advice))
    if issues:
        raise InputError(issues)


def _foretold(file: LoadFile, lake: Path, at: datetime) -> tuple[LoadVisit, ...]:
    """Return the visits with chances; those that lack them get what past cases tell."""
    from troth.field.parts import PartCase, learn_parts
    from troth.field.parts.read import read_history

    asked = [one for one in file.visits if one.chances is None]
    told: dict[str, dict[str, float]] = {}
    if asked:
        history = read_history(opened(lake), until=at)
        learned = learn_parts(history, as_of=at)
        cases = [PartCase(one.visit, one.service, one.kind, one.asset, at, one.text) for one in asked]
        rows: Any = learned.of(cases, history=history)
        for one, row in zip(asked, rows, strict=True):
            told[one.visit] = dict(zip(learned.parts, row.tolist(), strict=True))
    return tuple(one.with_chances(told[one.visit] if one.chances is None else one.chances) for one in file.visits)


def _held(file: LoadFile, lake: Path, at: datetime, depot: str | None) -> tuple[Any, dict[str, int], list[Issue]]:
    """Return vans with what is aboard and the depot's pieces, of a lake."""
    from troth.field.parts import StockPlaceKind

    if file.depot is not None or any(one.aboard for one in file.vans):
        advice = "Maybe leave depot and aboard out, or --lake: stock is that of one of the two."
        raise InputError([Issue("given-twice", Severity.ERROR, "depot", "", advice)])
    held, doubts = held_in(lake, at=at)
    kinds = {one.place: one.kind for one in held.places}
    depots = sorted(place for place, kind in kinds.items() if kind is StockPlaceKind.DEPOT)
    if depot is None and len(depots) != 1:
        advice = (
            f"Maybe --depot with one of {', '.join(depots[:8])}."
            if depots
            else "Maybe the lake has no table locations."
        )
        raise InputError([Issue("missing-key", Severity.ERROR, "--depot", "", advice)])
    depot = depots[0] if depot is None else depot
    issues = [
        Issue("unknown-place", Severity.ERROR, where, place, f"Maybe one of {', '.join(some[:8]) or 'none known'}.")
        for where, place, some in [
            ("--depot", depot, depots),
            *((f"vans[{k}].van", one.van, sorted(p for p, kind in kinds.items() if kind is StockPlaceKind.VAN)) for k, one in enumerate(file.vans)),
        ]
        if place not in some
    ]  # fmt: skip
    if issues:
        raise InputError(issues)
    parts = [one.part for one in held.parts]

    def pieces(place: str) -> dict[str, int]:
        return {part: n for part in parts if (n := held.available(place, part=part))}

    return tuple(replace(one, aboard=pieces(one.van)) for one in file.vans), pieces(depot), doubts


def _show(problem: LoadingProblem, plan: LoadingPlan, *, form: output.Form) -> None:
    rows: list[output.Row] = [
        {"van": van, "part": part, "load": n, "aboard": plan.aboard[van].get(part, 0)}
        for van, parts in plan.loads.items()
        for part, n in parts.items()
    ]
    visits: list[dict[str, Any]] = [
        {"visit": one.visit, "van": one.van, "complete": plan.complete[one.visit], "before": plan.before[one.visit]}
        for one in problem.visits
    ]
    extra = {
        "status": str(plan.status), "saved_cents": plan.saved_cents, "bound_cents": plan.bound_cents, "visits": visits,
        "aboard": {van: dict(parts) for van, parts in plan.aboard.items()},
    }  # fmt: skip
    output.show(rows, form=form, key="loads", extra=extra)
    if form is output.Form.TABLE:
        n = max(len(visits), 1)
        click.echo(
            f"{str(plan.status).capitalize()}: all that is needed is aboard for {sum(one['complete'] for one in visits) / n:.0%} of "
            f"{len(visits):,} visits ({sum(one['before'] for one in visits) / n:.0%} without loading); saves {plan.saved_cents / 100:,.2f}, "
            f"no load more than {plan.bound_cents / 100:,.2f}"
        )
        if plan.status is Status.STOPPED:
            click.echo(STOPPED)
