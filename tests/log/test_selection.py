"""A choice of events keeps what belongs together and leaves out what does not."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.log.lakes import START, Event, event, filled
from troth.core.errors import InputError
from troth.log.ingest import ingest
from troth.log.lake import Lake
from troth.log.selection import Selection, selected


def chosen(lake: Lake, **selection: Any) -> list[str]:
    """Return the sorted ids of the chosen events."""
    with lake.session() as con:
        rows = con.sql(
            f"SELECT source_id FROM ({selected(lake, selection=Selection(**selection))}) ORDER BY 1"
        ).fetchall()
    return [i for (i,) in rows]


def test_everything_is_chosen_by_default(lake: Path) -> None:
    """No condition leaves nothing out."""
    assert Selection().everything()
    assert chosen(filled(lake, [event(1), event(2)])) == ["e1", "e2"]


def test_a_period_is_half_open_and_local(lake: Path) -> None:
    """Days begin at midnight of the zone; the last one no longer counts."""
    events = [event(n, occurred_at=START + timedelta(hours=n)) for n in range(0, 72, 6)]
    held = filled(lake, events)
    day = {"start": date(2026, 1, 6), "end": date(2026, 1, 7)}
    assert chosen(held, **day) == ["e24", "e30", "e36", "e42"]
    assert chosen(held, **day, time_zone="America/New_York") == ["e30", "e36", "e42", "e48"]
    at = datetime(2026, 1, 7, 12, tzinfo=UTC)
    assert chosen(held, start=at) == ["e60", "e66"]
    assert chosen(held, start=at.replace(tzinfo=None), time_zone="Etc/GMT-6") == ["e54", "e60", "e66"]


def test_the_sites_say_whose_days_count(tmp_path: Path, lake: Path) -> None:
    """Without a zone of its own a choice takes the one the sites share, as figures do."""
    held = filled(lake, [event(1, occurred_at=START - timedelta(minutes=30))])
    assert chosen(held, start=START.date()) == []
    (tmp_path / "sites.csv").write_text("site,title,time_zone\nx,X,Europe/Lisbon\ny,Y,Europe/Lisbon\n")
    ingest(held, source="troth", paths=[tmp_path / "sites.csv"])
    assert chosen(held, start=START.date()) == []
    (tmp_path / "sites.csv").write_text("site,title,time_zone,version\nx,X,Europe/Paris,1\ny,Y,Europe/Paris,1\n")
    ingest(held, source="troth", paths=[tmp_path / "sites.csv"])
    assert chosen(held, start=START.date()) == ["e1"]


def _mixed() -> list[Event]:
    none = {"queue": None}
    return [
        event(0, queue="cards"), event(1, **none), event(2, queue="loans", contact_id="c0"), event(3, **none),
        event(4, queue="loans"), event(5, **none),
        event(8, queue="cards", contact_id=None, case_id="k1"), event(9, queue=None, contact_id=None, case_id="k1"),
        event(10, queue=None, contact_id=None, case_id="k2"), event(11, queue=None, contact_id=None),
    ]  # fmt: skip


def test_an_event_without_a_member_goes_by_its_contact_or_case(lake: Path) -> None:
    """An answer that does not repeat the queue is exported with its call; one that names another queue is not."""
    held = filled(lake, _mixed())
    assert chosen(held, where={"queue": ["cards"]}) == ["e0", "e1", "e3", "e8", "e9"]
    assert chosen(held, where={"queue": ["loans"]}) == ["e1", "e2", "e3", "e4", "e5"]
    assert chosen(held, where={"queue": ["cards", "loans"]}) == ["e0", "e1", "e2", "e3", "e4", "e5", "e8", "e9"]
    assert chosen(held, where={"queue": ["it's"]}) == []


def test_filters_add_up(lake: Path) -> None:
    """All dimensions named must fit; agent and customer, weekday and hour are among them."""
    held = filled(lake, [event(n, occurred_at=START + timedelta(hours=n), agent_id=f"a{n % 2}") for n in range(48)])
    assert chosen(held, where={"weekday": ["1"], "hour": ["3", "9"], "agent": ["a1"]}) == ["e27", "e33"]
    assert chosen(held, where={"customer": ["p1"], "hour": ["8"]}) == ["e8"]


def test_every_mistake_is_named_at_once(lake: Path) -> None:
    """Unknown dimensions, members that are no numbers and unknown zones come together."""
    held = filled(lake, [event(1)])
    with pytest.raises(InputError) as caught:
        selected(held, selection=Selection(where={"que": ["a"], "hour": ["ten"]}, time_zone="Mars/Base"))
    assert [i.code for i in caught.value.issues] == ["unknown-dimension", "bad-member", "unknown-zone"]
    assert "queue" in caught.value.issues[0].advice


def test_events_know_no_policy(lake: Path) -> None:
    """Which agreement a case is under is computed from events; they cannot be chosen by it."""
    with pytest.raises(InputError, match="unknown-dimension"):
        chosen(filled(lake, [event(1)]), where={"policy": ["gold"]})
