"""The machine of one clock: what each hook does, and that the scan over all cases is the walk through each."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from troth.core.terms import Hook
from troth.kpi.sla import machine
from troth.kpi.sla.machine import _BITS, _states, _tables, step

IDLE, ACTIVE, STOPPED = 0, 1, 2


@pytest.mark.parametrize(
    ("before", "done", "continues", "after", "ended", "begun"),
    [
        ((IDLE, False), "start", False, (ACTIVE, False), "", 1),
        ((IDLE, False), "pause", False, (IDLE, True), "", 0),
        ((IDLE, True), "start", False, (ACTIVE, True), "", 1),
        ((ACTIVE, True), "resume", False, (ACTIVE, False), "", 0),
        ((ACTIVE, False), "pause resume", False, (ACTIVE, True), "", 0),
        ((ACTIVE, False), "start", False, (ACTIVE, False), "", 0),
        ((ACTIVE, False), "stop cancel", False, (IDLE, False), "cancel", 0),
        ((ACTIVE, False), "stop start", False, (ACTIVE, False), "stop", 1),
        ((ACTIVE, False), "stop start", True, (ACTIVE, False), "stop", 2),
        ((ACTIVE, True), "reset", False, (ACTIVE, True), "reset", 1),
        ((STOPPED, False), "reset", False, (STOPPED, False), "", 0),
        ((STOPPED, False), "start", True, (ACTIVE, False), "", 2),
        ((STOPPED, False), "start", False, (ACTIVE, False), "", 1),
        ((ACTIVE, False), "cancel start", True, (ACTIVE, False), "cancel", 1),
    ],
)
def test_what_an_event_does(
    before: tuple[int, bool], done: str, continues: bool, after: tuple[int, bool], ended: str, begun: int
) -> None:
    """Holding goes before letting go, and ending before beginning; a clock is held whether it runs or not."""
    assert step(before, done=frozenset(map(Hook, done.split())), continues=continues) == (after, ended, begun)


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(1, 63)), min_size=1, max_size=60), st.booleans())
def test_the_scan_over_all_cases_is_the_walk_through_each(marks: list[tuple[int, int]], continues: bool) -> None:
    """Functions composed in any grouping give what a loop gives, case by case."""
    marks.sort(key=lambda one: one[0])
    case, mask = (np.array(column, dtype=np.int64) for column in zip(*marks, strict=True))
    after, _, _ = _tables(continues=continues)
    state, before = _states(case, after[mask])
    now: tuple[int, bool] = (IDLE, False)
    for place, (one, bits) in enumerate(marks):
        now = (IDLE, False) if place == 0 or marks[place - 1][0] != one else now
        assert before[place] == now[0] * 2 + now[1]
        now, _, _ = step(now, done=frozenset(h for h, bit in _BITS.items() if bits & bit), continues=continues)
        assert state[place] == now[0] * 2 + now[1]


def test_no_events_no_runs() -> None:
    """An empty history has no runs."""
    empty = np.zeros(0, dtype=np.int64)
    state, before = _states(empty, np.zeros((0, 6), dtype=np.int8))
    assert len(machine._collect(empty, empty, state, before.astype(np.int64), before.astype(np.int64)).case) == 0
