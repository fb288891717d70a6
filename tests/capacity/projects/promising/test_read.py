"""The time so far from a lake."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.capacity.projects.portfolio.practice_lake import lake_of_world, lived
from troth.capacity.projects.promising.learn import learn
from troth.capacity.projects.promising.read import history_of


def test_a_lake_gives_the_history_of_its_world(tmp_path: Path) -> None:
    """Deals, finished phases, hours and people of a lake are those of the world that left it behind."""
    world, until = lived(weeks=20)
    lake = lake_of_world(tmp_path / "lake", world, until=until)
    history, _ = history_of(lake)
    record = world.record()
    assert {one.deal_id: one.won for one in history.deals if one.closed} == {
        world.deal_id(number): won for number, _, _, won in record.deals
    }
    done = [one for one in history.phases if one.done]
    assert sum(one.logged for one in done) == pytest.approx(sum(task.logged for task in record.tasks), rel=1e-3)
    assert sum(one.estimated for one in done) == pytest.approx(sum(task.estimate for task in record.tasks), rel=1e-3)
    assert sum(one.hours for one in history.reactive) == pytest.approx(sum(record.support.values()), rel=1e-3)
    here = {h.who.agent_id for h in world.holders if h.came < world.day and h.goes > world.first}
    assert {one.person_id for one in history.staff} == here
    found = learn(history)
    assert found.rests_on["estimates"]["finished phases"] == len(done)
    assert found.beliefs.reactive.on_duty == 2
