"""Names that other tools give to what Troth calls case, customer, agent and so on, for proposing a mapping."""

from __future__ import annotations

import re
from typing import Final

#: Event fields with the words their columns go by, most telling first; `*` matches the rest of a name.
FIELD_WORDS: Final[dict[str, tuple[str, ...]]] = {
    "case_id": (
        "case concept name", "case id", "caseid", "ticket id", "ticket number", "ticketid", "ticket", "incident number",
        "incident id", "incident", "number", "request id", "request number", "issue id", "issue key", "case number",
        "case", "order id", "order number", "work order", "task id", "complaint id", "id",
    ),
    "contact_id": (
        "contact id", "contactid", "call id", "callid", "conversation id", "conversationid", "interaction id", "chat id",
        "visit id", "session id", "ticket no", "serial", "unique id", "uniqueid",
    ),
    "customer_id": (
        "customer id", "customerid", "customer number", "customer", "caller id", "caller", "client id", "client",
        "requester id", "requester", "citizen id", "patient id", "patient", "user id", "account id",
    ),
    "agent_id": (
        "agent id", "agentid", "agent", "agent name", "assignee id", "assignee", "assigned to", "org resource",
        "resource", "operator", "technician", "handled by", "server", "employee", "owner", "owner id", "clerk", "csr id",
    ),
    "team": ("assignment group", "group id", "group", "team", "team id", "org group", "department", "org role"),
    "queue": ("queue name", "queue", "queue id", "line", "skill", "split"),
    "site": ("site", "branch", "branch id", "office", "office id", "location", "shop", "store", "centre", "center"),
    "channel": ("channel", "contact type", "channel type", "via", "case channel", "media type", "origin channel"),
    "service": ("service", "service id", "category", "topic", "type", "call type", "ticket type", "product"),
    "priority": ("priority", "urgency", "severity"),
}  # fmt: skip

#: Names of the column that says what happened, in a table with one row an event.
ACTIVITY_WORDS: Final = (
    "concept name", "activity", "activity name", "event", "event name", "event type", "action", "step", "task",
    "status", "state", "incident state", "new status",
)  # fmt: skip

#: Names of the column of when, in a table with one row an event.
TIME_WORDS: Final = (
    "time timestamp", "timestamp", "time stamp", "event time", "occurred at", "datetime", "date time", "start timestamp",
    "sys updated at", "updated at", "changed at", "time", "date", "created at", "complete timestamp", "end timestamp",
)  # fmt: skip

#: What a time column's name says happened then: a pattern, the activity for cases, the activity for contacts.
TIME_ACTIVITIES: Final = (
    (r"\b(first (re(ply|sponse|sponded)|answer))", "message_sent", "message_sent"),
    (r"\b(reopen\w*)", "reopened", ""),
    (r"\b(solved|resolved|resolution|solve ?date|completed?|fixed|done)\b", "resolved", "ended"),
    (r"\b(closed?|close ?date|finished)\b", "closed", "ended"),
    (r"\b(open(ed|ing)?|created?|creation|reported|received|submitted|logged|raised|registered|start ?date)\b", "opened", "arrived"),
    (r"\b(assigned)\b", "assigned", ""),
    (r"\b(abandon\w*|hung ?up)\b", "", "abandoned"),
    (r"\b(queued?|en ?queued?|queue (start|entry|enter\w*)|wait\w* (start|since))\b", "", "queued"),
    (r"\b(answer(ed)?|connected|picked ?up|service (start|begin)|served|called|seen|begin service)\b", "", "answered"),
    (r"\b(arriv\w*|enter(ed)?|entry|check(ed)? ?in|call (start|time|date)|initiat\w*|start(ed)?|start ?time|begin)\b", "opened", "arrived"),
    (r"\b(ended?|end ?time|disconnect\w*|left|exit|departure|hang ?up|service end|stop(ped)?)\b", "closed", "ended"),
)  # fmt: skip

#: Values of an activity or status column and the activity they mean.
VALUE_ACTIVITIES: Final = (
    (r"^(new|created?|opened|submitted|registered|received|reported|logged)$", "opened"),
    (r"^(assigned|assign|allocated)$", "assigned"),
    (r"^(resolved|solved|fixed|completed?|done)$", "resolved"),
    (r"^(closed|close)$", "closed"),
    (r"^(reopen(ed)?|re-opened)$", "reopened"),
    (r"^(cancel+ed)$", "closed"),
)

#: Texts that mean "nothing" in exports.
NULL_WORDS: Final = ("?", "-", "--", "NULL", "null", "None", "N/A", "n/a", "NA", "nan", "NaN", "#N/A", "(empty)", "EMPTY", "unknown", "Unknown", "UNKNOWN")  # fmt: skip


def plain(name: str) -> str:
    """Return a column's name in plain lower-case words: `timeStamp`, `sys_updated_at`, `case:concept:name`."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name)
    return " ".join(re.sub(r"[^0-9a-zA-Z]+", " ", spaced).lower().split()).removeprefix("ocel ")
