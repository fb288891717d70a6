"""Cases and their promises as a lake tells them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.kpi.logs import Event, lake_of, story
from troth.capacity.projects.money import RetentionByPromise, retention_by_promise
from troth.capacity.projects.money.read import customer_cases

_START = datetime(2026, 3, 1, tzinfo=UTC)


def _case(name: str, day: int, customer: str | None, *ends: str, **more: Any) -> list[Event]:
    """Return a case opened on a day of March, and its promises, each with the activity it ended with."""
    who: dict[str, Any] = {"case_id": name, "customer_id": customer}
    events = story((f"2026-03-{day:02} 09:00", "opened"), **who)
    for k, end in enumerate(ends):
        due = {"due_at": f"2026-03-{day:02}T12:00:00+00:00"}
        lines: list[Any] = [(f"2026-03-{day:02} 09:30", "promised", {"attributes": due})]
        lines += [(f"2026-03-{day:02} 11:00", end)] if end else []
        events += story(*lines, subject_kind="promise", subject_id=f"{name}{k}", **who)
    return events


def test_a_case_is_as_good_as_its_worst_promise(tmp_path: Path) -> None:
    """All kept: kept; one broken: broken; waived or still open ones alone, and none: neither; nobody's case is not there."""
    events = [
        *_case("a", 2, "ann", "promise_kept", "promise_kept"), *_case("b", 3, "ben", "promise_kept", "promise_broken"),
        *_case("c", 4, "cat", "promise_waived"), *_case("d", 5, "dan", "promise_kept", "promise_waived"),
        *_case("e", 6, "eve"), *_case("f", 7, None, "promise_kept"), *_case("g", 20, "ann"), *_case("h", 8, "fay", ""),
    ]  # fmt: skip
    found = customer_cases(lake_of(tmp_path / "lake", events))
    assert {(one.customer_id, one.opened_at.day): one.kept for one in found} == {
        ("ann", 2): True, ("ben", 3): False, ("cat", 4): None, ("dan", 5): True, ("eve", 6): None, ("ann", 20): None,
        ("fay", 8): None,
    }  # fmt: skip
    end, known = datetime(2026, 3, 10, tzinfo=UTC), datetime(2026, 7, 1, tzinfo=UTC)
    assert retention_by_promise(found, start=_START, end=end, known_until=known) == RetentionByPromise(
        2, 1, 1, 0, apart=3
    )
