"""Shifts as claims of the ledger, and no hour used twice over roster, leave and other claims."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.capacity.roster.problems import EARLY, MONDAY, NIGHT
from tests.capacity.roster.tables import SITE, Tables, row, shift, site, wall
from troth.capacity.roster import (
    Duty,
    Employee,
    HouseRules,
    RosterParams,
    RosterProblem,
    ShiftKind,
    Stop,
    Terms,
    roster_claims,
    solve,
)
from troth.capacity.roster.read import problem_from_tables
from troth.core.errors import InputError
from troth.core.time import Span
from troth.ledger import CapacityClaim, CapacityLedger, ClaimKind, Resource, book, check

SPRING, AUTUMN = date(2026, 3, 29), date(2026, 10, 25)
NAMES = ("ada", "ben", "cem")


def _problem(first: date, *kinds: ShiftKind) -> RosterProblem:
    return RosterProblem(first, 2, kinds, (Employee("ada", Terms()),), time_zone="Europe/Vilnius")


@pytest.mark.parametrize(("last", "hours"), [(SPRING, 9.0), (AUTUMN, 11.0), (MONDAY, 10.0)])
def test_a_night_over_a_clock_change(last: date, hours: float) -> None:
    """A night of ten hours on the wall is an hour shorter or longer in time, and starts at ten."""
    problem = _problem(last - timedelta(days=1), NIGHT)
    (claim,) = roster_claims(problem, [Duty("ada", 0, "night", 1320, 600)])
    assert claim.span.start == wall(last - timedelta(days=1), "22:00")
    assert claim.span.seconds == hours * 3600
    assert (claim.resource_id, claim.kind, claim.hard, claim.holder) == ("ada", ClaimKind.SHIFT, True, "roster")


def test_breaks_lie_inside_and_what_the_clocks_jump_over_is_none() -> None:
    """Breaks claim the shift, not the person; an hour that there was not is no claim; on call is told as such."""
    call = replace(EARLY, kind="call", counted=False, starts=(180,), lengths=(60,))
    day = ShiftKind("day", (480,), (0,))
    problem = _problem(SPRING, day, call)
    stretches = (("till", 0, 180), ("", 180, 210), ("till", 210, 300), ("", 300, 330), ("till", 330, 480))
    claims = roster_claims(
        problem, [Duty("ada", 0, "day", 0, 480, stretches), Duty("ada", 1, "call", 180, 60)], holder="r7"
    )
    assert [(one.claim_id, one.kind, one.inside, one.span.seconds / 3600) for one in claims] == [
        ("r7:ada:2026-03-29", ClaimKind.SHIFT, "", 7.0),
        ("r7:ada:2026-03-29:break:1", ClaimKind.BREAK, "r7:ada:2026-03-29", 0.5),
        ("r7:ada:2026-03-30", ClaimKind.ON_CALL, "", 1.0),
    ]  # fmt: skip
    assert check(CapacityLedger((Resource("ada"),), claims)) == []
    assert roster_claims(problem, [Duty("ada", 0, "call", 180, 60)]) == ()


def test_a_shift_without_a_time_of_day_claims_nothing_certain() -> None:
    """Kinds without starts, and unknown ones, are told, each."""
    with pytest.raises(InputError) as caught:
        roster_claims(
            _problem(MONDAY, ShiftKind("day", (480,))), [Duty("ada", 0, "day", 0, 480), Duty("ada", 1, "x", 0, 1)]
        )
    assert [one.value for one in caught.value.issues] == ["day", "x"]


@dataclass(frozen=True)
class _World:
    tables: Tables
    first: date
    others: tuple[CapacityClaim, ...]
    steps: int


@st.composite
def _worlds(draw: st.DrawFn) -> _World:
    """Draw a site around the clock over days with and without a clock change, with leave, history and claims of others."""
    first = draw(st.sampled_from([MONDAY, SPRING - timedelta(days=2), AUTUMN - timedelta(days=2)]))
    days = draw(st.integers(3, 5))
    tables = site(NAMES[: draw(st.integers(2, 3))], first=first, days=0)
    tables["calendars"] = []
    tables["calendar_use"] = []
    for d in range(days):
        start, end = wall(first + timedelta(days=d), "00:00"), wall(first + timedelta(days=d + 1), "00:00")
        named = {"snapshot": "s", "site": SITE, "team": "voice", "agents": float(draw(st.integers(1, 2)))}
        tables["requirements"].append(row("requirements", starts_at=start, ends_at=end, **named))
    others = []
    midnight = wall(first, "00:00")
    for who in NAMES:
        at = midnight - timedelta(hours=12)
        for k in range(draw(st.integers(0, 3))):
            at += timedelta(minutes=draw(st.integers(0, 40 * 60)))
            until = at + timedelta(minutes=draw(st.integers(1, 30 * 60)))
            if draw(st.booleans()):
                tables["leave"].append(row("leave", agent_id=who, starts_at=at, ends_at=until))
                others.append(CapacityClaim(f"leave:{who}:{k}", who, Span(at, until), ClaimKind.LEAVE))
            else:
                others.append(CapacityClaim(f"p:{who}:{k}", who, Span(at, until), ClaimKind.PROJECT, holder="p"))
            at = until
    if draw(st.booleans()):
        tables["schedules"].append(shift("ada", first - timedelta(days=1), "22:00", "30:00"))
    return _World(tables, first, tuple(others), draw(st.integers(1, 3)))


#: Eight hours at any full hour, nights among them; contracts are of no matter here.
_HOUSE = HouseRules(
    lengths=(timedelta(hours=8),), start_every=timedelta(hours=2), tolerance=timedelta(hours=200), most_weekends=None
)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(_worlds())
def test_no_hour_is_used_twice(world: _World) -> None:
    """Whatever leave and other claims there are: a roster's claims can be booked beside them, and a planted one cannot."""
    days = len(world.tables["requirements"])
    people = tuple(Resource(name) for name in NAMES)
    ledger = CapacityLedger(people, world.others)
    assert check(ledger) == []
    problem, _ = problem_from_tables(world.tables, site=SITE, first=world.first, days=days, house=_HOUSE, ledger=ledger)
    plan = solve(problem, stop=Stop(steps=world.steps), params=RosterParams(workers=1, proof_s=0.1))
    assert not plan.broken
    claims = roster_claims(problem, plan.duties)
    booked = book(ledger, claims=claims)
    assert check(booked) == []
    for one in claims:
        if one.inside:
            continue
        again = replace(one, claim_id="planted", span=Span(one.span.start + timedelta(minutes=5), one.span.end))
        with pytest.raises(InputError) as caught:
            book(booked, claims=[again])
        assert {issue.code for issue in caught.value.issues} == {"used-twice"}
        break
