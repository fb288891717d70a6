"""The futures that are lived are those of the rule."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from tests.capacity.projects.promising.firms import firms, workshop
from tests.capacity.projects.promising.plain import NEVER, PlainFuture
from troth.capacity.projects.portfolio import Portfolio
from troth.capacity.projects.promising import Beliefs, PreparedFutures, prepare


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.too_slow])
@given(firms())
def test_compiled_futures_equal_plain_ones(firm: tuple[Portfolio, Beliefs]) -> None:
    """The compiled planner gives every job the days, the hours of each week and the ends of phases that a plain one gives it."""
    ready = prepare(firm[0], beliefs=firm[1], futures=2, weeks=9, seed=3, threads=1, money=True)
    for f in range(2):
        plain = PlainFuture(ready, f).live()
        assert [one.start for one in plain.works] == ready.lived.start[f].tolist()
        assert [one.finish for one in plain.works] == ready.lived.finish[f].tolist()
        _sheets_are(ready, plain)


def test_a_busy_workshop_equals_a_plain_one() -> None:
    """The same holds where people are short for months, which small random firms seldom are."""
    portfolio, beliefs = workshop()
    # Everybody has a price; the last two the same.
    prices = {
        one.person_id: (4_000 + 500 * k, "senior" if k == 0 else "") for k, one in enumerate(portfolio.people[:-1])
    }
    prices[portfolio.people[-1].person_id] = prices[portfolio.people[-2].person_id]
    people = tuple(
        replace(
            one, role=prices[one.person_id][1],
            contracts=(replace(one.contracts[0], cost_cents=prices[one.person_id][0]),),
        )
        for one in portfolio.people
    )  # fmt: skip
    ready = prepare(replace(portfolio, people=people), beliefs=beliefs, futures=3, weeks=20, seed=5, money=True)
    assert len(ready.kinds) == len(set(prices.values())) == len(people) - 1
    for f in range(3):
        plain = PlainFuture(ready, f).live()
        assert [one.start for one in plain.works] == ready.lived.start[f].tolist()
        assert [one.finish for one in plain.works] == ready.lived.finish[f].tolist()
        _sheets_are(ready, plain)
        for one in plain.works:
            for c, (who, _) in enumerate(ready.kinds):
                hours = sum(h for (_, name), h in one.worked.items() if prices[name] == prices[who])
                assert ready.lived.sheets.hours[f, one.number, :, c].sum() == pytest.approx(hours, abs=1e-3)


def _sheets_are(ready: PreparedFutures, plain: PlainFuture) -> None:
    """Hold the hours of each job and week, and the day on which each phase ended, against the plain planner's."""
    sheets, f = ready.lived.sheets, plain.f
    for one in plain.works:
        weeks = np.zeros(ready.weeks)
        for (week, _), hours in one.worked.items():
            weeks[week] += hours
        assert sheets.hours[f, one.number].sum(axis=1) == pytest.approx(weeks, abs=1e-3)
        ends = [one.ended.get(phase.phase_id, NEVER) for phase in one.phases]
        assert sheets.ended[f, one.number, : len(ends)].tolist() == ends


def test_same_seed_same_futures() -> None:
    """The same seed gives the same futures on one thread and on two, another seed others."""
    portfolio, beliefs = workshop()
    one, two, other = (
        prepare(portfolio, beliefs=beliefs, futures=60, weeks=12, seed=seed, threads=threads, money=True)
        for seed, threads in ((1, 1), (1, 2), (2, 2))
    )
    for name in ("start", "finish", "free", "worked", "own", "own_at", "wanting", "helped"):
        assert np.array_equal(getattr(one.lived, name), getattr(two.lived, name)), name
    for a, b in zip(one.lived.sheets, two.lived.sheets, strict=True):
        assert np.array_equal(a, b)
    assert not np.array_equal(one.lived.start, other.lived.start)
