"""Portfolios as JSON and back; what is wrong with a file is told at once, each fault with its place."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta
from math import nan
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.capacity.projects.portfolio.house import DAY, house
from troth.capacity.projects.booking import EffortUnit, hours_of
from troth.capacity.projects.portfolio import (
    ClaimedHours,
    Consultant,
    ContractTerms,
    Deal,
    Portfolio,
    Project,
    ProjectBooking,
    ProjectPhase,
    RequestState,
    SkillNeed,
    TimeEntry,
    check,
)
from troth.capacity.projects.portfolio.from_file import from_json, looked_at, to_json
from troth.core.decision import Severity
from troth.core.errors import InputError

_NAME = st.text(min_size=1, max_size=5)
_AMOUNT = st.floats(0, 20, allow_nan=False)
_DAYS = st.dates(date(1990, 1, 1), date(2100, 1, 1))


def small() -> dict[str, Any]:
    """Return a file of one person, one project and one deal."""
    return {
        "day": "2026-06-01",
        "people": [{"person_id": "ada", "contracts": [{"first": "2025-01-01"}], "skills": [{"skill": "data", "level": 2}]}],
        "templates": {"roll-out": [{"phase_id": "build", "needs": [{"skill": "data", "person_days": 10}]}]},
        "projects": [{"project_id": "p1", "template": "roll-out"}],
        "deals": [{"deal_id": "d1", "template": "roll-out", "size": 1.5, "probability": 0.5, "wanted": "2026-07-01"}],
        "bookings": [
            {"booking_id": "b1", "project_id": "p1", "person_id": "ada", "first": "2026-06-01", "until": "2026-06-15", "fte": 0.5}
        ],
    }  # fmt: skip


def wrong(data: Any) -> set[tuple[str, str]]:
    """Return codes and places of what is wrong with a file."""
    with pytest.raises(InputError) as told:
        from_json(data)
    assert all(issue.advice.startswith("Maybe ") for issue in told.value.issues)
    return {(issue.code, issue.where) for issue in told.value.issues}


def test_one_of_everything_is_read_back_as_written() -> None:
    """All records with all their fields, and none of it left behind."""
    assert from_json(to_json(house())) == (house(), ())
    assert from_json(json.loads(to_json(house())))[0] == house()


def test_what_has_its_usual_value_is_not_written() -> None:
    """The form is stable and short: these keys, in this order."""
    made = Portfolio(
        DAY, (Consultant("ada", (ContractTerms(date(2025, 1, 1)),)),), (Project("p1", (ProjectPhase("x", (SkillNeed("data", 8.0),)),)),),
    )  # fmt: skip
    assert json.loads(to_json(made)) == {
        "format": 1, "day": "2026-06-01", "people": [{"person_id": "ada", "contracts": [{"first": "2025-01-01"}]}],
        "projects": [{"project_id": "p1", "phases": [{"phase_id": "x", "needs": [{"skill": "data", "hours": 8}]}]}],
    }  # fmt: skip


_PHASE = st.builds(
    ProjectPhase, _NAME,
    st.tuples(st.builds(SkillNeed, _NAME, _AMOUNT, _AMOUNT, left=st.none() | _AMOUNT, divisible=st.booleans())),
    earliest=st.none() | _DAYS, share=st.none() | st.floats(0, 1), done=st.booleans(),
)  # fmt: skip


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.builds(Project, _NAME, st.tuples(_PHASE), weight=_AMOUNT, price_cents=st.none() | st.integers(0, 10**9)), max_size=2,
             unique_by=lambda one: one.project_id),
    st.lists(st.builds(Deal, _NAME, st.tuples(_PHASE), st.floats(0, 1), _DAYS, closes=st.none() | _DAYS), max_size=2,
             unique_by=lambda one: one.deal_id),
    st.lists(st.builds(ProjectBooking, _NAME, _NAME, _DAYS, _DAYS, _AMOUNT, state=st.sampled_from(RequestState)), max_size=2),
    st.lists(st.builds(TimeEntry, _NAME, _NAME, _DAYS, _AMOUNT, billable=st.booleans()), max_size=2),
    st.dictionaries(_NAME, st.frozensets(_DAYS, max_size=3), max_size=2),
)  # fmt: skip
def test_any_portfolio_is_read_back_as_written(
    projects: list[Project], deals: list[Deal], bookings: list[ProjectBooking], logged: list[TimeEntry],
    holidays: dict[str, frozenset[date]],
) -> None:  # fmt: skip
    """Names, numbers and days of all kinds; whatever the check says of them, they are read, and the check says the same."""
    made = Portfolio(
        DAY, (), tuple(projects), tuple(deals), bookings=tuple(bookings), logged=tuple(logged), holidays=holidays,
        claims=tuple(ClaimedHours(one.person_id, one.day, one.hours) for one in logged),
    )  # fmt: skip
    again, issues = looked_at(to_json(made))
    assert again == made
    assert list(issues) == check(made)


def test_hours_are_written_in_three_ways() -> None:
    """Person-days and FTE are hours of full-time work: over weeks, over the days of a phase without holidays, over a booking."""
    data = small() | {
        "full_time": {"hours": [8, 8, 8, 8, 4, 0, 0], "country": "LT"},
        "holidays": {"LT": ["2026-06-24"]},
    }
    needs = [
        {"skill": "data", "hours": 5}, {"skill": "data", "person_days": 2.5}, {"skill": "data", "fte": 0.5, "weeks": 3},
        {"skill": "data", "fte": 2},
    ]  # fmt: skip
    data["projects"][0]["phases"] = [
        {"phase_id": "x", "needs": needs, "earliest": "2026-06-22", "deadline": "2026-06-26"}
    ]
    made, _ = from_json(data)
    # A full week has 36 hours in five days: 7.2 a day; of that week Wednesday is a holiday.
    assert [one.hours for one in made.projects[0].phases[0].needs] == [5.0, 18.0, 54.0, 56.0]
    # Of somebody who is named it is their own calendar: 40 hours a week, and the holiday is none of theirs.
    assert made.bookings[0].hours == 40.0
    data["bookings"][0] |= {"person_id": None, "role": "dev"}
    assert from_json(data)[0].bookings[0].hours == 36.0
    data["bookings"][0].pop("person_id")
    assert from_json(to_json(made))[0] == made


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.sampled_from([0.0, 4.0, 8.0]), min_size=7, max_size=7).filter(any), st.integers(0, 40), st.integers(1, 40),
    st.sets(st.integers(0, 80), max_size=9), st.floats(0.1, 3),
)  # fmt: skip
def test_fte_are_the_hours_of_each_day_of_the_calendar(
    hours: list[float], start: int, length: int, closed: set[int], share: float
) -> None:
    """The hours of a booking in FTE are the share of each working day's hours, counted day by day."""
    days = [DAY + timedelta(start + k) for k in range(length)]
    off = {DAY + timedelta(k) for k in closed}
    data = small() | {"full_time": {"hours": hours, "country": "X"}, "holidays": {"X": sorted(map(str, off))}}
    data["bookings"][0] |= {"first": str(days[0]), "until": str(days[-1] + timedelta(1)), "fte": share}
    del data["bookings"][0]["person_id"]
    made, _ = looked_at(data)
    assert made is not None
    assert made.bookings[0].hours == pytest.approx(share * sum(hours[day.weekday()] for day in days if day not in off))


@pytest.mark.parametrize(("unit", "many"), [("fte", 0.5), ("person_days", 3)])
def test_days_and_fte_of_somebody_are_of_their_own_calendar(unit: str, many: float) -> None:
    """As of a request to a group: paid hours of the span, net of leave and holidays, whatever is full-time; who has none then counts as full-time."""
    data = small() | {"holidays": {"LT": ["2026-06-03"]}}
    half = {"first": "2025-01-01", "hours": [4, 4, 4, 6, 0, 0, 0], "country": "LT"}
    data["people"][0] |= {"contracts": [half], "leave": [{"first": "2026-06-08", "until": "2026-06-09"}]}
    data["bookings"][0].pop("fte")
    data["bookings"][0][unit] = many
    made, _ = from_json(data)
    worth = hours_of(
        made, unit=EffortUnit(unit), first=made.bookings[0].first, until=made.bookings[0].until
    )["ada"]  # fmt: skip
    assert made.bookings[0].hours == pytest.approx(many * worth)
    assert worth == {"fte": 28.0, "person_days": 28.0 / 6}[unit]
    data["people"][0]["leave"] = [{"first": "2026-06-01", "until": "2026-07-01"}]
    assert from_json(data)[0].bookings[0].hours == {"fte": 40.0, "person_days": 24.0}[unit]


def test_phases_come_from_a_template_of_the_file() -> None:
    """As they are, or times a size; own phases go before it, and a size without a template is a slip."""
    made, doubts = from_json(small())
    assert not doubts
    assert [made.projects[0].phases[0].needs[0].hours, made.deals[0].phases[0].needs[0].hours] == [80.0, 120.0]
    data = small()
    data["deals"][0]["template"] = "other"
    assert wrong(data) == {("no-template", "deals[0].size"), ("missing-key", "deals[0].phases")}


def test_all_faults_of_a_file_are_told_at_once() -> None:
    """Unknown keys with the near name, missing ones, wrong types, days that are none, values that are not known."""
    data = small()
    data["poeple"] = []
    data["people"] += [
        {"person_id": "ben", "contracts": [{"first": "soon", "cost_cents": 12.5, "hours": "8"}], "placeholder": "no"},
        {"skills": [{"skill": ["data"]}], "leave": {}},
        7,
    ]
    data["projects"][0]["phases"] = [
        {"phase_id": "x", "needs": [
            {"skill": "data", "hours": 5, "fte": 1}, {"skill": "data", "levl": "high"}, {"skill": "data", "fte": 1, "level": "high"},
            {"skill": "data", "hours": nan},
        ], "after": "build"}
    ]  # fmt: skip
    data["deals"][0] |= {"probability": "50 %", "kind": "fixed"}
    data["bookings"][0] |= {"state": ["confirmed"], "until": "2026-02-30"}
    data["holidays"] = {"LT": [20260624]}
    data["currency"] = 1e400
    assert wrong(data) == {
        ("unknown-key", "poeple"), ("bad-day", "people[1].contracts[0].first"), ("wrong-type", "people[1].contracts[0].cost_cents"),
        ("wrong-type", "people[1].contracts[0].hours"), ("wrong-type", "people[1].placeholder"), ("missing-key", "people[2].person_id"),
        ("wrong-type", "people[2].skills[0].skill"), ("wrong-type", "people[2].leave"), ("wrong-type", "people[3]"),
        ("two-units", "projects[0].phases[0].needs[0]"), ("missing-key", "projects[0].phases[0].needs[1].hours"),
        ("unknown-key", "projects[0].phases[0].needs[1].levl"), ("no-span", "projects[0].phases[0].needs[2].fte"),
        ("wrong-type", "projects[0].phases[0].needs[2].level"), ("not-a-number", "projects[0].phases[0].needs[3].hours"),
        ("wrong-type", "projects[0].phases[0].after"), ("wrong-type", "deals[0].probability"), ("bad-value", "deals[0].kind"),
        ("bad-value", "bookings[0].state"), ("bad-day", "bookings[0].until"), ("no-span", "bookings[0].fte"),
        ("bad-day", "holidays.LT[0]"), ("wrong-type", "currency"),
    }  # fmt: skip
    with pytest.raises(InputError, match="Maybe people is meant"):
        from_json(data)


def test_half_a_sign_is_told_and_signs_that_a_screen_would_obey_are_shown_as_escapes() -> None:
    """No file can hold half a sign; and what is told of a name moves no cursor."""
    data = json.loads(to_json(house()))
    data["deals"][0]["deal_id"], data["people"][0]["contracts"][0]["first"] = "d\ud800", "\x1b[2J"
    data["templates"]["\udc00"] = []
    assert wrong(data) == {
        ("bad-text", "deals[0].deal_id"), ("bad-text", "templates"), ("bad-day", "people[0].contracts[0].first"),
    }  # fmt: skip
    with pytest.raises(InputError) as caught:
        from_json(json.dumps(data | {"\ud800": 1}))
    text = "".join(f"{one}" for one in caught.value.issues)
    assert text.isprintable() and r"\x1b[2J" in text and r"\ud800" in text


def test_days_of_other_ages_are_told() -> None:
    """A day at the end of the calendar is a mistake wherever it stands, and nothing is counted until then."""
    data = json.loads(to_json(house()))
    need = {"skill": "data", "fte": 1.0}
    data["projects"][0]["phases"][0] |= {"earliest": "0001-01-01", "deadline": "9999-12-31", "needs": [need]}
    data["bookings"][0]["until"] = "9999-12-31"
    assert wrong(data) == {
        ("out-of-range", "projects[0].phases[0].earliest"), ("out-of-range", "projects[0].phases[0].deadline"),
        ("no-span", "projects[0].phases[0].needs[0].fte"), ("out-of-range", "bookings[0].until"),
    }  # fmt: skip
    assert wrong({"day": "9999-12-31"}) == {("out-of-range", "day")}


def test_what_the_check_finds_is_told_with_what_reading_finds() -> None:
    """A probability of a percentage beside an unknown key; what follows from a row that was given up is not told."""
    data = small()
    data["deals"][0]["probability"] = 120
    data["people"][0]["person_id"] = {}
    data["colour"] = "red"
    assert wrong(data) == {
        ("bad-probability", "deals[d1].probability"), ("unknown-key", "colour"), ("wrong-type", "people[0].person_id"),
    }  # fmt: skip
    portfolio, issues = looked_at(data)
    assert portfolio is not None and len(portfolio.deals) == 1
    assert {one.severity for one in issues} == {Severity.ERROR}


@pytest.mark.parametrize(
    ("text", "code"),
    [("{", "not-json"), ('{"day": 1, "day": 2}', "key-twice"), ("[]", "wrong-type"), ("{}", "missing-key"), ("[" * 100_000, "not-json"),
     ('{"day": "2026-06-01", "format": 9}', "unknown-format"), ('{"day": "2026-06-01", "full_time": {"hours": [8]}}', "bad-week")],
)  # fmt: skip
def test_what_is_no_portfolio_is_told(text: str, code: str) -> None:
    """Broken text, keys twice, another form, a newer one."""
    assert code in {one for one, _ in wrong(text)}


def test_numbers_that_json_does_not_have_are_not_written() -> None:
    """NaN is told with its place instead of being written as what no reader takes."""
    with pytest.raises(InputError, match=r"claims\[0\]"):
        to_json(replace(house(), claims=(ClaimedHours("ada", DAY, nan),)))
