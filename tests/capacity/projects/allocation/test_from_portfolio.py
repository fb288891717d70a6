"""From a portfolio to the problem of who does what."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from troth.capacity.projects.allocation import AllocationProblem, from_portfolio, solve
from troth.capacity.projects.allocation._laid import parts
from troth.capacity.projects.portfolio import (
    Consultant,
    ContractTerms,
    Deal,
    ExchangeRate,
    HeldSkill,
    LeaveSpan,
    OperationalReservation,
    Portfolio,
    Project,
    ProjectBooking,
    ProjectPhase,
    ReactiveLoad,
    RequestState,
    SkillNeed,
    TimeEntry,
)
from troth.core.errors import InputError

DAY = date(2026, 6, 1)
TERMS = (ContractTerms(date(2026, 1, 1), cost_cents=5000),)
ADA = Consultant("ada", TERMS, (HeldSkill("design", 2),), location="riga", target=0.5)
BEN = Consultant("ben", TERMS, (HeldSkill("build", 1),), team="ops")


def _phase(name: str, skill: str, hours: float, **more: object) -> ProjectPhase:
    return ProjectPhase(name, (SkillNeed(skill, hours),), **more)  # type: ignore[arg-type]  # any of the phase's other fields


def _problem(portfolio: Portfolio, *, until: date = date(2026, 6, 29), at_least: float = 1.0) -> AllocationProblem:
    return from_portfolio(portfolio, first=DAY, until=until, at_least=at_least)


def _table(problem: AllocationProblem) -> dict[tuple[str, int], float]:
    n = problem.needs
    return {(n.phase[m], int(n.week[m])): float(n.hours[m]) for m in range(len(n))}


def test_phases_follow_each_other() -> None:
    """A phase begins in the week after those before it; each takes as long as its hours at the usual pace."""
    bank = Project("bank", (_phase("b", "build", 30, after=("a",)), _phase("a", "design", 80)))
    assert _table(_problem(Portfolio(DAY, (ADA, BEN), (bank,)))) == {("a", 0): 40, ("a", 1): 40, ("b", 2): 30}


def test_a_phase_with_a_deadline_is_spread_until_then() -> None:
    """Its own deadline, or that of the project for the last one."""
    own = Project("bank", (_phase("a", "design", 30, deadline=date(2026, 6, 19)),))
    last = Project("bank", (_phase("a", "design", 30),), deadline=date(2026, 6, 19))
    for one in (own, last):
        assert _table(_problem(Portfolio(DAY, (ADA,), (one,)))) == {("a", 0): 10, ("a", 1): 10, ("a", 2): 10}


def test_what_is_done_and_what_lies_beyond_is_left_out() -> None:
    """Finished phases want nothing; hours after the last day are not in the problem."""
    bank = Project(
        "bank",
        (_phase("a", "design", 90, done=True), _phase("b", "design", 80, after=("a",), earliest=date(2026, 6, 22))),
    )
    assert _table(_problem(Portfolio(DAY, (ADA,), (bank,)))) == {("b", 3): 40}


@given(hours=st.floats(0, 500), weeks=st.integers(1, 30), grain=st.sampled_from([1.0, 4.0]))
def test_no_hour_is_lost_in_parts(hours: float, weeks: int, grain: float) -> None:
    """Parts add up, and none but the last is broken."""
    found = parts(hours, weeks=weeks, grain=grain)
    assert sum(found) == pytest.approx(hours)
    assert all((one / grain).is_integer() for one in found[:-1])
    assert min(found) >= -1e-6


@given(
    hours=st.floats(0, 500), weeks=st.integers(1, 12), grain=st.sampled_from([1.0, 4.0]),
    kept=st.dictionaries(st.integers(-2, 14), st.floats(0, 60), max_size=8), most=st.integers(0, 14),
)  # fmt: skip
def test_parts_fill_the_weeks_up(
    hours: float, weeks: int, grain: float, kept: dict[int, float], most: int
) -> None:  # fmt: skip
    """No week is filled up while another, but for grains, lies lower; none is lost, and fewer weeks are the first of all."""
    found = parts(hours, weeks=weeks, grain=grain, kept=kept)
    assert len(found) == weeks and sum(found) == pytest.approx(hours) and min(found) >= -1e-6
    level = [new + kept.get(k, 0.0) for k, new in enumerate(found)]
    filled = [level[k] for k, new in enumerate(found) if new > 1e-6]
    assert max(filled, default=0.0) <= min(level) + 2 * grain + 1e-6
    assert sum(not (one / grain).is_integer() for one in found) <= 1
    assert parts(hours, weeks=weeks, grain=grain, kept=kept, most=most) == found[:most]


def test_hours_free_are_those_of_contracts_and_leave() -> None:
    """Leave takes its days away."""
    away = replace(ADA, leave=(LeaveSpan(date(2026, 6, 8), date(2026, 6, 10)),))
    assert _problem(Portfolio(DAY, (away,)), until=date(2026, 6, 15)).free.tolist() == [[40, 24]]


def test_reactive_work_takes_its_expected_share() -> None:
    """It falls on the team's people, by what they have."""
    load = ReactiveLoad("mail", (2.0,) * 5 + (0.0, 0.0), team="ops")
    assert _problem(Portfolio(DAY, (ADA, BEN), reactive=(load,)), until=date(2026, 6, 8)).free.tolist() == [[40], [30]]


def test_a_skill_that_expires_is_not_held_from_that_week() -> None:
    """In the week in which it ends it is not held any more."""
    who = replace(ADA, skills=(HeldSkill("design", 2, until=date(2026, 6, 10)),))
    problem = _problem(Portfolio(DAY, (who,)))
    assert problem.held is not None
    assert problem.held[0, 0].tolist() == [True, False, False, False]


def test_hard_bookings_are_kept_on_their_needs() -> None:
    """Hours on a need of the week are confirmed; those that no need takes are busy; soft ones are neither."""
    bank = Project("bank", (_phase("a", "design", 30, deadline=date(2026, 6, 5)),))
    hard = ProjectBooking("1", "bank", DAY, date(2026, 6, 15), 80, "ada")
    soft = replace(hard, booking_id="2", probability=0.5, state=RequestState.PLANNED)
    problem = _problem(Portfolio(DAY, (ADA,), (bank,), bookings=(hard, soft)), until=date(2026, 6, 15))
    assert problem.confirmed.hours.tolist() == pytest.approx([30])
    assert problem.busy is not None
    assert problem.busy.tolist() == [pytest.approx([10, 40])]
    plan = solve(problem)
    assert plan.broken == ()
    assert plan.bookings() == ()


def test_what_is_booked_is_not_needed_again() -> None:
    """Of 32 hours over four weeks 24 are booked in the first: eight are left for the others, and all that is planned is 32."""
    bank = Project("bank", (_phase("a", "design", 32, deadline=date(2026, 6, 26)),))
    booked = ProjectBooking("1", "bank", DAY, date(2026, 6, 6), 24, "ada")
    problem = _problem(Portfolio(DAY, (ADA,), (bank,), bookings=(booked,)))
    assert _table(problem) == {("a", 0): 24, ("a", 1): 2, ("a", 2): 3, ("a", 3): 3}
    assert problem.confirmed.hours.tolist() == [24]
    assert problem.busy is not None and not problem.busy.any()
    assert sum(one.hours for one in solve(problem).bookings()) == 8


@pytest.mark.parametrize(
    "state", [RequestState.PLANNED, RequestState.REJECTED, RequestState.CANCELLED, RequestState.COMPLETED]
)
def test_what_nobody_is_asked_for_is_needed_still(state: RequestState) -> None:
    """What is only proposed neither takes hours of people nor of what the project needs; what is over with does not either."""
    bank = Project("bank", (_phase("a", "design", 60, deadline=date(2026, 6, 12)),))
    house = Portfolio(DAY, (ADA,), (bank,))
    asked = ProjectBooking("1", "bank", DAY, date(2026, 6, 6), 30, "ada", state=state)
    without, with_ = _problem(house), _problem(replace(house, bookings=(asked,)))
    assert _table(with_) == _table(without) == {("a", 0): 30, ("a", 1): 30}
    assert len(with_.confirmed) == 0 and with_.busy is not None and not with_.busy.any()
    assert [one.hours for one in solve(with_).bookings()] == [30, 30]


@pytest.mark.parametrize("state", [RequestState.REQUESTED, RequestState.COUNTERED])
@pytest.mark.parametrize("probability", [1.0, 0.4])
def test_what_is_asked_for_is_not_proposed_again(state: RequestState, probability: float) -> None:
    """Plan, ask, plan again: nothing is proposed a second time, and nobody else is booked into the hours asked for."""
    bank = Project("bank", (_phase("a", "design", 60, deadline=date(2026, 6, 12)),))
    house = Portfolio(DAY, (ADA,), (bank,))
    first = solve(_problem(house)).bookings()
    asked = tuple(replace(one, state=state, probability=probability) for one in first)
    again = solve(_problem(replace(house, bookings=asked)))
    assert (sum(one.hours for one in first), again.bookings(), again.broken) == (60, (), ())
    mill = Project("mill", (_phase("a", "design", 80, deadline=date(2026, 6, 12)),))
    other = solve(_problem(replace(house, projects=(bank, mill), bookings=asked)))
    assert [(one.project_id, one.hours) for one in other.bookings()] == [("mill", 10), ("mill", 10)]


def test_what_is_confirmed_is_taken_off_before_what_is_asked_for() -> None:
    """If both are for the same hours, the confirmed ones are those of the project, and what is asked for keeps its person busy."""
    bank = Project("bank", (_phase("a", "design", 30, deadline=date(2026, 6, 5)),))
    asked = ProjectBooking("1", "bank", DAY, date(2026, 6, 6), 30, "eve", state=RequestState.REQUESTED)
    sure = replace(asked, booking_id="2", person_id="ada", state=RequestState.CONFIRMED)
    house = Portfolio(DAY, (ADA, replace(ADA, person_id="eve")), (bank,), bookings=(asked, sure))
    problem = _problem(house, until=date(2026, 6, 8))
    assert (problem.confirmed.person.tolist(), problem.confirmed.hours.tolist()) == ([0], [30])
    assert problem.busy is not None and problem.busy.tolist() == [[0], [30]]


def test_a_need_that_is_not_divisible_is_one_persons() -> None:
    """In all its weeks, and apart from others of its project and skill; where all can be shared nothing is told."""
    phase = ProjectPhase(
        "a", (SkillNeed("design", 60, divisible=False), SkillNeed("design", 20)), deadline=date(2026, 6, 12)
    )
    also = replace(ADA, person_id="eve")
    problem = _problem(Portfolio(DAY, (ADA, also), (Project("bank", (phase,)),)))
    assert problem.needs.alone is not None
    assert problem.needs.alone.tolist() == [0, 0, -1, -1]
    assert _problem(Portfolio(DAY, (ADA,), (Project("bank", (_phase("a", "design", 60),)),))).needs.alone is None
    plan = solve(problem)
    assert plan.served().tolist() == [30, 30, 10, 10]
    assert len({int(p) for p, m in zip(plan.work.person, plan.work.need, strict=True) if m < 2}) == 1


def test_bookings_outside_of_the_weeks_count_too() -> None:
    """What is booked before the phase begins, before the first day or after the last is not needed in the weeks between."""
    build = _phase("b", "design", 90, earliest=date(2026, 6, 8), deadline=date(2026, 7, 10))
    spans = ((date(2026, 6, 1), date(2026, 6, 6)), (date(2026, 6, 29), date(2026, 7, 4)), (date(2026, 5, 18), DAY))
    booked = tuple(ProjectBooking(str(k), "bank", a, b, 30, "ada") for k, (a, b) in enumerate(spans))
    problem = _problem(Portfolio(DAY, (ADA,), (Project("bank", (build,)),), bookings=booked))
    # 90 less the 60 that are still to come; the week of the second booking is the fullest of the five.
    assert _table(problem) == {("b", 0): 30, ("b", 1): 7, ("b", 2): 8, ("b", 3): 7}
    assert problem.confirmed.hours.tolist() == [30]


def test_a_need_of_ages_takes_no_room() -> None:
    """Only the weeks that are planned are computed, however long a slip makes a phase last."""
    long = Project("bank", (_phase("a", "design", 1e12), _phase("b", "design", 9, deadline=date(2199, 12, 31))))
    assert _table(_problem(Portfolio(DAY, (ADA,), (long,)))) == {("a", k): 40 for k in range(4)}


@given(
    hours=st.integers(0, 200),
    booked=st.lists(st.tuples(st.integers(0, 40), st.integers(1, 30), st.floats(0, 24)), max_size=8),
)
def test_needs_and_what_is_booked_add_up(hours: int, booked: list[tuple[int, int, float]]) -> None:
    """Hours wanted are those needed, or, if more is booked, those booked; what no need takes is busy.

    A booking of days on which nobody works takes nothing: the check of the portfolio tells it.
    """
    bank = Project("bank", (_phase("a", "design", hours, deadline=date(2026, 7, 26)),))
    some = tuple(
        ProjectBooking(str(k), "bank", DAY + timedelta(a), DAY + timedelta(a + b), h, "ada")
        for k, (a, b, h) in enumerate(booked)
    )
    problem = _problem(Portfolio(DAY, (ADA,), (bank,), bookings=some), until=date(2026, 8, 31))
    at_work = [any((DAY + timedelta(a + k)).weekday() < 5 for k in range(b)) for a, b, _ in booked]
    asked = sum(one.hours for one, open_ in zip(some, at_work, strict=True) if open_)
    assert problem.needs.hours.sum() == pytest.approx(hours, abs=1e-6)
    assert problem.confirmed.hours.sum() == pytest.approx(min(asked, hours), abs=1e-6)
    assert problem.busy is not None
    assert problem.busy.sum() == pytest.approx(max(asked - hours, 0), abs=1e-6)


def test_a_week_that_has_begun_is_planned_from_its_first_day_on() -> None:
    """Nothing is proposed for days that are past, nor for days after the last."""
    wednesday, until = date(2026, 6, 3), date(2026, 6, 17)
    house = Portfolio(wednesday, (ADA,), (Project("bank", (_phase("a", "design", 400),)),))
    plan = solve(from_portfolio(house, first=wednesday, until=until, pace=100.0))
    assert [(one.first, one.until, one.hours) for one in plan.bookings()] == [
        (wednesday, date(2026, 6, 8), 24), (date(2026, 6, 8), date(2026, 6, 15), 40), (date(2026, 6, 15), until, 16)
    ]  # fmt: skip


def test_a_renewed_or_better_skill_is_held_all_the_week() -> None:
    """A certificate renewed on a Wednesday is held throughout; of two rows of a day the higher level counts."""
    ends = date(2026, 6, 10)
    skills = (HeldSkill("design", 2, until=ends), HeldSkill("design", 3, first=ends), HeldSkill("design", 1))
    problem = _problem(Portfolio(DAY, (replace(ADA, skills=skills),)))
    assert (problem.held, problem.levels.tolist()) == (None, [[2]])


def test_deals_are_projects_if_they_are_probable_enough() -> None:
    """With the toggle on, a deal wants hours from the day on which the customer wants to begin, at a value by its probability."""
    deal = Deal("mill", (_phase("a", "design", 40),), 0.4, date(2026, 6, 8))
    house = Portfolio(DAY, (ADA,), deals=(deal,))
    assert _problem(house).projects == ()
    problem = _problem(house, at_least=0.3)
    assert problem.projects == ("mill",)
    assert (problem.needs.week.tolist(), problem.needs.value.tolist()) == ([1], [0.4])


def test_caps_are_of_calendar_years_less_what_is_logged() -> None:
    """A week belongs to the year of its Thursday; what was worked in the year before the first day counts."""
    who = replace(ADA, yearly_hours=1000.0)
    logged = tuple(TimeEntry("old", "ada", date(2026, 5, k), 20.0) for k in range(1, 16))
    logged += (TimeEntry("old", "ada", date(2025, 5, 5), 9.0),)
    house = Portfolio(DAY, (who, BEN), (Project("old", ()),), logged=logged)
    problem = from_portfolio(house, first=date(2026, 12, 21), until=date(2027, 1, 11))
    assert problem.periods().tolist() == [0, 0, 1]
    assert problem.limits().tolist() == [[700, 1000], [np.inf, np.inf]]
    assert problem.known.tolist() == [[0, 0]]


def test_people_bring_place_cost_and_target() -> None:
    """As the portfolio has them; a target is a share of the hours paid, meetings with them."""
    meetings = (OperationalReservation("m", (1.0,) * 5 + (0.0, 0.0)),)
    bank = Project("bank", (), location="riga", members=("ben",))
    problem = _problem(Portfolio(DAY, (ADA, BEN), (bank,), reservations=meetings))
    assert (problem.person_place, problem.project_place) == (("riga", ""), ("riga",))
    assert problem.cost is not None
    assert problem.cost.tolist() == [5000, 5000]
    assert problem.target is not None
    assert problem.target[0] == 80
    assert np.isnan(problem.target[1])
    assert problem.members.tolist() == [[1, 0]]


def test_costs_are_in_the_houses_cents() -> None:
    """Yen have no smaller unit: 5,000 of them at 0.006 are 30.00 euros; dollars by the rate of the first day."""
    terms = [ContractTerms(date(2026, 1, 1), cost_cents=5000, currency=name) for name in ("JPY", "USD", "PLN")]
    exchange = (
        ExchangeRate("JPY", 0.006),
        ExchangeRate("USD", 0.9),
        ExchangeRate("USD", 0.8, DAY),
        ExchangeRate("PLN", 0.2, date(2026, 6, 8)),
    )
    people = tuple(Consultant(one.currency, (one,)) for one in terms)
    cost = _problem(Portfolio(DAY, people, exchange=exchange)).cost
    assert cost is not None
    assert cost.tolist() == pytest.approx([3000, 4000, 1000])


def test_the_past_is_never_planned() -> None:
    """A first day before the portfolio's, or no day at all, is an issue."""
    with pytest.raises(InputError) as caught:
        from_portfolio(Portfolio(DAY, (ADA,)), first=date(2026, 5, 1), until=date(2026, 4, 1))
    assert [issue.code for issue in caught.value.issues] == ["first-in-past", "no-days"]


def test_an_unsound_portfolio_is_told() -> None:
    """Errors of the portfolio's own check come with the error."""
    ring = Project("bank", (_phase("a", "design", 9, after=("b",)), _phase("b", "design", 9, after=("a",))))
    with pytest.raises(InputError) as caught:
        _problem(Portfolio(DAY, (ADA,), (ring,)))
    assert any("cycl" in issue.code for issue in caught.value.issues)


def test_hours_that_were_logged_keep_nobody() -> None:
    """A booking whose hours are all worked takes none of the days it still spans; one half worked takes the other half."""
    mill = Project("mill", (_phase("s", "design", 160),), started=date(2026, 5, 18))
    booking = ProjectBooking("b", "mill", date(2026, 5, 18), date(2026, 6, 13), 80.0, "ada")
    for days, left in ((10, 0.0), (5, 40.0)):
        at = [date(2026, 5, 18) + timedelta(days=k + 2 * (k // 5)) for k in range(days)]
        sheets = tuple(TimeEntry("mill", "ada", one, 8.0, "s") for one in at)
        problem = _problem(Portfolio(DAY, (ADA,), (mill,), bookings=(booking,), logged=sheets))
        assert problem.confirmed.hours.sum() == pytest.approx(left)
