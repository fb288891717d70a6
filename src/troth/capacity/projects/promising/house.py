"""How the house gives people's hours to projects week by week: its rule, not a wish."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class HouseRule:
    """Every Monday people get projects, project by project in order; within one those who know it, then the best.

    What is begun or promised has its place by its promised start, the rest by the day its client wants. The numbers can be
    read from past bookings (the most hours a person or a task had in a week).

    Parameters
    ----------
    by_promise : order by the promised (else wanted) start; False keeps the order in which things came: projects as given,
        then deals as they are won.
    task_hours : most hours a task (one skill of a phase) gets in a week.
    person_hours : most hours one person gives one project's task in a week.
    least_hours : nobody is booked for less, unless less is left.
    bookable : share of the free hours that may be booked, 0 to 1.
    floor : while a task is not done, at least this share of its estimate is thought to be left.
    on : whether people who are booked on a project before go on with it first.
    lag_days : days after the wanted start at which the house promises one on average: the place of what has no promise.
    keep_weeks : weeks, from that of the portfolio's day on, whose hard bookings stay as they are.
    """

    by_promise: bool = True
    task_hours: float = 64.0
    person_hours: float = 32.0
    least_hours: float = 3.0
    bookable: float = 1.0
    floor: float = 0.1
    on: bool = True
    lag_days: float = 0.0
    keep_weeks: int = 1
