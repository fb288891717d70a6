"""What each pattern counts, on a few events."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.kpi.logs import Event, hours, lake_of, story
from troth.kpi.gaming import Threshold, suspicions
from troth.log.lake import Lake

LOOSE = Threshold(trials=1)


def _counts(lake: Lake, kind: str, **asked: Any) -> dict[str, tuple[int, int]]:
    (one,) = suspicions(lake, kinds=(kind,), limits=LOOSE, **asked)
    return {found.agent: (found.hits, found.trials) for found in one.findings}


def _crowd(case: Any) -> list[Event]:
    """Return the same course of a case for three people, for fewer are not judged."""
    return [event for name in ("ada", "bob", "eve") for event in case(name)]


def test_a_night_is_no_last_minute(tmp_path: Path) -> None:
    """Eight office hours from Friday 16:00: handed on Monday 9:30 is early, Monday 15:30 late; given back first is once."""
    policy = {
        "sla_policies": [{"policy": "p", "position": 1}],
        "sla_targets": [{"policy": "p", "metric": "resolution", "target_s": 8 * 3600.0, "calendar": "office"}],
        "calendars": hours("office", ("09:00", "17:00")),
    }

    def case(name: str, at: str, number: int) -> list[Event]:
        return story(
            ("2026-03-06 16:00", "opened"), ("2026-03-06 16:10", "assigned", {"agent_id": name}),
            (f"2026-03-09 {at}", "unassigned", {"agent_id": name}), (f"2026-03-09 {at}:30", "assigned", {"agent_id": "zoe"}),
            ("2026-03-10 12:00", "resolved", {"agent_id": "zoe"}), case_id=f"{name}-{number}",
        )  # fmt: skip

    events = _crowd(lambda name: [*case(name, "09:30", 1), *case(name, "15:30", 2)])
    assert _counts(lake_of(tmp_path / "lake", events, **policy), "handed-on-before-breach") == dict.fromkeys(
        ("ada", "bob", "eve"), (1, 2)
    )


def test_one_pause_said_five_times_is_one(tmp_path: Path) -> None:
    """Audit logs repeat a status with every change of something else."""

    def case(name: str) -> list[Event]:
        pauses = [(f"2026-03-04 1{k}:00", "status_changed", {"step": "pending", "agent_id": name}) for k in range(5)]
        return story(("2026-03-04 09:00", "opened"), *pauses, case_id=name)

    found = _counts(lake_of(tmp_path / "lake", _crowd(case)), "pending-without-a-word")
    assert set(found.values()) <= {(1, 1)}


def test_a_transfer_is_no_second_visit(tmp_path: Path) -> None:
    """A contact handed on goes on as another; its customer did not come again."""

    def case(name: str) -> list[Event]:
        first = story(
            ("2026-03-04 09:00", "queued"), ("2026-03-04 09:00:30", "answered", {"agent_id": name}), ("2026-03-04 09:01", "transferred", {"agent_id": name}),
            contact_id=f"{name}-1", customer_id=name, queue="desk", service="cards",
        )  # fmt: skip
        second = story(
            ("2026-03-04 09:01", "queued", {"attributes": {"previous_contact_id": f"{name}-1"}}),
            ("2026-03-04 09:02", "answered", {"agent_id": "zoe"}), ("2026-03-04 09:20", "ended", {"agent_id": "zoe"}),
            contact_id=f"{name}-2", customer_id=name, queue="desk", service="cards",
        )  # fmt: skip
        return [*first, *second]

    lake = lake_of(tmp_path / "lake", _crowd(case))
    assert all(hits == 0 for hits, _ in _counts(lake, "cut-short").values())
    with pytest.raises(ValueError, match="unknown-pattern"):
        suspicions(lake, kinds=("cut",))
