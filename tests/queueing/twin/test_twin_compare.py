"""What differs between two plans, seen under the same chance."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.queueing.twin.worlds import at, rich, steady
from troth.core.errors import InputError
from troth.queueing.twin import Times, TwinStream
from troth.queueing.twin.compare import compare


def test_pairs_show_a_difference_that_independent_runs_do_not() -> None:
    """With common random numbers the interval of a difference is much narrower than that of two separate simulations."""
    base = steady(6, hourly=60, handle=Times.exponential(300), patience=Times.exponential(240), hours=20)
    more = replace(base, agents=(*base.agents, replace(base.agents[0], name="one more")))
    found = compare(base, after=more, replications=30, seed=1)
    low, high = found.interval("flow.abandonment")
    assert (found.mean("flow.abandonment") < 0).all()
    assert (high < 0).all()
    parts = [figures.mean_interval("flow.abandonment") for figures in (found.before, found.after)]
    apart = np.sqrt(sum((top - bottom) ** 2 for bottom, top in parts))
    assert (high - low < 0.7 * apart).all()


def test_the_same_plan_differs_in_nothing() -> None:
    """A plan against itself is nought in every replication."""
    found = compare(rich(), after=rich(), by=("queue",), replications=3, seed=2)
    for values in found.figures().values.values():
        assert np.nanmax(np.abs(values), initial=0.0) == 0


def test_members_of_either_side_are_kept() -> None:
    """A queue that only one plan has is there, without a difference."""
    base = steady(3, hourly=20, handle=Times.exponential(200), hours=10)
    other = replace(base.queues[0], name="other")
    stream = TwinStream("others", "other", base.streams[0].arrivals)
    both = replace(
        base,
        queues=(*base.queues, other),
        streams=(*base.streams, stream),
        agents=tuple(replace(agent, queues=(("q", 0), ("other", 0))) for agent in base.agents),
    )
    found = compare(base, after=both, by=("queue",), replications=2)
    assert [member for member in found.before.members if member[0]] == [("other",), ("q",)]
    assert np.isnan(found.mean("speed.answer")[found.before.members.index(("other",))]).all()


def test_other_times_cannot_be_compared() -> None:
    """Two plans must cover the same time."""
    with pytest.raises(InputError, match="other-time"):
        compare(rich(), after=replace(rich(), end=at(500)))
