"""The benchmark's revenue: the practice's prices on prepared futures, as its published price list says."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from benchmarks.quality._projects_planner import Planner
from benchmarks.quality._projects_revenue import priced, revenue
from troth.capacity.projects.money import RateBook
from troth.capacity.projects.portfolio import ContractKind
from troth.capacity.projects.promising import prepare
from troth.demo.practice import PracticeWorld, practice


@pytest.fixture(scope="module")
def planner() -> Planner:
    """Return a planner who has seen some weeks of a small practice."""
    truth = practice("p", start="2026-01-05", days=7 * 30, people=6, seed=9001)
    truth = replace(truth, special_rates=((truth.rates[0][0], truth.clients[0].customer_id, 777),))
    world, planner = PracticeWorld(truth, 9001), Planner(truth)
    for week in range(6):
        planner.listen(world.step(datetime(2026, 1, 11, 12, tzinfo=UTC) + timedelta(days=7 * week)), world.known())
    return planner


def test_prices_are_those_of_the_list(planner: Planner) -> None:
    """An hour is charged by role, for a client with a price of its own at that; nothing is paid by the month."""
    before = planner.portfolio()
    before = replace(
        before, deals=tuple(replace(one, kind=kind) for one, kind in zip(before.deals, ContractKind, strict=False))
    )
    found = priced(before, planner=planner)
    book, (role, client, cents) = RateBook(found), planner.special[0]
    assert book.charge(found.day, role=role, customer_id=client).cents == cents
    assert book.charge(found.day, role=role, customer_id="another").cents == planner.rates[role]
    assert [one.kind for one in before.deals] == list(ContractKind)
    assert [one.kind for one in found.deals] == [ContractKind.TIME, ContractKind.FIXED, ContractKind.FIXED]


def test_revenue_is_summed_between_bounds(planner: Planner) -> None:
    """Two quarters are the half-year, in each future; every future earns something in the first."""
    portfolio = priced(planner.portfolio(), planner=planner)
    ready = prepare(portfolio, futures=10, weeks=26, seed=1, money=True)
    parts, whole = (revenue(ready, planner=planner, bounds=bounds) for bounds in ((0, 91, 182), (0, 182)))
    assert parts.shape == (10, 2)
    assert parts.sum(axis=1) == pytest.approx(whole[:, 0])
    assert (parts[:, 0] > 0).all()
