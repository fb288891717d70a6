"""What `troth projects promise` cannot be asked about, told before anything is computed."""

from __future__ import annotations

from datetime import date, timedelta
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING

from troth.cli._lake import opened
from troth.core.decision import Issue, Severity
from troth.core.errors import InputError

if TYPE_CHECKING:
    from troth.capacity.projects.portfolio import Deal, Portfolio, Project

#: So many ids are named where none is near.
_NAMED = 8


def refuse(portfolio: Portfolio, *, deal: str, lake: Path | None) -> None:
    """Refuse what no start can be promised for.

    Parameters
    ----------
    lake : whose log knows deals that are over; None of a portfolio in a file.

    Raises
    ------
    InputError
        ``unknown-deal``, ``deal-closed``, ``never-won``, ``already-started``, ``already-finished``.
    """
    known: dict[str, Deal | Project] = {one.deal_id: one for one in portfolio.deals}
    known |= {one.project_id: one for one in portfolio.projects}
    if deal in known:
        _refuse_known(known[deal], deal)
        return
    _refuse_unknown(portfolio, deal, lake)


def refuse_day(by: date, *, day: date, weeks: int) -> None:
    """Refuse a day that is over, or that the futures do not reach.

    Parameters
    ----------
    by, day : the day asked about, and the portfolio's.

    Raises
    ------
    InputError
        ``by-in-past``, ``by-too-far``.
    """
    ends = day - timedelta(days=day.weekday()) + timedelta(weeks=weeks)
    if by < day:
        advice = f"Maybe another year is meant: it is asked as of {day}."
        raise InputError([Issue("by-in-past", Severity.ERROR, "--by", by.isoformat(), advice)])
    if by >= ends:
        advice = f"Maybe more --weeks: {weeks} of them end before {ends}."
        raise InputError([Issue("by-too-far", Severity.ERROR, "--by", by.isoformat(), advice)])


def _refuse_known(one: Deal | Project, name: str) -> None:
    from troth.capacity.projects.portfolio import Project

    if isinstance(one, Project):
        if one.phases and all(phase.done for phase in one.phases):
            raise _error("already-finished", name, "Maybe another is meant: all of its phases are done.")
        if one.started is not None:
            advice = f"Maybe another is meant: work on it began on {one.started}, so there is no start to promise."
            raise _error("already-started", name, advice)
    if one.probability <= 0:
        advice = "Maybe give it a probability: a start is promised for the case that it is won, and with 0 it never is."
        raise _error("never-won", name, advice)


def _refuse_unknown(portfolio: Portfolio, name: str, lake: Path | None) -> None:
    if lake is not None:
        _refuse_closed(portfolio, name, lake)
    deals = [one.deal_id for one in portfolio.deals]
    # Who asks for a project means one that is not begun.
    known = deals + [one.project_id for one in portfolio.projects if one.started is None]
    near = get_close_matches(name, known, 1)
    if near:
        raise _error("unknown-deal", name, f"Maybe {near[0]} is meant.")
    if not known:
        raise _error("unknown-deal", name, "Maybe a later day: there is no open deal and no project that is not begun.")
    more = f" and {len(known) - _NAMED:,} more" if len(known) > _NAMED else ""
    raise _error("unknown-deal", name, f"Maybe one of {', '.join(known[:_NAMED])}{more}.")


def _refuse_closed(portfolio: Portfolio, name: str, lake: Path) -> None:
    """Refuse a deal that the log knows as won, lost, or of later."""
    from troth.capacity.projects.promising.read import last_word

    word = last_word(opened(lake), deal=name, day=portfolio.day)
    if word is None:
        return
    project = word.project
    if word.day >= portfolio.day:
        raise _error("unknown-deal", name, f"Maybe a later --day: it came up on {word.day}.")
    if word.step not in ("won", "lost"):
        raise _error("unknown-deal", name, f"Maybe another --site: it is open at {word.site or 'none'}.")
    if word.step == "won":
        begun = next((one.started for one in portfolio.projects if one.project_id == project), None)
        rest = (
            f"another is meant: work on {project} began on {begun}"
            if begun
            else f"ask for its project {project}".rstrip()
        )
        raise _error("deal-closed", name, f"Maybe {rest}; the deal was won on {word.day}.")
    raise _error("deal-closed", name, f"Maybe another is meant: it was lost on {word.day}.")


def _error(code: str, value: str, advice: str) -> InputError:
    return InputError([Issue(code, Severity.ERROR, "--deal", value, advice)])
