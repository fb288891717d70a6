"""Places in a house: none is filled twice, none is forgotten."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np

from tests.capacity.projects.promising.firms import DAY, day, person
from troth.capacity.projects.portfolio import Consultant, Portfolio
from troth.capacity.projects.promising import Beliefs, PeopleBelief
from troth.capacity.projects.promising._places import settled
from troth.capacity.projects.promising.prepare import prepare

SINCE = day(-200)


def _one(name: str, first: date, until: date | None = None, *, team: str = "north") -> Consultant:
    whole = person(name, "carving", team=team)
    return replace(whole, contracts=(replace(whole.contracts[0], first=first, until=until),))


def _in_time(*staff: Consultant, weeks: int = 30) -> np.ndarray:
    """Return by future and week how many are at work when all hiring takes about a week and nobody else leaves."""
    portfolio = Portfolio(DAY, tuple(one for one in staff if one.contracts[-1].until != day(-50)))
    ready, empty = settled(portfolio, staff=staff, since=SINCE)
    beliefs = Beliefs(people=PeopleBelief(hiring_days=7.0, empty=empty))
    found = prepare(ready, beliefs=beliefs, futures=20, weeks=weeks)
    hours = 0.5 * found.lived.room.astype(float).sum(axis=2)
    return np.asarray(hours / 40.0)


def test_who_was_replaced_is_not_replaced_again() -> None:
    """Somebody left and somebody came: one works, in all weeks of all futures, though the first still has hours on projects."""
    left, came = _one("old", day(-400), day(-60)), _one("new", day(-30))
    assert (_in_time(left, came) == 1).all()


def test_an_empty_place_is_filled_once() -> None:
    """Somebody left and nobody came: nobody works at first, then one, whether or not the portfolio still knew them."""
    for gone in (day(-50), day(-51)):
        weeks = _in_time(_one("old", day(-400), gone), _one("other", day(-400), team="south"))
        assert (weeks[:, 0] < 2).any() and (weeks[:, -1] == 2).all()


def test_who_is_hired_for_somebody_who_will_leave_takes_that_place() -> None:
    """Somebody will leave and somebody is to come after: never two, and one in the end; of another team it is one more."""
    leaves, comes = _one("old", day(-400), day(40)), _one("new", day(60))
    weeks = _in_time(leaves, comes)
    assert weeks.max() == 1 and (weeks[:, -1] == 1).all()
    assert (_in_time(leaves, replace(comes, team="south"))[:, -1] == 2).all()


def test_who_left_before_the_log_leaves_no_place() -> None:
    """Whatever was before the log begins is settled: only those who left since can be missing."""
    ready, empty = settled(Portfolio(DAY), staff=[_one("old", day(-900), day(-300))], since=SINCE)
    assert not ready.people and not empty
