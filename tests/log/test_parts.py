"""A timeline of a large log is derived in parts of its keys, and is the same."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial

import pytest

from troth.demo import small_company, write
from troth.log.ingest import ingest
from troth.log.lake import Lake
from troth.log.timelines import TIMELINES, cache


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    """Two days of a small company, with rows that come twice and corrections."""
    folder = tmp_path_factory.mktemp("parts")
    write(folder / "log", truth=small_company(days=2, volume=0.1), until=datetime(2026, 3, 4, tzinfo=UTC), workers=1)
    lake = Lake(folder / "lake")
    ingest(lake, source="troth", paths=[folder / "log"])
    return lake


def test_parts_of_a_log_give_the_same_timelines(full: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every timeline, derived whole and in several parts, has the same rows, those without a key included."""
    for timeline in TIMELINES.values():
        with full.session() as con:
            whole = sorted(map(repr, con.sql(cache.refresh(full, con, timeline)).fetchall()))
        monkeypatch.setattr(cache, "_PART_ROWS", 800)
        monkeypatch.setattr(cache, "folder", partial("timelines/parts-{}".format, timeline.name))
        with full.session() as con:
            parts = sorted(map(repr, con.sql(cache.refresh(full, con, timeline)).fetchall()))
        monkeypatch.undo()
        assert whole == parts
