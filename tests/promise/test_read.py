"""Promises are read from the log as the timeline tells them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.kpi.logs import lake_of, story
from troth.promise import brier, kept_rate, settled

_DUE = {"due_at": "2026-03-02T10:00:00Z", "kind": "wait"}


def test_settled_promises_are_read_with_what_was_stated(lake: Path) -> None:
    """Kept and broken ones count, waived and open ones do not; a call before the interval is kept and not inside."""
    events = []
    ends = {
        "a": ("2026-03-02T09:40:00", "promise_kept", "inside"),
        "b": ("2026-03-02T09:10:00", "promise_kept", "early"),
        "c": ("2026-03-02T10:00:00", "promise_broken", "late"),
        "d": ("2026-03-02T09:45:00", "promise_waived", None),
        "e": ("2026-03-03T09:00:00", "promise_kept", None),
    }
    for name, (at, activity, label) in ends.items():
        said = {"attributes": {"kind": "wait"} | ({"label": label} if label else {})}
        events += story(
            ("2026-03-02T09:00:00", "promised", {"value": 0.8, "attributes": _DUE}), (at, activity, said),
            subject_kind="promise", subject_id=name, queue="cash" if name < "c" else "loans",
        )  # fmt: skip
    events += story(("2026-03-02T09:00:00", "promised", {"attributes": _DUE}), subject_kind="promise", subject_id="f")
    made = lake_of(lake, events)
    start, end = datetime(2026, 3, 2, tzinfo=UTC), datetime(2026, 3, 4, tzinfo=UTC)
    found = settled(made, start=start, end=end)
    assert found.ids == ("b", "a", "c", "e")
    assert found.kept.tolist() == [True, True, False, True]
    assert found.inside.tolist() == [False, True, False, True]
    assert (found.days - found.days[0]).tolist() == [0, 0, 0, 1]
    assert brier(found.stated, kept=found.inside).score == pytest.approx((2 * 0.64 + 2 * 0.04) / 4)
    assert kept_rate(found.kept, days=found.days).estimate == 0.75
    assert settled(made, start=start, end=end, queue="cash").ids == ("b", "a")
    assert settled(made, start=start, end=end, kind="sla").ids == ()
    assert settled(made, start=datetime(2026, 3, 3, tzinfo=UTC), end=end, time_zone="Asia/Tokyo").ids == ("e",)
    with pytest.raises(ValueError, match="colour"):
        settled(made, start=start, end=end, colour="red")
