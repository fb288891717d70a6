"""`troth parts levels`: how many pieces of each part to keep."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import click

from troth.cli import output
from troth.cli._lake import lake_option, opened
from troth.cli._parts_files import LevelsFile, UsedPart, days_between, instant, read_levels
from troth.cli._quantities import SHARE
from troth.core.decision import Issue, Severity
from troth.core.errors import InputError

FILE: Final = click.Path(path_type=Path, dir_okay=False, exists=True)


@click.command(
    "levels",
    epilog="Example: troth parts levels used.json --format csv; troth parts levels --lake lake --place van-asta --short-cents 9000",
)
@click.argument("path", required=False, type=FILE)
@lake_option
@click.option(
    "--place", help="With a lake: only what was used from this place, such as a van; of all places if left out."
)
@click.option("--until", metavar="INSTANT", help="With a lake: look at what was known then; the newest if left out.")
@click.option(
    "--days",
    type=click.IntRange(7, 4000),
    default=180,
    show_default=True,
    help="With a lake: so many days of the past.",
)
@click.option(
    "--short-cents",
    type=click.FloatRange(0),
    default=8000.0,
    show_default=True,
    help="With a lake: of a piece that lacks: a second visit.",
)
@click.option(
    "--order-cents",
    type=click.FloatRange(0),
    default=0.0,
    show_default=True,
    help="With a lake: of an order, whatever its size.",
)
@click.option(
    "--hold",
    type=SHARE,
    default=0.2,
    show_default="20%",
    help="With a lake: cost of keeping a piece a year, as a share of what it costs.",
)
@click.option(
    "--futures", type=click.IntRange(50, 5000), default=500, show_default=True, help="Possible futures that are drawn."
)
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="Chance of the futures.")
@output.form_option
def levels_command(
    path: Path | None, *, lake: Path, place: str | None, until: str | None, days: int, short_cents: float, order_cents: float, hold: float,
    futures: int, seed: int, form: output.Form,
) -> int:  # fmt: skip
    """Say when to order how many of each part: the reorder point (min), the level (max), and what to expect of them.

    PATH is a JSON file with parts and the pieces used by day; without it they are those of the lake. Futures are drawn from how the parts
    were used; of all pairs of levels the one that costs least in shortages, holding and orders is told. Where a leftover piece has a price the
    newsvendor's level is told too: what is enough until the next filling-up. Exit status is 1 if something is doubtful.
    """
    doubts: list[Issue] = []
    if path is not None:
        file = read_levels(path)
    else:
        prices = LevelsFile((), short_cents=short_cents, order_cents=order_cents)
        file, doubts = _of_lake(lake, prices, place=place, until=instant(until, option="--until"), days=days, hold=hold)
    rows = _rows(file, futures=futures, seed=seed)
    columns = {
        "part": lambda row: row["part"], "place": lambda row: row["place"], "a day": lambda row: f"{row['mean_day']:.3f}",
        "min": lambda row: output.text(row["reorder_at"]), "max": lambda row: output.text(row["order_up_to"]),
        "at once": lambda row: f"{row['fill_rate']:.1%}", "on hand": lambda row: f"{row['on_hand']:.1f}",
        "cost a day": lambda row: f"{row['cost_cents_day'] / 100:,.2f}", "enough": lambda row: output.text(row["newsvendor"]),
        "cost as is": lambda row: "-" if row["now_cost_cents_day"] is None else f"{row['now_cost_cents_day'] / 100:,.2f}",
    }  # fmt: skip
    output.show(rows, form=form, key="levels", columns=columns)
    if doubts:
        output.show_issues(doubts, form=form)
    return int(bool(doubts))


def _rows(file: LevelsFile, *, futures: int, seed: int) -> list[output.Row]:
    """Return a row for each part; what is wrong with any is raised for all together."""
    rows, issues = [], []
    for k, one in enumerate(file.parts):
        try:
            rows.append(_row(one, file, futures=futures, seed=seed))
        except InputError as error:
            where = f"parts[{k}] {one.part}".strip()
            issues += [replace(issue, where=f"{where}, {issue.where}") for issue in error.issues]
    if issues:
        raise InputError(issues)
    return rows


def _row(one: UsedPart, file: LevelsFile, *, futures: int, seed: int) -> output.Row:
    from troth.field.parts import (
        StockPrices,
        best_level,
        critical_ratio,
        judged_level,
        newsvendor_level,
        seldom_paths,
    )

    def usual(name: str) -> Any:
        own = getattr(one, name)
        return getattr(file, name) if own is None else own

    lead, refill = usual("lead_days"), usual("refill_days")
    wrong = [
        Issue("bad-lead", Severity.ERROR, name, str(value), f"Maybe whole days from {least} to 365.")
        for name, value, least in (("lead_days", lead, 0), ("refill_days", refill, 1))
        if not least <= value <= 365
    ]
    if wrong:
        raise InputError(wrong)
    prices = StockPrices(usual("short_cents"), usual("hold_cents_day"), usual("order_cents"))
    paths = seldom_paths(
        one.used, days=max(60, 2 * lead + 1, refill), paths=futures, seed=seed, name=f"{one.place} {one.part}"
    )
    level = best_level(paths, prices=prices, lead_days=lead)
    over = usual("over_cents")
    enough = None
    if over is not None:
        ratio = critical_ratio(short_cents=prices.short_cents, over_cents=over)
        enough = newsvendor_level(paths[:, :refill].sum(axis=1), ratio=ratio)
    now = None
    if one.reorder_at is not None or one.order_up_to is not None:
        if one.reorder_at is None or one.order_up_to is None:
            advice = "Maybe give both levels as they are now, or neither."
            raise InputError([Issue("missing-key", Severity.ERROR, "reorder_at, order_up_to", "", advice)])
        now = judged_level(paths, reorder_at=one.reorder_at, order_up_to=one.order_up_to, prices=prices, lead_days=lead)
    return {
        "part": one.part, "place": one.place, "days": len(one.used), "mean_day": float(paths.mean()), "reorder_at": level.reorder_at,
        "order_up_to": level.order_up_to, "fill_rate": level.fill_rate, "ready_rate": level.ready_rate, "on_hand": level.on_hand,
        "orders_day": level.orders_day, "cost_cents_day": level.cost_cents_day, "newsvendor": enough,
        "now_fill_rate": None if now is None else now.fill_rate, "now_cost_cents_day": None if now is None else now.cost_cents_day,
    }  # fmt: skip


def _of_lake(
    folder: Path, prices: LevelsFile, *, place: str | None, until: datetime | None, days: int, hold: float
) -> tuple[LevelsFile, list[Issue]]:
    """Return what was used by day, by part, from a lake; lead times and costs are those of its parts."""
    from troth.field.parts.read import read_stock

    stock, doubts = read_stock(opened(folder), until=until)
    places = [one.place for one in stock.places]
    if place is not None and place not in places:
        advice = f"Maybe one of {', '.join(sorted(places)[:8])}."
        raise InputError([Issue("unknown-place", Severity.ERROR, "--place", place, advice)])
    used = [one for one in stock.moves if not one.target and place in (None, one.origin)]
    if not used:
        advice = "Maybe import events of part_used, or leave --place out."
        raise InputError([Issue("no-use", Severity.ERROR, "lake", place or "", advice)])
    # Parts are used in daylight: by the day of the universal clock no use changes its day but near the date line.
    last = max(one.at for one in used).date() if until is None else until.date()
    first = max(min(one.at for one in used).date(), last - timedelta(days=days - 1))
    span = days_between(first, last + timedelta(days=1))
    count = Counter[tuple[str, Any]]()
    for one in used:
        count[one.part, one.at.date()] += one.quantity
    named = {name for name, _ in count}
    parts = [
        UsedPart(
            part.part, tuple(float(count[part.part, day]) for day in span), place or "", -(-part.lead // timedelta(days=1)),
            hold_cents_day=part.cost_cents * hold / 365,
        )
        for part in stock.parts
        if part.part in named
    ]  # fmt: skip
    return replace(prices, parts=tuple(_some(parts))), doubts


def _some(parts: Sequence[UsedPart]) -> list[UsedPart]:
    """Return the parts that were used in the days looked at."""
    return [one for one in parts if any(one.used)]
