"""`troth twin replan`: a day's staff placed better."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import click

from troth.cli import output
from troth.cli._twin_shared import DAY, days, seen, shared


@click.command(
    "replan",
    epilog="Example: troth twin replan --day 1999-08-16 --known-from 1999-08-01 --time-zone Asia/Jerusalem --seconds 60",
)
@click.option("--day", "on", type=DAY, required=True, help="Whose staff is placed anew.")
@click.option(
    "--known-from",
    type=DAY,
    required=True,
    help="First day to learn from and to expect arrivals from; the last is the one before --day.",
)
@click.option("--seconds", type=click.FloatRange(1), default=30.0, show_default=True, help="How long to search.")
@shared
def command(form: output.Form, on: datetime, known_from: datetime, seconds: float, **given: Any) -> int:
    """Place the same servers and hours of a day better.

    Moves when each stretch of presence starts and who stands ahead in the line, so that customers wait less on average;
    not more give up, the 95th percentile of waits is no higher, and no queue waits over a tenth longer. Planned against
    several futures, each by a day of the same weekday before; told is how it would have fared on the contacts that came.
    """
    from troth.cli._twin_plan import planned

    known = days(known_from, on, "--day")
    rows, extra = planned(seen(given, [*known, on.date()]), on=on.date(), known=known, seconds=seconds, given=given)
    output.show(rows, form=form, key="stretches", extra=extra)
    if form is output.Form.TABLE:
        click.echo()
        output.show_one(extra, form=form)
    return 0
