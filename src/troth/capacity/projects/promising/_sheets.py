"""Time sheets of the futures: hours by job, week and kind of hour (who works at what price), and the ends of phases."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any, Final

import numpy as np

from troth.capacity.projects.portfolio import Consultant, ContractTerms, Portfolio, ProjectPhase
from troth.capacity.projects.promising._jobs import NEVER, Job
from troth.capacity.projects.promising._state import Sheets
from troth.capacity.projects.promising._world import origin_of

#: People of so many different prices are told apart; of more, those of a role are taken as one.
_MOST: Final = 24


def no_sheets() -> Sheets:
    """Return the sheets of futures that keep none."""
    none = np.zeros(0, np.int64)
    return Sheets(np.zeros((0, 0, 0, 0), np.float32), np.zeros((0, 0, 0), np.int32), none, none)


def sheets_for(
    portfolio: Portfolio, *, jobs: Sequence[Job], places: int, futures: int, weeks: int
) -> tuple[Sheets, tuple[tuple[str, str], ...]]:
    """Return room for time sheets, and of each kind of hour whose prices hold and the role charged (empty: that one's own).

    Parameters
    ----------
    places : of jobs, with those for deals to come.
    """
    who, person = people_alike(portfolio, days=7 * weeks)
    phases = [one.phases for one in jobs] + [portfolio.templates[name] for name in sorted(portfolio.templates)]
    needs = _needs(phases)
    roles = sorted({"", *needs})
    task = np.array([roles.index(one) for one in needs], np.int64)
    kinds = tuple((name, role) for name in who for role in roles)
    most = max((len(of) for of in phases), default=0)
    sheets = Sheets(
        np.zeros((futures, places, weeks, len(kinds)), np.float32), np.full((futures, places, most), NEVER, np.int32),
        len(roles) * person, task,
    )  # fmt: skip
    return sheets, kinds


def people_alike(portfolio: Portfolio, *, days: int) -> tuple[list[str], Any]:
    """Return the people whose prices stand for those of others, and (P,) by whose each one's hours are priced."""
    first = origin_of(portfolio)
    until, named = first + timedelta(days=days), {row.person_id for row in portfolio.rates}
    keys: list[tuple[Any, ...]] = [
        (one.role, one.person_id if one.person_id in named else "", *_terms(one, first, until))
        for one in portfolio.people
    ]  # fmt: skip
    if len(set(keys)) > _MOST:
        keys = [(*key[:2], key[-1][-1] if len(key) > 2 else "") for key in keys]
    groups: dict[tuple[Any, ...], list[int]] = {}
    for k, key in enumerate(keys):
        groups.setdefault(key, []).append(k)
    found, person = list[str](), np.zeros(len(keys), np.int64)
    for number, (_, rows) in enumerate(sorted(groups.items())):
        rows.sort(key=lambda k: (_cost(portfolio.people[k], portfolio.day), k))
        found.append(portfolio.people[rows[len(rows) // 2]].person_id)
        person[rows] = number
    return found, person


def ever_there(one: Consultant) -> Consultant:
    """Return somebody whose contract has no beginning and no end: whoever fills the place costs the same."""
    if not one.contracts:
        return one
    terms = sorted(one.contracts, key=lambda terms: terms.first)
    terms[0] = replace(terms[0], first=date.min)
    terms[-1] = replace(terms[-1], until=None)
    return replace(one, contracts=tuple(terms))


def _terms(one: Consultant, first: date, until: date) -> list[tuple[date, int, str]]:
    """Return from when on each cost of somebody holds in the weeks looked at."""
    ever = [terms for terms in ever_there(one).contracts if terms.first < until]
    here = [terms for terms in ever if terms.until is None or terms.until > first]
    return [(max(terms.first, first), terms.cost_cents, terms.currency) for terms in here]


def _cost(one: Consultant, day: date) -> int:
    terms = one.terms_on(day) or (one.contracts[-1] if one.contracts else ContractTerms(day))
    return terms.cost_cents


def _needs(phases: Sequence[tuple[ProjectPhase, ...]]) -> list[str]:
    """Return the role named by each task of the structures, in their order."""
    return [need.role for of in phases for phase in of if not phase.done for need in phase.needs]
