"""Deadlines that a plan does not keep, as people have not the hours."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date

import numpy as np

from troth.capacity.projects.allocation.plan import AllocationPlan
from troth.capacity.projects.portfolio import Portfolio, ProjectPhase
from troth.core.decision import Issue, Severity

_TINY = 1e-6


def missed_deadlines(plan: AllocationPlan, *, portfolio: Portfolio) -> tuple[Issue, ...]:
    """Return a `deadline-missed` for each deadline in a plan's weeks before which hours are left undone, a grain or more.

    Hours that cannot lie before their deadline at all are in the `notes` of the problem.

    Parameters
    ----------
    plan : made of the portfolio by `from_portfolio`.

    Examples
    --------
    >>> from datetime import date
    >>> from troth.capacity.projects.allocation import from_portfolio, solve
    >>> from troth.capacity.projects.portfolio import *
    >>> ada = Consultant("ada", (ContractTerms(date(2026, 1, 1)),), (HeldSkill("design"),))
    >>> bank = Project("bank", (ProjectPhase("draw", (SkillNeed("design", 60.0),)),), deadline=date(2026, 6, 5))
    >>> firm = Portfolio(date(2026, 6, 1), (ada,), (bank,))
    >>> plan = solve(from_portfolio(firm, first=date(2026, 6, 1), until=date(2026, 6, 15)))
    >>> [(one.where, one.value) for one in missed_deadlines(plan, portfolio=firm)]
    [('projects[bank]', '20 hours undone by 2026-06-05')]
    """
    p = plan.problem
    until = p.end
    left = _left(plan)
    works = [(f"projects[{one.project_id}]", one.project_id, one.phases, one.deadline) for one in portfolio.projects]
    works += [(f"deals[{one.deal_id}]", one.deal_id, one.phases, None) for one in portfolio.deals]
    out = list[Issue]()
    for where, name, phases, deadline in works:
        mine = left.get(name, {})
        for place, day, some in _deadlines(where, phases, deadline) if mine else ():
            hours = sum(mine.get(phase, 0.0) for phase in some)
            if day < until and hours >= p.grain - _TINY:
                told = f"{hours:,.2f}".rstrip("0").rstrip(".")
                advice = "Maybe more people, less work or a later deadline: before it there are no more hours, or they do more elsewhere."
                out.append(
                    Issue("deadline-missed", Severity.WARNING, place, f"{told} hours undone by {day.isoformat()}", advice)
                )  # fmt: skip
    return tuple(out)


def _left(plan: AllocationPlan) -> Mapping[str, Mapping[str, float]]:
    """Return hours left undone by project and phase, without those told to be late already."""
    p, n = plan.problem, plan.problem.needs
    late = {one.where for one in p.notes if one.code == "deadline-missed"}
    out: dict[str, dict[str, float]] = {}
    undone = n.hours - plan.served()
    for m in np.flatnonzero(undone > _TINY).tolist():
        name, phase = p.projects[int(n.project[m])], n.phase[m] if n.phase else ""
        if not late & {f"projects[{name}].phases[{phase}]", f"deals[{name}].phases[{phase}]"}:
            mine = out.setdefault(name, {})
            mine[phase] = mine.get(phase, 0.0) + float(undone[m])
    return out


def _deadlines(
    where: str, phases: Sequence[ProjectPhase], deadline: date | None
) -> Iterator[tuple[str, date, Sequence[str]]]:
    """Yield each deadline with its place and the phases that must be finished by it."""
    before = {one.phase_id: one.after for one in phases}
    for one in phases:
        if one.deadline is not None:
            some, todo = dict.fromkeys([one.phase_id]), [one.phase_id]
            while todo:
                new = [name for name in before.get(todo.pop(), ()) if name not in some]
                some |= dict.fromkeys(new)
                todo += new
            yield f"{where}.phases[{one.phase_id}]", one.deadline, list(some)
    if deadline is not None:
        yield where, deadline, list(before)
