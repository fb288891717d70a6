"""Small exports of other systems, made from their published definitions: tables as records, by the name of their file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.kpi.test_oracles_contacts import call

Record = dict[str, Any]
Tables = dict[str, list[Record]]
DAY = "2026-03-02"


def clock(text: str) -> str:
    """Return a time of the day as an API writes it."""
    return f"{DAY}T{text}:00Z"


def ticket(number: int, **other: Any) -> Record:
    """Return a ticket of Zendesk, asked by person 100 by e-mail at nine."""
    return {
        "id": number, "status": "open", "created_at": clock("09:00"), "updated_at": clock("12:00"), "requester_id": 100,
        "submitter_id": 100, "assignee_id": 7, "group_id": 5, "priority": "high", "type": "incident",
        "via": {"channel": "email"}, "tags": ["card"], "merged_ticket_ids": [], "subject": "Secret", **other,
    }  # fmt: skip


def comment(number: int, case: int, time: str, author: int, *, public: bool = True) -> Record:
    """Return a comment of Zendesk."""
    return {
        "id": number, "ticket_id": case, "created_at": clock(time), "author_id": author, "public": public,
        "body": "Secret", "type": "Comment",
    }  # fmt: skip


def change(case: int, field: str, time: str, value: Any, person: int = 7) -> Record:
    """Return a row of a warehouse's history of fields."""
    return {"ticket_id": case, "field_name": field, "updated": clock(time), "value": value, "user_id": person}


ZENDESK: Tables = {
    "users": [
        {"id": 7, "role": "agent", "name": "Ann"},
        {"id": 8, "role": "admin", "name": "Bea"},
        {"id": 100, "role": "end-user", "name": "Cid"},
    ],
    "tickets": [
        ticket(1, status="solved", satisfaction_rating={"score": "good"}),
        ticket(2, submitter_id=7),
        ticket(3, status="deleted"),
        ticket(4, status="solved", merged_ticket_ids=[5]),
        ticket(5, status="closed", tags=["closed_by_merge"]),
    ],
    "comments": [
        comment(11, 1, "09:00", 100),
        comment(12, 1, "09:20", 7, public=False),
        comment(13, 1, "09:30", 7),
        comment(21, 2, "09:00", 7),
        comment(22, 2, "09:10", 100),
        comment(23, 2, "09:40", 7),
    ],
    "history": [
        change(1, "status", "09:00", "new", 100),
        change(1, "group_id", "09:05", 5),
        change(1, "assignee_id", "09:05", 7),
        change(1, "status", "09:30", "solved"),
        change(1, "status", "10:00", "open", 100),
        change(1, "priority", "10:05", "urgent"),
        change(1, "status", "10:10", "hold"),
        change(1, "assignee_id", "10:20", 8),
        change(1, "status", "11:00", "solved", 8),
        change(4, "status", "11:00", "solved", 8),
    ],
    "metric_events": [
        {
            "id": 31, "ticket_id": 1, "metric": "reply_time", "instance_id": 1, "type": "apply_sla", "time": clock("09:00"),
            "sla": {"target": 20, "target_in_seconds": 1200, "business_hours": False, "policy": {"id": 1, "title": "Gold"}},
        },
        {"id": 32, "ticket_id": 1, "metric": "reply_time", "instance_id": 1, "type": "breach", "time": clock("09:20")},
        {"id": 33, "ticket_id": 1, "metric": "reply_time", "instance_id": 1, "type": "fulfill", "time": clock("09:30")},
        {
            "id": 34, "ticket_id": 1, "metric": "reply_time", "instance_id": 1, "type": "update_status",
            "time": clock("09:30"), "status": {"calendar": 30, "business": 25},
        },
        {"id": 35, "ticket_id": 2, "metric": "agent_work_time", "instance_id": 1, "type": "fulfill", "time": clock("09:40")},
    ],
    "metrics": [
        {
            "id": 41, "ticket_id": 1, "created_at": clock("09:00"), "updated_at": clock("11:00"),
            "initially_assigned_at": clock("09:05"), "solved_at": clock("11:00"), "reopens": 1, "replies": 1,
            "assignee_stations": 2, "group_stations": 1, "reply_time_in_minutes": {"calendar": 30, "business": 25},
            "full_resolution_time_in_minutes": {"calendar": 120, "business": 100},
        }
    ],
}  # fmt: skip

_T = 1772442000  # nine o'clock of that day
CHATWOOT: Tables = {
    "conversations": [
        {
            "id": 1, "status": "resolved", "inbox_id": 3, "created_at": _T, "last_activity_at": _T + 3600,
            "updated_at": _T + 3600.5, "first_reply_created_at": _T + 1000, "waiting_since": 0, "priority": "high",
            "meta": {"sender": {"id": 44}, "assignee": {"id": 7}, "team": {"id": 2}, "channel": "Channel::Email"},
        }
    ],
    "messages": [
        {"id": 1, "conversation_id": 1, "message_type": 0, "created_at": _T, "private": False, "sender": {"id": 44, "type": "contact"}, "content": "Secret"},
        {"id": 2, "conversation_id": 1, "message_type": 1, "created_at": _T + 60, "private": False, "sender": {"id": 9, "type": "agent_bot"}},
        {"id": 3, "conversation_id": 1, "message_type": 1, "created_at": _T + 500, "private": True, "sender": {"id": 7, "type": "user"}},
        {"id": 4, "conversation_id": 1, "message_type": 1, "created_at": _T + 1000, "private": False, "sender": {"id": 7, "type": "user"}},
        {"id": 5, "conversation_id": 1, "message_type": 2, "created_at": _T + 1001, "private": False},
        {"id": 6, "conversation_id": 1, "message_type": 3, "created_at": _T + 1002, "private": False},
    ],
    "reporting_events": [
        {"id": 1, "name": "conversation_bot_handoff", "value": 100, "conversation_id": 1, "event_end_time": _T + 100, "created_at": _T + 100},
        {"id": 2, "name": "first_response", "value": 1000, "value_in_business_hours": 900, "conversation_id": 1, "user_id": 7, "event_end_time": _T + 1000, "created_at": _T + 1000},
        {"id": 3, "name": "conversation_resolved", "value": 99999, "conversation_id": 1, "user_id": 7, "event_end_time": _T + 2000, "created_at": _T + 2000},
        {"id": 4, "name": "conversation_opened", "value": 600, "conversation_id": 1, "event_end_time": _T + 2600, "created_at": _T + 2600},
        {"id": 5, "name": "conversation_opened", "value": 0, "conversation_id": 1, "event_end_time": _T, "created_at": _T},
        {"id": 6, "name": "reply_time", "value": 100, "conversation_id": 1, "user_id": 7, "event_end_time": _T + 2700, "created_at": _T + 2700},
    ],
    "ratings": [{"id": 1, "rating": 4, "conversation_id": 1, "assigned_agent_id": 7, "contact_id": 44, "created_at": _T + 4000, "feedback_message": "Secret"}],
    "applied": [{"id": 1, "sla_policy_id": 2, "sla_status": 1, "conversation_id": 1, "created_at": _T, "updated_at": _T + 1000}],
}  # fmt: skip


def moved(number: int, field: str, before: str, after: str, time: str, **other: Any) -> Record:
    """Return a row of Zammad's history of a ticket."""
    return {
        "id": number, "o_id": 1, "object": "Ticket", "type": "updated", "attribute": field, "value_from": before,
        "value_to": after, "created_at": clock(time), "created_by_id": 5, **other,
    }  # fmt: skip


ZAMMAD: Tables = {
    "tickets": [
        {
            "id": 1, "number": "67001", "title": "Secret", "group": "Desk", "state": "closed", "priority": "2 normal", "owner": "ann",
            "customer_id": 9, "created_at": clock("09:00"), "updated_at": clock("12:00"), "first_response_at": clock("09:30"),
            "first_response_in_min": 30, "first_response_diff_in_min": 30, "close_at": clock("10:00"), "close_in_min": 60,
            "close_diff_in_min": -5, "last_close_at": clock("12:00"), "create_article_sender": "Customer",
        },
        {
            "id": 2, "number": "67002", "group": "Desk", "state": "open", "created_at": clock("09:00"),
            "updated_at": clock("09:10"), "create_article_sender": "Agent",
        },
    ],
    "articles": [
        {"id": 1, "ticket_id": 1, "sender": "Customer", "type": "email", "internal": False, "created_at": clock("09:00"), "created_by_id": 9, "body": "Secret"},
        {"id": 2, "ticket_id": 1, "sender": "System", "type": "email", "internal": False, "created_at": clock("09:01"), "created_by_id": 1},
        {"id": 3, "ticket_id": 1, "sender": "Agent", "type": "note", "internal": True, "created_at": clock("09:10"), "created_by_id": 5},
        {"id": 4, "ticket_id": 1, "sender": "Agent", "type": "email", "internal": False, "created_at": clock("09:30"), "created_by_id": 5},
        {"id": 5, "ticket_id": 2, "sender": "Agent", "type": "phone", "internal": False, "created_at": clock("09:00"), "created_by_id": 5},
    ],
    "history": [
        {"id": 1, "o_id": 1, "object": "Ticket", "type": "created", "created_at": clock("09:00"), "created_by_id": 9},
        moved(2, "group", "", "Desk", "09:05"),
        moved(3, "owner", "-", "ann", "09:10"),
        moved(4, "state", "new", "pending reminder", "09:40"),
        moved(5, "state", "pending reminder", "closed", "10:00"),
        moved(6, "state", "closed", "open", "11:00", created_by_id=9),
        moved(7, "state", "open", "closed", "12:00"),
        {"id": 8, "o_id": 3, "object": "Ticket", "type": "merged_into", "id_to": 1, "created_at": clock("11:30"), "created_by_id": 5},
    ],
}  # fmt: skip


def appointment(name: str, **other: Any) -> Record:
    """Return a service appointment of Salesforce, promised from 9 to 11, planned at 9:30, served at 11:10."""
    at = {
        "ArrivalWindowStartTime": "09:00", "ArrivalWindowEndTime": "11:00", "SchedStartTime": "09:30", "SchedEndTime": "10:30",
        "ActualStartTime": "11:10", "ActualEndTime": "12:00",
    }  # fmt: skip
    return {
        "attributes": {"type": "ServiceAppointment"}, "Id": name, "AppointmentNumber": f"SA-{name}", "ParentRecordId": f"W-{name}",
        "AccountId": "A1", "Status": "Completed", "StatusCategory": "Completed", "CreatedDate": "2026-03-01T09:00:00.000+0000",
        "LastModifiedDate": f"{DAY}T12:00:00.000+0000", "ServiceTerritoryId": "north", "ActualDuration": 50, "Duration": 1,
        "DurationType": "Hours", **{key: f"{DAY}T{time}:00.000+0000" for key, time in at.items()}, **other,
    }  # fmt: skip


def noted(number: int, visit: str, field: str, before: str | None, after: str, time: str = "07:00") -> Record:
    """Return a row of the history of appointments."""
    return {
        "Id": f"H{number}", "ServiceAppointmentId": visit, "Field": field, "OldValue": before, "NewValue": after,
        "CreatedDate": f"{DAY}T{time}:00.000+0000", "CreatedById": "U1",
    }  # fmt: skip


SALESFORCE: Tables = {
    "appointments": [
        appointment("S1"),
        appointment("S2", ActualStartTime=f"{DAY}T09:20:00.000+0000"),
        appointment("S3", StatusCategory="Canceled", ActualStartTime=None, ActualEndTime=None, ActualDuration=None),
    ],
    "resources": [
        {"Id": "R1", "ServiceAppointmentId": "S1", "ServiceResourceId": "P1", "EstimatedTravelTime": 20, "CreatedDate": "2026-03-01T10:00:00.000+0000"}
    ],
    "history": [
        noted(1, "S1", "Status", "Scheduled", "Dispatched"),
        noted(2, "S3", "Status", "Scheduled", "Canceled", "08:00"),
        noted(3, "S1", "SchedStartTime", "2026-03-02T08:00:00.000+0000", "2026-03-02T09:30:00.000+0000"),
        noted(4, "S1", "Status", "Dispatched", "In Progress", "11:10"),
    ],
}  # fmt: skip

CONNECT: Tables = {
    "contacts": [
        *(call("a", wait=10 * n, talk=None if n == 1 else 60, updated=n * 100) for n in (1, 2, 3)),
        call("b", wait=30, talk=None, NextContactId="c"),
        call("c", InitiationMethod="CALLBACK", PreviousContactId="b", InitialContactId="b"),
    ]
}

EXPORTS: dict[str, Tables] = {
    "amazon-connect": CONNECT,
    "zendesk": ZENDESK,
    "chatwoot": CHATWOOT,
    "zammad": ZAMMAD,
    "salesforce-field": SALESFORCE,
}


def write(folder: Path, tables: Tables) -> list[Path]:
    """Write tables as JSON lines, one file a table."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for name, records in tables.items():
        paths.append(folder / f"{name}.jsonl")
        paths[-1].write_text("".join(json.dumps(record) + "\n" for record in records))
    return paths
