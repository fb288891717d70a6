"""The reader of Amazon Connect, on records made from its published definitions."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from tests.kpi.test_oracles_contacts import at, call
from tests.log.reading import codes, failing, file, load
from troth.log.check import check
from troth.log.readers import ReadOptions, guess, reader

SOURCE = "amazon-connect"


def lines(*records: dict[str, Any]) -> str:
    return "".join(json.dumps(record) + "\n" for record in records)


def agent_event(kind: str, seconds: float, **other: Any) -> dict[str, Any]:
    """Return an agent event; `status` and `kind_of` are the agent's, `contacts` the states of contacts at hand."""
    status = {
        "ARN": "arn:x/state/1",
        "Name": other.get("status", "Available"),
        "Type": other.get("kind_of", "ROUTABLE"),
    }
    states = [{"ContactId": f"k{n}", "State": state} for n, state in enumerate(other.get("contacts", ()))]
    return {
        "AWSAccountId": "1",
        "AgentARN": "arn:aws:connect:eu-west-2:1:instance/i/agent/a-1",
        "EventId": f"{kind}-{seconds}",
        "EventTimestamp": at(seconds).replace("Z", ".123Z"),
        "EventType": kind,
        "Version": "2017-10-01",
        "CurrentAgentSnapshot": {
            "AgentStatus": status,
            "Configuration": {"Username": "ana", "RoutingProfile": {"Name": "basic"}},
            "Contacts": states,
        },
        "PreviousAgentSnapshot": None,
    }


def by_id(drafts: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {draft["source_id"]: draft for draft in drafts}


def test_a_record_becomes_the_course_of_its_contact(tmp_path: Path) -> None:
    """Each time of the record is an event; names stand where codes and people belong, a number is never told."""
    record = call(
        "k",
        Agent={**call("k")["Agent"], "HierarchyGroups": {"Level1": {"GroupName": "all"}, "Level2": {"GroupName": "cards-1"}}},
        CustomerEndpoint={"Address": "+37060000001", "Type": "TELEPHONE_NUMBER"},
        DisconnectReason="CUSTOMER_DISCONNECT",
        AgentConnectionAttempts=2,
    )  # fmt: skip
    drafts, rejects, issues, rows = load(file(tmp_path, lines(record), "a.json"), SOURCE)
    assert (rejects, issues, rows) == ([], [], 1)
    found = by_id(drafts)
    assert list(found) == ["k/arrived", "k/queued", "k/answered", "k/left", "k/wrapped"]
    left = found["k/left"]
    assert (left["activity"], left["agent_id"], left["team"], left["queue"]) == ("ended", "ana", "cards-1", "cards")
    assert (left["channel"], left["direction"], left["origin"]) == ("phone", "in", "exact")
    said = json.loads(left["attributes"])
    assert said["reason"] == "CUSTOMER_DISCONNECT"
    assert said["foreign"] == {"InitiationMethod": "INBOUND", "AgentConnectionAttempts": "2"}
    assert said["figures"]["AfterContactWorkDuration"] == 20.0
    assert len({d["customer_id"] for d in drafts}) == 1
    assert "37060000001" not in str(drafts)
    good, bad = check(next(iter(reader(SOURCE).read(tmp_path / "a.json", ReadOptions()))).drafts)
    assert (len(good), len(bad)) == (5, 0)


def test_names_are_taken_from_arns_where_there_is_no_other(tmp_path: Path) -> None:
    """A record without a username or queue name keeps the ends of their ARNs apart."""
    record = call("k")
    record["Agent"] = {**record["Agent"], "Username": None, "ARN": "arn:aws:connect:x:1:instance/i/agent/a-7"}
    record["Queue"] = {**record["Queue"], "Name": None, "ARN": "arn:aws:connect:x:1:instance/i/queue/q-7"}
    found = by_id(load(file(tmp_path, lines(record)), SOURCE)[0])
    assert (found["k/answered"]["agent_id"], found["k/queued"]["queue"]) == ("a-7", "q-7")


def test_a_chat_and_a_call_out(tmp_path: Path) -> None:
    """Channels keep their names; a call we made did not arrive, and is not waited for."""
    out = call("o", InitiationMethod="OUTBOUND", Queue=None)
    found = by_id(load(file(tmp_path, lines(call("c", Channel="CHAT"), out)), SOURCE)[0])
    assert found["c/queued"]["channel"] == "chat"
    assert [s for s in found if s.startswith("o/")] == ["o/answered", "o/left", "o/wrapped"]
    assert found["o/answered"]["direction"] == "out"


def test_listening_in_is_no_contact_of_a_customer(tmp_path: Path) -> None:
    """A supervisor's record of monitoring would otherwise count as a handled call."""
    drafts = load(file(tmp_path, lines(call("m", InitiationMethod="MONITOR"))), SOURCE)[0]
    assert [(d["activity"], d["step"]) for d in drafts] == [("stepped", "MONITOR")]


def test_a_queue_transfer_tells_of_the_contact_before(tmp_path: Path) -> None:
    """The one who waited went on to another queue: not abandoned, not answered, flowed out."""
    first = call("a", talk=None, NextContactId="b")
    then = call("b", start=40, InitiationMethod="QUEUE_TRANSFER", PreviousContactId="a", InitialContactId="a")
    found = by_id(load(file(tmp_path, lines(first, then)), SOURCE)[0])
    assert found["a/left"]["activity"] == "ended"
    handed = found["b/queue_transfer"]
    assert (handed["activity"], handed["contact_id"], handed["case_id"]) == ("transferred", "a", "a")
    assert json.loads(handed["attributes"]) == {"next_contact_id": "b", "to_queue": "cards"}


def test_unknown_fields_are_kept_and_told(tmp_path: Path) -> None:
    """A field of tomorrow stops nothing: a plain value goes into foreign, a list or object is told of only."""
    record = call("k", NewWord="x", NewNumber=7, NewThing={"a": 1})
    drafts, _, issues, _ = load(file(tmp_path, lines(record, call("l"))), SOURCE)
    foreign = json.loads(by_id(drafts)["k/left"]["attributes"])["foreign"]
    assert foreign == {"InitiationMethod": "INBOUND", "NewNumber": 7, "NewWord": "x"}
    assert [(i.code, i.value, i.count) for i in issues] == [
        ("unknown-field", f"contact record: {name}", 1) for name in ("NewNumber", "NewThing", "NewWord")
    ]


def test_a_broken_record_stays_alone(tmp_path: Path) -> None:
    """Cut, of another kind, with a bad time or without an id: each is a reject with its line, the others land."""
    bad = [
        lines(call("b"))[:90] + "\n",
        '{"colour": "blue"}\n',
        lines({**call("b"), "InitiationTimestamp": "yesterday"}),
        lines({**call("b"), "ContactId": None}),
        lines({**call("b"), "DisconnectTimestamp": at(-60)}),
        "7\n",
    ]
    drafts, rejects, _, rows = load(file(tmp_path, lines(call("a")) + "".join(bad) + lines(call("z"))), SOURCE)
    assert {d["contact_id"] for d in drafts} == {"a", "z"}
    assert codes(rejects) == [
        (2, "bad-json"), (3, "unknown-record"), (4, "bad-time"), (5, "missing-value"), (6, "end-before-start"),
        (7, "bad-json"),
    ]  # fmt: skip
    assert rows == 8
    assert all(r["advice"].startswith("Maybe") for r in rejects)
    assert rejects[3]["column"] == "ContactId"


def test_however_records_are_packed_they_are_the_same(tmp_path: Path) -> None:
    """Lines, objects without anything between them as a stream leaves them, a list, a page, gzip: equal drafts."""
    records = [call("a"), call("b", talk=None), agent_event("LOGIN", 0)]
    plain = load(file(tmp_path, lines(*records), "a.jsonl"), SOURCE)[0]

    def same(content: str | bytes, name: str) -> bool:
        drafts, rejects, _, rows = load(file(tmp_path, content, name), SOURCE)
        bare = [{k: v for k, v in d.items() if not k.startswith("_")} for d in drafts]
        return (bare, rejects) == ([{k: v for k, v in d.items() if not k.startswith("_")} for d in plain], [])

    assert same("".join(json.dumps(r) for r in records), "joined.json")
    assert same(json.dumps(records, indent=2), "list.json")
    assert same(json.dumps({"Records": records}), "page.json")
    assert same(gzip.compress(lines(*records).encode()), "a.json.gz")
    assert same(lines(*records).encode("utf-8-sig").replace(b"\n", b"\r\n"), "windows.json")


def test_a_cut_file_keeps_what_came_before(tmp_path: Path) -> None:
    """A gzip or list that ends in the middle is told, and what stands before the cut is used."""
    records = [call(f"k{n}", address=str(hash(n))) for n in range(2000)]
    packed = gzip.compress(lines(*records).encode())
    drafts, _, issues, _ = load(file(tmp_path, packed[: len(packed) // 2], "a.gz"), SOURCE)
    assert 0 < len({d["contact_id"] for d in drafts}) < 2000
    assert "truncated-file" in [i.code for i in issues]
    drafts, _, issues, _ = load(file(tmp_path, json.dumps(records[:9])[:-300], "a.json"), SOURCE)
    assert len({d["contact_id"] for d in drafts}) == 8
    assert "bad-json" in [i.code for i in issues]


def test_states_of_agents(tmp_path: Path) -> None:
    """Log-ins are shifts, changes are states by type, contact and name; heartbeats say nothing new."""
    events = [
        agent_event("LOGIN", 0, kind_of="OFFLINE", status="Offline"),
        agent_event("STATE_CHANGE", 10),
        agent_event("HEART_BEAT", 120),
        agent_event("STATE_CHANGE", 130, contacts=["CONNECTED", "ENDED"]),
        agent_event("STATE_CHANGE", 140, contacts=["CONNECTED_ONHOLD"]),
        agent_event("STATE_CHANGE", 150, contacts=["ENDED"]),
        agent_event("STATE_CHANGE", 160, kind_of="CUSTOM", status="Lunch"),
        agent_event("STATE_CHANGE", 170, kind_of="CUSTOM", status="Training"),
        agent_event("LOGOUT", 200, kind_of="OFFLINE", status="Offline"),
    ]
    drafts, rejects, issues, rows = load(file(tmp_path, lines(*events)), SOURCE)
    assert (rejects, issues, rows) == ([], [], 9)
    assert [(d["activity"], d["step"]) for d in sorted(drafts, key=lambda d: (d["occurred_at"], d["activity"]))] == [
        ("shift_started", None), ("state_changed", "offline"), ("state_changed", "available"),
        ("state_changed", "on_contact"), ("state_changed", "on_contact"), ("state_changed", "wrap"),
        ("state_changed", "break"), ("state_changed", "training"), ("shift_ended", None),
    ]  # fmt: skip
    assert {d["agent_id"] for d in drafts} == {"ana"}
    assert drafts[0]["occurred_at"].microsecond == 123_000


def test_a_status_in_another_language_is_told(tmp_path: Path) -> None:
    """A status nobody can read is no time to take calls: it counts as a break, keeps its name, and is told."""
    event = agent_event("STATE_CHANGE", 0, kind_of="CUSTOM", status="Pietūs")
    (draft,), _, (issue,), _ = load(file(tmp_path, lines(event)), SOURCE)
    assert (draft["step"], json.loads(draft["attributes"])["label"]) == ("break", "Pietūs")
    assert (issue.code, issue.value) == ("unknown-agent-status", "Pietūs")


def test_a_record_without_its_update_time_is_told(tmp_path: Path) -> None:
    """Without LastUpdateTimestamp nothing says which copy is newer."""
    _, _, (issue,), _ = load(file(tmp_path, lines(call("k", LastUpdateTimestamp=None))), SOURCE)
    assert issue.code == "no-version"


@pytest.mark.parametrize(
    ("content", "code"),
    [("", "empty-file"), ("<html/>", "other-format"), ("a,b\n1,2\n", "other-format"), ('{"a": 1}\n', "other-format")],
)
def test_another_format_is_refused(tmp_path: Path, content: str, code: str) -> None:
    """Nothing of such a file can be used, and the error says what can be read."""
    (issue,) = failing(file(tmp_path, content, "a.json"), source=SOURCE)
    assert issue.code == code
    assert issue.advice.startswith("Maybe")


def test_the_source_of_a_file_is_guessed(tmp_path: Path) -> None:
    """`--guess` names the source that reads a file, where one does."""
    assert "troth import amazon-connect a.json" in guess(file(tmp_path, lines(call("k")), "a.json"))


def test_a_table_that_could_be_of_a_source_is_proposed_a_mapping_all_the_same(tmp_path: Path) -> None:
    """Many a table looks like tickets: the source is named, and the mapping follows."""
    table = "id,status,created_at,subject\n1,open,2026-03-02T09:00:00Z,x\n2,open,2026-03-02T09:10:00Z,y\n"
    said = guess(file(tmp_path, table, "cases.csv"))
    assert said.startswith("# Maybe no mapping is needed (ticket): troth import zendesk cases.csv\n")
    assert "events:" in said
