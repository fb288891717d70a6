"""Money of sampled futures beside a plan: lived, and printed as P10, P50 and P90."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import numpy as np

from troth.cli import output
from troth.cli._interrupt import interruptible
from troth.cli._projects_beliefs import believed, source_of
from troth.core.decision import Issue, Stop

if TYPE_CHECKING:
    from troth.capacity.projects.outlook.futures import FuturesOutlook
    from troth.capacity.projects.portfolio import Portfolio


def lived(
    portfolio: Portfolio, *, path: Path | None, lake: Path, site: str | None, futures: int, weeks: int, seed: int
) -> tuple[FuturesOutlook | None, Sequence[Issue]]:  # fmt: skip
    """Return what futures of a portfolio earn and cost, and what is doubtful; nothing if none are asked for."""
    if not futures:
        return None, ()
    from troth.capacity.projects.outlook.futures import FuturesOutlook, unpriced
    from troth.capacity.projects.promising import money_futures, prepare

    with_ = believed(portfolio, source=source_of(None, path=path), lake=lake if path is None else None, site=site)
    left_out, issues = unpriced(with_.portfolio)
    # Futures begin on a Monday: a week more where the plan's weeks begin later, so that none of its days is missing.
    weeks += portfolio.day.weekday() > 0
    with output.progress("futures") as tell, interruptible() as asked:
        prepared = prepare(
            with_.portfolio, beliefs=with_.learned.beliefs, futures=futures, weeks=weeks, seed=seed, money=True,
            stop=Stop(asked=asked), on_progress=lambda done, of: tell(done / of),
        )  # fmt: skip
    names = [one.project_id for one in portfolio.projects] + [one.deal_id for one in portfolio.deals]
    works = [name for name in names if name not in left_out] if left_out else None
    found = money_futures(prepared, works=works)
    return FuturesOutlook(found, left_out, works is None), (*with_.issues, *issues, *found.issues)


def show_futures(found: FuturesOutlook) -> None:
    """Print revenue and margin by month."""
    currency = found.futures.currency
    click.echo(f"\nIn {found.many:,} sampled futures, P10, P50 and P90 in {currency}:")
    months, weeks = found.months, found.weeks
    rows: list[output.Row] = [
        {"month": f"{first:%Y-%m}", **{what: one.by_week[:, k] for what, one in months.items()}}
        for k, first in enumerate(months["revenue"].weeks)
    ]
    rows.append({"month": "in all", **{what: one.total for what, one in weeks.items()}})
    columns: dict[str, Callable[[output.Row], str]] = {"month": lambda row: str(row["month"])}
    for what in ("revenue", "margin"):
        for k, level in enumerate(("P10", "P50", "P90")):
            columns[f"{what} {level}" if not k else level + " " * (what == "margin")] = _cell(what, k, currency)
    output.show(rows, form=output.Form.TABLE, key="months", columns=columns)
    if found.left_out:
        said = ", ".join(found.left_out[:5]) + (" and others" if len(found.left_out) > 5 else "")
        click.echo(f"Without {said}, of which no price is known, and without deals that nobody knows of yet.")


def _cell(what: str, k: int, currency: str) -> Callable[[Any], str]:
    from troth.capacity.projects.outlook.words import whole

    return lambda row: whole(float(row[what][k]) if np.isfinite(row[what][k]) else None, currency=currency)
