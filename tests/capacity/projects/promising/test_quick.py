"""What is left out to be quick changes nothing."""

from __future__ import annotations

import importlib
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from tests.capacity.projects.promising.firms import day, workshop
from troth.capacity.projects.portfolio import ProjectBooking
from troth.capacity.projects.promising import PreparedFutures, prepare
from troth.capacity.projects.promising._guest import asked, placed
from troth.capacity.projects.promising.promise import _Starts

_RUN, _PREPARE = (importlib.import_module(f"troth.capacity.projects.promising.{name}") for name in ("_run", "prepare"))
NEVER = 1 << 20


@pytest.fixture(scope="module", params=["promised", "sparse", "given", "booked"])
def ready(request: Any) -> PreparedFutures:
    """Return futures of a workshop that is busy; by promise, at few places in the line, in the order of wins, booked hard."""
    portfolio, beliefs = workshop(load=9.0)
    if request.param == "given":
        beliefs = replace(beliefs, house=replace(beliefs.house, by_promise=False, least_hours=6.0))
    if request.param == "booked":
        # A project that stands far behind has both carvers for two weeks already.
        late = replace(portfolio.projects[0], promised_start=day(25))
        hard = tuple(ProjectBooking(f"b{k}", "p0", day(0), day(14), 80.0, f"carver {k}") for k in range(2))
        portfolio = replace(portfolio, projects=(late, *portfolio.projects[1:]), bookings=hard)
        beliefs = replace(beliefs, house=replace(beliefs.house, keep_weeks=2))
    with pytest.MonkeyPatch.context() as patch:
        if request.param == "sparse":
            patch.setattr(_PREPARE, "_MOST", 7)
        return prepare(portfolio, beliefs=beliefs, futures=120, weeks=40, seed=4)


@pytest.mark.parametrize("name", ["d1", "d3", "d4", "p0", "p3"])
def test_starts_are_those_of_placing_anew(ready: PreparedFutures, name: str) -> None:
    """Whatever days were asked about before, the starts promised for a day are those of placing the project from nothing."""
    question = asked(ready, name)
    starts, other = _Starts(question), 0
    before: Any = None
    for week in (17 * k % 39 for k in range(39)):
        found = starts.kept(7 * week + 4)
        anew = placed(question.prepared, starts.guest(7 * week + 4), whole=False)
        assert np.array_equal(found, np.where(anew.start < NEVER, anew.start - question.slip, NEVER)), week
        other += before is not None and not np.array_equal(found, before)
        before = found
    assert other or not ready.beliefs.house.by_promise


def test_futures_do_not_depend_on_the_room_for_bookings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Futures whose bookings find no room are lived again in more, and come out alike."""
    portfolio, beliefs = workshop()
    much = prepare(portfolio, beliefs=beliefs, futures=45, weeks=20, seed=2, money=True)
    monkeypatch.setattr(_RUN, "_EACH", 0.0)
    little = prepare(portfolio, beliefs=beliefs, futures=45, weeks=20, seed=2, money=True)
    for of in (much.lived.sheets._fields, much.lived._fields):
        for name in (one for one in of if one != "sheets"):
            a, b = (
                getattr(one.sheets if name in one.sheets._fields else one, name) for one in (much.lived, little.lived)
            )
            assert np.array_equal(a, b), name


def test_bookings_lie_job_by_job() -> None:
    """Bookings of groups of futures are sorted by job, within a job by future, within a future as they were made."""
    rows = np.array([[2, 0, 5, 8], [0, 0, 4, 6], [2, 1, 5, 3], [0, 0, 1, 1], [2, 0, 2, 9]], np.uint16)
    groups = [_RUN.by_job(rows[:3], np.array([1, 2]), 3), _RUN.by_job(rows[3:], np.array([0, 2]), 3)]
    own, at = _RUN.joined(groups, jobs=3)
    assert at.tolist() == [[0, 0, 1, 1, 2], [2, 2, 2, 2, 2], [2, 3, 4, 4, 5]]
    assert own.tolist() == [[0, 4, 6], [0, 1, 1], [0, 5, 8], [1, 5, 3], [0, 2, 9]]
    assert _RUN.joined([], jobs=3)[1].shape == (3, 1)
