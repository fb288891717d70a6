"""A roster mended after somebody falls ill: few people touched, everything else as it was."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import inf

from troth.capacity.roster._mend import Mending
from troth.capacity.roster.check import check
from troth.capacity.roster.plan import RosterPlan, judged
from troth.capacity.roster.problem import OFF, Duty, Employee, RosterProblem
from troth.capacity.roster.requests import added, unfit, unknown
from troth.capacity.roster.rules import RULES, Violation, violations
from troth.core.decision import Issue, Severity, Stop
from troth.core.errors import InputError


@dataclass(frozen=True, slots=True)
class RosterChange:
    """One day of one person that is other than it was.

    Parameters
    ----------
    agent_id, day : whose, on which day's number.
    before, after : the shift then and now; None is a free day.
    why : what would be broken without this change, all others made: missing people that it covers, rules that it keeps.
    cost : what that would cost; infinite if a hard rule would be broken.
    price : what it costs by itself: requests that it does not honour, hours, people too many, the change as such.
    """

    agent_id: str
    day: int
    before: Duty | None
    after: Duty | None
    why: tuple[Violation, ...]
    cost: float
    price: float


@dataclass(frozen=True, slots=True)
class RosterRepair:
    """A mended roster.

    Parameters
    ----------
    plan : the roster; its problem has the absence, and the roster that stood as the published one.
    changes : what is other than it stood, the absent person's own days left out.
    left : what is still missing by the absence.
    unrepaired : what the roster would cost if nobody stepped in.
    tried : rosters looked at.
    whole : every step of the search was taken; False if time ran out before.
    """

    plan: RosterPlan
    changes: tuple[RosterChange, ...]
    left: tuple[Violation, ...]
    unrepaired: float
    tried: int
    whole: bool

    @property
    def touched(self) -> tuple[str, ...]:
        """The people who have a day other than it was."""
        return tuple(dict.fromkeys(one.agent_id for one in self.changes))


def repair(
    problem: RosterProblem,
    duties: Sequence[Duty],
    *,
    absent: str,
    first_day: int,
    last_day: int,
    most: int = 3,
    stop: Stop = Stop(seconds=1.5),
    seed: int = 0,
) -> RosterRepair:
    """Mend a roster after an absence.

    Days before the absence stay as they are for everybody, and all days of all but at most `most` people. People are
    tried one by one: each is given the best line of days beside the others, where every day other than it stood has a
    price; then a second on the best of these, and a third. A person may also go where the absent one is missing first,
    and the next one fills the place left.

    Parameters
    ----------
    duties : the roster as it stands, known to people.
    absent : who is away, on all days from `first_day` to `last_day`. Days away count as worked: no rule on least hours,
        runs or free days is held against them.
    most : other people who may be touched.
    stop : seconds or steps (people tried); the best so far is returned.
    seed : of chance between equals.

    Returns
    -------
    the mended roster with each change explained; no changes if nothing helps.

    Raises
    ------
    InputError : issues of the problem, an unknown person, days outside, shifts of kinds that there are not.

    Examples
    --------
    >>> from datetime import date
    >>> from troth.capacity.roster import KindNeed, ShiftKind, Terms
    >>> staff = tuple(Employee(name, Terms()) for name in ("ada", "ben"))
    >>> needs = tuple(KindNeed(day, "day", 1, 10.0, 1.0) for day in range(2))
    >>> problem = RosterProblem(date(2026, 6, 1), 2, (ShiftKind("day", (480,)),), staff, kind_needs=needs)
    >>> stands = [Duty("ada", 0, "day", 0, 480), Duty("ada", 1, "day", 0, 480)]
    >>> mended = repair(problem, stands, absent="ada", first_day=1, last_day=1)
    >>> [(one.agent_id, one.day, one.cost) for one in mended.changes], mended.left
    ([('ben', 1, 10.0)], ())
    """
    _refuse(problem, duties, absent=absent, first=first_day, last=last_day)
    days = range(first_day, last_day + 1)
    without = tuple(d for d in duties if d.agent_id != absent or d.day not in days)
    staff = tuple(_away(one, days) if one.agent_id == absent else one for one in problem.staff)
    stood = tuple((d.agent_id, d.day, d.kind) for d in duties)
    ill = replace(problem, staff=staff, published=stood)
    missing = tuple(d for d in duties if d.agent_id == absent and d.day in days)
    mending = Mending(ill, without, missing, absent=absent, days=days, stop=stop, seed=seed)
    after = mending.best(most=most)
    was = violations(problem, duties)
    left = [v for v in added(was, now=violations(ill, after)) if v.rule in {"roster.under", "roster.floor"}]
    plan = judged(ill, after, bound=None, whole=False, seed=seed, seconds=mending.spent(), versions={})
    return RosterRepair(
        plan,
        _explained(ill, without, after=after),
        tuple(left),
        sum(v.cost for v in violations(ill, without)),
        mending.tried,
        mending.whole,
    )


def _refuse(problem: RosterProblem, duties: Sequence[Duty], *, absent: str, first: int, last: int) -> None:
    """Raise InputError with everything that is wrong with what was given."""
    issues = [issue for issue in check(problem) if issue.severity is Severity.ERROR]
    issues += unknown(problem, named=(absent, first), where="absent")
    if first <= last:
        issues += [i for i in unknown(problem, named=(absent, last), where="last_day") if i.code == "outside"]
    else:
        value = f"{problem.date_of(first)} to {problem.date_of(last)}"
        issues.append(Issue("empty-period", Severity.ERROR, "last_day", value, "Maybe the two are to be swapped."))
    issues += unfit(problem, duties=duties)
    if issues:
        raise InputError(issues)


def _away(one: Employee, days: range) -> Employee:
    """Return a person who is ill on days: nothing settled there, and nothing owed for them."""
    terms = replace(
        one.terms, minutes=(None, one.terms.minutes[1]), week_minutes=(None, one.terms.week_minutes[1]),
        shortest_run=1, shortest_off=1,
    )  # fmt: skip
    kept = tuple((day, kind) for day, kind in one.fixed if day not in days or kind == OFF)
    return replace(one, terms=terms, away=one.away | frozenset(days), fixed=kept)


def _explained(problem: RosterProblem, before: Sequence[Duty], *, after: Sequence[Duty]) -> tuple[RosterChange, ...]:
    """Return each change with what would be broken if it alone were taken back."""
    was, now = ({(d.agent_id, d.day): d for d in some} for some in (before, after))
    stands = violations(problem, after)
    changes = []
    for agent, day in sorted(was.keys() | now.keys()):
        old, new = was.get((agent, day)), now.get((agent, day))
        if old == new:
            continue
        back = [d for d in after if (d.agent_id, d.day) != (agent, day)] + ([old] if old else [])
        would = violations(problem, back)
        why = tuple(v for v in added(stands, now=would) if v.rule != "roster.change")
        cost = inf if any(RULES[v.rule].hard for v in why) else sum(v.cost for v in why)
        price = sum(v.cost for v in added(would, now=stands))
        changes.append(RosterChange(agent, day, old, new, why, cost, price))
    return tuple(changes)
