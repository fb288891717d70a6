"""Published rules about contact records, each through the real way: a file, an import, a question, a number.

The records are made from the published definitions of Amazon Connect's contact records; nothing here was exported by it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.log.lakes import settled
from troth.kpi.definition import Figure
from troth.kpi.query import Query, query
from troth.log.ingest import ingest
from troth.log.lake import Lake

NINE = datetime(2026, 3, 2, 9, tzinfo=UTC)


def at(seconds: float) -> str:
    """Return a time so many seconds after nine, as records write it."""
    return (NINE + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")


def call(
    name: str, *, start: float = 0, wait: float = 30, talk: float | None = 120, updated: float = 1000, **other: Any
) -> dict[str, Any]:
    """Return the record of a call that waited and was answered, or was not (`talk` None)."""
    queued, over = start + 5, start + 5 + wait
    agent = {
        "Username": "ana",
        "ConnectedToAgentTimestamp": at(over),
        "AgentInteractionDuration": talk,
        "CustomerHoldDuration": 0,
        "AfterContactWorkStartTimestamp": at(over + (talk or 0)),
        "AfterContactWorkEndTimestamp": at(over + (talk or 0) + 20),
        "AfterContactWorkDuration": 20,
    }
    return {
        "ContactId": name,
        "Channel": "VOICE",
        "InitiationMethod": "INBOUND",
        "InitiationTimestamp": at(start),
        "DisconnectTimestamp": at(over + (talk or 0)),
        "LastUpdateTimestamp": at(updated),
        "Queue": {
            "Name": "cards",
            "EnqueueTimestamp": at(queued),
            "DequeueTimestamp": at(over),
            "Duration": int(wait),
        },
        "Agent": None if talk is None else agent,
        **other,
    }


def load(root: Path, *files: Iterable[dict[str, Any]]) -> Lake:
    """Return a lake with files of records, imported one after another."""
    root.mkdir(parents=True, exist_ok=True)
    for number, records in enumerate(files):
        path = root / f"{number}.jsonl"
        path.write_text("".join(json.dumps(record) + "\n" for record in records))
        report = ingest(Lake(root / "lake"), source="amazon-connect", paths=[path])
        assert (report.rejects, report.issues) == (0, [])
    return Lake(root / "lake")


def figure(lake: Lake, name: str) -> Figure:
    """Return one KPI in one variant over the whole log."""
    kpi, _, variant = name.partition("/")
    return next(f for f in query(lake, Query(kpis=(kpi,))) if f.variant == variant)


def test_a_record_delivered_again_is_one_contact_with_the_newest_values(tmp_path: Path) -> None:
    """AWS: delivery is at least once; of copies of one record the one with the newest LastUpdateTimestamp counts."""
    old = call("k", wait=30, talk=None, updated=100)
    new = call("k", wait=40, talk=120, updated=200)
    found = load(tmp_path, [old], [new], [new])
    assert figure(found, "speed.answer").n == 1
    assert figure(found, "speed.answer").value == 40.0
    assert figure(found, "flow.abandonment").value == 0.0
    assert figure(found, "speed.handle").value == 140.0


def test_an_older_copy_that_arrives_late_is_ignored(tmp_path: Path) -> None:
    """AWS: whatever the order of three copies, in one file or several, the newest one is what happened."""
    copies = [call("k", wait=10 * n, talk=None if n < 3 else 60, updated=n * 100) for n in (1, 2, 3)]
    alone = settled(load(tmp_path / "alone", [copies[2]]))
    assert {e["activity"] for e in alone} == {"arrived", "queued", "answered", "ended", "wrapped"}
    assert settled(load(tmp_path / "one", [copies[2], copies[0], copies[1]])) == alone
    for number, order in enumerate([copies, copies[::-1], [copies[1], copies[2], copies[0]]]):
        assert settled(load(tmp_path / f"{number}", *[[copy] for copy in order])) == alone


def test_a_queue_without_an_agent_is_abandoned(tmp_path: Path) -> None:
    """AWS: a record with a queue and an enqueue time but no time of connecting to an agent was abandoned."""
    found = load(tmp_path, [call("gone", wait=42, talk=None), call("served")])
    abandonment = figure(found, "flow.abandonment")
    assert (abandonment.value, abandonment.n) == (0.5, 2)
    (left,) = [e for e in settled(found) if e["activity"] == "abandoned"]
    assert left["occurred_at"] == NINE + timedelta(seconds=47)


def test_who_asked_for_a_call_back_did_not_abandon(tmp_path: Path) -> None:
    """AWS: a contact that left the queue for a callback is not abandoned; the callback is a record of its own."""
    asked = call("asked", wait=42, talk=None, NextContactId="back")
    back = call(
        "back", start=600, wait=5, InitiationMethod="CALLBACK", PreviousContactId="asked", InitialContactId="asked"
    )
    gone = call("gone", wait=42, talk=None)
    for number, order in enumerate([[asked, back, gone], [gone, back, asked]]):
        found = load(tmp_path / str(number), order)
        abandonment = figure(found, "flow.abandonment")
        assert abandonment.value == pytest.approx(1 / 3)
        assert abandonment.n == 3


def test_a_callback_nobody_answered_is_not_abandoned(tmp_path: Path) -> None:
    """The customer did not leave a queue: it was the organisation that called."""
    back = call("back", talk=None, InitiationMethod="CALLBACK", PreviousContactId="asked", InitialContactId="asked")
    assert figure(load(tmp_path, [back]), "flow.abandonment").value == 0.0


def test_a_transfer_is_a_record_of_its_own(tmp_path: Path) -> None:
    """AWS: a transferred call is two contacts of one case: each is handled, and the case was handed on once."""
    first = call("a", wait=10, talk=100, NextContactId="b")
    then = call(
        "b", start=115, wait=20, talk=200, InitiationMethod="TRANSFER", PreviousContactId="a", InitialContactId="a"
    )
    found = load(tmp_path, [then], [first])
    handle = figure(found, "speed.handle")
    assert (handle.value, handle.n) == ((120.0 + 220.0) / 2, 2)
    rows = settled(found)
    assert {e["case_id"] for e in rows} == {"a"}
    (handed,) = [e for e in rows if e["activity"] == "transferred"]
    assert (handed["contact_id"], json.loads(handed["attributes"])["next_contact_id"]) == ("a", "b")
    (escalation,) = [f for f in query(found, Query(kpis=("flow.escalation",))) if f.variant == ""]
    assert (escalation.value, escalation.n) == (1.0, 1)


def test_service_level_as_connect_counts_it(tmp_path: Path) -> None:
    """Of 100 queued, 70 answered and 10 abandoned within 20 s, 20 answered later: 80 % by Connect, 70 % by answers alone."""
    ways = [("answered", 15, 60, 70), ("gone", 20, None, 10), ("late", 60, 60, 20)]
    calls = [
        call(f"{name}{n}", start=300 * n, wait=wait, talk=talk, updated=90_000)
        for name, wait, talk, count in ways
        for n in range(count)
    ]
    found = load(tmp_path, calls)
    assert figure(found, "sla.service_level").value == 0.8
    assert figure(found, "sla.service_level/answered").value == 0.7
    assert figure(found, "sla.service_level/without_short_abandons").value == pytest.approx(70 / 90)


def test_speed_of_answer_is_the_queue_duration_of_the_answered(tmp_path: Path) -> None:
    """Connect's average queue answer time: from the queue to the agent, those who left aside; its own figures are kept."""
    found = load(tmp_path, [call("a", wait=12), call("b", wait=30), call("c", wait=90, talk=None)])
    assert figure(found, "speed.answer").value == 21.0
    figures = [json.loads(e["attributes"])["figures"] for e in settled(found) if e["source_id"].endswith("/left")]
    assert [f["QueueDuration"] for f in figures] == [12.0, 30.0, 90.0]
    assert [f.get("AgentInteractionDuration") for f in figures] == [120.0, 120.0, None]


def test_hold_is_known_as_a_sum_only(tmp_path: Path) -> None:
    """CustomerHoldDuration says how long, not when: handling includes it, and is marked approximate."""
    held = call("a", talk=120)
    held["Agent"] |= {"CustomerHoldDuration": 40, "NumberOfHolds": 2}
    found = load(tmp_path, [held])
    assert figure(found, "speed.handle").value == 140.0
    assert figure(found, "speed.handle").approximate
    assert not figure(found, "speed.answer").approximate
