"""`troth recheck`: published figures beside the same computed anew, and what made the difference."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from troth.cli import output
from troth.cli._lake import lake_option, opened
from troth.core.decision import Issue, Severity

if TYPE_CHECKING:
    from troth.kpi.history import Change, Snapshot

_EXAMPLE = (
    "Example: troth kpi --by queue --from 2026-03-01 --to 2026-04-01 --publish march && troth recheck march; "
    "troth recheck march --tables other-calendars"
)


@click.command("recheck", epilog=_EXAMPLE)
@click.argument("publication", required=False)
@lake_option
@click.option(
    "--tables",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    help="Folder of reference tables as CSV to compute under, instead of the lake's own: another calendar or policy.",
)
@click.option("--calendar", metavar="NAME", help="Calendar for business time, instead of what was asked for.")
@click.option(
    "--as-of",
    metavar="DAY",
    type=click.DateTime(formats=["%Y-%m-%d"]),
    help="Definitions in force on a day, instead of the newest.",
)
@click.option("--changed", is_flag=True, help="Only figures that are another than they were.")
@output.form_option
def command(
    publication: str | None,
    lake: Path,
    tables: Path | None,
    calendar: str | None,
    as_of: datetime | None,
    changed: bool,
    form: output.Form,
) -> int:
    """Compute published figures anew and tell what changed them.

    Causes are taken one at a time, in this order: the log (what came or was corrected since), newer definitions, changed
    reference tables, changed defaults, another calendar. Without PUBLICATION it lists what was published. Exit
    status 1 if a published definition is no longer known.
    """
    from troth.kpi.history import publications, recheck, unknown

    where = opened(lake)
    if publication is None:
        if changed or any(one is not None for one in (tables, calendar, as_of)):
            raise click.UsageError("These options look at one publication: name it first.")
        output.show([_head(one) for one in publications(where)], form=form, key="publications")
        return 0
    (said,) = publications(where, name=publication)
    found = recheck(
        where, said=said, tables=_read(tables), calendar=calendar, as_of=as_of.date() if as_of is not None else None
    )
    rows = [_row(one, list(said.asked.by), form) for one in found if one.causes or not changed]
    columns = _columns(said, rows) if form is output.Form.TABLE else None
    output.show(
        rows,
        form=form,
        key="changes",
        columns=columns,
        extra={"publication": said.name, "published_at": said.published_at},
    )
    advice = "Maybe an older Troth still has this definition; what was published is in the table published_figures."
    gone = [
        Issue("unknown-definition", Severity.WARNING, said.name, f"{kpi}@{number}", advice)
        for kpi, number in unknown(said)
    ]
    if gone:
        output.show_issues(gone, form=form)
    return int(bool(gone))


def _read(folder: Path | None) -> Mapping[str, Any] | None:
    from troth.kpi.history.read import tables_of

    return tables_of(folder) if folder is not None else None


def _head(one: Snapshot) -> dict[str, Any]:
    edges = {"from": one.asked.start, "to": one.asked.end}
    return {"publication": one.name, "published_at": one.published_at, **edges, "figures": len(one.figures)}


def _row(one: Change, by: list[str], form: output.Form) -> dict[str, Any]:
    from troth.kpi.history import Cause

    causes = dict(one.causes)
    row: dict[str, Any] = {"kpi": one.name}
    row |= {"by": dict(one.by)} if form is output.Form.JSON else {f"by_{dim}": one.by.get(dim) for dim in by}
    row |= {"from": one.start, "to": one.end, "unit": str(one.unit), "before": one.before, "after": one.after}
    return row | {str(cause): causes.get(cause, 0.0) for cause in Cause}


def _columns(said: Snapshot, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Return what a table shows: causes only where they changed something."""
    from troth.charts.numbers import number
    from troth.kpi.history import Cause

    columns: dict[str, Any] = {"kpi": lambda r: r["kpi"]}
    for dim in said.asked.by:
        columns[dim] = lambda r, d=dim: output.text(r[f"by_{d}"])
    if said.asked.every is not None:
        columns["from"] = lambda r: r["from"][:16].replace("T00:00", "")
    for key in ("before", "after"):
        columns[key] = lambda r, k=key: number(r[k], unit=r["unit"])
    for cause in (one for one in Cause if any(row[str(one)] != 0 for row in rows)):
        columns[str(cause)] = lambda r, k=str(cause): "" if r[k] == 0 else number(r[k], unit=r["unit"])
    return columns
