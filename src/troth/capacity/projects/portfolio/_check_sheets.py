"""What is wrong with time sheets and claims: many rows, so alike ones are told once with how many there are."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from troth.capacity.projects.portfolio._tell import age, error, grouped, info, near, warning, written_otherwise
from troth.capacity.projects.portfolio.people import Consultant
from troth.capacity.projects.portfolio.portfolio import Portfolio
from troth.core.decision import Issue

_GONE = "Maybe they left: keep the person with the day the contract ends; the hours stay counted."


def sheets(portfolio: Portfolio) -> Iterator[Issue]:
    """Yield what is wrong with hours logged and claimed."""
    people = {who.person_id: who for who in portfolio.people}
    for name, rows in (("logged", portfolio.logged), ("claims", portfolio.claims)):
        yield from _hours(rows, name)
        for person, some in grouped(rows, key=lambda row: None if row.person_id in people else row.person_id).items():
            advice = written_otherwise(person, known=people, otherwise=_GONE)
            yield warning("unknown-person", where=f"{name}[{some[0][0]}]", value=person, advice=advice, count=len(some))
    yield from _projects(portfolio)
    yield from _ahead(portfolio)
    yield from _outside(portfolio, people)
    repeated = [(row, n) for row, n in Counter(portfolio.logged).items() if n > 1]
    if repeated:
        row, n = repeated[0]
        advice = "Maybe a time sheet was imported twice, or two entries are alike by chance."
        shown = f"{row.person_id}, {row.project_id}, {row.day}, {row.hours:g} hours, {n} times"
        again = sum(n - 1 for _, n in repeated)
        yield info(
            "logged-twice", where=f"logged[{portfolio.logged.index(row)}]", value=shown, advice=advice, count=again
        )


def _hours(rows: Sequence[Any], name: str) -> Iterator[Issue]:
    """Yield hours that are no number or negative, and days of people with more hours than a day has."""
    total: dict[tuple[str, date], float] = defaultdict(float)
    for k, row in enumerate(rows):
        place = f"{name}[{k}].hours"
        yield from age(row.day, where=f"{name}[{k}].day")
        if not math.isfinite(row.hours):
            advice = "Maybe leave it out where it is not known."
            yield error("not-a-number", where=place, value=row.hours, advice=advice)
        elif row.hours < 0:
            advice = "Maybe a correction: take it off what it corrects."
            yield error("negative-number", where=place, value=row.hours, advice=advice)
        else:
            total[row.person_id, row.day] += row.hours
    for (person, day), hours in total.items():
        if hours > 24 + 1e-6:
            advice = "Maybe minutes, or rows that were imported twice: a day has 24 hours."
            yield error("too-many-hours", where=f"{name} {person} {day}", value=f"{hours:g}", advice=advice)


def _projects(portfolio: Portfolio) -> Iterator[Issue]:
    projects = {one.project_id: {phase.phase_id for phase in one.phases} for one in portfolio.projects}

    def lost(row: Any) -> str | None:
        return None if row.project_id in projects else row.project_id

    for name, some in grouped(portfolio.logged, key=lost).items():
        otherwise = "Maybe the project was deleted or is over; the hours are kept."
        advice = written_otherwise(name, known=projects, otherwise=otherwise)
        yield warning("unknown-project", where=f"logged[{some[0][0]}]", value=name, advice=advice, count=len(some))

    def renamed(row: Any) -> str | None:
        known = projects.get(row.project_id)
        return (
            None if known is None or not row.phase_id or row.phase_id in known else f"{row.project_id} {row.phase_id}"
        )

    for name, some in grouped(portfolio.logged, key=renamed).items():
        k, row = some[0]
        advice = near(row.phase_id, known=projects[row.project_id], otherwise="Maybe the phase was renamed.")
        yield warning("unknown-phase", where=f"logged[{k}]", value=name, advice=advice, count=len(some))


def _ahead(portfolio: Portfolio) -> Iterator[Issue]:
    """Yield hours of days that are not over yet."""
    for person, some in grouped(
        portfolio.logged, key=lambda row: row.person_id if row.day >= portfolio.day else None
    ).items():
        advice = "Maybe a booking is meant: hours are logged when they are worked."
        shown = f"{person} on {some[0][1].day}"
        yield warning("logged-ahead", where=f"logged[{some[0][0]}]", value=shown, advice=advice, count=len(some))


def _outside(portfolio: Portfolio, people: Mapping[str, Consultant]) -> Iterator[Issue]:
    """Yield hours of days on which somebody was not employed."""

    def outside(row: Any) -> str | None:
        who = people.get(row.person_id)
        return None if who is None or who.placeholder or who.terms_on(row.day) is not None else row.person_id

    for person, some in grouped(portfolio.logged, key=outside).items():
        first = min((terms.first for terms in people[person].contracts), default=None)
        days = sorted(row.day for _, row in some)
        advice = "Maybe the contract ended later, or somebody else did it."
        if first is not None and days[0] < first:
            advice = f"Maybe the contract began sooner than on {first}, or the year is wrong."
        shown = f"{person}: {sum(row.hours for _, row in some):g} hours from {days[0]} to {days[-1]}"
        yield warning("no-contract-then", where=f"logged[{some[0][0]}]", value=shown, advice=advice, count=len(some))
