"""The strict check of events."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest

from troth.log.check import LATEST, check
from troth.log.schema import DRAFTS, REJECTS

GOOD = {
    "occurred_at": 1_700_000_000_000_000,
    "activity": "opened",
    "case_id": "c",
    "source": "s",
    "source_id": "1",
    "_file": "f",
    "_row": 2,
}


def judged(*changes: dict[str, Any]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    table = pa.Table.from_pylist([GOOD | change for change in changes], schema=DRAFTS)
    good, rejects = check(table)
    assert good.schema == DRAFTS
    assert rejects.schema == REJECTS
    return good.to_pylist(), rejects.to_pylist()


def test_defaults_are_filled_in() -> None:
    """Version 0, origin exact, and a person where there is an agent; nobody where there is none."""
    (one, two), rejects = judged({}, {"agent_id": " a ", "case_id": "\u00a0c\t"})
    assert rejects == []
    assert (one["version"], one["origin"], one["actor"]) == (0, "exact", None)
    assert (two["agent_id"], two["actor"], two["case_id"]) == ("a", "human", "c")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"activity": None}, "missing-activity"),
        ({"activity": "opend"}, "unknown-activity"),
        ({"occurred_at": None}, "missing-time"),
        ({"occurred_at": -1}, "time-out-of-range"),
        ({"occurred_at": LATEST}, "time-out-of-range"),
        ({"recorded_at": LATEST}, "time-out-of-range"),
        ({"actor": "robot"}, "unknown-actor"),
        ({"direction": "up"}, "unknown-direction"),
        ({"origin": "sure"}, "unknown-origin"),
        ({"subject_kind": "thing"}, "unknown-subject-kind"),
        ({"case_id": "  "}, "missing-case-id"),
        ({"activity": "answered", "case_id": None}, "missing-contact-id"),
        ({"activity": "stepped"}, "missing-step"),
        ({"activity": "status_changed", "step": "Open"}, "unknown-step"),
        ({"activity": "state_changed", "step": "asleep", "agent_id": "a"}, "unknown-step"),
        ({"activity": "shift_started"}, "missing-agent-id"),
        ({"activity": "time_logged"}, "missing-value"),
        ({"value": float("nan")}, "bad-number"),
        ({"value": float("inf")}, "bad-number"),
        ({"attributes": "{"}, "bad-attributes"),
        ({"attributes": "[1]"}, "bad-attributes"),
        ({"attributes": '{"note": NaN}'}, "bad-attributes"),
        ({"attributes": '{"colour": "red"}'}, "unknown-attribute"),
        ({"source": ""}, "missing-source"),
        ({"source_id": None}, "missing-source-id"),
    ],
)
def test_each_fault_has_its_code_and_advice(change: dict[str, Any], code: str) -> None:
    """A bad event is rejected with file, row, code and advice; the good one beside it stays."""
    good, rejects = judged({}, change | {"_row": 3})
    assert [g["_row"] for g in good] == [2]
    assert [(r["file"], r["row"], r["code"]) for r in rejects] == [("f", 3, code)]
    assert rejects[0]["advice"].startswith("Maybe ")


@pytest.mark.parametrize(
    "change",
    [
        {"activity": "answered", "case_id": None, "contact_id": "k"},
        {"activity": "stepped", "step": "T1", "case_id": None},
        {"activity": "status_changed", "step": "on_hold"},
        {"attributes": '{"note": "x", "foreign": {"colour": "red"}, "due_at": "2024-01-01T00:00:00Z"}'},
        {"occurred_at": 0},
        {"occurred_at": LATEST - 1},
    ],
)
def test_what_is_allowed_passes(change: dict[str, Any]) -> None:
    """Events at the edge of what is allowed are good."""
    good, rejects = judged(change)
    assert (len(good), rejects) == (1, [])


def test_all_problems_of_an_event_are_listed_once() -> None:
    """One reject for every problem, in row order; the event itself is left out once."""
    good, rejects = judged(
        {"_row": 9, "activity": "opend", "actor": "robot", "value": float("nan")}, {"_row": 4, "origin": "x"}, {}
    )
    assert len(good) == 1
    assert [(r["row"], r["code"]) for r in rejects] == [
        (4, "unknown-origin"),
        (9, "unknown-actor"),
        (9, "unknown-activity"),
        (9, "bad-number"),
    ]
    assert rejects[2]["advice"] == "Maybe 'opened' is meant."


def test_nothing_in_nothing_out() -> None:
    """An empty table is good."""
    good, rejects = judged()
    assert (good, rejects) == ([], [])
