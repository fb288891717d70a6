"""What the commands of `troth projects` share: where a portfolio comes from, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from troth.cli import output
from troth.cli._lake import lake_option, opened
from troth.core.decision import Issue, Severity
from troth.core.errors import InputError

if TYPE_CHECKING:
    from troth.capacity.projects.portfolio import Portfolio
    from troth.capacity.projects.schedule import ScheduleProblem

FILE: Final = click.Path(path_type=Path, dir_okay=False, exists=True)
DAY: Final = click.DateTime(formats=["%Y-%m-%d"])
FORMS: Final = ("json", "mspsp")
_MOST_BYTES: Final = 400_000_000
_SOURCE: Final = (
    click.argument("path", type=FILE, required=False),
    lake_option,
    click.option("--day", type=DAY, help="Of a lake: what was known before this day; the day after its last event if left out."),
    click.option("--site", metavar="SITE", help="Of a lake: whose people; of all sites with projects if left out."),
)  # fmt: skip
input_option = click.option(
    "--input", "source", type=click.Choice(FORMS), default="json", show_default=True,
    help="What PATH is: a portfolio of Troth, or a multi-skill project scheduling problem (MiniZinc data).",
)  # fmt: skip


def from_where(function: Any) -> Any:
    """Add what says where the portfolio comes from: PATH, or a lake."""
    for one in reversed(_SOURCE):
        function = one(function)
    return function


def read_text(path: Path) -> str:
    """Return the text of a file.

    Raises
    ------
    InputError : it cannot be read, is no text, or too large.
    """
    try:
        if path.stat().st_size > _MOST_BYTES:
            told = f"{path.stat().st_size:,}"
            raise InputError([Issue("too-large", Severity.ERROR, str(path), told, "Maybe it is another file.")])
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        advice = "Maybe it is no text in UTF-8."
        raise InputError([Issue("cannot-read", Severity.ERROR, str(path), str(error)[:80], advice)]) from error


def looked_at(
    path: Path | None, *, lake: Path, day: datetime | None, site: str | None
) -> tuple[Portfolio | None, tuple[Issue, ...]]:  # fmt: skip
    """Return a portfolio and all that is wrong with it, errors too; None if there is nothing to look at.

    Raises
    ------
    InputError : a file that is no JSON, no lake, options that do not go together.
    """
    if path is None:
        from troth.capacity.projects.portfolio.read import portfolio_of

        return _both(portfolio_of(opened(lake), day=None if day is None else day.date(), site=site))
    given = [name for name, value in (("--day", day), ("--site", site)) if value is not None]
    if given:
        advice = "Maybe leave it out: a file says itself as of which day it is."
        raise InputError([Issue("wrong-use", Severity.ERROR, name, str(path), advice) for name in given])
    from troth.capacity.projects.portfolio import from_file

    return from_file.looked_at(read_text(path), name=path.name)


def _both(found: tuple[Portfolio, Sequence[Issue]]) -> tuple[Portfolio, tuple[Issue, ...]]:
    return found[0], tuple(found[1])


def usable(
    path: Path | None, *, lake: Path, day: datetime | None, site: str | None
) -> tuple[Portfolio, tuple[Issue, ...]]:  # fmt: skip
    """Return a portfolio that can be planned on, and what is doubtful.

    Raises
    ------
    InputError : every error there is.
    """
    portfolio, issues = looked_at(path, lake=lake, day=day, site=site)
    errors = [one for one in issues if one.severity is Severity.ERROR]
    if portfolio is None or errors:
        raise InputError(errors)
    return portfolio, issues


def schedule_problem(path: Path | None) -> ScheduleProblem:
    """Return the scheduling problem of a file.

    Raises
    ------
    InputError : every mistake in it, or no file.
    """
    from troth.capacity.projects.schedule import read_mspsp

    if path is None:
        advice = "Maybe name the file: such a problem is not in a lake."
        raise InputError([Issue("wrong-use", Severity.ERROR, "--input", "mspsp", advice)])
    return read_mspsp(read_text(path), name=path.name)


def told(issues: Sequence[Issue], *, form: output.Form) -> None:
    """Show people what is doubtful, beside a result."""
    if issues and form is not output.Form.JSON:
        output.show_issues(issues, form=output.Form.TABLE)


def doubtful(issues: Sequence[Issue]) -> bool:
    """Tell whether anything is more than worth knowing."""
    return any(one.severity is not Severity.INFO for one in issues)
