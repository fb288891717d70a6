"""What is fitted to is read from the log as the timeline of contacts tells it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from tests.kpi.logs import lake_of, story
from troth.queueing.read import recorded

START, END = datetime(2026, 3, 2, 8, tzinfo=UTC), datetime(2026, 3, 3, tzinfo=UTC)


def test_contacts_are_read_with_how_their_wait_ended(lake: Path) -> None:
    """Answered, given up and still waiting; those of other queues and days only where asked for."""
    events = story(
        ("2026-03-02T08:00:10", "queued", {}), ("2026-03-02T08:01:10", "answered", {"agent_id": "ann"}),
        ("2026-03-02T08:04:10", "ended", {"agent_id": "ann"}), ("2026-03-02T08:04:40", "wrapped", {"agent_id": "ann"}),
        contact_id="c1", queue="cash", service="loan",
    )  # fmt: skip
    events += story(
        ("2026-03-02T09:00:00", "queued", {}), ("2026-03-02T09:00:45", "abandoned", {}), contact_id="c2", queue="cash"
    )
    events += story(("2026-03-02T10:00:00", "queued", {}), contact_id="c3", queue="cash")
    events += story(("2026-03-02T10:30:00", "queued", {}), contact_id="c4", queue="loans")
    events += story(("2026-03-03T10:30:00", "queued", {}), contact_id="c5", queue="cash")
    made = lake_of(lake, events)
    found = recorded(made, start=START, end=END, queue="cash")
    assert (found.queued_s - START.timestamp()).tolist() == [10, 3600, 7200]
    assert found.wait_s[:2].tolist() == [60, 45] and np.isnan(found.wait_s[2])
    assert found.answered.tolist() == [True, False, False] and found.gave_up.tolist() == [False, True, False]
    assert (found.agent[0], found.service[0], found.agent[1]) == ("ann", "loan", "")
    assert (found.answered_s[0] - START.timestamp(), found.ended_s[0] - found.answered_s[0], found.handle_s[0]) == (
        70,
        210,
        210,
    )
    assert np.isnan(found.handle_s[1:]).all()
    assert len(recorded(made, start=START, end=END).queue) == 4
    assert len(recorded(made, start=START, end=END, queue="none").queue) == 0
    with pytest.raises(ValueError, match="colour"):
        recorded(made, start=START, end=END, colour="red")


def test_who_was_called_and_gone_gave_up_if_asked(lake: Path) -> None:
    """A missed customer gave up at the latest when called, and only where that is asked; P2 is a priority of 2."""
    events = story(
        ("2026-03-02T08:00:00", "queued", {}), ("2026-03-02T08:03:00", "called", {"agent_id": "ann"}),
        ("2026-03-02T08:04:00", "no_show", {"agent_id": "ann"}), contact_id="c1", queue="cash", priority="P2",
    )  # fmt: skip
    made = lake_of(lake, events)
    plain = recorded(made, start=START, end=END)
    assert plain.priority.tolist() == [2] and plain.gave_up.tolist() == [False] and np.isnan(plain.wait_s).all()
    missed = recorded(made, start=START, end=END, missed=True)
    assert missed.gave_up.tolist() == [True] and missed.wait_s.tolist() == [180]
