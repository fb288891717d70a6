"""Who could do it: people for a need, ranked, each with the reasons."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta

from troth.capacity.projects.booking._loads import CountedBookings
from troth.capacity.projects.booking.groups import able_to
from troth.capacity.projects.booking.windows import available_hours
from troth.capacity.projects.portfolio import Consultant, Portfolio, Project, ProjectBooking, home_cents
from troth.core.decision import Explanation


@dataclass(frozen=True, slots=True)
class FinderWeights:
    """What counts how much in finding somebody; relative to each other.

    Parameters
    ----------
    free : share of the hours that they have left.
    skill : level of the skill, relative to the best of those who could.
    continuity : whether they know the project, or, half as much, its customer.
    location : whether they are where the project is.
    cost : how cheap an hour is, between the dearest and the cheapest of those who could.
    """

    free: float = 4.0
    skill: float = 2.0
    continuity: float = 2.0
    location: float = 1.0
    cost: float = 1.0


@dataclass(frozen=True, slots=True)
class RankedPerson:
    """Somebody who could do it.

    Parameters
    ----------
    score : from 0 to 1, the sum of the parts that the reasons tell.
    hours : they have left in the days asked for.
    fits : whether that is enough.
    reasons : of each thing that counts one, with its `part` of the score.
    """

    person_id: str
    score: float
    hours: float
    fits: bool
    reasons: tuple[Explanation, ...]


def find(
    portfolio: Portfolio,
    *,
    need: ProjectBooking,
    weights: FinderWeights | None = None,
    counted: CountedBookings = CountedBookings.HARD,
) -> tuple[RankedPerson, ...]:
    """Return who could do what a booking asks: those who have all the hours first, then by score.

    Whoever is not of its role and team or does not hold its skill at its level until its last day is left out.

    Parameters
    ----------
    need : days, hours, project, and role, team, skill and level asked; its person is of no matter.
    weights : None for the usual ones.
    counted : which bookings leave people fewer hours.

    Examples
    --------
    >>> from troth.capacity.projects.portfolio import ContractTerms, HeldSkill
    >>> terms, june = (ContractTerms(date(2026, 1, 1)),), date(2026, 6, 1)
    >>> people = (Consultant("ada", terms, (HeldSkill("sap", 2),)), Consultant("ben", terms, (HeldSkill("sap", 3),)))
    >>> busy = ProjectBooking("x", "q", june, date(2026, 6, 6), 30, "ben")
    >>> need = ProjectBooking("b", "p", june, date(2026, 6, 6), 20, skill="sap", level=2)
    >>> [(one.person_id, one.fits, one.hours) for one in find(Portfolio(june, people, bookings=(busy,)), need=need)]
    [('ada', True, 40.0), ('ben', False, 10.0)]
    """
    given = weights or FinderWeights()
    people = [one for one in portfolio.people if able_to(one, request=need) and _holds(one, need)]
    if not people:
        return ()
    left = available_hours(
        portfolio, first=need.first, until=need.until, people={one.person_id for one in people}, counted=counted,
        without=(need.booking_id,),
    )  # fmt: skip
    project = next((one for one in portfolio.projects if one.project_id == need.project_id), None)
    known = _continuity(portfolio, need, project)
    levels = {one.person_id: one.level_of(need.skill, day=need.first) if need.skill else 0.0 for one in people}
    costs = {one.person_id: hourly_cost(portfolio, who=one, day=need.first) for one in people}
    total = given.free + given.skill + given.continuity + given.location + given.cost or 1.0
    found = []
    for who in people:
        name, have = who.person_id, left[who.person_id]
        reasons = (
            _free(have, need, given.free / total),
            _skill(levels, name, need, given.skill / total),
            replace_part(known.get(name, Explanation("find.new")), part=given.continuity / total),
            _location(who, project, given.location / total),
            _cost(costs, name, given.cost / total),
        )
        score = sum(one.parameters["part"] for one in reasons)
        found.append(RankedPerson(name, score, have, have >= need.hours - 0.005, reasons))
    return tuple(sorted(found, key=lambda one: (not one.fits, -one.score, one.person_id)))


def hourly_cost(portfolio: Portfolio, *, who: Consultant, day: date) -> float | None:
    """Return what an hour of somebody costs in minor units of the house's currency; None if it is not known."""
    terms = who.terms_on(day)
    if terms is None or not terms.cost_cents:
        return None
    return home_cents(portfolio, cents=terms.cost_cents, currency=terms.currency, day=day)


def replace_part(reason: Explanation, *, part: float) -> Explanation:
    """Return a reason that carries its share, so far relative, as its part of a score."""
    share = float(reason.parameters.get("share", 0.0))
    return replace(reason, parameters={**reason.parameters, "share": share, "part": share * part})


def _holds(who: Consultant, need: ProjectBooking) -> bool:
    if not need.skill:
        return True
    ends = (need.first, need.until - timedelta(days=1))
    least = min(who.level_of(need.skill, day=day) for day in ends)
    return least > 0 and least >= need.level


def _free(have: float, need: ProjectBooking, weight: float) -> Explanation:
    share = min(have / need.hours, 1.0) if need.hours > 0 else 1.0
    return replace_part(Explanation("find.free", {"hours": have, "asked": need.hours, "share": share}), part=weight)


def _skill(levels: Mapping[str, float], name: str, need: ProjectBooking, weight: float) -> Explanation:
    share = levels[name] / (max(levels.values()) or 1.0) if need.skill else 1.0
    told = {"skill": need.skill, "level": levels[name], "asked": need.level, "share": share}
    return replace_part(Explanation("find.skill", told), part=weight)


def _continuity(portfolio: Portfolio, need: ProjectBooking, project: Project | None) -> dict[str, Explanation]:
    """Return why people know the project: hours logged on it, bookings of it, or work for its customer."""
    customer = project.customer_id if project is not None else ""
    theirs = {one.project_id for one in portfolio.projects if customer and one.customer_id == customer}
    here: dict[str, float] = defaultdict(float)
    near: dict[str, float] = defaultdict(float)
    for entry in portfolio.logged:
        if entry.project_id == need.project_id:
            here[entry.person_id] += entry.hours
        elif entry.project_id in theirs:
            near[entry.person_id] += entry.hours
    out = {name: Explanation("find.customer", {"logged": hours, "share": 0.5}) for name, hours in near.items()}
    members = set(project.members) if project is not None else set()
    booked = {
        one.person_id
        for one in portfolio.bookings
        if one.project_id == need.project_id and one.booking_id != need.booking_id and one.hard
    }
    for name in members | booked | set(here):
        out[name] = Explanation("find.project", {"logged": here.get(name, 0.0), "booked": name in booked, "share": 1.0})
    return out


def _location(who: Consultant, project: Project | None, weight: float) -> Explanation:
    asked = project.location if project is not None else ""
    share = 1.0 if asked in ("", who.location) else 0.0
    return replace_part(
        Explanation("find.location", {"location": who.location, "asked": asked, "share": share}), part=weight
    )


def _cost(costs: Mapping[str, float | None], name: str, weight: float) -> Explanation:
    mine, known = costs[name], [one for one in costs.values() if one is not None]
    if mine is None:
        return replace_part(Explanation("find.cost-unknown"), part=weight)
    low, high = min(known), max(known)
    share = (high - mine) / (high - low) if high > low else 1.0
    return replace_part(Explanation("find.cost", {"cost_cents": mine, "share": share}), part=weight)
