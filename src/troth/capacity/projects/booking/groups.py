"""Requests to a group: who of it does how much of what is asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from math import floor, inf

import numpy as np

from troth.capacity.projects.booking._loads import CountedBookings
from troth.capacity.projects.booking.spread import cents, proportional
from troth.capacity.projects.booking.windows import available_hours
from troth.capacity.projects.portfolio import Consultant, Portfolio, ProjectBooking, paid_hours
from troth.core.decision import Issue, Severity
from troth.core.errors import InputError


class EffortUnit(StrEnum):
    """In what work is asked for."""

    HOURS = "hours"
    FTE = "fte"
    """Full-time equivalents: 1 is all the paid hours of somebody over the time asked for."""
    PERSON_DAYS = "person_days"
    """Working days: 1 is a mean working day of somebody over the time asked for."""


class MembersPreference(StrEnum):
    """Who of a group is asked."""

    ALL = "all"
    """All of them, each in proportion to the hours they have left."""
    SPECIFIC = "specific"
    """Those named, likewise."""
    ANY = "any"
    """Whoever has most hours left first, as far as they go, then the next."""


@dataclass(frozen=True, slots=True)
class GroupSplit:
    """What is asked of a group, by member.

    Parameters
    ----------
    hours : of each member asked, to the hundredth.
    over : of members asked for more than they have left, by how much.
    unplaced : hours that nobody has left; only of `MembersPreference.ANY`, others are told by `over`.
    available : hours each member has left.
    """

    hours: Mapping[str, float]
    over: Mapping[str, float]
    unplaced: float
    available: Mapping[str, float]

    @property
    def fits(self) -> bool:
        """Whether those asked have the hours."""
        return not self.over and not self.unplaced


def split(
    amount: float,
    *,
    available: Mapping[str, float],
    preference: MembersPreference = MembersPreference.ALL,
    hours_per_unit: Mapping[str, float] | None = None,
) -> GroupSplit:
    """Return who does how much of an amount, given the hours each has left.

    Parameters
    ----------
    amount : in hours, or in units of `hours_per_unit`.
    available : hours left of each member asked.
    hours_per_unit : what a unit is in hours of each member; None if hours are asked.

    Notes
    -----
    Both ways are those of ServiceNow's resource management (product documentation, Resource allocation, 2025). There what nobody has left is
    spread over all in the second; here it is told and nobody is given it.

    Examples
    --------
    >>> dict(split(40, available={"one": 24, "two": 40}).hours)
    {'one': 15.0, 'two': 25.0}
    >>> dict(split(40, available={"one": 24, "two": 30, "three": 20}, preference=MembersPreference.ANY).hours)
    {'two': 30.0, 'one': 10.0}
    """
    worth = {name: 1.0 if hours_per_unit is None else hours_per_unit.get(name, 0.0) for name in available}
    any_ = preference is MembersPreference.ANY
    shares, left = _most_first(amount, available, worth) if any_ else _in_proportion(amount, available, worth)
    over = {
        name: (have - floor(available[name] * 100 + 1e-6)) / 100
        for name, have in shares.items()
        if have > floor(available[name] * 100 + 1e-6)
    }
    return GroupSplit({name: have / 100 for name, have in shares.items()}, over, left / 100, available)


def ask_group(
    portfolio: Portfolio,
    *,
    request: ProjectBooking,
    amount: float,
    unit: EffortUnit = EffortUnit.HOURS,
    preference: MembersPreference = MembersPreference.ALL,
    members: tuple[str, ...] = (),
    counted: CountedBookings = CountedBookings.HARD,
) -> tuple[tuple[ProjectBooking, ...], GroupSplit]:
    """Return the bookings that a request to a role or team comes to, one a member, and how they came about.

    Parameters
    ----------
    request : of the role, team and skill asked, its days and its project; its `hours` are of no matter.
    amount, unit : how much, turned into hours by the calendar of each one who does it.
    members : who is asked, if specific members are.
    counted : which bookings leave fewer hours to members.

    Raises
    ------
    InputError
        ``bad-amount``; ``nobody-asked``: nobody of the group can do it; ``not-a-member``: a member named is not one of them.
    """
    able = tuple(one.person_id for one in portfolio.people if able_to(one, request=request))
    asked = tuple(dict.fromkeys(members)) if preference is MembersPreference.SPECIFIC else able
    issues = [
        _error(
            "not-a-member", f"{request.booking_id} members", name, "Maybe of another role or team, or lacks the skill."
        )
        for name in asked
        if name not in able
    ]
    if not 0 <= amount < inf:
        issues.append(
            _error("bad-amount", f"{request.booking_id} amount", str(amount), "Maybe a number of hours, FTE or days.")
        )
    if not asked:
        issues.append(
            _error("nobody-asked", request.booking_id, request.role or request.team, "Maybe nobody holds the skill.")
        )
    if issues:
        raise InputError(issues)
    left = available_hours(
        portfolio,
        first=request.first,
        until=request.until,
        people=set(asked),
        counted=counted,
        without=(request.booking_id,),
    )
    worth = (
        None if unit is EffortUnit.HOURS else hours_of(portfolio, unit=unit, first=request.first, until=request.until)
    )
    made = split(amount, available={name: left[name] for name in asked}, preference=preference, hours_per_unit=worth)
    bookings = tuple(
        replace(request, booking_id=f"{request.booking_id}:{name}", person_id=name, hours=hours)
        for name, hours in made.hours.items()
        if hours > 0
    )
    return bookings, made


def hours_of(portfolio: Portfolio, *, unit: EffortUnit, first: date, until: date) -> dict[str, float]:
    """Return what a unit of work is in hours of each person's own calendar.

    Examples
    --------
    >>> from troth.capacity.projects.portfolio import Consultant, ContractTerms
    >>> half = Consultant("half", (ContractTerms(date(2026, 1, 1), hours=(4, 4, 4, 4, 4, 0, 0)),))
    >>> plan, week = Portfolio(date(2026, 6, 1), (half,)), {"first": date(2026, 6, 1), "until": date(2026, 6, 8)}
    >>> hours_of(plan, unit=EffortUnit.FTE, **week), hours_of(plan, unit=EffortUnit.PERSON_DAYS, **week)
    ({'half': 20.0}, {'half': 4.0})
    """
    paid = paid_hours(portfolio, first=first, until=until)
    total, many = paid.sum(axis=1), np.maximum((paid > 0).sum(axis=1), 1)
    worth = {EffortUnit.HOURS: np.ones(len(paid)), EffortUnit.FTE: total, EffortUnit.PERSON_DAYS: total / many}[unit]
    return {who.person_id: float(one) for who, one in zip(portfolio.people, worth, strict=True)}


def able_to(who: Consultant, *, request: ProjectBooking) -> bool:
    """Tell whether somebody is of the role and team asked and holds the skill at its level on some day of it."""
    if who.placeholder or request.role not in ("", who.role) or request.team not in ("", who.team):
        return False
    return not request.skill or any(
        held.skill == request.skill
        and held.level >= request.level
        and (held.first is None or held.first < request.until)
        and (held.until is None or held.until > request.first)
        for held in who.skills
    )


def _in_proportion(
    amount: float, available: Mapping[str, float], worth: Mapping[str, float]
) -> tuple[dict[str, int], int]:
    """Return shares in proportion to hours left; to hours worked at all if nobody has any left."""
    names = list(available)
    weights = [available[name] for name in names]
    if sum(weights) <= 0:
        weights = [worth[name] for name in names]
    if sum(weights) <= 0:
        return dict.fromkeys(names, 0), cents(amount)
    if len({worth[name] for name in names}) == 1:
        shares = proportional(cents(amount * worth[names[0]]), weights=weights)
    else:  # each one's share of the units, in their own hours
        shares = [cents(amount * one / sum(weights) * worth[name]) for name, one in zip(names, weights, strict=True)]
    return dict(zip(names, shares, strict=True)), 0


def _most_first(
    amount: float, available: Mapping[str, float], worth: Mapping[str, float]
) -> tuple[dict[str, int], int]:
    out: dict[str, int] = {}
    for name in sorted(available, key=lambda name: -available[name]):  # stable: of equals the first named
        asked = min(cents(amount * worth[name]), floor(available[name] * 100 + 1e-6))
        if asked > 0:
            out[name] = asked
            amount = max(amount - asked / 100 / worth[name], 0.0)
    usual = [one for one in worth.values() if one > 0]
    return out, cents(amount * (sum(usual) / len(usual) if usual else 1.0))


def _error(code: str, where: str, value: str, advice: str) -> Issue:
    return Issue(code, Severity.ERROR, where, value, advice)
