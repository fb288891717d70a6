"""What `troth projects promise` believes of what is not known yet: learned from a lake, neutral, or of a file."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from troth.cli._lake import opened
from troth.cli._projects_shared import read_text
from troth.core.decision import Issue, Severity
from troth.core.errors import InputError

if TYPE_CHECKING:
    from troth.capacity.projects.portfolio import Portfolio
    from troth.capacity.projects.promising import LearnedBeliefs

LEARNED: Final = "learned"
NEUTRAL: Final = "neutral"
#: What of beliefs is of the day on which they were learned.
_OF_A_DAY: Final = (
    "Maybe learn them anew: whose turn it is, what waits and the mood of the market are those of that day."
)

_OPTIONS: Final = (
    click.option(
        "--beliefs", metavar="learned|neutral|FILE",
        help="What is believed of all that nobody knows yet: learned from the log (the usual of a lake), neutral guesses (the usual of a PATH), "
        "or those of a JSON file.",
    ),
    click.option(
        "--save-beliefs", type=click.Path(path_type=Path, dir_okay=False),
        help="Write these beliefs as JSON: to be read, changed, and given to --beliefs.",
    ),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Believed:
    """A portfolio with the beliefs to ask it with.

    Parameters
    ----------
    source : ``learned``, ``neutral`` or the name of the file.
    since : the first day of the log they were learned from.
    """

    portfolio: Portfolio
    learned: LearnedBeliefs
    source: str
    since: date | None = None
    issues: tuple[Issue, ...] = ()


def beliefs_options(function: Any) -> Any:
    """Add the options that say what is believed."""
    for one in reversed(_OPTIONS):
        function = one(function)
    return function


def source_of(asked: str | None, *, path: Path | None) -> str:
    """Return what is to be believed, before anything is read.

    Raises
    ------
    InputError
        ``wrong-use`` of a file from which nothing can be learned, ``cannot-read`` of beliefs that are not there.
    """
    source = asked or (LEARNED if path is None else NEUTRAL)
    if source == LEARNED and path is not None:
        advice = "Maybe neutral, or a file of beliefs: a portfolio in a file has no past to learn from."
        raise InputError([Issue("wrong-use", Severity.ERROR, "--beliefs", source, advice)])
    if source not in (LEARNED, NEUTRAL) and not Path(source).is_file():
        advice = f"Maybe {LEARNED}, {NEUTRAL}, or a file that --save-beliefs wrote."
        raise InputError([Issue("cannot-read", Severity.ERROR, "--beliefs", source, advice)])
    return source


def believed(portfolio: Portfolio, *, source: str, lake: Path | None, site: str | None) -> Believed:
    """Return what is believed, and the portfolio it goes with.

    Parameters
    ----------
    source : of `source_of`.
    lake : whose log is read; None of a portfolio in a file.

    Raises
    ------
    InputError
        Every mistake in a file of beliefs.
    """
    from troth.capacity.projects.promising import Beliefs, LearnedBeliefs
    from troth.capacity.projects.promising.from_file import from_json

    given, day = LearnedBeliefs(Beliefs(), {}), None
    if source not in (LEARNED, NEUTRAL):
        given, day = from_json(read_text(Path(source)), name=Path(source).name)
    issues = (
        ()
        if day in (None, portfolio.day)
        else (Issue("beliefs-of-another-day", Severity.WARNING, source, f"{day}", _OF_A_DAY),)
    )
    if lake is None:
        return Believed(portfolio, given, source, None, issues)
    from troth.capacity.projects.promising.read import beliefs_of

    with_ = None if source == LEARNED else given.beliefs
    found = beliefs_of(opened(lake), portfolio=portfolio, site=site, given=with_)
    told = found.learned if source == LEARNED else replace(given, beliefs=found.learned.beliefs)
    since = found.history.since if source == LEARNED else None
    return Believed(found.portfolio, told, source, since, (*issues, *found.issues))
