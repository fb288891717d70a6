"""What is wrong with people: contracts, skills, leave."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from troth.capacity.projects.portfolio._tell import error, numbers, span, twice, warning, week
from troth.capacity.projects.portfolio.people import Consultant
from troth.capacity.projects.portfolio.portfolio import Portfolio
from troth.core.decision import Issue


def people(portfolio: Portfolio) -> Iterator[Issue]:
    """Yield what is wrong with people by themselves."""
    yield from twice(portfolio.people, where="people", name="person_id")
    for who in portfolio.people:
        yield from _person(who, portfolio)


def _person(who: Consultant, portfolio: Portfolio) -> Iterator[Issue]:
    where = f"people[{who.person_id}]"
    yield from numbers(who, where=where)
    for k, terms in enumerate(who.contracts):
        place = f"{where}.contracts[{k}]"
        yield from numbers(terms, where=place)
        yield from week(terms.hours, where=f"{place}.hours")
        yield from span(terms.first, terms.until, where=place)
        if terms.country and terms.country not in portfolio.holidays:
            advice = "Maybe add its days off to `holidays`: none are taken off until then."
            yield warning("no-holidays", where=f"{place}.country", value=terms.country, advice=advice)
    for k, held in enumerate(who.skills):
        yield from numbers(held, where=f"{where}.skills[{k}]")
        yield from span(held.first, held.until, where=f"{where}.skills[{k}]")
    for k, away in enumerate(who.leave):
        yield from numbers(away, where=f"{where}.leave[{k}]")
        yield from span(away.first, away.until, where=f"{where}.leave[{k}]")
    for before, after in pairwise(sorted(who.contracts, key=lambda one: one.first)):
        if before.until is None or before.until > after.first:
            advice = f"Maybe the older one ends on {after.first}: one contract holds on a day."
            shown = f"{before.first} until {before.until or 'further notice'}, and from {after.first}"
            yield error("overlapping-contracts", where=f"{where}.contracts", value=shown, advice=advice)
    if list(who.contracts) != sorted(who.contracts, key=lambda one: one.first):
        advice = "Maybe write the oldest first: contracts stand in the order of time."
        shown = ", ".join(str(one.first) for one in who.contracts)
        yield warning("unordered-contracts", where=f"{where}.contracts", value=shown, advice=advice)
    if who.placeholder and who.contracts:
        advice = "Maybe somebody was found: a placeholder's hours never count as supply."
        yield warning("placeholder-with-contract", where=where, value=who.person_id, advice=advice)
    if not who.placeholder and not who.contracts:
        advice = "Maybe the contract was left out, or it is a placeholder: without one there are no hours."
        yield warning("no-contract", where=where, value=who.person_id, advice=advice)
