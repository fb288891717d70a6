"""The question and the answer: a month asked for, and its forecast, requirement, roster and prospect."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Final

from troth.capacity.month.facts import SiteFacts
from troth.capacity.month.prospect import Prospect
from troth.capacity.roster import HouseRules, RosterPlan
from troth.capacity.staffing import StaffingPlan
from troth.capacity.staffing.read import StaffingAims
from troth.core.decision import Issue, Severity, Status
from troth.demand import DemandForecast

#: More days ahead nothing is known of.
MOST_DAYS: Final = 92
#: A day, as the time that work is due in which can wait unless something else is said.
USUAL_DUE_S: Final = 86_400.0


@dataclass(frozen=True, slots=True)
class MonthQuestion:
    """What is to be planned.

    Parameters
    ----------
    site : whose people and queues.
    first, days : local days.
    every : ``15min`` or ``30min``, the intervals of the requirement.
    holidays : country whose public holidays count, such as ``LT``.
    as_of : plan as if nothing later were known; the beginning of the first day, or the end of the log, if left out.
    weeks : how many of the log handle times, patience and paces are learned from.
    aims : what is aimed at; at once, due and groups are learned where they say nothing.
    house : rules of rosters that the tables do not tell.
    futures : how many are lived through for the prospect.
    seconds : to spend on the search for staff and roster, and the prospect.
    seed : of chance.
    """

    site: str
    first: date
    days: int = 28
    every: str = "30min"
    holidays: str = ""
    as_of: datetime | None = None
    weeks: int = 10
    aims: StaffingAims = field(default_factory=StaffingAims)
    house: HouseRules = field(default_factory=HouseRules)
    futures: int = 200
    seconds: float = 180.0
    seed: int = 0

    @property
    def last(self) -> date:
        """The last day."""
        return self.first + timedelta(days=self.days - 1)


def check_question(question: MonthQuestion) -> list[Issue]:
    """Return everything wrong with a question that can be told without the lake.

    Examples
    --------
    >>> [one.code for one in check_question(MonthQuestion("care", date(2026, 7, 6), 0, seconds=-1))]
    ['bad-days', 'bad-seconds']
    """
    return list(_wrong(question))


def _wrong(question: MonthQuestion) -> Iterator[Issue]:
    aims = question.aims
    shares = (("--in-office", aims.in_office), ("--out-of-office", aims.out_of_office))
    for code, wrong, where, value, advice in (
        ("bad-days", not 1 <= question.days <= MOST_DAYS, "--days", question.days, f"Maybe 28: from 1 to {MOST_DAYS}."),
        ("bad-interval", question.every not in {"15min", "30min"}, "--every", question.every, "Maybe 30min."),
        ("bad-weeks", not 1 <= question.weeks <= 520, "--weeks", question.weeks, "Maybe 10."),
        ("bad-futures", question.futures < 20, "--futures", question.futures, "Maybe 200: of fewer than 20 no range is known."),
        ("bad-seconds", not question.seconds > 0, "--seconds", question.seconds, "Maybe 180."),
        ("bad-level", not 0 < aims.level < 1, "--level", aims.level, "Maybe 80%; a level of 100 % takes endlessly many people."),
        ("bad-confidence", not 0 < aims.confidence < 1, "--confidence", aims.confidence, "Maybe 90%; nobody can be certain."),
        *(("bad-shrinkage", not 0 <= value < 1, where, value, "Maybe a share such as 5%.") for where, value in shares),
    ):  # fmt: skip
        if wrong:
            yield Issue(str(code), Severity.ERROR, str(where), str(value), str(advice))


@dataclass(frozen=True, slots=True, eq=False)
class MonthPlan:
    """A month planned.

    Parameters
    ----------
    question, facts : what was asked, and what was learned of the site.
    until : when the past ends that it rests on.
    forecast : of the month's days, by queue.
    staffing : people needed.
    roster : who works when.
    prospect : what is to be expected under it.
    status : stopped where a step was; infeasible if no roster keeps the hard rules; else feasible.
    issues : all that is doubtful.
    seconds : by step.
    """

    question: MonthQuestion
    facts: SiteFacts
    until: datetime
    forecast: DemandForecast
    staffing: StaffingPlan
    roster: RosterPlan
    prospect: Prospect
    status: Status
    issues: tuple[Issue, ...]
    seconds: Mapping[str, float]
