"""`troth twin`: the simulated service against the real one, and a day's staff placed better."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from troth.cli import output
from troth.cli._lake import lake_option, opened
from troth.cli._quantities import SECONDS
from troth.core.decision import Issue, Severity
from troth.core.errors import InputError

if TYPE_CHECKING:
    from troth.queueing.read import RecordedContacts

_DAY = click.DateTime(formats=["%Y-%m-%d"])


@click.group(
    "twin",
    epilog="Example: troth twin validate --from 1999-08-16 --to 1999-08-22 --fit-from 1999-08-01 --fit-to 1999-08-11",
)
def command() -> None:
    """Live through days again in simulation, with customers and staff as the log tells them."""


def _shared(function: Any) -> Any:
    """Add the options both commands have."""
    for option in reversed((
        lake_option,
        click.option("--time-zone", default="UTC", show_default=True, metavar="ZONE", help="Whose days count."),
        click.option("--channel", metavar="NAME", help="Only contacts of this channel, such as phone."),
        click.option("--gap", type=SECONDS, default="30min", show_default=True, help="A longer gap between a server's services is absence."),
        click.option("--idle-rests", type=float, default=6.0, show_default=True, help="How often an hour a server turns to other work for a minute when nobody waits."),
        click.option("--replications", type=click.IntRange(1), default=200, show_default=True, help="Simulated courses of each day."),
        click.option("--seed", type=int, default=1, show_default=True, help="Another seed gives other courses."),
        output.form_option,
    )):  # fmt: skip
        function = option(function)
    return function


@command.command(
    "validate",
    epilog="Example: troth twin validate --from 1999-08-16 --to 1999-08-22 --fit-from 1999-08-01 --fit-to 1999-08-11 "
    "--time-zone Asia/Jerusalem --html twin.html",
)
@click.option("--from", "start", type=_DAY, required=True, help="First day to live through again.")
@click.option("--to", "end", type=_DAY, required=True, help="First day no longer.")
@click.option("--fit-from", type=_DAY, required=True, help="First day to learn from.")
@click.option("--fit-to", type=_DAY, required=True, help="First day not to learn from.")
@click.option("--html", type=click.Path(path_type=Path, dir_okay=False), help="Write a page with a picture, too.")
@_shared
def validate_command(form: output.Form, html: Path | None, **given: Any) -> int:
    """Compare days with their simulation, figure by figure.

    The floor is learned from other days: handle times, patience, pauses, skills, who stands ahead. Customers come at
    their recorded instants, servers are there from their first service to their last. Exit status 1 if fewer than 80 %
    of the real figures lie within the simulated 90 % interval.
    """
    from troth.charts.numbers import number
    from troth.queueing.twin.learn import Learning
    from troth.queueing.twin.validate import validate

    days, fit = _days(given["start"], given["end"], "--to"), _days(given["fit_from"], given["fit_to"], "--fit-to")
    with output.progress("validate") as tell:
        made = validate(
            _seen(given, [*days, *fit]), days=days, fit_days=fit, time_zone=given["time_zone"],
            how=Learning(gap_s=given["gap"], idle_rests=given["idle_rests"]), replications=given["replications"],
            variants=min(20, given["replications"]), draw=1, seed=given["seed"],
            on_progress=lambda done, of: tell(done / of),
        )  # fmt: skip
    rows = [
        {"date": cell.date, "figure": cell.figure, "real": cell.real, "low": cell.low, "mean": cell.mean, "high": cell.high, "holds": cell.holds}
        for cell in made.cells
    ]  # fmt: skip
    output.show(rows, form=form, key="cells", extra={"held": made.held, "replications": made.replications})
    if form is output.Form.TABLE:
        click.echo(f"\n{number(made.held, unit='share')} of the real figures lie within the simulated 90 % interval.")
    if html is not None:
        from troth.queueing.twin.validate_page import page

        html.parent.mkdir(parents=True, exist_ok=True)
        html.write_text(page(made), encoding="utf-8")
    return int(not made.held >= 0.8)


@command.command(
    "replan",
    epilog="Example: troth twin replan --day 1999-08-16 --known-from 1999-08-01 --time-zone Asia/Jerusalem --seconds 60",
)
@click.option("--day", "on", type=_DAY, required=True, help="Whose staff is placed anew.")
@click.option(
    "--known-from",
    type=_DAY,
    required=True,
    help="First day to learn from and to expect arrivals from; the last is the one before --day.",
)
@click.option("--seconds", type=click.FloatRange(1), default=30.0, show_default=True, help="How long to search.")
@_shared
def replan_command(form: output.Form, on: datetime, known_from: datetime, seconds: float, **given: Any) -> int:
    """Place the same servers and hours of a day better.

    Moves when each stretch of presence starts and who stands ahead in the line, so that customers wait less on average;
    not more give up, the 95th percentile of waits is no higher, and no queue waits over a tenth longer. Planned against
    the mean of days of the same weekday before; told is how it would have fared on the contacts that came.
    """
    from troth.cli._twin_plan import planned

    known = _days(known_from, on, "--day")
    seen = _seen(given, [*known, on.date()])
    rows, extra = planned(seen, on=on.date(), known=known, seconds=seconds, given=given)
    output.show(rows, form=form, key="stretches", extra=extra)
    if form is output.Form.TABLE:
        click.echo()
        output.show_one(extra, form=form)
    return 0


def _seen(given: dict[str, Any], days: list[date]) -> RecordedContacts:
    from troth.core.spans import start_of_day, zone
    from troth.queueing.read import recorded

    tz = zone(given["time_zone"])
    where = {"channel": given["channel"]} if given["channel"] else {}
    # A day more on both sides: presence goes past midnight.
    first, last = (start_of_day(day, tz=tz) for day in (min(days) - timedelta(days=1), max(days) + timedelta(days=2)))
    return recorded(opened(given["lake"]), start=first, end=last, time_zone=given["time_zone"], **where)


def _days(start: datetime, end: datetime, option: str) -> list[date]:
    """Return the days from one to before another."""
    count = (end - start).days
    if count < 1:
        advice = f"Maybe a later day: {option} names the first day that no longer counts."
        raise InputError([Issue("empty-period", Severity.ERROR, option, end.date().isoformat(), advice)])
    return [start.date() + timedelta(days=k) for k in range(count)]
