"""What the commands of `troth twin` on a lake share: options, the contacts read, and days."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import click

from troth.cli import output
from troth.cli._lake import lake_option, opened
from troth.cli._quantities import SECONDS
from troth.core.decision import Issue, Severity
from troth.core.errors import InputError

if TYPE_CHECKING:
    from troth.queueing.read import RecordedContacts

DAY: Final = click.DateTime(formats=["%Y-%m-%d"])


_LEARNING: Final = (
    lake_option,
    click.option("--time-zone", default="UTC", show_default=True, metavar="ZONE", help="Whose days count."),
    click.option("--channel", metavar="NAME", help="Only contacts of this channel, such as phone."),
    click.option("--gap", type=SECONDS, default="30min", show_default=True, help="A longer gap between a server's services is absence."),
    click.option("--idle-rests", type=float, default=6.0, show_default=True, help="How often an hour a server turns to other work for a minute when nobody waits."),
)  # fmt: skip
_CHANCE: Final = (
    click.option("--replications", type=click.IntRange(1), default=200, show_default=True, help="Simulated courses of each day."),
    click.option("--seed", type=int, default=1, show_default=True, help="Another seed gives other courses."),
)  # fmt: skip


def shared(function: Any) -> Any:
    """Add the options that commands on a lake have."""
    return with_options(function, (*_LEARNING, *_CHANCE, output.form_option))


def sources(function: Any) -> Any:
    """Add the options that name a day of a lake in place of a file."""
    named = (
        click.option("--day", "on", type=DAY, help="Instead of a file: a day of the lake, on a floor learned from other days."),
        click.option("--fit-from", type=DAY, help="With --day: first day to learn from."),
        click.option("--fit-to", type=DAY, help="With --day: first day not to learn from."),
    )  # fmt: skip
    return with_options(function, (*named, *_LEARNING, *_CHANCE, output.form_option))


def with_options(function: Any, options: Sequence[Any]) -> Any:
    """Add options in their order."""
    for option in reversed(options):
        function = option(function)
    return function


def seen(given: dict[str, Any], on: list[date]) -> RecordedContacts:
    """Return the contacts of days and of those around them."""
    from troth.core.spans import start_of_day, zone
    from troth.queueing.read import recorded

    tz = zone(given["time_zone"])
    where = {"channel": given["channel"]} if given["channel"] else {}
    # A day more on both sides: presence goes past midnight.
    first, last = (start_of_day(day, tz=tz) for day in (min(on) - timedelta(days=1), max(on) + timedelta(days=2)))
    return recorded(opened(given["lake"]), start=first, end=last, time_zone=given["time_zone"], **where)


def days(start: datetime, end: datetime, option: str) -> list[date]:
    """Return the days from one to before another."""
    count = (end - start).days
    if count < 1:
        advice = f"Maybe a later day: {option} names the first day that no longer counts."
        raise InputError([Issue("empty-period", Severity.ERROR, option, end.date().isoformat(), advice)])
    return [start.date() + timedelta(days=k) for k in range(count)]
