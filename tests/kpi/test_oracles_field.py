"""Figures about visits: cases reckoned by hand, each edge with a case of its own."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.kpi.logs import Event, lake_of
from troth.kpi.query import Query, query

DAY = datetime(2026, 3, 2, tzinfo=UTC)


def _visit(
    visit: str,
    case: str,
    *,
    day: int = 0,
    leaves: float = 9.0,
    arrives: float | None = 9.5,
    ends: float | None = 11.0,
    reason: str | None = "fixed",
    window: tuple[float, float] | None = (9.0, 10.0),
    agent: str = "ann",
) -> list[Event]:
    """Return a visit with hours of a day: promised, driven to, worked at."""
    common: dict[str, Any] = {"case_id": case, "subject_kind": "visit", "subject_id": visit}
    promise: dict[str, Any] = {"case_id": case, "subject_kind": "promise", "subject_id": f"{visit}-p"}

    def at(hour: float) -> datetime:
        return DAY + timedelta(days=day, hours=hour)

    def say(hour: float, activity: str, what: Mapping[str, Any], **more: Any) -> Event:
        return Event(at(hour), activity, f"{visit}-{activity}-{hour}", **{**what, **more})

    found = [say(1.0, "booked", common)]
    if window:
        edges = {"window_start": at(window[0]).isoformat(), "window_end": at(window[1]).isoformat(), "visit": visit}
        found.append(say(1.0, "promised", promise, value=0.9, attributes=edges))
    if arrives is not None:
        found.append(say(leaves, "travel_started", common, agent_id=agent))
        found.append(say(arrives, "arrived_on_site", common, agent_id=agent))
        if ends is not None:
            note = {"reason": reason} if reason else {}
            found.append(say(arrives + 0.1, "work_started", common, agent_id=agent))
            found.append(say(ends, "work_ended", common, agent_id=agent, attributes=note))
        else:
            found.append(say(arrives + 0.1, "no_show", common, agent_id=agent))
    return found


def _opened(case: str, *, asset: str, day: int = 0, actor: str | None = None) -> Event:
    return Event(
        DAY + timedelta(days=day), "opened", f"{case}-o", case_id=case, actor=actor, attributes={"asset": asset}
    )


def _figures(folder: Path, events: list[Event], *names: str) -> dict[str, Any]:
    lake = lake_of(folder / "lake", events)
    found = query(lake, Query(kpis=names, start=DAY, end=DAY + timedelta(days=90), time_zone="UTC"))
    return {f"{f.id}/{f.variant}": (f.value, f.n) for f in found}


def test_what_counts_as_fixed_the_first_time(tmp_path: Path) -> None:
    """Of six matters three: a part missing, a second visit, and a customer back within 30 days are not; an inspection is no return."""
    events = [
        *(_opened(f"c{k}", asset=f"a{k}") for k in range(6)),
        *_visit("v0", "c0"),
        *_visit("v1", "c1", reason="part"),  # and nobody came again
        *_visit("v2", "c2", reason=None),
        *_visit("v2b", "c2", day=3),  # the same case
        *_visit("v3", "c3"),
        _opened("c3b", asset="a3", day=25),  # the customer asks again, 29 days after
        *_visit("v3b", "c3b", day=29, reason="skill"),
        *_visit("v4", "c4"),
        _opened("c4b", asset="a4", day=5, actor="system"),  # the yearly inspection
        *_visit("v4b", "c4b", day=9, reason="access"),
        *_visit("v5", "c5", arrives=9.5, ends=None),  # nobody home: no visit yet
        *_visit("v5b", "c5", day=1, reason=None),
    ]
    found = _figures(tmp_path, events, "field.first_time_fix", "field.not_fixed")
    # First visits: v0 v1 v2 v3 v3b v4 v4b v5b.
    assert found["field.first_time_fix/"] == (pytest.approx(3 / 8), 8)
    assert found["field.first_time_fix/case"] == (pytest.approx(4 / 8), 8)
    assert found["field.not_fixed/"] == (pytest.approx(3 / 8), 8)
    for cause, share in (("part", 1 / 8), ("skill", 1 / 8), ("access", 1 / 8), ("diagnosis", 0.0)):
        assert found[f"field.not_fixed/{cause}"] == (pytest.approx(share), 8)


def test_a_return_after_more_than_thirty_days_is_a_new_matter(tmp_path: Path) -> None:
    """Work begun again exactly 30 days later is a return, a day later it is none."""
    for day, share in ((30, 0.5), (31, 1.0)):
        events = [
            _opened("c", asset="a"),
            *_visit("v", "c"),
            _opened("d", asset="a", day=20),
            *_visit("w", "d", day=day),
        ]
        found = _figures(tmp_path / str(day), events, "field.first_time_fix")
        assert found["field.first_time_fix/"] == (share, 2)


def test_on_time_is_by_the_window_first_promised(tmp_path: Path) -> None:
    """Early is on time and not inside; moved by us is late, at the customer's wish is not; given up does not count."""

    def change(visit: str, case: str, hours: tuple[float, float], **more: str) -> Event:
        edges = {
            k: (DAY + timedelta(hours=h)).isoformat()
            for k, h in zip(("window_start", "window_end"), hours, strict=True)
        }
        return Event(DAY + timedelta(hours=2), "promise_changed", f"{visit}-x", case_id=case, subject_kind="promise",
                     subject_id=f"{visit}-p", attributes={"visit": visit, **edges, **more})  # fmt: skip

    def promise(visit: str, case: str, activity: str) -> Event:
        return Event(DAY + timedelta(hours=10), activity, f"{visit}-{activity}", case_id=case, subject_kind="promise",
                     subject_id=f"{visit}-p", attributes={"visit": visit})  # fmt: skip

    events = [
        *_visit("in", "c0", arrives=9.5),
        *_visit("edge", "c1", arrives=10.0),
        *_visit("early", "c2", leaves=8.0, arrives=8.9),
        *_visit("late", "c3", arrives=10.01, ends=12.0),
        *_visit("moved", "c4", leaves=13.0, arrives=13.5, ends=15.0),
        change("moved", "c4", (13.0, 14.0), reason="illness"),
        *_visit("wished", "c5", leaves=13.0, arrives=13.5, ends=15.0),
        change("wished", "c5", (13.0, 14.0), reason="customer"),
        *_visit("never", "c6", arrives=None),
        promise("never", "c6", "promise_broken"),
        *_visit("given up", "c7", arrives=None),
        promise("given up", "c7", "promise_waived"),
        *_visit("to come", "c8", arrives=None),
        *_visit("no window", "c9", window=None),
    ]
    found = _figures(tmp_path, events, "field.on_time")
    # Counted: in, edge, early, late, moved, wished, never.
    assert found["field.on_time/"] == (pytest.approx(4 / 7), 7)
    assert found["field.on_time/last"] == (pytest.approx(5 / 7), 7)
    assert found["field.on_time/inside"] == (pytest.approx(3 / 7), 7)


def test_time_on_the_road_is_of_those_who_drive(tmp_path: Path) -> None:
    """An hour and a half of driving in eight paid hours; who sits in the office adds nothing below the line."""
    shifts = [
        Event(DAY + timedelta(hours=hour), activity, f"{agent}-{activity}", agent_id=agent)
        for agent in ("ann", "office")
        for hour, activity in ((8.0, "shift_started"), (16.0, "shift_ended"))
    ]
    events = [
        *shifts,
        *_visit("v", "c", leaves=9.0, arrives=9.5),
        *_visit("w", "d", leaves=12.0, arrives=13.0, ends=14.0),
    ]
    found = _figures(tmp_path, events, "field.travel_share", "field.visits_per_day")
    assert found["field.travel_share/"] == (pytest.approx(1.5 / 8), 2)
    assert found["field.visits_per_day/"] == (2.0, 2)
