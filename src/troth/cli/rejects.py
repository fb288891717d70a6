"""`troth rejects`: list the rows an import could not take, and purge their text."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from troth.cli import output
from troth.cli._lake import lake_option, opened
from troth.core.decision import Issue, Severity
from troth.core.errors import InputError

if TYPE_CHECKING:
    from troth.log.lake import Lake

_EXAMPLE = "Example: troth rejects --lake demo-lake --format csv; troth rejects --purge-before 2026-01-01"


@click.command("rejects", epilog=_EXAMPLE)
@lake_option
@click.option(
    "--purge-before", metavar="DAY", help="First drop the text and values of rejects imported before this day."
)
@output.form_option
def command(lake: Path, purge_before: str | None, form: output.Form) -> int:
    """List the rows that no import could take, each with file, row, value and advice.

    The text of a rejected row can be personal data: --purge-before drops it, and the value, from the lake for good; what was
    wrong where stays known.
    """
    from troth.log.rejects import read_rejects

    held = opened(lake)
    extra = {}
    if purge_before is not None:
        extra["purged"] = _purged(held, purge_before)
    rows = read_rejects(held).to_pylist()
    columns = ("file", "row", "code", "column", "value", "advice")
    output.show(rows, form=form, key="rejects", columns=columns, extra=extra)
    if extra and form is output.Form.TABLE:
        click.echo(f"{extra['purged']:,} purged.")
    return 0


def _purged(lake: Lake, day: str) -> int:
    try:
        before = datetime.fromisoformat(day)
    except ValueError as error:
        advice = "Maybe a day such as 2026-03-29 is meant."
        raise InputError([Issue("bad-time", Severity.ERROR, "--purge-before", day, advice)]) from error
    before = before if before.tzinfo else before.replace(tzinfo=UTC)
    count = lake.purge(before=before)
    if count:
        # The old files still hold the text.
        lake.vacuum(now=datetime.now(UTC), keep=timedelta(0))
    return count
