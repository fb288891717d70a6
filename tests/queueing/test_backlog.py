"""Deferred work: in time exactly when theory says, least staff, and what must be told."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from troth.core.errors import InputError
from troth.queueing._edf import earliest_due
from troth.queueing.backlog import Chances, DeferredWork, done_by_due, staff_for_due

HOUR = 3600.0


def _run(work: list[list[float]], after: list[int], capacity: list[float]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    arrays = np.array([work], float)
    return earliest_due(arrays, np.array(after, np.int64), np.zeros(arrays.shape[1:]), np.array(capacity, float))


def test_what_is_due_first_is_done_first() -> None:
    """Urgent work that comes later goes before what has time, and late work is still done."""
    due, late, there = _run([[6, 0, 0, 0, 0], [0, 3, 0, 0, 0]], [4, 1], [0, 2, 2, 2, 2])
    assert due[0].tolist() == [[0, 0, 0, 0, 6], [0, 0, 3, 0, 0]]
    # The urgent 3 find 2 of room by their due time; 6 less the 2, 1 and 2 of room left for it are late.
    assert late[0].tolist() == [[0, 0, 0, 0, 1], [0, 0, 1, 0, 0]]
    assert there[0].tolist() == [0, 4, 5, 3, 1]


intervals = st.integers(3, 8)


@given(intervals.flatmap(lambda n: st.tuples(
    st.lists(st.lists(st.integers(0, 9), min_size=n, max_size=n), min_size=1, max_size=3),
    st.lists(st.integers(0, 9), min_size=n, max_size=n), st.lists(st.integers(1, 5), min_size=3, max_size=3))))  # fmt: skip
def test_all_is_in_time_exactly_when_every_stretch_has_room(case: tuple) -> None:
    """Demand and supply (Baruah 1990): nothing is late if and only if in no stretch is more asked than can be done."""
    work, capacity, after = case
    after = after[: len(work)]
    due, late, there = _run(work, after, capacity)
    n = len(capacity)
    room = all(
        sum(work[k][a] for k in range(len(work)) for a in range(n - 1) if a + 1 >= start and a + after[k] <= end)
        <= sum(capacity[start : end + 1]) + 1e-9
        for start in range(1, n)
        for end in range(start, n)
    )
    assert (late.sum() < 1e-9) == room
    assert late.sum() <= due.sum() + 1e-9
    # What came is done or there: work of the last interval only comes in after its end.
    came = sum(sum(kind[:-1]) for kind in work)
    assert came - there[0, -1] <= sum(capacity[1:]) + 1e-9


MAIL = DeferredWork("mail", items=[10.0] * 96, handle_s=300, due_s=4 * HOUR)


def test_more_staff_is_later_less_often() -> None:
    """On the same courses each agent more helps; the least meets the target and one fewer does not."""
    found = [float(done_by_due([MAIL], staff=n).in_time[0]) for n in (1, 2, 3, 4)]
    assert found == sorted(found) and found[0] < 0.9
    for target in (0.5, 0.9, 0.999, 1.0):
        least = staff_for_due([MAIL], target=target)
        assert least.in_time[0] >= target
        assert done_by_due([MAIL], staff=least.staff - 1).in_time[0] < target


def test_staff_at_night_only_needs_to_make_up_for_the_day() -> None:
    """Open eight hours of 24, due in two days: three times the staff, for the same work."""
    day = DeferredWork("post", items=[6.0] * 480, handle_s=600, due_s=48 * HOUR)
    always = staff_for_due([day], chances=Chances(paths=50))
    hours = np.tile([0.0] * 16 + [1.0] * 16 + [0.0] * 16, 10)
    some = staff_for_due([day], profile=hours, chances=Chances(paths=50))
    assert always.staff.max() in {2, 3} and some.staff.max() in {6, 7}
    assert some.staff[0] == 0


def test_busy_courses_need_more() -> None:
    """A spread of the level of 30 % takes more staff than Poisson chance alone."""
    plain = staff_for_due([MAIL], target=0.98)
    busy = staff_for_due([MAIL], target=0.98, chances=Chances(day_spread=0.3))
    assert busy.staff[0] > plain.staff[0]


def test_two_kinds_share_agents() -> None:
    """An urgent kind beside a patient one: the least for both is below the sum of the least of each."""
    urgent = DeferredWork("chat", items=[6.0] * 96, handle_s=300, due_s=HOUR)
    patient = DeferredWork("post", items=[6.0] * 96, handle_s=300, due_s=24 * HOUR)
    both = staff_for_due([urgent, patient], target=0.99)
    assert both.names == ("chat", "post")
    assert (
        both.staff[0] <= staff_for_due([urgent], target=0.99).staff[0] + staff_for_due([patient], target=0.99).staff[0]
    )
    assert np.all(both.in_time >= 0.99)


def test_what_lies_there_at_the_start_is_done_too() -> None:
    """Thirty items due within the first hour are late with one agent and in time with five."""
    old = DeferredWork("mail", items=[0.0] * 10, handle_s=600, due_s=2 * HOUR, waiting=[0, 30], handle_spread=0)
    assert float(done_by_due([old], staff=1).in_time[0]) == pytest.approx(6 / 30)
    assert float(done_by_due([old], staff=5).in_time[0]) == 1
    assert staff_for_due([old], target=1.0).staff[0] == 5


def test_a_backlog_that_only_grows_is_told() -> None:
    """With a far due date nothing is late for days while less is done than comes: the issue says so."""
    slow = DeferredWork("post", items=[10.0] * 100, handle_s=600, due_s=40 * HOUR)
    found = done_by_due([slow], staff=3)
    assert found.in_time[0] == 1 and [one.code for one in found.issues] == ["backlog-grows"]
    short = done_by_due([DeferredWork("post", items=[1.0] * 4, handle_s=60, due_s=40 * HOUR)], staff=3)
    assert math.isnan(short.in_time[0]) and [one.code for one in short.issues] == ["nothing-due"]


def test_nothing_to_do_needs_nobody() -> None:
    """No items, no staff."""
    assert staff_for_due([DeferredWork("post", items=[0.0] * 10, handle_s=60, due_s=2 * HOUR)]).staff.max() == 0


def test_the_same_seed_gives_the_same_courses() -> None:
    """Repeatable, and other seeds are other courses."""
    again = [done_by_due([MAIL], staff=2, chances=Chances(seed=seed)).backlog_s for seed in (1, 1, 2)]
    assert np.array_equal(again[0], again[1]) and not np.array_equal(again[0], again[2])


@pytest.mark.parametrize(
    ("change", "more", "codes"),
    [
        ({"items": [1.0, -1.0]}, {}, ["negative-contacts"]),
        ({"items": [1.0, math.nan]}, {}, ["negative-contacts"]),
        ({"handle_s": 0.0}, {}, ["handle-time-not-positive"]),
        ({"due_s": 1800.0}, {}, ["due-too-short"]),
        ({"due_s": math.inf}, {}, ["due-too-short"]),
        ({"waiting": [1.0] * 200}, {}, ["shapes-differ"]),
        ({}, {"staff": [-1.0]}, ["staff-not-a-number"]),
        ({}, {"staff": [1.0, 2.0]}, ["shapes-differ"]),
        ({}, {"interval_s": 0.0}, ["interval-not-positive"]),
        ({}, {"chances": Chances(paths=0)}, ["chances-out-of-range"]),
        ({"handle_s": -1.0, "due_s": 60.0}, {"staff": math.nan}, ["handle-time-not-positive", "due-too-short", "staff-not-a-number"]),
    ],
)  # fmt: skip
def test_wrong_input_is_told_all_at_once(change: dict[str, Any], more: dict[str, Any], codes: list[str]) -> None:
    """Each fault with its code, together."""
    given: dict[str, Any] = {"name": "mail", "items": [1.0] * 50, "handle_s": 60.0, "due_s": 2 * HOUR}
    with pytest.raises(InputError) as told:
        done_by_due([DeferredWork(**given | change)], **{"staff": 1, **more})
    assert [one.code for one in told.value.issues] == codes


def test_what_no_staff_can_do_is_told() -> None:
    """Closed until after it is due: no number of agents helps. A target of 120 % is none."""
    closed = np.array([0.0] * 20 + [1.0] * 30)
    early = DeferredWork("mail", items=[5.0] * 50, handle_s=60, due_s=2 * HOUR)
    with pytest.raises(InputError, match="target-impossible"):
        staff_for_due([early], profile=closed, target=0.99)
    with pytest.raises(InputError, match="target-out-of-range"):
        staff_for_due([early], target=1.2)
    with pytest.raises(InputError, match="no-rows"):
        done_by_due([], staff=1)
