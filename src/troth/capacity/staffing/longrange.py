"""How many people to employ, week by week: hiring takes time, and people leave."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from troth.capacity.staffing._highspy import Linear
from troth.capacity.staffing.problem import Floats, StaffingProblem
from troth.core.decision import Issue, Severity
from troth.core.errors import InputError


@dataclass(frozen=True, slots=True)
class HiringTerms:
    """How employment goes; FTE are full-time equivalents.

    Parameters
    ----------
    now : FTE employed at the start.
    attrition : share that leaves each week.
    lead_weeks : weeks from the decision to hire until the first day.
    ramp : what a new person gets done in each week since their first day against an experienced one; 1 after the last.
    coming : FTE who were hired already, by the week in which they start.
    most_hires : FTE that can be hired in a week; None for no limit.
    week_cents, hire_cents : what an FTE costs a week, and what hiring one costs.
    overtime_cents, overtime_share : price of a week's work of an FTE in overtime, and how much of the staff's hours it can be.
    missing_cents : price of a week's work of an FTE that is not done.
    """

    now: float
    attrition: float = 0.0
    lead_weeks: int = 8
    ramp: tuple[float, ...] = ()
    coming: tuple[float, ...] = ()
    most_hires: float | None = None
    week_cents: float = 80_000.0
    hire_cents: float = 300_000.0
    overtime_cents: float = 130_000.0
    overtime_share: float = 0.05
    missing_cents: float = 400_000.0


@dataclass(frozen=True, slots=True, eq=False)
class HiringPlan:
    """Whom to employ; arrays by week.

    Parameters
    ----------
    needed : FTE needed, shrinkage included.
    decide : FTE to decide on hiring, in the week of the decision.
    starting : FTE who start.
    employed : FTE employed.
    effective : what they get done, learning considered.
    overtime, missing : FTE of overtime, and of work not done.
    cost_cents : of all.
    """

    needed: Floats
    decide: Floats
    starting: Floats
    employed: Floats
    effective: Floats
    overtime: Floats
    missing: Floats
    cost_cents: float


def weekly_fte(hours: ArrayLike, *, shrinkage: ArrayLike = 0.0, hours_per_week: float = 40.0) -> Floats:
    """Return the FTE that hours at work take in each week.

    Examples
    --------
    >>> weekly_fte([280.0, 560.0], shrinkage=0.3).tolist()
    [10.0, 20.0]
    """
    return np.asarray(np.asarray(hours, float) / (hours_per_week * (1 - np.asarray(shrinkage, float))))


def weeks_of(problem: StaffingProblem) -> list[StaffingProblem]:
    """Return a problem cut into weeks of seven local days each, the last as long as is left, to be staffed one by one."""
    days, day_of = problem.days()
    at, found = problem.instants(), []
    for first in range(0, len(days), 7):
        where = np.flatnonzero((day_of >= first) & (day_of < first + 7))
        rows = slice(int(where[0]), int(where[-1]) + 1)
        queues = tuple(
            replace(one, arrivals=np.asarray(one.arrivals)[:, rows], open=None if one.open is None else one.open[rows])
            for one in problem.queues
        )
        groups = tuple(
            replace(
                one, least=_cut(one.least, rows), most=None if one.most is None else _cut(one.most, rows),
                open=None if one.open is None else one.open[rows],
            )
            for one in problem.groups
        )  # fmt: skip
        found.append(replace(problem, start=at[rows.start], queues=queues, groups=groups))
    return found


def _cut(limit: ArrayLike, rows: slice) -> ArrayLike:
    return limit if np.ndim(limit) == 0 else np.asarray(limit)[rows]


def hiring(needed: ArrayLike, *, terms: HiringTerms) -> HiringPlan:
    """Return the cheapest hiring plan, by a linear program: the best there is under these terms.

    Nobody can start before the lead time is over but those in `coming`; till then overtime helps, or work is missed.

    Parameters
    ----------
    needed : FTE needed in each week, shape (weeks,); see `weekly_fte`.
    terms : how employment goes.

    Raises
    ------
    InputError
        With every fault: negative or no numbers, shares out of range.

    Source
    ------
    The classical production and work force plan as a linear program: F. Hanssmann and S. W. Hess (1960), Management
    Technology 1, 46-51.

    Examples
    --------
    >>> plan = hiring([10, 10, 12, 12], terms=HiringTerms(now=10, lead_weeks=2, overtime_share=0, hire_cents=0))
    >>> plan.decide.round(1).tolist(), plan.missing.round(1).tolist()
    ([2.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0])
    """
    need = np.asarray(needed, float)
    _refuse(need, terms)
    n, stay = len(need), 1 - terms.attrition
    program = Linear()
    limit = np.inf if terms.most_hires is None else terms.most_hires
    # Starting in week w: decided lead_weeks before. The last weeks' decisions would start beyond the horizon: none.
    late = np.arange(n) >= terms.lead_weeks
    start = program.variables(n, cost=terms.hire_cents, upper=np.where(late, limit, 0.0))
    staff = program.variables(n, cost=terms.week_cents)
    over = program.variables(n, cost=terms.overtime_cents)
    short = program.variables(n, cost=terms.missing_cents)
    coming = np.zeros(n)
    coming[: min(n, len(terms.coming))] = terms.coming[:n]
    for w in range(n):
        row = {int(staff[w]): 1.0, int(start[w]): -1.0} | ({int(staff[w - 1]): -stay} if w else {})
        fixed = float(coming[w]) + (terms.now if w == 0 else 0.0)
        program.row(row, low=fixed, high=fixed)
        # Whoever is still learning gets less done, as far as they have not left again.
        work, lost = {int(staff[w]): 1.0, int(over[w]): 1.0, int(short[w]): 1.0}, 0.0
        for k, share in enumerate(terms.ramp):
            if w - k >= 0:
                work[int(start[w - k])] = -(1 - share) * stay**k
                lost += (1 - share) * stay**k * float(coming[w - k])
        program.row(work, low=float(need[w]) + lost)
        program.row({int(over[w]): 1.0, int(staff[w]): -terms.overtime_share}, high=0.0)
    found = program.solve()
    if found is None:  # cannot be: to miss all work is always allowed
        raise ArithmeticError("The hiring plan has no answer.")
    begun = found[start]
    decide = np.zeros(n)
    decide[: max(0, n - terms.lead_weeks)] = begun[terms.lead_weeks :]
    joined = begun + coming
    learning = np.zeros(n)
    for k, share in enumerate(terms.ramp[:n]):
        learning[k:] += (1 - share) * stay**k * joined[: n - k]
    cost = float(np.dot(np.asarray(program.cost), found))
    return HiringPlan(need, decide, joined, found[staff], found[staff] - learning, found[over], found[short], cost)


def _refuse(need: Floats, terms: HiringTerms) -> None:
    issues = []
    if need.ndim != 1 or not len(need):
        issues.append(Issue("shapes-differ", Severity.ERROR, "needed", str(need.shape), "Maybe one number a week."))
    named = {"needed": need} | {
        name: np.asarray(value, float) for name in terms.__slots__ if (value := getattr(terms, name)) is not None
    }
    for name, values in named.items():
        wrong = ~(np.isfinite(values) & (values >= 0))
        if wrong.any():
            advice = "Maybe a hole, or the wrong sign."
            issues.append(Issue("not-a-number", Severity.ERROR, name, str(values[wrong].ravel()[0]), advice))
    for name in ("attrition", "overtime_share"):
        if getattr(terms, name) > 1:
            value = str(getattr(terms, name))
            issues.append(Issue("not-a-share", Severity.ERROR, name, value, "Maybe a share such as 0.002."))
    if any(share > 1 for share in terms.ramp):
        issues.append(Issue("not-a-share", Severity.ERROR, "ramp", str(terms.ramp), "Maybe shares such as 0.5, 0.8."))
    if issues:
        raise InputError(issues)
