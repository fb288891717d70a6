"""What is wrong with changes of a house: all of it, with its place."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date

from troth.capacity.projects.outlook.change import (
    DecidedWork,
    DelayedWork,
    HiredPeople,
    HouseChange,
    TrainedPerson,
    WhatIf,
    changed_house,
)
from troth.capacity.projects.portfolio import Portfolio, check
from troth.core.decision import Issue, Severity
from troth.core.json_input import near

#: More people at once, and a project put off by more weeks, are likelier slips than plans.
_MOST_PEOPLE, _MOST_WEEKS = 1000, 520


def check_changes(what: WhatIf, *, portfolio: Portfolio, where: str = "changes") -> list[Issue]:
    """Return what is wrong with changes of a portfolio.

    Parameters
    ----------
    where : what places of issues begin with.

    Examples
    --------
    >>> from datetime import date
    >>> lost = WhatIf("lost", (DecidedWork("bank", won=False),))
    >>> [str(one) for one in check_changes(lost, portfolio=Portfolio(date(2026, 6, 1)))]
    ["unknown-project at changes[0].lose: 'bank'. Maybe leave it out: there is none to name."]
    """
    return look_at(what.changes, portfolio=portfolio, where=where)


def look_at(changes: Sequence[HouseChange | None], *, portfolio: Portfolio, where: str) -> list[Issue]:
    """Return what is wrong with changes; None stands for one that could not be read, which is told elsewhere."""
    look = _Look(portfolio)
    read = [(one, f"{where}[{k}].{kind_of(one)}") for k, one in enumerate(changes) if one is not None]
    found = [issue for one, place in read for issue in look.of(one, place)]
    found += _contradictions(read)
    if len(read) == len(changes) and not any(one.severity is Severity.ERROR for one in found):
        found += _follows([one for one, _ in read], portfolio, where)
    return found


def kind_of(one: HouseChange) -> str:
    """Return the word by which a change goes in a file."""
    if isinstance(one, HiredPeople):
        return "hire" if one.until is None else "subcontract"
    if isinstance(one, DecidedWork):
        return "win" if one.won else "lose"
    return "train" if isinstance(one, TrainedPerson) else "delay"


class _Look:
    """The names of a portfolio, ready to be compared with."""

    def __init__(self, portfolio: Portfolio) -> None:
        self.day = portfolio.day
        self.people = {who.person_id: who for who in portfolio.people}
        self.open = {one.project_id: one.probability for one in portfolio.projects}
        self.open |= {one.deal_id: one.probability for one in portfolio.deals}
        phases = [phase for one in portfolio.projects for phase in one.phases]
        phases += [phase for one in portfolio.deals for phase in one.phases]
        self.skills = {need.skill for phase in phases for need in phase.needs}
        self.skills |= {held.skill for who in portfolio.people for held in who.skills}
        #: A house that states no cost leaves it out on purpose.
        self.costed = any(terms.cost_cents for who in portfolio.people for terms in who.contracts)

    def of(self, one: HouseChange, where: str) -> Iterator[Issue]:
        """Yield what is wrong with a change by itself."""
        if isinstance(one, HiredPeople):
            yield from self._hired(one, where)
        elif isinstance(one, TrainedPerson):
            yield from self._trained(one, where)
        elif isinstance(one, DelayedWork):
            if one.project_id not in self.open:
                yield _error(
                    "unknown-project", f"{where}.project_id", one.project_id, near(one.project_id, known=self.open)
                )
            if not 1 <= one.weeks <= _MOST_WEEKS:
                advice = f"Maybe so many weeks later: from 1 to {_MOST_WEEKS}."
                yield _error("out-of-range", f"{where}.weeks", one.weeks, advice)
        elif one.project_id not in self.open:
            yield _error("unknown-project", where, one.project_id, near(one.project_id, known=self.open))
        elif self.open[one.project_id] >= 1:
            advice = (
                "Maybe another is meant: this one is sold." if one.won else "Maybe delay it: what is sold is not lost."
            )
            severity = Severity.INFO if one.won else Severity.ERROR
            yield Issue("already-sold", severity, where, one.project_id, advice)

    def _hired(self, one: HiredPeople, where: str) -> Iterator[Issue]:
        if not one.skills:
            yield _error("no-skill", f"{where}.skills", "", 'Maybe name what they can do, such as [{"skill": "law"}].')
        for k, held in enumerate(one.skills):
            yield from self._skill(held.skill, f"{where}.skills[{k}].skill")
        if not 1 <= one.people <= _MOST_PEOPLE:
            yield _error(
                "out-of-range", f"{where}.people", one.people, f"Maybe how many come: from 1 to {_MOST_PEOPLE}."
            )
        yield from self._first(one.first, where)
        if one.until is not None and one.until <= (one.first or self.day):
            advice = "Maybe the two are exchanged, or one day is meant: `until` is the day after the last."
            yield _error("empty-span", where, f"{one.first or self.day} until {one.until}", advice)
        if one.cost_cents == 0 and self.costed:
            advice = (
                "Maybe add cost_cents, what an hour of them costs: without it their work has a revenue, but no margin."
            )
            yield Issue("no-cost", Severity.WARNING, f"{where}.cost_cents", "", advice)

    def _trained(self, one: TrainedPerson, where: str) -> Iterator[Issue]:
        who = self.people.get(one.person_id)
        if who is None:
            yield _error("unknown-person", f"{where}.person_id", one.person_id, near(one.person_id, known=self.people))
        elif who.level_of(one.skill, day=one.first or self.day) >= one.level:
            advice = "Maybe a higher level is meant: they have it already."
            yield Issue("already-held", Severity.WARNING, where, f"{one.skill} at level {one.level:g}", advice)
        yield from self._skill(one.skill, f"{where}.skill")
        yield from self._first(one.first, where)

    def _skill(self, name: str, where: str) -> Iterator[Issue]:
        if not name:
            yield _error("no-skill", where, "", "Maybe name it, if only as general.")
        elif name not in self.skills:
            otherwise = "Maybe another is meant: nothing here needs it."
            advice = near(name, known=self.skills, otherwise=otherwise)
            yield Issue("unknown-skill", Severity.WARNING, where, name, advice)

    def _first(self, first: date | None, where: str) -> Iterator[Issue]:
        if first is not None and first < self.day:
            advice = f"Maybe leave it out: then it is from {self.day} on."
            yield _error("first-in-past", f"{where}.first", first, advice)


def _contradictions(changes: Sequence[tuple[HouseChange, str]]) -> Iterator[Issue]:
    """Yield deals that are decided twice, or put off though they are lost."""
    decided: dict[str, bool] = {}
    lost = {one.project_id for one, _ in changes if isinstance(one, DecidedWork) and not one.won}
    for one, place in changes:
        if isinstance(one, DecidedWork):
            if one.project_id in decided:
                advice = "Maybe make two scenarios of it: in one, a deal is either won or lost, once."
                yield _error("decided-twice", place, one.project_id, advice)
            decided[one.project_id] = one.won
        elif isinstance(one, DelayedWork) and one.project_id in lost:
            yield _error("delayed-and-lost", place, one.project_id, "Maybe leave one of the two out.")


def _follows(changes: Sequence[HouseChange], portfolio: Portfolio, where: str) -> Iterator[Issue]:
    """Yield the errors that a portfolio has only since it was changed."""
    before = {(one.code, one.where, one.value) for one in check(portfolio)}
    for one in check(changed_house(portfolio, changes=changes)):
        if one.severity is Severity.ERROR and (one.code, one.where, one.value) not in before:
            yield replace(one, where=f"{where}: {one.where}")


def _error(code: str, where: str, value: object, advice: str) -> Issue:
    return Issue(code, Severity.ERROR, where, str(value)[:80], advice)
