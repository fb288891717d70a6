"""`troth staff mix`: more or fewer are rostered than needed, and what closes the gap most cheaply."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click
import numpy as np

from troth.cli import output
from troth.cli._lake import lake_option, opened
from troth.cli._quantities import SHARE
from troth.cli._staff_shared import from_json
from troth.core.decision import Issue, Severity
from troth.core.errors import InputError

if TYPE_CHECKING:
    from troth.capacity.staffing import MixQuestion, StaffMix

_EXAMPLE = (
    "Example: troth staff mix --input gap.json; "
    "troth staff mix --lake demo-lake --team voice --from 2026-03-02 --days 7 --overtime 3000 --outsourced 3500 --missing 6000"
)
_FILE = click.Path(path_type=Path, dir_okay=False, exists=True)
_DAY = click.DateTime(formats=["%Y-%m-%d"])
_OPTIONS: Final = (
    click.option("--input", "file", type=_FILE, help="JSON of needed and rostered people with prices; else a lake is read."),
    click.option("--team", help="Whose requirement and roster of the lake."),
    click.option("--from", "first", type=_DAY, help="First day, of a lake."),
    click.option("--days", type=click.IntRange(1, 366), default=7, show_default=True, help="How many days, of a lake."),
    click.option("--every", type=click.Choice(["15", "30", "60"]), default="30", show_default=True, help="Minutes of an interval, of a lake."),
    click.option("--time-zone", metavar="ZONE", help="Whose days count: that of the lake's sites if they share one, else UTC."),
    click.option("--overtime", type=float, default=3000, show_default=True, help="Cents of an hour of overtime."),
    click.option("--outsourced", type=float, default=3500, show_default=True, help="Cents of an hour of a partner's person."),
    click.option("--time-off-saves", type=float, default=0, show_default=True, help="Cents that an hour of voluntary time off saves."),
    click.option("--missing", type=float, default=6000, show_default=True, help="Cents that an hour of a missing person costs."),
    click.option("--overtime-share", type=SHARE, default="20%", show_default=True, help="Of the people rostered, how many can stay longer."),
    click.option("--time-off-share", type=SHARE, default="20%", show_default=True, help="Of the people rostered, how many can go."),
    click.option("--overtime-hours", type=float, help="Overtime in all, at most."),
    click.option("--time-off-hours", type=float, help="Time off in all, at most."),
    click.option("--outsourced-hours", type=float, help="Hours of a partner in all, at most."),
    click.option("--outsourced-most", type=int, help="People a partner has at once."),
)  # fmt: skip


def _options(command: Any) -> Any:
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


@click.command("mix", epilog=_EXAMPLE)
@lake_option
@_options
@output.form_option
def mix_command(lake: Path, form: output.Form, file: Path | None, **given: Any) -> int:
    """Close gaps of a roster with overtime, a partner's people and voluntary time off, most cheaply.

    Of a lake the published requirement of a team is set against its published roster. A table shows hours by day; CSV and
    JSON have every interval.
    """
    from troth.capacity.staffing import cheapest_mix

    asked = _of_lake(lake, given) if file is None else _of_file(file)
    found = cheapest_mix(
        asked.needed, rostered=asked.rostered, missing_cents=asked.missing_cents, prices=asked.prices, minutes=asked.minutes
    )  # fmt: skip
    rows = _rows(asked, found)
    if form is output.Form.TABLE:
        output.show(_by_day(rows, asked.minutes / 60), form=form, key="days")
        click.echo(f"Cost {found.cost_cents / 100:,.2f}, what is missed included, less what time off saves.")
    else:
        output.show(rows, form=form, key="intervals", extra={"cost_cents": found.cost_cents, "minutes": asked.minutes})
    return 0


def _of_file(path: Path) -> MixQuestion:
    from troth.capacity.staffing import mix_from_data

    return mix_from_data(from_json(path))


def _of_lake(folder: Path, given: dict[str, Any]) -> MixQuestion:
    from troth.capacity.staffing import MixPrices, MixQuestion, published_gap
    from troth.core.time import start_of_day, zone
    from troth.demand.read import shared_zone
    from troth.log.references import read_reference

    issues = [
        Issue("missing-option", Severity.ERROR, option, "", "Maybe name it, or a file with --input.")
        for option, name in (("--team", "team"), ("--from", "first"))
        if given[name] is None
    ]
    if issues:
        raise InputError(issues)
    lake = opened(folder)
    tz = zone(given["time_zone"] or shared_zone(lake))
    start = start_of_day(given["first"].date(), tz=tz)
    tables = {name: read_reference(lake, name) for name in ("requirements", "schedules", "memberships")}
    minutes = int(given["every"])
    needed, rostered = published_gap(tables, team=given["team"], start=start, days=given["days"], minutes=minutes)
    names = (
        "overtime", "outsourced", "time_off_saves", "overtime_share", "time_off_share", "overtime_hours", "time_off_hours",
        "outsourced_hours", "outsourced_most",
    )  # fmt: skip
    prices = MixPrices(**{name: given[name] for name in names})
    missing = np.full(len(needed), given["missing"] * minutes / 60)
    return MixQuestion(needed, rostered, missing, prices, minutes, start.astimezone(tz))


def _rows(asked: MixQuestion, found: StaffMix) -> list[dict[str, Any]]:
    """Return a row for each interval in which anybody is needed or rostered."""
    starts = [_later(asked.start, asked.minutes * k) for k in range(len(asked.needed))]
    return [
        {
            "starts_at": starts[k].isoformat(), "needed": float(asked.needed[k]), "rostered": float(asked.rostered[k]),
            "overtime": int(found.overtime[k]), "time_off": int(found.time_off[k]), "outsourced": int(found.outsourced[k]),
            "missing": int(found.missing[k]),
        }
        for k in range(len(starts))
        if asked.needed[k] > 0 or asked.rostered[k] > 0
    ]  # fmt: skip


def _later(start: datetime, minutes: int) -> datetime:
    """Return an instant so many minutes of real time later, on the same wall."""
    from datetime import UTC

    return (start.astimezone(UTC) + timedelta(minutes=minutes)).astimezone(start.tzinfo)


def _by_day(rows: list[dict[str, Any]], hours: float) -> list[dict[str, Any]]:
    days: dict[str, dict[str, float]] = {}
    names = ("needed", "rostered", "overtime", "time_off", "outsourced", "missing")
    for row in rows:
        sums = days.setdefault(row["starts_at"][:10], dict.fromkeys(names, 0.0))
        for name in names:
            sums[name] += row[name] * hours
    return [
        {"day": f"{datetime.fromisoformat(day):%a %Y-%m-%d}"}
        | {f"{name.replace('_', ' ')} h": f"{value:,.1f}" for name, value in sums.items()}
        for day, sums in days.items()
    ]
