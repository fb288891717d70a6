"""What is wrong with hours that are used: bookings, reservations, reactive work, claims, time sheets."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from troth.capacity.projects.portfolio._tell import (
    error,
    info,
    near,
    numbers,
    span,
    twice,
    warning,
    week,
    written_otherwise,
)
from troth.capacity.projects.portfolio.people import Consultant, ContractTerms
from troth.capacity.projects.portfolio.portfolio import Portfolio
from troth.capacity.projects.portfolio.use import ProjectBooking, RequestState
from troth.core.decision import Issue

_OPEN = frozenset({RequestState.PLANNED, RequestState.REQUESTED, RequestState.COUNTERED})
_DEAD = frozenset({RequestState.REJECTED, RequestState.CANCELLED})
_GONE = "Maybe they left: give the hours to somebody else, or keep the person with the day the contract ends."


def bookings(portfolio: Portfolio) -> Iterator[Issue]:
    """Yield what is wrong with bookings."""
    yield from twice(portfolio.bookings, where="bookings", name="booking_id", alike=("state",))
    people = {who.person_id: who for who in portfolio.people}
    phases: dict[str, dict[str, bool]] = {
        one.deal_id: {phase.phase_id: phase.done for phase in one.phases} for one in portfolio.deals
    }
    phases |= {one.project_id: {phase.phase_id: phase.done for phase in one.phases} for one in portfolio.projects}
    for one in portfolio.bookings:
        where = f"bookings[{one.booking_id}]"
        yield from numbers(one, where=where)
        yield from span(one.first, one.until, where=where)
        if one.state not in _DEAD:
            yield from _booking(one, portfolio, people, phases)


def _booking(
    one: ProjectBooking, portfolio: Portfolio, people: dict[str, Consultant], phases: dict[str, dict[str, bool]]
) -> Iterator[Issue]:
    where = f"bookings[{one.booking_id}]"
    known = phases.get(one.project_id)
    if known is None:
        otherwise = "Maybe the project was deleted: release the booking."
        advice = written_otherwise(one.project_id, known=phases, otherwise=otherwise)
        yield error("unknown-project", where=where, value=one.project_id, advice=advice)
    elif one.phase_id and one.phase_id not in known:
        advice = near(one.phase_id, known=known)
        yield error("unknown-phase", where=where, value=one.phase_id, advice=advice)
    elif one.until > portfolio.day and (known.get(one.phase_id) if one.phase_id else known and all(known.values())):
        advice = "Maybe release it: what it is for is done."
        yield warning("booked-when-done", where=where, value=one.phase_id or one.project_id, advice=advice)
    days = (one.until - one.first).days
    if days > 0 and one.hours > 24 * days and (one.person_id or not (one.role or one.team)):
        advice = f"Maybe more days, or minutes are meant: {days} days have {24 * days} hours."
        yield error("too-many-hours", where=where, value=one.hours, advice=advice)
    if one.first < portfolio.day and one.state in _OPEN:
        over = one.until <= portfolio.day
        advice = (
            "Maybe it was forgotten: complete or cancel it, nobody can work in the past."
            if over
            else f"Maybe it begins on {portfolio.day} or later: what lies before is past."
        )
        yield warning("booked-in-the-past", where=where, value=f"{one.first} until {one.until}", advice=advice)
    if not one.person_id:
        if not one.role and not one.team and not one.skill:
            advice = "Maybe name a person, a role, a team or a skill: nobody has these hours."
            yield warning("nobody-named", where=where, value="", advice=advice)
    elif one.person_id not in people:
        advice = written_otherwise(one.person_id, known=people, otherwise=_GONE)
        yield error("unknown-person", where=where, value=one.person_id, advice=advice)
    else:
        yield from _of(people[one.person_id], one, portfolio.day)


def _of(who: Consultant, one: ProjectBooking, today: date) -> Iterator[Issue]:
    where, days = f"bookings[{one.booking_id}]", (one.until - one.first).days
    if days <= 0 or who.placeholder:
        return
    lacking = days - sum(_common(terms, one.first, one.until) for terms in who.contracts)
    if lacking > 0:
        shown = f"{who.person_id}: {lacking} of {days} days from {one.first}"
        yield warning("no-contract-then", where=where, value=shown, advice=f"Maybe book {_within(who)}.")
    last = one.until - timedelta(days=1)
    ends = (max(one.first, min(today, last)), last)
    least = min(who.level_of(one.skill, day=day) for day in ends)
    if one.skill and (least <= 0 or least < one.level):
        advice = "Maybe somebody else is meant, or it is learned on the way, or a certificate runs out."
        shown = f"{who.person_id}: {one.skill}" + (f" at level {one.level:g}" if one.level else "")
        yield warning("skill-not-held", where=where, value=shown, advice=advice)


def _common(terms: ContractTerms, first: date, until: date) -> int:
    return max((min(terms.until or until, until) - max(terms.first, first)).days, 0)


def _within(who: Consultant) -> str:
    if not who.contracts:
        return "somebody else: there is no contract"
    last = max(who.contracts, key=lambda terms: terms.first)
    first = min(terms.first for terms in who.contracts)
    return f"from {first} on" if last.until is None else f"from {first} until {last.until}, or extend the contract"


def changes(portfolio: Portfolio) -> Iterator[Issue]:
    """Yield contracts that change while somebody works on a project, with the days."""
    spans: dict[tuple[str, str], tuple[date, date]] = {}
    uses = [
        (one.person_id, one.project_id, one.first, one.until) for one in portfolio.bookings if one.state not in _DEAD
    ]
    uses += [(one.person_id, one.project_id, one.day, one.day + timedelta(days=1)) for one in portfolio.logged]
    for person, project, first, until in uses:
        a, b = spans.get((person, project), (first, until))
        spans[person, project] = min(a, first), max(b, until)
    people = {who.person_id: who for who in portfolio.people}
    for (person, project), (first, until) in spans.items():
        if person in people and (told := _turns(people[person], max(first, portfolio.day), first, until)):
            advice = "Maybe look at what is planned from then on: hours or cost are others."
            where = f"projects[{project}] {person}"
            yield info("contract-changes", where=where, value="; ".join(told), advice=advice, count=len(told))


def _turns(who: Consultant, since: date, first: date, until: date) -> list[str]:
    """Return what changes from a day on within a span, in the order of time."""
    days = sorted({day for terms in who.contracts for day in (terms.first, terms.until) if day and first < day < until})
    out = []
    for day in days:
        old, new = who.terms_on(day - timedelta(days=1)), who.terms_on(day)
        if day < since or old is None or new == old:
            continue
        if new is None:
            out.append(f"{day}: ends")
        elif sum(old.hours) != sum(new.hours) or old.hours != new.hours:
            out.append(f"{day}: {sum(old.hours):g} to {sum(new.hours):g} hours a week")
        elif (old.cost_cents, old.currency) != (new.cost_cents, new.currency):
            out.append(f"{day}: an hour costs {new.cost_cents / 100:g} instead of {old.cost_cents / 100:g}")
        else:
            out.append(f"{day}: other terms")
    return out


def standing(portfolio: Portfolio) -> Iterator[Issue]:
    """Yield what is wrong with reservations and reactive work."""
    yield from twice(portfolio.reservations, where="reservations", name="reservation_id", alike=("kind",))
    yield from twice(portfolio.reactive, where="reactive", name="load_id")
    who = portfolio.people
    for one in portfolio.reservations:
        where = f"reservations[{one.reservation_id}]"
        yield from numbers(one, where=where)
        yield from week(one.hours, where=f"{where}.hours")
        yield from span(one.first, one.until, where=where)
        if who and not any(
            one.person_id in ("", p.person_id) and one.role in ("", p.role) and one.team in ("", p.team) for p in who
        ):
            shown = " ".join(part for part in (one.person_id, one.role, one.team) if part)
            yield warning(
                "for-nobody", where=where, value=shown, advice="Maybe the person left, or the team was renamed."
            )
    for load in portfolio.reactive:
        where = f"reactive[{load.load_id}]"
        yield from numbers(load, where=where)
        yield from week(load.hours, where=f"{where}.hours", most=None)
        if len(load.months) != 12:
            shown = f"{len(load.months)} months"
            yield error("bad-year", where=f"{where}.months", value=shown, advice="Maybe twelve factors, January first.")
        able = [p for p in who if load.team in ("", p.team)]
        if who and not any(not load.skill or any(held.skill == load.skill for held in p.skills) for p in able):
            shown = " ".join(part for part in (load.team, load.skill) if part)
            yield warning(
                "for-nobody", where=where, value=shown, advice="Maybe the team was renamed, or nobody can do it."
            )
