"""The reader of Zammad, on tables made from its published definitions."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.log.exports import ZAMMAD, Tables, clock, moved, write
from tests.log.lakes import settled
from tests.log.reading import codes, file, load
from troth.kpi.query import Query, query
from troth.log.ingest import ingest
from troth.log.lake import Lake

SOURCE = "zammad"


def put(root: Path, tables: Tables) -> list[dict[str, Any]]:
    """Return the settled events of ticket 1, by time."""
    report = ingest(Lake(root / "lake"), source=SOURCE, paths=write(root / "export", tables))
    assert (report.rejects, report.issues) == (0, [])
    return sorted(settled(Lake(root / "lake")), key=lambda e: (e["occurred_at"], e["activity"]))


def marks(events: list[dict[str, Any]], case: str = "1") -> list[tuple[str, str, str | None]]:
    return [(e["activity"], e["occurred_at"].strftime("%H:%M"), e["step"]) for e in events if e["case_id"] == case]


def test_a_whole_export(tmp_path: Path) -> None:
    """Articles are messages by their sender, the history tells of states, holders and reopenings; free text stays behind."""
    events = put(tmp_path, ZAMMAD)
    assert "Secret" not in str(events)
    assert [m for m in marks(events) if m[0] in {"status_changed", "resolved", "reopened"}] == [
        ("status_changed", "09:40", "pending"), ("resolved", "10:00", None), ("status_changed", "10:00", "closed"),
        ("reopened", "11:00", None), ("status_changed", "11:00", "open"), ("resolved", "12:00", None),
        ("status_changed", "12:00", "closed"),
    ]  # fmt: skip
    sent = [e for e in events if e["activity"] == "message_sent"]
    assert [(e["actor"], e["direction"]) for e in sent] == [("system", "out"), ("human", "internal"), ("human", "out")]
    assert {(e["agent_id"], e["team"]) for e in events if e["activity"] == "assigned" and e["case_id"] == "1"} == {
        (None, "Desk"), ("ann", "Desk"),
    }  # fmt: skip
    (merged,) = [e for e in events if e["activity"] == "merged"]
    assert (merged["case_id"], json.loads(merged["attributes"])) == ("3", {"merged_into": "1"})


def test_the_first_reply_is_a_persons_and_not_the_opening(tmp_path: Path) -> None:
    """System mails and inner notes are none; the article an agent opened a ticket with is no reply to it."""
    put(tmp_path, ZAMMAD)
    (reply,) = [f for f in query(Lake(tmp_path / "lake"), Query(kpis=("speed.first_reply",))) if f.variant == ""]
    assert (reply.value, reply.n) == (1800.0, 1)
    events = settled(Lake(tmp_path / "lake"))
    assert ("stepped", "opening") in [(e["activity"], e["step"]) for e in events if e["case_id"] == "2"]


def test_clocks_are_promises_and_minutes_are_kept(tmp_path: Path) -> None:
    """A difference of nought or more kept the target; minutes are business minutes, kept in seconds."""
    events = put(tmp_path, ZAMMAD)
    ends = {e["subject_id"]: e["activity"] for e in events if e["activity"] in {"promise_kept", "promise_broken"}}
    assert ends == {"1/first_response": "promise_kept", "1/close": "promise_broken"}
    (opened,) = [e for e in events if e["activity"] == "opened" and e["case_id"] == "1"]
    assert json.loads(opened["attributes"])["figures"] == {"first_response_business": 1800.0, "close_business": 3600.0}


def test_tickets_alone(tmp_path: Path) -> None:
    """Without articles and history the first reply and the first and last closing are known, the rest as of the last change."""
    events = put(tmp_path, {"tickets": ZAMMAD["tickets"][:1]})
    kinds = {(e["activity"], e["origin"]) for e in events}
    assert {
        ("message_sent", "exact"),
        ("resolved", "exact"),
        ("status_changed", "aggregate"),
        ("assigned", "aggregate"),
    } <= kinds
    assert [m[1] for m in marks(events) if m[0] == "resolved"] == ["10:00", "12:00"]


def test_a_state_in_another_language_is_told(tmp_path: Path) -> None:
    """History keeps a renamed state as a foreign step, with advice."""
    rows = [moved(1, "state", "neu", "geschlossen", "10:00"), moved(2, "state", "new", "closed", "11:00")]
    drafts, _, (half, issue), _ = load(file(tmp_path, json.dumps({"history": rows}), "a.json"), SOURCE)
    assert half.code == "half-export"
    assert (issue.code, issue.value) == ("unknown-status", "geschlossen")
    assert [(d["activity"], d["step"]) for d in drafts if d["step"]] == [
        ("stepped", "geschlossen"), ("status_changed", "closed"),
    ]  # fmt: skip


def test_what_cannot_be_used_is_rejected(tmp_path: Path) -> None:
    """A ticket that closed before it came, and an article without its ticket."""
    ticket = {**ZAMMAD["tickets"][0], "close_at": clock("08:00")}
    article = {**ZAMMAD["articles"][0], "ticket_id": None}
    _, rejects, _, _ = load(file(tmp_path, json.dumps([ticket, article, *ZAMMAD["articles"]]), "a.json"), SOURCE)
    assert codes(rejects) == [(1, "end-before-start"), (2, "missing-value")]
