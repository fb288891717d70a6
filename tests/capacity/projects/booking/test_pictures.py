"""What the pictures show: sums of weeks as bookings lie, states of cells, stripes, and over-booked ranges with their size."""

from __future__ import annotations

import numpy as np

from tests.capacity.projects.booking.portfolios import MONDAY, booking, day, person, portfolio
from troth.capacity.projects.booking import SkillWeeks, lay, skill_weeks
from troth.capacity.projects.booking.plots import people_timeline, skill_heat, states
from troth.capacity.projects.portfolio import HeldSkill, LeaveSpan, RequestState

SAP, RUST = HeldSkill("sap"), HeldSkill("rust", until=day(7))


def test_weeks_of_skills_sum_what_is_laid() -> None:
    """Holders count in each of their skills while they hold it; hard, soft and what names nobody stand apart."""
    people = (person("ada", skills=(SAP, RUST)), person("ben", skills=(SAP,)))
    asked = booking("r", 0, 12, 30, "", skill="sap", probability=0.5)
    plan = portfolio(booking("b", 0, 12, 20), booking("s", 7, 12, 10, "ben", probability=0.4), asked, people=people)
    some = skill_weeks(plan, until=day(14))
    assert some.skills == ("rust", "sap") and some.mondays == (MONDAY, day(7))
    assert some.there.tolist() == [[40.0, 0.0], [80.0, 80.0]]
    assert some.hard.tolist() == [[10.0, 0.0], [10.0, 10.0]]
    assert some.soft.tolist() == [[0.0, 0.0], [0.0, 10.0]]
    assert some.unnamed.tolist() == [[0.0, 0.0], [15.0, 15.0]]
    assert some.expected.tolist() == [[0.0, 0.0], [7.5, 11.5]]
    assert some.left_if_all_come[1].tolist() == [55.0, 45.0]


def test_hours_laid_are_hours_booked() -> None:
    """Whatever the picture cuts, a booking keeps its hours; one of nobody lies on weekdays."""
    plan = portfolio(booking("b", 2, 9, 31.4), booking("r", 0, 9, 10, "", role="dev"))
    mine, nobodys = lay(plan)
    assert (round(sum(mine.hours), 2), round(sum(nobodys.hours), 2)) == (31.4, 10.0)
    assert [one > 0 for one in nobodys.hours] == [True] * 5 + [False] * 2 + [True] * 2


def test_states_of_cells() -> None:
    """Over by hard ones, over if soft ones come, full, some free, half free; no hours at all are full, not over."""
    there = np.array([[40.0, 40.0, 40.0, 40.0, 40.0, 0.0]])
    hard, soft = np.array([[41.0, 30.0, 38.0, 30.0, 20.0, 0.0]]), np.array([[0.0, 11.0, 0.0, 0.0, 0.0, 0.0]])
    some = SkillWeeks(("sap",), tuple(day(7 * k) for k in range(6)), there, hard, soft, 0 * soft, soft)
    assert states(some).tolist() == [[0, 1, 2, 3, 4, 2]]
    figure = skill_heat(some)
    assert figure.data[0].text[0].tolist() == ["0", "1", "0", "1", "2", "0"]
    assert sum(bool(one.showlegend) for one in figure.data) == 5


def test_the_timeline_tells_soft_from_hard_and_marks_what_is_over() -> None:
    """Soft bars are striped, bookings that meet lie in lanes, what is gone is not shown; the size of an over-booked range is written on it."""
    ada = person("ada", leave=(LeaveSpan(day(8), day(10)),))
    gone = booking("x", 0, 5, 9, state=RequestState.REJECTED)
    plan = portfolio(
        booking("a", 0, 5, 30), booking("b", 2, 5, 22), booking("s", 5, 12, 5, probability=0.5), gone, people=(ada,)
    )
    figure = people_timeline(plan, until=day(14))
    named = {one.name: one for one in figure.data}
    assert set(named) == {"leave", "hard", "soft", "over-booked"}
    assert len(named["hard"].base) == 2 and len(set(named["hard"].y)) == 2
    assert named["soft"].marker.pattern.shape == "/" and not named["hard"].marker.pattern.shape
    assert [one.text for one in figure.layout.annotations] == ["12 h over"]
    assert list(named["over-booked"].x)[:3:2] == ["2026-06-01", "2026-06-06"]


def test_foreign_words_are_no_markup() -> None:
    """Names of projects and people cannot bring tags into a picture."""
    people = (person("<b>ada</b>"),)
    figure = people_timeline(portfolio(booking("<i>", 0, 5, 50, "<b>ada</b>"), people=people), until=day(7))
    assert "<b>" not in figure.to_json() and "<i>" not in figure.to_json()
