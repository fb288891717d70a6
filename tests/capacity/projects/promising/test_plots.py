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
