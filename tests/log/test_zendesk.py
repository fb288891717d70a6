"""The reader of Zendesk, on tables made from its published definitions: the traps, and what happens without a table."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.log.exports import ZENDESK, Tables, change, clock, comment, ticket, write
from tests.log.lakes import settled
from tests.log.reading import codes, file, load
from troth.kpi.query import Query, query
from troth.log.ingest import ImportReport, ingest
from troth.log.lake import Lake
from troth.log.references import read_reference

SOURCE = "zendesk"


def put(root: Path, tables: Tables) -> tuple[Lake, ImportReport]:
    """Return a lake with all tables of a folder."""
    write(root / "export", tables)
    lake = Lake(root / "lake")
    return lake, ingest(lake, source=SOURCE, paths=[root / "export"])


def of(lake: Lake, case: int, *activities: str) -> list[dict[str, Any]]:
    """Return the events of a ticket in order of time."""
    rows = [e for e in settled(lake) if e["case_id"] == str(case) and (not activities or e["activity"] in activities)]
    return sorted(rows, key=lambda e: (e["occurred_at"], e["activity"]))


def said(event: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(event["attributes"] or "{}")
    return found


def figure(lake: Lake, name: str) -> tuple[float | None, int]:
    """Return value and count of a KPI in one variant."""
    kpi, _, variant = name.partition("/")
    found = next(f for f in query(lake, Query(kpis=(kpi,))) if f.variant == variant)
    return found.value, found.n


def test_a_whole_export(tmp_path: Path) -> None:
    """All tables together: nothing rejected, the one ticket whose target was never applied is told of nowhere, no free text."""
    lake, report = put(tmp_path, ZENDESK)
    assert (report.rejects, report.failed) == (0, 0)
    assert report.issues == []
    assert "Secret" not in str(settled(lake))
    times = [(e["activity"], e["occurred_at"].strftime("%H:%M")) for e in of(lake, 1) if e["activity"] != "stepped"]
    assert times == [
        ("message_received", "09:00"), ("opened", "09:00"), ("promised", "09:00"), ("status_changed", "09:00"),
        ("assigned", "09:05"), ("assigned", "09:05"), ("message_sent", "09:20"), ("promise_broken", "09:20"),
        ("message_sent", "09:30"), ("promise_kept", "09:30"), ("resolved", "09:30"), ("status_changed", "09:30"),
        ("reopened", "10:00"), ("status_changed", "10:00"), ("status_changed", "10:10"), ("assigned", "10:20"),
        ("resolved", "11:00"), ("status_changed", "11:00"), ("survey_answered", "12:00"), ("survey_sent", "12:00"),
    ]  # fmt: skip
    assert [e["step"] for e in of(lake, 1, "status_changed")] == ["new", "solved", "open", "on_hold", "solved"]
    assert {(e["agent_id"], e["team"]) for e in of(lake, 1, "assigned")} == {("7", "5"), ("8", "5")}


def test_agents_become_people_and_customers_do_not(tmp_path: Path) -> None:
    """The table of users tells who is an agent, by number; no name comes in."""
    lake, _ = put(tmp_path, ZENDESK)
    people = read_reference(lake, "people")
    assert [(p["agent_id"], p["role"], p["title"]) for p in sorted(people, key=lambda p: p["agent_id"])] == [
        ("7", "agent", None), ("8", "admin", None),
    ]  # fmt: skip


def test_the_first_reply_is_the_first_public_comment_of_an_agent(tmp_path: Path) -> None:
    """A private comment is none; a ticket an agent opened with a comment is replied to by the second."""
    tables = ZENDESK | {"tickets": ZENDESK["tickets"][:2], "metrics": []}
    lake, _ = put(tmp_path, tables)
    assert of(lake, 2, "opened")[0]["direction"] == "out"
    # Ticket 1: 30 minutes to the public comment, but reopened after it; ticket 2: 40 minutes to the second one.
    assert figure(lake, "speed.first_reply") == ((30 + 40) / 2 * 60, 2)


def test_nobody_replied_to_a_ticket_that_was_only_opened(tmp_path: Path) -> None:
    """An agent's own opening comment is no reply: without a second one there is no reply time at all."""
    tables = {
        "users": ZENDESK["users"],
        "tickets": [ticket(2, submitter_id=7)],
        "comments": [comment(21, 2, "09:00", 7)],
    }
    lake, _ = put(tmp_path, tables)
    assert figure(lake, "speed.first_reply") == (None, 0)


def test_one_touch_without_any_reply(tmp_path: Path) -> None:
    """Solved without a reply is one touch by Zendesk's formula; by exactly one reply it is not."""
    tables = {
        "users": ZENDESK["users"],
        "tickets": [ticket(1, status="solved"), ticket(2, status="solved")],
        "comments": [comment(n, 2, f"09:{n}", 7) for n in (10, 20)],
        "history": [change(n, "status", "10:00", "solved") for n in (1, 2)],
    }
    lake, _ = put(tmp_path, tables)
    assert figure(lake, "outcome.first_contact/touch_zendesk") == (0.5, 2)
    assert figure(lake, "outcome.first_contact/touch")[0] == 0.0


def test_deleted_and_merged_tickets(tmp_path: Path) -> None:
    """A deleted ticket is cancelled and closed; a merged one is named by the one it was joined into."""
    lake, _ = put(tmp_path, ZENDESK)
    assert [e["step"] for e in of(lake, 3, "status_changed")] == ["cancelled"]
    assert said(of(lake, 3, "closed")[0]) == {"code": "deleted"}
    (merged,) = of(lake, 5, "merged")
    assert said(merged) == {"merged_into": "4"}
    assert merged["origin"] == "aggregate"


def test_bots_and_the_system_are_no_agents(tmp_path: Path) -> None:
    """A comment over a bot's channel is a bot's, one of person -1 the system's: neither is a reply of a person."""
    rows = [
        {**comment(1, 1, "09:05", 7), "via": {"channel": "answer_bot_for_web_widget"}},
        {**comment(2, 1, "09:06", 7), "author_id": -1},
    ]
    lake, _ = put(tmp_path, {"users": ZENDESK["users"], "tickets": [ticket(1)], "comments": rows})
    assert [(e["actor"], e["agent_id"]) for e in of(lake, 1, "message_sent")] == [("bot", None), ("system", None)]
    assert figure(lake, "speed.first_reply") == (None, 0)


def test_targets_are_promises(tmp_path: Path) -> None:
    """An applied target is a promise, a breach breaks it; fulfilled without a target nothing was promised."""
    lake, _ = put(tmp_path, ZENDESK)
    (promised,) = of(lake, 1, "promised")
    assert said(promised)["due_at"] == "2026-03-02T09:20:00Z"
    assert (said(promised)["kind"], said(promised)["label"]) == ("reply_time", "Gold")
    assert of(lake, 2, "promise_kept") == []
    assert figure(lake, "promise.kept") == (0.0, 1)


def test_the_own_figures_are_kept(tmp_path: Path) -> None:
    """Zendesk's metrics and the status of a metric event, in seconds by their own names, to be compared with ours."""
    lake, _ = put(tmp_path, ZENDESK)
    figures = [said(e)["figures"] for e in of(lake, 1) if "figures" in said(e)]
    assert {"calendar": 1800.0, "business": 1500.0} in figures
    (metrics,) = [f for f in figures if "replies" in f]
    assert (metrics["reply_time_business"], metrics["full_resolution_time_calendar"]) == (1500.0, 7200.0)
    assert (metrics["reopens"], metrics["assignee_stations"]) == (1.0, 2.0)


def test_audits_tell_the_same_as_history_and_comments(tmp_path: Path) -> None:
    """The API's audits and a warehouse's tables give the same events under the same ids; both together change nothing."""
    rows = [
        ("09:00", 100, [{"id": 11, "type": "Comment", "author_id": 100, "public": True},
                        {"id": 61, "type": "Create", "field_name": "status", "value": "new"}]),
        ("09:05", 7, [{"id": 62, "type": "Change", "field_name": "group_id", "value": "5", "previous_value": None},
                      {"id": 63, "type": "Change", "field_name": "assignee_id", "value": "7", "previous_value": None}]),
        ("09:30", 7, [{"id": 13, "type": "Comment", "author_id": 7, "public": True},
                      {"id": 64, "type": "Change", "field_name": "status", "value": "solved", "previous_value": "new"}]),
        ("10:00", 100, [{"id": 65, "type": "Change", "field_name": "status", "value": "open", "previous_value": "solved"}]),
    ]  # fmt: skip
    audits = [
        {"id": n, "ticket_id": 1, "created_at": clock(time), "author_id": person, "events": events, "metadata": {}}
        for n, (time, person, events) in enumerate(rows)
    ]
    base: Tables = {"users": ZENDESK["users"], "tickets": [ticket(1)]}
    tables = {
        "comments": [comment(11, 1, "09:00", 100), comment(13, 1, "09:30", 7)],
        "history": [ZENDESK["history"][n] for n in (0, 1, 2, 3, 4)],
    }
    one, _ = put(tmp_path / "one", base | {"audits": audits})
    two, _ = put(tmp_path / "two", base | tables)
    both, _ = put(tmp_path / "both", base | tables | {"audits": audits})
    assert of(one, 1, "reopened")
    assert settled(one) == settled(two) == settled(both)


def test_without_history_only_the_present_state_is_known(tmp_path: Path) -> None:
    """Tickets alone give their opening exactly, status and holder as of the last change, marked approximate."""
    lake, report = put(tmp_path, {"tickets": [ticket(1, status="pending")]})
    assert [(e["activity"], e["step"], e["origin"]) for e in of(lake, 1)] == [
        ("opened", None, "exact"), ("assigned", None, "aggregate"), ("status_changed", "pending", "aggregate"),
    ]  # fmt: skip
    assert report.issues == []


def test_without_comments_metrics_tell_of_the_reply(tmp_path: Path) -> None:
    """Half the tables: the reply is known from its minutes, marked approximate; with comments it is a mere step."""
    half = {"tickets": [ticket(1)], "metrics": ZENDESK["metrics"]}
    lake, _ = put(tmp_path / "half", half)
    (reply,) = of(lake, 1, "message_sent")
    assert (reply["occurred_at"].strftime("%H:%M"), reply["origin"]) == ("09:30", "aggregate")
    assert figure(lake, "speed.first_reply") == (1800.0, 1)
    # The other tables come later, into the same folder and lake.
    lake, _ = put(tmp_path / "half", half | {"users": ZENDESK["users"], "comments": ZENDESK["comments"][:3]})
    (inner, reply) = of(lake, 1, "message_sent")
    assert (inner["direction"], reply["origin"], reply["agent_id"]) == ("internal", "exact", "7")


def test_a_metric_event_without_its_ticket_is_told(tmp_path: Path) -> None:
    """The event is kept; the advice is to put tickets beside."""
    lake, report = put(tmp_path, {"tickets": [ticket(2)], "events": ZENDESK["metric_events"][:2]})
    (issue,) = report.issues
    assert (issue.code, issue.value, issue.count) == ("metric-without-ticket", "1", 2)
    assert len(of(lake, 1)) == 2


def test_a_comment_by_nobody_knows_whom_is_told(tmp_path: Path) -> None:
    """Without users a public comment is no reply and no message; the asker's own and private ones are known anyway."""
    rows = [comment(1, 1, "09:00", 100), comment(2, 1, "09:10", 7), comment(3, 1, "09:20", 7, public=False)]
    lake, report = put(tmp_path, {"tickets": [ticket(1)], "comments": rows})
    assert [e["activity"] for e in of(lake, 1) if e["source_id"].startswith("comment/")] == [
        "message_received", "stepped", "message_sent",
    ]  # fmt: skip
    assert [(i.code, i.value) for i in report.issues] == [("unknown-author", "7")]


@pytest.mark.parametrize("status", ["gelöst", "Waiting for parts"])
def test_a_status_in_another_language_is_told(tmp_path: Path, status: str) -> None:
    """It stays as a foreign step, in tickets as in history; the status before it goes on."""
    tables = {"tickets": [ticket(1, status=status)], "history": [change(2, "status", "09:00", status)]}
    lake, report = put(tmp_path, tables)
    assert {(i.code, i.value) for i in report.issues} == {("unknown-status", status)}
    assert [(e["activity"], e["step"]) for e in of(lake, 1) if e["step"]] == [("stepped", status)]


def test_the_shape_of_a_warehouse(tmp_path: Path) -> None:
    """CSV with flat names and times that say UTC is read as the API's JSON is."""
    head = "id,status,created_at,updated_at,requester_id,submitter_id,assignee_id,group_id,priority,type,via_channel,_fivetran_synced\n"
    row = "1,open,2026-03-02 09:00:00 UTC,2026-03-02 12:00:00.000000 UTC,100,100,7,5,high,incident,email,x\n"
    flat, rejects, issues, _ = load(file(tmp_path, head + row, "ticket.csv"), SOURCE)
    (tmp_path / "ticket.csv").unlink()
    api = load(file(tmp_path, json.dumps({"tickets": [ticket(1)], "next_page": None}), "a.json"), SOURCE)[0]
    assert (rejects, issues) == ([], [])
    assert [{k: v for k, v in d.items() if k[0] != "_"} for d in flat] == [
        {k: v for k, v in d.items() if k[0] != "_"} for d in api
    ]


def test_what_cannot_be_used_is_rejected(tmp_path: Path) -> None:
    """A comment of the API without its ticket, a bad time, times in the wrong order: each with its reason."""
    lone = {k: v for k, v in comment(1, 1, "09:00", 7).items() if k != "ticket_id"}
    rows = [lone, ticket(1, created_at="soon"), ticket(2, updated_at=clock("08:00")), ticket(3)]
    drafts, rejects, _, _ = load(file(tmp_path, json.dumps(rows), "a.json"), SOURCE)
    assert codes(rejects) == [(1, "missing-value"), (2, "bad-time"), (3, "end-before-start")]
    assert {d["case_id"] for d in drafts} == {"3"}


def test_tables_that_are_of_no_use_here_are_named(tmp_path: Path) -> None:
    """A schedule is known and passed over, with a word."""
    _, _, issues, rows = load(file(tmp_path, "id,start_time,end_time,time_zone\n1,720,1560,UTC\n", "a.csv"), SOURCE)
    assert ([i.code for i in issues], rows) == (["table-not-used"], 1)
