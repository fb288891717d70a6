"""The same hours of a day placed better."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np

from tests.queueing.twin.recordings import DAY, recorded_days
from troth.core.decision import Status, Stop
from troth.core.spans import Span
from troth.queueing.read import day_number
from troth.queueing.twin.arrivals import FOLLOWED, futures, staff, usual_arrivals
from troth.queueing.twin.day import RecordedDay, recorded_day
from troth.queueing.twin.learn import LearnedFloor, Learning, learn
from troth.queueing.twin.moves import STEP, Placing, placed
from troth.queueing.twin.replan import excesses, holds, judged, replan

HOW = Learning(idle_rests=0)


def bad_day() -> tuple[RecordedDay, LearnedFloor, dict[tuple[str, int], np.ndarray]]:
    """Return a day on which two of three servers came four hours after the calls did."""
    seen = recorded_days(3)
    day = recorded_day(seen, on=DAY, how=HOW)
    floor = learn(seen, how=HOW)
    start = day.span.start + timedelta(hours=8)
    shifts = {"s0": (Span(start, start + timedelta(hours=8)),)}
    late = (Span(start + timedelta(hours=8), start + timedelta(hours=14)),)
    arrivals = usual_arrivals(seen, days=[day_number(DAY) + k for k in range(3)], floor=floor)
    return replace(day, working=shifts | {"s1": late, "s2": late}), floor, arrivals


def test_late_servers_are_moved_to_the_calls() -> None:
    """The wait falls by more than a third, hours stay, and every condition holds."""
    day, floor, arrivals = bad_day()
    hours = Span(day.span.start + timedelta(hours=8), day.span.start + timedelta(hours=22))
    found = replan(day, floors=[floor], arrivals=[arrivals], open_span=hours, how=HOW, stop=Stop(steps=6), seed=2)
    assert found.after.mean_wait_s < 0.67 * found.before.mean_wait_s
    assert found.status is Status.FEASIBLE and holds(found.after, before=found.before) and found.tried == 7
    moved = placed(day, placing=found.placing)
    for name, spans in day.working.items():
        assert [span.seconds for span in spans] == [span.seconds for span in moved[name]]
        assert all(hours.start <= span.start and span.end <= hours.end for span in moved[name])
    old, new = (
        judged(day, placing=p, floors=[floor], replications=4, seed=5) for p in (Placing({}, {}), found.placing)
    )
    assert new.mean_wait_s < old.mean_wait_s


def test_a_day_that_may_not_move_stays() -> None:
    """Asked to stop at once it returns the day as it was, which breaks no condition."""
    day, floor, arrivals = bad_day()
    found = replan(day, floors=[floor], arrivals=[arrivals], open_span=day.span, how=HOW, stop=Stop(steps=0))
    assert found.tried == 1 and found.after is found.before
    assert placed(day, placing=found.placing) == day.working
    assert max(excesses(found.after, before=found.before).values()) <= 0


def test_a_step_is_a_quarter_of_an_hour() -> None:
    """A placing moves stretches in whole steps, later when positive."""
    day, _, _ = bad_day()
    moved = placed(day, placing=Placing({"s0": (2,)}, {}))
    assert moved["s0"][0].start - day.working["s0"][0].start == 2 * STEP and moved["s1"] == day.working["s1"]


def test_usual_arrivals_are_means_by_half_hour() -> None:
    """All contacts of the days are in it, divided by the number of days."""
    seen = recorded_days(3)
    floor = learn(seen, how=HOW)
    arrivals = usual_arrivals(seen, days=[day_number(DAY) + k for k in range(3)], floor=floor)
    assert round(sum(rate.sum() for rate in arrivals.values()), 6) == len(seen) / 3
    assert all(rate[:16].sum() == 0 for rate in arrivals.values())


def test_more_staff_than_on_like_days_means_more_customers() -> None:
    """A future has the calls of its like day, by the staff planned against that day's: in part, as somebody foresaw it."""
    seen = recorded_days(3)
    floor = learn(seen, how=HOW)
    like = [recorded_day(seen, on=DAY + timedelta(days=k), how=HOW) for k in (1, 2)]
    double = replace(like[0], working={f"{n}{k}": spans for n, spans in like[0].working.items() for k in "xy"})
    same, more = (futures(seen, day=one, like=like[:1], floor=floor)[0] for one in (like[0], double))
    assert np.isclose(sum(rate.sum() for rate in same.values()), len(like[0].contacts))
    open_cells = staff(like[0]) > 2.5
    for kind, rate in same.items():
        assert np.allclose(more[kind][open_cells] / rate[open_cells], 2**FOLLOWED, rtol=0.1)
    assert len(futures(seen, day=like[0], like=like, floor=floor)) == 2
