"""Reading a lake for the twin, and what is learned of a floor."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from tests.kpi.logs import lake_of, story
from tests.queueing.twin.recordings import DAY, recorded_days
from troth.core.errors import InputError
from troth.queueing.read import day_number, recorded
from troth.queueing.twin.learn import learn


def test_contacts_are_read_with_day_and_priority(lake: Path) -> None:
    """Days and hours are those of the zone; who gave up and who was answered are told apart."""
    events = story(
        ("2026-03-02T22:30:10", "queued", {}), ("2026-03-02T22:31:10", "answered", {"agent_id": "ann"}),
        ("2026-03-02T22:34:10", "ended", {"agent_id": "ann"}), contact_id="c1", queue="cash", priority="2",
    )  # fmt: skip
    events += story(
        ("2026-03-02T09:00:00", "queued", {}), ("2026-03-02T09:00:45", "abandoned", {}), contact_id="c2", queue="cash"
    )
    made = lake_of(lake, events)
    start, end = datetime(2026, 3, 2, tzinfo=UTC), datetime(2026, 3, 4, tzinfo=UTC)
    found = recorded(made, start=start, end=end, time_zone="Europe/Vilnius")
    assert (found.day - day_number(DAY)).tolist() == [0, 1] and found.hour.round(3).tolist() == [11.0, 0.503]
    assert found.wait_s.tolist() == [45, 60] and found.gave_up.tolist() == [True, False]
    assert found.priority.tolist() == [0, 2] and found.agent.tolist() == ["", "ann"] and found.handle_s[1] == 180
    assert len(recorded(made, start=start, end=end, queue="none")) == 0
    with pytest.raises(ValueError, match="colour"):
        recorded(made, start=start, end=end, colour="red")


def test_times_are_learned_as_they_were_made() -> None:
    """Handle times, patience, the pause between services and the head start come out as they went in."""
    floor = learn(recorded_days(8))
    handle = np.mean([times.mean_s for times in floor.handle.values()])
    assert 220 < handle < 260
    assert 320 < floor.patience["", 0].mean_s < 500
    assert floor.pause.mean_s == pytest.approx(5, abs=0.5)
    assert floor.head_start_s["b", 0] - floor.head_start_s["a", 0] == pytest.approx(60, abs=15)
    assert floor.skills["s0"] == ("a", "b")


def test_nobody_served_is_told() -> None:
    """Without services nothing can be learned, and the error says so."""
    seen = recorded_days(1)
    with pytest.raises(InputError, match="too-few"):
        learn(seen.take(seen.gave_up))
    assert len(seen.on([day_number(DAY)] * 2)) == 2 * len(seen)
