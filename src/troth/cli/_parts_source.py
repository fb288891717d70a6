"""`troth parts source`: from where each visit gets its parts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from troth.cli import output
from troth.cli._lake import opened
from troth.cli._parts_files import SourceFile, instant, read_source
from troth.core.decision import Issue, Severity, Status, Stop
from troth.core.errors import InputError

if TYPE_CHECKING:
    from troth.field.parts import Holdings, SourcingPlan

FILE: Final = click.Path(path_type=Path, dir_okay=False, exists=True)
#: A lake that holds what the file leaves out; unlike other commands none is opened unless it is named.
seconds_option = click.option(
    "--seconds",
    type=click.FloatRange(0, min_open=True),
    default=30.0,
    show_default=True,
    help="How long to search at most.",
)
stock_lake = click.option(
    "--lake",
    type=click.Path(path_type=Path, file_okay=False),
    help="Take stock from this lake, or s3://bucket/prefix, instead of the file.",
)
STOPPED: Final = "The search was stopped before anything was found: maybe more --seconds."
at_option = click.option("--at", metavar="INSTANT", help="When it is; that of the file if left out.")


@click.command("source", epilog="Example: troth parts source needs.json --lake lake --at 2026-03-02T07:00+02:00")
@click.argument("path", type=FILE)
@stock_lake
@at_option
@seconds_option
@output.form_option
def source_command(path: Path, *, lake: Path | None, at: str | None, seconds: float, form: output.Form) -> int:  # fmt: skip
    """Say from where each visit gets its parts: own van, depot, another van, an order; at the least cost of trips, orders and second visits.

    PATH is a JSON file with needs, and with places, parts and what is held where unless --lake has them. A visit gets all of its parts or
    none. Exit status is 1 if a visit goes without, or stock does not add up.
    """
    from troth.field.parts import SourcingProblem, source, sourcing_breaches

    file = read_source(path)
    held, doubts = _held(file, lake=lake, at=instant(at, option="--at") or file.at)
    problem = SourcingProblem(
        file.needs, held, file.handovers, file.offers, file.incoming, file.second_visit_cents, file.second_visits
    )
    plan = source(problem, stop=Stop(seconds))
    broken = sourcing_breaches(problem, plan=plan)
    if broken:  # the judge and the solver share no code
        raise RuntimeError(f"The plan breaks {len(broken)} rules: {broken[0]}")
    _show(plan, file=file, form=form)
    if doubts:
        output.show_issues(doubts, form=form)
    return int(bool(plan.missed) or bool(doubts))


def _held(file: SourceFile, *, lake: Path | None, at: datetime | None) -> tuple[Holdings, list[Issue]]:
    """Return what is where, of the file or of a lake."""
    from troth.field.parts import Stock, StockCount

    if at is None:
        advice = "Maybe add at to the file, or --at 2026-03-02T07:00+02:00: stock is that of an instant."
        raise InputError([Issue("missing-key", Severity.ERROR, "at", "", advice)])
    if lake is not None:
        given = [name for name in ("places", "parts", "stock") if getattr(file, name)]
        if given:
            advice = "Maybe leave it out, or --lake: stock is that of one of the two."
            raise InputError([Issue("given-twice", Severity.ERROR, name, "", advice) for name in given])
        return held_in(lake, at=at, file=file)
    if at.tzinfo is None:
        raise InputError([Issue("naive-time", Severity.ERROR, "at", str(at), "Maybe 2026-03-02T07:00+02:00.")])
    counts = tuple(StockCount(one.place, one.part, one.quantity, at) for one in file.stock)
    try:
        held = Stock(file.places, file.parts, counts, reservations=file.reserved).at(at)
    except InputError as error:
        words = {"counts[": "stock[", "reservations[": "reserved["}
        raise InputError([replace(one, where=_named(one.where, words)) for one in error.issues]) from None
    return held, list(held.issues)


def _named(where: str, words: dict[str, str]) -> str:
    """Return a place by the names of the file."""
    return next((new + where.removeprefix(old) for old, new in words.items() if where.startswith(old)), where)


def held_in(lake: Path, *, at: datetime, file: SourceFile | None = None) -> tuple[Holdings, list[Issue]]:
    """Return what is where by a lake, and what of it cannot be used or does not add up."""
    from troth.field.parts import Stock
    from troth.field.parts.read import read_stock

    stock, doubts = read_stock(opened(lake), until=at)
    kept = () if file is None else file.reserved
    held = Stock(stock.places, stock.parts, stock.counts, stock.moves, kept).at(at)
    return held, [*doubts, *held.issues]


def _show(plan: SourcingPlan, *, file: SourceFile, form: output.Form) -> None:
    rows: list[output.Row] = [
        {
            "visit": one.visit, "part": one.part, "quantity": one.quantity, "way": str(one.way), "place": one.place, "van": one.van,
            "ready_at": one.ready_at.isoformat(), "cost_cents": one.cost_cents, "reason": "", "serials": list(one.serials),
        }
        for one in plan.pieces
    ]  # fmt: skip
    vans = {(one.visit, one.part): one.van for one in file.needs}
    rows += [
        {
            "visit": one.visit, "part": one.part, "quantity": one.quantity, "way": "missed", "place": "",
            "van": vans.get((one.visit, one.part), ""), "ready_at": None if one.earliest_at is None else one.earliest_at.isoformat(),
            "cost_cents": 0, "reason": str(one.reason), "serials": [],
        }
        for one in plan.missed
    ]  # fmt: skip
    trips = [
        {"from": one.origin, "van": one.van, "date": one.date.isoformat(), "cost_cents": one.cost_cents} for one in plan.trips
    ]  # fmt: skip
    extra = {
        "status": str(plan.status), "cost_cents": plan.cost_cents, "bound_cents": plan.bound_cents, "missed_cents": plan.missed_cents,
        "order_cents": plan.order_cents, "unit_cents": plan.unit_cents, "trips": trips, "at": plan.at.isoformat(),
    }  # fmt: skip
    columns = ("visit", "part", "quantity", "way", "place", "van", "ready_at", "reason")
    output.show(rows, form=form, key="pieces", columns=columns, extra=extra)
    if form is output.Form.TABLE:
        _total(plan, trips)


def _total(plan: SourcingPlan, trips: Sequence[output.Row]) -> None:
    fetched = sum(one["cost_cents"] for one in trips)
    click.echo(
        f"{str(plan.status).capitalize()}: costs {plan.cost_cents / 100:,.2f}, of which {len(trips):,} trips {fetched / 100:,.2f}, "
        f"orders {(plan.order_cents + plan.unit_cents) / 100:,.2f}, second visits {plan.missed_cents / 100:,.2f}; "
        f"none costs less than {plan.bound_cents / 100:,.2f}"
    )
    if plan.status is Status.STOPPED:
        click.echo(STOPPED)
