"""The futures that are lived are those of the rule."""

from __future__ import annotations

import numpy as np
from hypothesis import HealthCheck, given, settings

from tests.capacity.projects.promising.firms import firms, workshop
from tests.capacity.projects.promising.plain import PlainFuture
from troth.capacity.projects.portfolio import Portfolio
from troth.capacity.projects.promising import Beliefs, prepare


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.too_slow])
@given(firms())
def test_compiled_futures_equal_plain_ones(firm: tuple[Portfolio, Beliefs]) -> None:
    """The compiled planner gives every job the first and last day that a plain one gives it, in small firms of every kind."""
    ready = prepare(firm[0], beliefs=firm[1], futures=2, weeks=9, seed=3, threads=1)
    for f in range(2):
        plain = PlainFuture(ready, f).live()
        assert [one.start for one in plain.works] == ready.lived.start[f].tolist()
        assert [one.finish for one in plain.works] == ready.lived.finish[f].tolist()


def test_a_busy_workshop_equals_a_plain_one() -> None:
    """The same holds where people are short for months, which small random firms seldom are."""
    portfolio, beliefs = workshop()
    ready = prepare(portfolio, beliefs=beliefs, futures=3, weeks=20, seed=5)
    for f in range(3):
        plain = PlainFuture(ready, f).live()
        assert [one.start for one in plain.works] == ready.lived.start[f].tolist()
        assert [one.finish for one in plain.works] == ready.lived.finish[f].tolist()


def test_same_seed_same_futures() -> None:
    """The same seed gives the same futures on one thread and on two, another seed others."""
    portfolio, beliefs = workshop()
    one, two, other = (
        prepare(portfolio, beliefs=beliefs, futures=60, weeks=12, seed=seed, threads=threads)
        for seed, threads in ((1, 1), (1, 2), (2, 2))
    )
    for name in ("start", "finish", "free", "worked", "own", "own_at", "wanting", "helped"):
        assert np.array_equal(getattr(one.lived, name), getattr(two.lived, name)), name
    assert not np.array_equal(one.lived.start, other.lived.start)
