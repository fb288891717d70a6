"""What happened to tickets of Zendesk: comments, and changes as audits or as a warehouse's history of fields."""

from __future__ import annotations

from typing import Final

from troth.log.readers._facts import Beside, Doubt, Fact, Kind, words

#: Zendesk's own words for statuses, which are English whatever the language of the screen.
STATUSES: Final = {
    "new": "new", "open": "open", "pending": "pending", "on_hold": "hold|on-hold|on_hold|on hold", "solved": "solved",
    "closed": "closed", "cancelled": "deleted",
}  # fmt: skip
LANGUAGE: Final = (
    "Maybe the status is in another language or one of your own: export `status` (new, open, pending, hold, solved,"
    " closed) rather than its label. It was kept as a foreign step; the status before it goes on."
)
_DONE: Final = "('solved', 'closed', 'cancelled')"
_UNION: Final = "(SELECT DISTINCT ticket FROM {0} UNION SELECT DISTINCT ticket FROM {1})"
#: Tickets whose statuses and comments are at hand.
TRACKED: Final = _UNION.format("statuses_told", "statuses_audited")
SPOKEN: Final = _UNION.format("comments_told", "comments_audited")

_MOMENT: Final = "epoch_us(changed)"
_CHANGES: Final = (
    Fact(
        "CASE WHEN status IS NULL THEN 'stepped' ELSE 'status_changed' END",
        "changed",
        f"ticket || '/status/' || {_MOMENT}",
        where="field = 'status' AND value IS NOT NULL",
        cells={
            "step": "coalesce(status, value)",
            "agent_id": "doer",
            "actor": "acting",
            "team": "team_then",
            "version": "1",
        },
    ),
    Fact(
        "resolved",
        "changed",
        "ticket || '/resolved/' || epoch(changed)::BIGINT",
        where="field = 'status' AND status = 'solved'",
        cells={"agent_id": "coalesce(doer, agent_then)", "actor": "acting", "team": "team_then", "version": "1"},
    ),
    Fact(
        "closed",
        "changed",
        f"ticket || '/closed/' || {_MOMENT}",
        where="field = 'status' AND status = 'closed'",
        cells={"agent_id": "doer", "actor": "acting", "team": "team_then", "version": "1"},
    ),
    Fact(
        "reopened",
        "changed",
        f"ticket || '/reopened/' || {_MOMENT}",
        where=f"field = 'status' AND status_before IN {_DONE} AND status NOT IN {_DONE}",
        cells={"agent_id": "doer", "actor": "acting", "team": "team_then", "version": "1"},
    ),
    # Person and group change one after the other: each tells both as they were at that moment.
    Fact(
        "CASE WHEN agent_then IS NULL AND team_then IS NULL THEN 'unassigned' ELSE 'assigned' END",
        "changed",
        f"ticket || '/assigned/' || field || '/' || {_MOMENT}",
        where="field IN ('assignee_id', 'group_id')",
        cells={"agent_id": "agent_then", "team": "team_then", "version": "1"},
    ),
    Fact(
        "stepped",
        "changed",
        f"ticket || '/priority/' || {_MOMENT}",
        where="field = 'priority' AND value IS NOT NULL",
        cells={"step": "'priority'", "priority": "value", "agent_id": "doer", "actor": "acting", "version": "1"},
    ),
)
_LOOKED: Final = (
    f"{words(STATUSES, 'r.value')} AS status, {{before}} AS status_before,"
    " CASE WHEN u.role IN ('agent', 'admin') OR u.role IS NULL AND r.person <> '-1' THEN r.person END AS doer,"
    " CASE WHEN r.person = '-1' THEN 'system' WHEN u.role = 'end-user' THEN NULL"
    " WHEN r.person IS NOT NULL THEN 'human' END AS acting,"
    " nullif(g.value, '') AS team_then, nullif(a.value, '') AS agent_then"
)
_THEN: Final = (
    " ASOF LEFT JOIN (SELECT * FROM groups_told UNION SELECT * FROM groups_audited) AS g"
    " ON g.ticket = r.ticket AND r.changed >= g.moment"
    " ASOF LEFT JOIN (SELECT * FROM agents_told UNION SELECT * FROM agents_audited) AS a"
    " ON a.ticket = r.ticket AND r.changed >= a.moment"
    " LEFT JOIN users AS u ON u.person = r.person"
)
_DOUBT: Final = Doubt(
    f"field = 'status' AND value IS NOT NULL AND {words(STATUSES, 'value')} IS NULL",
    "unknown-status",
    "value",
    LANGUAGE,
)

HISTORY: Final = Kind(
    name="ticket field history",
    marks=("ticket_id", "field_name", "updated|updated_at"),
    texts={"ticket": "ticket_id", "field": "field_name", "value": "value", "person": "user_id"},
    times={"changed": "updated|updated_at"},
    known="_fivetran_synced",
    needs=("ticket", "field", "changed"),
    doubts=(_DOUBT,),
    joins=(
        "LEFT JOIN (SELECT ticket, moment, lag(status) OVER (PARTITION BY ticket ORDER BY moment) AS status_was"
        " FROM statuses_told) AS s ON s.ticket = r.ticket AND s.moment = r.changed" + _THEN
    ),
    looked=_LOOKED.format(before="s.status_was"),
    base={"case_id": "ticket"},
    facts=_CHANGES,
)

_SAID: Final = (
    "CASE WHEN author = '-1' THEN 'system' WHEN contains(lower(coalesce(via, '')), 'bot') THEN 'bot'"
    " WHEN role_of IN ('agent', 'admin') OR lower(coalesce(open_to_all, '')) IN ('false', '0', 'f') THEN 'agent'"
    " WHEN role_of = 'end-user' OR author = asker THEN 'customer' END"
)
_INNER: Final = "lower(coalesce(open_to_all, '')) IN ('false', '0', 'f')"
#: An agent's comment at the second a ticket came is what the ticket was opened with.
_OPENING: Final = f"(coalesce(by_agent, false) AND said_at <= came_at + INTERVAL 1 SECOND AND ({_SAID}) = 'agent')"
_COMMENTS: Final = (
    Fact(
        f"CASE WHEN ({_SAID}) IS NULL OR {_OPENING} THEN 'stepped' WHEN ({_SAID}) = 'customer' THEN 'message_received'"
        " ELSE 'message_sent' END",
        "said_at",
        "'comment/' || comment_id",
        where="said",
        cells={
            "step": f"CASE WHEN {_OPENING} THEN 'opening' ELSE 'comment' END",
            "agent_id": f"CASE WHEN ({_SAID}) = 'agent' THEN author END",
            "customer_id": f"CASE WHEN ({_SAID}) = 'customer' THEN author END",
            "actor": f"CASE ({_SAID}) WHEN 'agent' THEN 'human' WHEN 'bot' THEN 'bot' WHEN 'system' THEN 'system' END",
            "direction": f"CASE WHEN {_INNER} THEN 'internal' WHEN ({_SAID}) = 'customer' THEN 'in' ELSE 'out' END",
            "channel": "via",
            # Who knows more of the comment tells it better.
            "version": "(role_of IS NOT NULL)::INT + 2 * (came_at IS NOT NULL)::INT",
        },
    ),
)
_AUTHOR: Final = Doubt(
    f"said AND ({_SAID}) IS NULL",
    "unknown-author",
    "author",
    "Maybe the table of users was not exported: put it beside the comments. Without it nobody can tell a customer's"
    " comment from a reply; the comment is kept as a foreign step.",
)
_WHO: Final = "LEFT JOIN tickets AS t ON t.ticket = r.ticket LEFT JOIN users AS w ON w.person = r.author"

COMMENT: Final = Kind(
    name="comment",
    marks=("public", "author_id|user_id", "created_at|created"),
    texts={
        "comment_id": "id",
        "ticket": "ticket_id",
        "author": "author_id|user_id",
        "open_to_all": "public",
        "via": "via.channel|via_channel",
        "role_said": "author.role|author_role|role",
    },
    times={"said_at": "created_at|created"},
    known=(
        "type body html_body plain_body attachments audit_id metadata call_duration call_id facebook_comment"
        " tweet voice_comment voice_comment_transcription_visible location recording_url started_at trusted transcription_status"
        " transcription_text _fivetran_synced _fivetran_deleted"
    ),
    needs=("comment_id", "ticket", "author", "said_at"),
    doubts=(_AUTHOR,),
    joins=_WHO,
    looked="true AS said, lower(coalesce(w.role, r.role_said)) AS role_of, t.came_at, t.asker, t.by_agent",
    base={"case_id": "ticket"},
    facts=_COMMENTS,
)

AUDIT: Final = Kind(
    name="ticket audit",
    marks=("ticket_id", "events", "created_at"),
    each="events",
    texts={
        "ticket": "ticket_id",
        "person": "author_id",
        "via": "via.channel",
        "item": "@.type",
        "comment_id": "@.id",
        "field": "@.field_name",
        "value": "@.value",
        "before": "@.previous_value",
        "author": "@.author_id|author_id",
        "open_to_all": "@.public",
    },
    times={"changed": "created_at"},
    known="id metadata via",
    needs=("ticket", "changed"),
    doubts=(_DOUBT, _AUTHOR),
    joins=_WHO + _THEN,
    looked=(
        _LOOKED.format(before=words(STATUSES, "r.before"))
        + ", r.changed AS said_at, r.changed_o AS said_at_o, coalesce(r.item IN ('Comment', 'VoiceComment'), false) AS said,"
        " w.role AS role_of, t.came_at, t.asker, t.by_agent"
    ),
    base={"case_id": "ticket"},
    facts=(*_CHANGES, *_COMMENTS),
)


def _told(columns: str, where: str) -> tuple[Beside, Beside]:
    pairs = {name: name if name != "moment" else "changed" for name in columns.split()}
    pairs |= {"status": words(STATUSES, "value")} if "status" in pairs else {}
    pairs |= {"value": "coalesce(value, '')"} if "value" in pairs else {}
    key = "ticket moment" if "moment" in pairs else "ticket"
    return tuple(Beside(kind, pairs, key=key, where=where) for kind in ("ticket field history", "ticket audit"))  # type: ignore[return-value]


_PAIRS: Final = {
    "statuses": _told("ticket moment status", "field = 'status'"),
    "groups": _told("ticket moment value", "field = 'group_id'"),
    "agents": _told("ticket moment value", "field = 'assignee_id'"),
}
BESIDE: Final = {
    **{f"{name}_told": pair[0] for name, pair in _PAIRS.items()},
    **{f"{name}_audited": pair[1] for name, pair in _PAIRS.items()},
    "comments_told": Beside("comment", {"ticket": "ticket"}, key="ticket"),
    "comments_audited": Beside("ticket audit", {"ticket": "ticket"}, key="ticket", where="item = 'Comment'"),
}
