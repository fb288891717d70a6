"""Pictures of an answer say what it says."""

from __future__ import annotations

from datetime import date

from tests.capacity.projects.promising.firms import DAY, day
from troth.capacity.projects.promising import DisplacedJob, StartAnswer
from troth.capacity.projects.promising.plots import displacement, start_fan
from troth.core.decision import Explanation


def _answer(starts: tuple[date | None, ...]) -> StartAnswer:
    days, chances = tuple(day(k) for k in range(10)), tuple(0.1 * k for k in range(10))
    return StartAnswer(
        "d", DAY, 0.5, (0.5, 0.8), starts, (day(20), None), days, chances, (day(20), day(30)), (0.5, 0.7), 0.9, 100.0,
        Explanation("start-binds"),
    )  # fmt: skip


def test_the_fan_names_the_dates_of_its_levels() -> None:
    """Each level that is reached has its date beside the line, the first one with what it is; one not reached has none."""
    said = [one.text for one in start_fan(_answer((day(5), None))).layout.annotations]
    assert said == ["start 6 Jun", "finish 21 Jun"]
    assert [one.text for one in start_fan(_answer((day(5), day(8))), finish=False).layout.annotations] == [
        "start 6 Jun",
        "9 Jun",
    ]


def test_who_moves_is_told_with_days_and_probability() -> None:
    """A row says who, how likely it is won, by how long it moves and how likely; what its promise loses only if it does."""
    moved = (
        DisplacedJob("p", True, 1.0, 0.4, 2.0, 6.2, 0.9, 0.7, 100.0),
        DisplacedJob("d", False, 0.3, 0.2, None, 3.0, 0.9, 0.9, 10.0),
    )
    said = [one.text for one in displacement(moved, names={"p": "Stairs"}).layout.annotations]
    assert said == [
        "Stairs, sold, kept 90% → 70%",
        "6 days later, likely 40%",
        "d, 30% to be won",
        "3 days later, likely 20%",
    ]
    assert [one.text for one in displacement(()).layout.annotations] == ["Nobody moves."]


def test_start_and_finish_can_stand_alone() -> None:
    """Each rises from nothing on the day before the first that can be kept, and names its own dates."""
    both = _answer((day(5), day(8)))
    start, finish = start_fan(both, finish=False), start_fan(both, start=False)
    assert [one.text for one in finish.layout.annotations] == ["finish 21 Jun"]
    assert (start.data[0].x[0], start.data[0].y[0]) == (day(0).isoformat(), 0.0)
    assert (finish.data[0].x[0], finish.data[0].y[0]) == (day(19).isoformat(), 0.0)


def test_who_has_no_finish_in_the_time_looked_at_is_told_by_the_start() -> None:
    """Never as moved by no day; one day is one day, and what is rarer than a hundredth is not never."""
    moved = DisplacedJob("p", True, 1.0, 0.002, 1.0, None, None, None, 0.0)
    figure = displacement((moved,))
    assert [one.text for one in figure.layout.annotations][1] == "starts 1 day later, likely less than 1%"
    assert figure.data[0].x[0] == 1.0
