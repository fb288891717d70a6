"""The reader of Chatwoot, on tables made from its published definitions."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.log.exports import CHATWOOT, Tables, write
from tests.log.lakes import settled
from tests.log.reading import file, load
from troth.log.ingest import ingest
from troth.log.lake import Lake

SOURCE = "chatwoot"


def put(root: Path, tables: Tables) -> list[dict[str, Any]]:
    """Return the settled events of an export, by time."""
    report = ingest(Lake(root / "lake"), source=SOURCE, paths=write(root / "export", tables))
    assert (report.rejects, report.issues) == (0, [])
    return sorted(settled(Lake(root / "lake")), key=lambda e: (e["occurred_at"], e["activity"]))


def words(events: list[dict[str, Any]], *activities: str) -> list[tuple[str, str | None, str | None]]:
    return [
        (e["occurred_at"].strftime("%H:%M:%S"), e["actor"], e["direction"])
        for e in events
        if e["activity"] in activities
    ]


def test_a_whole_export(tmp_path: Path) -> None:
    """Messages by who wrote them, ends from reporting events; activity notes and free text stay behind."""
    events = put(tmp_path, CHATWOOT)
    assert "Secret" not in str(events)
    assert words(events, "message_received") == [("09:00:00", None, "in")]
    assert words(events, "message_sent") == [
        ("09:01:00", "bot", "out"), ("09:08:20", "human", "internal"), ("09:16:40", "human", "out"), ("09:16:42", "system", "out"),
    ]  # fmt: skip
    assert words(events, "escalated") == [("09:01:40", "bot", None)]
    assert [e["occurred_at"].strftime("%H:%M:%S") for e in events if e["activity"] == "reopened"] == ["09:43:20"]
    assert [(e["queue"], e["channel"], e["priority"]) for e in events if e["activity"] == "opened"] == [
        ("3", "Channel::Email", "high")
    ]
    (rated,) = [e for e in events if e["activity"] == "survey_answered"]
    assert (rated["value"], rated["agent_id"], json.loads(rated["attributes"])) == (
        4.0,
        "7",
        {"scale": 5, "scale_low": 1},
    )


def test_the_end_counts_and_not_the_value(tmp_path: Path) -> None:
    """An older listener's value moves with any change of the row, so a resolution is where its event ends."""
    events = put(tmp_path, CHATWOOT)
    (end,) = [e for e in events if e["activity"] == "resolved"]
    assert (end["occurred_at"].strftime("%H:%M:%S"), end["actor"], end["agent_id"]) == ("09:33:20", "human", "7")
    assert json.loads(end["attributes"])["figures"] == {"calendar": 99999.0}


def test_half_the_tables(tmp_path: Path) -> None:
    """Conversations alone tell of reply and end as of their own columns, approximately; other tables do better."""
    alone = put(tmp_path / "alone", {"conversations": CHATWOOT["conversations"]})
    assert [(e["activity"], e["origin"]) for e in alone if e["activity"] in {"message_sent", "resolved"}] == [
        ("message_sent", "aggregate"), ("resolved", "aggregate"),
    ]  # fmt: skip
    events = {k: v for k, v in CHATWOOT.items() if k in {"conversations", "reporting_events"}}
    told = put(tmp_path / "events", events)
    assert [(e["activity"], e["origin"]) for e in told if e["activity"] in {"message_sent", "resolved"}] == [
        ("message_sent", "exact"), ("resolved", "exact"),
    ]  # fmt: skip


def test_tables_as_csv_with_numbers_for_words(tmp_path: Path) -> None:
    """A dump has statuses and types as numbers and times without a zone, which are UTC only if somebody says so."""
    text = "id,conversation_id,message_type,private,sender_type,sender_id,created_at\n"
    text += "1,1,1,f,User,7,2026-03-02 09:10:00.123\n2,1,1,t,Captain::Assistant,8,2026-03-02 09:11:00\n"
    path = file(tmp_path, text, "messages.csv")
    drafts, rejects, issues, _ = load(path, SOURCE, time_zone="UTC")
    assert [(d["actor"], d["direction"], d["origin"]) for d in drafts] == [
        ("human", "out", "exact"), ("bot", "internal", "exact"),
    ]  # fmt: skip
    assert (rejects, [issue.code for issue in issues]) == ([], ["half-export"])
    drafts, _, (_, issue), _ = load(path, SOURCE)
    assert (issue.code, issue.count, {d["origin"] for d in drafts}) == ("assumed-utc", 2, {"assumed_zone"})


def test_a_status_in_another_language_is_told(tmp_path: Path) -> None:
    """The conversation lands, its status as a foreign step."""
    row = {**CHATWOOT["conversations"][0], "status": "gelöst"}
    drafts, _, (issue,), _ = load(file(tmp_path, json.dumps([row]), "a.json"), SOURCE)
    assert (issue.code, issue.value) == ("unknown-status", "gelöst")
    assert ("stepped", "gelöst") in [(d["activity"], d["step"]) for d in drafts]
