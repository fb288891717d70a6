"""A ledger from the tables of a lake."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from troth.ledger import ClaimKind, ResourceKind, check
from troth.ledger.read import read
from troth.log.lake import Lake
from troth.log.references import import_reference

_TABLES = {
    "people": "agent_id,title,kind,role\nada,Ada,human,agent\nbot,Bot,bot,bot\nben,Ben,human,agent\n",
    "memberships": "agent_id,team,site\nada,voice,care\nben,field,depot\n",
    "calendars": "calendar,time_zone,weekday,opens,closes\nday,UTC,0,08:00,18:00\n",
    "calendar_use": "dimension,member,calendar\nteam,voice,day\n",
    "schedules": "agent_id,site,state,starts_at,ends_at\n"
    "ada,care,shift,2026-03-02T09:00:00Z,2026-03-02T17:00:00Z\n"
    "ada,care,break,2026-03-02T12:00:00Z,2026-03-02T12:30:00Z\n"
    "ada,care,shift,2026-03-09T07:00:00Z,2026-03-09T09:00:00Z\n"
    "ada,care,nap,2026-03-02T13:00:00Z,2026-03-02T13:30:00Z\n"
    "ben,depot,shift,2026-05-02T09:00:00Z,2026-05-02T17:00:00Z\n",
    "leave": "agent_id,starts_at,ends_at,reason\nada,2026-03-02T16:00:00Z,2026-03-04T00:00:00Z,holiday\n",
    "locations": "location,kind,holder,site,latitude,longitude\nvan-1,van,ben,depot,,\nhome-1,home,ben,depot,1,1\n",
}


def test_schedules_and_leave_become_claims_and_what_contradicts_is_found(tmp_path: Path) -> None:
    """Breaks lie inside shifts, leave over a shift and a shift before opening are conflicts, an unknown state is told."""
    lake = Lake(tmp_path / "lake")
    for name, text in _TABLES.items():
        path = tmp_path / f"{name}.csv"
        path.write_text(text, encoding="utf-8")
        import_reference(lake, path=path, stream=name)
    start, end = datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC)
    ledger, issues = read(lake, start=start, end=end)
    assert [(one.resource_id, one.kind) for one in ledger.resources] == [
        ("ada", ResourceKind.PERSON), ("ben", ResourceKind.PERSON), ("van-1", ResourceKind.VEHICLE),
    ]  # fmt: skip
    assert sorted(one.kind for one in ledger.claims) == [
        ClaimKind.BREAK, ClaimKind.LEAVE, ClaimKind.SHIFT, ClaimKind.SHIFT,
    ]  # fmt: skip
    pause = next(one for one in ledger.claims if one.kind is ClaimKind.BREAK)
    assert ledger.claim(pause.inside).kind is ClaimKind.SHIFT
    assert [one.code for one in issues] == ["bad-span"]
    assert [one.code for one in check(ledger)] == ["used-twice", "outside-calendar"]
    only, _ = read(lake, start=start, end=end, site="depot")
    assert [one.resource_id for one in only.resources] == ["ben", "van-1"]
    assert only.claims == ()
