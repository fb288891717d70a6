"""Places in a house: who leaves one and who has taken it, so that no place is filled twice and none is forgotten."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Final

from troth.capacity.projects.portfolio import Consultant, LeaveSpan, Portfolio

#: A day after every plan.
_NEVER: Final = date(2199, 12, 31)


def settled(portfolio: Portfolio, *, staff: Sequence[Consultant], since: date) -> tuple[Portfolio, frozenset[str]]:
    """Return a portfolio in which exactly those places are still to be filled that are empty or will be, and who left empty ones.

    Futures hire somebody for whoever leaves. So who left and was replaced is not there any more, who left and was not is
    there as an empty place (`PeopleBelief.empty`), and who will leave for somebody already hired leaves no place behind.

    Parameters
    ----------
    staff : everybody since a day, with contracts, those who are to come too. Who comes takes the place of the team that is
        empty longest, as it is learned how long hiring takes.
    """
    taken, left = _taken(staff, since), {one.person_id for one in portfolio.people if _until(one) <= portfolio.day}
    empty = [one for one in staff if since < _until(one) <= portfolio.day and one.person_id not in taken]
    here = [
        _without_place(one) if one.person_id in taken else one
        for one in portfolio.people if one.person_id not in left
    ]  # fmt: skip
    return replace(portfolio, people=(*here, *empty)), frozenset(one.person_id for one in empty)


def _taken(staff: Sequence[Consultant], since: date) -> frozenset[str]:
    """Return who left, or will, and has somebody in their place."""
    found = set[str]()
    for team in {one.team for one in staff}:
        mine = [one for one in staff if one.team == team and one.contracts and not one.placeholder]
        empty = sorted((_until(one), one.person_id) for one in mine if since < _until(one) < _NEVER)
        for came in sorted(one.contracts[0].first for one in mine if one.contracts[0].first > since):
            before = next((place for place in empty if place[0] <= came), None)
            if before is not None:
                empty.remove(before)
                found.add(before[1])
    return frozenset(found)


def _until(one: Consultant) -> date:
    until = one.contracts[-1].until if one.contracts else None
    return _NEVER if until is None else until


def _without_place(one: Consultant) -> Consultant:
    """Return somebody after whose end nobody works in that place: it is another person's by then."""
    return replace(one, leave=(*one.leave, LeaveSpan(_until(one), _NEVER, "place taken")))
