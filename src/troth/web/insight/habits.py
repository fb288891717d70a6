"""What stands out in how people work, for those who lead them: each pattern as a question, with cases to open."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.utils import timezone

from troth.core.terms import Role
from troth.web.insight import bridge, pairs
from troth.web.insight.asked import View
from troth.web.people.models import Membership, Unit, User

#: Only who leads people is told what stands out in their work.
LEADING: Final = frozenset({Role.TEAM_LEAD, Role.OPERATIONS_LEAD})
#: So far back things are looked at; what happened today is not over.
_BACK: Final = timedelta(weeks=13)
#: So many cases are offered for each person.
_CASES: Final = 5


@dataclass(frozen=True, slots=True)
class Habit:
    """What one person did more often than colleagues would have.

    Parameters
    ----------
    person : their name.
    hits, trials, expected : how often, of how many chances, and how often colleagues would have had they had those.
    cases : some of the cases, all of them the reader's to open.
    """

    person: str
    hits: int
    trials: int
    expected: int
    cases: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Asking:
    """A pattern in words, and whose work asks for a look.

    Parameters
    ----------
    id : of the pattern.
    title, question, innocent, counted : what it is called, what to ask, a reason that is none to worry, what is counted.
    judged : how many of the reader's people had enough chances to be compared.
    habits : those who stand out.
    flatters, beside : what the figures are called that look better for it, and those to read with them.
    kpi : by which a case is opened.
    """

    id: str
    title: str
    question: str
    innocent: str
    counted: str
    judged: int
    habits: tuple[Habit, ...]
    flatters: tuple[str, ...]
    beside: tuple[str, ...]
    kpi: str


@dataclass(frozen=True, slots=True)
class Habits:
    """All patterns, of the reader's people, and the days looked at."""

    askings: tuple[Asking, ...]
    start: datetime
    end: datetime

    @property
    def last(self) -> datetime:
        """The last day that counts."""
        return self.end - timedelta(days=1)

    @property
    def named(self) -> int:
        """How often anybody stands out."""
        return sum(len(one.habits) for one in self.askings)

    @property
    def judged(self) -> int:
        """The greatest number of people compared for one pattern."""
        return max((one.judged for one in self.askings), default=0)


def led_by(user: Any) -> dict[str, str]:
    """Return the names of the people somebody leads, by their codes in the log.

    Only of who belongs to no unit but the reader's: what is found covers all of a person's work, and nobody is to see
    another team's through it. Nor does anybody see what is found of themselves, or of who leads in the same unit.

    Parameters
    ----------
    user : who reads.
    """
    units = Unit.objects.where(user, *LEADING)
    told = Membership.objects.telling(timezone.now().date())
    elsewhere = told.exclude(unit__in=units).values("user")
    own = Membership.objects.held_by(user).filter(role__in=[str(role) for role in LEADING]).values("unit")
    equals = told.filter(unit__in=own, role__in=[str(role) for role in LEADING]).values("user")
    found = User.objects.of(units).exclude(pk=user.pk).exclude(pk__in=elsewhere).exclude(pk__in=equals)
    return {one.code: str(one) for one in found}


def habits(user: Any, view: View, *, now: datetime, wait_s: float) -> Habits:
    """Return what stands out in the work of the people somebody leads.

    Parameters
    ----------
    user, view : who reads, and the sites whose cases they may open.
    now : the present; whole days before it count.
    wait_s : see `bridge.figures`.

    Raises
    ------
    NotYetError : it is being looked for.
    """
    end = now.astimezone(view.zone).replace(hour=0, minute=0, second=0, microsecond=0)
    start = end - _BACK
    found = bridge.stand_out(start.date(), end.date(), wait_s=wait_s)
    people = led_by(user)
    return Habits(tuple(_asking(one, people, view) for one in found), start, end)


def _asking(one: bridge.StoodOut, people: Mapping[str, str], view: View) -> Asking:
    mine = [finding for finding in one.findings if finding.agent in people]
    title, question, innocent, counted = pairs.PATTERNS[one.pattern.id]
    found = tuple(
        Habit(
            person=people[finding.agent], hits=finding.hits, trials=finding.trials, expected=round(finding.expected),
            cases=_open(one.cases.get(finding.agent, ()), one.sites, view),
        )
        for finding in mine
        if finding.suspicious
    )  # fmt: skip
    return Asking(
        id=one.pattern.id, title=str(title), question=str(question), innocent=str(innocent), counted=str(counted),
        judged=len(mine), habits=found, flatters=_named(one.pattern.flatters), beside=_named(one.pattern.beside),
        kpi=pairs.OPENED_BY[one.pattern.id],
    )  # fmt: skip


def _open(cases: Iterable[str], sites: Mapping[str, frozenset[str | None]], view: View) -> tuple[str, ...]:
    return tuple(case for case in cases if view.sees(sites.get(case, ())))[-_CASES:]


def _named(kpis: Iterable[str]) -> tuple[str, ...]:
    return tuple(str(pairs.named(kpi)) for kpi in kpis)
