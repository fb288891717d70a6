"""Days lived through again in the twin, against how they were."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest

from tests.queueing.twin.recordings import DAY, recorded_days
from troth.core.decision import Stop
from troth.core.errors import InputError
from troth.queueing.twin.day import problem_of, recorded_day
from troth.queueing.twin.figures import figures, lived_contacts, recorded_figures
from troth.queueing.twin.learn import Learning, learn
from troth.queueing.twin.validate import validate

HOW = Learning(idle_rests=0)
DAYS = [DAY + timedelta(days=k) for k in range(6)]


def test_a_day_that_follows_the_rules_is_held() -> None:
    """The made-up floor works as the twin does, so nearly all figures of days not learned from lie within."""
    seen = recorded_days(6)
    made = validate(seen, days=DAYS[4:], fit_days=DAYS[:4], how=HOW, replications=40, variants=8)
    assert made.held >= 0.7
    assert {cell.figure for cell in made.cells} >= {"occupancy", "P95 wait", "mean wait of answered, b"}
    assert made.replications == 40 and made.spread["mean handle"] > 0


def test_another_floor_is_not_held() -> None:
    """When services last twice as long as in the days learned from, the comparison shows it."""
    from dataclasses import replace

    seen = recorded_days(6)
    slow = replace(seen, handle_s=np.where(seen.day < seen.day[0] + 4, 2.0, 1.0) * seen.handle_s)
    made = validate(slow, days=DAYS[4:], fit_days=DAYS[:4], how=HOW, replications=20, variants=4)
    assert not any(cell.holds for cell in made.cells if cell.figure == "mean handle")


def test_recorded_and_simulated_are_measured_alike() -> None:
    """A day's contacts and presence go into the problem as they were; the same function measures both sides."""
    seen = recorded_days(2)
    day = recorded_day(seen, on=DAY, how=HOW)
    problem = problem_of(day, floor=learn(seen, how=HOW), seed=1)
    came = sum(len(stream.arrivals.at) for stream in problem.streams if stream.arrivals.at is not None)
    assert came == len(day.contacts) == recorded_figures(day)["volume"]
    assert {agent.name for agent in problem.agents} == {"s0", "s1", "s2"}
    from troth.queueing.twin.solve import run

    lived = lived_contacts(run(problem, seed=1).traces[0], problem=problem)
    assert figures(lived, present_s=day.present_s)["volume"] == came


def test_a_day_on_which_nobody_came_is_told() -> None:
    """Such a day is an issue, and asking to stop ends before the first."""
    seen = recorded_days(2)
    with pytest.raises(InputError, match="nobody-there"):
        recorded_day(seen, on=date(2020, 1, 1))
    none = validate(seen, days=DAYS[:1], fit_days=DAYS[:2], how=HOW, replications=2, variants=1, stop=Stop(steps=0))
    assert none.cells == () and np.isnan(none.held)
