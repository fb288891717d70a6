"""A week of the demo's contact centre staffed from its own past and lived through by the demo's own loop: a small sample."""

from __future__ import annotations

import numpy as np

from benchmarks.quality._staffing_demo import QUEUES, outcomes, runs
from troth.capacity.staffing import StaffingParams


def test_stated_chances_are_near_what_the_demo_lives_through() -> None:
    """Levels expected and reached differ by little over a week, and the share of days on which they are reached is as stated, as far as a week can tell."""
    params = StaffingParams(futures=20, repairs=4, trims=3)
    (found,) = outcomes(seed=2, level=0.8, confidences=(0.8,), params=params).values()
    assert {one.queue for one in found} == set(QUEUES)
    assert len(found) >= 10
    offered = np.array([one.offered for one in found])
    level, expected = (
        np.average([getattr(one, name) for one in found], weights=offered) for name in ("level", "expected")
    )
    assert abs(level - expected) < 0.1
    met, stated = (
        np.mean(list(values)) for values in ([one.level >= 0.8 for one in found], [one.stated for one in found])
    )
    assert abs(met - stated) < 0.4


def test_people_by_interval_become_shifts_without_gaps() -> None:
    """Whoever came first goes first, and in every interval as many are there as were asked for."""
    staff = np.array([1, 3, 2, 2, 0, 1])
    spans = runs(staff, first=10)
    assert spans == [(10, 12), (11, 14), (11, 14), (15, 16)]
    there = [sum(a <= t < b for a, b in spans) for t in range(10, 16)]
    assert there == staff.tolist()
