"""What is wrong with a portfolio for sampling its futures."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta

import numpy as np

from troth.capacity.projects.portfolio import Portfolio, ProjectPhase, free_hours
from troth.capacity.projects.promising.beliefs import Beliefs
from troth.core.decision import Issue, Severity

#: Most phases of a project: they are bits of one number.
MOST_PHASES = 60


def check(portfolio: Portfolio, *, beliefs: Beliefs | None = None, futures: int = 2000, weeks: int = 78) -> list[Issue]:
    """Return everything wrong for this purpose; other faults of a portfolio are its own check's to tell.

    Codes: ``no-people``, ``bad-futures``, ``bad-weeks``, ``bad-probability``, ``cyclic-phases``, ``unknown-phase``,
    ``too-many-phases``, ``double-id``; and as warnings ``nobody-holds``: such work never starts, and ``cap-not-counted``: people are
    booked beyond their most hours of a year.
    """
    found = list[Issue]()
    if not any(not one.placeholder for one in portfolio.people):
        found.append(_error("no-people", "people", "", "Maybe the people were left out, or all are placeholders."))
    if futures < 1:
        found.append(_error("bad-futures", "futures", futures, "Maybe 2000 are meant."))
    if not 1 <= weeks <= 250:
        found.append(_error("bad-weeks", "weeks", weeks, "Maybe 78 weeks are meant; 250 are the most."))
    held = {skill.skill for one in portfolio.people for skill in one.skills if not one.placeholder}
    seen = set[str]()
    named = [(f"projects[{one.project_id}]", one.project_id, one.phases, one.probability) for one in portfolio.projects]
    named += [(f"deals[{one.deal_id}]", one.deal_id, one.phases, one.probability) for one in portfolio.deals]
    for where, name, phases, probability in named:
        if name in seen:
            found.append(_error("double-id", where, name, "Maybe it was read twice."))
        seen.add(name)
        if not 0 <= probability <= 1:
            found.append(_error("bad-probability", where, probability, "Maybe it is a percentage: it is 0 to 1."))
        found += phases_wrong(phases, where=where)
        found += _unheld(phases, where, held)
    for name, phases in portfolio.templates.items():
        found += phases_wrong(phases, where=f"templates[{name}]")
    for name in (beliefs or Beliefs()).coming.per_week:
        if name not in portfolio.templates:
            found.append(_error("unknown-template", "beliefs.coming", name, "Maybe the portfolio lacks the template."))
    return [*found, *_capped(portfolio, min(max(weeks, 1), 250))]


def _capped(portfolio: Portfolio, weeks: int) -> Iterator[Issue]:
    """Yield who has more hours in a calendar year than they may work on projects: futures know no such caps."""
    if all(one.yearly_hours is None for one in portfolio.people):
        return
    first = portfolio.day
    hours = free_hours(portfolio, first=first, until=first + timedelta(days=7 * weeks))
    year = np.array([(first + timedelta(days=k)).year for k in range(7 * weeks)])
    for row, one in zip(hours, portfolio.people, strict=True):
        most = max(float(row[year == k].sum()) for k in sorted(set(year.tolist())))
        if one.yearly_hours is not None and most > one.yearly_hours:
            advice = "Maybe enter leave or shorter hours: days are promised as if there were no such limit."
            where, value = f"people[{one.person_id}].yearly_hours", f"{one.yearly_hours:g}"
            yield Issue("cap-not-counted", Severity.WARNING, where, value, advice)


def phases_wrong(phases: Sequence[ProjectPhase], *, where: str) -> Iterator[Issue]:
    """Yield what is wrong with the phases of one project."""
    names = {one.phase_id for one in phases}
    if len(phases) > MOST_PHASES:
        yield _error("too-many-phases", where, len(phases), f"Maybe join some: {MOST_PHASES} are the most.")
    for one in phases:
        for before in one.after:
            if before not in names:
                yield _error("unknown-phase", f"{where}.{one.phase_id}", before, "Maybe it is of another project.")
    done = set[str]()
    while more := {one.phase_id for one in phases if one.phase_id not in done and set(one.after) & names <= done}:
        done |= more
    if left := sorted(names - done):
        yield _error("cyclic-phases", where, ", ".join(left), "Maybe one of them does not wait for the others.")


def _unheld(phases: Sequence[ProjectPhase], where: str, held: set[str]) -> Iterator[Issue]:
    for skill in sorted({need.skill for one in phases if not one.done for need in one.needs} - held):
        advice = "Maybe train, hire or subcontract: until then it does not start."
        yield Issue("nobody-holds", Severity.WARNING, where, skill, advice)


def _error(code: str, where: str, value: object, advice: str) -> Issue:
    return Issue(code, Severity.ERROR, where, str(value), advice)
