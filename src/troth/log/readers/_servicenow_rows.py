"""The columns of a ServiceNow export, under one set of names."""

from __future__ import annotations

import csv as plain_csv

from troth.core.decision import Issue, Severity
from troth.core.errors import InputError
from troth.log.readers._rows import Header

#: Our column name, then the names ServiceNow exports give it: field names, audit log names, list labels.
NAMES = {
    "number": "number",
    "state": "incident_state state",
    "mods": "sys_mod_count updates",
    "updated": "sys_updated_at sys_updated_on updated",
    "opened": "opened_at opened",
    "resolved": "resolved_at resolved",
    "closed": "closed_at closed",
    "reopens": "reopen_count",
    "reopened": "reopened_time last_reopened_at",
    "reopened_by": "reopened_by last_reopened_by",
    "caller": "caller_id caller",
    "opened_by": "opened_by",
    "resolved_by": "resolved_by",
    "closed_by": "closed_by",
    "team": "assignment_group",
    "agent": "assigned_to",
    "channel": "contact_type channel",
    "service": "category",
    "topic": "subcategory",
    "priority": "priority",
    "reason": "hold_reason on_hold_reason",
    "code": "close_code closed_code resolution_code",
    "made_sla": "made_sla",
    "due": "sla_due due_date",
    "parent": "parent_incident",
}
#: Free text may hold anything about anybody, so it stays behind.
TEXTS = frozenset(
    {
        "additional_comments",
        "close_notes",
        "comments",
        "comments_and_work_notes",
        "description",
        "resolution_notes",
        "short_description",
        "watch_list",
        "work_notes",
    }
)
_TAKEN = {name: ours for ours, names in NAMES.items() for name in names.split()}


def header_of(line: str, name: str) -> Header:
    """Return what a header line means, or raise `InputError` if this is no incident export."""
    tries = [(len(line.split(d)), d) for d in (",", ";", "\t", "|")]
    delimiter = max(tries, key=lambda t: t[0])[1]
    cells = next(plain_csv.reader([line], delimiter=delimiter), [])
    columns = [cell.strip().lower().replace(" ", "_") for cell in cells]
    ours: dict[str, int] = {}
    for ours_name, names in NAMES.items():
        for theirs in names.split():
            if theirs in columns and ours_name not in ours:
                ours[ours_name] = columns.index(theirs)
    others = {c: i for i, c in reversed(list(enumerate(columns))) if c and c not in _TAKEN and c not in TEXTS}
    if "number" not in ours or not {"updated", "opened"} & set(ours):
        advice = "Maybe this is not an export of the incident table; it needs number and sys_updated_on or opened_at."
        raise InputError([Issue("other-format", Severity.ERROR, name, line[:200], advice)])
    return Header(delimiter, columns, ours, dict(reversed(others.items())))
