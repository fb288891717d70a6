"""Compaction with cached timelines: it saves their rebuilding, and never at the price of a wrong row."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.log.lakes import Event, event, filled, rows, settled
from troth.log import upkeep
from troth.log.lake import Lake
from troth.log.store import Shelf
from troth.log.timelines import TIMELINES
from troth.log.timelines import cache as cache_module
from troth.log.timelines.cache import refresh
from troth.log.upkeep import compact

CONTACTS = TIMELINES["contacts"]
BASE = [event(n) for n in range(4000)]


def contacts(lake: Lake) -> list[Event]:
    """Return the timeline of contacts, brought up to date."""
    with lake.session() as con:
        sql = refresh(lake, con, CONTACTS)
        found: list[Event] = con.sql(f"SELECT * FROM ({sql}) ORDER BY contact_id").fetch_arrow_table().to_pylist()
    return found


def anew(lake: Lake, root: Path) -> list[Event]:
    """Return the same from a lake that holds the same events and no timelines."""
    return contacts(filled(root, settled(lake)))


def table(lake: Lake) -> Shelf:
    """Return the cached table of contacts."""
    found = cache_module._shelf(lake, CONTACTS)
    assert found is not None
    return found


@pytest.fixture
def ready(lake: Path) -> Lake:
    """Return a lake with a base, timelines that know it, and a tail they do not know."""
    held = filled(lake, BASE)
    compact(held)
    contacts(held)
    held.events.append(rows([event(2, version=1, agent_id="a2"), event(4000), event(4001)]), batch=("t", 0))
    return held


def test_a_compaction_keeps_the_timelines(ready: Lake, tmp_path: Path) -> None:
    """After a compaction a cached timeline is current as it stands: asking for it writes nothing."""
    assert compact(ready)
    assert ready.events.rows()["tail"] == 0
    at = table(ready).version()
    found = contacts(ready)
    assert table(ready).version() == at
    assert found == anew(ready, tmp_path / "anew")
    assert len(found) == 1001


def test_news_after_a_compaction_are_only_added(ready: Lake, tmp_path: Path) -> None:
    """The next events touch their own keys, not the whole timeline."""
    compact(ready)
    before = table(ready).files()["base"]
    ready.events.append(rows([event(4002), event(8, version=1, queue="x")]), batch=("t", 1))
    found = contacts(ready)
    assert table(ready).files()["base"] == before
    assert found == anew(ready, tmp_path / "anew")


def test_events_that_come_between_refresh_and_compaction_are_not_taken_for_seen(
    ready: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only files that were compacted count as seen; what was appended meanwhile is derived at the next refresh."""
    write = Shelf.write

    def late(self: Shelf, *args: Any, **more: Any) -> Any:
        if self.root.name == "events" and ready.events.last("late") < 0:
            Lake(ready.root).events.append(
                rows([event(n, version=3, queue="late") for n in range(12, 16)]), batch=("late", 0)
            )
        return write(self, *args, **more)

    monkeypatch.setattr(Shelf, "write", late)
    assert compact(ready)
    assert ready.events.rows()["tail"] == 4
    found = contacts(ready)
    assert found == anew(ready, tmp_path / "anew")
    assert [c["queue"] for c in found if c["contact_id"] == "c3"] == ["late"]


@pytest.mark.parametrize("step", ["refresh_cached", "compact", "restamp"])
def test_a_kill_between_the_steps_costs_time_only(
    ready: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """Stopped before any of the three steps, the lake gives the same rows, now and after the next compaction."""

    def killed(*args: Any, **more: Any) -> Any:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Lake if step == "compact" else cache_module, step, killed)
        with pytest.raises(KeyboardInterrupt):
            compact(ready)
    assert contacts(ready) == anew(ready, tmp_path / "1")
    ready.events.append(rows([event(4003)]), batch=("t", 1))
    compact(ready)
    assert contacts(ready) == anew(ready, tmp_path / "2")


def test_timelines_are_left_alone_where_a_rebuild_is_cheaper(lake: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A tail that is long beside the base is compacted first; a lake nobody asked for figures has no timelines to keep."""
    monkeypatch.setattr(cache_module, "refresh_cached", None)
    held = filled(lake, BASE[:8])
    assert compact(held)
    contacts(held)
    held.events.append(rows(BASE[8:80]), batch=("t", 0))
    assert compact(held)
    assert len(contacts(held)) == 20


def test_a_compaction_that_somebody_else_did_is_no_failure(ready: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    """The loser of the race says so, and the lake is compact all the same."""
    real = Lake.compact

    def late(self: Lake, **more: Any) -> Any:
        monkeypatch.setattr(Lake, "compact", real)
        upkeep.compact(Lake(self.root))
        return real(self, **more)

    monkeypatch.setattr(Lake, "compact", late)
    assert not compact(ready)
    assert ready.events.rows()["tail"] == 0
    assert len(contacts(ready)) == 1001


def test_nothing_to_do_is_nothing_done(lake: Path) -> None:
    """Without a tail no commit is made."""
    held = filled(lake, BASE[:4])
    assert compact(held)
    at = held.events.version()
    assert not compact(held)
    assert held.events.version() == at
