"""However events come - in any order, again, newer or older, moved to another case - the figures are the same."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.kpi import histories, logs
from troth.kpi.query import Query, query
from troth.log.timelines import TIMELINES
from troth.log.timelines.cache import refresh


# A history is made of its seed, which tells nothing when it is made smaller.
@settings(max_examples=3, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 2**32 - 1))
def test_incremental_equals_full_rebuild(tmp_path_factory: pytest.TempPathFactory, seed: int) -> None:
    """Batches in any order, with timelines refreshed and tables compacted in between, against all at once."""
    piecemeal, whole = histories.lived(tmp_path_factory.mktemp("incremental"), seed=seed)
    one, other = histories.rows_of(piecemeal), histories.rows_of(whole)
    for name in TIMELINES:
        assert one[name] == other[name], name
    assert any(one.values())
    assert histories.figures_of(piecemeal) == histories.figures_of(whole)


def test_an_event_moved_to_another_case_leaves_the_first(lake: Path) -> None:
    """A newer version of the only reply names another case: the first one has no reply any more."""
    events = [
        *logs.story(
            ("2026-03-02 09:00", "opened"), ("2026-03-02 09:10", "message_sent", {"agent_id": "a"}), case_id="x"
        ),
        *logs.story(("2026-03-02 09:00", "opened"), case_id="y"),
    ]
    found = logs.lake_of(lake, events)
    asked = Query(kpis=("speed.first_reply/with_bot", "speed.within_24h"))
    assert [f.value for f in query(found, asked)] == [600.0, 0.5]
    logs.put(found, [replace(events[1], case_id="y", version=1)])
    with found.session() as con:
        rows = con.sql(refresh(found, con, TIMELINES["cases"])).fetch_arrow_table().to_pylist()
    assert {row["case_id"]: row["replies"] for row in rows} == {"x": 0, "y": 1}
    logs.put(found, [replace(events[1], case_id="z", version=0)])
    with found.session() as con:
        rows = con.sql(refresh(found, con, TIMELINES["cases"])).fetch_arrow_table().to_pylist()
    assert {row["case_id"] for row in rows} == {"x", "y"}, "an older copy that comes late is none"
