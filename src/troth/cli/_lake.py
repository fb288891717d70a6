"""What every command on a lake shares: where the lake is, and the questions figures can be asked."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from troth.core.decision import Issue, Severity
from troth.core.errors import InputError

if TYPE_CHECKING:
    from troth.log.lake import Lake

#: The option that names the lake; it arrives as ``lake: Path``.
lake_option = click.option(
    "--lake",
    type=click.Path(path_type=Path, file_okay=False),
    envvar="TROTH_LAKE",
    default=Path("lake"),
    show_default="$TROTH_LAKE, else ./lake",
    help="Folder of the lake, or s3://bucket/prefix.",
)


def opened(folder: Path) -> Lake:
    """Return the lake in a folder.

    Raises
    ------
    InputError
        ``no-lake`` if nothing was imported there.
    """
    from troth.log.lake import Lake

    lake = Lake(folder)
    if not lake.exists():
        raise InputError(
            [Issue("no-lake", Severity.ERROR, lake.address, "", "Maybe import something first, or name --lake.")]
        )
    return lake


_QUESTION = (
    click.option("--by", multiple=True, metavar="DIM", help="Split by queue, site, channel, service, priority, agent, team, customer, policy, weekday or hour. Repeatable."),
    click.option("--from", "start", metavar="DAY", help="First day (or instant) that counts."),
    click.option("--to", "end", metavar="DAY", help="First day (or instant) that no longer counts."),
    click.option("--every", type=click.Choice(["15min", "30min", "hour", "day", "week", "month"]), help="Width of periods; one period if left out."),
    click.option("--where", multiple=True, metavar="DIM=VALUE", help="Keep only these members. Repeatable."),
    click.option("--calendar", metavar="NAME", help="Calendar for business time, instead of what calendar_use says."),
    click.option("--time-zone", metavar="ZONE", help="Whose days count: that of the sites if they share one, else UTC."),
)  # fmt: skip


def question_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that say what figures are asked for."""
    for option in reversed(_QUESTION):
        command = option(command)
    return command


def question(
    kpis: tuple[str, ...],
    *,
    by: tuple[str, ...] = (),
    start: str | None = None,
    end: str | None = None,
    every: str | None = None,
    where: tuple[str, ...] = (),
    calendar: str | None = None,
    time_zone: str | None = None,
) -> Any:
    """Return the `Query` that options ask for.

    Raises
    ------
    InputError
        Everything that cannot be understood, at once.
    """
    from troth.core.time import Step
    from troth.kpi.query import Query

    issues: list[Issue] = []
    filters: dict[str, list[str]] = {}
    for one in where:
        dim, equals, value = one.partition("=")
        if not equals or not value:
            issues.append(Issue("bad-filter", Severity.ERROR, "--where", one, "Maybe queue=cards is meant."))
        filters.setdefault(dim.strip(), []).append(value.strip())
    days = {}
    for option, text in (("--from", start), ("--to", end)):
        try:
            days[option] = _moment(text) if text else None
        except ValueError:
            advice = "Maybe a day such as 2026-03-29, or a time such as 2026-03-29T10:00."
            issues.append(Issue("bad-time", Severity.ERROR, option, text or "", advice))
    if issues:
        raise InputError(issues)
    return Query(
        kpis=kpis,
        by=tuple(part.strip() for one in by for part in one.split(",")),
        start=days["--from"],
        end=days["--to"],
        every=Step(every) if every else None,
        where=filters,
        calendar=calendar,
        time_zone=time_zone,
    )


def _moment(text: str) -> date | datetime:
    return date.fromisoformat(text) if len(text) == 10 else datetime.fromisoformat(text)
