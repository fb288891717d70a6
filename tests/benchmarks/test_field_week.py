"""Two days of the demo company at the dispatcher's desk; the quarter is benchmarks/quality/field_week.py."""

from __future__ import annotations

import pytest

from benchmarks.quality._dispatch_record import outcome
from benchmarks.quality.field_week import Lived, by_kind, judge, live, told
from troth.field.routing.explain import sentence


@pytest.fixture(scope="module")
def lived() -> Lived:
    return live(learning=1, judged=2, seed=3, size=0.3)


def test_the_desk_runs_the_world_by_what_it_knows(lived: Lived) -> None:
    """The desk runs the world by what it knows."""
    desk = lived.desk
    assert desk.replans
    assert all(one.moved <= 0.05 * one.untouched for one in desk.replans)
    assert not any(one.plan.broken for one in desk.replans)
    changes = [change for one in desk.replans for change in one.changes]
    assert all(sentence(change.explanation).endswith(".") for change in changes)
    # What the desk offered is what the world promised, with the stated probability.
    visits = {lived.ours.visit_id(v): v for v in lived.ours.ledger.visits}
    offered = [one for one in desk.offers.values() if visits[one.visit].state != "asked"]
    assert len(offered) > 5
    wished = [one for one in offered if visits[one.visit].first != (round(one.starts_ms), round(one.ends_ms))]
    assert len(wished) <= 0.2 * len(offered)
    assert all(visits[one.visit].stated == pytest.approx(one.stated, abs=1e-4) for one in offered if one not in wished)


def test_what_came_of_promises_is_counted(lived: Lived) -> None:
    """What came of promises is counted."""
    found = judge(lived)
    assert found["replans"] == len(lived.desk.replans)
    assert found["ours/visits"] > 0
    assert sum(n for _, n, *_ in by_kind(lived)) == found["offered"]
    known = [kept for one in lived.desk.offers.values() if (kept := outcome(lived.ours, one)) is not None]
    assert set(known) <= {True, False}
    assert isinstance(told(lived), list)


def test_the_same_seed_lives_the_same_days(lived: Lived) -> None:
    """The same seed lives the same days."""
    again = live(learning=1, judged=1, seed=3, size=0.3)
    shared = set(again.desk.offers) & set(lived.desk.offers)
    assert len(shared) > 5
    assert all(again.desk.offers[one] == lived.desk.offers[one] for one in shared)
