"""The page of one opened number."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.kpi.logs import hours, lake_of, story
from troth.kpi.explain import explain
from troth.kpi.explain_page import explain_page, explain_plot
from troth.log.lake import Lake

AGENT = {"agent_id": "<i>ana"}


@pytest.fixture
def opened(lake: Path) -> Lake:
    """Return a lake with one case that was paused and late."""
    events = story(
        ("2026-03-02 15:00", "opened"), ("2026-03-02 16:00", "status_changed", {"step": "pending"}),
        ("2026-03-03 10:00", "status_changed", {"step": "open"}), ("2026-03-03 12:00", "resolved", AGENT), case_id="c",
    )  # fmt: skip
    return lake_of(
        lake, events, calendars=hours("office", ("09:00", "17:00")),
        sla_policies=[{"policy": "p", "position": 1}],
        sla_targets=[{"policy": "p", "metric": "agent_work", "target_s": 7200.0, "calendar": "office"}],
    )  # fmt: skip


def test_a_clock_is_drawn_with_pauses_hatched_and_late_time_cut_off_at_its_due_instant(opened: Lake) -> None:
    """An hour, the pause, an hour up to the due instant and the late hour after it; two days' hours behind."""
    figure = explain_plot(explain(opened, kpi="sla.met", case="c"))
    assert [bar.x[0] / 3_600_000 for bar in figure.data] == [1, 18, 1, 1]
    assert [bar.marker.pattern.shape for bar in figure.data] == [None, "/", None, None]
    assert [shape.type for shape in figure.layout.shapes] == ["rect", "rect", "line"]


def test_the_page_says_what_the_picture_shows(opened: Lake) -> None:
    """The answer, the stretches with their sum, and the events; nothing of a log becomes markup."""
    page = explain_page(explain(opened, kpi="sla.met", case="c"))
    assert "breached, 3.0 h of 2.0 h" in page
    assert "sum of what counts" in page
    assert "<i>ana" not in page
    assert "the stop of the agent work clock" in page
    plain = explain_page(explain(opened, kpi="speed.resolution", case="c"))
    assert "21 h" in plain


def test_what_does_not_count_says_why(opened: Lake) -> None:
    """A case outside of the figure has a page with the reason and no picture."""
    page = explain_page(explain(opened, kpi="speed.first_reply", case="c"))
    assert "Not in the figure" in page
    assert "not in the figure" in page
