"""What is wrong with a portfolio is told at once, each fault with its place and an advice, and nothing is lost."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from math import nan
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.capacity.projects.portfolio.house import BUILD, DAY, STUDY, TEST, house
from troth.capacity.projects.portfolio import (
    ChargeRate,
    ClaimedHours,
    Consultant,
    ContractKind,
    ContractTerms,
    ExchangeRate,
    HeldSkill,
    LeaveSpan,
    OperationalReservation,
    Portfolio,
    ProjectPhase,
    ReactiveLoad,
    RequestState,
    SkillNeed,
    TimeEntry,
)
from troth.capacity.projects.portfolio.check import check
from troth.core.decision import Severity

SOUND = house()
ADA, BEN, NEW = SOUND.people
(ROLL,), (DEAL,) = SOUND.projects, SOUND.deals
B1, B2, B3 = SOUND.bookings
(LOAD,), (HELD,) = SOUND.reactive, SOUND.reservations
FULL = ContractTerms(date(2025, 3, 1))
ENTRY = SOUND.logged[0]


def codes(portfolio: Portfolio) -> set[tuple[str, str]]:
    """Return code and place of all that is wrong."""
    found = check(portfolio)
    assert all(one.advice.startswith("Maybe ") and one.advice.endswith(".") for one in found)
    return {(one.code, one.where) for one in found}


def with_person(**parts: Any) -> Portfolio:
    """Return the house with another ben."""
    return replace(SOUND, people=(ADA, replace(BEN, **parts), NEW))


def with_project(**parts: Any) -> Portfolio:
    """Return the house with another project."""
    return replace(SOUND, projects=(replace(ROLL, **parts),))


def with_booking(**parts: Any) -> Portfolio:
    """Return the house with another first booking."""
    return replace(SOUND, bookings=(replace(B1, **parts), B2, B3))


def test_a_sound_portfolio_has_no_issue() -> None:
    """One of everything, and nothing to tell."""
    assert check(SOUND) == []


CASES: dict[str, tuple[Portfolio, tuple[str, str]]] = {
    "phases in a circle": (
        with_project(phases=(replace(BUILD, after=("test",)), TEST)), ("cyclic-phases", "projects[p1].phases[build]")),
    "a phase after itself": (
        with_project(phases=(BUILD, replace(TEST, after=("test",)))), ("cyclic-phases", "projects[p1].phases[test]")),
    "after a phase that is not there": (
        with_project(phases=(BUILD, replace(TEST, after=("biuld",)))), ("unknown-phase", "projects[p1].phases[test].after")),
    "no phases": (with_project(phases=()), ("no-phases", "projects[p1]")),
    "a phase twice": (with_project(phases=(BUILD, TEST, replace(TEST, share=0.0))), ("twice", "projects[p1].phases[test]")),
    "shares of more than all": (with_project(phases=(BUILD, replace(TEST, share=0.6))), ("shares-over-one", "projects[p1].phases")),
    "a need without a skill": (
        with_project(phases=(BUILD, replace(TEST, needs=(SkillNeed("", 4.0),)))), ("no-skill", "projects[p1].phases[test].needs[0]")),
    "negative hours": (
        with_project(phases=(BUILD, replace(TEST, needs=(SkillNeed("data", -4.0),)))),
        ("negative-number", "projects[p1].phases[test].needs[0].hours")),
    "hours that are none": (
        with_project(phases=(BUILD, replace(TEST, needs=(SkillNeed("data", nan),)))),
        ("not-a-number", "projects[p1].phases[test].needs[0].hours")),
    "a circle in a template": (
        replace(SOUND, templates={"roll-out": (replace(TEST, after=("test",)),), "review": (STUDY,)}),
        ("cyclic-phases", "templates[roll-out].phases[test]")),
    "another template": (with_project(template="rollout"), ("unknown-template", "projects[p1]")),
    "a deadline before the start": (with_project(earliest=date(2026, 12, 1)), ("deadline-before-start", "projects[p1]")),
    "a phase that begins too late": (
        with_project(phases=(BUILD, replace(TEST, earliest=date(2026, 12, 1)))), ("deadline-before-start", "projects[p1].phases[test]")),
    "a phase that ends before its project begins": (
        with_project(earliest=date(2026, 9, 1)), ("deadline-before-start", "projects[p1].phases[build]")),
    "a phase that ends before what it waits for begins": (
        with_project(phases=(replace(BUILD, earliest=date(2026, 8, 20)), replace(TEST, deadline=date(2026, 8, 10)))),
        ("deadline-before-start", "projects[p1].phases[test]")),
    "a phase that ends before what is two phases ahead begins": (
        with_project(phases=(
            replace(TEST, phase_id="last", after=("test",), share=0.0, deadline=date(2026, 8, 10)), TEST, replace(BUILD, earliest=date(2026, 8, 20)))),
        ("deadline-before-start", "projects[p1].phases[last]")),
    "a phase of a deal that ends before it is wanted": (
        replace(SOUND, deals=(replace(DEAL, phases=(replace(STUDY, deadline=date(2026, 8, 1)),)),)),
        ("deadline-before-start", "deals[d1].phases[study]")),
    "a project and a deal of one name": (replace(SOUND, deals=(replace(DEAL, deal_id="p1"),)), ("twice", "deals[p1]")),
    "a fixed price that is not told": (with_project(price_cents=None), ("no-price", "projects[p1].price_cents")),
    "a fixed price that is not offered": (
        replace(SOUND, deals=(replace(DEAL, kind=ContractKind.FIXED, price_cents=None),)), ("no-price", "deals[d1].price_cents")),
    "a deal that nothing is estimated for": (
        replace(SOUND, deals=(replace(DEAL, phases=(replace(STUDY, needs=()),)),)), ("no-hours", "deals[d1].phases")),
    "a deal that is never won": (replace(SOUND, deals=(replace(DEAL, probability=0.0),)), ("never-won", "deals[d1].probability")),
    "a deadline that is over": (
        with_project(deadline=date(2026, 5, 25), phases=(replace(BUILD, deadline=None), TEST)), ("deadline-over", "projects[p1].deadline")),
    "begun in the future": (with_project(started=DAY), ("started-ahead", "projects[p1].started")),
    "a member who left": (with_project(members=("ada", "zoe")), ("unknown-person", "projects[p1].members")),
    "a probability over one": (replace(SOUND, deals=(replace(DEAL, probability=1.2),)), ("bad-probability", "deals[d1].probability")),
    "a probability below nought": (replace(SOUND, deals=(replace(DEAL, probability=-0.1),)), ("bad-probability", "deals[d1].probability")),
    "a wish that is over": (replace(SOUND, deals=(replace(DEAL, wanted=date(2026, 5, 1)),)), ("wanted-in-the-past", "deals[d1].wanted")),
    "an overdue decision": (replace(SOUND, deals=(replace(DEAL, closes=date(2026, 5, 1)),)), ("decision-overdue", "deals[d1].closes")),
    "a skill nobody has": (
        with_project(phases=(BUILD, replace(TEST, needs=(SkillNeed("dance", 4.0),)))), ("skill-nobody-holds", "projects[p1].phases[test]")),
    "a level nobody has": (
        with_project(phases=(BUILD, replace(TEST, needs=(SkillNeed("data", 4.0, 4),)))), ("skill-nobody-holds", "projects[p1].phases[test]")),
    "a skill that runs out": (
        replace(SOUND, people=(replace(ADA, skills=(HeldSkill("data", 3), HeldSkill("law", until=date(2026, 9, 1)))), BEN, NEW)),
        ("skill-nobody-holds", "deals[d1].phases[study]")),
    "only a placeholder has it": (
        replace(SOUND, people=(ADA, BEN, replace(NEW, skills=(HeldSkill("dance"),))),
                deals=(replace(DEAL, phases=(ProjectPhase("x", (SkillNeed("dance", 1.0),)),)),)), ("skill-nobody-holds", "deals[d1].phases[x]")),
    "overlapping contracts": (
        with_person(contracts=(FULL, replace(FULL, first=date(2026, 1, 1)))), ("overlapping-contracts", "people[ben].contracts")),
    "contracts out of order": (
        with_person(contracts=(FULL, replace(FULL, first=date(2024, 1, 1), until=FULL.first))), ("unordered-contracts", "people[ben].contracts")),
    "a contract that ends before it begins": (
        with_person(contracts=(replace(FULL, until=date(2025, 3, 1)),)), ("empty-span", "people[ben].contracts[0]")),
    "a week of five days": (with_person(contracts=(replace(FULL, hours=(8.0,) * 5),)), ("bad-week", "people[ben].contracts[0].hours")),
    "a day of forty hours": (
        with_person(contracts=(replace(FULL, hours=(40.0, *(0.0,) * 6)),)), ("too-many-hours", "people[ben].contracts[0].hours[0]")),
    "unknown holidays": (with_person(contracts=(replace(FULL, country="PL"),)), ("no-holidays", "people[ben].contracts[0].country")),
    "leave of another age": (with_person(leave=(LeaveSpan(DAY, date(9999, 12, 31)),)), ("out-of-range", "people[ben].leave[0].until")),
    "a deadline of another age": (with_project(deadline=date(9999, 12, 31)), ("out-of-range", "projects[p1].deadline")),
    "logged in another age": (replace(SOUND, claims=(ClaimedHours("ada", date(3026, 6, 2), 4.0),)), ("out-of-range", "claims[0].day")),
    "leave backwards": (with_person(leave=(LeaveSpan(DAY, DAY),)), ("empty-span", "people[ben].leave[0]")),
    "a skill backwards": (with_person(skills=(HeldSkill("data", 2, DAY, DAY - timedelta(1)),)), ("empty-span", "people[ben].skills[0]")),
    "a target in percent": (with_person(target=80.0), ("bad-share", "people[ben].target")),
    "no contract": (with_person(contracts=()), ("no-contract", "people[ben]")),
    "a placeholder with a contract": (with_person(placeholder=True), ("placeholder-with-contract", "people[ben]")),
    "a person twice": (replace(SOUND, people=(*SOUND.people, replace(BEN, role="lead"))), ("twice", "people[ben]")),
    "a person without a name": (replace(SOUND, people=(*SOUND.people, replace(BEN, person_id=""))), ("no-id", "people[3]")),
    "a plan imported twice": (replace(SOUND, projects=(ROLL, ROLL)), ("imported-twice", "projects[p1]")),
    "a plan again by another name": (
        replace(SOUND, projects=(ROLL, replace(ROLL, project_id="p2"))), ("imported-twice", "projects[p2]")),
    "a booking again by another name": (
        replace(SOUND, bookings=(*SOUND.bookings, replace(B1, booking_id="b9"))), ("imported-twice", "bookings[b9]")),
    "a deal twice": (replace(SOUND, deals=(DEAL, DEAL)), ("imported-twice", "deals[d1]")),
    "bookings of somebody deleted": (replace(SOUND, people=(BEN, replace(ADA, person_id="eva"), NEW)), ("unknown-person", "bookings[b1]")),
    "a booking of no project": (with_booking(project_id="p7"), ("unknown-project", "bookings[b1]")),
    "a booking of no phase": (with_booking(phase_id="biuld"), ("unknown-phase", "bookings[b1]")),
    "a booking backwards": (with_booking(until=DAY), ("empty-span", "bookings[b1]")),
    "a booking of minutes": (with_booking(hours=1440.0), ("too-many-hours", "bookings[b1]")),
    "a booking of a person's minutes, with a role": (
        with_booking(hours=1440.0, role="senior"), ("too-many-hours", "bookings[b1]")),
    "a booking that is none": (with_booking(hours=nan), ("not-a-number", "bookings[b1].hours")),
    "a booking before the contract": (
        with_booking(first=date(2023, 12, 25), until=date(2024, 1, 8)), ("no-contract-then", "bookings[b1]")),
    "a request in the past": (
        with_booking(first=date(2026, 5, 18), until=DAY, state=RequestState.PLANNED), ("booked-in-the-past", "bookings[b1]")),
    "a booking of nobody": (with_booking(person_id="", skill=""), ("nobody-named", "bookings[b1]")),
    "a booking of what somebody cannot": (with_booking(skill="dance"), ("skill-not-held", "bookings[b1]")),
    "a booking of what is done": (
        with_project(phases=(replace(BUILD, done=True), TEST)), ("booked-when-done", "bookings[b1]")),
    "logged before the contract": (
        replace(SOUND, logged=(replace(ENTRY, day=date(2023, 5, 20)),)), ("no-contract-then", "logged[0]")),
    "logged in the future": (replace(SOUND, logged=(replace(ENTRY, day=DAY),)), ("logged-ahead", "logged[0]")),
    "logged by nobody": (replace(SOUND, logged=(ENTRY, replace(ENTRY, person_id="zoe"))), ("unknown-person", "logged[1]")),
    "logged on no project": (replace(SOUND, logged=(ENTRY, replace(ENTRY, project_id="p7"))), ("unknown-project", "logged[1]")),
    "logged on no phase": (replace(SOUND, logged=(ENTRY, replace(ENTRY, phase_id="x"))), ("unknown-phase", "logged[1]")),
    "logged twice": (replace(SOUND, logged=(ENTRY, ENTRY)), ("logged-twice", "logged[0]")),
    "a day of 26 hours": (replace(SOUND, logged=(ENTRY, replace(ENTRY, hours=20.0))), ("too-many-hours", "logged ada 2026-05-20")),
    "negative sheets": (replace(SOUND, logged=(replace(ENTRY, hours=-1.0),)), ("negative-number", "logged[0].hours")),
    "claims of nobody": (replace(SOUND, claims=(ClaimedHours("zoe", DAY, 4.0),)), ("unknown-person", "claims[0]")),
    "a meeting of nobody": (
        replace(SOUND, reservations=(replace(HELD, team="nord"),)), ("for-nobody", "reservations[r1]")),
    "a reservation of five days": (
        replace(SOUND, reservations=(OperationalReservation("r1", (1.0,) * 5),)), ("bad-week", "reservations[r1].hours")),
    "support of nobody": (replace(SOUND, reactive=(ReactiveLoad("s", (1.0,) * 7, skill="dance"),)), ("for-nobody", "reactive[s]")),
    "a year of eleven months": (replace(SOUND, reactive=(replace(LOAD, months=(1.0,) * 11),)), ("bad-year", "reactive[support].months")),
    "two currencies without a rate": (replace(SOUND, exchange=()), ("no-exchange-rate", "people[ben].contracts[0]")),
    "a rate that begins later": (replace(SOUND, exchange=SOUND.exchange[1:]), ("rate-begins-later", "people[ben].contracts[0]")),
    "a currency that is worth nothing": (
        replace(SOUND, exchange=(*SOUND.exchange, ExchangeRate("GBP", 0.0))), ("worth-nothing", "exchange[2]")),
    "a rate of the own currency": (replace(SOUND, exchange=(*SOUND.exchange, ExchangeRate("EUR", 1.1))), ("own-currency", "exchange[2]")),
    "two rates on one day": (replace(SOUND, exchange=(*SOUND.exchange, ExchangeRate("USD", 0.7))), ("rate-twice", "exchange[2]")),
    "two prices of one hour": (replace(SOUND, rates=(*SOUND.rates, ChargeRate(9500, role="junior"))), ("rate-twice", "rates[2]")),
    "a rate backwards": (replace(SOUND, rates=(ChargeRate(1, first=DAY, until=DAY),)), ("empty-span", "rates[0]")),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_a_fault_is_told_at_its_place(case: str) -> None:
    """One thing wrong with the sound portfolio, and it is told."""
    portfolio, wanted = CASES[case]
    assert wanted in codes(portfolio)


def test_what_only_looks_like_a_fault_is_none() -> None:
    """Phases that are done may have been early, a team may have more hours than a person, a retainer needs no estimate."""
    done = tuple(replace(one, deadline=date(2026, 5, 1), earliest=None, done=True) for one in (BUILD, TEST))
    kept = replace(DEAL, kind=ContractKind.RETAINER, phases=(replace(STUDY, needs=()),))
    team = with_booking(hours=1440.0, person_id="", role="senior", phase_id="test")
    for sound in (with_project(phases=done, price_cents=None), replace(SOUND, deals=(kept,)), team):
        told = {code for code, _ in codes(sound)}
        assert not told & {"deadline-before-start", "no-price", "no-hours", "too-many-hours"}


def test_all_faults_are_told_at_once() -> None:
    """Faults of every part of a portfolio do not hide each other."""
    made = replace(
        SOUND, people=with_person(target=80.0).people, projects=with_project(phases=(replace(BUILD, after=("test",)), TEST)).projects,
        deals=(replace(DEAL, probability=1.2),), bookings=with_booking(person_id="zoe").bookings, exchange=(),
    )  # fmt: skip
    assert {code for code, _ in codes(made)} >= {
        "bad-share", "cyclic-phases", "bad-probability", "unknown-person", "no-exchange-rate",
    }  # fmt: skip


def test_each_circle_is_told_once() -> None:
    """Two circles of phases are two issues, each with its phases in order."""
    phases = tuple(
        ProjectPhase(name, (), after)
        for name, after in {"a": ("b",), "b": ("a",), "c": ("d", "a"), "d": ("c",)}.items()
    )
    found = [one.value for one in check(with_project(phases=phases)) if one.code == "cyclic-phases"]
    assert {frozenset(value.split(" before ")) for value in found} == {frozenset("ab"), frozenset("cd")}
    assert len(found) == 2


def test_a_contract_that_changes_in_mid_project_is_told_with_its_days() -> None:
    """Whoever is booked before and after a change: the days, old and new hours; not what is over."""
    terms = (
        FULL,
        replace(FULL, first=date(2026, 5, 20)),
        replace(FULL, first=date(2026, 6, 15), hours=(4.0,) * 5 + (0.0, 0.0)),
    )
    ends = [*(one.first for one in terms[1:]), date(2026, 7, 1)]
    contracts = tuple(replace(one, until=end) for one, end in zip(terms, ends, strict=True))
    weekly = tuple(
        replace(B1, booking_id=f"w{k}", person_id="ben", first=DAY + timedelta(7 * k), until=DAY + timedelta(7 * k + 7))
        for k in range(6)
    )
    found = check(replace(SOUND, people=(ADA, replace(BEN, contracts=contracts), NEW), bookings=weekly))
    told = [one for one in found if one.code == "contract-changes"]
    assert [(one.severity, one.where, one.value) for one in told] == [
        (Severity.INFO, "projects[p1] ben", "2026-06-15: 40 to 20 hours a week; 2026-07-01: ends")
    ]
    assert ("no-contract-then", "bookings[w4]") in {(one.code, one.where) for one in found}


def test_rejected_bookings_bind_nobody() -> None:
    """Of what was rejected or cancelled only what can be no number is told."""
    assert check(with_booking(person_id="zoe", state=RequestState.REJECTED)) == []


def test_many_alike_rows_are_one_issue_with_their_number() -> None:
    """A deleted person's time sheets: how many, and where the first is."""
    rows = tuple(TimeEntry("p1", "zoe", DAY - timedelta(k + 1), 5.0) for k in range(9))
    (told,) = (one for one in check(replace(SOUND, logged=(ENTRY, *rows))) if one.code == "unknown-person")
    assert (told.where, told.value, told.count) == ("logged[1]", "zoe", 9)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 20), st.none() | st.integers(1, 20)), max_size=3),
    st.lists(st.tuples(st.integers(0, 3), st.none() | st.integers(0, 20), st.none() | st.integers(0, 20)), max_size=3),
    st.integers(1, 3), st.integers(0, 20),
)  # fmt: skip
def test_a_skill_nobody_holds_equals_trying_every_day(
    terms: list[tuple[int, int | None]], held: list[tuple[int, int | None, int | None]], level: int, wanted: int
) -> None:
    """A skill is missing if on no day from the wish on anybody is employed and has it at the level: tried day by day."""

    def day(k: int | None) -> date | None:
        return None if k is None else DAY + timedelta(k)

    who = Consultant(
        "who", tuple(ContractTerms(DAY + timedelta(a), day(b)) for a, b in terms),
        tuple(HeldSkill("x", n, day(a), day(b)) for n, a, b in held),
    )  # fmt: skip
    need = ProjectPhase("x", (SkillNeed("x", 5.0, level),))
    deal = replace(DEAL, phases=(need,), wanted=DAY + timedelta(wanted))
    days = [DAY + timedelta(k) for k in range(wanted, 60)]
    somebody = any(who.terms_on(one) is not None and who.level_of("x", day=one) >= level for one in days)
    told = any(one.code == "skill-nobody-holds" for one in check(Portfolio(DAY, (who,), deals=(deal,))))
    assert told != somebody
